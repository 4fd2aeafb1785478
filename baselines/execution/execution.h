// A parent order worked in slices: what twap and vwap share. They differ in the curve of cumulative
// volume that the slices follow.
//
// The span is divided into `slices` equal parts. When a part begins, its child order is what the
// curve wants done by the part's end, less what is already done, so that what one slice missed
// passes to the next. A passive child is posted at the near touch (the best bid for a buy) and
// follows it every `refresh_ms`; when its part ends it is cancelled, and its remainder crosses as a
// market order. An aggressive child crosses when its part begins.
//
// The agent knows its latency. It sends orders that are due at the end of a part earlier by
// hft_desk_latency_bound, and withdraws a passive child earlier still, since the remainder crosses
// only once the cancellation has arrived. Lots that may still trade are never sent twice, so the
// parent order is never exceeded. After the last part, only lots remain that the book could not
// trade or for which the span was shorter than the latency.
#ifndef HFTSIM_BASELINES_EXECUTION_EXECUTION_H
#define HFTSIM_BASELINES_EXECUTION_EXECUTION_H

#include "baselines/span.h"

// Open orders of an agent that works a parent order: a passive child, its predecessor that is being
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

// Derived from the keys; constant.
typedef struct hft_execution {
  hft_span span;
  hft_side side;
  bool passive;
  int64_t quantity;  // lots
  int64_t slices;
  hft_time refresh;                // 0: never
  int64_t bucket_count;            // equal parts of the span
  double curve[HFT_LIST_MAX + 1];  // share of the volume expected before each bucket, 0 .. 1
} hft_execution;

typedef struct hft_execution_state {
  int64_t boundary;  // the next boundary between slices: 0 is the start, `slices` the end
} hft_execution_state;

// Derives an execution that follows `weights`, the relative volumes expected in equal parts of the
// span. ECONFIG: an invalid span, more slices than nanoseconds, or weights that sum to 0.
hft_status hft_execution_compile(const hft_execution_keys *keys, const hft_list *weights,
                                 const hft_instrument *instrument, const char *where,
                                 hft_execution *out, hft_error *error);

// Returns the time of boundary i between slices, 0 <= i <= slices.
hft_time hft_execution_time(const hft_execution *execution, int64_t i);
// Returns the lots that should be done by boundary i: from 0 up to the quantity, which it stays at
// beyond `slices`.
int64_t hft_execution_target(const hft_execution *execution, int64_t i);

// The callbacks `reset` and `wake` of hft_agent_class.
void hft_execution_reset(const hft_execution *execution, hft_execution_state *state,
                         hft_desk *desk);
void hft_execution_wake(const hft_execution *execution, hft_execution_state *state, hft_desk *desk);

#endif
