// Runs a fuzz target on every file of the folders named on the command line, whole and cut off at
// many lengths. Each input stands alone on the heap, so that a sanitizer sees a read past its end.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/check.h"

#define CUTS 256  // lengths at which a file is cut off

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_start(const uint8_t *data, size_t size) {
  uint8_t *input = malloc(size > 0 ? size : 1);
  HFT_CHECK(input != NULL);
  if (size > 0) memcpy(input, data, size);
  (void)LLVMFuzzerTestOneInput(input, size);
  free(input);
}

static void replay_file(const char *path) {
  FILE *file = fopen(path, "rb");
  HFT_CHECK(file != NULL);
  struct stat status;
  HFT_CHECK(fstat(fileno(file), &status) == 0);
  size_t size = (size_t)status.st_size;
  uint8_t *data = malloc(size + 1);
  HFT_CHECK(data != NULL);
  HFT_CHECK(fread(data, 1, size, file) == size);
  fclose(file);
  size_t step = 1 + size / CUTS;
  for (size_t length = 0; length < size; length += step) try_start(data, length);
  try_start(data, size);
  free(data);
}

static int replay_folder(const char *folder) {
  DIR *entries = opendir(folder);
  if (entries == NULL) return 0;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    char path[4096];
    if (entry->d_name[0] == '.') continue;
    int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    HFT_CHECK(length > 0 && (size_t)length < sizeof path);
    replay_file(path);
    count++;
  }
  closedir(entries);
  return count;
}

int main(int argc, char **argv) {
  int count = 0;
  for (int i = 1; i < argc; i++) count += replay_folder(argv[i]);
  printf("%d files replayed\n", count);
  return count > 0 ? 0 : 1;
}
