// Closing a position at once: the rest of a parent order at its end, or the position of a seat that
// has broken a risk limit. The market does not run meanwhile, since others would have to act.
//
// The owner's orders are cancelled. The lots then trade against the book as it stands. If the
// instrument does not trade (during an auction, after the close, beyond the band of a halt), and
// for the lots that the book cannot take, the exchange is the counterparty: at the prices of the
// book (during an auction: of the book before it), and then at prices beyond the last level, one
// tick further for every d lots, up to the end of the window. d is the mean depth: the lots of that
// side divided by the ticks from its best to its last level, at least 1. So the cost of closing is
// increasing and convex in the lots, and the position is always 0 afterwards. Several owners that
// close while the book stands still (in one moment, or in one auction) take from it one after the
// other: together they pay what one owner would pay for all the lots.
#ifndef HFTSIM_SIM_MARKET_CLOSE_H
#define HFTSIM_SIM_MARKET_CLOSE_H

#include "sim/market/agent.h"

// How the lots were closed. The three sum to the lots asked for.
typedef struct hft_closing {
  int64_t traded;       // in the book
  int64_t transferred;  // with the exchange, at prices of levels that could not trade
  int64_t unfilled;     // with the exchange, beyond the last level
} hft_closing;

// Closes `lots` >= 0 at the desk's instrument by buying (HFT_BID) or selling them, without latency
// and without the owner's limits. All lots pay taker fees. If the other side of the book is empty,
// its prices begin beyond the mid, the best price of the own side and the last trade, and its depth
// is `depth_seen`, in lots per tick: the depth when the side was last seen (0: never).
hft_closing hft_close_lots(const hft_desk *desk, hft_side side, int64_t lots, int64_t depth_seen);

// The mean depth of a side of the book, in lots per tick, hidden lots included; 0 if the side is
// empty. During an auction, of the book before it. Walks all levels of the side.
int64_t hft_close_depth(const hft_desk *desk, hft_side side);

// The mean depth of each side when it was last seen, lots a tick; 0: never. Zeroed memory is its
// start. For the closing at the end of an episode.
typedef struct hft_depth {
  int64_t side[2];
} hft_depth;

// Episodes note it at their start and then every so many steps: it takes a walk over all levels.
#define HFT_DEPTH_STEPS 32

// Notes the depth of each side of the desk's book that is not empty.
void hft_depth_note(hft_depth *depth, const hft_desk *desk);

// Closes a position of so many lots, signed, by hft_close_lots: sells where it is long, buys where
// it is short. Where it is 0, the owner's orders leave all the same.
hft_closing hft_close_position(const hft_desk *desk, int64_t position, const hft_depth *depth);

#endif
