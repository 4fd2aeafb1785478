// Which contestant is better, and how certain that is: values of one metric of several contestants
// in the same worlds, ranked, with paired tests of all pairs and groups that cannot be told apart.
// A contestant is a name and a value for each episode; where the values come from is the caller's
// affair.
#ifndef HFTSIM_EVAL_COMPARISON_H
#define HFTSIM_EVAL_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/paired.h"
#include "stats/stats.h"

#define HFT_COMPARISON_MAX 24
#define HFT_COMPARISON_PAIRS_MAX (HFT_COMPARISON_MAX * (HFT_COMPARISON_MAX - 1) / 2)
#define HFT_COMPARISON_LETTERS 52  // of groups: a .. z, A .. Z
#define HFT_COMPARISON_NOTES_MAX 8
#define HFT_COMPARISON_POWER 0.8  // at which `needed` is computed

// What to compare. All pointers are borrowed.
typedef struct hft_comparison_spec {
  int contestants;             // 1 .. HFT_COMPARISON_MAX
  size_t episodes;             // >= 1
  const char *const *name;     // [contestants], for the notes
  const double *const *value;  // [contestants][episodes]; NaN: the episode has no value
  int direction;               // +1: a higher value is better; -1: a lower one; 0: neither
  double alpha;                // in (0, 1): level of the tests; intervals have 1 - alpha
  hft_paired_test test;        //
  uint64_t seed;               // of resamples and permutations
  bool dependent;              // the episodes are one observation: no intervals, no tests
} hft_comparison_spec;

// A contestant in the ranking.
typedef struct hft_comparison_rank {
  int contestant;                          // index in the spec
  size_t episodes;                         // in which it has a value
  double mean, sd;                         // NaN: no value, fewer than two
  hft_interval interval;                   // of the mean: hft_bootstrap_columns
  char group[HFT_COMPARISON_LETTERS + 1];  // letters, below
} hft_comparison_rank;

// Two contestants, paired on the episodes in which both have a value. The difference is that of `a`
// less that of `b`.
typedef struct hft_comparison_pair {
  int a, b;               // indices in the spec; a is ranked before b
  size_t episodes;        // in which both have a value; 0: all below are NaN
  double difference;      // mean
  hft_interval interval;  // of the mean difference, not adjusted for the number of pairs
  double p, p_adjusted;   // of the test; by Holm over all pairs
  hft_effect effect;
  double needed;  // episodes: hft_paired_needed of Cohen's d at alpha over the number of pairs
  // The variance of the differences over that of a difference of independent samples, var(a) +
  // var(b): what common worlds leave. NaN where the latter is 0.
  double variance_left;
} hft_comparison_pair;

// Two contestants are told apart if their adjusted p-value is below alpha. `group` is the compact
// letter display (H. P. Piepho, "An algorithm for a letter-based representation of all pairwise
// comparisons", Journal of Computational and Graphical Statistics 13, 2004): two contestants share
// a letter if and only if they are not told apart; the best has the letter a. Should that need more
// than HFT_COMPARISON_LETTERS letters, the groups are empty and a note says so.
typedef struct hft_comparison {
  int contestants, pairs;
  hft_comparison_rank rank[HFT_COMPARISON_MAX];        // best first; by the mean, highest first,
                                                       // where neither direction is better
  hft_comparison_pair pair[HFT_COMPARISON_PAIRS_MAX];  // in the order of the ranking
  int notes;
  char note[HFT_COMPARISON_NOTES_MAX][320];  // sentences for people to read
} hft_comparison;

// Compares contestants. The notes tell which values are missing, that there are too few episodes
// (fewer than hft_values_enough, or too few for the test ever to reach alpha), and how much
// variance common worlds save. Deterministic in the spec. ENOMEM.
hft_status hft_compare(const hft_comparison_spec *spec, hft_comparison *out);

#endif
