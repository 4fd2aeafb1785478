// The fundamental value as reference price: distances, quotes, values and returns.
#include <stdlib.h>

#include "tests/support/env_world.h"

// The value is 10000 all the time; books may stand elsewhere.
#define BY_HAND(risk, seat)                                                                  \
  "env_config: {warmup_s: 0, episode_len: 100, reference: fundamental}\nrisk_config: {" risk \
  "}\nreward_config: {lambda_inventory: 0}\n" WORLD_HANDS "seats: [" seat "]\n"
#define MAKER "{kind: maker, quote_qty: 6, offset_unit: ticks, offset_min: -5, offset_max: 5}"

// The book stands at 10020 and 10040.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 10020, 50);
  world_rest(&w, 0, HFT_ASK, 10040, 150);
  return w;
}

static void check_quote(const world *w, hft_side side, hft_price price) {
  hft_order_id id;
  hft_order order;
  assert_int_equal(world_quote(w, 0, side, &id, &order), price != 0);
  if (price != 0) assert_int_equal(order.price, price);
}

static void test_distances(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", MAKER));
  world_act(&w, 0, 1, 1);
  world_step(&w);
  assert_near((double)world_obs(&w, 0, "bid_distance_1"), -2, 1e-6);
  assert_near((double)world_obs(&w, 0, "ask_distance_1"), 4, 1e-6);
  assert_near((double)world_obs(&w, 0, "spread"), 2, 1e-6);
  assert_near((double)world_obs(&w, 0, "imbalance"), -0.5, 1e-6);
  // From the mid of 10030 towards the smaller size.
  assert_near((double)world_obs(&w, 0, "microprice"), -0.5, 1e-6);
  assert_near((double)world_obs(&w, 0, "return_1"), 0, 0);
  assert_near((double)world_state(&w, "fundamental"), 0, 0);
  world_close(&w);
}

// Offsets below 0 are on the other side of the value. No quote trades: it stands one tick off.
static void test_quotes(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", MAKER));
  world_act(&w, 0, -1, 1);
  world_step(&w);
  check_quote(&w, HFT_BID, 10005);
  check_quote(&w, HFT_ASK, 0);
  assert_near((double)world_obs(&w, 0, "bid_quote"), 1 - 5.0 / 5, 1e-6);
  world_act(&w, 0, 0, 0);
  world_step(&w);
  check_quote(&w, HFT_BID, 10000);
  check_quote(&w, HFT_ASK, 10021);
  world_act(&w, 0, 0.6f, -1);
  world_step(&w);
  check_quote(&w, HFT_BID, 9997);
  check_quote(&w, HFT_ASK, 10021);
  assert_near((double)world_obs(&w, 0, "bid_quote"), 1 + 3.0 / 5, 1e-6);
  assert_near((double)world_obs(&w, 0, "ask_quote"), 1 + 21.0 / 5, 1e-6);
  world_close(&w);
}

// Bought at 10020 and sold at 10021, worth 10000 meanwhile, whatever the mid is.
static void test_value(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "{kind: taker, order_qty: 5}"));
  world_set(&w, 0, 0, -1);
  world_step(&w);
  assert_near((double)world_pnl(&w, 0), 5 * 20, 0);
  assert_near((double)world_obs(&w, 0, "gain"), 0.01 * 100 / 5, 1e-6);
  hft_desk hand = world_hand(&w, 0);
  hft_desk_cancel_all(&hand);
  world_rest(&w, 0, HFT_BID, 10030, 50);
  world_rest(&w, 0, HFT_ASK, 10050, 50);
  world_set(&w, 0, 0, 0);
  world_step(&w);
  assert_near((double)world_pnl(&w, 0), 0, 0);
  world_set(&w, 0, 0, 1);
  world_step(&w);
  assert_near((double)world_pnl(&w, 0), -5 * 50, 0);
  world_close(&w);
}

