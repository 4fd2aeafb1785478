// A reference order book for replaying the events of a dataset: a list of orders in the order of
// arrival. Slow, short, and unlike sim/book.
#ifndef HFTSIM_TESTS_DATA_NAIVE_H
#define HFTSIM_TESTS_DATA_NAIVE_H

#include "data/dataset/schema.h"
#include "sim/book/book.h"

#define NAIVE_ORDERS_MAX 8192

typedef struct naive_order {
  uint32_t number;
  uint16_t owner;
  uint8_t side;
  int32_t price, qty;
} naive_order;

typedef struct naive_book {
  bool call;  // nobody sees the orders, and they may cross
  int count;
  naive_order order[NAIVE_ORDERS_MAX];  // the oldest first
} naive_book;

// Applies an event. Returns null, or the reason why it cannot have happened.
const char *naive_apply(naive_book *book, const hft_event_row *event);

// The best levels of a side, best first, with price 0 beyond the last. Empty during an auction: the
// collected orders are not published.
void naive_levels(const naive_book *book, hft_side side, hft_level *level, int level_max);

#endif
