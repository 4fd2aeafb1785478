#include "tests/fuzz/plain.h"

#include "sim/base/check.h"

// ---- events ----------------------------------------------------------------------------------

static void expect(plain_exchange *plain, hft_event event) {
  HFT_CHECK(plain->event_count < PLAIN_EVENTS_MAX);
  plain->event[plain->event_count++] = event;
}

// Of one order.
static void tell(plain_exchange *plain, hft_event_kind kind, hft_reason reason, uint32_t number,
                 hft_owner owner, hft_side side, hft_price price, hft_qty qty) {
  expect(plain, (hft_event){.kind = (uint8_t)kind,
                            .reason = (uint8_t)reason,
                            .order = {0, number},
                            .owner = owner,
                            .taker_owner = HFT_OWNER_NONE,
                            .side = (uint8_t)side,
                            .price = price,
                            .qty = qty});
}

static void tell_reduced(plain_exchange *plain, hft_reason reason, const plain_order *known,
                         hft_side side, const naive_order *order, hft_qty by) {
  tell(plain, HFT_EVENT_REDUCE, reason, known->number, known->owner, side, order->price, by);
  plain->event[plain->event_count - 1].left = order->qty;
}

static void refuse(plain_exchange *plain, hft_owner owner, uint32_t number, hft_reason reason) {
  tell(plain, HFT_EVENT_REJECT, reason, number, owner, HFT_BID, 0, 0);
}

bool plain_is_event(const hft_event *expected, const hft_event *event) {
  if (event->kind != expected->kind || event->reason != expected->reason ||
      event->order.number != expected->order.number || event->owner != expected->owner) {
    return false;
  }
  if (event->kind == HFT_EVENT_REJECT) return true;
  return event->taker.number == expected->taker.number &&
         event->taker_owner == expected->taker_owner && event->side == expected->side &&
         event->price == expected->price && event->qty == expected->qty &&
         event->left == expected->left;
}

// ---- orders ----------------------------------------------------------------------------------

static uint32_t find_slot(const plain_exchange *plain, hft_owner owner, uint32_t number) {
  for (uint32_t slot = 0; slot < NAIVE_ORDERS_MAX && number != 0; slot++) {
    if (plain->order[slot].number == number && plain->order[slot].owner == owner) return slot;
  }
  return HFT_NO_SLOT;
}

static uint32_t free_slot(const plain_exchange *plain) {
  uint32_t slot = 0;
  while (slot < NAIVE_ORDERS_MAX && plain->order[slot].number != 0) slot++;
  HFT_CHECK(slot < NAIVE_ORDERS_MAX);
  return slot;
}

static void vacate(plain_exchange *plain, uint32_t slot) {
  plain->open[plain->order[slot].owner]--;
  plain->order[slot].number = 0;
}

static hft_price best(const plain_exchange *plain, hft_side side) {
  return plain->book.count[side] > 0 ? plain->book.order[side][0].price : 0;
}

static hft_price limit_of(const plain_exchange *plain, const hft_order *order) {
  if (order->price != HFT_PRICE_MARKET) return order->price;
  return order->side == HFT_BID ? plain->high : plain->low;
}

static bool reaches(hft_side side, hft_price limit, hft_price price) {
  return side == HFT_BID ? price <= limit : price >= limit;
}

static bool crosses(const plain_exchange *plain, hft_side side, hft_price limit) {
  hft_side other = hft_side_other(side);
  return plain->book.count[other] > 0 && reaches(side, limit, best(plain, other));
}

static bool is_immediate(hft_tif tif) {
  return tif == HFT_IOC || tif == HFT_FOK;
}

// ---- what refuses an order -------------------------------------------------------------------

static hft_reason check_shape(const plain_exchange *plain, const hft_order *order) {
  if (order->qty < 1 || order->qty > plain->qty_max) return HFT_REASON_ORDER_SIZE;
  bool in_window = order->price >= plain->low && order->price <= plain->high;
  bool market = order->price == HFT_PRICE_MARKET && is_immediate(order->tif);
  if (!in_window && !market) return HFT_REASON_PRICE_WINDOW;
  if (order->tif == HFT_POST_ONLY && crosses(plain, order->side, order->price)) {
    return HFT_REASON_WOULD_CROSS;
  }
  return HFT_REASON_NONE;
}

// May the owner not trade with its own orders?
static bool is_guarded(const plain_exchange *plain, hft_owner owner) {
  return plain->self_trade != HFT_SELF_TRADE_OFF && owner >= plain->first_agent;
}

