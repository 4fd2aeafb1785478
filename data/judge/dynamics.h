// The dynamics of a market: how its prices answer market orders, what makers keep, whether a place
// in the queue is worth anything, how orders and volatility cluster.
#ifndef HFTSIM_DATA_JUDGE_DYNAMICS_H
#define HFTSIM_DATA_JUDGE_DYNAMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/judge/dynamics_series.h"
#include "data/judge/dynamics_table.h"
#include "stats/stats.h"

typedef enum hft_dynamic {
#define X(code, ...) HFT_DYNAMIC_##code,
  HFT_DYNAMIC_MAP(X)
#undef X
      HFT_DYNAMIC_COUNT
} hft_dynamic;

// The definition of a statistic.
typedef struct hft_dynamic_info {
  const char *name, *unit;
  double low, high;  // range of real markets; NaN: it depends on the instrument
  size_t count_min;  // observations needed for a verdict
  double tolerance;  // of the comparison with a tape; > 0: a share of its value, < 0: minus the
                     // difference that is allowed
  const char *source, *help;
} hft_dynamic_info;

// All statistics, indexed by hft_dynamic.
extern const hft_dynamic_info hft_dynamic_table[HFT_DYNAMIC_COUNT];

// Estimates all statistics, with 95% intervals by the stationary bootstrap (stats/stats.h), whose
// resamples `seed` selects. The value is NaN where a statistic does not exist. ENOMEM.
hft_status hft_dynamics_estimate(const hft_dynamics *dynamics, uint64_t seed,
                                 hft_estimate out[HFT_DYNAMIC_COUNT]);

// How far a market may be from a tape in a statistic: the tolerance, or one and a half times the
// difference between the tape's odd and even blocks where that is more. Shares are of the tape's
// value; of realised spreads, which are near 0, of its effective spread. NaN if the tape has no
// value. The arrays are [HFT_DYNAMIC_COUNT].
double hft_dynamic_allowed(hft_dynamic dynamic, const hft_estimate *tape, const hft_estimate *odd,
                           const hft_estimate *even);

#endif
