// Figures of the values that a metric has over episodes: ratios and tails that one episode does not
// have. Each has an interval by the percentile bootstrap over the episodes (B. Efron, "Bootstrap
// methods: another look at the jackknife", Annals of Statistics 7, 1979); all share the resamples.
#ifndef HFTSIM_EVAL_AGGREGATES_H
#define HFTSIM_EVAL_AGGREGATES_H

#include "stats/stats.h"

// clang-format off
// X(code, name, episodes that it needs, direction, unit, help). The unit "": that of the values.
#define HFT_AGGREGATE_MAP(X)                                                                      \
  X(SHARPE, sharpe_ratio, 2, +1, "1", "mean over standard deviation of the values of episodes")   \
  X(SORTINO, sortino_ratio, 2, +1, "1",                                                           \
    "mean over the root mean square of the values below 0, the others counting as 0")             \
  X(HIT_RATE, hit_rate, 1, +1, "1", "values above 0, of those that are not 0")                    \
  X(VAR, var_95, 20, -1, "", "loss that 5% of the episodes exceed")                               \
  X(CVAR, cvar_95, 20, -1, "", "mean loss of the worst 5% of the episodes")
// clang-format on

typedef enum hft_aggregate {
#define X(code, name, least, direction, unit, help) HFT_AGGREGATE_##code,
  HFT_AGGREGATE_MAP(X)
#undef X
      HFT_AGGREGATE_COUNT
} hft_aggregate;

typedef struct hft_aggregate_info {
  const char *name, *unit, *help;
  size_t least;   // values that it needs; NaN for fewer
  int direction;  // +1: a higher value is better; -1: a lower
} hft_aggregate_info;

extern const hft_aggregate_info hft_aggregate_table[HFT_AGGREGATE_COUNT];

// Computes the aggregates of values[count]; NaN among them are left out, and the order of the
// others does not matter. interval: at 95%; NaN if an aggregate exists in less than 90% of
// HFT_BOOTSTRAP_RESAMPLES resamples. Deterministic in the rng. ENOMEM.
hft_status hft_aggregate_values(const double *values, size_t count, hft_rng *rng,
                                hft_estimate out[HFT_AGGREGATE_COUNT]);

#endif
