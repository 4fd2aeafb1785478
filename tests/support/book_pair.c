#include "tests/support/book_pair.h"

#include <stdlib.h>
#include <string.h>

static size_t memory_size(const hft_book_config *config) {
  return hft_align(hft_book_size(config));
}

bool pair_create(book_pair *pair, const hft_book_config *config) {
  memset(pair, 0, sizeof *pair);
  pair->config = *config;
  size_t size = memory_size(config);
  if (size == 0 || config->order_max > NAIVE_ORDERS_MAX) return false;
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  if (memory == NULL) return false;
  memset(memory, 0xa5, size);
  if (hft_book_init(config, memory, size, &pair->book) == HFT_OK) return true;
  free(memory);
  return false;
}

void pair_free(book_pair *pair) {
  free(pair->book);
  pair->book = NULL;
}

// Matches in both and compares every execution. *qty becomes what is left.
static const char *match(book_pair *pair, hft_side side, hft_price price, hft_qty *qty) {
  hft_qty naive_left = *qty;
  bool crosses = hft_book_crosses(pair->book, side, price);
  for (bool first = true; *qty > 0; first = false) {
    hft_fill fill = {0}, expected = {0};
    bool traded = hft_book_match(pair->book, side, price, qty, &fill);
    bool should = naive_match(&pair->naive, side, price, &naive_left, &expected);
    if (traded != should) return "one book trades, the other does not";
    if (first && traded != crosses) return "hft_book_crosses tells otherwise than the match";
    if (*qty != naive_left) return "the taker's rest differs";
    if (!traded) break;
    if (fill.slot != expected.slot) return "another maker was first";
    if (fill.price != expected.price) return "a fill's price differs";
    if (fill.qty != expected.qty) return "a fill's size differs";
    if (fill.left != expected.left) return "what a maker keeps differs";
    if (hft_book_is_live(pair->book, fill.slot) != (fill.left > 0)) {
      return "a maker's life does not follow from what it keeps";
    }
    pair->resting -= fill.qty;
    pair->fills++;
  }
  return NULL;
}

static const char *rest(book_pair *pair, uint32_t pick, hft_side side, hft_price price,
                        hft_qty qty) {
  if (!hft_book_in_window(pair->book, price)) return NULL;
  uint32_t order_max = pair->config.order_max;
  if (pair->naive.count[HFT_BID] + pair->naive.count[HFT_ASK] == (int)order_max) return NULL;
  uint32_t slot = pick % order_max;
  while (hft_book_is_live(pair->book, slot)) slot = (slot + 1) % order_max;
  bool rests = hft_book_insert(pair->book, slot, side, price, qty);
  if (rests != naive_insert(&pair->naive, slot, side, price, qty)) {
    return "one book takes the order, the other does not";
  }
  if (rests) {
    pair->resting += qty;
  } else {
    pair->refused++;
  }
  return NULL;
}

static const char *add(book_pair *pair, const pair_op *op) {
  hft_qty qty = op->qty;
  const char *fault = match(pair, op->side, op->price, &qty);
  if (fault != NULL || qty == 0 || op->kind == PAIR_TAKE) return fault;
  return rest(pair, op->pick, op->side, op->price, qty);
}

// Cancel, reduce and replace act on one of the resting orders.
static const char *change(book_pair *pair, const pair_op *op) {
  naive_book *naive = &pair->naive;
  int bids = naive->count[HFT_BID];
  int total = bids + naive->count[HFT_ASK];
  if (total == 0) return NULL;
  int k = (int)(op->pick % (uint32_t)total);
  hft_side side = k < bids ? HFT_BID : HFT_ASK;
  int index = k < bids ? k : k - bids;
  naive_order *order = &naive->order[side][index];
  if (op->kind == PAIR_REDUCE) {
    if (order->qty == 1) return NULL;
    hft_qty by = 1 + (op->qty - 1) % (order->qty - 1);
    hft_book_reduce(pair->book, order->slot, by);
    order->qty -= by;
    pair->resting -= by;
    return NULL;
  }
  uint32_t slot = order->slot;
  pair->resting -= order->qty;
  hft_book_remove(pair->book, slot);
  naive_remove(naive, side, index);
  if (op->kind == PAIR_CANCEL) return NULL;
  const pair_op anew = {PAIR_ADD, side, op->price, op->qty, slot};
  return add(pair, &anew);
}

const char *pair_apply(book_pair *pair, const pair_op *op) {
  return op->kind == PAIR_ADD || op->kind == PAIR_TAKE ? add(pair, op) : change(pair, op);
}

static const char *compare_order(book_pair *pair, hft_side side, int index) {
  const hft_book *book = pair->book;
  const naive_order *order = &pair->naive.order[side][index];
  if (!hft_book_is_live(book, order->slot)) return "a resting order is gone";
  if (hft_book_order_price(book, order->slot) != order->price) return "an order's price differs";
  if (hft_book_order_qty(book, order->slot) != order->qty) return "an order's size differs";
  if (hft_book_order_side(book, order->slot) != side) return "an order's side differs";
  if (hft_book_ahead(book, order->slot) != naive_ahead(&pair->naive, side, index)) {
    return "an order's place in the queue differs";
  }
  return NULL;
}

static const char *compare_side(book_pair *pair, hft_side side) {
  const naive_book *naive = &pair->naive;
  const naive_order *order = naive->order[side];
  int count = naive->count[side];
  hft_price best = count > 0 ? order[0].price : 0;
  if (hft_book_best_price(pair->book, side) != best) return "the best price differs";
  if (hft_book_front(pair->book, side) != (count > 0 ? order[0].slot : HFT_NO_SLOT)) {
    return "the front of the best queue differs";
  }
  hft_level level[NAIVE_ORDERS_MAX + 1];
  int level_count = hft_book_depth(pair->book, side, level, NAIVE_ORDERS_MAX + 1);
  int next = 0;
  for (int i = 0; i < level_count; i++) {
    if (next == count || level[i].price != order[next].price) return "the depth's prices differ";
    int order_count;
    int64_t qty = naive_level(naive, side, level[i].price, &order_count);
    if (level[i].qty != qty) return "a level's total differs";
    if (level[i].order_count != order_count) return "a level's number of orders differs";
    hft_level alone = hft_book_level(pair->book, level[i].price);
    if (memcmp(&alone, &level[i], sizeof alone) != 0) return "a level read alone differs";
    next += order_count;
  }
  if (next != count) return "the depth lacks orders";
  hft_level first = hft_book_best(pair->book, side);
  if (level_count > 0 ? memcmp(&first, &level[0], sizeof first) != 0 : first.price != 0) {
    return "the best level differs";
  }
  for (int i = 0; i < count; i++) {
    const char *fault = compare_order(pair, side, i);
    if (fault != NULL) return fault;
  }
  return NULL;
}

const char *pair_compare(book_pair *pair) {
  int64_t resting = 0;
  uint32_t live = 0;
  for (int side = 0; side < 2; side++) {
    const char *fault = compare_side(pair, (hft_side)side);
    if (fault != NULL) return fault;
    for (int i = 0; i < pair->naive.count[side]; i++) {
      resting += pair->naive.order[side][i].qty;
      live++;
    }
  }
  if (resting != pair->resting) return "lots were lost or made";
  if (pair->book->live != live) return "the number of resting orders differs";
  return NULL;
}
