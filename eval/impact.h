// The market impact of a parent order: the same world with it and without it. A market is forked
// just before the order begins, and in one of the two the strategy stays silent. All other
// participants have the same random numbers in both, so that what differs is what the order did.
// What is left of it at its end is closed then, as in any episode.
#ifndef HFTSIM_EVAL_IMPACT_H
#define HFTSIM_EVAL_IMPACT_H

#include "eval/episode.h"
#include "sim/market/market.h"

#define HFT_IMPACT_POINTS_MAX 1000

typedef struct hft_impact_options {
  int points;      // 1 .. HFT_IMPACT_POINTS_MAX, evenly from the order's start to `after` its end
  hft_time after;  // >= 0: how long the two worlds run on
} hft_impact_options;

// Of one world, at the points 0 (just before the start) to options->points.
typedef struct hft_impact_path {
  double impact_bps[HFT_IMPACT_POINTS_MAX + 1];  // side x (mid with - mid without) / arrival mid
  double executed[HFT_IMPACT_POINTS_MAX + 1];    // share of the parent order; 1 from its end on
  hft_closing closing;                           // of what was left at its end
} hft_impact_path;

// The time of a point since the strategy's start.
hft_time hft_impact_time(const hft_episode_plan *plan, const hft_impact_options *options,
                         int point);

// EINVAL: options out of bounds, a strategy that executes no parent order, or a session that ends
// before the path does.
hft_status hft_impact_check(const hft_episode_plan *plan, const hft_impact_options *options,
                            hft_error *error);

// Runs the world (seed, 0) in two markets of plan->model: `with` is reset, `without` overwritten.
// EINTR: the watch (may be null) stopped it.
hft_status hft_impact_run(const hft_episode_plan *plan, const hft_impact_options *options,
                          hft_market *with, hft_market *without, uint64_t seed,
                          const hft_interrupt *interrupt, hft_impact_path *path);

#endif
