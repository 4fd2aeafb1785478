// Millions of random operations on books with bitmaps of every depth, each against the reference
// book.
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/base/rng.h"
#include "tests/support/book_pair.h"
#include "tests/support/check.h"

#define OPERATIONS 400000

typedef struct walk_plan {
  hft_book_config config;
  uint32_t bitmap_depth;  // that this window must have
  uint32_t spread;        // prices are drawn within so many ticks of a wandering centre
  hft_qty qty_max;
} walk_plan;

// What changes slowly, so that books lean to one side, fill up and are eaten again.
typedef struct walk_mood {
  uint32_t centre;  // tick
  hft_side lean;    // the side of three orders in four
} walk_mood;

// A bid mostly at or below the centre, an ask at or above it, with some overlap, so that books fill
// up and trade. One in sixteen anywhere, as far as one tick past the window on both sides.
static hft_price random_price(hft_rng *rng, const walk_plan *plan, hft_side side,
                              const walk_mood *mood) {
  int64_t width = (int64_t)plan->config.ticks + 2;
  int64_t tick = hft_bounded(rng, (uint32_t)width);
  if (hft_bounded(rng, 16) != 0) {
    int64_t away = (int64_t)hft_bounded(rng, plan->spread + 1) - plan->spread / 8;
    tick = (int64_t)mood->centre + 1 - hft_side_sign(side) * away;
    tick = tick < 0 ? 0 : tick >= width ? width - 1 : tick;
  }
  return plan->config.price_min - 1 + (hft_price)tick;
}

static pair_op random_op(hft_rng *rng, const walk_plan *plan, walk_mood *mood) {
  static const pair_kind mix[16] = {PAIR_ADD,    PAIR_ADD,     PAIR_ADD,     PAIR_ADD,
                                    PAIR_ADD,    PAIR_ADD,     PAIR_ADD,     PAIR_ADD,
                                    PAIR_TAKE,   PAIR_CANCEL,  PAIR_CANCEL,  PAIR_CANCEL,
                                    PAIR_REDUCE, PAIR_REPLACE, PAIR_REPLACE, PAIR_REPLACE};
  uint32_t ticks = plan->config.ticks;
  if (hft_bounded(rng, 64) == 0) {
    mood->centre = (mood->centre + ticks + hft_bounded(rng, 5) - 2) % ticks;
  }
  if (hft_bounded(rng, 256) == 0) mood->lean = hft_side_other(mood->lean);
  pair_op op;
  op.kind = mix[hft_bounded(rng, 16)];
  op.side = hft_bounded(rng, 4) == 0 ? hft_side_other(mood->lean) : mood->lean;
  op.price = random_price(rng, plan, op.side, mood);
  op.qty = 1 + (hft_qty)hft_bounded(rng, (uint32_t)plan->qty_max);
  op.pick = hft_rng_u32(rng);
  return op;
}

static void expect(const char *fault, const walk_plan *plan, int operation) {
  if (fault != NULL) {
    fail_msg("%u ticks, operation %d: %s", plan->config.ticks, operation, fault);
  }
}

// A book made anew from the naive one, order by order, must have the same digest.
static void expect_same_when_rebuilt(book_pair *pair, const walk_plan *plan, int operation) {
  size_t size = hft_align(hft_book_size(&pair->config));
  void *memory = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(memory);
  hft_book *rebuilt;
  assert_int_equal(hft_book_init(&pair->config, memory, size, &rebuilt), HFT_OK);
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < pair->naive.count[side]; i++) {
      const naive_order *order = &pair->naive.order[side][i];
      assert_true(hft_book_insert(rebuilt, order->slot, (hft_side)side, order->price, order->qty));
    }
  }
  bool same = hft_book_hash(rebuilt) == hft_book_hash(pair->book);
  free(memory);
  expect(same ? NULL : "the digest depends on more than levels and queues", plan, operation);
}

