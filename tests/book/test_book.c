// The contract of the order book at its limits; test_book_random.c covers the common cases.
#include <stdlib.h>
#include <string.h>

#include "sim/book/book.h"
#include "tests/support/check.h"

static hft_book *make_book(hft_price price_min, uint32_t ticks, uint32_t order_max) {
  const hft_book_config config = {price_min, ticks, order_max};
  size_t size = hft_align(hft_book_size(&config));
  assert_true(size > 0);
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(memory);
  memset(memory, 0xa5, size);
  hft_book *book;
  assert_int_equal(hft_book_init(&config, memory, size, &book), HFT_OK);
  assert_ptr_equal(book, memory);
  assert_null(hft_book_verify(book));
  return book;
}

static void add(hft_book *book, uint32_t slot, hft_side side, hft_price price, hft_qty qty) {
  assert_false(hft_book_crosses(book, side, price));
  assert_true(hft_book_insert(book, slot, side, price, qty));
}

static void expect_level(hft_level level, hft_price price, hft_qty qty, int order_count) {
  assert_int_equal(level.price, price);
  assert_int_equal(level.qty, qty);
  assert_int_equal(level.order_count, order_count);
}

static void size_is_zero_out_of_bounds(void **state) {
  (void)state;
  const hft_book_config bad[] = {
      {-1, 10, 10},
      {INT32_MIN, 10, 10},
      {1, 0, 10},
      {1, HFT_BOOK_TICKS_MAX + 1, 10},
      {1, UINT32_MAX, 10},
      {1, 10, 0},
      {1, 10, HFT_BOOK_ORDERS_MAX + 1},
      {1, 10, UINT32_MAX},
      {INT32_MAX - 9, 10, 10},
      {INT32_MAX, 1, 1},
  };
  unsigned char block[4096] = {0};
  hft_book *book = NULL;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(hft_book_size(&bad[i]), 0);
    void *aligned = (void *)hft_align((uintptr_t)block);
    assert_int_equal(hft_book_init(&bad[i], aligned, 2048, &book), HFT_EINVAL);
    assert_null(book);
  }
  const hft_book_config good[] = {
      {1, 1, 1},
      {0, 10, 10},
      {INT32_MAX - 10, 10, 10},
      {1, HFT_BOOK_TICKS_MAX, HFT_BOOK_ORDERS_MAX},
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(hft_book_size(&good[i]) > 0);
    assert_int_equal(hft_book_size(&good[i]) % HFT_CACHE_LINE, 0);
  }
}

static void init_refuses_bad_memory(void **state) {
  (void)state;
  const hft_book_config config = {1, 100, 10};
  size_t size = hft_book_size(&config);
  char *memory = aligned_alloc(HFT_CACHE_LINE, size + HFT_CACHE_LINE);
  assert_non_null(memory);
  hft_book *book = NULL;
  for (size_t shift = 1; shift < HFT_CACHE_LINE; shift++) {
    assert_int_equal(hft_book_init(&config, memory + shift, size, &book), HFT_EINVAL);
  }
  assert_int_equal(hft_book_init(&config, memory, size - 1, &book), HFT_ENOMEM);
  assert_int_equal(hft_book_init(&config, memory, 0, &book), HFT_ENOMEM);
  assert_null(book);
  assert_int_equal(hft_book_init(&config, memory, size, &book), HFT_OK);
  free(memory);
}

static void init_keeps_to_its_size(void **state) {
  (void)state;
  const hft_book_config config = {1, 100, 10};
  size_t size = hft_book_size(&config);
  unsigned char *memory = aligned_alloc(HFT_CACHE_LINE, size + HFT_CACHE_LINE);
  assert_non_null(memory);
  memset(memory, 0x5a, size + HFT_CACHE_LINE);
  hft_book *book;
  assert_int_equal(hft_book_init(&config, memory, size, &book), HFT_OK);
  add(book, 9, HFT_BID, 100, 1);
  hft_book_clear(book);
  for (size_t i = 0; i < HFT_CACHE_LINE; i++) assert_int_equal(memory[size + i], 0x5a);
  free(memory);
}

