// The other kinds of the fundamental value against their closed forms: Kou's jumps, jumps on top of
// Ornstein-Uhlenbeck, geometric and arithmetic Brownian motion; and transitions over any time.
//
// Jumps J at the rate l, faded by exp(-k age), add l E[J^n] (1 - exp(-n k t)) / (n k) to the n-th
// cumulant (Campbell's theorem); without a pull this is l t E[J^n].
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/process/fundamental.h"
#include "tests/process/moments.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define PATHS 100000
#define DAY 23400.0
#define INITIAL 10000.0

// When values are looked at: at once after steps of these lengths, from milliseconds to an hour.
static const hft_time leaps[] = {7 * HFT_MILLISECOND,        3 * HFT_SECOND + 1, 400 * HFT_SECOND,
                                 11 * HFT_MILLISECOND + 13,  900 * HFT_SECOND,   HFT_SECOND / 3,
                                 3600 * HFT_SECOND + 123457, 90 * HFT_SECOND};
enum { LEAPS = sizeof leaps / sizeof leaps[0] };

static const hft_jumps kou = {
    .law = HFT_JUMP_KOU, .rate = 40, .up_probability = 0.3, .up_mean = 0.004, .down_mean = 0.002};
static const hft_jumps merton = {
    .law = HFT_JUMP_MERTON, .rate = 40, .mean = 0.002, .volatility = 0.003};

// E[J^n].
static double jump_power(const hft_jumps *jumps, int n) {
  if (jumps->law == HFT_JUMP_KOU) {
    double p = jumps->up_probability;
    return tgamma(n + 1) * (p * pow(jumps->up_mean, n) + (1 - p) * pow(-jumps->down_mean, n));
  }
  double power[MOMENT_MAX + 1] = {1, jumps->mean};
  double variance = jumps->volatility * jumps->volatility;
  for (int i = 2; i <= n; i++)
    power[i] = jumps->mean * power[i - 1] + (i - 1) * variance * power[i - 2];
  return power[n];
}

// (1 - exp(-k t)) / k
static double integral(double k, double t) {
  return k > 0 ? -expm1(-k * t) / k : t;
}

// Cumulants from 2 on of what is normal with the variance `sigma2` a second, plus `scale` times
// jumps, pulled at the speed k.
static void faded_cumulants(double sigma2, const hft_jumps *jumps, double scale, double k, double t,
                            double *cumulant) {
  for (int n = 2; n <= MOMENT_MAX; n++) {
    cumulant[n] = jumps->rate / DAY * pow(scale, n) * jump_power(jumps, n) * integral(n * k, t);
  }
  cumulant[2] += sigma2 * integral(2 * k, t);
}

// A value at `end`, by the grid or by uneven leaps.
static double value_at(const hft_fundamental_model *model, uint32_t path, hft_time end,
                       bool leaping) {
  hft_fundamental state;
  hft_fundamental_start(model, &state, hft_rng_stream(31, path, 1), hft_rng_stream(31, path, 2));
  if (!leaping) return hft_fundamental_at(model, &state, end);
  hft_time now = 0;
  for (int i = 0; i < LEAPS; i++) (void)hft_fundamental_leap(model, &state, now += leaps[i]);
  return state.value;
}

static hft_time leaps_end(void) {
  hft_time end = 0;
  for (int i = 0; i < LEAPS; i++) end += leaps[i];
  return end;
}

// Holds a kind against the moments of x, on a coarse grid and over uneven leaps.
static void expect_kind(const char *what, const hft_fundamental_spec *given, double mean,
                        const double *cumulant) {
  double moment[MOMENT_MAX + 1];
  central_moments(cumulant, moment);
  double *x = malloc(PATHS * sizeof *x);
  assert_non_null(x);
  hft_time end = leaps_end();
  for (int leaping = 0; leaping < 2; leaping++) {
    hft_fundamental_spec spec = *given;
    spec.step = leaping ? HFT_SECOND : end;
    hft_fundamental_model model;
    hft_fundamental_compile(&spec, &model);
    for (uint32_t path = 0; path < PATHS; path++) {
      double value = value_at(&model, path, end, leaping);
      x[path] = hft_fundamental_is_log(&model) ? log(value / INITIAL) : value - INITIAL;
    }
    expect_central_moments(what, x, PATHS, mean, moment);
  }
  free(x);
}

static void kou_has_its_moments(void **state) {
  (void)state;
  const double sigma = 0.02, t = (double)leaps_end() * 1e-9;
  double cumulant[MOMENT_MAX + 1];
  faded_cumulants(sigma * sigma / DAY, &kou, 1, 0, t, cumulant);
  double growth = 0.3 / (1 - 0.004) + 0.7 / (1 + 0.002) - 1;
  double drift = -0.5 * sigma * sigma - kou.rate * (growth - jump_power(&kou, 1));
  const hft_fundamental_spec spec = {.kind = HFT_FUNDAMENTAL_JUMP,
                                     .initial = INITIAL,
                                     .volatility = sigma,
                                     .mean_reversion_speed = 3,
                                     .jumps = kou};
  expect_kind("kou", &spec, drift * t / DAY, cumulant);
}

