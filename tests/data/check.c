#include "tests/data/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int folder_setup(void **state) {
  const char *base = getenv("TMPDIR");
  char *path = malloc(256);
  assert_non_null(path);
  snprintf(path, 256, "%.200s/hftsim-test-XXXXXX", base != NULL ? base : "/tmp");
  *state = mkdtemp(path);
  return *state != NULL ? 0 : -1;
}

// Calls `visit` (which may be null) with the path of each file; returns how many there are.
static int each_file(const char *folder, int (*visit)(const char *path)) {
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    count++;
    if (visit != NULL) visit(path_in(folder, entry->d_name));
  }
  closedir(directory);
  return count;
}

int count_files(const char *folder) {
  return each_file(folder, NULL);
}

int folder_teardown(void **state) {
  each_file(*state, unlink);
  int removed = rmdir(*state);
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
  *size = (size_t)length;
  return bytes;
}
