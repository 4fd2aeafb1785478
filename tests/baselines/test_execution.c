// TWAP and VWAP: the schedule, and each child order in markets whose every order is known.
#include "baselines/execution/execution.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define STILL                                                                  \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"

static hft_execution compile(int64_t quantity, int64_t slices, const hft_list *weights) {
  const hft_instrument instrument = {.tick_size = 0.01,
                                     .initial_price = 10000,
                                     .price_min = 1,
                                     .price_max = 20000,
                                     .duration = 100 * HFT_SECOND,
                                     .order_qty_max = 1000,
                                     .count = 1};
  const hft_execution_keys keys = {
      .quantity = quantity, .slices = slices, .start_s = 10, .horizon_s = 60};
  hft_execution execution;
  hft_error error;
  assert_int_equal(hft_execution_compile(&keys, weights, &instrument, "test", &execution, &error),
                   HFT_OK);
  return execution;
}

static void equal_slices_sum_exactly(void **unused) {
  (void)unused;
  const hft_list flat = {1, {1}};
  for (int64_t slices = 1; slices <= 40; slices++) {
    for (int64_t quantity = 1; quantity <= 130; quantity += 3) {
      hft_execution execution = compile(quantity, slices, &flat);
      assert_int_equal(hft_execution_target(&execution, 0), 0);
      for (int64_t i = 1; i <= slices; i++) {
        int64_t child =
            hft_execution_target(&execution, i) - hft_execution_target(&execution, i - 1);
        assert_in_range(child, quantity / slices, (quantity + slices - 1) / slices);
      }
      assert_int_equal(hft_execution_target(&execution, slices), quantity);
    }
  }
}

static void slices_are_equal_in_time(void **unused) {
  (void)unused;
  const hft_list flat = {1, {1}};
  hft_execution execution = compile(10, 7, &flat);
  assert_int_equal(hft_execution_time(&execution, 0), 10 * HFT_SECOND);
  assert_int_equal(hft_execution_time(&execution, 7), 70 * HFT_SECOND);
  for (int64_t i = 1; i <= 7; i++) {
    hft_time length = hft_execution_time(&execution, i) - hft_execution_time(&execution, i - 1);
    assert_in_range(length, 60 * HFT_SECOND / 7, 60 * HFT_SECOND / 7 + 1);
  }
  hft_execution longest = execution;
  longest.span = (hft_span){0, 86400 * HFT_SECOND};
  longest.slices = 100000;
  assert_int_equal(hft_execution_time(&longest, 99999), 86399136 * HFT_MILLISECOND);
}

static void slices_follow_the_curve(void **unused) {
  (void)unused;
  const hft_list weights = {3, {2, 0, 6}};
  hft_execution execution = compile(800, 12, &weights);
  const int64_t targets[] = {0, 50, 100, 150, 200, 200, 200, 200, 200, 350, 500, 650, 800};
  for (int64_t i = 0; i <= 12; i++) {
    assert_int_equal(hft_execution_target(&execution, i), targets[i]);
  }
  hft_execution coarse = compile(800, 2, &weights);  // its border is in the middle of a bucket
  assert_int_equal(hft_execution_target(&coarse, 1), 200);
  const hft_list odd = {5, {0.1, 0.7, 0.3, 0.9, 0.2}};
  for (int64_t quantity = 1; quantity < 1000; quantity += 7) {
    hft_execution fine = compile(quantity, 33, &odd);
    for (int64_t i = 1; i <= 33; i++) {
      assert_true(hft_execution_target(&fine, i) >= hft_execution_target(&fine, i - 1));
    }
    assert_int_equal(hft_execution_target(&fine, 33), quantity);
  }
}

typedef struct expected_trade {
  double time_s;
  int64_t qty;
  hft_price price;
} expected_trade;

// The strategy's trades in a config are these, and no more.
static void assert_trades(const char *yaml, const char *strategy, const char *params,
                          const expected_trade *expected, size_t count) {
  hft_config *config = world_config(yaml);
  hft_episode_plan *plan = world_plan(config, strategy, params);
  event_record record = {0};
  world_run(plan, 0, &record);
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    const hft_event *trade = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at);
    assert_non_null(trade);
    assert_int_equal(trade->time, (hft_time)(expected[i].time_s * 1e9 + 0.5));
    assert_int_equal(trade->qty, expected[i].qty);
    assert_int_equal(trade->price, expected[i].price);
  }
  assert_null(world_next(&record, plan->owner, HFT_EVENT_TRADE, &at));
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void aggressive_slices_cross_when_they_begin(void **unused) {
  (void)unused;
  const expected_trade buys[] = {{1, 2, 10001}, {3.5, 3, 10001}, {6, 2, 10001}, {8.5, 3, 10001}};
  assert_trades(STILL "populations: [{kind: wall}]\n", "twap",
                "quantity=10 slices=4 style=aggressive", buys, 4);
  const expected_trade sells[] = {{2, 5, 9999}, {3, 5, 9999}};
  assert_trades(STILL "populations: [{kind: wall}]\n", "twap",
                "side=sell quantity=10 slices=2 style=aggressive start_s=2 horizon_s=2", sells, 2);
}

