// A folder that appears under its final name only when it is complete. It is written as
// "<name>.part", which stays locked from its creation until it is renamed or removed.
#ifndef HFTSIM_EVAL_FOLDER_H
#define HFTSIM_EVAL_FOLDER_H

#include <stdbool.h>

#include "sim/base/status.h"

// A folder that is being written. Files are created in it by the names of hft_folder_file.
typedef struct hft_folder {
  char *path;  // the final name
  char *part;  // the name being written; null: none
  int file;    // open descriptor of the part; holds the lock
} hft_folder;

// Creates an empty "<path>.part" and locks it; parents that are missing are created. A part without
// a lock was left by a killed process and is replaced if it has only files. Errors: EIO if the
// final name is taken (a folder is never replaced), if another process holds the part or if the
// parent cannot be written to; ENOMEM.
hft_status hft_folder_begin(hft_folder *folder, const char *path, hft_error *error);

// The path of a file in the part, as a new text; free it with free. Null: out of memory.
char *hft_folder_file(const hft_folder *folder, const char *name);

// Syncs the files of the part to the disk and gives it its final name. EIO, also if the name was
// taken meanwhile or another process removed the part: then the part stays for hft_folder_abandon.
hft_status hft_folder_commit(hft_folder *folder, hft_error *error);

// Removes the part with its files, unless it was committed, and frees the names. Does nothing for a
// zeroed struct.
void hft_folder_abandon(hft_folder *folder);

#endif
