// How episodes end: at a limit, with the cost of closing the position, and at the last step.
#include <stdlib.h>

#include "tests/support/env_world.h"

#define MAKER 0
#define BYSTANDER 1
#define BY_HAND(risk)                                                                       \
  "env_config: {warmup_s: 0, episode_len: 8}\nreward_config: {lambda_inventory: 0}\n"       \
  "risk_config: {" risk "}\n" WORLD_HANDS                                                   \
  "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10}, {kind: maker, " \
  "offset_unit: ticks}]\n"

// Hand 0 holds the market at these prices.
static void hold(const world *w, hft_price bid, hft_price ask) {
  hft_desk hand = world_hand(w, 0);
  hft_desk_cancel_all(&hand);
  world_rest(w, 0, HFT_BID, bid, 1000);
  world_rest(w, 0, HFT_ASK, ask, 1000);
}

// Reset, held at 9990 and 10010, the maker's quotes at 9995 and 10005, one step done.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  hold(&w, 9990, 10010);
  world_act(&w, MAKER, 0, 0);
  world_act(&w, BYSTANDER, 1, 1);
  world_step(&w);
  return w;
}

// The maker of open_by_hand holds `lots` (up to 6) from its quote, has withdrawn, and the market is
// back at 9990 and 10010: bought at 9995 or sold at 10005, worth 5 ticks a lot.
static world open_holding(const char *yaml, hft_side side, hft_qty lots) {
  world w = open_by_hand(yaml);
  world_take(&w, 1, hft_side_other(side), lots);
  world_act(&w, MAKER, 1, 1);
  return w;
}

static void check_out(const world *w, float pnl) {
  assert_true(world_terminated(w, MAKER) && !world_terminated(w, BYSTANDER));
  assert_false(*w->io.ended || *w->io.truncated);
  assert_int_equal(world_account(w, MAKER)->position, 0);
  hft_desk desk = world_seat_desk(w, MAKER);
  assert_int_equal(hft_desk_open_count(&desk), 0);
  assert_near((double)world_pnl(w, MAKER), (double)pnl, 0);
  assert_near((double)world_inventory(w, MAKER), 0, 0);
  assert_near((double)world_reward(w, MAKER), (double)pnl, 0);
}

// Whatever a seat that is out asks for, nothing happens, and the others go on to the last step.
static void check_stays_out(world *w) {
  float total = hft_env_return(w->env, MAKER);
  int64_t orders = world_account(w, MAKER)->order_count;
  world_act(w, MAKER, -1, -1);
  while (hft_env_steps(w->env) < 8) {
    assert_false(*w->io.ended);
    world_step(w);
    assert_false(world_terminated(w, MAKER) || world_terminated(w, BYSTANDER));
    assert_true(world_reward(w, MAKER) == 0 && world_pnl(w, MAKER) == 0);
    assert_true(world_inventory(w, MAKER) == 0);
    assert_true(world_obs(w, MAKER, "inventory") == 0 && world_obs(w, MAKER, "bid_quote") == 0);
    assert_int_equal(world_account(w, MAKER)->order_count, orders);
  }
  assert_true(*w->io.ended && *w->io.truncated);
  assert_true(hft_env_return(w->env, MAKER) == total);
}

static void test_a_large_inventory(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("max_inventory: 6"));
  world_take(&w, 1, HFT_ASK, 6);
  // The mid is 9997.5 now: 6 lots at 9995 are worth 15. Six lots are allowed.
  world_step(&w);
  assert_false(world_terminated(&w, MAKER));
  assert_int_equal(world_account(&w, MAKER)->position, 6);
  // Quotes: 9992, 10003.
  world_take(&w, 1, HFT_ASK, 1);
  world_step(&w);
  // Seven lots, bought for 6 x 9995 + 9992, go at 9990; 15 were there, as the mid of the new
  // quotes after the first step has it.
  check_out(&w, -6 * 5 - 2 - 15);
  check_stays_out(&w);
  world_close(&w);
}

static void test_a_large_short(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("max_inventory: 5"));
  world_take(&w, 1, HFT_BID, 6);
  world_step(&w);
  check_out(&w, -6 * 5);
  check_stays_out(&w);
  world_close(&w);
}

