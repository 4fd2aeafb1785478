// Call auctions and trading halts of an instrument: its phases, the indication, and the uncross.
// Used only if the rules have auctions or halts.
//
// During an auction all orders rest in two books, one of bids and one of asks, which may cross; the
// visible book is empty. The functions do not depend on the desk's owner.
#ifndef HFTSIM_SIM_MARKET_AUCTION_H
#define HFTSIM_SIM_MARKET_AUCTION_H

#include "sim/market/state.h"

// Begins the first phase of a session. The books of the auction must be clear.
void hft_auction_open(const hft_desk *desk);

// Does what is due at the time set in the schedule: ends a phase, publishes an indication, or
// renews the reference price of halts.
void hft_auction_wake(const hft_desk *desk);

// Whether a trade at this price is within the band of halts. There must be halts.
static inline bool hft_auction_allows(const hft_desk *desk, hft_price price) {
  const hft_auction *auction = hft_instrument_auction(desk->model, desk->instrument_state);
  return price >= auction->low && price <= auction->high;
}

// Halts continuous trading because of a trade that would have been at this price: resting orders
// move to the books of the auction. The caller adds the order that caused the halt and then
// publishes the first indication.
void hft_auction_halt(const hft_desk *desk, hft_price price);

// The price at which an order rests in the books of the phase: its limit; beyond all limits for a
// market order.
static inline hft_price hft_auction_price(const hft_desk *desk, const hft_order *order) {
  if (HFT_LIKELY(order->price != HFT_PRICE_MARKET)) return order->price;
  return order->side == HFT_BID ? desk->model->instrument.price_max + 1
                                : desk->model->instrument.price_min - 1;
}

// Publishes the current indication as an IMBALANCE event.
void hft_auction_publish(const hft_desk *desk);

#endif
