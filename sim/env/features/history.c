#include "sim/env/features/history.h"

#include <math.h>

// The k-th observation of the episode, from 0 on.
static inline hft_past *at(hft_instrument_history *history, int64_t k) {
  return &history->past[(uint64_t)k % HFT_PASTS];
}

// Keeps the sum of the squared changes of the last steps.
static void sum_squares(hft_instrument_history *history, int64_t now) {
  if (now == 0) {
    history->squares = 0;
    return;
  }
  int64_t change = hft_history_at(history, now)->mid2 - hft_history_at(history, now - 1)->mid2;
  history->squares += change * change;
  int64_t then = now - HFT_VOLATILITY_STEPS;
  if (then <= 0) return;
  int64_t gone = hft_history_at(history, then)->mid2 - hft_history_at(history, then - 1)->mid2;
  history->squares -= gone * gone;
}

// The mean of the spread: of all observations up to SPREAD_STEPS, then with the weight
// 1 / SPREAD_STEPS of the last one. Those in which a side is empty, or orders wait for an auction,
// do not count.
#define SPREAD_STEPS 32
static void note_spread(const hft_book *book, int64_t now, hft_instrument_history *history) {
  if (now == 0) history->spread = 0;
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  if (bid != 0 && ask > bid) {
    double spread = ask - bid, count = (double)(now < SPREAD_STEPS ? now + 1 : SPREAD_STEPS);
    if (history->spread == 0) history->spread = spread;
    history->spread += (spread - history->spread) / count;
  }
  history->spread_seen = history->spread;
}

void hft_history_note(const hft_env_model *model, const hft_env *env, int instrument, bool starts,
                      hft_instrument_history *history) {
  const hft_market *market = hft_env_market_of(model, env);
  const hft_tape *tape = hft_market_tape(market, instrument);
  int64_t now = starts ? 0 : history->count;
  int64_t sum = now == 0 ? 0 : hft_history_at(history, now - 1)->imbalance;
  const hft_book *book = hft_market_book(model->market, market, instrument);
  double imbalance = hft_history_imbalance(book);
  note_spread(book, now, history);
  history->count = now + 1;
  history->mark = hft_env_mark(model, env, instrument);
  hft_past *past = at(history, now);
  past->mid2 = (int64_t)floor(2 * history->mark + 0.5);
  past->bought = tape->buy_qty;
  past->sold = tape->sell_qty;
  past->imbalance = sum + (int64_t)(HFT_IMBALANCE_ONE * imbalance);
  sum_squares(history, now);
  if (now == 0) history->start = history->mark;
}
