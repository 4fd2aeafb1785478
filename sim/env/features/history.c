#include "sim/env/features/history.h"

#include <math.h>

#define VOLATILITY_STEPS 32
#define IMBALANCE_ONE ((double)(1 << HFT_IMBALANCE_BITS))

// The k-th observation of the episode, from 0 on.
static inline hft_past *at(hft_instrument_history *history, int64_t k) {
  return &history->past[(uint64_t)k % HFT_PASTS];
}

static inline const hft_past *of(const hft_instrument_history *history, int64_t k) {
  return &history->past[(uint64_t)k % HFT_PASTS];
}

// The last observation, and the one `steps` before it or the first one.
static inline const hft_past *last(const hft_instrument_history *history) {
  return of(history, history->count - 1);
}

static inline const hft_past *before(const hft_instrument_history *history, int steps) {
  int64_t now = history->count - 1;
  return of(history, now > steps ? now - steps : 0);
}

double hft_history_imbalance(const hft_book *book) {
  hft_level bid = hft_book_best(book, HFT_BID), ask = hft_book_best(book, HFT_ASK);
  if (bid.price == 0 || ask.price == 0) return 0;
  return ((double)bid.qty - (double)ask.qty) / ((double)bid.qty + (double)ask.qty);
}

// Keeps the sum of the squared changes of the last steps.
static void sum_squares(hft_instrument_history *history, int64_t now) {
  if (now == 0) {
    history->squares = 0;
    return;
  }
  int64_t change = of(history, now)->mid2 - of(history, now - 1)->mid2;
  history->squares += change * change;
  int64_t then = now - VOLATILITY_STEPS;
  if (then <= 0) return;
  int64_t gone = of(history, then)->mid2 - of(history, then - 1)->mid2;
  history->squares -= gone * gone;
}

void hft_history_note(const hft_env_model *model, const hft_env *env, int instrument, bool starts,
                      hft_instrument_history *history) {
  const hft_market *market = hft_env_market_of(model, env);
  const hft_tape *tape = hft_market_tape(market, instrument);
  int64_t now = starts ? 0 : history->count;
  int64_t sum = now == 0 ? 0 : of(history, now - 1)->imbalance;
  double imbalance = hft_history_imbalance(hft_market_book(model->market, market, instrument));
  history->count = now + 1;
  history->mark = hft_env_mark(model, env, instrument);
  hft_past *past = at(history, now);
  past->mid2 = (int64_t)floor(2 * history->mark + 0.5);
  past->bought = tape->buy_qty;
  past->sold = tape->sell_qty;
  past->imbalance = sum + (int64_t)(IMBALANCE_ONE * imbalance);
  sum_squares(history, now);
  if (now == 0) history->start = history->mark;
}

double hft_history_return(const hft_instrument_history *history, int steps) {
  return 0.5 * (double)(last(history)->mid2 - before(history, steps)->mid2);
}

double hft_history_volatility(const hft_instrument_history *history) {
  int64_t count = history->count - 1;
  if (count > VOLATILITY_STEPS) count = VOLATILITY_STEPS;
  return count > 0 ? 0.5 * sqrt((double)history->squares / (double)count) : 0;
}

double hft_history_flow(const hft_instrument_history *history, int steps) {
  const hft_past *now = last(history), *then = before(history, steps);
  int64_t bought = now->bought - then->bought, sold = now->sold - then->sold;
  return bought + sold > 0 ? (double)(bought - sold) / (double)(bought + sold) : 0;
}

double hft_history_mean_imbalance(const hft_instrument_history *history, int steps) {
  int64_t now = history->count - 1, count = history->count < steps ? history->count : steps;
  // Behind the window, or nothing before the first observation.
  int64_t then = now >= steps ? of(history, now - steps)->imbalance : 0;
  return (double)(of(history, now)->imbalance - then) / (IMBALANCE_ONE * (double)count);
}
