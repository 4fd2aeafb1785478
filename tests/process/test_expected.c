// The expected value of a process, given its past, against simulation: what the value does beyond
// it has the mean 0, also weighted by anything known before.
#include <math.h>
#include <stdlib.h>

#include "sim/process/basket.h"
#include "tests/support/check.h"

#define PATHS 4000
#define COUNT 6
#define MOMENTS 12

#define OWN \
  { .law = HFT_JUMP_MERTON, .rate = 3000, .mean = 0.001, .volatility = 0.002 }
static const hft_fundamental_spec specs[COUNT] = {
    {HFT_FUNDAMENTAL_OU, 10000, 0.02, 0.02, {0}, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_JUMP, 5000, 0.01, 0, OWN, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_OU_JUMP, 2000, 0.03, 0.05, OWN, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_BROWNIAN, 8000, 0.01, 0, {0}, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_GEOMETRIC, 3000, 0.05, 0, {0}, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_CONSTANT, 4000, 0.05, 0.1, {0}, 10 * HFT_SECOND},
};
static const hft_jumps common = {
    .law = HFT_JUMP_KOU, .rate = 2000, .up_probability = 0.7, .up_mean = 0.002, .down_mean = 0.001};

typedef struct sums {
  double sum, squares;
  int count;
} sums;

static void add(sums *s, double x) {
  s->sum += x;
  s->squares += x * x;
  s->count++;
}

static void expect_mean_0(const sums *s, int kind, int weight) {
  double mean = s->sum / s->count, error = sqrt(s->squares) / s->count;
  if (fabs(mean) > 4 * error) {
    fail_msg("kind %d, weight %d: mean %g, error %g", kind, weight, mean, error);
  }
}

// Intervals do not fit the grid: 0 to 3 of its steps lie in each.
static void check(const hft_activity_spec *activity, const hft_jumps *jumps) {
  hft_basket_model *model = malloc(sizeof *model);
  hft_basket_spec spec = {.count = COUNT, .spec = specs, .common = *jumps, .activity = *activity};
  hft_error error = {0};
  assert_non_null(model);
  if (hft_basket_compile(&spec, model, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_basket *basket = malloc(hft_basket_size(model));
  assert_non_null(basket);
  sums all[COUNT][3] = {{{0}}};
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_time now = 13 * HFT_SECOND;
    hft_basket_start(model, basket, 17, path);
    for (int i = 0; i < MOMENTS; i++) {
      hft_time to = now + (hft_time)(1 + 3 * i) * HFT_SECOND;
      double expected[COUNT], away[COUNT];
      for (int k = 0; k < COUNT; k++) {
        expected[k] = hft_basket_expected(model, basket, k, now, to);
        away[k] = hft_basket_at(model, basket, k, now) - specs[k].initial;
        if (to < basket->next_step) assert_true(expected[k] == specs[k].initial + away[k]);
      }
      for (int k = 0; k < COUNT; k++) {
        double surprise = hft_basket_at(model, basket, k, to) - expected[k];
        add(&all[k][0], surprise);
        add(&all[k][1], surprise * away[k]);
        add(&all[k][2], away[k] > 0 ? surprise : 0);
      }
      now = to;
    }
  }
  for (int k = 0; k < COUNT; k++) {
    for (int weight = 0; weight < 3; weight++) {
      bool constant = specs[k].kind == HFT_FUNDAMENTAL_CONSTANT;
      assert_true((all[k][weight].squares == 0) == constant);
      expect_mean_0(&all[k][weight], k, weight);
    }
  }
  free(basket);
  free(model);
}

static void surprises_have_the_mean_0(void **state) {
  (void)state;
  const hft_activity_spec constant = {.sd = 0};
  const hft_activity_spec varying = {
      .sd = 1, .count = 2, .horizon_s = {20, 200}, .hurst = 0.1, .leverage = 0.5};
  const hft_jumps none = {.rate = 0};
  check(&constant, &none);
  check(&constant, &common);
  check(&varying, &none);
  check(&varying, &common);
}

// E[X(t + a + b)] is the expectation of what is expected after a.
static void expectations_are_consistent(void **state) {
  (void)state;
  for (int k = 0; k < COUNT; k++) {
    hft_fundamental_model model;
    hft_fundamental_compile(&specs[k], &model);
    double m = specs[k].initial, value = 1.01 * m;
    double half = hft_fundamental_expected(&model, value, 20 * HFT_SECOND);
    double whole = hft_fundamental_expected(&model, value, 50 * HFT_SECOND);
    assert_near(hft_fundamental_expected(&model, half, 30 * HFT_SECOND), whole, 1e-9 * m);
    assert_true(hft_fundamental_expected(&model, value, 0) == value);
    double speed = specs[k].mean_reversion_speed;
    bool reverts = specs[k].kind == HFT_FUNDAMENTAL_OU || specs[k].kind == HFT_FUNDAMENTAL_OU_JUMP;
    double wanted = reverts ? m + (value - m) * exp(-speed * 50) : value;
    assert_near(whole, wanted, 1e-9 * m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(surprises_have_the_mean_0),
      cmocka_unit_test(expectations_are_consistent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
