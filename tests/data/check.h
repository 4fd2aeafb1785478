// cmocka with the headers it needs, a comparison of doubles, which cmocka 1.1.5 lacks, and files
// that tests write.
#ifndef HFTSIM_TESTS_DATA_CHECK_H
#define HFTSIM_TESTS_DATA_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// The four above come first.
#include <cmocka.h>
#include <stdbool.h>

#define assert_near(actual, expected, tolerance)                            \
  do {                                                                      \
    double actual_ = (actual), expected_ = (expected);                      \
    if (!(fabs(actual_ - expected_) <= (tolerance))) {                      \
      print_error("%s is %.17g, not %.17g\n", #actual, actual_, expected_); \
      fail();                                                               \
    }                                                                       \
  } while (0)

// A new empty folder, and its removal with the files in it. cmocka fixtures: *state is its path.
int folder_setup(void **state);
int folder_teardown(void **state);

// "<folder>/<name>", in a static buffer that the fourth call after this one uses again.
const char *path_in(const char *folder, const char *name);

void write_text(const char *path, const char *text);
bool file_exists(const char *path);
// How many files a folder holds.
int count_files(const char *folder);

// The bytes of a file, on the heap.
char *read_bytes(const char *path, size_t *size);

#endif
