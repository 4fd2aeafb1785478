// `hftsim baseline` in parts: the run, and its results as text, as JSON and as a run folder.
#ifndef HFTSIM_CLI_BASELINE_H
#define HFTSIM_CLI_BASELINE_H

#include <jansson.h>

#include "cli/estimate.h"
#include "cli/seeds.h"
#include "cli/strategy.h"
#include "eval/aggregates.h"
#include "eval/contest.h"
#include "eval/results.h"

#define CLI_BASELINE_NOTES 8

// The options of hftsim baseline; hftsim compare has the most of them.
typedef struct cli_baseline_options {
  const char *command;  // "baseline", "compare"
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
  hft_contest *contest;  // owned
  cli_estimate estimate[HFT_CONTESTANTS_MAX];
  hft_scores scores;
  hft_metric_summary *summary;                                       // as of hft_scores_summarise
  hft_estimate aggregate[HFT_CONTESTANTS_MAX][HFT_AGGREGATE_COUNT];  // of pnl over the episodes
  hft_metric_summary group[HFT_GROUP_COUNT];                         // of strategies in one market
  bool interrupted;  // the scores are of the worlds that were complete
  int note_count;
  char note[CLI_BASELINE_NOTES][256];
  int dependence;  // the note that says that episodes are not independent; -1: none
} cli_baseline;

// Reads --seeds into a->seed and a->episodes; `episodes` is the default of the latter. EINVAL.
hft_status cli_baseline_seeds(cli_baseline_options *a, int64_t episodes, hft_error *error);

// Estimates the keys of the contestants, if --estimate asks for it, and makes run->contest of them.
// Errors: those of cli_estimate_params and hft_contest_create; EINVAL: --series of several
// instruments.
hft_status cli_baseline_prepare(cli_baseline *run, cli_contestants *contestants, int instrument,
                                hft_error *error);

// Runs the episodes into run->scores, which the caller releases with hft_scores_free, with a
// progress bar. A signal ends them: OK and run->interrupted if any episode is complete, else EINTR.
// Other errors: those of hft_contest_run.
hft_status cli_baseline_run_episodes(cli_baseline *run, hft_error *error);

// Computes run->summary, which the caller frees, the aggregates and the group's figures. ENOMEM.
hft_status cli_baseline_summarise(cli_baseline *run, hft_error *error);

// Adds a note, which is printed to stderr at once and is in --json and the log. Beyond
// CLI_BASELINE_NOTES: nothing.
void cli_baseline_note(cli_baseline *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Notes an interrupt, episodes that are not independent, records that were too small, and pairs of
// sides that do not pay.
void cli_baseline_write_notes(cli_baseline *run);

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

// The keys of a contestant, as an object of values; a side that is run both ways is "both".
json_t *cli_baseline_params_json(const cli_baseline *run, int contestant);

// Checks --out and --name against each other. EINVAL.
hft_status cli_baseline_check_folder(const cli_baseline_options *a, hft_error *error);

// Begins the run folder that --out, --name or --series asks for, before the episodes are run; null
// where none of them is given. EIO, ENOMEM. The caller frees it with hft_results_free.
hft_status cli_baseline_folder_begin(const cli_baseline *run, hft_results **out, hft_error *error);

// Writes the results, with the series if --series asks for them, and gives the folder its name.
// `summary` is what --json prints. EIO, ENOMEM; EINTR while series are run.
hft_status cli_baseline_folder_end(const cli_baseline *run, hft_results *results,
                                   const json_t *summary, hft_error *error);

#endif
