// The price at which a position is marked at the end of an episode: what the book pays for it, not
// the mid, which an order of one lot moves.
//
// For D lots, D the larger of the position and the mean depth of the book (lots per tick), but at
// most 8 times that depth, where levels become rare, let E be the average price of the side against
// which the position would be closed (a long one: the bids); beyond the last level it goes on as in
// sim/market/close.h. The price is E plus half the gap between the averages of both sides for D
// lots: not the gap now, but its mean over the episode (hft_gaps). So the price is the middle of
// the book on average, and
//   - quotes do not move it, since orders of participants that are left out do not count;
//   - taking from the other side does not move it, and costs what taking costs. In the middle of
//     the book of now, each lot taken would raise the price of all D lots by half the tick that D
//     lots span, divided by D: a gain for a position that is large against the depth;
//   - taking from the own side lowers it by what the lots taken were worth.
#ifndef HFTSIM_SIM_MARKET_MARK_H
#define HFTSIM_SIM_MARKET_MARK_H

#include "sim/market/close.h"

#define HFT_GAPS 16  // sizes of 1, 2, 4, ... 2^15 lots

// Half the gap between the average prices of both sides, in ticks, by the number of lots: its mean
// over the books noted. Zeroed memory is its start.
typedef struct hft_gaps {
  double half[HFT_GAPS];
  int64_t count;  // books noted
} hft_gaps;

// What a mark depends on beside the book.
typedef struct hft_mark_basis {
  const uint8_t *left_out;  // [participants]: 1: their orders do not count; null: all count
  const hft_depth *depth;   // of the book, as noted
  const hft_gaps *gaps;     // as noted
} hft_mark_basis;

// Notes the gaps of the desk's book, unless a side is empty: at the start of an episode and every
// HFT_DEPTH_STEPS steps. Walks all levels.
void hft_gaps_note(hft_gaps *gaps, const hft_desk *desk, const uint8_t *left_out);

// The price of a position of so many lots, signed, at the desk's instrument, in ticks; for 0 lots
// the mean of both sides for the mean depth. During an auction, of the book before it, where
// nothing can be left out. A side that is empty begins beyond the best price of the other side and
// the last trade. If no gap has been noted, that of now counts. 0: both sides are empty. Walks all
// levels.
double hft_mark_price(const hft_desk *desk, int64_t position, const hft_mark_basis *basis);

#endif
