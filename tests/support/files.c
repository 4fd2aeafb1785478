#define _XOPEN_SOURCE 700  // nftw, mkdtemp

#include "tests/support/files.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check.h"

int folder_setup(void **state) {
  const char *base = getenv("TMPDIR");
  char *path = malloc(256);
  assert_non_null(path);
  snprintf(path, 256, "%.200s/hftsim-test-XXXXXX", base != NULL ? base : "/tmp");
  *state = mkdtemp(path);
  return *state != NULL ? 0 : -1;
}

int count_files(const char *folder) {
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
  (void)about, (void)kind, (void)walk;
  return remove(path);
}

int folder_teardown(void **state) {
  int removed = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  free(*state);
  return removed;
}

const char *path_in(const char *folder, const char *name) {
  static char paths[4][512];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%.250s/%.250s", folder, name);
  return path;
}

const char *shared_file(const char *name) {
  const char *shared = getenv("HFTSIM_SHARED");
  const char *path = path_in(shared != NULL ? shared : "../shared", name);
  if (!file_exists(path)) {
    print_message("skipped: %s does not exist\n", path);
    skip();
  }
  return path;
}

void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
}

bool file_exists(const char *path) {
  return access(path, F_OK) == 0;
}

char *read_bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  long length = ftell(file);
  assert_true(length >= 0);
  rewind(file);
  char *bytes = malloc((size_t)length + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)length, file), (size_t)length);
  fclose(file);
  bytes[length] = '\0';
  *size = (size_t)length;
  return bytes;
}