// With others alone, where the owner is guarded.
static bool can_fill(const plain_exchange *plain, hft_owner owner, const hft_order *order) {
  hft_side other = hft_side_other(order->side);
  int64_t total = 0;
  for (int i = 0; i < plain->book.count[other] && total < order->qty; i++) {
    const naive_order *resting = &plain->book.order[other][i];
    if (!reaches(order->side, limit_of(plain, order), resting->price)) break;
    if (is_guarded(plain, owner) && plain->order[resting->slot].owner == owner) {
      if (plain->self_trade != HFT_SELF_TRADE_CANCEL_OLDEST) return false;
      continue;  // it leaves, and those behind it trade
    }
    total += resting->qty;
  }
  return total >= order->qty;
}

// A sliding order rests one tick off the best opposite price where it would trade.
static bool slide(const plain_exchange *plain, hft_order *order) {
  if (!crosses(plain, order->side, order->price)) return true;
  order->price = best(plain, hft_side_other(order->side)) - hft_side_sign(order->side);
  return order->price >= plain->low && order->price <= plain->high;
}

static hft_reason check(const plain_exchange *plain, hft_owner owner, hft_order *order) {
  hft_reason reason = check_shape(plain, order);
  if (reason != HFT_REASON_NONE) return reason;
  if (!is_immediate(order->tif) && plain->open[owner] >= plain->open_max) {
    return HFT_REASON_OPEN_ORDERS;
  }
  if (order->tif == HFT_POST_SLIDE && !slide(plain, order)) return HFT_REASON_WOULD_CROSS;
  if (order->tif == HFT_FOK && !can_fill(plain, owner, order)) return HFT_REASON_NOT_FILLABLE;
  return HFT_REASON_NONE;
}

// ---- requests --------------------------------------------------------------------------------

// Of a share in 1/1000 bps of the value and 1/10000 of a tick a lot; in 1/10000, rounded half away
// from 0.
static int64_t fee_of(const hft_fee *fee, const hft_fill *fill) {
  int64_t share = (int64_t)fill->qty * fill->price * fee->milli_bps;
  return (share + (share < 0 ? -500 : 500)) / 1000 + fee->per_lot * fill->qty;
}

static void note_fill(plain_exchange *plain, hft_owner owner, hft_side side, const hft_fee *fee,
                      const hft_fill *fill) {
  int64_t qty = (int64_t)hft_side_sign(side) * fill->qty;
  plain->position[owner] += qty;
  plain->cash[owner] -= qty * fill->price;
  plain->fees[owner] += fee_of(fee, fill);
}

static void take_out(plain_exchange *plain, hft_side side, int index, hft_reason reason) {
  const naive_order order = plain->book.order[side][index];
  const plain_order *known = &plain->order[order.slot];
  tell(plain, HFT_EVENT_CANCEL, reason, known->number, known->owner, side, order.price, order.qty);
  vacate(plain, order.slot);
  naive_remove(&plain->book, side, index);
}

// Does the owner's own order stand first of those that an order would trade with?
static bool meets_self(const plain_exchange *plain, hft_owner owner, const hft_order *order) {
  if (!is_guarded(plain, owner) || !crosses(plain, order->side, limit_of(plain, order))) {
    return false;
  }
  return plain->order[plain->book.order[hft_side_other(order->side)][0].slot].owner == owner;
}

// Takes the first order of the other side, as far as it reaches; false where nothing is traded.
static bool trade_once(plain_exchange *plain, hft_owner owner, const hft_order *order,
                       hft_qty *left) {
  hft_fill fill;
  if (!naive_match(&plain->book, order->side, limit_of(plain, order), left, &fill)) return false;
  const plain_order maker = plain->order[fill.slot];
  hft_side side = hft_side_other(order->side);
  expect(plain, (hft_event){.kind = HFT_EVENT_TRADE,
                            .order = {0, maker.number},
                            .taker = {0, plain->number},
                            .owner = maker.owner,
                            .taker_owner = owner,
                            .side = (uint8_t)side,
                            .price = fill.price,
                            .qty = fill.qty,
                            .left = fill.left});
  note_fill(plain, maker.owner, side, &plain->maker_fee, &fill);
  note_fill(plain, owner, order->side, &plain->taker_fee, &fill);
  if (fill.left == 0) vacate(plain, fill.slot);
  return true;
}

// True where the order may rest: false where it met one of its owner's and is the one to go.
static bool trade(plain_exchange *plain, hft_owner owner, const hft_order *order, hft_qty *left) {
  while (*left > 0) {
    if (!meets_self(plain, owner, order)) {
      if (!trade_once(plain, owner, order, left)) return true;
      continue;
    }
    if (plain->self_trade != HFT_SELF_TRADE_CANCEL_NEWEST) {
      take_out(plain, hft_side_other(order->side), 0, HFT_REASON_SELF_TRADE);
    }
    if (plain->self_trade != HFT_SELF_TRADE_CANCEL_OLDEST) return false;
  }
  return true;
}

