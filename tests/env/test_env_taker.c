// The role `taker`: from a direction to lots at market, its gain, its limit, its mask, and
// auctions.
#include <stdlib.h>

#include "tests/support/env_world.h"

#define SEAT 0
#define BY_HAND(env, risk, qty)                                                                \
  "env_config: {warmup_s: 0, episode_len: 100" env "}\nrisk_config: {" risk                    \
  "}\n"                                                                                        \
  "reward_config: {lambda_inventory: 0}\n" WORLD_HANDS "seats: [{kind: taker, order_qty: " qty \
  "}]\n"
#define CHOICES ", action_space: multi_discrete"
enum { SELL, NOTHING, BUY };  // the choices

static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 10000);
  world_rest(&w, 0, HFT_ASK, 10010, 10000);
  return w;
}

// One step with this direction; how the position has changed.
static int64_t traded(world *w, float direction) {
  int64_t before = world_account(w, SEAT)->position;
  world_set(w, SEAT, 0, direction);
  world_step(w);
  return world_account(w, SEAT)->position - before;
}

static void check_lots(const char *yaml, float direction, int64_t lots) {
  world w = open_by_hand(yaml);
  assert_int_equal(traded(&w, direction), lots);
  assert_int_equal(world_account(&w, SEAT)->order_count, lots != 0);
  assert_int_equal(world_account(&w, SEAT)->cash, -lots * (lots > 0 ? 10010 : 9990));
  world_close(&w);
  w = open_by_hand(yaml);
  assert_int_equal(traded(&w, -direction), -lots);
  world_close(&w);
}

// To the nearest whole number, halves away from 0: buying and selling are alike.
static void test_lots(void **context) {
  (void)context;
  static const char ten[] = BY_HAND("", "", "10"), one[] = BY_HAND("", "", "1");
  check_lots(ten, 0, 0);
  check_lots(ten, 1, 10);
  check_lots(ten, 0.25f, 3);        // of 2.5
  check_lots(ten, 0.2421875f, 2);   // of 2.42
  check_lots(ten, 0.046875f, 0);    // of 0.47
  check_lots(ten, 0.0546875f, 1);   // of 0.55
  check_lots(ten, 0.94921875f, 9);  // of 9.49
  check_lots(ten, 0.953125f, 10);   // of 9.53
  check_lots(ten, 1.5f, 10);
  check_lots(ten, INFINITY, 10);
  check_lots(one, 0.5f, 1);
  check_lots(one, 0.498046875f, 0);
}

// An order is no larger than orders may be, and takes no more than there is.
static void test_sizes_are_bounded_by_limit_and_depth(void **context) {
  (void)context;
  world w = world_open(
      "market_config: {window_ticks: 1024, order_qty_max: 4}\nenv_config: {warmup_s: 0}\n"
      "agents: [{kind: hand}]\nseats: [{kind: taker, order_qty: 10}]\n");
  world_reset(&w, 0, 0);
  for (int i = 0; i < 2; i++) world_rest(&w, 0, HFT_ASK, 10010, 3);
  world_rest(&w, 0, HFT_BID, 9990, 3);
  assert_int_equal(traded(&w, 1), 4);
  assert_int_equal(traded(&w, 1), 2);
  assert_int_equal(traded(&w, 1), 0);
  hft_desk desk = world_seat_desk(&w, SEAT);
  assert_int_equal(hft_desk_open_count(&desk), 0);
  world_close(&w);
}

static void test_inventory_and_gain(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "8"));
  assert_int_equal(traded(&w, 1), 8);
  // Eight lots bought 10 ticks above the mid.
  assert_near((double)world_pnl(&w, SEAT), -80, 0);
  assert_near((double)world_obs(&w, SEAT, "inventory"), 0.1, 1e-8);
  assert_near((double)world_obs(&w, SEAT, "gain"), 0.01 * -80 / 8, 1e-6);
  assert_int_equal(traded(&w, -0.5f), -4);
  assert_near((double)world_pnl(&w, SEAT), -40, 0);
  assert_near((double)world_obs(&w, SEAT, "inventory"), 0.05, 1e-8);
  assert_near((double)world_obs(&w, SEAT, "gain"), 0.01 * -120 / 8, 1e-6);
  assert_near((double)world_state(&w, "taker_0_gain"), 0.01 * -120 / 8, 1e-6);
  world_close(&w);
}

