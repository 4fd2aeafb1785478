// Traders who know the value with an error: whom they trade with, how often, and the orders they
// rest.
#include <math.h>
#include <stdlib.h>

#include "tests/flow/census.h"
#include "tests/support/statistics.h"

#define VALUE 10000
#define MARKET \
  "market_config: {fundamental: constant, order_qty_max: 1000000000, window_ticks: 1024}\n"

static double normal_cdf(double x) {
  return 0.5 * erfc(-x * sqrt(0.5));
}

static void expect_poisson(const char *what, int64_t count, double expected) {
  expect_near(what, (double)count, expected, sqrt(expected));
}

// Between walls one tick apart nothing else can be best, so that each arrival takes, or rests, with
// a probability that the normal error gives.
static void takers_come_as_often_as_their_error_says(void **state) {
  (void)state;
  const double rate = 40, sigma = 3, threshold = 1, lifetime = 2;
  const int seconds = 4000;
  world w = world_create(MARKET
                         "populations: [{kind: value, rate: 40, noise_ticks: 3, "
                         "threshold_ticks: 1, lifetime_s: 2}]",
                         1);
  const hft_price bid = VALUE, ask = VALUE + 1;
  census *c = census_open(&w, 2, bid, ask);
  census_run(c, &w, seconds * HFT_SECOND);
  double buy = normal_cdf((VALUE - ask - threshold) / sigma);
  double sell = normal_cdf((bid - VALUE - threshold) / sigma);
  double all = rate * seconds;
  expect_poisson("buyers", c->market[HFT_BID], all * buy);
  expect_poisson("sellers", c->market[HFT_ASK], all * sell);
  int64_t limits[2] = {0}, cancels = 0;
  double exposure = 0;
  for (int d = 1; d <= CENSUS_DISTANCES; d++) {
    for (int side = 0; side < 2; side++) limits[side] += c->limit[side][d];
    cancels += c->cancel[d];
    exposure += c->exposure[d];
  }
  for (int side = 0; side < 2; side++) {
    expect_poisson("passive orders", limits[side], all * (1 - buy - sell) / 2);
  }
  expect_poisson("orders that expire", cancels, exposure / lifetime);
  assert_int_equal(c->shadow.kind_count[HFT_EVENT_REJECT], 0);
  census_free(c);
  world_free(&w);
}

// Without error: the distance of a passive order is an exponential, rounded away from the value.
static void passive_orders_rest_at_their_offset(void **state) {
  (void)state;
  const double offset = 3;
  world w = world_create(MARKET
                         "populations: [{kind: value, rate: 50, noise_ticks: 0, offset_ticks: 3, "
                         "lifetime_s: 0.5, size_mean: 8, size_max: 64}]",
                         0);
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  hft_market_reset(w.model, w.market, 3, 0, NULL);
  hft_market_run(w.model, w.market, 1000 * HFT_SECOND, &sink);
  enum { BINS = 12 };
  int64_t count[2][BINS] = {{0}};
  double lots = 0, orders = 0;
  for (size_t i = 0; i < record.count; i++) {
    const hft_event *event = &record.events[i];
    if (event->kind == HFT_EVENT_CANCEL) continue;
    assert_int_equal(event->kind, HFT_EVENT_ADD);  // nobody trades: all agree on the value
    int away = event->side == HFT_BID ? VALUE - event->price : event->price - VALUE;
    assert_true(away >= 1);
    count[event->side][away < BINS ? away - 1 : BINS - 1]++;
    lots += event->qty;
    orders++;
  }
  double probability[BINS], rest = 1;
  for (int k = 1; k < BINS; k++) {
    rest -= probability[k - 1] = exp(-(k - 1) / offset) - exp(-k / offset);
  }
  probability[BINS - 1] = rest;
  for (int side = 0; side < 2; side++) expect_fit("offsets", count[side], probability, BINS);
  // Geometric of mean m, cut at M: mean m (1 - q^M) with q = 1 - 1/m, variance close to m^2 - m.
  double mean = 8 * (1 - pow(1 - 1.0 / 8, 64));
  expect_near("sizes", lots / orders, mean, sqrt(56 / orders));
  event_record_free(&record);
  world_free(&w);
}

