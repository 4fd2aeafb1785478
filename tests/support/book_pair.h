// The book and the reference book side by side: every operation is applied to both, and every
// execution and reading is compared.
#ifndef HFTSIM_TESTS_SUPPORT_BOOK_PAIR_H
#define HFTSIM_TESTS_SUPPORT_BOOK_PAIR_H

#include "tests/support/naive_book.h"

typedef enum pair_kind {
  PAIR_ADD,      // match, then rest at `price`
  PAIR_TAKE,     // match up to `price`, then forget what is left
  PAIR_CANCEL,   // the order picked
  PAIR_REDUCE,   // the order picked, by `qty` reduced modulo what it has
  PAIR_REPLACE,  // the order picked: out, then added anew at `price` with `qty`
  PAIR_KIND_COUNT
} pair_kind;

typedef struct pair_op {
  pair_kind kind;
  hft_side side;
  hft_price price;
  hft_qty qty;
  uint32_t pick;  // of a resting order, or of the slot for a new one; taken modulo their number
} pair_op;

typedef struct book_pair {
  hft_book_config config;
  hft_book *book;
  naive_book naive;
  int64_t resting;  // lots: what was added less what left, kept apart from both books
  uint64_t fills, refused;
} book_pair;

// Creates a pair of empty books, in memory filled with garbage. False when out of memory or out of
// the book's bounds. order_max <= NAIVE_ORDERS_MAX.
bool pair_create(book_pair *pair, const hft_book_config *config);
void pair_free(book_pair *pair);

// Applies an operation to both. Returns null, or a description of the first difference. An
// operation on an order that does not exist does nothing.
const char *pair_apply(book_pair *pair, const pair_op *op);

// Compares all readings of the two: best prices, levels, depth, each order and its place. Returns
// null, or a description of the first difference. O(orders x orders a level).
const char *pair_compare(book_pair *pair);

#endif
