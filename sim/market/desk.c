#include "sim/market/exchange.h"
#include "sim/market/mailbox.h"
#include "sim/market/market.h"
#include "sim/market/post_trade.h"
#include "sim/market/schedule.h"
#include "sim/market/slots.h"

hft_desk hft_desk_at(const hft_desk *desk, int instrument) {
  HFT_CHECK(instrument >= 0 && instrument < desk->model->instrument_count);
  HFT_CHECK(instrument == desk->instrument || desk->participant->regulated);
  return hft_desk_make_at(desk, instrument);
}

HFT_INLINE_AT_LINK hft_time hft_desk_now(const hft_desk *desk) {
  return desk->market->now;
}

HFT_INLINE_AT_LINK const hft_instrument *hft_desk_instrument(const hft_desk *desk) {
  return &desk->model->instrument;
}

HFT_INLINE_AT_LINK const hft_book *hft_desk_book(const hft_desk *desk) {
  return hft_instrument_book(desk->model, desk->instrument_state);
}

HFT_INLINE_AT_LINK hft_phase hft_desk_phase(const hft_desk *desk) {
  return hft_instrument_phase(desk->model, desk->instrument_state);
}

hft_indication hft_desk_indication(const hft_desk *desk) {
  if (!desk->model->rules.has_auctions) return (hft_indication){.side = HFT_SIDE_NONE};
  return hft_instrument_auction(desk->model, desk->instrument_state)->indication;
}

const hft_tape *hft_desk_tape(const hft_desk *desk) {
  return &desk->instrument_state->tape;
}

HFT_INLINE_AT_LINK int64_t hft_desk_mid2(const hft_desk *desk) {
  return desk->instrument_state->mid2;
}

HFT_INLINE_AT_LINK double hft_desk_fundamental(const hft_desk *desk) {
  return hft_market_fundamental(desk->model, desk->market, desk->instrument);
}

HFT_INLINE_AT_LINK double hft_desk_volatility(const hft_desk *desk) {
  return hft_market_volatility(desk->model, desk->market, desk->instrument);
}

HFT_INLINE_AT_LINK const hft_account *hft_desk_account(const hft_desk *desk) {
  return &hft_instrument_accounts(desk->model, desk->instrument_state)[desk->self];
}

HFT_INLINE_AT_LINK hft_rng *hft_desk_rng(const hft_desk *desk) {
  return hft_participant_rng(desk->participant, desk->market);
}

HFT_INLINE_AT_LINK uint32_t hft_desk_open_count(const hft_desk *desk) {
  return hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self];
}

HFT_INLINE_AT_LINK hft_order_id hft_desk_open(const hft_desk *desk, uint32_t k) {
  if (k >= hft_desk_open_count(desk)) return (hft_order_id){0, 0};
  uint32_t base = desk->participant->slot_base;
  uint32_t slot = hft_instrument_own(desk->model, desk->instrument_state)[base + k];
  hft_order_id id = {slot + 1,
                     hft_instrument_resting(desk->model, desk->instrument_state)[slot].number};
  const hft_mailbox *box = hft_mailbox_of(desk);
  return box == NULL ? id : hft_mailbox_latest(box, id);
}

