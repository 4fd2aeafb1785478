// A file that appears under its name only when it is whole: it is written as "<name>.part" and
// renamed at the end.
#ifndef HFTSIM_DATA_PART_H
#define HFTSIM_DATA_PART_H

#include <stdbool.h>

#include "sim/base/status.h"

typedef struct hft_part {
  char *path;  // the final name
  char *part;  // where to write; null: there is none
  bool force;  // a file of the final name may be replaced
} hft_part;

// Creates an empty "<path>.part". A part that a killed run left behind is replaced; one that is
// locked (flock) by a run that still writes it is not. EIO: there is a file of the final name and
// `force` is not set, or the folder cannot be written to; ENOMEM.
hft_status hft_part_begin(hft_part *part, const char *path, bool force, hft_error *error);

// Gives the written and closed part its final name, once its bytes are on the disk. EIO: the part
// stays, for hft_part_abandon.
hft_status hft_part_commit(hft_part *part, hft_error *error);

// Removes the part, unless it was committed, and frees the names.
void hft_part_abandon(hft_part *part);

#endif
