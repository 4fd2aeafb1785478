// A reference implementation of the order book: one list a side, best price first and oldest first
// within a price, searched from the front. sim/book is checked against it.
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

// One execution against the front of the other side, as by hft_book_match.
bool naive_match(naive_book *book, hft_side side, hft_price price, hft_qty *qty, hft_fill *fill);
// Inserts an order behind all orders at its price. False, without a change, if the price's total
// would exceed INT32_MAX.
bool naive_insert(naive_book *book, uint32_t slot, hft_side side, hft_price price, hft_qty qty);
void naive_remove(naive_book *book, hft_side side, int index);

// The resting order of a slot, with its side and index; null if there is none.
naive_order *naive_find(naive_book *book, uint32_t slot, hft_side *side, int *index);

// The total lots at a price of a side, and the number of its orders.
int64_t naive_level(const naive_book *book, hft_side side, hft_price price, int *order_count);
// Lots ahead of the order at an index, at the same price.
int64_t naive_ahead(const naive_book *book, hft_side side, int index);

#endif
