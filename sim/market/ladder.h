// Inside of sim/market: the levels at which a position could be closed now: of the visible book or,
// during an auction, of the book before it. Lots include hidden ones.
#ifndef HFTSIM_SIM_MARKET_LADDER_H
#define HFTSIM_SIM_MARKET_LADDER_H

#include "sim/market/slots.h"

// Walks the levels of a side, best first.
typedef struct hft_ladder {
  const hft_desk *desk;
  const hft_book *book;
  const int64_t *before;    // null: the visible book
  const uint8_t *left_out;  // [participants]: 1: their orders do not count; null: all count
  hft_side side;
  hft_walk walk;
  int32_t tick;  // the next one, of the book before the auction
} hft_ladder;

typedef struct hft_rung {
  hft_price price;
  int64_t lots;
} hft_rung;

// Summary of a side.
typedef struct hft_ladder_shape {
  hft_price last;  // the last level's price; 0: the side is empty
  int64_t depth;   // mean lots per tick, at least 1; 0: the side is empty
} hft_ladder_shape;

// Starts a walk. The book before an auction does not tell whose orders its lots are: there nothing
// is left out.
hft_ladder hft_ladder_begin(const hft_desk *desk, hft_side side, const uint8_t *left_out);
// Moves to the next level that has lots. False: there is none.
bool hft_ladder_next(hft_ladder *ladder, hft_rung *next);
// Measures a side by a walk over all its levels.
hft_ladder_shape hft_ladder_measure(const hft_desk *desk, hft_side side, const uint8_t *left_out);

#endif