// Four lots are worth 400.00 at 10000, and 401.20 at the mid.
static void test_limits(void **context) {
  (void)context;
  for (int k = 0; k < 2; k++) {
    world w =
        open_by_hand(k == 0 ? BY_HAND("max_position_value: 400", "{kind: taker, order_qty: 4}")
                            : BY_HAND("max_position_value: 399", "{kind: taker, order_qty: 4}"));
    world_set(&w, 0, 0, -1);
    world_step(&w);
    assert_int_equal(world_terminated(&w, 0), k);
    world_close(&w);
  }
}

static void test_portfolio_prices(void **context) {
  (void)context;
  world w = open_by_hand(
      BY_HAND("", "{kind: portfolio, cash: 1000, holding: 2, price_range: 30, count_max: 4}"));
  world_set(&w, 0, 0, 1);
  world_set(&w, 0, 1, 0.5f);
  world_step(&w);
  check_quote(&w, HFT_BID, 10015);
  world_set(&w, 0, 0, -1);
  world_set(&w, 0, 2, 1);
  world_step(&w);
  check_quote(&w, HFT_BID, 0);
  check_quote(&w, HFT_ASK, 10030);
  world_close(&w);
}

// An executor counts from the opposite best price; where there is none, from the value.
static void test_executors(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "{kind: executor, parent_qty: 100, offset_max: 10}"));
  world_act(&w, 0, 0, 0.2f);
  world_step(&w);
  check_quote(&w, HFT_BID, 10034);
  hft_desk hand = world_hand(&w, 0);
  hft_desk_cancel_all(&hand);
  world_step(&w);
  check_quote(&w, HFT_BID, 9994);
  world_close(&w);
}

// In a market that lives: what the value has done, as the market tells it.
static void test_returns(void **context) {
  (void)context;
  world w = world_open(
      "market_config: {window_ticks: 2048, decision_ms: 500, fundamental: jump, jump_rate: 5000, "
      "instruments: 2}\nenv_config: {warmup_s: 3, episode_len: 90, reference: fundamental}\n"
      "risk_config: {max_inventory: 100000}\nreward_config: {lambda_inventory: 0}\n" WORLD_CROWD
      "seats: [{kind: maker, instrument: 1}, {kind: taker, order_qty: 5, instrument: 1}]\n");
  const hft_model *model = hft_env_model_market(w.model);
  world_reset(&w, 2, 0);
  double value[91], before[2] = {0};
  int64_t half[91];  // in half ticks, rounded
  uint64_t stream = 1;
  value[0] = hft_market_fundamental(model, world_market(&w), 1);
  half[0] = lround(2 * value[0]);
  for (int i = 1; i <= 90; i++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
    value[i] = hft_market_fundamental(model, world_market(&w), 1);
    half[i] = lround(2 * value[i]);
    double squares = 0;
    int first = i > 32 ? i - 32 : 0;
    for (int k = first; k < i; k++) squares += 0.25 * pow((double)(half[k + 1] - half[k]), 2);
    double longest = 0.05 * (double)(half[i] - half[first]);
    double bid = hft_book_best_price(world_book_at(&w, 1), HFT_BID);
    for (int s = 0; s < 2; s++) {
      assert_near((double)world_obs(&w, s, "return_1"), 0.05 * (double)(half[i] - half[i - 1]),
                  1e-5);
      assert_near((double)world_obs(&w, s, "return_32"), longest, 1e-5);
      assert_near((double)world_obs(&w, s, "volatility"), sqrt(squares / (i - first)), 1e-5);
      assert_near((double)world_obs(&w, s, "bid_distance_1"), 0.1 * (value[i] - bid), 1e-5);
      const hft_account *account = world_account_at(&w, s, 1);
      double worth = (double)account->cash + (double)account->position * value[i];
      assert_near((double)world_pnl(&w, s), worth - before[s],
                  1e-6 * fabs(worth - before[s]) + 1e-6);
      before[s] = worth;
    }
    assert_true(world_state(&w, "i1_fundamental") == 0);
  }
  assert_true(half[90] != half[0]);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distances),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_value),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_portfolio_prices),
      cmocka_unit_test(test_executors),
      cmocka_unit_test(test_returns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
