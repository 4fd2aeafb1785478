// Recorded LOBSTER messages as a plan of what they ask of a market: worked out once, with the
// reconstruction of the recorded book (data/lobster/reconstruct.h), then the same for every market.
//
// Orders beyond the instrument's window are left out, as those beyond a file's levels are; the
// window must hold the tape's best prices.
//
// The plan says what the tape says, whatever a market has come to: at each step how much of the
// tape's order is left by the tape. What a market makes of it is data/lobster/replay_flow.h's.
//
// Its sessions open at one time, or at any within a span. The book as it then stands is found from
// the last mark before: a list of the orders that rested there, each of which leads on from step to
// step.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_PLAN_H
#define HFTSIM_DATA_LOBSTER_REPLAY_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "sim/market/agent.h"

typedef enum hft_replay_kind {
  HFT_REPLAY_ADD,     // the order comes, and rests by the tape
  HFT_REPLAY_REDUCE,  // some or all of it is cancelled
  HFT_REPLAY_EXECUTE  // an incoming order of the other side trades with it
} hft_replay_kind;

typedef struct hft_replay_step {
  hft_time time;   // since the plan's start
  uint32_t place;  // of the order among those that rest by the tape: 0 .. place_count - 1
  // In ticks. ADD: the order's. EXECUTE: the worst price that the incoming order takes, which is
  // the resting order's; or, where that was not the first in its queue, one tick better than the
  // tape's best price; 0: there is none in the window.
  hft_price price;
  hft_qty qty;    // lots that come, leave or trade
  hft_qty left;   // what the order then has left; 0: its place is free
  uint32_t next;  // the next step of the same order; 0: there is none
  uint8_t side;   // hft_side of the resting order
  uint8_t kind;   // hft_replay_kind
  uint8_t zero[2];
} hft_replay_step;

// An order that rests at a mark.
typedef struct hft_replay_resting {
  uint32_t add;   // the step that brought it
  uint32_t last;  // its last step before the mark
} hft_replay_resting;

typedef struct hft_replay_mark {
  uint32_t step;   // the mark stands before this one
  uint32_t first;  // of the plan's resting orders; those up to the next mark's first are this
                   // one's, in the order of their queues
} hft_replay_mark;

typedef struct hft_replay_plan {
  hft_replay_step *step;
  size_t count;
  size_t opening;        // the first so many are the orders that rest at the plan's start
  uint32_t place_count;  // orders that rest at once, at most
  hft_time span;         // sessions may open up to so long after the start; 0: at the start alone
  hft_time duration;     // of a session
  // Where sessions may open later, marks, the first before step 0 and without orders, and one more
  // behind the last.
  hft_replay_mark *mark;
  size_t mark_count;
  hft_replay_resting *resting;
  size_t resting_count;
  uint64_t content;  // digest of the files' bytes
  size_t bytes;      // that the plan takes up
} hft_replay_plan;

typedef struct hft_replay_source {
  const char *messages;  // a message file
  const char *book0;     // an orderbook file: its first row is the book after the first message;
                         // with a row for each message it is the truth (data/lobster/tape.h)
  hft_time start;        // of the plan, in the files' time; 0: the first message's time
  bool any_start;        // sessions open at any time from there on that leaves room for a whole one
  double unmatched_max;  // share of rows that may contradict the messages
} hft_replay_source;

// Reads the files and plans all that happens in a session of the instrument. EIO, EDATA: a file
// cannot be read, is malformed, the two do not belong together, or too many rows contradict the
// messages; ECONFIG, at `where`: the tape does not fit the instrument, in words that name the key
// and a value that fits; EFULL; ENOMEM. After a failure there is nothing to free.
hft_status hft_replay_plan_create(const hft_replay_source *source, const hft_instrument *instrument,
                                  const char *where, hft_replay_plan *plan, hft_error *error);
void hft_replay_plan_free(hft_replay_plan *plan);

// The first step that is not before a time (since the plan's start).
size_t hft_replay_plan_find(const hft_replay_plan *plan, hft_time time);
// The last mark before a step or at it. The plan must have marks.
size_t hft_replay_plan_mark(const hft_replay_plan *plan, size_t step);

#endif
