// Files and folders that tests write, and sample data that they read.
#ifndef HFTSIM_TESTS_SUPPORT_FILES_H
#define HFTSIM_TESTS_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>

// cmocka fixtures: *state is the path of a new empty folder, in TMPDIR or /tmp; the folder and all
// that it holds are removed.
int folder_setup(void **state);
int folder_teardown(void **state);

// "<folder>/<name>" in a static buffer, which the fourth call after this one overwrites.
const char *path_in(const char *folder, const char *name);

// The path of a file of the sample data that is not part of the repository (HFTSIM_SHARED), in the
// buffers of path_in. Skips the test, naming the file, where it does not exist.
const char *shared_file(const char *name);

#define AAPL "lobster/AAPL_2012-06-21_34200000_"
#define AAPL_MESSAGES AAPL "37800000_message_50.csv"  // half an hour and more: 45,000 messages
#define AAPL_BOOK0 AAPL "34210047_orderbook_50.csv"   // the book after each of the first 672
#define AAPL_BEST AAPL "37800000_orderbook_1.csv"     // the best prices after each

// Writes a file, replacing one that is there.
void write_text(const char *path, const char *text);
bool file_exists(const char *path);
// The number of files and folders in a folder, hidden ones not counted.
int count_files(const char *folder);

// The bytes of a file and a null byte that `size` does not count. Free it with free.
char *read_bytes(const char *path, size_t *size);

#endif
