// Files that get their names when they are complete: each step at which two processes can meet.
// Complete runs are in tests/cli/test_files.py.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/dataset/part.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static void expect_words(const hft_error *error, const char *words) {
  if (strstr(error->text, words) == NULL) fail_msg("%s: %s", error->where, error->text);
}

static hft_part begin(const char *path, bool force) {
  hft_part part;
  hft_error error = {0};
  if (hft_part_begin(&part, path, force, &error) != HFT_OK) fail_msg("%s", error.text);
  return part;
}

static void fill(const hft_part *part, const char *text) {
  FILE *stream = hft_part_stream(part);
  assert_non_null(stream);
  assert_true(fputs(text, stream) >= 0);
  assert_int_equal(fclose(stream), 0);
}

static void expect_text(const char *path, const char *text) {
  size_t size;
  char *bytes = read_bytes(path, &size);
  assert_int_equal(size, strlen(text));
  assert_memory_equal(bytes, text, size);
  free(bytes);
}

static void expect_no_begin(const char *path, bool force, const char *words) {
  hft_part part;
  hft_error error = {0};
  assert_int_equal(hft_part_begin(&part, path, force, &error), HFT_EIO);
  expect_words(&error, words);
  assert_null(part.part);
  assert_null(part.path);
  hft_part_abandon(&part);  // once more does nothing
}

static void expect_no_commit(hft_part *part, const char *words) {
  hft_error error = {0};
  assert_int_equal(hft_part_commit(part, &error), HFT_EIO);
  expect_words(&error, words);
}

static void a_part_becomes_the_file(void **state) {
  for (int force = 0; force < 2; force++) {
    const char *path = path_in(*state, "a");
    hft_part part = begin(path, force);
    fill(&part, "whole");
    assert_false(file_exists(path));
    assert_int_equal(hft_part_commit(&part, NULL), HFT_OK);
    hft_part_abandon(&part);
    expect_text(path, "whole");
    assert_int_equal(count_files(*state), 1);
    unlink(path);
  }
}

// In one process, too: the lock is the open file's, not the process's.
static void a_part_in_hand_is_not_taken(void **state) {
  const char *path = path_in(*state, "a");
  hft_part part = begin(path, false);
  expect_no_begin(path, false, "another run");
  expect_no_begin(path, true, "another run");
  fill(&part, "first");  // closing a stream does not end the lock
  expect_no_begin(path, true, "another run");
  assert_int_equal(hft_part_commit(&part, NULL), HFT_OK);
  expect_text(path, "first");
  expect_no_begin(path, false, "already exists");
  hft_part next = begin(path, true);
  hft_part_abandon(&part);  // of the first, long after: the next one's part stays
  fill(&next, "second");
  assert_int_equal(hft_part_commit(&next, NULL), HFT_OK);
  hft_part_abandon(&next);
  expect_text(path, "second");
}

static void a_file_that_appears_is_not_replaced(void **state) {
  const char *path = path_in(*state, "a");
  hft_part part = begin(path, false);
  fill(&part, "late");
  write_text(path, "early");
  expect_no_commit(&part, "already exists");
  hft_part_abandon(&part);
  expect_text(path, "early");
  assert_int_equal(count_files(*state), 1);
}

static void what_is_no_file_is_not_replaced(void **state) {
  const char *path = path_in(*state, "a");
  hft_part part = begin(path, true);
  assert_int_equal(mkdir(path, 0700), 0);
  expect_no_commit(&part, "not a regular file");
  hft_part_abandon(&part);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(count_files(*state), 0);
}

static void another_ones_part_is_left_alone(void **state) {
  const char *path = path_in(*state, "a"), *name = path_in(*state, "a.part");
  for (int replaced = 0; replaced < 2; replaced++) {
    hft_part part = begin(path, true);
    unlink(name);
    if (replaced) write_text(name, "another's");
    expect_no_commit(&part, "removed or replaced");
    hft_part_abandon(&part);
    assert_false(file_exists(path));
    assert_int_equal(file_exists(name), replaced);
  }
}

// Keeps the part, where it gets it, until the pipe `go` is closed.
static void try_begin(const char *path, int said, int go) {
  hft_part part;
  char won = hft_part_begin(&part, path, false, NULL) == HFT_OK, byte;
  bool done = write(said, &won, 1) == 1;
  while (read(go, &byte, 1) > 0) continue;
  hft_part_abandon(&part);
  _exit(done ? 0 : 1);
}

// Of many at once on what a killed run has left, one gets the part.
static void one_of_many_takes_a_stale_part(void **state) {
  enum { RUNS = 8, ROUNDS = 100 };
  const char *path = path_in(*state, "a"), *name = path_in(*state, "a.part");
  for (int round = 0; round < ROUNDS; round++) {
    if (round % 2 == 0) write_text(name, "left");
    int said[2], go[2];
    assert_true(pipe(said) == 0 && pipe(go) == 0);
    pid_t child[RUNS];
    for (int i = 0; i < RUNS; i++) {
      child[i] = fork();
      assert_true(child[i] >= 0);
      if (child[i] != 0) continue;
      close(go[1]);
      try_begin(path, said[1], go[0]);
    }
    int winners = 0;
    for (int i = 0; i < RUNS; i++) {
      char won;
      assert_int_equal(read(said[0], &won, 1), 1);
      winners += won;
    }
    for (int i = 0; i < 2; i++) close(go[1 - i]), close(said[i]);
    for (int i = 0; i < RUNS; i++) {
      int status;
      assert_int_equal(waitpid(child[i], &status, 0), child[i]);
      assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(winners, 1);
    assert_int_equal(count_files(*state), 0);
  }
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_part_becomes_the_file),
      IN_FOLDER(a_part_in_hand_is_not_taken),
      IN_FOLDER(a_file_that_appears_is_not_replaced),
      IN_FOLDER(what_is_no_file_is_not_replaced),
      IN_FOLDER(another_ones_part_is_left_alone),
      IN_FOLDER(one_of_many_takes_a_stale_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
