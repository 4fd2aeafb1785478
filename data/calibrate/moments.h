// A few means of a flow that the tables do not set one by one, as they result from the interplay of
// all: of a tape, and of a market that runs with the tables.
#ifndef HFTSIM_DATA_CALIBRATE_MOMENTS_H
#define HFTSIM_DATA_CALIBRATE_MOMENTS_H

#include "data/calibrate/watch.h"
#include "sim/base/progress.h"
#include "sim/market/model.h"

// Means over events.
typedef struct hft_flow_moments {
  double market;  // share of market orders
  double orders;  // resting orders of a side
  double spread;  // ticks
  double queue;   // lots at a best price
  double sign;    // autocorrelation of the signs of market orders, mean of lags 1 and 4
} hft_flow_moments;

// The moments of the fitted part of what was seen, with lots of `lot` shares. ENOMEM.
hft_status hft_moments_of_tape(const hft_watched *watched, double lot, hft_flow_moments *out,
                               hft_error *error);

// The moments of a market, over the seeds first_seed .. first_seed + seeds - 1, each for `seconds`
// after a warm-up. Errors: as hft_feed_market.
hft_status hft_moments_of_market(const hft_model *model, uint64_t first_seed, int seeds,
                                 double warmup_s, double seconds, const hft_progress *progress,
                                 hft_flow_moments *out, hft_error *error);

#endif
