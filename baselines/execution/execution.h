// A parent order worked in slices: what twap and vwap share. They differ in the curve of cumulative
// volume that the slices follow.
//
// The span is cut into `slices` equal parts. When a part begins, its child order is what the curve
// says should be done by its end, less what is done already, so that what one slice missed goes to
// the next. A passive child is posted at the near touch (best bid for a buy) and follows it every
// `refresh_ms`; when its part ends it is cancelled and what it still had crosses as a market order.
// An aggressive child crosses when its part begins.
//
// The agent knows its latency. What is to be done by the end of a part is sent earlier by
// hft_desk_latency_bound, and a passive child is withdrawn earlier still, since its rest crosses
// only when the cancellation has arrived: lots that could still trade are never sent twice, so
// that the parent order is never exceeded. After the last part nothing is left but what the book
// could not trade, or what a span shorter than the latency leaves no time for.
#ifndef HFTSIM_BASELINES_EXECUTION_EXECUTION_H
#define HFTSIM_BASELINES_EXECUTION_EXECUTION_H

#include "baselines/span.h"

// Of an agent that works a parent order: a passive child, the one before it that is being
// cancelled, and a market order that waits for an auction.
#define HFT_EXECUTION_ORDERS 3

// clang-format off
#define HFT_EXECUTION_KEYS(X)                                                                     \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "side of the parent order")                            \
  X(INT, quantity, "200", 1, 1000000000, "lots", "size of the parent order")                      \
  HFT_SPAN_KEYS(X)                                                                                \
  X(INT, slices, "20", 1, 100000, "", "number of child orders, at equal intervals")               \
  X(CHOICE, style, "passive", 0, 0, "passive|aggressive",                                         \
    "passive: post at the near touch and cross with the remainder at the end of the slice; "      \
    "aggressive: cross at the start of the slice")                                                \
  X(REAL, refresh_ms, "1000", 0, 86400000, "ms",                                                  \
    "interval at which a passive child is moved to the near touch; 0: it stays where it was posted")
// clang-format on

typedef struct hft_execution_keys {
  HFT_EXECUTION_KEYS(HFT_KEY_MEMBER)
} hft_execution_keys;

// What follows from the keys; constant.
typedef struct hft_execution {
  hft_span span;
  hft_side side;
  bool passive;
  int64_t quantity;  // lots
  int64_t slices;
  hft_time refresh;                // 0: never
  int64_t bucket_count;            // equal parts of the span
  double curve[HFT_LIST_MAX + 1];  // share of the volume expected before each bucket, 0 to 1
} hft_execution;

typedef struct hft_execution_state {
  int64_t boundary;  // the next border between slices: 0 is the start, `slices` the end
} hft_execution_state;

// Derives an execution that follows `weights`, the relative volumes expected in equal parts of the
// span. ECONFIG where the span is bad, a weight negative or their sum 0.
hft_status hft_execution_compile(const hft_execution_keys *keys, const hft_list *weights,
                                 const hft_instrument *instrument, const char *where,
                                 hft_execution *out, hft_error *error);

// When border i of the slices is, 0 <= i <= slices.
hft_time hft_execution_time(const hft_execution *execution, int64_t i);
// Lots that should be done by border i: rises from 0 to the quantity; the quantity beyond `slices`.
int64_t hft_execution_target(const hft_execution *execution, int64_t i);

void hft_execution_reset(const hft_execution *execution, hft_execution_state *state,
                         hft_desk *desk);
void hft_execution_wake(const hft_execution *execution, hft_execution_state *state, hft_desk *desk);

#endif
