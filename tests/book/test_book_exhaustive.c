// Every sequence of a few operations on a book of three prices, each state against the reference
// book.
#include <stdio.h>
#include <string.h>

#include "tests/support/book_pair.h"
#include "tests/support/check.h"

#define TICKS 3
#define LENGTH 6  // operations in a sequence
#define QTY_MAX 2
#define SLOTS LENGTH  // so that no order is turned away

typedef struct book_tree {
  book_pair pair[LENGTH + 1];  // the books after each operation of the sequence
  pair_op op[LENGTH];
  size_t book_size;
  uint64_t sequences;
} book_tree;

static void describe_failure(const book_tree *tree, int length, const char *fault) {
  char text[LENGTH * 64];
  size_t used = 0;
  for (int i = 0; i < length; i++) {
    const pair_op *op = &tree->op[i];
    used += (size_t)snprintf(text + used, sizeof text - used,
                             " (kind %d side %d price %d qty %d pick %u)", op->kind, op->side,
                             op->price, op->qty, op->pick);
  }
  fail_msg("%s after%s", fault, text);
}

static void visit(book_tree *tree, int length);

static void try_op(book_tree *tree, int length, const pair_op *op) {
  const book_pair *from = &tree->pair[length];
  book_pair *to = &tree->pair[length + 1];
  memcpy(to->book, from->book, tree->book_size);
  to->naive = from->naive;
  to->resting = from->resting;
  tree->op[length] = *op;
  const char *fault = pair_apply(to, op);
  if (fault == NULL) fault = pair_compare(to);
  if (fault == NULL) fault = hft_book_verify(to->book);
  if (fault != NULL) describe_failure(tree, length + 1, fault);
  visit(tree, length + 1);
}

// Goes on with each operation that can be done in this state.
static void visit(book_tree *tree, int length) {
  if (length == LENGTH) {
    tree->sequences++;
    return;
  }
  for (int side = 0; side < 2; side++) {
    for (hft_price price = 1; price <= TICKS; price++) {
      for (hft_qty qty = 1; qty <= QTY_MAX; qty++) {
        try_op(tree, length, &(pair_op){PAIR_ADD, (hft_side)side, price, qty, 0});
      }
    }
  }
  const naive_book *naive = &tree->pair[length].naive;
  int total = naive->count[HFT_BID] + naive->count[HFT_ASK];
  for (int k = 0; k < total; k++) {
    int bids = naive->count[HFT_BID];
    const naive_order *order =
        k < bids ? &naive->order[HFT_BID][k] : &naive->order[HFT_ASK][k - bids];
    try_op(tree, length, &(pair_op){PAIR_CANCEL, HFT_BID, 0, 0, (uint32_t)k});
    if (order->qty > 1) try_op(tree, length, &(pair_op){PAIR_REDUCE, HFT_BID, 0, 1, (uint32_t)k});
  }
}

static void every_sequence(void **state) {
  (void)state;
  static book_tree tree;
  const hft_book_config config = {1, TICKS, SLOTS};
  tree.book_size = hft_book_size(&config);
  for (int i = 0; i <= LENGTH; i++) assert_true(pair_create(&tree.pair[i], &config));
  visit(&tree, 0);
  // At least the additions alone: 12 at each place.
  uint64_t least = 1;
  for (int i = 0; i < LENGTH; i++) least *= 2 * TICKS * QTY_MAX;
  assert_true(tree.sequences > least);
  print_message("%llu sequences\n", (unsigned long long)tree.sequences);
  for (int i = 0; i <= LENGTH; i++) pair_free(&tree.pair[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_sequence)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
