// The role `portfolio`: counts and prices worked out by hand, and that it never owes shares or
// cash.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define SEAT 0
#define AXES 3  // count, bid_price, offer_price
#define TWO                                                                                    \
  "market_config: {window_ticks: 1024, decision_ms: 100, fundamental: constant, instruments: " \
  "2}\nagents: [{kind: hand}, {kind: hand}]\nreward_config: {lambda_inventory: 0}\n"
// `cash` in currency: 100 is one lot at 10000 ticks.
#define BY_HAND(env, risk, cash)                                                      \
  "env_config: {warmup_s: 0, episode_len: 100" env "}\nrisk_config: {" risk "}\n" TWO \
  "seats: [{kind: portfolio, cash: " cash ", holding: 5, count_max: 10, price_range: 20}]\n"

// Both instruments stand at 9999 and 10001: what is bid below or offered above leaves the mid.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  for (int k = 0; k < 2; k++) {
    world_rest_at(&w, 0, k, HFT_BID, 9999, 1000);
    world_rest_at(&w, 0, k, HFT_ASK, 10001, 1000);
  }
  return w;
}

// An action at instrument k: what to trade, and the prices it bids and offers.
typedef struct trade_action {
  float count, bid_price, offer_price;
} trade_action;

static void act(world *w, int k, trade_action action) {
  world_set(w, SEAT, AXES * k, action.count);
  world_set(w, SEAT, AXES * k + 1, action.bid_price);
  world_set(w, SEAT, AXES * k + 2, action.offer_price);
}

static hft_desk desk_at(const world *w, int k) {
  hft_desk desk = world_seat_desk(w, SEAT);
  return hft_desk_at(&desk, k);
}

// All of its orders at an instrument are of this side, price and size together.
static void check_orders(const world *w, int k, hft_side side, hft_price price, int64_t qty) {
  hft_desk desk = desk_at(w, k);
  int64_t lots = 0;
  for (uint32_t i = 0; i < hft_desk_open_count(&desk); i++) {
    hft_order order;
    assert_true(hft_desk_order(&desk, hft_desk_open(&desk, i), &order));
    assert_int_equal(order.side, side);
    assert_int_equal(order.price, price);
    assert_int_equal(order.tif, HFT_GTC);
    lots += order.qty;
  }
  assert_int_equal(lots, qty);
}

static void test_zero_holds(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "2500"));
  act(&w, 0, (trade_action){.count = 0, .bid_price = 1, .offer_price = -1});
  act(&w, 1, (trade_action){.count = 0, .bid_price = -1, .offer_price = 1});
  for (int i = 0; i < 5; i++) {
    world_step(&w);
    for (int k = 0; k < 2; k++) {
      check_orders(&w, k, HFT_BID, 0, 0);
      hft_account nothing = {0};
      assert_memory_equal(world_account_at(&w, SEAT, k), &nothing, sizeof nothing);
    }
    assert_true(world_reward(&w, SEAT) == 0);
  }
  // Of 250000 in cash and ten shares at 10000.
  assert_near((double)world_obs(&w, SEAT, "cash"), 250.0 / 350, 1e-6);
  assert_near((double)world_obs(&w, SEAT, "gain"), 0, 0);
  assert_near((double)world_obs(&w, SEAT, "i1_holding"), 0.05, 1e-8);
  world_close(&w);
}

// Prices are rounded so that none is paid above, or taken below, what the action says.
static void check_prices(float below, hft_price bid, float above, hft_price offer) {
  world w = open_by_hand(BY_HAND("", "", "2500"));
  act(&w, 0, (trade_action){.count = 0.2f, .bid_price = below, .offer_price = 0});
  act(&w, 1, (trade_action){.count = -0.2f, .bid_price = 0, .offer_price = above});
  world_step(&w);
  check_orders(&w, 0, HFT_BID, bid, 2);
  check_orders(&w, 1, HFT_ASK, offer, 2);
  assert_near((double)world_obs(&w, SEAT, "i0_bid_open"), 0.2, 1e-6);
  assert_near((double)world_obs(&w, SEAT, "i1_offer_open"), 0.2, 1e-6);
  assert_near((double)world_obs(&w, SEAT, "i0_offer_open"), 0, 0);
  world_close(&w);
}