// Nobody trades with the child at the bid, so that each crosses when its slice ends.
static void passive_slices_cross_when_they_end(void **unused) {
  (void)unused;
  const expected_trade buys[] = {{3.5, 2, 10001}, {6, 3, 10001}, {8.5, 2, 10001}, {11, 3, 10001}};
  assert_trades(STILL "populations: [{kind: wall}]\n", "twap", "quantity=10 slices=4", buys, 4);
}

static void passive_slices_rest_at_the_near_touch(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "side=sell quantity=9 slices=2");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  size_t at = 0;
  const struct {
    hft_time time;
    hft_qty qty;
  } adds[] = {{1 * HFT_SECOND, 4}, {6 * HFT_SECOND, 5}};
  for (size_t i = 0; i < 2; i++) {
    const hft_event *add = world_next(&record, plan->owner, HFT_EVENT_ADD, &at);
    assert_non_null(add);
    assert_int_equal(add->time, adds[i].time);
    assert_int_equal(add->qty, adds[i].qty);
    assert_int_equal(add->price, 10001);
    assert_int_equal(add->side, HFT_ASK);
  }
  // Two posted, two crossed: a child that stays at the touch is left alone.
  assert_int_equal(episode.account.order_count, 4);
  assert_int_equal(episode.account.taker_qty, 9);
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// Sellers reach the child when they have gone through the lots ahead of it.
static void passive_slices_fill_in_the_queue(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL
                                    "populations: [{kind: wall, qty: 3},"
                                    " {kind: taker, side: sell, qty: 2, every_ms: 700}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=8 slices=2");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  // 0.7 s takes 2 of the wall's 3. The child of 4 is posted at 1 s; 1.4 s takes the last of the
  // wall and 1 of it, 2.1 s 2, 2.8 s the last 1. The second child, alone at the touch, is posted
  // one tick off the ask at 6 s: 6.3 s and 7 s take it.
  const expected_trade expected[] = {
      {1.4, 1, 9999}, {2.1, 2, 9999}, {2.8, 1, 9999}, {6.3, 2, 10000}, {7, 2, 10000}};
  size_t at = 0;
  for (size_t i = 0; i < 5; i++) {
    const hft_event *trade = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at);
    assert_non_null(trade);
    assert_int_equal(trade->owner, plan->owner);
    assert_int_equal(trade->time, (hft_time)(expected[i].time_s * 1e9 + 0.5));
    assert_int_equal(trade->qty, expected[i].qty);
    assert_int_equal(trade->price, expected[i].price);
  }
  assert_int_equal(episode.account.maker_qty, 8);
  assert_int_equal(episode.account.taker_qty, 0);
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// The touch moves up by 5 ticks at 2.3 s: the child follows at its next look, or never.
static void passive_child_follows_the_touch(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall, shift: 5, shift_s: 2.3}]\n");
  const char *params[] = {"quantity=4 slices=1 refresh_ms=500", "quantity=4 slices=1 refresh_ms=0"};
  for (int follows = 0; follows < 2; follows++) {
    hft_episode_plan *plan = world_plan(config, "twap", params[1 - follows]);
    event_record record = {0};
    world_run(plan, 0, &record);
    size_t at = 0;
    assert_int_equal(world_next(&record, plan->owner, HFT_EVENT_ADD, &at)->price, 9999);
    const hft_event *moved = world_next(&record, plan->owner, HFT_EVENT_ADD, &at);
    if (follows) {
      assert_non_null(moved);
      assert_int_equal(moved->time, 2500 * HFT_MILLISECOND);
      assert_int_equal(moved->price, 10004);
      assert_int_equal(moved->qty, 4);
      moved = world_next(&record, plan->owner, HFT_EVENT_ADD, &at);
    }
    assert_null(moved);
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

static void vwap_follows_its_profile(void **unused) {
  (void)unused;
  const expected_trade buys[] = {{1, 30, 10001}, {6, 10, 10001}};
  assert_trades(STILL "populations: [{kind: wall}]\n", "vwap",
                "quantity=40 slices=2 style=aggressive profile=[3,1]", buys, 2);
  const expected_trade sells[] = {{3.5, 10, 9999}, {6, 10, 9999}, {11, 20, 9999}};
  assert_trades(STILL "populations: [{kind: wall}]\n", "vwap",
                "quantity=40 side=sell slices=4 profile=[1,1,0,2]", sells, 3);
}

// 7 lots are all that is offered. What is missing is asked for again, and the book stays empty. The
// end closes the 3 that are left beyond the book: the empty side begins beyond the last trade's
// price, and goes on by a tick for every 7 lots, the depth when it was sampled: at the start.
static void a_thin_book(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall, qty: 7}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=10 slices=5 style=aggressive");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  assert_int_equal(episode.account.bought, 7);
  assert_int_equal(episode.account.order_count, 7);
  assert_int_equal(episode.executed, 7);
  assert_int_equal(episode.closing.traded, 0);
  assert_int_equal(episode.closing.transferred, 0);
  assert_int_equal(episode.closing.unfilled, 3);
  assert_int_equal(episode.account.position, 10);
  assert_int_equal(episode.account.cash, -(7 * 10001 + 3 * 10002));
  size_t at = 0;
  const struct {
    hft_time time;
    hft_qty qty;
  } expires[] = {
      {7 * HFT_SECOND, 1}, {9 * HFT_SECOND, 3}, {11 * HFT_SECOND, 3}, {11 * HFT_SECOND, 3}};
  for (size_t i = 0; i < 4; i++) {
    const hft_event *expire = world_next(&record, plan->owner, HFT_EVENT_EXPIRE, &at);
    assert_non_null(expire);
    assert_int_equal(expire->time, expires[i].time);
    assert_int_equal(expire->qty, expires[i].qty);
  }
  assert_null(world_next(&record, plan->owner, HFT_EVENT_EXPIRE, &at));
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void orders_keep_to_the_largest_size(void **unused) {
  (void)unused;
  const char *yaml =
      "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20, order_qty_max: 4}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "populations: [{kind: wall, qty: 4}, {kind: wall, qty: 4}, {kind: wall, qty: 4}]\n";
  const expected_trade buys[] = {{1, 4, 10001}, {1, 4, 10001}, {1, 2, 10001}};
  assert_trades(yaml, "twap", "quantity=10 slices=1 style=aggressive", buys, 3);
}

static void bad_keys_are_refused(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall}]\n");
  hft_error error;
  assert_int_equal(world_refusal(config, "vwap", "profile=[0,0]", 0, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "profile"));
  assert_int_equal(world_refusal(config, "twap", "start_s=15 horizon_s=5.1", 0, &error),
                   HFT_ECONFIG);
  assert_non_null(strstr(error.text, "session"));
  hft_config_free(config);
  // A participant of the config, to which no episode gives its span.
  config = world_config(STILL "agents: [{kind: twap, start_s: 12, horizon_s: 8.1}]\n");
  assert_int_equal(world_refusal(config, "do-nothing", "", 0, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "start_s + horizon_s"));
  hft_config_free(config);
}

