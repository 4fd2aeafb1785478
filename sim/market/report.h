// Events as they leave the exchange.
#ifndef HFTSIM_SIM_MARKET_REPORT_H
#define HFTSIM_SIM_MARKET_REPORT_H

#include "sim/market/state.h"

// Every event has its number in the sequence, whether anybody looks or not. True where somebody
// does: the event is to be made and told.
static inline bool hft_report_begin(const hft_desk *desk) {
  desk->market->event_sequence++;
  return __builtin_expect(desk->sink != NULL, 0);
}

// Tells an event that has begun.
static inline void hft_report_tell(const hft_desk *desk, hft_event event) {
  event.sequence = desk->market->event_sequence;
  event.instrument = desk->instrument;
  event.time = desk->market->now;
  desk->sink->on_event(desk->sink->context, &event);
}

static inline void hft_report(const hft_desk *desk, hft_event event) {
  if (hft_report_begin(desk)) hft_report_tell(desk, event);
}

// About an order that does not rest: a rejection, an expiry.
static inline void hft_report_order(const hft_desk *desk, hft_event_kind kind, hft_reason reason,
                                    hft_order_id id, const hft_order *order, hft_qty qty) {
  if (!hft_report_begin(desk)) return;
  hft_report_tell(desk, (hft_event){.kind = (uint8_t)kind,
                                    .reason = (uint8_t)reason,
                                    .order = id,
                                    .owner = desk->self,
                                    .taker_owner = HFT_OWNER_NONE,
                                    .side = (uint8_t)order->side,
                                    .price = order->price,
                                    .qty = qty});
}

// Tells an event that has begun, about a resting order, whosever it is: qty is the event's, left
// what shows of the order after it.
static inline void hft_report_tell_resting(const hft_desk *desk, const hft_book *book,
                                           uint32_t slot, hft_event_kind kind, hft_reason reason,
                                           hft_qty qty, hft_qty left) {
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  hft_report_tell(desk, (hft_event){.kind = (uint8_t)kind,
                                    .reason = (uint8_t)reason,
                                    .order = {slot + 1, resting->number},
                                    .owner = resting->owner,
                                    .taker_owner = HFT_OWNER_NONE,
                                    .side = (uint8_t)hft_book_order_side(book, slot),
                                    .price = hft_instrument_order_price(desk->model, book, slot),
                                    .qty = qty,
                                    .left = left});
}

static inline void hft_report_resting(const hft_desk *desk, const hft_book *book, uint32_t slot,
                                      hft_event_kind kind, hft_reason reason, hft_qty qty,
                                      hft_qty left) {
  if (!hft_report_begin(desk)) return;
  hft_report_tell_resting(desk, book, slot, kind, reason, qty, left);
}

static inline void hft_refuse(const hft_desk *desk, hft_order_id id, const hft_order *order,
                              hft_reason reason) {
  desk->instrument_state->window_refusals += reason == HFT_REASON_PRICE_WINDOW;
  hft_report_order(desk, HFT_EVENT_REJECT, reason, id, order, order->qty);
}

#endif
