// Call auctions and trading halts of an instrument: its phases, what a call would trade, and the
// uncross that trades it. Only where model->rules.has_auctions.
//
// In a call all orders rest in two books, one of bids and one of asks, which may cross; the book
// that everybody sees is empty. The desk's owner does not matter here.
#ifndef HFTSIM_SIM_MARKET_AUCTION_H
#define HFTSIM_SIM_MARKET_AUCTION_H

#include "sim/market/state.h"

// A session begins, with the books of the call clear: the first phase.
void hft_auction_open(const hft_desk *desk);

// The time has come that hft_schedule_set_auction has set: a phase ends, an indication is due, or
// the reference of halts.
void hft_auction_wake(const hft_desk *desk);

// May a trade be done at this price, where there are halts?
static inline bool hft_auction_allows(const hft_desk *desk, hft_price price) {
  const hft_auction *auction = hft_instrument_auction(desk->model, desk->instrument_state);
  return price >= auction->low && price <= auction->high;
}

// Continuous trading halts, because of a trade that would have been at this price: what rests goes
// to the call's books. Once the order that halts has joined them, publish the first indication.
void hft_auction_halt(const hft_desk *desk, hft_price price);

// Where an order rests in the books of the phase: its limit, or beyond all limits.
static inline hft_price hft_auction_price(const hft_desk *desk, const hft_order *order) {
  if (HFT_LIKELY(order->price != HFT_PRICE_MARKET)) return order->price;
  return order->side == HFT_BID ? desk->model->instrument.price_max + 1
                                : desk->model->instrument.price_min - 1;
}

// The price that trades most; of several the one with the least surplus; of these the highest that
// leaves a surplus of bids or the lowest that leaves one of asks, so that nobody who would have
// paid more, or taken less, is left over. What is left to choose, both of these or all that leave
// none, the mid decides: the nearest to it, the lower of two. So prices of Euronext and Xetra
// auctions are made (Xetra Market Model Equities, "Price determination in auctions"; Euronext
// Trading Manual, "Determination of the auction price").
hft_indication hft_auction_indicate(const hft_desk *desk);

// Publishes what the call would trade now.
void hft_auction_publish(const hft_desk *desk);

#endif
