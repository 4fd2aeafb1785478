// Zero-intelligence order flow: rates, distances and sizes against the config's.
#include <math.h>
#include <stdlib.h>

#include "tests/flow/census.h"
#include "tests/support/statistics.h"

#define SECONDS 20000

static const char market[] =
    "market_config: {fundamental: constant, order_qty_max: 1000000000, window_ticks: 2048}\n"
    "populations:\n"
    "- {kind: noise, limit_rates: [0.4, 1.1, 0, 0.7, 0.3], cancel_rates: [0.5, 0.2, 0.4, 0.1],\n"
    "   market_rate: 0.6, size_mean: 4, size_max: 12, opening_orders: 20}\n";

static const double limit_rates[] = {0.4, 1.1, 0, 0.7, 0.3};
static const double cancel_rates[] = {0.5, 0.2, 0.4, 0.1};
static const double market_rate = 0.6, size_mean = 4;
enum { SIZE_MAX_HERE = 12 };

// One long session that all look at, between walls that keep both sides from ever being empty.
static world shared_world;
static census *shared_census;

static int begin(void **state) {
  (void)state;
  shared_world = world_create(market, 1);
  shared_census = census_open(&shared_world, 1, 9960, 10040);
  census_run(shared_census, &shared_world, SECONDS * HFT_SECOND);
  return 0;
}

static int end(void **state) {
  (void)state;
  census_free(shared_census);
  world_free(&shared_world);
  return 0;
}

static void expect_poisson(const char *what, int64_t count, double expected) {
  if (expected == 0) {
    assert_int_equal(count, 0);
  } else {
    expect_near(what, (double)count, expected, sqrt(expected));
  }
}

static void limit_orders_arrive_by_distance(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    for (int d = 1; d <= CENSUS_DISTANCES; d++) {
      double rate = d <= 5 ? limit_rates[d - 1] : 0;
      expect_poisson("limit orders", shared_census->limit[side][d], rate * SECONDS);
    }
  }
}

static void market_orders_arrive(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    expect_poisson("market orders", shared_census->market[side], market_rate * SECONDS);
  }
  // The time between two is exponential.
  size_t gaps = shared_census->gap_count;
  assert_true(gaps > 20000 && gaps < CENSUS_GAPS);
  for (size_t i = 0; i < gaps; i++) {
    shared_census->gap[i] = -expm1(-2 * market_rate * shared_census->gap[i]);
  }
  expect_uniform("gaps of market orders", shared_census->gap, gaps);
}

static void each_resting_order_is_cancelled_by_its_distance(void **state) {
  (void)state;
  int seen = 0;
  for (int d = 1; d <= CENSUS_DISTANCES; d++) {
    double rate = cancel_rates[d <= 4 ? d - 1 : 3];
    double expected = rate * shared_census->exposure[d];
    expect_poisson("cancellations", shared_census->cancel[d], expected);
    seen += expected > 500;
  }
  assert_true(seen >= 6);
}

// The clock was set for more orders than are left when others take some before it rings.
static void orders_that_others_take_are_not_cancelled(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant, order_qty_max: 1000000000, window_ticks: 2048}\n"
      "populations:\n"
      "- {kind: noise, limit_rates: [2], cancel_rates: [0.4], market_rate: 0, size_mean: 1,\n"
      "   opening_orders: 0}\n"
      "- {kind: noise, limit_rates: [0], market_rate: 1.5, size_mean: 1, opening_orders: 0}\n",
      1);
  census *c = census_open(&w, 2, 9990, 10010);
  census_run(c, &w, SECONDS * HFT_SECOND);
  double exposure = 0;
  int64_t cancels = 0;
  for (int d = 1; d <= CENSUS_DISTANCES; d++) {
    exposure += c->exposure[d];
    cancels += c->cancel[d];
  }
  expect_poisson("cancellations beside takers", cancels, 0.4 * exposure);
  assert_int_equal(c->market[HFT_BID] + c->market[HFT_ASK], 0);
  assert_true(hft_market_account(w.model, w.market, 0, 0)->maker_qty > SECONDS);
  census_free(c);
  world_free(&w);
}

