// The market impact of a parent order: the same world with the order and without it. In the market
// without it the strategy stays silent. All other participants draw the same random numbers in
// both, so that every difference is the order's doing. What is left of the order at its end is
// closed, as in any episode. The market without the order is the same for each quantity and side,
// and is run once for all of them.
#ifndef HFTSIM_EVAL_IMPACT_H
#define HFTSIM_EVAL_IMPACT_H

#include "eval/episode.h"
#include "sim/market/market.h"

#define HFT_IMPACT_POINTS_MAX 1000

typedef struct hft_impact_options {
  int points;      // 1 .. HFT_IMPACT_POINTS_MAX, evenly spaced from the order's start to the end
  hft_time after;  // >= 0: how long the two worlds run on after the order's end
} hft_impact_options;

// Times that are sampled beside the points.
typedef enum hft_impact_mark {
  HFT_IMPACT_END,    // the order's end, after the closing
  HFT_IMPACT_LATER,  // the end and once more the order's duration
  HFT_IMPACT_MARK_COUNT
} hft_impact_mark;

// A world without the order, at the points 0 (just before the start) to options->points.
typedef struct hft_impact_reference {
  int64_t mid2[HFT_IMPACT_POINTS_MAX + 1];  // twice the mid, ticks
  int64_t mark2[HFT_IMPACT_MARK_COUNT];     // the same at the marks; 0: after the path
  int64_t volume;                           // lots traded from the order's start to its end
} hft_impact_reference;

// The path of one world, at the same points.
typedef struct hft_impact_path {
  double impact_bps[HFT_IMPACT_POINTS_MAX + 1];  // side x (mid with - mid without) / arrival mid
  double mark_bps[HFT_IMPACT_MARK_COUNT];        // the same at the marks; NaN: after the path
  int64_t executed[HFT_IMPACT_POINTS_MAX + 1];   // lots of the parent order; all from its end on
  hft_closing closing;                           // of what was left at its end
} hft_impact_path;

// Returns the time of a point, since the strategy's start.
hft_time hft_impact_time(const hft_episode_plan *plan, const hft_impact_options *options,
                         int point);

// Returns whether the path reaches HFT_IMPACT_LATER: `after` is not shorter than the order.
bool hft_impact_reaches_later(const hft_episode_plan *plan, const hft_impact_options *options);

// Checks that the impact can be measured. EINVAL: options out of bounds, a strategy that executes
// no parent order, a plan of several instruments, or a session that ends before the path does.
hft_status hft_impact_check(const hft_episode_plan *plan, const hft_impact_options *options,
                            hft_error *error);

// Runs the world (seed, 0) without the order in a market of plan->model, which is reset. The
// quantity and the side of the plan do not matter. `progress` may be null; its on_step is called
// after each point but the first. EINTR: it stopped the run.
hft_status hft_impact_run_without(const hft_episode_plan *plan, const hft_impact_options *options,
                                  hft_market *market, uint64_t seed,
                                  const hft_episode_progress *progress,
                                  hft_impact_reference *reference);

// Runs the same world with the order, and compares it. `reference` is the same world's with the
// same options, from a plan that differs in quantity and side alone. The other arguments and the
// error are as above.
hft_status hft_impact_run_with(const hft_episode_plan *plan, const hft_impact_options *options,
                               hft_market *market, uint64_t seed,
                               const hft_episode_progress *progress,
                               const hft_impact_reference *reference, hft_impact_path *path);

#endif
