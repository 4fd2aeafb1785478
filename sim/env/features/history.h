// Inside of sim/env: what an env remembers of past observations of an instrument, and the numbers
// that follow from it: returns, volatility, trade flow and imbalance over windows. Each takes O(1)
// a step.
#ifndef HFTSIM_SIM_ENV_FEATURES_HISTORY_H
#define HFTSIM_SIM_ENV_FEATURES_HISTORY_H

#include <math.h>

#include "sim/env/view.h"

// The windows of returns, trade flow and imbalance, in steps.
#define HFT_WINDOWS 3
static const int hft_window_steps[HFT_WINDOWS] = {1, 8, 32};

// Notes an instrument as it is now. `starts`: the episode starts, and all before is forgotten.
void hft_history_note(const hft_env_model *model, const hft_env *env, int instrument, bool starts,
                      hft_instrument_history *history);

#define HFT_VOLATILITY_STEPS 32
#define HFT_IMBALANCE_ONE ((double)(1 << HFT_IMBALANCE_BITS))

// The k-th observation of the episode, from 0 on.
static inline const hft_past *hft_history_at(const hft_instrument_history *history, int64_t k) {
  return &history->past[(uint64_t)k % HFT_PASTS];
}

// The last observation, and the one `steps` before it or the first one.
static inline const hft_past *hft_history_last(const hft_instrument_history *history) {
  return hft_history_at(history, history->count - 1);
}
static inline const hft_past *hft_history_before(const hft_instrument_history *history, int steps) {
  int64_t now = history->count - 1;
  return hft_history_at(history, now > steps ? now - steps : 0);
}

// (bid - ask) / (bid + ask) of the lots at the best prices; 0 where a side is empty.
static inline double hft_history_imbalance(const hft_book *book) {
  hft_level bid = hft_book_best(book, HFT_BID), ask = hft_book_best(book, HFT_ASK);
  if (bid.price == 0 || ask.price == 0) return 0;
  return ((double)bid.qty - (double)ask.qty) / ((double)bid.qty + (double)ask.qty);
}

// The change of the mark over the last `steps` steps, or since the start, in ticks.
static inline double hft_history_return(const hft_instrument_history *history, int steps) {
  return 0.5 * (double)(hft_history_last(history)->mid2 - hft_history_before(history, steps)->mid2);
}

// The root mean square change of the mark a step, over up to 32 steps, in ticks.
static inline double hft_history_volatility(const hft_instrument_history *history) {
  int64_t count = history->count - 1;
  if (count > HFT_VOLATILITY_STEPS) count = HFT_VOLATILITY_STEPS;
  return count > 0 ? 0.5 * sqrt((double)history->squares / (double)count) : 0;
}

// (bought - sold) / (bought + sold) of the takers' lots over the last `steps` steps, or since the
// start; 0 where nothing traded.
static inline double hft_history_flow(const hft_instrument_history *history, int steps) {
  const hft_past *now = hft_history_last(history), *then = hft_history_before(history, steps);
  int64_t bought = now->bought - then->bought, sold = now->sold - then->sold;
  return bought + sold > 0 ? (double)(bought - sold) / (double)(bought + sold) : 0;
}

// The mean imbalance of up to `steps` last observations.
static inline double hft_history_mean_imbalance(const hft_instrument_history *history, int steps) {
  int64_t now = history->count - 1, count = history->count < steps ? history->count : steps;
  // The sum behind the window; nothing is before the first observation.
  int64_t then = now >= steps ? hft_history_at(history, now - steps)->imbalance : 0;
  return (double)(hft_history_at(history, now)->imbalance - then) /
         (HFT_IMBALANCE_ONE * (double)count);
}

#endif
