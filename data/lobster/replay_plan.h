// Recorded LOBSTER messages as a plan: the steps that they ask of a market, computed once from the
// reconstruction of the recorded book (data/lobster/reconstruct.h) and shared by all markets.
//
// Orders outside the instrument's price window are left out, like those beyond a file's levels; the
// window must contain the tape's best prices.
//
// The plan describes the tape only: each step says how much of the tape's order remains according
// to the tape. data/lobster/replay_flow.h applies it to the state of a market.
//
// Sessions open at one time, or at any time within a span. The book at the open is rebuilt from the
// last mark before it: a mark lists the orders resting there, and each order's steps are linked.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_PLAN_H
#define HFTSIM_DATA_LOBSTER_REPLAY_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "sim/market/agent.h"

// The kinds of steps.
typedef enum hft_replay_kind {
  HFT_REPLAY_ADD,     // a new order rests
  HFT_REPLAY_REDUCE,  // part or all of an order is cancelled
  HFT_REPLAY_EXECUTE  // an incoming order of the other side trades with an order
} hft_replay_kind;

// One change of one order of the tape.
typedef struct hft_replay_step {
  hft_time time;   // since the plan's start
  uint32_t place;  // of the order among the tape's resting orders: 0 .. place_count - 1
  // Ticks. ADD: of the order. EXECUTE: the limit of the incoming order, which is the price of the
  // resting order or, if that was not first in its queue, one tick better than the tape's best
  // price; 0 if that is outside the window.
  hft_price price;
  hft_qty qty;    // lots added, cancelled or traded
  hft_qty left;   // lots of the order after the step; 0 frees its place
  uint32_t next;  // the next step of the same order; 0: none
  uint8_t side;   // hft_side of the resting order
  uint8_t kind;   // hft_replay_kind
  uint8_t zero[2];
} hft_replay_step;

// An order that is resting at a mark.
typedef struct hft_replay_resting {
  uint32_t add;   // the step that added it
  uint32_t last;  // its last step before the mark
} hft_replay_resting;

// A point of the plan at which the resting orders are listed.
typedef struct hft_replay_mark {
  uint32_t step;   // the mark is before this step
  uint32_t first;  // index of its first order in the plan's `resting`, in queue order, up to the
                   // `first` of the next mark
} hft_replay_mark;

// A plan; free it with hft_replay_plan_free. Read-only after its creation, so markets share it.
typedef struct hft_replay_plan {
  hft_replay_step *step;
  size_t count;
  size_t opening;        // steps that add the orders resting at the plan's start
  uint32_t place_count;  // largest number of orders resting at once
  hft_time span;         // sessions may open up to this long after the start; 0: only at the start
  hft_time duration;     // of a session
  hft_time history;      // of the tape before the plan's start, ns
  // Marks, if sessions may open later than the start: the first is before step 0, without orders;
  // one more follows the last step.
  hft_replay_mark *mark;
  size_t mark_count;
  hft_replay_resting *resting;
  size_t resting_count;
  uint64_t content;  // digest of the files' bytes
  size_t bytes;      // size of the plan in memory
} hft_replay_plan;

// The parameters of a plan.
typedef struct hft_replay_source {
  const char *messages;  // a message file
  const char *book0;  // an orderbook file: its first row is the book after the first message; if it
                      // has a row per message, it is authoritative (data/lobster/tape.h)
  hft_time start;     // of the plan, ns after midnight; 0: the first message's time
  bool any_start;     // sessions open at any time from `start` on that leaves a whole session
  double unmatched_max;  // share of rows that may contradict the messages
} hft_replay_source;

// Reads the files and plans the steps of all sessions. Errors: EIO, EDATA if a file cannot be read
// or is malformed, if the files do not match, or if too many rows contradict the messages; ECONFIG,
// at `where`, if the tape does not fit the instrument, naming the key and a value that fits; EFULL;
// ENOMEM. After a failure there is nothing to free.
hft_status hft_replay_plan_create(const hft_replay_source *source, const hft_instrument *instrument,
                                  const char *where, hft_replay_plan *plan, hft_error *error);
// Frees a plan's arrays.
void hft_replay_plan_free(hft_replay_plan *plan);

// The index of the first step at or after `time` (since the plan's start).
size_t hft_replay_plan_find(const hft_replay_plan *plan, hft_time time);
// The index of the last mark at or before a step. The plan must have marks.
size_t hft_replay_plan_mark(const hft_replay_plan *plan, size_t step);

#endif
