// Which endpoints may be bound, and the lock on ipc paths.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/endpoint.h"
#include "tests/support/check.h"

static void only_this_machine_unless_insecure(void **state) {
  (void)state;
  const char *const local[] = {"tcp://127.0.0.1:5555", "tcp://127.9.8.7:*", "tcp://localhost:1",
                               "tcp://[::1]:5555",     "ipc:///tmp/x",      "ipc://@x"};
  const char *const open_to_all[] = {
      "tcp://0.0.0.0:5555", "tcp://*:5555",      "tcp://eth0:5555",        "tcp://10.0.0.1:5555",
      "tcp://[::]:5555",    "tcp://128.0.0.1:1", "tcp://127.0.0.1.x.y:80", "tcp://[::2]:1"};
  for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
    assert_int_equal(hft_endpoint_check(local[i], false, NULL), HFT_OK);
    assert_int_equal(hft_endpoint_check(local[i], true, NULL), HFT_OK);
  }
  for (size_t i = 0; i < sizeof open_to_all / sizeof open_to_all[0]; i++) {
    hft_error error;
    assert_int_equal(hft_endpoint_check(open_to_all[i], false, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, "--insecure"));
    assert_int_equal(hft_endpoint_check(open_to_all[i], true, NULL), HFT_OK);
  }
}

static void malformed_endpoints_are_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"",
                               "5555",
                               "127.0.0.1:5555",
                               "tcp://",
                               "tcp://:80",
                               "tcp://a:",
                               "tcp://a",
                               "udp://127.0.0.1:5555",
                               "ipc://",
                               "tcp://[]:80",
                               "inproc://x",
                               "tcp://[::1:80",
                               "tcp://127.0.0.1:65536",
                               "tcp://127.0.0.1:-1",
                               "tcp://127.0.0.1:80x",
                               "tcp://127.0.0.1:!"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    hft_error error;
    assert_int_equal(hft_endpoint_check(wrong[i], true, &error), HFT_EINVAL);
    assert_string_equal(error.where, wrong[i]);
  }
}

static void a_path_has_one_server(void **state) {
  (void)state;
  char endpoint[64], path[80];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-lock-%ld", (long)getpid());
  snprintf(path, sizeof path, "%s.hftsim-lock", endpoint + strlen("ipc://"));
  hft_endpoint_lock one, two;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take(endpoint, &one, &error), HFT_OK);
  assert_int_equal(access(path, F_OK), 0);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &two, &error), HFT_EIO);
  assert_non_null(strstr(error.text, "another server"));
  hft_endpoint_lock_drop(&two);
  assert_int_equal(access(path, F_OK), 0);
  hft_endpoint_lock_drop(&one);
  assert_int_not_equal(access(path, F_OK), 0);
  hft_endpoint_lock_drop(&one);
  // A file that a crash left behind locks nothing.
  FILE *left = fopen(path, "w");
  assert_non_null(left);
  fclose(left);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &one, &error), HFT_OK);
  hft_endpoint_lock_drop(&one);
}

typedef enum left_kind { LEFT_NONE, LEFT_FILE, LEFT_EMPTY, LEFT_FOLDER, LEFT_SOCKET } left_kind;

// Makes such a thing at a path, and returns a file that is to be closed, or -1.
static int leave(const char *path, left_kind kind) {
  if (kind == LEFT_FOLDER) assert_int_equal(mkdir(path, 0700), 0);
  if (kind == LEFT_FILE || kind == LEFT_EMPTY) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (kind == LEFT_FILE) fputs("precious\n", file);
    fclose(file);
  }
  if (kind != LEFT_SOCKET) return -1;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%.*s", (int)sizeof address.sun_path - 1,
           path);
  int file = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(file, (const struct sockaddr *)&address, sizeof address), 0);
  return file;
}

// Whatever somebody else has left where the socket or its lock is to be: it is refused, with words
// that name it, and stays. "<path>.lock" is nobody's business.
static void files_of_others_are_kept(void **state) {
  (void)state;
  char endpoint[64], lock_path[80], other_path[80];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-file-%ld", (long)getpid());
  const char *path = endpoint + strlen("ipc://");
  snprintf(lock_path, sizeof lock_path, "%s.hftsim-lock", path);
  snprintf(other_path, sizeof other_path, "%s.lock", path);
  for (left_kind at_path = LEFT_NONE; at_path <= LEFT_SOCKET; at_path++) {
    for (left_kind at_lock = LEFT_NONE; at_lock <= LEFT_FOLDER; at_lock++) {
      struct stat before = {0}, after = {0};
      int file = leave(path, at_path);
      leave(lock_path, at_lock);
      leave(other_path, LEFT_FILE);
      stat(path, &before);
      hft_endpoint_lock lock;
      hft_error error;
      bool is_free = at_path == LEFT_NONE && (at_lock == LEFT_NONE || at_lock == LEFT_EMPTY);
      assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), is_free ? HFT_OK : HFT_EIO);
      hft_endpoint_lock_drop(&lock);
      stat(path, &after);
      assert_true(before.st_ino == after.st_ino);
      assert_int_equal(access(lock_path, F_OK) == 0,
                       at_lock == LEFT_FILE || at_lock == LEFT_FOLDER);
      assert_int_equal(access(other_path, F_OK), 0);
      if (file >= 0) close(file);
      remove(path);
      remove(lock_path);
      remove(other_path);
    }
  }
}

