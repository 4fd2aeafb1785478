// `hftsim compare` in parts: where the values come from, and what is found, to be printed.
#ifndef HFTSIM_CLI_COMPARE_H
#define HFTSIM_CLI_COMPARE_H

#include <jansson.h>

#include "cli/baseline.h"
#include "eval/comparison.h"

// A contestant: a name and a value for each episode, whatever acts for it.
typedef struct cli_contestant {
  const char *name;      // no other contestant has it
  json_t *about;         // what --json tells of it: strategy, kind, params, estimated; owned
  const double *value;   // [episodes]; NaN: the episode has none
  bool both;             // each value is the mean of a buy and a sell
  double pairing_saved;  // then: as hft_pairing.saved; else NaN
} cli_contestant;

typedef struct cli_compare cli_compare;

// Where the values come from: episodes of a market, or of a task.
struct cli_compare {
  const cli_baseline_options *options;
  const char *metric;      // --metric; null: not given
  const char *task;        // --task; null: the market
  const char *split;       // --split of a task; null: not given
  double alpha;            // level of the tests
  hft_paired_test test;    //
  bool csv;                //
  cli_contestants *entry;  // the strategies with their keys

  // Set by the source.
  int count;
  cli_contestant contestant[HFT_CONTESTANTS_MAX];
  const char *metric_name, *unit, *help;
  int direction;      // +1: a higher value is better; -1: a lower; 0: neither
  int64_t asked;      // episodes
  int episodes;       // that are complete
  uint64_t seed;      // of the first one asked for
  double episode_s;   // length of an episode
  bool interrupted;   //
  bool dependent;     // the episodes are one observation
  json_t *task_json;  // what --json tells of the task; null: none; owned
  int notes;
  char note[HFT_COMPARISON_NOTES_MAX][320];  // beside those of the comparison
  hft_comparison *found;
};

// Adds a note, which is printed to stderr at once. Beyond HFT_COMPARISON_NOTES_MAX: nothing.
void cli_compare_note(cli_compare *compare, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Notes an interrupt, and episodes that are not independent in a market of this model.
void cli_compare_note_run(cli_compare *compare, const hft_model *model);

// Compares the values and prints the results, after they have been written to the run folder, if
// there is one. `write` adds the contestants to the folder and commits it with the summary. Returns
// the exit code.
typedef hft_status cli_compare_write(void *context, hft_results *results, const json_t *summary,
                                     hft_error *error);
int cli_compare_finish(cli_compare *compare, hft_results *results, cli_compare_write *write,
                       void *context);

// Runs the contestants on a task and finishes. Returns the exit code.
int cli_compare_on_task(cli_compare *compare);

// The name of a test as --test has it.
const char *cli_test_name(hft_paired_test test);

// Print to stdout what was found, and return the exit code.
int cli_comparison_table(const cli_compare *compare);
int cli_comparison_csv(const cli_compare *compare);

// What was found, as JSON. Null: out of memory.
json_t *cli_comparison_json(const cli_compare *compare);

#endif