static void test_prices(void **context) {
  (void)context;
  check_prices(-0.5f, 9990, 0.5f, 10010);
  check_prices(-0.78125f, 9984, 0.78125f, 10016);  // 15.625 ticks away
  check_prices(-1, 9980, 1, 10020);
  check_prices(-INFINITY, 9980, 7, 10020);
}

// Whoever pays more than is asked trades at once, at the price of who was there first.
static void test_prices_that_trade(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "2500"));
  act(&w, 0, (trade_action){.count = 0.3f, .bid_price = 1, .offer_price = 1});
  act(&w, 1, (trade_action){.count = -0.3f, .bid_price = -1, .offer_price = -1});
  world_step(&w);
  assert_int_equal(world_account_at(&w, SEAT, 0)->cash, -3 * 10001);
  assert_int_equal(world_account_at(&w, SEAT, 1)->cash, 3 * 9999);
  assert_near((double)world_pnl(&w, SEAT), -6, 0);
  assert_near((double)world_obs(&w, SEAT, "i0_holding"), 0.08, 1e-6);
  assert_near((double)world_obs(&w, SEAT, "i1_holding"), 0.02, 1e-6);
  assert_near((double)world_obs(&w, SEAT, "gain"), 0.01 * -6 / (10 * 2), 1e-8);
  assert_near((double)world_obs(&w, SEAT, "cash"), 249994 / 350000.0, 1e-6);
  world_close(&w);
}

static void test_offers_at_most_what_is_held(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "2500"));
  act(&w, 0, (trade_action){.count = -1, .bid_price = 0, .offer_price = 0.05f});
  act(&w, 1, (trade_action){.count = -0.3f, .bid_price = 0, .offer_price = 0.5f});
  world_step(&w);
  check_orders(&w, 0, HFT_ASK, 10001, 5);
  check_orders(&w, 1, HFT_ASK, 10010, 3);
  // Two are bought: of three more there is nothing to be had.
  world_take_at(&w, 1, 0, HFT_BID, 1002);
  world_rest_at(&w, 0, 0, HFT_ASK, 10001, 10);
  world_step(&w);
  assert_int_equal(world_account_at(&w, SEAT, 0)->position, -2);
  check_orders(&w, 0, HFT_ASK, 10001, 3);
  act(&w, 0, (trade_action){.count = -1, .bid_price = 0, .offer_price = -1});
  act(&w, 1, (trade_action){.count = -1, .bid_price = 0, .offer_price = -1});
  for (int i = 0; i < 3; i++) world_step(&w);
  for (int k = 0; k < 2; k++) {
    assert_int_equal(world_account_at(&w, SEAT, k)->position, -5);
    check_orders(&w, k, HFT_ASK, 0, 0);
    assert_near((double)world_obs(&w, SEAT, k == 0 ? "i0_holding" : "i1_holding"), 0, 0);
  }
  world_close(&w);
}

// 150000 ticks x lots pay for 10 at 9990, and 5 more at 9980; the instruments come in their order.
static void test_bids_at_most_what_can_be_paid(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "1500"));
  act(&w, 0, (trade_action){.count = 1, .bid_price = -0.5f, .offer_price = 0});
  act(&w, 1, (trade_action){.count = 1, .bid_price = -1, .offer_price = 0});
  world_step(&w);
  check_orders(&w, 0, HFT_BID, 9990, 10);
  check_orders(&w, 1, HFT_BID, 9980, 5);
  // The first one holds: there is enough for 10 of the second.
  act(&w, 0, (trade_action){.count = 0, .bid_price = -0.5f, .offer_price = 0});
  world_step(&w);
  check_orders(&w, 0, HFT_BID, 0, 0);
  check_orders(&w, 1, HFT_BID, 9980, 10);
  world_close(&w);
  // What is bid for at 99.89 costs 9989: one lot, or none.
  static const char *const purses[] = {BY_HAND("", "", "99.89"), BY_HAND("", "", "99.88"),
                                       BY_HAND("", "", "0")};
  for (int i = 0; i < 3; i++) {
    w = open_by_hand(purses[i]);
    act(&w, 0, (trade_action){.count = 1, .bid_price = -0.55f, .offer_price = 0});
    act(&w, 1, (trade_action){.count = 0, .bid_price = 0, .offer_price = 0});
    world_step(&w);
    check_orders(&w, 0, HFT_BID, 9989, i == 0);
    world_close(&w);
  }
}

