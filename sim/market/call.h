// Call auctions and trading halts of an instrument: its phases, what a call would trade, and the
// uncross that trades it. Only where model->rules.calls.
//
// In a call all orders rest in two books, one of bids and one of asks, which may cross; the book
// that everybody sees is empty. The desk's owner does not matter here.
#ifndef HFTSIM_SIM_MARKET_CALL_H
#define HFTSIM_SIM_MARKET_CALL_H

#include "sim/market/state.h"

// A session begins: no orders, the first phase.
void hft_call_open(const hft_desk *desk);

// The time has come that hft_schedule_set_call has set: a phase ends, an indication is due, or the
// reference of halts.
void hft_call_wake(const hft_desk *desk);

// May a trade be done at this price, where there are halts?
static inline bool hft_call_allows(const hft_desk *desk, hft_price price) {
  const hft_call *call = hft_listing_call(desk->model, desk->listing);
  return price >= call->low && price <= call->high;
}

// Continuous trading halts, because of a trade that would have been at this price: what rests goes
// to the call's books.
void hft_call_halt(const hft_desk *desk, hft_price price);

// The price that trades most; of several the one with the least surplus, then the nearest to the
// mid, then the lowest.
hft_indication hft_call_indicate(const hft_desk *desk);

#endif
