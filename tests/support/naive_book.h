// The order book written the plainest way: one list a side, best price first and oldest first
// within a price, searched from the front. The reference that sim/book is held against.
#ifndef HFTSIM_TESTS_SUPPORT_NAIVE_BOOK_H
#define HFTSIM_TESTS_SUPPORT_NAIVE_BOOK_H

#include "sim/book/book.h"

#define NAIVE_ORDERS_MAX 256

typedef struct naive_order {
  uint32_t slot;
  hft_price price;
  hft_qty qty;
} naive_order;

typedef struct naive_book {
  int count[2];
  naive_order order[2][NAIVE_ORDERS_MAX];
} naive_book;

// One execution against the front of the other side, as hft_book_match.
bool naive_match(naive_book *book, hft_side side, hft_price price, hft_qty *qty, hft_fill *fill);
// Behind all orders of the same or a better price. False where the price's total would pass
// INT32_MAX.
bool naive_insert(naive_book *book, uint32_t slot, hft_side side, hft_price price, hft_qty qty);
void naive_remove(naive_book *book, hft_side side, int index);

// The resting order of a slot; null where there is none.
naive_order *naive_find(naive_book *book, uint32_t slot, hft_side *side, int *index);

// The total and number of the orders at a price of a side.
int64_t naive_level(const naive_book *book, hft_side side, hft_price price, int *order_count);
// Lots before the order at that index at the same price.
int64_t naive_ahead(const naive_book *book, hft_side side, int index);

#endif
