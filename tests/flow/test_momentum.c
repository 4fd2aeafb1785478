// Momentum traders follow a change of the mid, for as long as it weighs more than their threshold.
#include <math.h>

#include "tests/base/statistics.h"
#include "tests/market/world.h"

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
// `rate`. The crowd's last look before the change lies 1 / rate back on average, and counts to the
// time: one arrival less.
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
  double expected = 50 * 10 * log(6.0 / 4) - 1;
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
      cmocka_unit_test(errors_trade_both_ways),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
