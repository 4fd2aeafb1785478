// `hftsim baseline` in parts: the run, and its results as text, as JSON and as a run folder.
#ifndef HFTSIM_CLI_BASELINE_H
#define HFTSIM_CLI_BASELINE_H

#include <jansson.h>

#include "cli/estimate.h"
#include "cli/seeds.h"
#include "cli/strategy.h"
#include "eval/contest.h"
#include "eval/results.h"

#define CLI_BASELINE_NOTES 4

typedef struct cli_baseline_options {
  cli_strategy strategy;
  const char *config, *seeds_text, *out, *name;
  int64_t episodes;  // 0: not given, until cli_baseline_seeds
  int64_t threads, estimate;
  uint64_t seed;
  cli_list overrides;
  bool seed_given, list, json, together, both, series;
  int argc;  // the command line, for the run folder
  char **argv;
} cli_baseline_options;

// A run and its results.
typedef struct cli_baseline {
  const cli_baseline_options *options;
  const hft_config *config;
  const hft_contest *contest;
  cli_estimate estimate[HFT_CONTESTANTS_MAX];
  hft_scores scores;
  hft_metric_summary *summary;  // as of hft_scores_summarise
  bool interrupted;             // the scores are of the worlds that were complete
  int note_count;
  char note[CLI_BASELINE_NOTES][256];
  int dependence;  // the note that says that episodes are not independent; -1: none
} cli_baseline;

// The row that stands for the run: the only instrument, or the total.
int cli_baseline_main_row(const cli_baseline *run);

// Whether the strategies of the contestant's kind have the metric.
bool cli_baseline_applies(const cli_baseline *run, int contestant, int metric);

// The summary of a metric.
const hft_metric_summary *cli_baseline_summary(const cli_baseline *run, int contestant, int row,
                                               int metric);

// The metric by which strategies of the contestant's kind are judged first.
hft_metric cli_baseline_first_metric(const cli_baseline *run, int contestant);

// Prints the strategies and their keys, as text or as JSON; returns the exit code.
int cli_baseline_list(bool json);

// Prints the results as text; returns the exit code.
int cli_baseline_print(const cli_baseline *run);

// The results as JSON. Null: out of memory.
json_t *cli_baseline_json(const cli_baseline *run);

// Begins the run folder that --out, --name or --series asks for, before the episodes are run; null
// where none of them is given. EIO, ENOMEM. The caller frees it with hft_results_free.
hft_status cli_baseline_folder_begin(const cli_baseline *run, hft_results **out, hft_error *error);

// Writes the results, with the series if --series asks for them, and gives the folder its name.
// `summary` is what --json prints. EIO, ENOMEM; EINTR while series are run.
hft_status cli_baseline_folder_end(const cli_baseline *run, hft_results *results,
                                   const json_t *summary, hft_error *error);

#endif
