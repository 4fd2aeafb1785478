// Strict reader of the run folders that eval/results.h writes: a folder that is damaged, unfinished
// or something else is an error that names it. Sizes are bounded before memory is taken.
#ifndef HFTSIM_EVAL_RESULTS_READ_H
#define HFTSIM_EVAL_RESULTS_READ_H

#include "eval/results.h"

// The scores of a contestant, as in hft_results_contestant. All memory belongs to the run.
typedef struct hft_run_contestant {
  char *name, *kind, *params;
  int metric_count;
  hft_results_metric *metrics;  // [metric_count]
  int64_t episodes;
  double *values;    // [episodes][metric_count]; NaN: none
  uint64_t *seeds;   // [episodes]
  int8_t *sides;     // [episodes] +1 buys, -1 sells; null: not an execution
  double tick_size;  // currency per tick; 0: there are no series
  struct hft_table_view *table[HFT_RESULTS_TABLES];  // the series; null: there are none
} hft_run_contestant;

// An opened run folder.
typedef struct hft_run {
  char *path;
  char *summary;  // summary.json; any text, not yet parsed
  char *config;   // the effective config, YAML
  char *command, *version, *revision, *created;
  int count;
  hft_run_contestant *contestants;  // [count]
  int64_t file;                     // HDF5's handle
} hft_run;

// Opens a run folder and reads its scores; close it with hft_run_close. EIO: the folder or a file
// of it does not exist or cannot be read; EDATA: it is not a complete run folder; ENOMEM.
hft_status hft_run_open(const char *path, hft_run **out, hft_error *error);

// Closes the folder and frees the run; null is ignored.
void hft_run_close(hft_run *run);

// The number of rows of a table of series of a contestant; 0 where there are none.
int64_t hft_run_rows(const hft_run *run, int contestant, hft_results_table table);

// Reads the rows first .. first + count - 1, which must exist, into an array of the table's
// structs. EDATA: the file is damaged; ENOMEM.
hft_status hft_run_read(const hft_run *run, int contestant, hft_results_table table, int64_t first,
                        size_t count, void *rows, hft_error *error);

#endif
