#include "tests/market/crossing.h"

#include <stdlib.h>
#include <string.h>

void crossing_add(crossing *c, crossing_order order) {
  HFT_CHECK(c->count < CROSSING_ORDERS_MAX);
  order.place = ++c->places;
  c->order[c->count++] = order;
}

crossing_order *crossing_find(crossing *c, hft_order_id id) {
  for (int i = 0; i < c->count; i++) {
    if (c->order[i].id.number == id.number) return &c->order[i];
  }
  return NULL;
}

void crossing_remove(crossing *c, crossing_order *order) {
  *order = c->order[--c->count];
}

static int64_t total(const crossing *c, hft_side side, hft_price price) {
  int64_t sum = 0;
  for (int i = 0; i < c->count; i++) {
    const crossing_order *order = &c->order[i];
    if (order->side != side) continue;
    bool trades = side == HFT_BID ? order->price >= price : order->price <= price;
    if (trades) sum += (int64_t)order->shown + order->hidden;
  }
  return sum;
}

// Is a better than b?
static bool better(const hft_indication *a, const hft_indication *b, int64_t mid2) {
  if (a->qty != b->qty) return a->qty > b->qty;
  if (a->surplus != b->surplus) return a->surplus < b->surplus;
  int64_t from_a = llabs(2 * (int64_t)a->price - mid2),
          from_b = llabs(2 * (int64_t)b->price - mid2);
  if (from_a != from_b) return from_a < from_b;
  return a->price < b->price;
}

hft_indication crossing_price(const crossing *c, hft_price low, hft_price high, int64_t mid2) {
  hft_indication best = {0};
  for (hft_price price = low; price <= high; price++) {
    int64_t bids = total(c, HFT_BID, price), asks = total(c, HFT_ASK, price);
    hft_indication here = {price, bids > asks ? HFT_BID : HFT_ASK, bids < asks ? bids : asks,
                           llabs(bids - asks)};
    if (here.qty > 0 && (best.qty == 0 || better(&here, &best, mid2))) best = here;
  }
  return best;
}

// Of the best price the one that came first.
static crossing_order *front(crossing *c, hft_side side) {
  crossing_order *best = NULL;
  for (int i = 0; i < c->count; i++) {
    crossing_order *order = &c->order[i];
    if (order->side != side) continue;
    int32_t lead = best == NULL ? 1 : hft_side_sign(side) * (order->price - best->price);
    if (lead > 0 || (lead == 0 && order->place < best->place)) best = order;
  }
  return best;
}

static void take(crossing *c, crossing_order *order, hft_qty qty) {
  order->shown -= qty;
  if (order->shown > 0) return;
  if (order->hidden == 0) {
    crossing_remove(c, order);
    return;
  }
  order->shown = order->hidden < order->display ? order->hidden : order->display;
  order->hidden -= order->shown;
  order->place = ++c->places;
}

int crossing_trade(crossing *c, int64_t qty, crossing_fill *fills) {
  int count = 0;
  while (qty > 0) {
    crossing_order *bid = front(c, HFT_BID), *ask = front(c, HFT_ASK);
    HFT_CHECK(bid != NULL && ask != NULL && count < CROSSING_FILLS_MAX);
    hft_qty size = bid->shown < ask->shown ? bid->shown : ask->shown;
    if (size > qty) size = (hft_qty)qty;
    fills[count++] =
        (crossing_fill){bid->id, ask->id, bid->owner, ask->owner, size, bid->shown - size};
    qty -= size;
    hft_order_id of_ask = ask->id;
    take(c, bid, size);
    take(c, crossing_find(c, of_ask), size);
  }
  return count;
}
