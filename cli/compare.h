// What `hftsim compare` has found, to be printed.
#ifndef HFTSIM_CLI_COMPARE_H
#define HFTSIM_CLI_COMPARE_H

#include "eval/comparison.h"
#include "eval/episode.h"
#include "eval/metrics.h"

#define CLI_NAME_SIZE 128

typedef struct cli_contestant cli_contestant;

// What all contestants have in common.
typedef struct cli_contest {
  hft_metric metric;
  int episodes, threads;
  uint64_t seed;  // of episode 0
} cli_contest;

// A contestant: a name, and something that yields a value of a metric for each episode. It is a
// strategy so far; whatever else acts in a market sets `play` to its own.
struct cli_contestant {
  char name[CLI_NAME_SIZE];  // as it is shown; no other contestant has it
  hft_baseline_kind kind;    // which decides the metrics that it has
  // Writes the metric's value of each of contest->episodes worlds, which have the seeds seed + i;
  // NaN: there is none. EINTR: a signal has stopped it.
  hft_status (*play)(cli_contestant *self, const cli_contest *contest, double *values,
                     hft_error *error);
  char *text;    // of a strategy: the argument that names it, owned
  void *params;  // its keys, owned
  // Owned. An execution whose side is not given has two, of both sides, and the mean of both is the
  // value of an episode (antithetic pairs).
  hft_episode_plan *plan[2];
  // Of two sides: the variance of their mean over that of as many runs in worlds of their own. NaN:
  // not measured.
  double pairing_left;
};

typedef struct cli_comparison {
  const cli_contest *contest;
  const cli_contestant *contestants;
  const hft_comparison_spec *spec;
  const hft_comparison *found;
  const char *note;  // on the episodes' dependence; null: none
} cli_comparison;

// The name of a test as --test has it.
const char *cli_test_name(hft_paired_test test);

// Print to stdout what was found, and return the exit code.
int cli_comparison_table(const cli_comparison *comparison);
int cli_comparison_csv(const cli_comparison *comparison);
int cli_comparison_json(const cli_comparison *comparison);

#endif