static void run(const walk_plan *plan) {
  book_pair pair;
  assert_true(pair_create(&pair, &plan->config));
  assert_int_equal(pair.book->bitmap_depth, plan->bitmap_depth);
  hft_rng rng = hft_rng_stream(20, plan->config.ticks, plan->config.order_max);
  // hft_book_verify walks the window: rarely where that is large.
  int verify_every = 1 + (int)plan->config.ticks / 16;
  walk_mood mood = {plan->config.ticks / 2, HFT_BID};
  int64_t crowd = 0;
  for (int i = 0; i < OPERATIONS; i++) {
    if (hft_bounded(&rng, 50000) == 0) {
      hft_book_clear(pair.book);
      memset(&pair.naive, 0, sizeof pair.naive);
      pair.resting = 0;
    }
    const pair_op op = random_op(&rng, plan, &mood);
    expect(pair_apply(&pair, &op), plan, i);
    if (i % 8 == 0) expect(pair_compare(&pair), plan, i);
    if (i % verify_every == 0) expect(hft_book_verify(pair.book), plan, i);
    if (i % 20000 == 0) expect_same_when_rebuilt(&pair, plan, i);
    crowd += pair.book->live;
  }
  expect(pair_compare(&pair), plan, OPERATIONS);
  expect(hft_book_verify(pair.book), plan, OPERATIONS);
  // The walk must have traded and kept orders, or it has shown nothing.
  assert_true(pair.fills > OPERATIONS / 20);
  assert_true(crowd / OPERATIONS > plan->config.order_max / 16);
  if (plan->qty_max == INT32_MAX) assert_true(pair.refused > 1000);
  pair_free(&pair);
}

static void one_tick(void **state) {
  (void)state;
  run(&(walk_plan){{1, 1, 24}, 1, 0, 20});
}

static void one_word_of_ticks(void **state) {
  (void)state;
  run(&(walk_plan){{1, 64, 48}, 1, 8, 20});
}

static void one_tick_more_than_a_word(void **state) {
  (void)state;
  run(&(walk_plan){{1000, 65, 48}, 2, 8, 20});
}

static void two_bitmaps(void **state) {
  (void)state;
  run(&(walk_plan){{1, 4096, 64}, 2, 12, 100});
}

static void three_bitmaps(void **state) {
  (void)state;
  run(&(walk_plan){{77, 4097, 64}, 3, 600, 100});
}

static void four_bitmaps_sparse(void **state) {
  (void)state;
  run(&(walk_plan){{1, 262145, 64}, 4, 100000, 100});
}

static void highest_prices(void **state) {
  (void)state;
  run(&(walk_plan){{INT32_MAX - 1000, 999, 64}, 2, 20, 100});
}

static void sizes_to_the_limit_of_a_level(void **state) {
  (void)state;
  run(&(walk_plan){{1, 16, 32}, 1, 2, INT32_MAX});
}

// A copy in other memory goes on exactly as the original, whatever is done to the other one.
static void a_copy_continues_identically(void **state) {
  (void)state;
  const walk_plan plan = {{1, 500, 64}, 2, 12, 50};
  book_pair original, copy;
  assert_true(pair_create(&original, &plan.config));
  assert_true(pair_create(&copy, &plan.config));
  size_t size = hft_book_size(&plan.config);
  hft_rng rng = hft_rng_stream(21, 0, 0);
  walk_mood mood = {250, HFT_BID};
  for (int round = 0; round < 200; round++) {
    for (int i = 0; i < 300; i++) {
      const pair_op op = random_op(&rng, &plan, &mood);
      expect(pair_apply(&original, &op), &plan, i);
    }
    memcpy(copy.book, original.book, size);
    copy.naive = original.naive;
    copy.resting = original.resting;
    uint64_t before = hft_book_hash(original.book);
    hft_rng same = rng;
    walk_mood same_mood = mood;
    for (int i = 0; i < 300; i++) {
      const pair_op op = random_op(&rng, &plan, &mood);
      expect(pair_apply(&copy, &op), &plan, i);
    }
    assert_true(hft_book_hash(original.book) == before);
    for (int i = 0; i < 300; i++) {
      const pair_op op = random_op(&same, &plan, &same_mood);
      expect(pair_apply(&original, &op), &plan, i);
    }
    assert_memory_equal(original.book, copy.book, size);
  }
  pair_free(&original);
  pair_free(&copy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_tick),
      cmocka_unit_test(one_word_of_ticks),
      cmocka_unit_test(one_tick_more_than_a_word),
      cmocka_unit_test(two_bitmaps),
      cmocka_unit_test(three_bitmaps),
      cmocka_unit_test(four_bitmaps_sparse),
      cmocka_unit_test(highest_prices),
      cmocka_unit_test(sizes_to_the_limit_of_a_level),
      cmocka_unit_test(a_copy_continues_identically),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