// A crash leaves its socket and its lock, and both are free again; a socket that came later is not.
static void files_left_by_a_crash_can_be_reused(void **state) {
  (void)state;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-crash-%ld", (long)getpid());
  const char *path = endpoint + strlen("ipc://");
  hft_endpoint_lock lock;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), HFT_OK);
  int file = leave(path, LEFT_SOCKET);
  hft_endpoint_lock_note(&lock);
  close(lock.file);  // as the kernel does
  assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), HFT_OK);
  // It ends before it binds: the lock goes, and the socket is not its own.
  close(lock.file);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), HFT_OK);
  hft_endpoint_lock_note(&lock);
  char moved[80];
  snprintf(moved, sizeof moved, "%s.moved", path);
  rename(path, moved);  // so that its node is not given out anew
  int second = leave(path, LEFT_SOCKET);
  hft_endpoint_lock_drop(&lock);
  assert_int_equal(access(path, F_OK), 0);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), HFT_EIO);
  close(file);
  close(second);
  unlink(path);
  unlink(moved);
}

static void a_free_path_is_in_a_folder_of_its_own(void **state) {
  (void)state;
  hft_endpoint_lock lock;
  struct stat folder;
  assert_int_equal(hft_endpoint_lock_take("ipc://*", &lock, NULL), HFT_OK);
  assert_int_equal(stat(lock.folder, &folder), 0);
  assert_int_equal(folder.st_mode & 0777, 0700);
  assert_memory_equal(lock.bind, "ipc:///", 7);
  int file = leave(lock.bind + strlen("ipc://"), LEFT_SOCKET);
  hft_endpoint_lock_note(&lock);
  hft_endpoint_lock_drop(&lock);
  assert_int_not_equal(stat(lock.folder, &folder), 0);
  close(file);
}

static void endpoints_are_resolved_before_binding(void **state) {
  (void)state;
  const char *const table[][2] = {{"tcp://localhost:5555", "tcp://127.0.0.1:5555"},
                                  {"tcp://localhost:*", "tcp://127.0.0.1:*"},
                                  {"tcp://localhost.x:1", "tcp://localhost.x:1"},
                                  {"tcp://[::1]:5555", "tcp://[::1]:5555"},
                                  {"tcp://*:1", "tcp://*:1"},
                                  {"ipc://@localhost:1", "ipc://@localhost:1"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    hft_endpoint_lock lock;
    assert_int_equal(hft_endpoint_lock_take(table[i][0], &lock, NULL), HFT_OK);
    assert_string_equal(lock.bind, table[i][1]);
    hft_endpoint_lock_drop(&lock);
  }
  const char *const six[] = {"tcp://[::1]:1", "tcp://::1:1", "tcp://[fe80::1%eth0]:*"};
  const char *const four[] = {"tcp://127.0.0.1:1", "tcp://localhost:1", "ipc://[::1]:1",
                              "tcp://*:1"};
  for (size_t i = 0; i < 3; i++) assert_true(hft_endpoint_is_ipv6(six[i]));
  for (size_t i = 0; i < 4; i++) assert_false(hft_endpoint_is_ipv6(four[i]));
}

static void only_paths_are_locked(void **state) {
  (void)state;
  const char *const free_ones[] = {"tcp://127.0.0.1:5555", "ipc://@name"};
  for (size_t i = 0; i < sizeof free_ones / sizeof free_ones[0]; i++) {
    hft_endpoint_lock lock;
    assert_int_equal(hft_endpoint_lock_take(free_ones[i], &lock, NULL), HFT_OK);
    assert_int_equal(lock.file, -1);
    hft_endpoint_lock_drop(&lock);
  }
}

static void a_lock_that_cannot_be_had_is_an_error(void **state) {
  (void)state;
  hft_endpoint_lock lock;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take("ipc:///no/such/folder/s", &lock, &error), HFT_EIO);
  char path[300] = "ipc:///tmp/";
  memset(path + strlen(path), 'x', 200);
  path[299] = '\0';
  assert_int_equal(hft_endpoint_lock_take(path, &lock, &error), HFT_EIO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_this_machine_unless_insecure),
      cmocka_unit_test(malformed_endpoints_are_refused),
      cmocka_unit_test(a_path_has_one_server),
      cmocka_unit_test(files_of_others_are_kept),
      cmocka_unit_test(files_left_by_a_crash_can_be_reused),
      cmocka_unit_test(a_free_path_is_in_a_folder_of_its_own),
      cmocka_unit_test(endpoints_are_resolved_before_binding),
      cmocka_unit_test(only_paths_are_locked),
      cmocka_unit_test(a_lock_that_cannot_be_had_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