static void an_empty_book_reads_as_nothing(void **state) {
  (void)state;
  hft_book *book = make_book(10, 100, 4);
  hft_level level;
  for (int side = 0; side < 2; side++) {
    assert_int_equal(hft_book_best_price(book, (hft_side)side), 0);
    expect_level(hft_book_best(book, (hft_side)side), 0, 0, 0);
    assert_int_equal(hft_book_front(book, (hft_side)side), HFT_NO_SLOT);
    assert_int_equal(hft_book_depth(book, (hft_side)side, &level, 1), 0);
    assert_false(hft_book_crosses(book, (hft_side)side, 50));
    hft_qty qty = 5;
    hft_fill fill;
    assert_false(hft_book_match(book, (hft_side)side, 50, &qty, &fill));
    assert_int_equal(qty, 5);
  }
  assert_false(hft_book_is_live(book, 0));
  assert_false(hft_book_is_live(book, 4));
  assert_false(hft_book_is_live(book, HFT_NO_SLOT));
  free(book);
}

static void window_has_its_edges(void **state) {
  (void)state;
  hft_book *book = make_book(10, 100, 4);
  assert_false(hft_book_in_window(book, 9));
  assert_true(hft_book_in_window(book, 10));
  assert_true(hft_book_in_window(book, 109));
  assert_false(hft_book_in_window(book, 110));
  assert_false(hft_book_in_window(book, 0));
  assert_false(hft_book_in_window(book, -1));
  assert_false(hft_book_in_window(book, INT32_MAX));
  add(book, 0, HFT_BID, 10, 1);
  add(book, 1, HFT_ASK, 109, 2);
  assert_null(hft_book_verify(book));
  expect_level(hft_book_best(book, HFT_BID), 10, 1, 1);
  expect_level(hft_book_best(book, HFT_ASK), 109, 2, 1);
  expect_level(hft_book_level(book, 9), 0, 0, 0);
  expect_level(hft_book_level(book, 110), 0, 0, 0);
  // Prices beyond the window trade as far as they reach: 9 sells to the bid, 110 buys.
  assert_true(hft_book_crosses(book, HFT_ASK, 9));
  assert_true(hft_book_crosses(book, HFT_BID, 110));
  assert_true(hft_book_crosses(book, HFT_BID, INT32_MAX));
  assert_false(hft_book_crosses(book, HFT_BID, 108));
  assert_false(hft_book_crosses(book, HFT_ASK, 11));
  free(book);
}

static void largest_window(void **state) {
  (void)state;
  const hft_book_config config = {1, HFT_BOOK_TICKS_MAX, 8};
  size_t size = hft_align(hft_book_size(&config));
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  if (memory == NULL) skip();
  hft_book *book;
  assert_int_equal(hft_book_init(&config, memory, size, &book), HFT_OK);
  assert_int_equal(book->bitmap_depth, HFT_BITMAP_DEPTH);
  const hft_price top = (hft_price)HFT_BOOK_TICKS_MAX;
  add(book, 0, HFT_ASK, top, 1);
  add(book, 1, HFT_ASK, top / 2 + 1, 1);
  add(book, 2, HFT_BID, 1, 1);
  add(book, 3, HFT_BID, top / 2, 1);
  hft_level level[3];
  assert_int_equal(hft_book_depth(book, HFT_ASK, level, 3), 2);
  expect_level(level[0], top / 2 + 1, 1, 1);
  expect_level(level[1], top, 1, 1);
  assert_int_equal(hft_book_depth(book, HFT_BID, level, 3), 2);
  expect_level(level[0], top / 2, 1, 1);
  expect_level(level[1], 1, 1, 1);
  hft_book_remove(book, 1);
  hft_book_remove(book, 3);
  assert_int_equal(hft_book_best_price(book, HFT_ASK), top);
  assert_int_equal(hft_book_best_price(book, HFT_BID), 1);
  free(memory);
}