HFT_INLINE_AT_LINK bool hft_desk_order(const hft_desk *desk, hft_order_id id, hft_order *order) {
  const hft_mailbox *box = hft_mailbox_of(desk);
  if (box != NULL) return hft_mailbox_order(desk, box, id, order);
  uint32_t slot = hft_slot_find_resting(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  *order = hft_resting_order(desk, slot);
  return true;
}

// A resting order where there are auctions.
static HFT_COLD void place_order(const hft_desk *desk, uint32_t slot, hft_place *place) {
  const hft_book *book = hft_instrument_book_of(desk->model, desk->instrument_state, slot);
  place->price = hft_instrument_order_price(desk->model, book, slot);
  place->qty = hft_book_order_qty(book, slot);
  place->level_qty = hft_book_level(hft_desk_book(desk), place->price).qty;
}

int hft_desk_places(const hft_desk *desk, hft_place *places, int most) {
  uint32_t open = hft_desk_open_count(desk);
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  const uint32_t *own =
      hft_instrument_own(desk->model, desk->instrument_state) + desk->participant->slot_base;
  const hft_book *book = hft_desk_book(desk);
  const hft_node *nodes = hft_book_nodes(book);
  int count = 0;
  for (uint32_t k = 0; k < open && count < most; k++) {
    uint32_t slot = own[k];
    if ((resting[slot].flags & HFT_RESTING_WAY) != 0) continue;
    hft_place *place = &places[count++];
    place->id.slot1 = slot + 1;
    place->id.number = resting[slot].number;
    if (HFT_UNLIKELY(desk->model->rules.has_auctions)) {
      place_order(desk, slot, place);
      continue;
    }
    const hft_node *node = &nodes[book->ticks + slot];
    place->price = book->price_min + (hft_price)node->tag;
    place->qty = node->qty;
    place->level_qty = nodes[node->tag].qty;
  }
  return count;
}

int64_t hft_desk_queue_ahead(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = hft_slot_find(desk, id);
  if (slot == HFT_NO_SLOT) return -1;
  uint8_t flags = hft_instrument_resting(desk->model, desk->instrument_state)[slot].flags;
  if ((flags & HFT_RESTING_WAY) != 0) return -1;
  return hft_book_ahead(hft_instrument_book_of(desk->model, desk->instrument_state, slot), slot);
}

HFT_INLINE_AT_LINK void hft_desk_wake_at(const hft_desk *desk, hft_time time) {
  hft_time at = HFT_LIKELY(time > desk->market->now) ? time : desk->market->now;
  if (HFT_LIKELY(desk->wake != NULL)) {
    *desk->wake = at;
    return;
  }
  hft_schedule_set(desk->model, desk->market, desk->self, at);
}

// Requests with latency, or with checks after them.
static HFT_COLD hft_order_id submit(const hft_desk *desk, const hft_order *order) {
  hft_mailbox *box = hft_mailbox_of(desk);
  if (box != NULL) return hft_mailbox_submit(desk, box, order);
  const hft_post_trade_mark before = hft_post_trade_begin(desk);
  hft_order_id id = hft_exchange_submit(desk, order);
  hft_post_trade_end(desk, before);
  return id;
}

static HFT_COLD bool cancel(const hft_desk *desk, hft_order_id id) {
  hft_mailbox *box = hft_mailbox_of(desk);
  if (box != NULL) return hft_mailbox_cancel(desk, box, id);
  const hft_post_trade_mark before = hft_post_trade_begin(desk);
  bool done = hft_exchange_cancel(desk, id);
  hft_post_trade_end(desk, before);
  return done;
}

static HFT_COLD hft_order_id replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                     hft_qty qty) {
  hft_mailbox *box = hft_mailbox_of(desk);
  if (box != NULL) return hft_mailbox_replace(desk, box, id, price, qty);
  const hft_post_trade_mark before = hft_post_trade_begin(desk);
  hft_order_id now = hft_exchange_replace(desk, id, price, qty);
  hft_post_trade_end(desk, before);
  return now;
}

HFT_INLINE_AT_LINK hft_order_id hft_desk_submit(const hft_desk *desk, const hft_order *order) {
  bool at_once = HFT_LIKELY(desk->participant->skips_post_trade);
  return at_once ? hft_exchange_submit(desk, order) : submit(desk, order);
}

HFT_INLINE_AT_LINK bool hft_desk_cancel(const hft_desk *desk, hft_order_id id) {
  bool at_once = HFT_LIKELY(desk->participant->skips_post_trade);
  return at_once ? hft_exchange_cancel(desk, id) : cancel(desk, id);
}

HFT_INLINE_AT_LINK hft_order_id hft_desk_replace(const hft_desk *desk, hft_order_id id,
                                                 hft_price price, hft_qty qty) {
  bool at_once = HFT_LIKELY(desk->participant->skips_post_trade);
  return at_once ? hft_exchange_replace(desk, id, price, qty) : replace(desk, id, price, qty);
}

bool hft_desk_reduce(const hft_desk *desk, hft_order_id id, hft_qty by) {
  hft_mailbox *box = hft_mailbox_of(desk);
  if (box != NULL) return hft_mailbox_reduce(desk, box, id, by);
  const hft_post_trade_mark before = hft_post_trade_begin(desk);
  bool done = hft_exchange_reduce(desk, id, by);
  hft_post_trade_end(desk, before);
  return done;
}

uint32_t hft_desk_cancel_all(const hft_desk *desk) {
  if (desk->direct) hft_mailbox_drop(desk);
  uint32_t cancelled = 0;
  for (uint32_t k = hft_desk_open_count(desk); k-- > 0;) {
    if (k >= hft_desk_open_count(desk)) continue;  // a kill switch has removed others
    if (hft_desk_cancel(desk, hft_desk_open(desk, k))) cancelled++;
  }
  return cancelled;
}
