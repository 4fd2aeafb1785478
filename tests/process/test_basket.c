// Several correlated values: a single one equals an hft_fundamental, adding one does not change
// those before it, and their joint law is that of correlated processes with common jumps.
#include "sim/process/basket.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define PATHS 60000
#define DAY 23400.0
#define COUNT 4

#define OWN \
  { .law = HFT_JUMP_MERTON, .rate = 300, .mean = 0.001, .volatility = 0.002 }
static const hft_jumps common = {
    .law = HFT_JUMP_KOU, .rate = 400, .up_probability = 0.6, .up_mean = 0.003, .down_mean = 0.002};

static const hft_fundamental_spec specs[COUNT] = {
    {HFT_FUNDAMENTAL_OU, 10000, 0.02, 0.01, {0}, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_JUMP, 5000, 0.01, 0, OWN, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_OU_JUMP, 2000, 0.03, 0.2, OWN, 10 * HFT_SECOND},
    {HFT_FUNDAMENTAL_BROWNIAN, 8000, 0.01, 0, {0}, 10 * HFT_SECOND},
};
static const double correlation[COUNT * COUNT] = {1,   0.7, 0.5, -0.2, 0.7,  1,   0.3, 0.1,
                                                  0.5, 0.3, 1,   0,    -0.2, 0.1, 0,   1};
static const double loading[COUNT] = {1, -0.5, 2, 1};

typedef struct values {
  hft_basket_model *model;
  hft_basket *basket;
} values;

static values compile(const hft_basket_spec *spec) {
  values v = {.model = malloc(sizeof *v.model)};
  assert_non_null(v.model);
  hft_error error = {0};
  if (hft_basket_compile(spec, v.model, &error) != HFT_OK) fail_msg("%s", error.text);
  v.basket = malloc(hft_basket_size(v.model));
  assert_non_null(v.basket);
  return v;
}

static void release(values *v) {
  free(v->model);
  free(v->basket);
}

static void one_is_a_fundamental(void **state) {
  (void)state;
  const double identity = 1;
  for (int kind = 0; kind < COUNT; kind++) {
    for (int correlated = 0; correlated < 2; correlated++) {
      hft_basket_spec spec = {.count = 1, .spec = &specs[kind]};
      if (correlated) spec.correlation = &identity;
      values v = compile(&spec);
      hft_fundamental_model model;
      hft_fundamental alone;
      hft_fundamental_compile(&specs[kind], &model);
      hft_fundamental_start(&model, &alone, hft_rng_stream(3, 9, 1), hft_rng_stream(3, 9, 2));
      hft_basket_start(v.model, v.basket, 3, 9);
      for (hft_time now = 0; now < 5000 * HFT_SECOND; now += 7 * HFT_SECOND) {
        double value = hft_fundamental_at(&model, &alone, now);
        assert_true(hft_basket_at(v.model, v.basket, 0, now) == value);
      }
      release(&v);
    }
  }
}

// Whoever looks at what, when, and however many come after: the path of a value stays.
static void paths_are_independent_of_other_values(void **state) {
  (void)state;
  double path[COUNT][200];
  for (int count = COUNT; count >= 1; count--) {
    double part[COUNT * COUNT];
    for (int i = 0; i < count * count; i++) part[i] = correlation[i / count * COUNT + i % count];
    values v = compile(&(hft_basket_spec){count, specs, part, common, loading});
    hft_basket_start(v.model, v.basket, 1, 2);
    for (int step = 0; step < 200; step++) {
      if (count < COUNT && step % 3 == count % 3) continue;
      for (int i = 0; i < count; i++) {
        double value = hft_basket_at(v.model, v.basket, i, step * 10 * HFT_SECOND + step);
        if (count == COUNT) path[i][step] = value;
        assert_true(value == path[i][step]);
      }
    }
    release(&v);
  }
}

static double integral(double k, double t) {
  return k > 0 ? -expm1(-k * t) / k : t;
}

// E[J^2] of the jumps above.
static double jump_square(const hft_jumps *jumps) {
  if (jumps->law == HFT_JUMP_MERTON) {
    return jumps->mean * jumps->mean + jumps->volatility * jumps->volatility;
  }
  return 2 * (0.6 * 0.003 * 0.003 + 0.4 * 0.002 * 0.002);
}

