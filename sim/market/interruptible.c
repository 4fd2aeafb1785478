#include "sim/market/interruptible.h"

#define PIECE_WORK 65536

static bool goes_on(const hft_interrupt *interrupt) {
  return interrupt->goes_on == NULL || interrupt->goes_on(interrupt->context);
}

bool hft_market_reset_interruptible(const hft_model *model, hft_market *market, uint64_t seed,
                                    uint32_t env, const hft_sink *sink,
                                    const hft_interrupt *interrupt) {
  size_t at = 0;
  for (int64_t budget = PIECE_WORK;
       !hft_market_reset_some(model, market, seed, env, &at, &budget, sink); budget = PIECE_WORK) {
    if (!goes_on(interrupt)) return false;
  }
  return true;
}

bool hft_market_run_interruptible(const hft_model *model, hft_market *market, hft_time until,
                                  const hft_sink *sink, const hft_interrupt *interrupt) {
  for (int64_t budget = PIECE_WORK; !hft_market_run_some(model, market, until, &budget, sink);
       budget = PIECE_WORK) {
    if (!goes_on(interrupt)) return false;
  }
  return true;
}
