// The role `executor`: its pace, its price, and that its parent order is complete at the horizon.
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/env_world.h"

#define LENGTH 10
#define BY_HAND(market, seat)                                                          \
  "market_config: {window_ticks: 1024, decision_ms: 100, fundamental: constant" market \
  "}\n"                                                                                \
  "env_config: {warmup_s: 0, episode_len: 10}\nagents: [{kind: hand}, {kind: hand}]\n" \
  "seats: [{kind: executor, offset_max: 8, " seat "}]\n"
#define BUY "side: buy, parent_qty: "
#define SELL "side: sell, parent_qty: "

// Reset, with quotes of a hand: 9990 at 10000, as so many orders of `qty` on each side.
static world open_with(const char *yaml, int orders, hft_qty qty) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  for (int i = 0; i < orders; i++) {
    world_rest(&w, 0, HFT_BID, 9990, qty);
    world_rest(&w, 0, HFT_ASK, 10000, qty);
  }
  return w;
}

static world open_by_hand(const char *yaml) {
  return open_with(yaml, 1, 100000);
}

static int64_t executed(const world *w) {
  return llabs(world_account(w, 0)->position);
}

// With pace -1 nothing is done before the horizon, and all of it there, at market.
static void check_horizon(const char *yaml, int sign, int64_t parent, int64_t orders) {
  world w = open_with(yaml, 10, 30);
  world_act(&w, 0, -1, -1);
  for (int i = 1; i < LENGTH; i++) {
    world_step(&w);
    assert_int_equal(world_account(&w, 0)->order_count, 0);
    assert_false(*w.io.ended);
  }
  world_step(&w);
  assert_true(*w.io.ended && *w.io.truncated && !world_terminated(&w, 0));
  assert_int_equal(world_account(&w, 0)->position, sign * parent);
  assert_int_equal(world_account(&w, 0)->taker_qty, parent);
  assert_int_equal(world_account(&w, 0)->order_count, orders);
  assert_int_equal(world_account(&w, 0)->cash, -sign * parent * (sign > 0 ? 10000 : 9990));
  assert_near((double)world_obs(&w, 0, "remaining"), 0, 0);
  world_close(&w);
}

static void test_the_horizon(void **context) {
  (void)context;
  check_horizon(BY_HAND("", BUY "100"), 1, 100, 1);
  check_horizon(BY_HAND("", SELL "37"), -1, 37, 1);
  // Orders may be smaller than the parent.
  check_horizon(BY_HAND(", order_qty_max: 30", BUY "100"), 1, 100, 4);
  check_horizon(BY_HAND(", order_qty_max: 30", SELL "90"), -1, 90, 3);
}

// What rests at the horizon is withdrawn and traded at market.
static void test_the_horizon_withdraws_what_rests(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", BUY "100"));
  world_act(&w, 0, 0, 1);
  for (int i = 0; i < LENGTH; i++) {
    hft_order_id id;
    hft_order order;
    world_step(&w);
    assert_int_equal(world_quote(&w, 0, HFT_BID, &id, &order), i < LENGTH - 1);
    if (i < LENGTH - 1) assert_int_equal(order.price, 9992);
  }
  assert_int_equal(world_account(&w, 0)->position, 100);
  assert_int_equal(world_account(&w, 0)->maker_qty, 0);
  world_close(&w);
}

