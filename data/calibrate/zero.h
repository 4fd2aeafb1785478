// A zero-intelligence flow fitted to the same tape, as the scale of what a fit is worth: R. Cont,
// S. Stoikov and R. Talreja, "A stochastic model for order book dynamics", Operations Research 58,
// 2010. Rates depend on the distance from the opposite best price alone.
#ifndef HFTSIM_DATA_CALIBRATE_ZERO_H
#define HFTSIM_DATA_CALIBRATE_ZERO_H

#include "data/calibrate/watch.h"
#include "sim/config/key.h"

// The keys of the population `noise` (sim/flow/noise.c).
typedef struct hft_zero_intelligence {
  double limit_rates[HFT_LIST_MAX], cancel_rates[HFT_LIST_MAX];  // 1/s, by distance from 1
  int64_t limit_range;                                           // ticks
  double market_rate;                                            // 1/s
  double size_mean, size_max;                                    // lots
  double opening_orders;                                         // a side
} hft_zero_intelligence;

// Fits the flow to the fitted part, with lots of `lot` shares.
void hft_zero_fit(const hft_watched *watched, double lot, hft_zero_intelligence *out);

#endif
