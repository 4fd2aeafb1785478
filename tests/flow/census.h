// Counts what one population does in a market, and how long its orders were exposed to what, so
// that intensities can be held against their rates: of a counting process with the intensity r, the
// count less the integral of r has the mean 0 and the variance of that integral.
#ifndef HFTSIM_TESTS_FLOW_CENSUS_H
#define HFTSIM_TESTS_FLOW_CENSUS_H

#include "tests/support/shadow.h"

#define CENSUS_DISTANCES 16  // ticks from the opposite best price, the last one and beyond
#define CENSUS_SIZES 64
#define CENSUS_GAPS 65536

typedef struct census {
  shadow_market shadow;
  hft_owner owner;                         // of the population
  int64_t limit[2][CENSUS_DISTANCES + 1];  // orders that came to rest, by side and distance
  int64_t cancel[CENSUS_DISTANCES + 1];    // by distance at that time
  double exposure[CENSUS_DISTANCES + 1];   // order-seconds by distance
  int64_t market[2];                       // incoming orders that traded or expired
  int64_t limit_size[CENSUS_SIZES + 1], market_size[CENSUS_SIZES + 1];
  double gap[CENSUS_GAPS];  // seconds between the latter
  size_t gap_count;
  // Within.
  hft_time time, last_market;
  uint32_t taker;
  int64_t taker_qty;
} census;

// Opens a census of participant 0 of a market, which it resets with the seed. The seat rests a
// wall, too large to be taken, at bid and at ask (0: none); order_qty_max must allow 1000000000
// lots.
census *census_open(const world *w, uint64_t seed, hft_price bid, hft_price ask);
void census_run(census *c, const world *w, hft_time until);
void census_free(census *c);

#endif
