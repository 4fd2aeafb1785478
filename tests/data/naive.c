#include "tests/data/naive.h"

#include <string.h>

#include "sim/market/event.h"

static naive_order *find(naive_book *book, uint32_t number) {
  for (int i = 0; i < book->count; i++) {
    if (book->order[i].number == number) return &book->order[i];
  }
  return NULL;
}

static void take_out(naive_book *book, naive_order *order) {
  int index = (int)(order - book->order);
  book->count--;
  memmove(order, order + 1, (size_t)(book->count - index) * sizeof *order);
}

// A price as the other side sees it: the larger, the better to trade with. 0: a market order's.
static int64_t merit(uint8_t side, int32_t price) {
  if (price == 0) return INT64_MAX;
  return side == HFT_BID ? price : -(int64_t)price;
}

// The one that must trade next: of the best price the oldest.
static const naive_order *front(const naive_book *book, uint8_t side) {
  const naive_order *best = NULL;
  for (int i = 0; i < book->count; i++) {
    const naive_order *order = &book->order[i];
    if (order->side != side) continue;
    if (best == NULL || merit(side, order->price) > merit(side, best->price)) best = order;
  }
  return best;
}

static const char *add(naive_book *book, const hft_event_row *event) {
  if (event->order == 0 || event->qty < 1 || event->price < 0) return "an order of nothing";
  if (event->price == 0 && !book->call) return "a market order rests";
  if (find(book, event->order) != NULL) return "a number that rests already";
  if (book->count == NAIVE_ORDERS_MAX) return "too many orders for this test";
  const naive_order *other = front(book, 1 - event->side);
  if (!book->call && other != NULL &&
      merit(event->side, event->price) >= merit(event->side, other->price)) {
    return "an order rests that would trade";
  }
  book->order[book->count++] =
      (naive_order){event->order, event->owner, event->side, event->price, event->qty};
  return NULL;
}

static const char *trade(naive_book *book, naive_order *order, const hft_event_row *event) {
  if (book->call) return "a trade in a call";
  if (order != front(book, order->side)) return "a trade out of turn";
  if (event->taker == 0 || event->taker_owner == HFT_OWNER_NONE) return "a trade without a taker";
  if (event->qty < 1 || event->qty > order->qty) return "a trade of more than rests";
  if (event->left != order->qty - event->qty) return "a trade that leaves another size";
  order->qty -= event->qty;
  if (order->qty == 0) take_out(book, order);
  return NULL;
}

// The bid is the event's order, the ask its taker, and each the one whose turn it is.
static const char *auction_trade(naive_book *book, const hft_event_row *event) {
  if (!book->call) return "an auction in continuous trading";
  naive_order *bid = find(book, event->order), *ask = find(book, event->taker);
  if (bid == NULL || ask == NULL) return "an auction of an order that does not rest";
  if (bid != front(book, HFT_BID) || ask != front(book, HFT_ASK)) return "an auction out of turn";
  if (bid->owner != event->owner || ask->owner != event->taker_owner) return "another owner";
  if ((bid->price != 0 && bid->price < event->price) || ask->price > event->price) {
    return "beyond an order's limit";
  }
  if (event->qty < 1 || event->qty > bid->qty || event->qty > ask->qty) return "too much";
  if (event->left != bid->qty - event->qty) return "a trade that leaves another size";
  bid->qty -= event->qty;
  ask->qty -= event->qty;
  naive_order *later = bid > ask ? bid : ask, *earlier = bid > ask ? ask : bid;
  if (later->qty == 0) take_out(book, later);
  if (earlier->qty == 0) take_out(book, earlier);
  return NULL;
}

static const char *turn_phase(naive_book *book, const hft_event_row *event) {
  book->call = event->reason != HFT_REASON_CONTINUOUS && event->reason != HFT_REASON_CLOSED;
  const naive_order *bid = front(book, HFT_BID), *ask = front(book, HFT_ASK);
  bool crossed = bid != NULL && ask != NULL && bid->price >= ask->price;
  return crossed && !book->call ? "an auction that leaves a crossed book" : NULL;
}

// What expires rests only in a call.
static const char *expire(naive_book *book, const hft_event_row *event) {
  naive_order *order = find(book, event->order);
  if (order == NULL) return NULL;
  if (!book->call || event->qty < order->qty) return "an order expires that should not";
  take_out(book, order);
  return NULL;
}

const char *naive_apply(naive_book *book, const hft_event_row *event) {
  switch (event->kind) {
    case HFT_EVENT_ADD:
      return add(book, event);
    case HFT_EVENT_PHASE:
      return turn_phase(book, event);
    case HFT_EVENT_EXPIRE:
      return expire(book, event);
    case HFT_EVENT_TRADE:
      if (event->reason == HFT_REASON_AUCTION) return auction_trade(book, event);
      break;
    case HFT_EVENT_IMBALANCE:
    case HFT_EVENT_REJECT:
      return NULL;  // nothing rests, nothing changes
    default:
      break;
  }
  naive_order *order = find(book, event->order);
  if (order == NULL) return "an order that does not rest";
  if (order->price != event->price || order->side != event->side || order->owner != event->owner) {
    return "another price, side or owner than the order's";
  }
  switch (event->kind) {
    case HFT_EVENT_TRADE:
      return trade(book, order, event);
    case HFT_EVENT_CANCEL:
      if (event->qty < order->qty) return "a cancel of less than rests";
      take_out(book, order);
      return NULL;
    case HFT_EVENT_REDUCE:
      if (event->qty < 1 || event->left < 1) return "a reduction to nothing";
      if (event->left > order->qty || event->left < order->qty - event->qty) {
        return "a reduction that shows another size";
      }
      order->qty = event->left;
      return NULL;
    default:
      return "an unknown kind of event";
  }
}

void naive_levels(const naive_book *book, hft_side side, hft_level *level, int level_max) {
  if (book->call) {
    memset(level, 0, (size_t)level_max * sizeof *level);
    return;
  }
  int64_t bound = INT64_MAX;  // levels still to find are worse than this
  for (int k = 0; k < level_max; k++) {
    level[k] = (hft_level){0, 0, 0};
    for (int i = 0; i < book->count; i++) {
      const naive_order *order = &book->order[i];
      int64_t here = merit((uint8_t)side, order->price);
      if (order->side != side || here >= bound) continue;
      if (level[k].price == 0 || here > merit((uint8_t)side, level[k].price)) {
        level[k] = (hft_level){order->price, 0, 0};
      }
      if (order->price == level[k].price) {
        level[k].qty += order->qty;
        level[k].order_count++;
      }
    }
    if (level[k].price == 0) {
      memset(&level[k], 0, (size_t)(level_max - k) * sizeof *level);
      return;
    }
    bound = merit((uint8_t)side, level[k].price);
  }
}
