// A file that appears under its final name only when it is complete. It is written as
// "<name>.part", which is locked from its creation until it is renamed or removed.
#ifndef HFTSIM_DATA_DATASET_PART_H
#define HFTSIM_DATA_DATASET_PART_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/status.h"

typedef struct hft_part {
  char *path;  // the final name; symbolic links are resolved
  char *part;  // the name to write to; null: there is no part
  int file;    // open descriptor of the part, which holds the lock
  bool force;  // a regular file of the final name may be replaced
} hft_part;

// Creates an empty "<path>.part" and locks it. A part without a lock was left by a killed process
// and is replaced. Where `path` is a symbolic link, the file that it names is written. The part may
// be written by its name or by hft_part_stream. EIO: the final name is taken and `force` is not
// set, or is no regular file; another process holds the part; the folder cannot be written to.
// ENOMEM.
hft_status hft_part_begin(hft_part *part, const char *path, bool force, hft_error *error);

// A stream that writes to the part; the caller closes it before the commit. Null: see errno.
FILE *hft_part_stream(const hft_part *part);

// Syncs the written part to the disk and gives it its final name. Without `force` this never
// replaces a file, whenever that file was made. EIO: the part stays for hft_part_abandon, and a
// file of the final name is as it was; also where the part was removed or replaced by others.
hft_status hft_part_commit(hft_part *part, hft_error *error);

// Removes the part, unless it was committed, and frees the names. All zero bytes: does nothing.
void hft_part_abandon(hft_part *part);

#endif