static void place(plain_exchange *plain, hft_owner owner, hft_order order) {
  uint32_t number = ++plain->number;
  hft_reason reason = check(plain, owner, &order);
  if (reason != HFT_REASON_NONE) {
    refuse(plain, owner, number, reason);
    return;
  }
  hft_qty left = order.qty;
  bool goes_on = trade(plain, owner, &order, &left);
  if (left == 0) return;
  if (!goes_on || is_immediate(order.tif)) {
    reason = goes_on ? HFT_REASON_NONE : HFT_REASON_SELF_TRADE;
    tell(plain, HFT_EVENT_EXPIRE, reason, number, owner, order.side, order.price, left);
    return;
  }
  uint32_t slot = free_slot(plain);
  if (!naive_insert(&plain->book, slot, order.side, order.price, left)) {
    refuse(plain, owner, number, HFT_REASON_LEVEL_FULL);
    return;
  }
  plain->order[slot] = (plain_order){number, owner, order.tif};
  plain->open[owner]++;
  tell(plain, HFT_EVENT_ADD, HFT_REASON_NONE, number, owner, order.side, order.price, left);
}

void plain_submit(plain_exchange *plain, hft_owner owner, const hft_order *order) {
  place(plain, owner, *order);
}

// The resting order of a request, or null, and the request is refused.
static naive_order *find(plain_exchange *plain, hft_owner owner, uint32_t number, hft_side *side,
                         int *index) {
  uint32_t slot = find_slot(plain, owner, number);
  if (slot != HFT_NO_SLOT) return naive_find(&plain->book, slot, side, index);
  refuse(plain, owner, number, HFT_REASON_STALE_ORDER);
  return NULL;
}

void plain_cancel(plain_exchange *plain, hft_owner owner, uint32_t number) {
  hft_side side;
  int index;
  if (find(plain, owner, number, &side, &index) == NULL) return;
  take_out(plain, side, index, HFT_REASON_REQUESTED);
}

void plain_reduce(plain_exchange *plain, hft_owner owner, uint32_t number, hft_qty by) {
  hft_side side;
  int index;
  naive_order *order = find(plain, owner, number, &side, &index);
  if (order == NULL) return;
  if (by < 1) {
    refuse(plain, owner, number, HFT_REASON_ORDER_SIZE);
  } else if (by >= order->qty) {
    take_out(plain, side, index, HFT_REASON_REQUESTED);
  } else {
    order->qty -= by;
    tell_reduced(plain, HFT_REASON_REQUESTED, &plain->order[order->slot], side, order, by);
  }
}

// What refuses an order in place of an old one, whose room is free for it.
static hft_reason check_anew(plain_exchange *plain, hft_owner owner, hft_order anew,
                             const naive_order *old) {
  plain->open[owner]--;
  hft_reason reason = check(plain, owner, &anew);
  plain->open[owner]++;
  if (reason != HFT_REASON_NONE || crosses(plain, anew.side, anew.price)) return reason;
  int count;
  int64_t total = naive_level(&plain->book, anew.side, anew.price, &count) + (int64_t)anew.qty;
  if (old->price == anew.price) total -= old->qty;
  return total > INT32_MAX ? HFT_REASON_LEVEL_FULL : HFT_REASON_NONE;
}

void plain_replace(plain_exchange *plain, hft_owner owner, uint32_t number, hft_price price,
                   hft_qty qty) {
  hft_side side;
  int index;
  naive_order *order = find(plain, owner, number, &side, &index);
  if (order == NULL) return;
  if (price == order->price && qty >= 1 && qty <= order->qty) {
    hft_qty by = order->qty - qty;
    order->qty = qty;
    if (by == 0) return;
    tell_reduced(plain, HFT_REASON_REPLACED, &plain->order[order->slot], side, order, by);
    return;
  }
  const hft_order anew = {side, plain->order[order->slot].tif, price, qty, 0};
  hft_reason reason = check_anew(plain, owner, anew, order);
  if (reason != HFT_REASON_NONE) {
    refuse(plain, owner, number, reason);
    return;
  }
  take_out(plain, side, index, HFT_REASON_REPLACED);
  place(plain, owner, anew);
}

// ---- the books -------------------------------------------------------------------------------

const char *plain_compare(const plain_exchange *plain, const hft_book *book) {
  for (int s = 0; s < 2; s++) {
    hft_side side = (hft_side)s;
    hft_level level[NAIVE_ORDERS_MAX + 1];
    int levels = hft_book_depth(book, side, level, NAIVE_ORDERS_MAX + 1), next = 0;
    for (int i = 0; i < levels; i++) {
      if (next == plain->book.count[side]) return "the market has a level too many";
      hft_price price = plain->book.order[side][next].price;
      int count;
      int64_t qty = naive_level(&plain->book, side, price, &count);
      if (level[i].price != price) return "a level's price differs";
      if (level[i].qty != qty || level[i].order_count != count) return "a level's orders differ";
      next += count;
    }
    if (next != plain->book.count[side]) return "the market lacks a level";
  }
  return NULL;
}