// Walls beside the value: with no error all trade one way, up to the value and no farther.
static void expect_one_way(hft_price bid, hft_price ask, int64_t *buyers, int64_t *sellers) {
  world w = world_create(
      MARKET "populations: [{kind: value, rate: 10, noise_ticks: 0, threshold_ticks: 2}]", 1);
  census *c = census_open(&w, 5, bid, ask);
  census_run(c, &w, 50 * HFT_SECOND);
  *buyers = c->market[HFT_BID];
  *sellers = c->market[HFT_ASK];
  census_free(c);
  world_free(&w);
}

static void takers_take_mispriced_orders(void **state) {
  (void)state;
  int64_t buyers, sellers;
  expect_one_way(VALUE - 4, VALUE - 3, &buyers, &sellers);
  assert_true(buyers > 300 && sellers == 0);
  expect_one_way(VALUE + 3, VALUE + 4, &buyers, &sellers);
  assert_true(buyers == 0 && sellers > 300);
  // Not beyond the threshold.
  expect_one_way(VALUE - 3, VALUE - 2, &buyers, &sellers);
  assert_true(buyers == 0 && sellers == 0);
  expect_one_way(VALUE + 2, VALUE + 3, &buyers, &sellers);
  assert_true(buyers == 0 && sellers == 0);
}

static void takers_pay_no_more_than_their_estimate(void **state) {
  (void)state;
  world w = world_create(
      MARKET "populations: [{kind: value, rate: 10, noise_ticks: 0, size_mean: 50}]", 1);
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  hft_market_reset(w.model, w.market, 5, 0, &sink);
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  const hft_price price[] = {VALUE - 3, VALUE, VALUE + 1, VALUE + 2};
  for (int i = 0; i < 4; i++) {
    hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, price[i], 3});
  }
  hft_market_run(w.model, w.market, 50 * HFT_SECOND, &sink);
  int64_t lots[4] = {0};
  for (size_t i = 0; i < record.count; i++) {
    if (record.events[i].kind != HFT_EVENT_TRADE) continue;
    for (int k = 0; k < 4; k++) {
      if (record.events[i].price == price[k]) lots[k] += record.events[i].qty;
    }
  }
  assert_int_equal(lots[0], 3);
  assert_int_equal(lots[1], 3);  // along with the first, up to the estimate
  assert_int_equal(lots[2] + lots[3], 0);
  event_record_free(&record);
  world_free(&w);
}

// The mid less the value, and the value's way, as root mean squares over seeds.
static void measure_tracking(const char *yaml, double *error, double *way) {
  enum { SEEDS = 40 };
  world w = world_create(yaml, 0);
  double errors = 0, ways = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    hft_market_run(w.model, w.market, 600 * HFT_SECOND, NULL);
    double value = hft_market_fundamental(w.model, w.market, 0);
    double mid = 0.5 * (double)hft_market_mid2(w.market, 0);
    errors += (mid - value) * (mid - value);
    ways += (value - VALUE) * (value - VALUE);
  }
  *error = sqrt(errors / SEEDS);
  *way = sqrt(ways / SEEDS);
  world_free(&w);
}

static void the_price_follows_the_value(void **state) {
  (void)state;
  double error, way;
  measure_tracking(
      "market_config: {fundamental: ou, volatility: 0.05, mean_reversion_speed: 0}\n"
      "populations: [{kind: noise}, {kind: value, rate: 10}]",
      &error, &way);
  assert_true(way > 40);  // 3.3 ticks a root of a second: 80 in 600 s
  assert_true(error < 5);
  measure_tracking(
      "market_config: {fundamental: ou, volatility: 0.05, mean_reversion_speed: 0}\n"
      "populations: [{kind: noise}]",
      &error, &way);
  assert_true(error > 20);  // without them it does not
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takers_come_as_often_as_their_error_says),
      cmocka_unit_test(passive_orders_rest_at_their_offset),
      cmocka_unit_test(takers_take_mispriced_orders),
      cmocka_unit_test(takers_pay_no_more_than_their_estimate),
      cmocka_unit_test(the_price_follows_the_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
