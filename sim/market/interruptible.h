// A market that is reset and run for a caller that may have it stopped: between pieces of some
// milliseconds the caller is asked, however much happens in a second of market time.
#ifndef HFTSIM_SIM_MARKET_INTERRUPTIBLE_H
#define HFTSIM_SIM_MARKET_INTERRUPTIBLE_H

#include "sim/market/market.h"

typedef struct hft_interrupt {
  bool (*goes_on)(void *context);  // false: stop. Null: it is never asked
  void *context;
} hft_interrupt;

// As hft_market_reset and hft_market_run. False: it was stopped, and the market has to be reset
// before it is used again.
bool hft_market_reset_interruptible(const hft_model *model, hft_market *market, uint64_t seed,
                                    uint32_t env, const hft_sink *sink,
                                    const hft_interrupt *interrupt);
bool hft_market_run_interruptible(const hft_model *model, hft_market *market, hft_time until,
                                  const hft_sink *sink, const hft_interrupt *interrupt);

#endif