// Cov of x_i and x_j after t seconds, where x is relative to the initial value.
static double covariance(int i, int j, double t) {
  double speed = specs[i].mean_reversion_speed + specs[j].mean_reversion_speed;
  double diffusion = correlation[i * COUNT + j] * specs[i].volatility * specs[j].volatility;
  double jumps = common.rate * loading[i] * loading[j] * jump_square(&common);
  if (i == j) jumps += specs[i].jumps.rate * jump_square(&specs[i].jumps);
  return (diffusion + jumps) / DAY * integral(speed, t);
}

// On a grid far coarser than the fastest pull, where a correlation of steps taken for that of the
// diffusions would be off by a factor of 3.
static void joint_law_is_exact(void **state) {
  (void)state;
  const double t = 200;
  values v = compile(&(hft_basket_spec){COUNT, specs, correlation, common, loading});
  double mean[COUNT] = {0}, square[COUNT][COUNT] = {{0}}, fourth[COUNT][COUNT] = {{0}};
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_basket_start(v.model, v.basket, 77, path);
    double x[COUNT];
    for (int i = 0; i < COUNT; i++) {
      double value = hft_basket_at(v.model, v.basket, i, 200 * HFT_SECOND) / specs[i].initial;
      x[i] = value - 1;
      mean[i] += x[i] / PATHS;
    }
    x[1] = log(1 + x[1]);
    for (int i = 0; i < COUNT; i++) {
      for (int j = 0; j < COUNT; j++) {
        square[i][j] += x[i] * x[j] / PATHS;
        fourth[i][j] += x[i] * x[j] * x[i] * x[j] / PATHS;
      }
    }
  }
  for (int i = 0; i < COUNT; i++) {
    expect_near("martingale, or mean of 0", mean[i], 0, sqrt(square[i][i] / PATHS));
    for (int j = 0; j < COUNT; j++) {
      double expected = covariance(i, j, t);
      double deviation = sqrt((fourth[i][j] - expected * expected) / PATHS);
      expect_near("covariance", square[i][j], expected, deviation);
    }
  }
  release(&v);
}

static void constants_stay_and_shift_no_draws(void **state) {
  (void)state;
  hft_fundamental_spec changed[2] = {specs[0], specs[3]};
  changed[0].kind = HFT_FUNDAMENTAL_CONSTANT;
  const double r[4] = {1, 0.5, 0.5, 1};
  const hft_fundamental_spec both[2] = {specs[0], specs[3]};
  values a = compile(&(hft_basket_spec){2, changed, r, common, NULL});
  values b = compile(&(hft_basket_spec){2, both, r, common, NULL});
  hft_basket_start(a.model, a.basket, 6, 6);
  hft_basket_start(b.model, b.basket, 6, 6);
  for (int i = 0; i < 50; i++) {
    hft_time now = i * 60 * HFT_SECOND;
    assert_true(hft_basket_at(a.model, a.basket, 0, now) == specs[0].initial);
    // The pull of the first changes the correlation of a step, so only the scale is held here.
    double x = hft_basket_at(a.model, a.basket, 1, now),
           y = hft_basket_at(b.model, b.basket, 1, now);
    assert_true(fabs(x - y) < 0.02 * specs[3].initial && (i == 0 || x != specs[3].initial));
  }
  release(&a);
  release(&b);
}

static void specs_without_a_law_are_refused(void **state) {
  (void)state;
  static hft_basket_model model;
  hft_error error = {0};
  const double bad[4] = {1, 1.2, 1.2, 1};
  assert_int_equal(hft_basket_compile(&(hft_basket_spec){2, specs, bad, {0}, NULL}, &model, &error),
                   HFT_ECONFIG);
  assert_string_equal(error.where, "correlation");
  const double heavy[2] = {1, 400};
  assert_int_equal(
      hft_basket_compile(&(hft_basket_spec){2, specs, NULL, common, heavy}, &model, &error),
      HFT_ECONFIG);
  assert_string_equal(error.where, "common jumps");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_is_a_fundamental),
      cmocka_unit_test(paths_are_independent_of_other_values),
      cmocka_unit_test(joint_law_is_exact),
      cmocka_unit_test(constants_stay_and_shift_no_draws),
      cmocka_unit_test(specs_without_a_law_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
