// A recorded session for fuzzed markets: LOBSTER files of every kind of message, in and out of the
// queue's turn, some of them of orders beyond the market's window. The same at each call.
#ifndef HFTSIM_TESTS_FUZZ_TAPE_H
#define HFTSIM_TESTS_FUZZ_TAPE_H

#include "sim/base/units.h"

#define TAPE_MESSAGES 300
#define TAPE_SECONDS 60

typedef struct tape_change {
  hft_time time;  // of the session
  hft_side side;
  hft_price price;
  int64_t qty;  // lots that come; negative: that leave
} tape_change;

// What a tape does to the lots at each price, which is all that a check of a market needs.
typedef struct tape {
  tape_change change[TAPE_MESSAGES + 8];
  int count;
} tape;

// Makes the tape around a price in ticks, and files of it at these paths.
void tape_write(hft_price around, const char *messages, const char *orderbook, tape *out);
// The tape's lots at a price and time.
int64_t tape_qty(const tape *recorded, hft_time time, hft_side side, hft_price price);

#endif
