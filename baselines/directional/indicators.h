// The arithmetic of the indicators that the directional strategies trade on, one sample at a time.
// Each struct is the state of an indicator; all zero: no sample yet.
#ifndef HFTSIM_BASELINES_DIRECTIONAL_INDICATORS_H
#define HFTSIM_BASELINES_DIRECTIONAL_INDICATORS_H

#include "sim/base/units.h"

// ---- Wilder's RSI ------------------------------------------------------------------------------

// J. W. Wilder, "New Concepts in Technical Trading Systems", 1978, section VI. The first averages
// are the plain means of the first n gains and losses; from then on each is
// ((n - 1) x the one before + the new gain or loss) / n.
typedef struct hft_rsi {
  int64_t count;      // samples
  double last;        // sample
  double gain, loss;  // their averages; before sample n: their sums
} hft_rsi;

// Adds a sample of the price, in any unit, to the index of `period` changes.
static inline void hft_rsi_add(hft_rsi *rsi, int64_t period, double price) {
  double change = price - rsi->last, n = (double)period;
  double gain = change > 0 ? change : 0, loss = change < 0 ? -change : 0;
  rsi->last = price;
  if (rsi->count++ == 0) return;
  int64_t changes = rsi->count - 1;
  if (changes <= period) {
    rsi->gain += gain;
    rsi->loss += loss;
    if (changes < period) return;
    rsi->gain /= n;
    rsi->loss /= n;
    return;
  }
  rsi->gain = ((n - 1) * rsi->gain + gain) / n;
  rsi->loss = ((n - 1) * rsi->loss + loss) / n;
}

// The index, 0 to 100: 100 - 100 / (1 + average gain / average loss). 50, the middle, until there
// are `period` changes, and where the price has never changed.
static inline double hft_rsi_value(const hft_rsi *rsi, int64_t period) {
  double sum = rsi->gain + rsi->loss;
  return rsi->count > period && sum > 0 ? 100 * rsi->gain / sum : 50;
}

// ---- order-flow imbalance ----------------------------------------------------------------------

// The best quotes; a price of 0: the side is empty.
typedef struct hft_best_quotes {
  hft_price bid, ask;        // ticks
  hft_qty bid_qty, ask_qty;  // lots
} hft_best_quotes;

// The order-flow imbalance of one event, the change of the best quotes from `before` to `now`, in
// lots: R. Cont, A. Kukanov and S. Stoikov, "The price impact of order book events", Journal of
// Financial Econometrics 12(1), 2014,
//
//   e = q_bid [bid >= bid'] - q_bid' [bid <= bid'] - q_ask [ask <= ask'] + q_ask' [ask >= ask']
//
// with ' for `before`. 0 if a side is empty at either time.
static inline int64_t hft_ofi_event(const hft_best_quotes *before, const hft_best_quotes *now) {
  if (before->bid == 0 || before->ask == 0 || now->bid == 0 || now->ask == 0) return 0;
  int64_t e = 0;
  if (now->bid >= before->bid) e += now->bid_qty;
  if (now->bid <= before->bid) e -= before->bid_qty;
  if (now->ask <= before->ask) e -= now->ask_qty;
  if (now->ask >= before->ask) e += before->ask_qty;
  return e;
}

// ---- a moving mean and variance ----------------------------------------------------------------

// Sums over a window of integers below 2^25, at most 2^14 of them, exact: modulo 2^64.
typedef struct hft_window_sums {
  int64_t sum;
  uint64_t square_sum;
} hft_window_sums;

// Adds a number to the window.
static inline void hft_window_add(hft_window_sums *w, int64_t x) {
  w->sum += x;
  w->square_sum += (uint64_t)x * (uint64_t)x;
}

// Removes a number from the window.
static inline void hft_window_remove(hft_window_sums *w, int64_t x) {
  w->sum -= x;
  w->square_sum -= (uint64_t)x * (uint64_t)x;
}

// The variance of the n numbers in the window: the mean squared distance from their mean.
static inline double hft_window_variance(const hft_window_sums *w, int64_t n) {
  // Around q, the mean rounded towards 0, the sum of squares is small and still exact.
  int64_t q = w->sum / n, rest = w->sum % n;
  uint64_t wq = (uint64_t)q;
  uint64_t around = w->square_sum - 2 * wq * (uint64_t)w->sum + (uint64_t)n * wq * wq;
  double mean = (double)rest / (double)n;
  double variance = (double)around / (double)n - mean * mean;
  return variance > 0 ? variance : 0;
}

#endif
