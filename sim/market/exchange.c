#include "sim/market/exchange.h"

#include <string.h>

void hft_exchange_clear(const hft_model *model, hft_market *market) {
  hft_book_clear(hft_market_book_of(model, market));
  size_t count = (size_t)model->participant_count;
  memset(hft_market_accounts(model, market), 0, count * sizeof(hft_account));
  memset(hft_market_own_counts(model, market), 0, count * sizeof(uint32_t));
  memset(hft_market_resting(model, market), 0, model->slot_count * sizeof(hft_resting));
  uint32_t *own = hft_market_own(model, market);
  for (uint32_t slot = 0; slot < model->slot_count; slot++) own[slot] = slot;
}

// Every event has its number in the sequence, whether anybody looks or not.
static void emit(const hft_desk *desk, hft_event event) {
  event.sequence = ++desk->market->event_sequence;
  if (desk->sink == NULL) return;
  event.time = desk->market->now;
  desk->sink->on_event(desk->sink->context, &event);
}

static void refuse(const hft_desk *desk, hft_order_id id, const hft_order *order,
                   hft_reason reason) {
  emit(desk, (hft_event){.kind = HFT_EVENT_REJECT,
                         .reason = (uint8_t)reason,
                         .order = id,
                         .owner = desk->self,
                         .taker_owner = HFT_OWNER_NONE,
                         .side = (uint8_t)order->side,
                         .price = order->price,
                         .qty = order->qty});
}

// After every request: the mid is the last one that both sides made.
static void note_mid(const hft_desk *desk, const hft_book *book) {
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  if (bid != 0 && ask != 0) desk->market->mid2 = (int64_t)bid + ask;
}

static uint32_t take_slot(const hft_desk *desk, uint32_t number, hft_tif tif) {
  const hft_participant *self = &desk->model->participant[desk->self];
  uint32_t index = self->slot_base + hft_market_own_counts(desk->model, desk->market)[desk->self]++;
  uint32_t slot = hft_market_own(desk->model, desk->market)[index];
  hft_market_resting(desk->model, desk->market)[slot] =
      (hft_resting){number, index, desk->self, (uint8_t)tif};
  return slot;
}

// Frees a slot: the owner's last open order takes its place in the owner's list.
static void release_slot(const hft_desk *desk, uint32_t slot) {
  hft_resting *resting = hft_market_resting(desk->model, desk->market);
  uint32_t *own = hft_market_own(desk->model, desk->market);
  hft_owner owner = resting[slot].owner;
  uint32_t last = desk->model->participant[owner].slot_base +
                  --hft_market_own_counts(desk->model, desk->market)[owner];
  uint32_t index = resting[slot].own_index;
  own[index] = own[last];
  resting[own[index]].own_index = index;
  own[last] = slot;
  resting[slot].number = 0;
}

static void book_fill(hft_account *account, hft_side side, const hft_fill *fill, int64_t mid2) {
  int64_t signed_qty = (int64_t)hft_side_sign(side) * fill->qty;
  account->position += signed_qty;
  account->cash -= signed_qty * fill->price;
  account->edge2 += signed_qty * (mid2 - 2 * (int64_t)fill->price);
  account->fill_count++;
  if (side == HFT_BID) {
    account->bought += fill->qty;
  } else {
    account->sold += fill->qty;
  }
}

static void tell_fill(const hft_desk *desk, hft_owner owner, const hft_event *event) {
  const hft_participant *participant = &desk->model->participant[owner];
  if (participant->agent_class->fill == NULL) return;
  hft_desk door = {desk->model, desk->market, desk->sink, owner};
  participant->agent_class->fill(
      participant->params, hft_market_state_of(desk->model, desk->market, owner), &door, event);
}