static void test_a_horizon_without_a_counterpart(void **context) {
  (void)context;
  world w = world_open(BY_HAND("", BUY "100"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 5);
  world_rest(&w, 0, HFT_ASK, 10000, 40);
  world_act(&w, 0, -1, 0);
  for (int i = 0; i < LENGTH; i++) world_step(&w);
  assert_true(*w.io.truncated);
  // 40 lots at 10000; then, as one tick had 40 lots, 40 at 10001 and 20 at 10002.
  const hft_account *account = world_account(&w, 0);
  assert_int_equal(account->position, 100);
  assert_int_equal(account->taker_qty, 40);
  assert_int_equal(account->unfilled, 60);
  assert_int_equal(account->cash, -(40 * 10000 + 40 * 10001 + 20 * 10002));
  assert_near((double)world_unfilled(&w, 0), 60, 0);
  assert_near((double)world_obs(&w, 0, "remaining"), 0, 0);
  // Against the arrival price, 9995.
  assert_near((double)world_pnl(&w, 0), -(40 * 5 + 40 * 6 + 20 * 7), 1e-3);
  world_close(&w);
}

// Pace 0 at the opposite best price: even from the first step to the last.
static void check_even(const char *yaml, int64_t parent, double slack) {
  world w = open_by_hand(yaml);
  world_act(&w, 0, 0, -1);
  for (int i = 1; i <= LENGTH; i++) {
    world_step(&w);
    assert_near((double)executed(&w), (double)(parent * i) / LENGTH, slack);
  }
  assert_int_equal(executed(&w), parent);
  world_close(&w);
}

static void test_an_even_pace(void **context) {
  (void)context;
  check_even(BY_HAND("", BUY "100"), 100, 0);
  check_even(BY_HAND("", SELL "2000"), 2000, 0);
  check_even(BY_HAND("", BUY "95"), 95, 1.5);
  check_even(BY_HAND("", SELL "7"), 7, 1.5);
  check_even(BY_HAND("", BUY "1"), 1, 1);
}

// Pace 1 does 2 / n of what is left with n steps left: after k of T steps
// (T - k)(T - k - 1) / (T (T - 1)) of the parent is left. No action goes faster.
static void test_the_fastest_pace(void **context) {
  (void)context;
  for (int k = 0; k < 3; k++) {
    world w = open_by_hand(BY_HAND("", BUY "9000"));
    world_act(&w, 0, k == 0 ? 1 : k == 1 ? 50 : INFINITY, k == 0 ? -1 : -INFINITY);
    for (int i = 1; i <= LENGTH; i++) {
      world_step(&w);
      double left = 9000.0 * (LENGTH - i) * (LENGTH - i - 1) / (LENGTH * (LENGTH - 1));
      assert_near((double)(9000 - executed(&w)), left, 3);
    }
    assert_int_equal(executed(&w), 9000);
    assert_int_equal(world_account(&w, 0)->taker_qty, 9000);
    world_close(&w);
  }
}

// No more can be asked for than is left, however late and fast, and the slowest asks for nothing.
static void test_paces_are_clipped(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", BUY "1000"));
  world_act(&w, 0, -INFINITY, -1);
  for (int i = 0; i < LENGTH - 1; i++) world_step(&w);
  assert_int_equal(executed(&w), 0);
  world_act(&w, 0, INFINITY, -1);
  world_step(&w);
  assert_int_equal(executed(&w), 1000);
  world_close(&w);
}

// The first child order, at a spread of 10.
static void check_child(const char *yaml, hft_side side, float offset, hft_price price) {
  world w = open_by_hand(yaml);
  hft_order_id id;
  hft_order order;
  world_act(&w, 0, 0, offset);
  world_step(&w);
  assert_true(world_quote(&w, 0, side, &id, &order));
  assert_int_equal(order.price, price);
  assert_int_equal(order.qty, 5);
  assert_int_equal(order.tif, HFT_GTC);
  world_close(&w);
}

static void test_prices(void **context) {
  (void)context;
  check_child(BY_HAND("", BUY "50"), HFT_BID, 0, 9996);
  check_child(BY_HAND("", BUY "50"), HFT_BID, 1, 9992);
  check_child(BY_HAND("", BUY "50"), HFT_BID, 4, 9992);
  check_child(BY_HAND("", BUY "50"), HFT_BID, -0.9375f, 9999);  // a quarter of a tick
  check_child(BY_HAND("", SELL "50"), HFT_ASK, 0, 9994);
  check_child(BY_HAND("", SELL "50"), HFT_ASK, 1, 9998);
  check_child(BY_HAND("", SELL "50"), HFT_ASK, -0.9375f, 9991);
}

// A child order that must shrink, or stay, keeps its place; one that moves does not.
static void test_the_child_keeps_its_place(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", BUY "100"));
  hft_order_id id[4];
  hft_order order;
  world_rest(&w, 1, HFT_BID, 9992, 3);
  world_act(&w, 0, 0, 1);
  world_step(&w);
  assert_true(world_quote(&w, 0, HFT_BID, &id[0], &order));
  assert_int_equal(order.qty, 10);
  world_rest(&w, 1, HFT_BID, 9992, 9);
  world_act(&w, 0, -1, 1);
  world_step(&w);
  assert_true(world_quote(&w, 0, HFT_BID, &id[1], &order));
  assert_true(id[1].number == id[0].number && order.qty == 10);
  hft_desk desk = world_seat_desk(&w, 0);
  assert_int_equal(hft_desk_queue_ahead(&desk, id[1]), 3);
  // Others sell 3 + 4: the rest of the child is the rest of what is due.
  world_take(&w, 1, HFT_ASK, 7);
  world_step(&w);
  assert_true(world_quote(&w, 0, HFT_BID, &id[2], &order));
  assert_true(id[2].number == id[0].number && order.qty == 6);
  assert_int_equal(executed(&w), 4);
  world_act(&w, 0, -1, 0);
  world_step(&w);
  assert_true(world_quote(&w, 0, HFT_BID, &id[3], &order));
  assert_true(id[3].number != id[0].number && order.price == 9996 && order.qty == 6);
  world_close(&w);
}

// In a lively market with any actions: one order at most, one direction only, never past the
// parent, and never more asked for than twice the even pace of what was left.
static void check_bounds(const char *side, int sign, uint64_t seed) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           WORLD_INSTRUMENT "env_config: {warmup_s: 5, episode_len: 80}\n" WORLD_CROWD
                            "seats: [{kind: executor, side: %s, parent_qty: 160}]\n",
           side);
  world w = world_open(yaml);
  world_reset(&w, seed, 0);
  uint64_t stream = seed;
  int64_t before = 0;
  double due = 0;
  for (int i = 0; i < 80; i++) {
    world_act_randomly(&w, &stream);
    due += 2 * (double)(160 - before) / (80 - i);
    world_step(&w);
    int64_t now = sign * world_account(&w, 0)->position;
    assert_in_range(now, before, 160);
    hft_order_id id;
    hft_order order = {0};
    world_quote(&w, 0, sign > 0 ? HFT_BID : HFT_ASK, &id, &order);
    assert_false(world_quote(&w, 0, sign > 0 ? HFT_ASK : HFT_BID, &id, &order));
    assert_true(now + order.qty <= 160);
    if (i < 79) assert_true((double)(now + order.qty) <= due);
    before = now;
  }
  assert_int_equal(before, 160);
  assert_true(*w.io.truncated);
  world_close(&w);
}

static void test_bounds_in_a_lively_market(void **context) {
  (void)context;
  for (uint64_t seed = 0; seed < 5; seed++) {
    check_bounds("buy", 1, seed);
    check_bounds("sell", -1, seed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_horizon),
      cmocka_unit_test(test_the_horizon_withdraws_what_rests),
      cmocka_unit_test(test_a_horizon_without_a_counterpart),
      cmocka_unit_test(test_an_even_pace),
      cmocka_unit_test(test_the_fastest_pace),
      cmocka_unit_test(test_paces_are_clipped),
      cmocka_unit_test(test_prices),
      cmocka_unit_test(test_the_child_keeps_its_place),
      cmocka_unit_test(test_bounds_in_a_lively_market),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