static void sizes_are_geometric(void **state) {
  (void)state;
  double probability[SIZE_MAX_HERE], rest = 1, p = 1 / size_mean;
  for (int k = 1; k < SIZE_MAX_HERE; k++) rest -= probability[k - 1] = p * pow(1 - p, k - 1);
  probability[SIZE_MAX_HERE - 1] = rest;
  const int64_t *counts[] = {shared_census->limit_size, shared_census->market_size};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(counts[i][0], 0);
    expect_fit("sizes", counts[i] + 1, probability, SIZE_MAX_HERE);
    for (int k = SIZE_MAX_HERE + 1; k <= CENSUS_SIZES; k++) assert_int_equal(counts[i][k], 0);
  }
}

static void nothing_is_refused(void **state) {
  (void)state;
  assert_int_equal(shared_census->shadow.kind_count[HFT_EVENT_REJECT], 0);
  assert_int_equal(shared_census->shadow.kind_count[HFT_EVENT_REDUCE], 0);
  assert_int_equal(shared_census->shadow.kind_count[HFT_EVENT_EXPIRE], 0);  // the walls held
}

// On an empty book distances are from the mid, and the opening puts orders on both sides.
static void the_opening_fills_an_empty_book(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: noise, limit_rates: [0, 0, 1], opening_orders: 50}]",
      0);
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  hft_market_reset(w.model, w.market, 4, 0, &sink);
  assert_int_equal(record.count, 100);
  int64_t side_count[2] = {0};
  for (size_t i = 0; i < record.count; i++) {
    const hft_event *event = &record.events[i];
    assert_int_equal(event->kind, HFT_EVENT_ADD);
    assert_int_equal(event->time, 0);
    side_count[event->side]++;
    if (i == 0) assert_int_equal(event->price, event->side == HFT_BID ? 9997 : 10003);
  }
  assert_true(side_count[0] > 25 && side_count[1] > 25);
  event_record_free(&record);
  world_free(&w);
}

static void resting_orders_are_bounded(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: noise, cancel_rates: [0.001], open_orders_max: 30}]",
      1);
  hft_desk desk = hft_market_desk(w.model, w.market, 0);
  uint32_t most = 0;
  for (int i = 1; i <= 1000; i++) {
    hft_market_run(w.model, w.market, i * HFT_SECOND, NULL);
    uint32_t open = hft_desk_open_count(&desk);
    assert_true(open <= 30);
    if (open > most) most = open;
  }
  assert_int_equal(most, 30);
  world_verify(&w);
  world_free(&w);
}

// Beyond the list its last rate holds, up to the range.
static void limit_orders_reach_their_range(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant, order_qty_max: 1000000000, window_ticks: 2048}\n"
      "populations: [{kind: noise, limit_rates: [0.7, 0.2, 0.4], limit_range: 8,\n"
      "  opening_orders: 0}]",
      1);
  census *c = census_open(&w, 5, 9960, 10040);
  const int seconds = 10000;
  census_run(c, &w, seconds * HFT_SECOND);
  for (int side = 0; side < 2; side++) {
    for (int d = 1; d <= CENSUS_DISTANCES; d++) {
      double rate = d == 1 ? 0.7 : d == 2 ? 0.2 : d <= 8 ? 0.4 : 0;
      expect_poisson("limit orders", c->limit[side][d], rate * seconds);
    }
  }
  census_free(c);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limit_orders_arrive_by_distance),
      cmocka_unit_test(market_orders_arrive),
      cmocka_unit_test(each_resting_order_is_cancelled_by_its_distance),
      cmocka_unit_test(orders_that_others_take_are_not_cancelled),
      cmocka_unit_test(sizes_are_geometric),
      cmocka_unit_test(nothing_is_refused),
      cmocka_unit_test(the_opening_fills_an_empty_book),
      cmocka_unit_test(resting_orders_are_bounded),
      cmocka_unit_test(limit_orders_reach_their_range),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
