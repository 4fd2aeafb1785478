// Sums over the fills of an agent in an episode: the parts of its P&L and of the cost of its parent
// order. In integers, so that parts add up to the whole exactly. A name that ends in 2 is twice the
// amount, in half ticks x lots; docs/metrics.md has the formulas.
//
// Spread and price moves after trades: R. Huang and H. Stoll, "Dealer versus auction markets",
// Journal of Financial Economics 41, 1996. Parts of the shortfall: A. Perold, "The implementation
// shortfall: paper versus reality", Journal of Portfolio Management 14, 1988; W. Wagner and
// M. Edwards, "Best execution", Financial Analysts Journal 49, 1993; R. Kissell, "The science of
// algorithmic trading and portfolio management", 2014.
#ifndef HFTSIM_EVAL_TALLY_H
#define HFTSIM_EVAL_TALLY_H

#include "eval/record.h"

// X(code, name of the metric, time after a fill): at which the price moves after fills are taken.
#define HFT_MARK_MAP(X)                  \
  X(100MS, 100ms, 100 * HFT_MILLISECOND) \
  X(1S, 1s, HFT_SECOND)                  \
  X(10S, 10s, 10 * HFT_SECOND)           \
  X(60S, 60s, 60 * HFT_SECOND)

enum {
#define X(code, name, time) HFT_MARK_##code,
  HFT_MARK_MAP(X)
#undef X
      HFT_MARK_COUNT
};

// A parent order. All zero: there is none.
typedef struct hft_parent_order {
  int64_t sign;      // +1 buys, -1 sells
  int64_t quantity;  // lots
} hft_parent_order;

// Sums of an agent at one instrument, or over instruments. Zeroed memory: nothing is known.
typedef struct hft_tally {
  int64_t known;        // 1: the notes are complete; 0: the sums below have no meaning
  int64_t lost;         // notes that did not fit in the record
  int64_t fills;        // lots of fills, all roles
  hft_cash turnover;    // ticks x lots bought and sold
  int64_t queued_lots;  // lots traded as maker
  double queued;        // lots x s that they had waited in their queues
  // Price moves against the fills from just before them to each mark, and the lots of the fills
  // whose mark lies in the episode: only these count.
  int64_t adverse2[HFT_MARK_COUNT], marked[HFT_MARK_COUNT];
  // Of a parent order: the cost of its lots against the arrival mid, before fees. The first four
  // are of the lots that the agent itself traded, the last of those that were closed at the end.
  int64_t delay2, spread2, impact2, timing2, opportunity2;
  int64_t own;  // lots that the agent itself traded, in the direction of the parent order
} hft_tally;

// Computes the sums. Fills and mids must be in the order of time, the first mid at or before every
// fill; trading->lost must be 0, or the result is unknown.
void hft_tally_compute(const hft_trading *trading, const hft_parent_order *parent, hft_tally *out);

// Adds the sums of another instrument. The result is known if both are.
void hft_tally_add(hft_tally *sum, const hft_tally *tally);

#endif
