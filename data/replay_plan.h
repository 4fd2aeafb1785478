// Recorded LOBSTER messages as a plan of what they ask of a market: worked out once, with the
// reconstruction of the recorded book (data/reconstruct.h), then the same for every market.
//
// Orders beyond the instrument's window are left out, as those beyond a file's levels are; the
// window must hold the tape's best prices.
//
// The plan says what the tape says, whatever a market has come to: at each step how much of the
// tape's order is left by the tape. What a market makes of it is data/replay_flow.h's.
#ifndef HFTSIM_DATA_REPLAY_PLAN_H
#define HFTSIM_DATA_REPLAY_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "sim/market/agent.h"

typedef enum hft_replay_kind {
  HFT_REPLAY_ADD,     // the order comes, and rests by the tape
  HFT_REPLAY_REDUCE,  // some or all of it is cancelled
  HFT_REPLAY_EXECUTE  // an incoming order of the other side trades with it
} hft_replay_kind;

typedef struct hft_replay_step {
  hft_time time;   // of the session
  uint32_t place;  // of the order among those that rest by the tape: 0 .. place_count - 1
  // In ticks. ADD: the order's. EXECUTE: the worst price that the incoming order takes, which is
  // the resting order's; or, where that was not the first in its queue, one tick better than the
  // tape's best price; 0: there is none in the window.
  hft_price price;
  hft_qty qty;   // lots that come, leave or trade
  hft_qty left;  // what the order then has left; 0: its place is free
  uint8_t side;  // hft_side of the resting order
  uint8_t kind;  // hft_replay_kind
} hft_replay_step;

typedef struct hft_replay_plan {
  hft_replay_step *step;
  size_t count;
  size_t opening;        // the first so many are the orders that rest when the session opens
  uint32_t place_count;  // orders that rest at once, at most
} hft_replay_plan;

typedef struct hft_replay_source {
  const char *messages;  // a message file
  const char *book0;     // an orderbook file: its first row is the book after the first message
  hft_time start;        // of the session, in the files' time; 0: the first message's time
} hft_replay_source;

// Reads the files and plans all that happens in a session of the instrument. EIO, EDATA: a file
// cannot be read, is malformed, or the two do not belong together; ECONFIG, at `where`: the tape
// does not fit the instrument, in words that name the key and a value that fits; ENOMEM. After a
// failure there is nothing to free.
hft_status hft_replay_plan_create(const hft_replay_source *source, const hft_instrument *instrument,
                                  const char *where, hft_replay_plan *plan, hft_error *error);
void hft_replay_plan_free(hft_replay_plan *plan);

#endif