static void ou_with_jumps_has_its_moments(void **state) {
  (void)state;
  const double sigma = 0.01, k = 0.0007, t = (double)leaps_end() * 1e-9;
  const hft_jumps *const laws[] = {&kou, &merton};
  for (int i = 0; i < 2; i++) {
    double cumulant[MOMENT_MAX + 1];
    faded_cumulants(sigma * sigma * INITIAL * INITIAL / DAY, laws[i], INITIAL, k, t, cumulant);
    const hft_fundamental_spec spec = {HFT_FUNDAMENTAL_OU_JUMP, INITIAL, sigma, k, *laws[i], 0};
    expect_kind("ou with jumps", &spec, 0, cumulant);
  }
}

static void brownian_motions_have_their_moments(void **state) {
  (void)state;
  const double sigma = 0.03, t = (double)leaps_end() * 1e-9, variance = sigma * sigma * t / DAY;
  const double log_cumulant[MOMENT_MAX + 1] = {0, 0, variance};
  hft_fundamental_spec spec = {.kind = HFT_FUNDAMENTAL_GEOMETRIC,
                               .initial = INITIAL,
                               .volatility = sigma,
                               .mean_reversion_speed = 5,
                               .jumps = merton};
  expect_kind("geometric", &spec, -0.5 * variance, log_cumulant);
  const double cumulant[MOMENT_MAX + 1] = {0, 0, variance * INITIAL * INITIAL};
  spec.kind = HFT_FUNDAMENTAL_BROWNIAN;
  expect_kind("brownian", &spec, 0, cumulant);
}

// Leaps of any lengths keep the autocovariance exp(-k lag) Var.
static void uneven_leaps_keep_the_autocovariance(void **state) {
  (void)state;
  const double k = 0.002, ticks = 1.5;
  const hft_fundamental_spec spec = {
      HFT_FUNDAMENTAL_OU, INITIAL, ticks / INITIAL * sqrt(DAY), k, merton, HFT_SECOND};
  hft_fundamental_model model;
  hft_fundamental_compile(&spec, &model);
  double *x = malloc(2 * PATHS * sizeof *x), *y = x + PATHS;
  assert_non_null(x);
  const hft_time first = 333 * HFT_SECOND + 7, second = first + 123456789012;
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_fundamental value;
    hft_fundamental_start(&model, &value, hft_rng_stream(5, path, 1), hft_rng_stream(5, path, 2));
    (void)hft_fundamental_leap(&model, &value, 1000003);
    x[path] = hft_fundamental_leap(&model, &value, first) - INITIAL;
    y[path] = hft_fundamental_leap(&model, &value, second) - INITIAL;
    assert_true(value.next_step == second + HFT_SECOND);
  }
  double vx = ticks * ticks * integral(2 * k, (double)first * 1e-9);
  double vy = ticks * ticks * integral(2 * k, (double)second * 1e-9);
  expect_covariance("autocovariance", x, y, PATHS, vx, vy, vx * exp(-k * 123.456789012));
  free(x);
}

static void kous_sizes_are_double_exponential(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(8, 8);
  double *level = malloc(PATHS * sizeof *level);
  assert_non_null(level);
  double growth = 0, power[4] = {0};
  for (int i = 0; i < PATHS; i++) {
    double jump = hft_jump_draw(&kou, &rng);
    // The distribution function: below 0 it is (1 - p) exp(x / down).
    level[i] = jump < 0 ? 0.7 * exp(jump / 0.002) : 0.7 + 0.3 * -expm1(-jump / 0.004);
    growth += expm1(20 * jump) / PATHS;
    for (int n = 1; n < 4; n++) power[n] += pow(jump, n) / PATHS;
  }
  expect_uniform("kou's sizes", level, PATHS);
  free(level);
  expect_near("mean", power[1], hft_jump_mean(&kou), sqrt(jump_power(&kou, 2) / PATHS));
  double second = hft_jump_growth(&kou, 40) - 2 * hft_jump_growth(&kou, 20);
  expect_near("growth", growth, hft_jump_growth(&kou, 20), sqrt(second / PATHS));
  assert_true(isinf(hft_jump_growth(&kou, 250)) && isinf(hft_jump_growth(&kou, -500)));
  assert_true(fabs(hft_jump_growth(&merton, -3) - expm1(-0.006 + 4.5 * 9e-6)) < 1e-15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kou_has_its_moments),
      cmocka_unit_test(ou_with_jumps_has_its_moments),
      cmocka_unit_test(brownian_motions_have_their_moments),
      cmocka_unit_test(uneven_leaps_keep_the_autocovariance),
      cmocka_unit_test(kous_sizes_are_double_exponential),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
