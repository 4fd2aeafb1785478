// Momentum traders follow a change of the mid, for as long as it weighs more than their threshold.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/dist.h"
#include "tests/support/market_world.h"
#include "tests/support/statistics.h"

// The seat's walls make the mid: 10 ticks away from it on both sides.
static void set_mid(const world *w, hft_price mid) {
  hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
  hft_desk_cancel_all(&desk);
  for (int side = 0; side < 2; side++) {
    const hft_order wall = {
        .side = (hft_side)side, .price = mid - 10 * hft_side_sign((hft_side)side), .qty = 1000000};
    hft_desk_submit(&desk, &wall);
  }
  assert_int_equal(hft_market_mid2(w->market, 0), 2 * mid);
}

static int64_t bought(const world *w) {
  return hft_market_account(w->model, w->market, 0, 0)->bought;
}

static int64_t sold(const world *w) {
  return hft_market_account(w->model, w->market, 0, 0)->sold;
}

// A change d weighs d exp(-t / h) after the time t, so it is followed for h log(d / threshold), at
// `rate`.
static void a_change_is_followed_while_it_weighs(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant, order_qty_max: 1000000}\n"
      "populations: [{kind: momentum, rate: 50, horizon_s: 10, threshold_ticks: 4,\n"
      "  noise_ticks: 0, size_mean: 1}]",
      1);
  hft_market_reset(w.model, w.market, 2, 0, NULL);
  set_mid(&w, 10000);
  hft_market_run(w.model, w.market, 300 * HFT_SECOND, NULL);
  assert_int_equal(bought(&w) + sold(&w), 0);
  const int rounds = 200;
  double expected = 50 * 10 * log(6.0 / 4);
  int64_t count[2] = {0};
  for (int i = 0; i < rounds; i++) {
    int down = i & 1;
    int64_t before[2] = {bought(&w), sold(&w)};
    hft_time now = hft_market_now(w.market);
    set_mid(&w, down ? 10000 : 10006);
    hft_market_run(w.model, w.market, now + 5 * HFT_SECOND, NULL);
    count[0] += bought(&w) - before[0];
    count[1] += sold(&w) - before[1];
    if (down) assert_int_equal(bought(&w), before[0]);
    if (!down) assert_int_equal(sold(&w), before[1]);
    hft_market_run(w.model, w.market, now + 300 * HFT_SECOND, NULL);
    assert_int_equal(bought(&w) + sold(&w), count[0] + count[1]);  // all in the first 5 s
  }
  for (int side = 0; side < 2; side++) {
    expect_near("followers", (double)count[side], expected * rounds / 2,
                sqrt(expected * rounds / 2));
  }
  world_verify(&w);
  world_free(&w);
}

// So it is however seldom they come: nobody has to have seen the mid before it changed.
static void the_trend_is_the_prices_not_the_arrivals(void **state) {
  (void)state;
  static const double rates[] = {0.02, 0.3, 5};
  for (int i = 0; i < 3; i++) {
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: constant, order_qty_max: 1000000}\n"
             "populations: [{kind: momentum, rate: %g, horizon_s: 30, threshold_ticks: 4,\n"
             "  noise_ticks: 0, size_mean: 1}]",
             rates[i]);
    world w = world_create(yaml, 1);
    hft_market_reset(w.model, w.market, 5, 0, NULL);
    set_mid(&w, 10000);
    hft_market_run(w.model, w.market, 400 * HFT_SECOND, NULL);
    int64_t before = bought(&w) + sold(&w), inside = 0;
    const int rounds = 1000;
    const hft_time window = (hft_time)(30 * log(10.0 / 4) * 1e9);
    for (int k = 0; k < rounds; k++) {
      hft_time now = hft_market_now(w.market);
      set_mid(&w, k & 1 ? 10000 : 10010);
      int64_t first = bought(&w) + sold(&w);
      hft_market_run(w.model, w.market, now + window, NULL);
      inside += bought(&w) + sold(&w) - first;
      hft_market_run(w.model, w.market, now + 400 * HFT_SECOND, NULL);
    }
    double expected = rates[i] * 30 * log(10.0 / 4) * rounds;
    expect_near("followers", (double)inside, expected, sqrt(expected));
    assert_int_equal(bought(&w) + sold(&w) - before, inside);  // none later
    world_free(&w);
  }
}