static void check_breach(float direction) {
  world w = open_by_hand(BY_HAND("", "max_inventory: 15", "10"));
  assert_int_equal(llabs(traded(&w, direction)), 10);
  assert_false(world_terminated(&w, SEAT));
  world_set(&w, SEAT, 0, direction);
  world_step(&w);
  // Twenty lots in and out across a spread of 20; 100 of the 400 were marked a step before.
  assert_true(world_terminated(&w, SEAT) && *w.io.ended && !*w.io.truncated);
  assert_int_equal(world_account(&w, SEAT)->position, 0);
  assert_int_equal(world_account(&w, SEAT)->cash, -400);
  assert_near((double)world_pnl(&w, SEAT), -300, 0);
  world_close(&w);
}

static void test_a_breach_is_closed_at_market(void **context) {
  (void)context;
  check_breach(1);
  check_breach(-1);
}

static void check_mask(const world *w, bool sell, bool buy) {
  assert_int_equal(world_allowed(w, SEAT, 0, SELL), sell);
  assert_true(world_allowed(w, SEAT, 0, NOTHING));
  assert_int_equal(world_allowed(w, SEAT, 0, BUY), buy);
}

static void choose(world *w, int32_t choice, int64_t position) {
  world_choose(w, SEAT, 0, choice);
  world_step(w);
  assert_false(world_terminated(w, SEAT));
  assert_int_equal(world_account(w, SEAT)->position, position);
}

// 15 lots are allowed: one order of 10 from nothing, either way; up to the limit itself.
static void test_the_mask(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND(CHOICES, "max_inventory: 15", "10"));
  assert_int_equal(w.spec->group[0].mask_dim, 3);
  check_mask(&w, true, true);
  choose(&w, BUY, 10);
  check_mask(&w, true, false);
  int64_t orders = world_account(&w, SEAT)->order_count;
  choose(&w, BUY, 10);  // does nothing
  assert_int_equal(world_account(&w, SEAT)->order_count, orders);
  choose(&w, SELL, 0);
  check_mask(&w, true, true);
  choose(&w, SELL, -10);
  check_mask(&w, false, true);
  choose(&w, SELL, -10);
  choose(&w, NOTHING, -10);
  world_close(&w);
  w = open_by_hand(BY_HAND(CHOICES, "max_inventory: 20", "10"));
  choose(&w, BUY, 10);
  check_mask(&w, true, true);
  choose(&w, BUY, 20);
  check_mask(&w, true, false);
  world_close(&w);
  w = open_by_hand(BY_HAND(CHOICES, "max_inventory: 9", "10"));
  check_mask(&w, false, false);
  world_close(&w);
}

// What is sent in a call waits for its auction, until the next step.
static void test_in_a_call(void **context) {
  (void)context;
  world w = world_open("exchange_config: {opening_auction_s: 1}\n" BY_HAND("", "", "10"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 100);
  world_rest(&w, 0, HFT_ASK, 10010, 100);
  hft_desk desk = world_seat_desk(&w, SEAT);
  for (int i = 1; i < 10; i++) {
    float direction = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : -0.5f;
    assert_int_equal(traded(&w, direction), 0);
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_OPENING);
    assert_int_equal(hft_desk_open_count(&desk), direction != 0);
    if (direction == 0) continue;
    hft_order order;
    assert_true(hft_desk_order(&desk, hft_desk_open(&desk, 0), &order));
    assert_int_equal(order.side, direction > 0 ? HFT_BID : HFT_ASK);
    assert_int_equal(order.qty, direction > 0 ? 10 : 5);
    assert_true(world_reward(&w, SEAT) == 0);
  }
  // The last one sent is in the auction, at 10010: nobody sells below.
  assert_int_equal(traded(&w, 1), 10);
  assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_CONTINUOUS);
  assert_int_equal(world_account(&w, SEAT)->cash, -100100);
  assert_int_equal(hft_desk_open_count(&desk), 0);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lots),
      cmocka_unit_test(test_sizes_are_bounded_by_limit_and_depth),
      cmocka_unit_test(test_inventory_and_gain),
      cmocka_unit_test(test_a_breach_is_closed_at_market),
      cmocka_unit_test(test_the_mask),
      cmocka_unit_test(test_in_a_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
