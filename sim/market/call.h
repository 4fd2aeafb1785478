// Call auctions and trading halts of an instrument: its phases, what a call would trade, and the
// uncross that trades it. Only where model->rules.calls.
//
// In a call all orders rest in two books, one of bids and one of asks, which may cross; the book
// that everybody sees is empty. The desk's owner does not matter here.
#ifndef HFTSIM_SIM_MARKET_CALL_H
#define HFTSIM_SIM_MARKET_CALL_H

#include "sim/market/state.h"

// A session begins, with the books of the call clear: the first phase.
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
// to the call's books. Once the order that halts has joined them, publish the first indication.
void hft_call_halt(const hft_desk *desk, hft_price price);

// Where an order rests in the books of the phase: its limit, or beyond all limits.
static inline hft_price hft_call_price(const hft_desk *desk, const hft_order *order) {
  if (HFT_LIKELY(order->price != HFT_PRICE_MARKET)) return order->price;
  return order->side == HFT_BID ? desk->model->instrument.price_max + 1
                                : desk->model->instrument.price_min - 1;
}

// Publishes what the call would trade now.
void hft_call_publish(const hft_desk *desk);

#endif
