// Merton's jump-diffusion against its closed forms. Over a time t the logarithm of the value is
// normal plus a Poisson number of normal jumps, so that its cumulants are
//   k1 = (-s^2/2 - l g) t + l t E[J], with g = E[exp(J)] - 1,
//   k2 = s^2 t + l t E[J^2], and kn = l t E[J^n] beyond;
// and the value itself is a martingale.
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/process/fundamental.h"
#include "tests/process/moments.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define PATHS 100000
#define DAY 23400.0
#define INITIAL 12345.0

typedef struct world {
  double volatility;  // of the diffusion, a day
  double rate;        // of jumps, a day
  double jump_mean, jump_volatility;
  hft_time step;
} world;

static hft_fundamental_model compile(const world *w) {
  const hft_fundamental_spec spec = {
      .kind = HFT_FUNDAMENTAL_JUMP,
      .initial = INITIAL,
      .volatility = w->volatility,
      .mean_reversion_speed = 7,  // of no meaning here
      .jumps = {.rate = w->rate, .mean = w->jump_mean, .volatility = w->jump_volatility},
      .step = w->step};
  hft_fundamental_model model;
  hft_fundamental_compile(&spec, &model);
  return model;
}

static hft_fundamental start(const hft_fundamental_model *model, uint32_t path) {
  hft_fundamental state;
  hft_fundamental_start(model, &state, hft_rng_stream(21, path, 1), hft_rng_stream(21, path, 2));
  return state;
}

// E[exp(n J)] of a normal J.
static double jump_exponential(const world *w, double n) {
  return exp(n * w->jump_mean + 0.5 * n * n * w->jump_volatility * w->jump_volatility);
}

// The mean of the logarithm after `days`, and its cumulants from 2 on.
static double log_cumulants(const world *w, double days, double *cumulant) {
  double m = w->jump_mean, v = w->jump_volatility * w->jump_volatility;
  double power[MOMENT_MAX + 1] = {1, m};  // E[J^n] = m E[J^(n-1)] + (n-1) v E[J^(n-2)]
  for (int n = 2; n <= MOMENT_MAX; n++) power[n] = m * power[n - 1] + (n - 1) * v * power[n - 2];
  for (int n = 2; n <= MOMENT_MAX; n++) cumulant[n] = w->rate * days * power[n];
  cumulant[2] += w->volatility * w->volatility * days;
  double drift = -0.5 * w->volatility * w->volatility - w->rate * (jump_exponential(w, 1) - 1);
  return (drift + w->rate * m) * days;
}

static void expect_merton(const char *what, const world *w, double days) {
  const hft_fundamental_model model = compile(w);
  double *log_value = malloc(PATHS * sizeof *log_value);
  assert_non_null(log_value);
  double sum = 0;
  const hft_time end = (hft_time)(days * DAY * 1e9);
  assert_int_equal(end % w->step, 0);
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_fundamental state = start(&model, path);
    double ratio = hft_fundamental_at(&model, &state, end) / INITIAL;
    log_value[path] = log(ratio);
    sum += ratio;
  }
  double cumulant[MOMENT_MAX + 1], moment[MOMENT_MAX + 1];
  double mean = log_cumulants(w, days, cumulant);
  central_moments(cumulant, moment);
  expect_central_moments(what, log_value, PATHS, mean, moment);
  double growth = w->volatility * w->volatility +
                  w->rate * (jump_exponential(w, 2) - 2 * jump_exponential(w, 1) + 1);
  expect_near("martingale", sum / PATHS, 1, sqrt(expm1(growth * days) / PATHS));
  free(log_value);
}

static void log_has_mertons_moments(void **state) {
  (void)state;
  expect_merton("merton", &(world){0.02, 10, -0.004, 0.006, 234 * HFT_SECOND}, 0.1);
  expect_merton("merton, many jumps in a step",
                &(world){0.01, 500, 0.002, 0.001, 1170 * HFT_SECOND}, 0.1);
}

static void large_jumps_are_compensated(void **state) {
  (void)state;
  // Without the compensation the mean would be exp(0.05 (exp(0.38) - 1)) = 1.02.
  expect_merton("large jumps", &(world){0.05, 0.5, 0.3, 0.4, 234 * HFT_SECOND}, 0.1);
}

static void without_jumps_it_is_geometric_brownian(void **state) {
  (void)state;
  expect_merton("no jumps", &(world){0.3, 0, 0.5, 0.5, 234 * HFT_SECOND}, 0.1);
}

// What two halves of a path add is independent.
static void increments_are_independent(void **state) {
  (void)state;
  const world w = {.volatility = 0.02,
                   .rate = 20,
                   .jump_mean = 0.003,
                   .jump_volatility = 0.004,
                   .step = 117 * HFT_SECOND};
  const hft_fundamental_model model = compile(&w);
  const hft_time half = 1170 * HFT_SECOND;
  double *x = malloc(2 * PATHS * sizeof *x), *y = x + PATHS;
  assert_non_null(x);
  double cumulant[MOMENT_MAX + 1];
  double mean = log_cumulants(&w, 0.05, cumulant);
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_fundamental state_of = start(&model, path);
    double first = log(hft_fundamental_at(&model, &state_of, half) / INITIAL);
    x[path] = first - mean;
    y[path] = log(hft_fundamental_at(&model, &state_of, 2 * half) / INITIAL) - first - mean;
  }
  expect_covariance("increments", x, y, PATHS, cumulant[2], cumulant[2], 0);
  free(x);
}

// With no diffusion every step is the drift alone, unless it holds a jump: with the probability
// 1 - exp(-rate dt), each step for itself.
static void jumps_come_at_poisson_times(void **state) {
  (void)state;
  const world w = {.rate = 2340, .jump_mean = 0.01, .jump_volatility = 0.001, .step = HFT_SECOND};
  const hft_fundamental_model model = compile(&w);
  hft_fundamental value = start(&model, 0);
  const int steps = 400000;
  double drift = -w.rate / DAY * (jump_exponential(&w, 1) - 1);
  double before = 0;
  int64_t run[8] = {0}, jumps = 0;  // how many steps lie between two with jumps: 0, 1, ..., 7+
  int since = -1;
  for (int i = 1; i <= steps; i++) {
    double x = log(hft_fundamental_at(&model, &value, i * HFT_SECOND) / INITIAL);
    bool jumped = fabs(x - before - drift) > 1e-6;
    before = x;
    if (jumped && since >= 0) run[since < 7 ? since : 7]++;
    if (jumped) since = -1, jumps++;
    if (jumped || since >= 0) since++;
  }
  double p = -expm1(-w.rate / DAY);
  expect_near("steps with jumps", (double)jumps, steps * p, sqrt(steps * p * (1 - p)));
  double probability[8], rest = 1;
  for (int i = 0; i < 7; i++) rest -= probability[i] = p * pow(1 - p, i);
  probability[7] = rest;
  expect_fit("steps between jumps", run, probability, 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(log_has_mertons_moments),
      cmocka_unit_test(large_jumps_are_compensated),
      cmocka_unit_test(without_jumps_it_is_geometric_brownian),
      cmocka_unit_test(increments_are_independent),
      cmocka_unit_test(jumps_come_at_poisson_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
