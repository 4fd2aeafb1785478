// Populations of many traders: equal to one trader who arrives as many times as often, and to as
// many populations of one trader.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/market_world.h"
#include "tests/support/statistics.h"

// A market of every kind, `many` traders of each, whose rates are divided by `by`.
static uint64_t digest(int64_t many, double by, const char *clock) {
  char yaml[2048];
  snprintf(
      yaml, sizeof yaml,
      "market_config: {duration_s: 200}\n"
      "populations:\n"
      "- {kind: noise, headcount: %lld, limit_rates: [0, %.17g, %.17g], market_rate: %.17g%s}\n"
      "- {kind: value, headcount: %lld, rate: %.17g%s}\n"
      "- {kind: maker, headcount: %lld, rate: %.17g}\n"
      "- {kind: momentum, headcount: %lld, rate: %.17g%s}\n"
      "- {kind: metaorder, headcount: %lld, rate: %.17g%s}\n",
      (long long)many, 0.3 / by, 1.7 / by, 0.4 / by, clock, (long long)many, 6 / by, clock,
      (long long)many, 20 / by, (long long)many, 1 / by, clock, (long long)many, 0.5 / by, clock);
  world w = world_create(yaml, 0);
  hft_market_run(w.model, w.market, 200 * HFT_SECOND, NULL);
  world_verify(&w);
  assert_true(hft_market_messages(w.market) > 5000);
  uint64_t hash = hft_market_hash(w.model, w.market);
  world_free(&w);
  return hash;
}

static void as_one_who_comes_as_often(void **state) {
  (void)state;
  static const char *const clocks[] = {
      "", ", clock: hawkes, hawkes_branching: [0.4, 0.3], hawkes_decay_s: [0.1, 3]",
      ", profile: [2, 0.5, 1]"};
  for (int i = 0; i < 3; i++) {
    uint64_t one = digest(1, 1, clocks[i]);
    assert_true(digest(2, 2, clocks[i]) == one);
    assert_true(digest(1024, 1024, clocks[i]) == one);
    assert_true(digest(1 << 20, 1 << 20, clocks[i]) == one);
    assert_true(digest(2, 1, clocks[i]) != one);
  }
}

// ---- as many populations of one --------------------------------------------------------------

#define PARTS 64
#define PART_S 100
#define RUNS 10

typedef struct tally {
  int64_t count[PARTS];
} tally;

static void count_orders(void *context, const hft_event *event) {
  tally *t = context;
  hft_time part = event->time / (PART_S * HFT_SECOND);
  if (event->kind == HFT_EVENT_ADD && part < PARTS) t->count[part]++;
}

// The mean number of orders in a part, and their variance over it, of limit orders of which none
// trades. So many populations of so many traders, each of whom sends 5 in 8 seconds.
static void measure(int populations, int traders, const char *clock, double *mean, double *fano) {
  char yaml[4096];
  int length = snprintf(yaml, sizeof yaml,
                        "market_config: {fundamental: constant, duration_s: %d}\npopulations:\n",
                        PARTS * PART_S);
  for (int i = 0; i < populations; i++) {
    length += snprintf(yaml + length, sizeof yaml - (size_t)length,
                       "- {kind: noise, headcount: %d, limit_rates: [0, 0, 0, 0, 0, 0, 0, 0,"
                       " 0.3125], market_rate: 0, cancel_rates: [1], opening_orders: 0%s}\n",
                       traders, clock);
  }
  *mean = *fano = 0;
  world w = world_create(yaml, 0);
  for (uint64_t seed = 0; seed < RUNS; seed++) {
    tally t = {{0}};
    const hft_sink sink = {count_orders, &t};
    hft_market_reset(w.model, w.market, seed, 0, &sink);
    hft_market_run(w.model, w.market, PARTS * PART_S * HFT_SECOND - 1, &sink);
    double sum = 0, square = 0;
    for (int i = 0; i < PARTS; i++) sum += (double)t.count[i] / PARTS;
    for (int i = 0; i < PARTS; i++) square += pow((double)t.count[i] - sum, 2);
    *mean += sum / RUNS;
    *fano += square / (PARTS - 1) / sum / RUNS;
  }
  world_free(&w);
}

// Counts of a Hawkes clock of branching ratio n vary 1 / (1 - n)^2 times as much as Poisson's.
static void expect_counts(int populations, int traders, const char *clock, double dispersion) {
  double mean, fano, expected = 0.625 * PART_S * populations * traders;
  measure(populations, traders, clock, &mean, &fano);
  expect_near("orders in a part", mean, expected, sqrt(dispersion * expected / (PARTS * RUNS)));
  expect_near("their variance over the mean", fano, dispersion,
              dispersion * sqrt(2.0 / ((PARTS - 1) * RUNS)));
}

static void as_many_of_one(void **state) {
  (void)state;
  expect_counts(8, 1, "", 1);
  expect_counts(1, 8, "", 1);
  expect_counts(2, 4, "", 1);
  static const char hawkes[] = ", clock: hawkes, hawkes_branching: [0.6], hawkes_decay_s: [0.5]";
  expect_counts(8, 1, hawkes, 6.25);
  expect_counts(1, 8, hawkes, 6.25);
  expect_counts(2, 4, hawkes, 6.25);
}

// ---- bounds ----------------------------------------------------------------------------------

static hft_status compile(const char *population, hft_error *error) {
  char yaml[256];
  snprintf(yaml, sizeof yaml, "populations: [%s]", population);
  hft_config *config = world_config(yaml);
  hft_model *model = NULL;
  hft_status status =
      hft_model_create(config, world_classes, world_class_count, NULL, 0, &model, error);
  hft_model_free(model);
  hft_config_free(config);
  return status;
}

static void expect_refused(const char *population, const char *key) {
  hft_error error = {0};
  assert_int_equal(compile(population, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.where, "populations.0"));
  assert_non_null(strstr(error.text, "headcount"));
  assert_non_null(strstr(error.text, key));
  assert_non_null(strstr(error.text, "1e+06"));
}

static void all_traders_together_keep_the_bound_of_one(void **state) {
  (void)state;
  hft_error error = {0};
  assert_int_equal(compile("{kind: value, rate: 1, headcount: 1000000}", &error), HFT_OK);
  assert_int_equal(compile("{kind: value, rate: 0.001, headcount: 1000000000}", &error), HFT_OK);
  assert_int_equal(compile("{kind: noise, limit_rates: [0], headcount: 2500000}", &error), HFT_OK);
  expect_refused("{kind: value, rate: 1, headcount: 1000001}", "rate of 1");
  expect_refused("{kind: maker, rate: 0.01, headcount: 1000000000}", "rate of 0.01");
  expect_refused("{kind: momentum, rate: 1000, headcount: 1001}", "rate of 1000");
  expect_refused("{kind: metaorder, rate: 1000, headcount: 1001}", "rate of 1000");
  expect_refused("{kind: noise, limit_rates: [0, 2], headcount: 500001}", "limit_rates of 2");
  expect_refused("{kind: noise, limit_rates: [0], market_rate: 2, headcount: 500001}",
                 "market_rate of 2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_one_who_comes_as_often),
      cmocka_unit_test(as_many_of_one),
      cmocka_unit_test(all_traders_together_keep_the_bound_of_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
