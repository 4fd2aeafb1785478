// A file that appears under its final name only when it is complete. It is written as
// "<name>.part", which stays locked from its creation until it is renamed or removed.
#ifndef HFTSIM_DATA_DATASET_PART_H
#define HFTSIM_DATA_DATASET_PART_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/status.h"

// A file that is being written.
typedef struct hft_part {
  char *path;  // the final name, symbolic links resolved
  char *part;  // the name being written; null: none
  int file;    // open descriptor of the part; holds the lock
  bool force;  // a regular file of the final name may be replaced
} hft_part;

// Creates an empty "<path>.part" and locks it. A part without a lock was left by a killed process
// and is replaced. If `path` is a symbolic link, the file that it points to is written. The part
// may be written by its name or by hft_part_stream. Errors: EIO if the final name is taken and
// `force` is not set, if it is not a regular file, if another process holds the part or if the
// folder cannot be written to; ENOMEM.
hft_status hft_part_begin(hft_part *part, const char *path, bool force, hft_error *error);

// A stream that writes to the part; the caller closes it before the commit. Null on failure; see
// errno.
FILE *hft_part_stream(const hft_part *part);

// Syncs the written part to the disk and gives it its final name. Without `force` this never
// replaces a file, whenever that file was created. EIO, also if another process removed or replaced
// the part: a file of the final name is unchanged, and the part stays for hft_part_abandon.
hft_status hft_part_commit(hft_part *part, hft_error *error);

// Removes the part, unless it was committed, and frees the names. Does nothing for a zeroed struct.
void hft_part_abandon(hft_part *part);

#endif