// The first of its bids, with its size and the lots before it.
static hft_order_id first_bid(const world *w, hft_qty *qty, int64_t *ahead) {
  hft_desk desk = desk_at(w, 0);
  hft_order_id first = {0};
  for (uint32_t i = 0; i < hft_desk_open_count(&desk); i++) {
    hft_order_id id = hft_desk_open(&desk, i);
    hft_order order;
    assert_true(hft_desk_order(&desk, id, &order));
    if (first.slot1 != 0 && id.number > first.number) continue;
    first = id;
    *qty = order.qty;
    *ahead = hft_desk_queue_ahead(&desk, id);
  }
  assert_true(first.slot1 != 0);
  return first;
}

static void check_first(const world *w, hft_order_id same, hft_qty wanted_qty, int64_t all) {
  hft_qty qty = 0;
  int64_t ahead = 0;
  hft_order_id id = first_bid(w, &qty, &ahead);
  assert_int_equal(id.number, same.number);
  assert_int_equal(qty, wanted_qty);
  assert_int_equal(ahead, 7);
  check_orders(w, 0, HFT_BID, 9990, all);
  assert_near((double)world_obs(w, SEAT, "i0_bid_queue_ahead"), 0.2 * log1p(7), 1e-6);
}

static void test_unchanged_quotes_keep_their_place(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "2500"));
  world_rest_at(&w, 0, 0, HFT_BID, 9990, 7);
  act(&w, 0, (trade_action){.count = 0.3f, .bid_price = -0.5f, .offer_price = 0});
  act(&w, 1, (trade_action){.count = 0, .bid_price = 0, .offer_price = 0});
  world_step(&w);
  hft_qty qty;
  int64_t ahead;
  hft_order_id first = first_bid(&w, &qty, &ahead);
  check_first(&w, first, 3, 3);
  world_rest_at(&w, 1, 0, HFT_BID, 9990, 20);
  int64_t orders = world_account_at(&w, SEAT, 0)->order_count;
  for (int i = 0; i < 3; i++) world_step(&w);
  check_first(&w, first, 3, 3);
  assert_int_equal(world_account_at(&w, SEAT, 0)->order_count, orders);
  // Two more join behind the hand's twenty; of a smaller count the last ones go first.
  act(&w, 0, (trade_action){.count = 0.5f, .bid_price = -0.5f, .offer_price = 0});
  world_step(&w);
  check_first(&w, first, 3, 5);
  act(&w, 0, (trade_action){.count = 0.4f, .bid_price = -0.5f, .offer_price = 0});
  world_step(&w);
  check_first(&w, first, 3, 4);
  act(&w, 0, (trade_action){.count = 0.2f, .bid_price = -0.5f, .offer_price = 0});
  world_step(&w);
  check_first(&w, first, 2, 2);
  // More and more, with the eight orders that a seat may have: the last one makes room.
  for (int lots = 3; lots <= 10; lots++) {
    act(&w, 0, (trade_action){.count = (float)lots / 10, .bid_price = -0.5f, .offer_price = 0});
    world_step(&w);
    check_first(&w, first, 2, lots);
  }
  // What has traded is bid for again.
  world_take_at(&w, 1, 0, HFT_ASK, 1008);
  world_rest_at(&w, 0, 0, HFT_BID, 9999, 1000);
  world_step(&w);
  assert_int_equal(world_account_at(&w, SEAT, 0)->position, 1);
  check_orders(&w, 0, HFT_BID, 9990, 10);
  assert_int_equal(first_bid(&w, &qty, &ahead).number, first.number);
  assert_int_equal(qty, 1);
  world_close(&w);
}