// Orders of the close-out are no larger than orders may be.
static void test_a_close_out_in_pieces(void **context) {
  (void)context;
  world w = world_open(
      "market_config: {window_ticks: 1024, order_qty_max: 4}\n"
      "env_config: {warmup_s: 0, episode_len: 8}\nrisk_config: {max_inventory: 7}\n"
      "agents: [{kind: hand}, {kind: hand}]\n"
      "seats: [{kind: maker, quote_qty: 4, offset_unit: ticks, offset_max: 10}, {kind: maker, "
      "offset_unit: ticks}]\n");
  world_reset(&w, 0, 0);
  for (int i = 0; i < 5; i++) {
    world_rest(&w, 0, HFT_BID, 9990 - i, 4);
    world_rest(&w, 0, HFT_ASK, 10010, 4);
  }
  world_act(&w, MAKER, 0, 0);
  world_act(&w, BYSTANDER, 1, 1);
  for (int i = 0; i < 2; i++) {
    world_step(&w);
    assert_false(world_terminated(&w, MAKER));
    world_take(&w, 1, HFT_ASK, 4);
  }
  world_step(&w);
  assert_true(world_terminated(&w, MAKER));
  assert_int_equal(world_account(&w, MAKER)->position, 0);
  assert_int_equal(world_account(&w, MAKER)->taker_qty, 8);
  world_close(&w);
}

// Where nobody buys what must be sold, the exchange takes it over at ever worse prices.
static void test_a_close_out_without_a_counterpart(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("max_inventory: 5"));
  world_take(&w, 1, HFT_ASK, 6);
  hft_desk hand = world_hand(&w, 0);
  hft_desk_cancel_all(&hand);
  world_rest(&w, 0, HFT_BID, 9980, 2);
  world_step(&w);
  assert_true(world_terminated(&w, MAKER));
  // Two lots at 9980; of the rest two at 9979 and two at 9978.
  assert_int_equal(world_account(&w, MAKER)->position, 0);
  assert_int_equal(world_account(&w, MAKER)->unfilled, 4);
  assert_int_equal(world_account(&w, MAKER)->cash, -6 * 9995 + 2 * (9980 + 9979 + 9978));
  assert_near((double)world_unfilled(&w, MAKER), 4, 0);
  world_step(&w);
  assert_near((double)world_unfilled(&w, MAKER), 0, 0);
  assert_true(world_reward(&w, MAKER) == 0);
  world_close(&w);
}

// 1.00 of currency x lots is 100 ticks x lots, exactly allowed. The highest value was 30.
static void test_a_large_drawdown(void **context) {
  (void)context;
  for (int side = 0; side < 2; side++) {
    world w = open_holding(BY_HAND("max_drawdown: 1"), (hft_side)side, 6);
    int sign = side == HFT_BID ? 1 : -1;
    world_step(&w);
    assert_near((double)world_pnl(&w, MAKER), 30, 0);
    // 6 lots: 16.5 ticks against it are 99, 17 are 102, and the close-out pays 10 more a lot.
    hold(&w, 9990 - sign * 16 - side, 10010 - sign * 17 + side);
    world_step(&w);
    assert_false(world_terminated(&w, MAKER));
    assert_near((double)world_pnl(&w, MAKER), -99, 0);
    hold(&w, 9990 - sign * 17, 10010 - sign * 17);
    world_step(&w);
    check_out(&w, -3 - 60);
    check_stays_out(&w);
    world_close(&w);
  }
}

// The fall is counted from the highest value, and a limit that is just reached is not broken.
static void test_a_drawdown_at_its_limit(void **context) {
  (void)context;
  world w = open_holding(BY_HAND("max_drawdown: 0.6"), HFT_BID, 6);
  world_step(&w);
  for (int up = 10; up <= 30; up += 10) {
    hold(&w, 9990 + up, 10010 + up);
    world_step(&w);
    assert_false(world_terminated(&w, MAKER));
  }
  hold(&w, 10010, 10030);
  world_step(&w);
  assert_near((double)world_pnl(&w, MAKER), -60, 0);
  assert_false(world_terminated(&w, MAKER));
  hold(&w, 10010, 10029);
  world_step(&w);
  check_out(&w, -60);
  world_close(&w);
}

// 600 of currency x lots: 6 lots at 10000 ticks of 0.01. Long or short, at its limit and beyond.
static void test_a_large_position_value(void **context) {
  (void)context;
  for (int side = 0; side < 2; side++) {
    world w = open_holding(BY_HAND("max_position_value: 600"), (hft_side)side, 6);
    world_step(&w);
    assert_false(world_terminated(&w, MAKER));
    hold(&w, 9990, 10011);
    world_step(&w);
    check_out(&w, (side == HFT_BID ? -6 * 5 : -6 * 6) - 30);
    check_stays_out(&w);
    world_close(&w);
  }
}

