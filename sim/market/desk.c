#include "sim/market/exchange.h"
#include "sim/market/schedule.h"

hft_time hft_desk_now(const hft_desk *desk) {
  return desk->market->now;
}

const hft_instrument *hft_desk_instrument(const hft_desk *desk) {
  return &desk->model->instrument;
}

const hft_book *hft_desk_book(const hft_desk *desk) {
  return hft_market_book_of(desk->model, desk->market);
}

const hft_tape *hft_desk_tape(const hft_desk *desk) {
  return &desk->market->tape;
}

int64_t hft_desk_mid2(const hft_desk *desk) {
  return desk->market->mid2;
}

double hft_desk_fundamental(const hft_desk *desk) {
  return hft_market_fundamental(desk->model, desk->market);
}

const hft_account *hft_desk_account(const hft_desk *desk) {
  return &hft_market_accounts(desk->model, desk->market)[desk->self];
}

hft_rng *hft_desk_rng(const hft_desk *desk) {
  return &hft_market_rngs(desk->model, desk->market)[desk->self];
}

uint32_t hft_desk_open_count(const hft_desk *desk) {
  return hft_market_own_counts(desk->model, desk->market)[desk->self];
}

hft_order_id hft_desk_open(const hft_desk *desk, uint32_t k) {
  HFT_DEBUG_CHECK(k < hft_desk_open_count(desk));
  uint32_t base = desk->model->participant[desk->self].slot_base;
  uint32_t slot = hft_market_own(desk->model, desk->market)[base + k];
  return (hft_order_id){slot + 1, hft_market_resting(desk->model, desk->market)[slot].number};
}

bool hft_desk_order(const hft_desk *desk, hft_order_id id, hft_order *order) {
  uint32_t slot = hft_exchange_slot(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  const hft_book *book = hft_desk_book(desk);
  *order = (hft_order){hft_book_order_side(book, slot),
                       (hft_tif)hft_market_resting(desk->model, desk->market)[slot].tif,
                       hft_book_order_price(book, slot), hft_book_order_qty(book, slot)};
  return true;
}

int64_t hft_desk_queue_ahead(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = hft_exchange_slot(desk, id);
  return slot == HFT_NO_SLOT ? -1 : hft_book_ahead(hft_desk_book(desk), slot);
}

void hft_desk_wake_at(const hft_desk *desk, hft_time time) {
  hft_time at = time > desk->market->now ? time : desk->market->now;
  hft_schedule_set(desk->model, desk->market, desk->self, at);
}

hft_order_id hft_desk_submit(const hft_desk *desk, const hft_order *order) {
  return hft_exchange_submit(desk, order);
}

bool hft_desk_cancel(const hft_desk *desk, hft_order_id id) {
  return hft_exchange_cancel(desk, id);
}

bool hft_desk_reduce(const hft_desk *desk, hft_order_id id, hft_qty by) {
  return hft_exchange_reduce(desk, id, by);
}

hft_order_id hft_desk_replace(const hft_desk *desk, hft_order_id id, hft_price price, hft_qty qty) {
  return hft_exchange_replace(desk, id, price, qty);
}

uint32_t hft_desk_cancel_all(const hft_desk *desk) {
  uint32_t count = hft_desk_open_count(desk);
  while (hft_desk_open_count(desk) > 0) hft_exchange_cancel(desk, hft_desk_open(desk, 0));
  return count;
}