static void test_the_other_side_is_withdrawn(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "", "2500"));
  act(&w, 1, (trade_action){.count = 0, .bid_price = 0, .offer_price = 0});
  for (int i = 0; i < 4; i++) {
    act(&w, 0,
        (trade_action){
            .count = i % 2 == 0 ? 0.3f : -0.3f, .bid_price = -0.5f, .offer_price = 0.5f});
    world_step(&w);
    check_orders(&w, 0, i % 2 == 0 ? HFT_BID : HFT_ASK, i % 2 == 0 ? 9990 : 10010, 3);
  }
  act(&w, 0, (trade_action){.count = 0, .bid_price = 0, .offer_price = 0});
  world_step(&w);
  check_orders(&w, 0, HFT_BID, 0, 0);
  world_close(&w);
}

static void test_the_mask(void **context) {
  (void)context;
  // Nothing of the first instrument is left after two sales; of ten ticks below 9980 not one lot is
  // to be had before them.
  world w = open_by_hand(BY_HAND(", action_space: multi_discrete, action_choices: 5", "", "99.79"));
  for (int32_t c = 0; c < 5; c++) {
    assert_int_equal(world_allowed(&w, SEAT, 0, c), c <= 2);
    for (int axis = 1; axis < AXES; axis++) assert_true(world_allowed(&w, SEAT, axis, c));
  }
  for (int axis = 0; axis < 2 * AXES; axis++) world_choose(&w, SEAT, axis, 2);
  world_choose(&w, SEAT, 0, 0);
  world_choose(&w, SEAT, 2, 0);
  world_choose(&w, SEAT, AXES, 4);  // forbidden: it holds
  world_step(&w);
  assert_int_equal(world_account_at(&w, SEAT, 0)->position, -5);
  assert_int_equal(world_account_at(&w, SEAT, 1)->order_count, 0);
  for (int32_t c = 0; c < 5; c++) {
    assert_int_equal(world_allowed(&w, SEAT, 0, c), c >= 2);
    assert_true(world_allowed(&w, SEAT, AXES, c));
  }
  world_close(&w);
}

// Whoever is ended sells all that it holds.
static void test_a_breach_sells_the_holding(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "max_position_value: 1100", "2500"));
  act(&w, 0, (trade_action){.count = -0.2f, .bid_price = -1, .offer_price = 0.5f});
  act(&w, 1, (trade_action){.count = 0.4f, .bid_price = 1, .offer_price = 0});
  world_step(&w);
  // Five and nine lots of 100 each are more than 1100. Bought at 10001, all goes at 9999.
  assert_true(world_terminated(&w, SEAT) && *w.io.ended);
  assert_int_equal(world_account_at(&w, SEAT, 0)->position, -5);
  assert_int_equal(world_account_at(&w, SEAT, 1)->position, -5);
  check_orders(&w, 0, HFT_ASK, 0, 0);
  assert_near((double)world_pnl(&w, SEAT), -5 - 9 - 4, 0);
  world_close(&w);
}

// ---- a market that lives -----------------------------------------------------------------------

#define THREE                                                                                 \
  "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 3, correlation: 0.5}\n" \
  "env_config: {warmup_s: 3, episode_len: 1500}\nreward_config: {lambda_inventory: "          \
  "0, end: reference}\n" WORLD_CROWD                                                          \
  "seats: [{kind: portfolio, cash: 3000, holding: 12, count_max: 15, price_range: 6, "        \
  "count: 2}]\n"

// Twice what a seat is worth by the ledger and the books: cash, and what it holds at the mids. It
// owes nothing, nor would it if all that rests traded.
static int64_t check_solvent(const world *w, int seat) {
  int64_t cash = 300000, bids = 0, worth2 = 0;
  for (int k = 0; k < 3; k++) {
    hft_desk own = world_seat_desk(w, seat), desk = hft_desk_at(&own, k);
    const hft_account *account = world_account_at(w, seat, k);
    int64_t held = 12 + account->position, offers = 0;
    cash += account->cash;
    for (uint32_t i = 0; i < hft_desk_open_count(&desk); i++) {
      hft_order order;
      assert_true(hft_desk_order(&desk, hft_desk_open(&desk, i), &order));
      if (order.side == HFT_BID) bids += (int64_t)order.price * order.qty;
      if (order.side == HFT_ASK) offers += order.qty;
    }
    assert_true(offers >= 0 && offers <= held);
    worth2 += held * hft_market_mid2(world_market(w), k);
  }
  assert_true(bids <= cash);
  return worth2 + 2 * cash;
}