// One execution: accounts, tape, event, and the word to both sides.
static void settle(const hft_desk *desk, hft_side side, uint32_t number, const hft_fill *fill,
                   int64_t mid2) {
  hft_market *market = desk->market;
  hft_account *accounts = hft_market_accounts(desk->model, market);
  const hft_resting maker = hft_market_resting(desk->model, market)[fill->slot];
  book_fill(&accounts[maker.owner], hft_side_other(side), fill, mid2);
  book_fill(&accounts[desk->self], side, fill, mid2);
  accounts[maker.owner].maker_qty += fill->qty;
  accounts[desk->self].taker_qty += fill->qty;
  market->tape.trade_count++;
  market->tape.notional += (int64_t)fill->qty * fill->price;
  market->tape.last_price = fill->price;
  if (side == HFT_BID) {
    market->tape.buy_qty += fill->qty;
  } else {
    market->tape.sell_qty += fill->qty;
  }
  if (fill->left == 0) release_slot(desk, fill->slot);
  const hft_event event = {.time = market->now,
                           .sequence = market->event_sequence + 1,
                           .kind = HFT_EVENT_TRADE,
                           .order = {fill->slot + 1, maker.number},
                           .taker = {0, number},
                           .owner = maker.owner,
                           .taker_owner = desk->self,
                           .side = (uint8_t)hft_side_other(side),
                           .price = fill->price,
                           .qty = fill->qty,
                           .left = fill->left};
  emit(desk, event);
  tell_fill(desk, maker.owner, &event);
  if (desk->self != maker.owner) tell_fill(desk, desk->self, &event);
}

// What refuses an order before it reaches the book.
static hft_reason check_order(const hft_desk *desk, const hft_book *book, const hft_order *order) {
  if (order->qty < 1 || order->qty > desk->model->config.order_qty_max) {
    return HFT_REASON_ORDER_SIZE;
  }
  if (order->price == HFT_PRICE_MARKET) {
    return order->tif == HFT_IOC ? HFT_REASON_NONE : HFT_REASON_PRICE_WINDOW;
  }
  if (!hft_book_in_window(book, order->price)) return HFT_REASON_PRICE_WINDOW;
  if (order->tif == HFT_IOC) return HFT_REASON_NONE;
  if (hft_market_own_counts(desk->model, desk->market)[desk->self] >=
      desk->model->participant[desk->self].slot_count) {
    return HFT_REASON_OPEN_ORDERS;
  }
  if (order->tif == HFT_POST_ONLY && hft_book_crosses(book, order->side, order->price)) {
    return HFT_REASON_WOULD_CROSS;
  }
  return HFT_REASON_NONE;
}

// Rests what did not trade.
static hft_order_id rest(const hft_desk *desk, hft_book *book, const hft_order *order, hft_qty left,
                         uint32_t number) {
  uint32_t slot = take_slot(desk, number, order->tif);
  hft_order remainder = *order;
  remainder.qty = left;
  if (!hft_book_insert(book, slot, order->side, order->price, left)) {
    release_slot(desk, slot);
    refuse(desk, (hft_order_id){0, number}, &remainder, HFT_REASON_LEVEL_FULL);
    return (hft_order_id){0, 0};
  }
  hft_order_id id = {slot + 1, number};
  emit(desk, (hft_event){.kind = HFT_EVENT_ADD,
                         .order = id,
                         .owner = desk->self,
                         .taker_owner = HFT_OWNER_NONE,
                         .side = (uint8_t)order->side,
                         .price = order->price,
                         .qty = left});
  return id;
}

hft_order_id hft_exchange_submit(const hft_desk *desk, const hft_order *order) {
  hft_market *market = desk->market;
  hft_book *book = hft_market_book_of(desk->model, market);
  market->messages++;
  uint32_t number = ++market->order_number;
  hft_market_accounts(desk->model, market)[desk->self].order_count++;
  hft_order_id id = {0, number};
  hft_reason reason = check_order(desk, book, order);
  if (reason != HFT_REASON_NONE) {
    refuse(desk, id, order, reason);
    return (hft_order_id){0, 0};
  }
  hft_price limit = order->price;
  if (limit == HFT_PRICE_MARKET) {
    limit = order->side == HFT_BID ? desk->model->instrument.price_max
                                   : desk->model->instrument.price_min;
  }
  int64_t mid2 = market->mid2;
  hft_qty left = order->qty;
  hft_fill fill;
  while (left > 0 && hft_book_match(book, order->side, limit, &left, &fill)) {
    settle(desk, order->side, number, &fill, mid2);
  }
  if (left > 0 && order->tif != HFT_IOC) {
    id = rest(desk, book, order, left, number);
  } else if (left > 0) {
    emit(desk, (hft_event){.kind = HFT_EVENT_EXPIRE,
                           .order = id,
                           .owner = desk->self,
                           .taker_owner = HFT_OWNER_NONE,
                           .side = (uint8_t)order->side,
                           .price = order->price,
                           .qty = left});
  }
  note_mid(desk, book);
  return id;
}