// On a random path of the mid: each of them follows where the sum of all changes, each weighed by
// its age, is beyond the threshold, worked out here change by change.
static void the_trend_sums_all_changes(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant, order_qty_max: 1000000}\n"
      "populations: [{kind: momentum, rate: 2, horizon_s: 8, threshold_ticks: 3,\n"
      "  noise_ticks: 0, size_mean: 1}]",
      1);
  hft_market_reset(w.model, w.market, 6, 0, NULL);
  hft_rng rng = hft_rng_seed(4, 4);
  hft_price mid = 10000;
  double trend = 0, follows[2] = {0};  // seconds at which they buy, sell
  const double step = 1e-3;
  set_mid(&w, mid);
  for (int k = 0; k < 4000; k++) {
    double wait = 0.001 * (1 + hft_bounded(&rng, 8000));
    for (double t = 0.5 * step; t < wait; t += step) {
      double now = trend * exp(-t / 8);
      follows[0] += now > 3 ? step : 0;
      follows[1] += now < -3 ? step : 0;
    }
    trend *= exp(-wait / 8);
    hft_market_run(w.model, w.market, hft_market_now(w.market) + (hft_time)llround(wait * 1e9),
                   NULL);
    hft_price next = 10000 + (hft_price)hft_bounded(&rng, 9) - 4;
    trend += next - mid;
    if (next != mid) set_mid(&w, next);
    mid = next;
  }
  assert_true(follows[0] > 500 && follows[1] > 500);
  expect_near("buyers", (double)bought(&w), 2 * follows[0], sqrt(2 * follows[0]));
  expect_near("sellers", (double)sold(&w), 2 * follows[1], sqrt(2 * follows[1]));
  world_free(&w);
}

// ---- calls -----------------------------------------------------------------------------------

// In a call their orders wait for the auction, as many as there is room for.
static void orders_join_a_call(void **state) {
  (void)state;
  for (int bound = 0; bound < 2; bound++) {
    char yaml[320];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: constant, order_qty_max: 1000000, duration_s: 600}\n"
             "exchange_config: {closing_auction_s: 500, auction_publish_s: 1000}\n"
             "populations: [{kind: momentum, rate: 2, horizon_s: 1000000, threshold_ticks: 4,\n"
             "  noise_ticks: 0, size_mean: 1%s}]",
             bound ? ", open_orders_max: 10" : "");
    world w = world_create(yaml, 1);
    event_record record = {0};
    hft_sink sink = event_record_sink(&record);
    hft_market_reset(w.model, w.market, 7, 0, &sink);
    set_mid(&w, 10000);
    set_mid(&w, 10020);
    hft_market_run(w.model, w.market, 100 * HFT_SECOND, &sink);
    record.count = 0;
    hft_market_run(w.model, w.market, 599 * HFT_SECOND, &sink);
    int added = 0, refused = 0;
    for (size_t i = 0; i < record.count; i++) {
      const hft_event *event = &record.events[i];
      if (event->owner != 0) continue;
      added += event->kind == HFT_EVENT_ADD;
      refused += event->kind == HFT_EVENT_REJECT && event->reason == HFT_REASON_OPEN_ORDERS;
    }
    if (bound) assert_int_equal(added, 10);
    if (!bound) assert_int_equal(refused, 0);
    expect_near("orders in the call", added + refused, 998, sqrt(998));
    world_verify(&w);
    event_record_free(&record);
    world_free(&w);
  }
}

// Below the threshold only those whose error is large enough trade: P(|error| > 4) on both sides.
static void errors_trade_both_ways(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant, order_qty_max: 1000000}\n"
      "populations: [{kind: momentum, rate: 20, threshold_ticks: 4, noise_ticks: 2.5,\n"
      "  size_mean: 1}]",
      1);
  hft_market_reset(w.model, w.market, 3, 0, NULL);
  set_mid(&w, 10000);
  hft_market_run(w.model, w.market, 5000 * HFT_SECOND, NULL);
  double expected = 20 * 5000 * 0.5 * erfc(4 / 2.5 / sqrt(2));
  expect_near("buyers", (double)bought(&w), expected, sqrt(expected));
  expect_near("sellers", (double)sold(&w), expected, sqrt(expected));
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_change_is_followed_while_it_weighs),
      cmocka_unit_test(the_trend_is_the_prices_not_the_arrivals),
      cmocka_unit_test(the_trend_sums_all_changes),
      cmocka_unit_test(orders_join_a_call),
      cmocka_unit_test(errors_trade_both_ways),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
