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

// The lots of all market orders of a side.
static int64_t at_market(const crossing *c, hft_side side) {
  return total(c, side, side == HFT_BID ? INT32_MAX : 0);
}

// The prices from the lowest to the highest of all limits and the mid, moved into the bounds.
static void find_range(const crossing *c, int64_t mid2, hft_price *low, hft_price *high) {
  hft_price first = (hft_price)(mid2 / 2), last = first;
  for (int i = 0; i < c->count; i++) {
    hft_price price = c->order[i].price;
    if (price == 0 || price == INT32_MAX) continue;
    if (price < first) first = price;
    if (price > last) last = price;
  }
  hft_price floor = *low, ceiling = *high;
  *low = first < floor ? floor : first > ceiling ? ceiling : first;
  *high = last < floor ? floor : last > ceiling ? ceiling : last;
}

hft_indication crossing_price(const crossing *c, hft_price low, hft_price high, int64_t mid2) {
  find_range(c, mid2, &low, &high);
  int64_t most = 0, least = INT64_MAX;
  for (hft_price price = low; price <= high; price++) {
    int64_t bids = total(c, HFT_BID, price), asks = total(c, HFT_ASK, price);
    int64_t qty = bids < asks ? bids : asks, surplus = llabs(bids - asks);
    if (qty > most) least = INT64_MAX;
    if (qty >= most && surplus < least) least = surplus;
    if (qty > most) most = qty;
  }
  if (most == 0) {
    int64_t buys = at_market(c, HFT_BID), sells = at_market(c, HFT_ASK);
    hft_side side = buys > 0 ? HFT_BID : sells > 0 ? HFT_ASK : HFT_SIDE_NONE;
    return (hft_indication){0, side, 0, buys > 0 ? buys : sells};
  }
  // Of the best those that leave neither side over, the highest for bids, the lowest for asks.
  bool candidate[CROSSING_PRICES_MAX] = {false};
  hft_price highest_bid = 0, lowest_ask = 0;
  for (hft_price price = low; price <= high; price++) {
    HFT_CHECK(price < CROSSING_PRICES_MAX);
    int64_t bids = total(c, HFT_BID, price), asks = total(c, HFT_ASK, price);
    if ((bids < asks ? bids : asks) != most || llabs(bids - asks) != least) continue;
    candidate[price] = bids == asks;
    if (bids > asks) highest_bid = price;
    if (bids < asks && lowest_ask == 0) lowest_ask = price;
  }
  candidate[highest_bid] = highest_bid != 0;
  candidate[lowest_ask] = lowest_ask != 0;
  hft_price nearest = 0;
  for (hft_price price = low; price <= high; price++) {
    if (!candidate[price]) continue;
    bool nearer = llabs(2 * (int64_t)price - mid2) < llabs(2 * (int64_t)nearest - mid2);
    if (nearest == 0 || nearer) nearest = price;
  }
  hft_side side = least == 0 ? HFT_SIDE_NONE : nearest == highest_bid ? HFT_BID : HFT_ASK;
  return (hft_indication){nearest, side, most, least};
}

// Of the best price the one that came first.
static crossing_order *front(crossing *c, hft_side side) {
  crossing_order *best = NULL;
  for (int i = 0; i < c->count; i++) {
    crossing_order *order = &c->order[i];
    if (order->side != side) continue;
    int64_t lead = best == NULL ? 1 : hft_side_sign(side) * ((int64_t)order->price - best->price);
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