uint32_t hft_exchange_slot(const hft_desk *desk, hft_order_id id) {
  if (id.slot1 == 0 || id.slot1 > desk->model->slot_count) return HFT_NO_SLOT;
  const hft_resting *resting = &hft_market_resting(desk->model, desk->market)[id.slot1 - 1];
  if (resting->number != id.number || id.number == 0 || resting->owner != desk->self) {
    return HFT_NO_SLOT;
  }
  return id.slot1 - 1;
}

static void emit_resting(const hft_desk *desk, const hft_book *book, uint32_t slot,
                         hft_event_kind kind, hft_reason reason, hft_qty qty) {
  uint32_t number = hft_market_resting(desk->model, desk->market)[slot].number;
  emit(desk, (hft_event){.kind = (uint8_t)kind,
                         .reason = (uint8_t)reason,
                         .order = {slot + 1, number},
                         .owner = desk->self,
                         .taker_owner = HFT_OWNER_NONE,
                         .side = (uint8_t)hft_book_order_side(book, slot),
                         .price = hft_book_order_price(book, slot),
                         .qty = qty});
}

static void take_out(const hft_desk *desk, hft_book *book, uint32_t slot, hft_reason reason) {
  emit_resting(desk, book, slot, HFT_EVENT_CANCEL, reason, hft_book_order_qty(book, slot));
  hft_book_remove(book, slot);
  release_slot(desk, slot);
}

// The slot of an order that a request names; a request for one that is not live is refused.
static uint32_t find_live(const hft_desk *desk, hft_order_id id) {
  desk->market->messages++;
  uint32_t slot = hft_exchange_slot(desk, id);
  if (slot == HFT_NO_SLOT) refuse(desk, id, &(hft_order){0}, HFT_REASON_STALE_ORDER);
  return slot;
}

bool hft_exchange_cancel(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  hft_book *book = hft_market_book_of(desk->model, desk->market);
  take_out(desk, book, slot, HFT_REASON_REQUESTED);
  note_mid(desk, book);
  return true;
}

bool hft_exchange_reduce(const hft_desk *desk, hft_order_id id, hft_qty by) {
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  hft_book *book = hft_market_book_of(desk->model, desk->market);
  if (by < 1) {
    refuse(desk, id, &(hft_order){.qty = by}, HFT_REASON_ORDER_SIZE);
    return false;
  }
  if (by >= hft_book_order_qty(book, slot)) {
    take_out(desk, book, slot, HFT_REASON_REQUESTED);
  } else {
    hft_book_reduce(book, slot, by);
    emit_resting(desk, book, slot, HFT_EVENT_REDUCE, HFT_REASON_REQUESTED, by);
  }
  note_mid(desk, book);
  return true;
}

hft_order_id hft_exchange_replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                  hft_qty qty) {
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return (hft_order_id){0, 0};
  hft_book *book = hft_market_book_of(desk->model, desk->market);
  hft_qty before = hft_book_order_qty(book, slot);
  if (price == hft_book_order_price(book, slot) && qty >= 1 && qty <= before) {
    if (qty < before) {
      hft_book_reduce(book, slot, before - qty);
      emit_resting(desk, book, slot, HFT_EVENT_REDUCE, HFT_REASON_REPLACED, before - qty);
    }
    return id;
  }
  hft_order order = {hft_book_order_side(book, slot),
                     (hft_tif)hft_market_resting(desk->model, desk->market)[slot].tif, price, qty};
  take_out(desk, book, slot, HFT_REASON_REPLACED);
  note_mid(desk, book);
  return hft_exchange_submit(desk, &order);
}
