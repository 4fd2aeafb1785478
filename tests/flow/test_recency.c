// The list of orders by recency against a plain array.
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/flow/recency.h"
#include "tests/support/check.h"

#define ORDERS_MAX 4096

// The orders of each side, the latest last.
typedef struct naive {
  hft_order_id id[2][ORDERS_MAX];
  uint32_t count[2];
} naive;

static hft_recency *open_list(uint32_t orders) {
  hft_recency *list = calloc(1, hft_recency_size(orders));
  assert_non_null(list);
  hft_recency_init(list, orders);
  return list;
}

static void naive_remove(naive *n, hft_order_id id) {
  for (int side = 0; side < 2; side++) {
    for (uint32_t k = 0; k < n->count[side]; k++) {
      if (n->id[side][k].number != id.number) continue;
      memmove(&n->id[side][k], &n->id[side][k + 1], (n->count[side] - k - 1) * sizeof id);
      n->count[side]--;
      return;
    }
  }
}

static bool same(hft_order_id a, hft_order_id b) {
  return a.slot1 == b.slot1 && a.number == b.number;
}

static void compare(hft_recency *list, const naive *n) {
  for (int side = 0; side < 2; side++) {
    assert_int_equal(list->side[side].live, n->count[side]);
    for (uint32_t k = 0; k < n->count[side]; k++) {
      hft_order_id id = hft_recency_latest(list, (hft_side)side, k);
      hft_order_id expected = n->id[side][n->count[side] - 1 - k];
      if (!same(id, expected)) fail_msg("side %d, rank %u of %u", side, k, n->count[side]);
      assert_true(same(hft_recency_of_slot(list, expected.slot1 - 1), expected));
    }
  }
}

// Random adds and removals with the slots of one owner, which lie in the middle of the pool.
// `many`: of ten steps, those that add while there is room.
static void run(uint32_t orders, int many, int steps, uint64_t seed) {
  hft_recency *list = open_list(orders);
  naive *n = calloc(1, sizeof *n);
  uint32_t *free_slot = malloc(orders * sizeof *free_slot), free_count = orders;
  assert_true(n != NULL && free_slot != NULL);
  const uint32_t base = 1000;
  for (uint32_t i = 0; i < orders; i++) free_slot[i] = base + i;
  hft_rng rng = hft_rng_seed(seed, orders);
  uint32_t number = 0;
  for (int step = 0; step < steps; step++) {
    uint32_t total = n->count[0] + n->count[1];
    if (total == 0 || (free_count > 0 && hft_bounded(&rng, 10) < (uint32_t)many)) {
      hft_side side = (hft_side)(hft_rng_u32(&rng) & 1);
      uint32_t pick = hft_bounded(&rng, free_count), slot = free_slot[pick];
      free_slot[pick] = free_slot[--free_count];
      hft_order_id id = {slot + 1, ++number};
      hft_recency_add(list, side, id);
      n->id[side][n->count[side]++] = id;
    } else {
      hft_side side = hft_bounded(&rng, total) < n->count[0] ? HFT_BID : HFT_ASK;
      hft_order_id id = n->id[side][hft_bounded(&rng, n->count[side])];
      hft_recency_remove(list, id);
      hft_recency_remove(list, id);                                       // it is out
      hft_recency_remove(list, (hft_order_id){id.slot1, id.number + 1});  // never was in
      assert_int_equal(hft_recency_of_slot(list, id.slot1 - 1).number, 0);
      naive_remove(n, id);
      free_slot[free_count++] = id.slot1 - 1;
    }
    if (step % 97 == 0 || total < 3) compare(list, n);
  }
  assert_int_equal(hft_recency_of_slot(list, 0).number, 0);
  assert_int_equal(hft_recency_of_slot(list, base + 64 * orders).number, 0);
  compare(list, n);
  free(free_slot);
  free(n);
  free(list);
}

static void lists_equal_plain_arrays(void **state) {
  (void)state;
  const uint32_t orders[] = {1, 2, 63, 64, 65, 128, 200, 1000, ORDERS_MAX};
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    for (int many = 3; many <= 10; many++) run(orders[i], many, 20000, 10 * i + (uint64_t)many);
  }
}

// An order that has left unnoticed leaves the list when its slot is used again, on either side.
static void a_slot_is_in_the_list_once(void **state) {
  (void)state;
  enum { ORDERS = 100 };
  hft_recency *list = open_list(ORDERS);
  naive *n = calloc(1, sizeof *n);
  assert_non_null(n);
  hft_rng rng = hft_rng_seed(1, 2);
  hft_order_id in_slot[ORDERS] = {{0}};
  for (uint32_t number = 1; number < 20000; number++) {
    uint32_t slot = hft_bounded(&rng, ORDERS);
    hft_side side = (hft_side)(hft_rng_u32(&rng) & 1);
    if (in_slot[slot].number != 0) naive_remove(n, in_slot[slot]);
    in_slot[slot] = (hft_order_id){slot + 1, number};
    hft_recency_add(list, side, in_slot[slot]);
    n->id[side][n->count[side]++] = in_slot[slot];
    if (number % 50 == 0) compare(list, n);
  }
  free(n);
  free(list);
}

// The oldest orders stay while many come and go behind them, over many compactions.
static void old_orders_stay(void **state) {
  (void)state;
  hft_recency *list = open_list(64);
  naive *n = calloc(1, sizeof *n);
  assert_non_null(n);
  for (uint32_t number = 1; number < 100000; number++) {
    hft_order_id id = {number <= 60 ? number : 61 + number % 4, number};
    if (number > 62) naive_remove(n, n->id[HFT_ASK][60]);
    if (number > 62) hft_recency_remove(list, hft_recency_latest(list, HFT_ASK, n->count[1] - 60));
    hft_recency_add(list, HFT_ASK, id);
    n->id[HFT_ASK][n->count[HFT_ASK]++] = id;
    if (number % 31 == 0) compare(list, n);
  }
  assert_int_equal(hft_recency_latest(list, HFT_ASK, list->side[HFT_ASK].live - 1).number, 1);
  free(n);
  free(list);
}

static void set_bits_are_selected(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(3, 4);
  for (int i = 0; i < 20000; i++) {
    uint64_t word = hft_rng_u64(&rng);
    if (i % 3 > 0) word &= hft_rng_u64(&rng);
    if (i % 5 == 0) word |= hft_rng_u64(&rng) | hft_rng_u64(&rng);
    if (i == 0) word = ~UINT64_C(0);
    uint32_t j = 0;
    for (uint32_t bit = 0; bit < 64; bit++) {
      if ((word >> bit & 1) == 0) continue;
      assert_int_equal(hft_recency_select(word, j++), bit);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_equal_plain_arrays),
      cmocka_unit_test(a_slot_is_in_the_list_once),
      cmocka_unit_test(old_orders_stay),
      cmocka_unit_test(set_bits_are_selected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
