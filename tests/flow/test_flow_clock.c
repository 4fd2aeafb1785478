// The clock keys of populations: every population with a clock accepts them, refuses explosive
// ones, keeps its mean rate, clusters, and follows its profile.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/market_world.h"
#include "tests/support/statistics.h"

static const char *const clocked[] = {"noise", "value", "momentum", "metaorder"};

static void explosive_clocks_are_refused(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    char yaml[160];
    snprintf(yaml, sizeof yaml,
             "populations: [{kind: %s, clock: hawkes, hawkes_branching: [0.6, 0.4],\n"
             "  hawkes_decay_s: [1, 2]}]",
             clocked[i]);
    world_expect_refused(yaml, NULL, 0, clocked[i], "hawkes_branching");
  }
}

// Orders that a population sends, counted by equal parts of the time.
typedef struct tally {
  hft_time part;
  int64_t count[64];
} tally;

static void count_orders(void *context, const hft_event *event) {
  tally *t = context;
  if (event->kind == HFT_EVENT_ADD) t->count[event->time / t->part % 64]++;
}

// Limit orders of noise at a distance at which none trades, so that each is an ADD.
#define NOISE                                                                               \
  "market_config: {fundamental: constant, duration_s: 6400}\n"                              \
  "populations: [{kind: noise, limit_rates: [0, 0, 0, 0, 0, 0, 0, 0, 5], market_rate: 0,\n" \
  "  cancel_rates: [1], opening_orders: 0, "

static tally run(const char *yaml, uint64_t seed) {
  world w = world_create(yaml, 0);
  tally t = {.part = 100 * HFT_SECOND};
  const hft_sink sink = {count_orders, &t};
  hft_market_reset(w.model, w.market, seed, 0, &sink);
  hft_market_run(w.model, w.market, 6400 * HFT_SECOND - 1, &sink);
  world_verify(&w);
  world_free(&w);
  return t;
}

// The mean of the parts' counts, and their variance over it.
static double fano(const tally *t, double *mean) {
  double sum = 0, square = 0;
  for (int i = 0; i < 64; i++) sum += (double)t->count[i];
  *mean = sum / 64;
  for (int i = 0; i < 64; i++) square += pow((double)t->count[i] - *mean, 2);
  return square / 63 / *mean;
}

static void a_hawkes_clock_clusters_and_keeps_the_rate(void **state) {
  (void)state;
  double sum[2] = {0}, mean;
  for (uint64_t seed = 0; seed < 10; seed++) {
    tally poisson = run(NOISE "clock: poisson}]", seed);
    sum[0] += fano(&poisson, &mean) / 10;
    expect_near("poisson", mean * 64, 64000, sqrt(64000));
    tally hawkes =
        run(NOISE "clock: hawkes, hawkes_branching: [0.6], hawkes_decay_s: [0.5]}]", seed);
    sum[1] += fano(&hawkes, &mean) / 10;
    expect_near("hawkes", mean * 64, 64000, 2.5 * sqrt(64000));
  }
  // The variance of counts in long windows is 1 / (1 - n)^2 = 6.25 times the mean; the estimate of
  // 64 parts has the relative deviation sqrt(2 / 63), that of 10 runs sqrt(10) less.
  expect_near("fano factor of poisson", sum[0], 1, sqrt(2.0 / 630));
  expect_near("fano factor of hawkes", sum[1], 6.25, 6.25 * sqrt(2.0 / 630));
}

static void a_profile_shapes_the_session(void **state) {
  (void)state;
  const double profile[] = {2, 0.5, 0, 1.5};
  tally t = run(NOISE "profile: [2, 0.5, 0, 1.5]}]", 3);
  for (int part = 0; part < 4; part++) {
    int64_t count = 0;
    for (int i = 0; i < 16; i++) count += t.count[16 * part + i];
    double expected = 10 * 1600 * profile[part];
    if (expected == 0) {
      assert_int_equal(count, 0);
    } else {
      expect_near("arrivals in a part", (double)count, expected, sqrt(expected));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(explosive_clocks_are_refused),
      cmocka_unit_test(a_hawkes_clock_clusters_and_keeps_the_rate),
      cmocka_unit_test(a_profile_shapes_the_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
