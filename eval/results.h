// Writes the folder of a run: summary.json, config.yaml, episodes.h5 and log.txt, as docs/report.md
// documents them. The folder gets its name only when it is complete (eval/folder.h).
// eval/results_read.h reads it.
#ifndef HFTSIM_EVAL_RESULTS_H
#define HFTSIM_EVAL_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "eval/results_schema.h"
#include "sim/base/status.h"

// What a run folder says about the run. The texts are copied.
typedef struct hft_results_spec {
  const char *out;      // the folder to create; null: results/<UTC time>-<name>, a name not taken
  const char *name;     // of characters other than letters, digits, '.', '_' and '-', each is '-'
  const char *command;  // the command line; may be empty
  const char *config;   // the effective config, YAML
} hft_results_spec;

// A metric of a contestant's episodes.
typedef struct hft_results_metric {
  const char *name, *unit, *help;
  int direction;  // +1: higher is better, -1: lower is better, 0: neither
} hft_results_metric;

// The scores of a contestant: a strategy with its parameters.
typedef struct hft_results_contestant {
  const char *name;    // unique in the run
  const char *kind;    // of hft_baseline_kind_name
  const char *params;  // JSON object; null: none
  int metric_count;
  const hft_results_metric *metrics;  // [metric_count]
  int64_t episodes;
  const double *values;   // [episodes][metric_count]; NaN: none
  const uint64_t *seeds;  // [episodes]
  const int8_t *sides;    // [episodes] +1 buys, -1 sells; null: not an execution
} hft_results_contestant;

// What happened over time in one episode of a contestant. The writer sets the rows' `episode`.
typedef struct hft_results_series {
  int contestant;    // index in the order of hft_results_add
  int64_t episode;   // row of its episodes
  double tick_size;  // currency per tick, the same in all series of the contestant
  size_t step_count, fill_count, depth_count;
  const hft_results_step *steps;   // [step_count]
  const hft_results_fill *fills;   // [fill_count]
  const hft_results_depth *depth;  // [depth_count] the levels from HFT_RESULTS_LEVELS on are unused
} hft_results_series;

// Opaque handle: a run folder being written. Not for concurrent use.
typedef struct hft_results hft_results;

// Creates the folder's part, its config.yaml, and log.txt with the command line; free *out with
// hft_results_free. EIO: the folder exists, cannot be created or written to; ENOMEM.
hft_status hft_results_begin(const hft_results_spec *spec, hft_results **out, hft_error *error);

// The final name of the folder; valid until it is freed.
const char *hft_results_path(const hft_results *results);

// Appends a line to log.txt, after the UTC time. A failure is reported by hft_results_commit.
void hft_results_log(hft_results *results, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Writes the scores of the next contestant. EINVAL: a name that is not unique, or that cannot name
// a group or a column; EIO.
hft_status hft_results_add(hft_results *results, const hft_results_contestant *contestant,
                           hft_error *error);

// Appends the series of an episode of a contestant that was added. EIO, ENOMEM.
hft_status hft_results_series_add(hft_results *results, const hft_results_series *series,
                                  hft_error *error);

// Writes summary.json with this text and a newline, closes the files and gives the folder its name.
// EIO: then nothing has the final name. Afterwards only hft_results_path and hft_results_free may
// be called.
hft_status hft_results_commit(hft_results *results, const char *summary, hft_error *error);

// Frees the run folder and removes it if it was not committed; null is ignored.
void hft_results_free(hft_results *results);

#endif