static void a_full_level_refuses_and_is_unchanged(void **state) {
  (void)state;
  hft_book *book = make_book(1, 10, 4);
  add(book, 0, HFT_ASK, 5, INT32_MAX - 1);
  uint64_t before = hft_book_hash(book);
  assert_false(hft_book_insert(book, 1, HFT_ASK, 5, 2));
  assert_false(hft_book_insert(book, 1, HFT_ASK, 5, INT32_MAX));
  assert_true(hft_book_hash(book) == before);
  assert_false(hft_book_is_live(book, 1));
  assert_null(hft_book_verify(book));
  add(book, 1, HFT_ASK, 5, 1);
  expect_level(hft_book_level(book, 5), 5, INT32_MAX, 2);
  assert_false(hft_book_insert(book, 2, HFT_ASK, 5, 1));
  // The next price has room of its own.
  add(book, 2, HFT_ASK, 6, INT32_MAX);
  hft_qty qty = INT32_MAX;
  hft_fill fill;
  assert_true(hft_book_match(book, HFT_BID, 5, &qty, &fill));
  assert_int_equal(fill.qty, INT32_MAX - 1);
  assert_true(hft_book_match(book, HFT_BID, 5, &qty, &fill));
  assert_int_equal(fill.qty, 1);
  assert_int_equal(qty, 0);
  assert_null(hft_book_verify(book));
  free(book);
}

static void first_come_first_served(void **state) {
  (void)state;
  hft_book *book = make_book(1, 10, 4);
  add(book, 3, HFT_BID, 5, 10);
  add(book, 1, HFT_BID, 5, 20);
  add(book, 2, HFT_BID, 6, 30);
  // A reduce keeps its place.
  hft_book_reduce(book, 3, 4);
  assert_int_equal(hft_book_ahead(book, 3), 0);
  assert_int_equal(hft_book_ahead(book, 1), 6);
  const hft_fill expected[] = {{2, 6, 30, 0}, {3, 5, 6, 0}, {1, 5, 4, 16}};
  hft_qty qty = 40;
  for (int i = 0; i < 3; i++) {
    hft_fill fill;
    assert_true(hft_book_match(book, HFT_ASK, 1, &qty, &fill));
    assert_memory_equal(&fill, &expected[i], sizeof fill);
  }
  assert_int_equal(qty, 0);
  expect_level(hft_book_best(book, HFT_BID), 5, 16, 1);
  assert_null(hft_book_verify(book));
  free(book);
}

static void a_limit_is_kept(void **state) {
  (void)state;
  hft_book *book = make_book(1, 10, 4);
  add(book, 0, HFT_ASK, 5, 1);
  add(book, 1, HFT_ASK, 6, 1);
  hft_qty qty = 3;
  hft_fill fill;
  assert_true(hft_book_match(book, HFT_BID, 5, &qty, &fill));
  assert_false(hft_book_match(book, HFT_BID, 5, &qty, &fill));
  assert_int_equal(qty, 2);
  // What is left becomes the best bid of the price just emptied.
  add(book, 0, HFT_BID, 5, qty);
  assert_int_equal(hft_book_order_side(book, 0), HFT_BID);
  assert_int_equal(hft_book_order_side(book, 1), HFT_ASK);
  assert_null(hft_book_verify(book));
  free(book);
}

static void depth_stops_at_its_limit(void **state) {
  (void)state;
  hft_book *book = make_book(1, 200, 8);
  const hft_price price[] = {1, 64, 65, 66, 130};
  for (uint32_t i = 0; i < 5; i++) add(book, i, HFT_BID, price[i], (hft_qty)i + 1);
  hft_level level[6];
  memset(level, 0x77, sizeof level);
  assert_int_equal(hft_book_depth(book, HFT_BID, level, 0), 0);
  assert_int_equal(hft_book_depth(book, HFT_BID, level, 2), 2);
  expect_level(level[0], 130, 5, 1);
  expect_level(level[1], 66, 4, 1);
  assert_int_equal(level[2].price, 0x77777777);
  assert_int_equal(hft_book_depth(book, HFT_BID, level, 6), 5);
  expect_level(level[4], 1, 1, 1);
  free(book);
}

