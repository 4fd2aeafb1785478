// Resetting and running a market interruptibly: a callback is asked whether to go on between slices
// of some milliseconds of wall-clock time.
#ifndef HFTSIM_SIM_MARKET_WATCHED_H
#define HFTSIM_SIM_MARKET_WATCHED_H

#include "sim/market/market.h"

typedef struct hft_market_watch {
  bool (*goes_on)(void *context);  // false: stop. Null: it is never asked
  void *context;
} hft_market_watch;

// As hft_market_reset. False: it was stopped, and the market must be reset before it is used again.
bool hft_market_reset_watched(const hft_model *model, hft_market *market, uint64_t seed,
                              uint32_t env, const hft_sink *sink, const hft_market_watch *watch);
// As hft_market_run, with the same result.
bool hft_market_run_watched(const hft_model *model, hft_market *market, hft_time until,
                            const hft_sink *sink, const hft_market_watch *watch);

#endif