// The limit on inventory is not the executors', whose parent may be larger; the others are, of what
// is left of it, which is done at once where one is broken.
static void test_executors(void **context) {
  (void)context;
#define EXECUTOR(risk, more)                                                         \
  "env_config: {warmup_s: 0, episode_len: 8}\nrisk_config: {" risk "}\n" WORLD_HANDS \
  "seats: [{kind: executor, parent_qty: 80}" more "]\n"
  for (int k = 0; k < 2; k++) {
    world w = world_open(k == 0 ? EXECUTOR("max_inventory: 5", "")
                                : EXECUTOR("max_drawdown: 2.5, max_position_value: 8001", ""));
    world_reset(&w, 0, 0);
    hold(&w, 9990, 10010);
    world_act(&w, 0, 0, -1);
    for (int i = 1; i <= 2; i++) {
      world_step(&w);
      assert_int_equal(world_account(&w, 0)->position, 10 * i);
      assert_false(*w.io.ended);
    }
    // Three times ten lots, each 10 ticks beyond the arrival price, are 3 of currency.
    world_step(&w);
    assert_int_equal(world_account(&w, 0)->position, k == 0 ? 30 : 80);
    assert_int_equal(world_terminated(&w, 0), k);
    assert_int_equal(*w.io.ended, k);
    assert_int_equal(*w.io.truncated, 0);
    world_close(&w);
  }
#undef EXECUTOR
}

static void test_truncation_at_the_last_step(void **context) {
  (void)context;
  world w = world_open("env_config: {warmup_s: 1, episode_len: 17}\n" WORLD_INSTRUMENT WORLD_CROWD
                       "seats: [{kind: maker, count: 2}, {kind: executor}]\n");
  for (uint32_t episode = 0; episode < 3; episode++) {
    world_reset(&w, 1, episode);
    assert_true(hft_env_steps(w.env) == 0 && !*w.io.truncated && !*w.io.ended);
    for (int i = 1; i <= 17; i++) {
      world_step(&w);
      assert_int_equal(hft_env_steps(w.env), i);
      assert_int_equal(*w.io.truncated, i == 17);
      assert_int_equal(*w.io.ended, i == 17);
      assert_int_equal(hft_market_now(world_market(&w)), HFT_SECOND + i * 100 * HFT_MILLISECOND);
      for (int s = 0; s < 3; s++) assert_false(world_terminated(&w, s));
    }
    assert_near((double)world_obs(&w, 0, "time_left"), 0, 0);
  }
  world_close(&w);
}

// A limit broken in the very last step ends that seat; the episode is truncated for the other.
static void test_a_breach_in_the_last_step(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("max_inventory: 5"));
  while (hft_env_steps(w.env) < 7) world_step(&w);
  world_take(&w, 1, HFT_ASK, 6);
  world_step(&w);
  assert_true(world_terminated(&w, MAKER) && !world_terminated(&w, BYSTANDER));
  assert_int_equal(world_account(&w, MAKER)->position, 0);
  assert_true(*w.io.ended && *w.io.truncated);
  world_close(&w);
}

static void test_the_last_seat_out_ends_the_episode(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("max_inventory: 5"));
  world_take(&w, 1, HFT_ASK, 6);
  world_step(&w);
  assert_true(world_terminated(&w, MAKER) && !*w.io.ended);
  world_act(&w, BYSTANDER, 0, 0);
  world_step(&w);
  world_take(&w, 1, HFT_BID, 6);
  world_step(&w);
  assert_true(world_terminated(&w, BYSTANDER) && !world_terminated(&w, MAKER));
  assert_true(*w.io.ended && !*w.io.truncated);
  // The next episode has all of them again.
  world_reset(&w, 0, 1);
  assert_false(*w.io.ended || world_terminated(&w, BYSTANDER));
  hold(&w, 9990, 10010);
  world_act(&w, MAKER, 0, 0);
  world_step(&w);
  assert_int_equal(world_account(&w, MAKER)->order_count, 2);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_large_inventory),
      cmocka_unit_test(test_a_large_short),
      cmocka_unit_test(test_a_close_out_in_pieces),
      cmocka_unit_test(test_a_close_out_without_a_counterpart),
      cmocka_unit_test(test_a_large_drawdown),
      cmocka_unit_test(test_a_drawdown_at_its_limit),
      cmocka_unit_test(test_a_large_position_value),
      cmocka_unit_test(test_executors),
      cmocka_unit_test(test_truncation_at_the_last_step),
      cmocka_unit_test(test_a_breach_in_the_last_step),
      cmocka_unit_test(test_the_last_seat_out_ends_the_episode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