static void test_it_never_owes(void **context) {
  (void)context;
  world w = world_open(THREE);
  for (uint64_t seed = 0; seed < 2; seed++) {
    uint64_t stream = seed;
    world_reset(&w, seed, 0);
    int64_t start2[2] = {check_solvent(&w, 0), check_solvent(&w, 1)}, worth2[2];
    double sum2[2] = {0};
    bool poor = false, bare = false;  // both limits are met
    for (int i = 0; i < 1500; i++) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < 2; s++) {
        worth2[s] = check_solvent(&w, s);
        sum2[s] += 2 * (double)world_pnl(&w, s);
        assert_true(sum2[s] == (double)(worth2[s] - start2[s]));
        poor = poor || world_obs(&w, s, "cash") < 0.01f;
        bare = bare || world_obs(&w, s, "i2_holding") == 0;
      }
    }
    assert_true(*w.io.truncated);
    assert_true(poor && bare);
    for (int s = 0; s < 2; s++) {
      double gain = 0.001 * sum2[s] / 2 / (15 * 3);  // of 36 ticks that the value moves in 750 s
      assert_near((double)world_obs(&w, s, "gain"), gain, 1e-5 * fabs(gain) + 1e-6);
      assert_true(world_account_at(&w, s, 1)->fill_count > 100);
    }
  }
  world_close(&w);
}

static void test_names(void **context) {
  (void)context;
  static const char *const axes[] = {"i0_count", "i0_bid_price", "i0_offer_price",
                                     "i1_count", "i1_bid_price", "i1_offer_price"};
  static const char *const own[] = {
      "i0_holding",           "i0_bid_open",          "i0_offer_open", "i0_bid_queue_ahead",
      "i0_offer_queue_ahead", "i1_holding",           "i1_bid_open",   "i1_offer_open",
      "i1_bid_queue_ahead",   "i1_offer_queue_ahead", "cash",          "gain"};
  hft_env_model *model = world_model(BY_HAND("", "", "1"));
  const hft_env_spec *spec = hft_env_model_spec(model);
  const hft_group *group = &spec->group[0];
  assert_int_equal(group->axis_count, 6);
  for (int i = 0; i < 6; i++) assert_string_equal(group->axis[i].name, axes[i]);
  // Of each instrument five levels a side and twelve numbers, then the time.
  assert_int_equal(group->obs_dim, 2 * 32 + 1 + 12);
  assert_string_equal(group->obs[0].name, "i0_bid_distance_1");
  assert_string_equal(group->obs[32].name, "i1_bid_distance_1");
  assert_string_equal(group->obs[64].name, "time_left");
  for (int i = 0; i < 12; i++) assert_string_equal(group->obs[65 + i].name, own[i]);
  int first = spec->state_dim - 12;
  for (int i = 0; i < 12; i++) {
    char name[HFT_NAME_SIZE];
    snprintf(name, sizeof name, "portfolio_0_%s", own[i]);
    assert_string_equal(spec->state[first + i].name, name);
  }
  assert_string_equal(spec->state[first - 1].name, "i1_fundamental");
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zero_holds),
      cmocka_unit_test(test_prices),
      cmocka_unit_test(test_prices_that_trade),
      cmocka_unit_test(test_offers_at_most_what_is_held),
      cmocka_unit_test(test_bids_at_most_what_can_be_paid),
      cmocka_unit_test(test_unchanged_quotes_keep_their_place),
      cmocka_unit_test(test_the_other_side_is_withdrawn),
      cmocka_unit_test(test_the_mask),
      cmocka_unit_test(test_a_breach_sells_the_holding),
      cmocka_unit_test(test_it_never_owes),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
