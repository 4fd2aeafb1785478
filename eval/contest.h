// Strategies in common worlds: each alone, or all in one market against each other; once, or bought
// and sold (antithetic pairs). A run yields one number for each strategy, metric and world, and
// does not depend on the number of threads.
#ifndef HFTSIM_EVAL_CONTEST_H
#define HFTSIM_EVAL_CONTEST_H

#include "eval/metrics.h"
#include "eval/runner.h"

#define HFT_CONTEST_SIDES 2
#define HFT_CONTEST_VALUES_MAX 268435456  // of a run: 2 GiB

// A strategy that is scored. `name` is shown, and unique in its contest.
typedef struct hft_contest_entry {
  const char *name;
  hft_episode_entry entry;
  bool one_side;  // keeps its key `side` where the spec says `both`, and is run once
} hft_contest_entry;

// What to run. All pointers are borrowed; the names must outlive the contest, all else is needed
// only while it is made.
typedef struct hft_contest_spec {
  const hft_config *config;
  const hft_agent_class *const *classes;
  int class_count;
  const hft_contest_entry *contestant;  // [count]
  int count;                            // 1 .. HFT_CONTESTANTS_MAX
  int instrument;                       // or HFT_INSTRUMENT_ALL
  double horizon_s;                     // as in hft_episode_spec; 0: the config's
  bool together;                        // all strategies in one market; else each in one of its own
  // Each world is run twice, once with all parent orders bought and once with all sold, whatever
  // the key side says; the value of a metric is the mean of both. Strategies without that key, and
  // those of one_side, each in its own market, are run once.
  bool both;
} hft_contest_spec;

// A compiled spec: constant, shared by every thread.
typedef struct hft_contest {
  int contestants;
  int sides;    // 2: antithetic pairs
  int markets;  // of each side
  const char *name[HFT_CONTESTANTS_MAX];
  // The plans of each market, owned; null: that side is the same as the first.
  hft_episode_plan *market[HFT_CONTEST_SIDES][HFT_CONTESTANTS_MAX];
  // Of each contestant, in the market that it trades in.
  const hft_episode_plan *plan[HFT_CONTEST_SIDES][HFT_CONTESTANTS_MAX];
} hft_contest;

// Compiles a spec. The caller frees *out with hft_contest_free. Errors as those of
// hft_episode_plan_create; EINVAL: a count out of bounds, or `both` where no strategy has a side.
hft_status hft_contest_create(const hft_contest_spec *spec, hft_contest **out, hft_error *error);

// Frees a contest. Null is ignored.
void hft_contest_free(hft_contest *contest);

// Returns the rows of each contestant: its instruments, then their total where there are several.
int hft_contest_rows(const hft_contest *contest);

// Returns whether the worlds of a strategy are run twice, for its two sides.
bool hft_contest_paired(const hft_contest *contest, int contestant);

// What antithetic pairs do for the mean of a metric over the worlds.
typedef struct hft_pairing {
  double correlation;  // of the two sides over the worlds; NaN: a side is constant
  // 1 - variance of the mean / that of as many episodes of either side in worlds of their own. NaN
  // where neither side varies.
  double saved;
} hft_pairing;

// The values of a run.
typedef struct hft_scores {
  int contestants, rows;
  int episodes;    // complete worlds
  uint64_t *seed;  // [episodes], ascending from the seed of the run
  double *value;   // [contestants][rows][HFT_METRIC_COUNT][episodes]; NaN: none
  // Of the last row: the instrument, or the total. NaN where the strategy is not paired.
  hft_pairing pairing[HFT_CONTESTANTS_MAX][HFT_METRIC_COUNT];
  // The episodes in which the record of a contestant had no room for all of its notes.
  int lost[HFT_CONTESTANTS_MAX];
  // Of strategies that share a market, at one instrument (eval/group.h); else null and 0.
  double *group;  // [HFT_GROUP_COUNT][episodes]; of pairs the mean of both sides; NaN: none
  // The lots that each contestant traded with each other one, with further participants, and with
  // the exchange: sums over the episodes and their sides.
  int64_t lots[HFT_CONTESTANTS_MAX][HFT_CONTESTANTS_MAX + 2];
} hft_scores;

typedef enum hft_group_figure {
  HFT_GROUP_COORDINATION,
  HFT_GROUP_DIVERSITY,
  HFT_GROUP_COUNT
} hft_group_figure;

// "coordination_efficiency", "behavioural_diversity".
extern const char *const hft_group_names[HFT_GROUP_COUNT];

// Runs the worlds of the options. Whatever the result, the caller releases *out with
// hft_scores_free. EINVAL: more than HFT_CONTEST_VALUES_MAX values; EINTR: stopped, and *out holds
// the worlds that are complete, for all strategies and sides, which may be none. Else the errors of
// hft_runner_run.
hft_status hft_contest_run(const hft_contest *contest, const hft_runner_options *options,
                           hft_scores *out, hft_error *error);

// Summarises all metrics over the episodes: out[contestants][rows][HFT_METRIC_COUNT]; those that do
// not apply, and all where there is no episode, have the count 0. The seed chooses the resamples.
// ENOMEM.
hft_status hft_scores_summarise(const hft_scores *scores, uint64_t seed, hft_metric_summary *out);

// Releases the arrays.
void hft_scores_free(hft_scores *scores);

// Returns the values [episodes] of a metric at a row of a contestant.
const double *hft_scores_values(const hft_scores *scores, int contestant, int row,
                                hft_metric metric);

#endif
