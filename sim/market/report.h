// Reporting events to the sink.
#ifndef HFTSIM_SIM_MARKET_REPORT_H
#define HFTSIM_SIM_MARKET_REPORT_H

#include "sim/market/state.h"

// Takes the next sequence number, which every event has, with or without a sink. True if there is a
// sink: the caller makes the event and passes it to hft_report_tell.
static inline bool hft_report_begin(const hft_desk *desk) {
  desk->market->event_sequence++;
  return __builtin_expect(desk->sink != NULL, 0);
}

// Passes an event with the current sequence number to the sink, which there must be.
static inline void hft_report_tell(const hft_desk *desk, hft_event event) {
  event.sequence = desk->market->event_sequence;
  event.instrument = desk->instrument;
  event.time = desk->market->now;
  desk->sink->on_event(desk->sink->context, &event);
}

// Reports an event.
static inline void hft_report(const hft_desk *desk, hft_event event) {
  if (hft_report_begin(desk)) hft_report_tell(desk, event);
}

// Reports a rejection or an expiry of an order that does not rest.
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

// Passes an event about a resting order of any owner to the sink, as hft_report_tell. `qty` is the
// quantity of the event, `left` the lots of the order shown after it.
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

// Reports an event about a resting order of any owner; quantities as in hft_report_tell_resting.
static inline void hft_report_resting(const hft_desk *desk, const hft_book *book, uint32_t slot,
                                      hft_event_kind kind, hft_reason reason, hft_qty qty,
                                      hft_qty left) {
  if (!hft_report_begin(desk)) return;
  hft_report_tell_resting(desk, book, slot, kind, reason, qty, left);
}

// Reports the rejection of an order and counts it if its price is outside the window.
static inline void hft_refuse(const hft_desk *desk, hft_order_id id, const hft_order *order,
                              hft_reason reason) {
  desk->instrument_state->window_refusals += reason == HFT_REASON_PRICE_WINDOW;
  hft_report_order(desk, HFT_EVENT_REJECT, reason, id, order, order->qty);
}

#endif