static void the_digest_tells_states_apart(void **state) {
  (void)state;
  hft_book *a = make_book(1, 10, 4);
  hft_book *b = make_book(1, 10, 4);
  assert_true(hft_book_hash(a) == hft_book_hash(b));
  add(a, 0, HFT_BID, 5, 1);
  assert_true(hft_book_hash(a) != hft_book_hash(b));
  add(b, 0, HFT_ASK, 5, 1);
  assert_true(hft_book_hash(a) != hft_book_hash(b));
  hft_book_clear(b);
  add(b, 1, HFT_BID, 5, 1);
  assert_true(hft_book_hash(a) != hft_book_hash(b));
  // The order of a queue counts.
  add(a, 1, HFT_BID, 5, 1);
  add(b, 0, HFT_BID, 5, 1);
  assert_true(hft_book_hash(a) != hft_book_hash(b));
  free(a);
  free(b);
}

// For every slot, free or not, and every price of the window.
static void hints_change_nothing(void **state) {
  (void)state;
  const hft_book_config config = {5, 130, 8};
  size_t size = hft_book_size(&config);
  hft_book *book = make_book(5, 130, 8);
  add(book, 0, HFT_BID, 5, 1);
  add(book, 7, HFT_BID, 5, 2);
  add(book, 3, HFT_ASK, 134, 3);
  add(book, 4, HFT_ASK, 100, 3);
  hft_book_remove(book, 4);
  hft_book *before = make_book(5, 130, 8);
  memcpy(before, book, size);
  for (uint32_t slot = 0; slot < 8; slot++) {
    hft_book_hint_order(book, slot);
    hft_book_hint_order_links(book, slot);
  }
  for (hft_price price = 5; price < 135; price++) {
    hft_book_hint_price(book, price);
    hft_book_hint_price_links(book, price);
  }
  assert_memory_equal(book, before, size);
  free(before);
  free(book);
}

// hft_book_verify must see damage of every kind, or it has verified nothing so far.
static void verify_sees_damage(void **state) {
  (void)state;
  const hft_book_config config = {1, 130, 4};
  size_t size = hft_book_size(&config);
  hft_book *sound = make_book(1, 130, 4);
  add(sound, 0, HFT_BID, 64, 5);
  add(sound, 1, HFT_BID, 64, 6);
  add(sound, 2, HFT_ASK, 100, 7);
  hft_book *book = make_book(1, 130, 4);
  for (int kind = 0; kind < 12; kind++) {
    memcpy(book, sound, size);
    assert_null(hft_book_verify(book));
    hft_node *nodes = hft_book_nodes(book);
    hft_node *order = &nodes[book->ticks];
    switch (kind) {
      case 0:
        book->live++;
        break;
      case 1:
        book->best[HFT_BID] = 62;
        break;
      case 2:
        book->best[HFT_ASK] = 98;
        break;
      case 3:
        book->best[HFT_BID] = 99;
        break;
      case 4:
        nodes[63].qty++;
        break;
      case 5:
        nodes[63].tag++;
        break;
      case 6:
        order->qty = 0;
        break;
      case 7:
        order->tag = 64;
        break;
      case 8:
        order->prev = order->next;
        break;
      case 9:
        hft_book_bitmap(book, 0)[0] = 0;
        break;
      case 10:
        hft_book_bitmap(book, 0)[0] |= 1;
        break;
      case 11:
        hft_book_bitmap(book, 1)[0] |= 4;
        break;
    }
    if (hft_book_verify(book) == NULL) fail_msg("damage %d was not seen", kind);
  }
  free(book);
  free(sound);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(size_is_zero_out_of_bounds),
      cmocka_unit_test(init_refuses_bad_memory),
      cmocka_unit_test(init_keeps_to_its_size),
      cmocka_unit_test(an_empty_book_reads_as_nothing),
      cmocka_unit_test(window_has_its_edges),
      cmocka_unit_test(largest_window),
      cmocka_unit_test(a_full_level_refuses_and_is_unchanged),
      cmocka_unit_test(first_come_first_served),
      cmocka_unit_test(a_limit_is_kept),
      cmocka_unit_test(depth_stops_at_its_limit),
      cmocka_unit_test(the_digest_tells_states_apart),
      cmocka_unit_test(hints_change_nothing),
      cmocka_unit_test(verify_sees_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
