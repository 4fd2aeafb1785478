// The exchange: checks each request of a participant, matches it on the book, keeps the accounts,
// and tells what happened as events.
#ifndef HFTSIM_SIM_MARKET_EXCHANGE_H
#define HFTSIM_SIM_MARKET_EXCHANGE_H

#include "sim/market/state.h"

// As the functions of the same names of the desk, see sim/market/agent.h, at once.
hft_order_id hft_exchange_submit(const hft_desk *desk, const hft_order *order);
bool hft_exchange_cancel(const hft_desk *desk, hft_order_id id);
bool hft_exchange_reduce(const hft_desk *desk, hft_order_id id, hft_qty by);
hft_order_id hft_exchange_replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                  hft_qty qty);

// What a request that has travelled does on its arrival.
void hft_exchange_arrive(const hft_desk *desk, const hft_request *request);

// All of the owner's resting orders leave, at every instrument.
void hft_exchange_expel(const hft_desk *desk, hft_reason reason);

// Lots of a resting order, hidden ones included.
HFT_INLINE hft_qty hft_exchange_order_qty(const hft_desk *desk, const hft_book *book,
                                          uint32_t slot) {
  hft_qty qty = hft_book_order_qty(book, slot);
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  if (HFT_LIKELY((resting->flags & HFT_RESTING_ICEBERG) == 0)) return qty;
  return qty + hft_instrument_hidden(desk->model, desk->instrument_state)[slot].qty;
}

// A resting order as its owner sent it, with the lots that it has left.
HFT_INLINE hft_order hft_exchange_order(const hft_desk *desk, uint32_t slot) {
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  hft_price price;
  if (HFT_LIKELY(!desk->model->rules.has_auctions)) {
    price = hft_book_order_price(book, slot);
  } else {
    book = hft_instrument_book_of(desk->model, desk->instrument_state, slot);
    price = hft_instrument_order_price(desk->model, book, slot);
  }
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  hft_order order = {hft_book_order_side(book, slot), (hft_tif)resting->tif, price,
                     hft_book_order_qty(book, slot), 0};
  if (HFT_UNLIKELY((resting->flags & HFT_RESTING_ICEBERG) != 0)) {
    const hft_hidden *hidden = &hft_instrument_hidden(desk->model, desk->instrument_state)[slot];
    order.qty += hidden->qty;
    order.display = hidden->display;
  }
  return order;
}

// Lots at a tick of a book, hidden ones included.
int64_t hft_exchange_lots_at(const hft_desk *desk, const hft_book *book, int32_t tick);

#endif