// Named in a config, a baseline has the whole session.
static void a_participant_of_the_config(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL
                                    "populations: [{kind: wall}]\n"
                                    "agents: [{kind: twap, quantity: 3, slices: 2}]\n");
  hft_episode_plan *plan = world_plan(config, "do-nothing", "");
  hft_market *market = create_market(plan->model);
  hft_market_run(plan->model, market, 20 * HFT_SECOND, NULL);
  assert_int_equal(hft_market_account(plan->model, market, 1, 0)->position, 3);
  free(market);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_slices_sum_exactly),
      cmocka_unit_test(slices_are_equal_in_time),
      cmocka_unit_test(slices_follow_the_curve),
      cmocka_unit_test(aggressive_slices_cross_when_they_begin),
      cmocka_unit_test(passive_slices_cross_when_they_end),
      cmocka_unit_test(passive_slices_rest_at_the_near_touch),
      cmocka_unit_test(passive_slices_fill_in_the_queue),
      cmocka_unit_test(passive_child_follows_the_touch),
      cmocka_unit_test(vwap_follows_its_profile),
      cmocka_unit_test(a_thin_book),
      cmocka_unit_test(orders_keep_to_the_largest_size),
      cmocka_unit_test(bad_keys_are_refused),
      cmocka_unit_test(a_participant_of_the_config),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
