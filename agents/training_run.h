// The folder of a training: made once, locked by the process that trains, and gone on with by
// later ones.
#ifndef HFTSIM_AGENTS_TRAINING_RUN_H
#define HFTSIM_AGENTS_TRAINING_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

typedef struct hft_training_run {
  char *path;
  int lock;  // open descriptor of the folder; holds the lock
} hft_training_run;

// Creates the folder `out`, which must not exist or be empty, or runs/<UTC time>-<name>, a name
// that is not taken (out null), with an empty folder `checkpoints`. Missing parents are created.
// The caller closes it. EIO, also where the path is too long or has a mark of maps and lists, such
// as a comma; ENOMEM.
hft_status hft_training_run_create(const char *out, const char *name, hft_training_run *run,
                                   hft_error *error);
// Opens the folder of a run. EIO: it is none, or another process trains in it; ENOMEM.
hft_status hft_training_run_open(const char *path, hft_training_run *run, hft_error *error);
// Releases the lock and frees the name; the folder stays. Does nothing for a closed run.
void hft_training_run_close(hft_training_run *run);

// The path of a file in the folder. The caller frees it; null if out of memory.
char *hft_training_run_file(const hft_training_run *run, const char *name);
// Writes a file, which appears, or replaces that of the name, when it is complete. EIO, ENOMEM.
hft_status hft_training_run_write(const hft_training_run *run, const char *name, const char *text,
                                  hft_error *error);
// Reads a file of at most 1 MiB. The caller frees *text, which ends with a 0. EIO, ENOMEM.
hft_status hft_training_run_read(const hft_training_run *run, const char *name, char **text,
                                 hft_error *error);

// Opens a CSV file for appending, whose first column is a whole number that does not fall. Where
// there is no such file, or `resume` is false, writes the header line to a new one. Otherwise the
// header must be that of the file, and rows whose number is above `last`, and a row that is cut
// off, are removed. The caller closes *out. EIO; EDATA: another header; ENOMEM.
hft_status hft_training_run_csv(const hft_training_run *run, const char *name, const char *header,
                                bool resume, int64_t last, FILE **out, hft_error *error);

#endif
