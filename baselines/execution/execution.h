// A parent order worked in slices: what the executions share. They differ in the schedule, the lots
// that should be done by a time, and use one of these modules for the child orders.
//
// The span is divided into `slices` equal parts. When a part begins, its child order is what the
// schedule wants done by the part's end, less what is already done. A passive child is posted at
// the near touch (the best bid for a buy) and follows it every `refresh_ms`; a pegged one rests at
// a distance from the near touch or from the mid of the others' orders and follows that. When the
// part ends, the child is cancelled and its remainder crosses as a market order. An aggressive
// child crosses when its part begins.
//
// What a part has missed (the book was exhausted, a halt, the limit price) passes to the next part
// or is spread over all later parts in proportion to their own lots. Beyond the limit price no
// child trades.
//
// The agent knows its latency. It sends orders that are due at the end of a part earlier by
// hft_desk_latency_bound, and withdraws a resting child earlier still, since the remainder crosses
// only once the cancellation has arrived. Lots that may still trade are never sent twice, so the
// parent order is never exceeded. After the last part, only lots remain that the book could not
// trade within the limit, or for which the span was shorter than the latency.
#ifndef HFTSIM_BASELINES_EXECUTION_EXECUTION_H
#define HFTSIM_BASELINES_EXECUTION_EXECUTION_H

#include "baselines/span.h"

// Open orders of an agent that works a parent order: a resting child, its predecessor that is being
// cancelled, and a market order that waits for an auction.
#define HFT_EXECUTION_ORDERS 3

#define HFT_EXECUTION_SLICES_MAX 100000

// clang-format off
#define HFT_EXECUTION_PARENT_KEYS(X)                                                              \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "side of the parent order")                            \
  X(INT, quantity, "200", 1, 1000000000, "lots", "size of the parent order")                      \
  HFT_SPAN_KEYS(X)

#define HFT_EXECUTION_SLICE_KEYS(X)                                                               \
  X(INT, slices, "20", 1, 100000, "", "number of child orders, at equal intervals")

// preset: the style by default
#define HFT_EXECUTION_CHILD_KEYS(X, preset)                                                       \
  X(CHOICE, style, preset, 0, 0, "passive|aggressive|pegged",                                     \
    "passive: post at the near touch and cross with the remainder at the end of the slice; "      \
    "aggressive: cross at the start of the slice; "                                               \
    "pegged: passive at peg_offset from peg")                                                     \
  X(REAL, refresh_ms, "1000", 0, 86400000, "ms",                                                  \
    "interval at which a resting child is moved; 0: it stays where it was posted")                \
  X(CHOICE, peg, "touch", 0, 0, "touch|mid",                                                      \
    "what a pegged child follows: the near touch or the mid, of the orders of others")            \
  X(REAL, peg_offset, "0", -10000, 10000, "ticks",                                                \
    "distance of a pegged child from its peg, away from the other side; negative: towards it")    \
  X(INT, limit_price, "0", 0, 1000000000, "ticks",                                                \
    "price beyond which no child trades; 0: none")                                                \
  X(REAL, limit_ticks, "-1", -1, 1e6, "ticks",                                                    \
    "the same as a distance from the mid at the start; negative: none")

#define HFT_EXECUTION_CATCH_UP_KEYS(X)                                                            \
  X(CHOICE, catch_up, "next", 0, 0, "next|spread",                                                \
    "what a slice has missed: next: the next slice has it at once; spread: all later ones share it")

#define HFT_EXECUTION_KEYS(X, preset)                                                             \
  HFT_EXECUTION_PARENT_KEYS(X)                                                                    \
  HFT_EXECUTION_SLICE_KEYS(X)                                                                     \
  HFT_EXECUTION_CHILD_KEYS(X, preset)                                                             \
  HFT_EXECUTION_CATCH_UP_KEYS(X)
// clang-format on

// The keys of all executions. A class without some of them fills them in.
typedef struct hft_execution_keys {
  HFT_EXECUTION_KEYS(HFT_KEY_MEMBER, "")
} hft_execution_keys;

typedef enum hft_execution_style {
  HFT_EXECUTION_PASSIVE,
  HFT_EXECUTION_AGGRESSIVE,
  HFT_EXECUTION_PEGGED
} hft_execution_style;

typedef struct hft_execution hft_execution;

typedef struct hft_execution_state {
  int64_t boundary;  // the next boundary between slices: 0 is the start, `slices` the end
  int64_t plan[2];   // lots wanted by the end of the previous part and of this one
  int64_t done;      // catch-up: lots done or under way when lots were last missed,
  int64_t wanted;    // and lots wanted by then; equal: none are missing
  int64_t mid2;      // twice the mid at the start
  int64_t volume;    // lots that all had traded at the start
  hft_price limit;   // 0: none
  uint32_t zero;     // where padding would be
} hft_execution_state;

// Returns the lots that should be done by boundary i, 0 <= i <= slices + 1, the last of which is
// the horizon's end too: not decreasing in i, and at most the quantity.
typedef int64_t hft_schedule_target(const hft_execution *execution,
                                    const hft_execution_state *state, const hft_desk *desk,
                                    int64_t i);

// Derived from the keys; constant. A schedule that needs more has this as its first member.
struct hft_execution {
  hft_span span;
  hft_schedule_target *target;
  hft_side side;
  hft_execution_style style;
  bool pegs_mid, spreads;
  int64_t quantity;  // lots
  int64_t slices;
  hft_time refresh;                // 0: never
  double peg_offset;               // ticks
  hft_price limit;                 // ticks; 0: none
  double limit_ticks;              // negative: none
  int64_t bucket_count;            // equal parts of the span
  double curve[HFT_LIST_MAX + 1];  // share of the volume expected before each bucket, 0 .. 1
};

// Derives an execution that follows `weights`, the relative volumes expected in equal parts of the
// span (null: flat), by hft_execution_target. A class with another schedule sets out->target
// afterwards. ECONFIG: an invalid span, more slices than nanoseconds, weights that sum to 0, or a
// limit price outside the instrument's window.
hft_status hft_execution_compile(const hft_execution_keys *keys, const hft_list *weights,
                                 const hft_instrument *instrument, const char *where,
                                 hft_execution *out, hft_error *error);

// Returns the time of boundary i between slices, 0 <= i <= slices.
hft_time hft_execution_time(const hft_execution *execution, int64_t i);
// Returns the lots that should be done by boundary i along the curve: from 0 up to the quantity,
// which it stays at beyond `slices`.
int64_t hft_execution_target(const hft_execution *execution, int64_t i);
// Returns the lots of a share of the parent order, rounded to the nearest, within [0, quantity].
int64_t hft_execution_lots(const hft_execution *execution, double share);
// Returns the lots that others have traded since the execution's start, each once.
int64_t hft_execution_volume(const hft_execution_state *state, const hft_desk *desk);

// The callbacks `reset` and `wake` of hft_agent_class.
void hft_execution_reset(const hft_execution *execution, hft_execution_state *state,
                         hft_desk *desk);
void hft_execution_wake(const hft_execution *execution, hft_execution_state *state, hft_desk *desk);

#endif
