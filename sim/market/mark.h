// The price at which a position is marked at the end of an episode: what the book pays for it, not
// the mid, which an order of one lot moves.
//
// For D lots, D the larger of the position and the mean depth of the book, let E be the average
// price of the side against which the position would be closed (a long one: the bids) and O that
// of the other side; beyond the last level both go on as in sim/market/close.h. The price is E plus
// half the gap O - E, their mean, but with a gap no wider than the narrowest that the same lots had
// when it was noted (hft_gaps). Orders of participants that are left out do not count, so quotes
// move nothing; taking from the other side moves O alone, which the noted gap bounds; taking from
// the own side lowers E.
#ifndef HFTSIM_SIM_MARKET_MARK_H
#define HFTSIM_SIM_MARKET_MARK_H

#include "sim/market/close.h"

#define HFT_GAPS 16  // sizes of 1, 2, 4, ... 2^15 lots

// Half the narrowest gap seen between the average prices of both sides, in ticks, by the number of
// lots; 0: not seen. Zeroed memory is its start.
typedef struct hft_gaps {
  double half[HFT_GAPS];
} hft_gaps;

// What a mark depends on beside the book.
typedef struct hft_mark_basis {
  const uint8_t *left_out;  // [participants]: 1: their orders do not count; null: all count
  const hft_depth *depth;   // of the book, as noted
  const hft_gaps *gaps;     // as noted
} hft_mark_basis;

// Notes the gaps of the desk's book, unless a side is empty: at the start of an episode, before
// anyone who gains from them acts, and every HFT_DEPTH_STEPS steps. Walks all levels.
void hft_gaps_note(hft_gaps *gaps, const hft_desk *desk, const uint8_t *left_out);

// The price of a position of so many lots, signed, at the desk's instrument, in ticks; for 0 lots
// the mean of both sides for the mean depth. During an auction, of the book before it, where
// nothing can be left out. A side that is empty begins beyond the best price of the other side and
// the last trade. 0: both sides are empty. Walks all levels.
double hft_mark_price(const hft_desk *desk, int64_t position, const hft_mark_basis *basis);

#endif
