// The fundamental value: the Ornstein-Uhlenbeck process against its closed forms, Brownian motion
// as its limit, the constant, and the grid that all kinds share.
#include "sim/process/fundamental.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/dist.h"
#include "tests/process/moments.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define PATHS 50000
#define INITIAL 10000.0

// A value that reverts at `speed` and moves by `ticks` a square root of a second.
static hft_fundamental_model make_ou(double speed, double ticks, hft_time step) {
  const hft_fundamental_spec spec = {
      .kind = HFT_FUNDAMENTAL_OU,
      .initial = INITIAL,
      .volatility = ticks / INITIAL * sqrt(23400),
      .mean_reversion_speed = speed,
      .jumps = {.rate = 1e5, .mean = 0.1, .volatility = 0.1},  // not used by this kind
      .step = step};
  hft_fundamental_model model;
  hft_fundamental_compile(&spec, &model);
  return model;
}

static hft_fundamental start(const hft_fundamental_model *model, uint32_t path) {
  hft_fundamental state;
  hft_fundamental_start(model, &state, hft_rng_stream(11, path, 1), hft_rng_stream(11, path, 2));
  return state;
}

// Deviations from the initial value of many paths at `times`: out[k][path].
static double *sample(const hft_fundamental_model *model, const hft_time *times, size_t count) {
  double *out = malloc(count * PATHS * sizeof *out);
  assert_non_null(out);
  for (uint32_t path = 0; path < PATHS; path++) {
    hft_fundamental state = start(model, path);
    for (size_t k = 0; k < count; k++) {
      out[k * PATHS + path] = hft_fundamental_at(model, &state, times[k]) - INITIAL;
    }
  }
  return out;
}

static void expect_normal(const char *what, const double *x, double variance) {
  const double cumulant[MOMENT_MAX + 1] = {0, 0, variance};
  double moment[MOMENT_MAX + 1];
  central_moments(cumulant, moment);
  expect_central_moments(what, x, PATHS, 0, moment);
}

// dX = -k X dt + s dW from X = 0: Var X(t) = s^2 (1 - exp(-2 k t)) / (2 k), and
// Cov(X(t), X(u)) = exp(-k (u - t)) Var X(t).
static void ou_has_its_moments_and_autocovariance(void **state) {
  (void)state;
  const double speed = 0.04, ticks = 1.7;
  const hft_fundamental_model model = make_ou(speed, ticks, HFT_SECOND);
  const hft_time times[] = {HFT_SECOND, 10 * HFT_SECOND, 25 * HFT_SECOND, 90 * HFT_SECOND};
  const double at[] = {1, 10, 25, 90};
  double variance[4];
  double *x = sample(&model, times, 4);
  for (int i = 0; i < 4; i++) {
    variance[i] = ticks * ticks * (1 - exp(-2 * speed * at[i])) / (2 * speed);
    expect_normal("ou", x + i * PATHS, variance[i]);
    for (int j = 0; j < i; j++) {
      double covariance = exp(-speed * (at[i] - at[j])) * variance[j];
      expect_covariance("ou autocovariance", x + j * PATHS, x + i * PATHS, PATHS, variance[j],
                        variance[i], covariance);
    }
  }
  free(x);
}

// One step of a coarse grid has the same law as many of a fine one. Euler's would have the
// variance s^2 dt: 4 times this.
static void ou_steps_are_exact_on_a_coarse_grid(void **state) {
  (void)state;
  const double speed = 0.2, ticks = 3;
  double variance = ticks * ticks * (1 - exp(-2 * speed * 10)) / (2 * speed);
  const hft_time end = 10 * HFT_SECOND;
  const hft_time steps[] = {10 * HFT_SECOND, 5 * HFT_SECOND, HFT_SECOND / 2};
  for (int i = 0; i < 3; i++) {
    const hft_fundamental_model model = make_ou(speed, ticks, steps[i]);
    double *x = sample(&model, &end, 1);
    expect_normal("ou on a coarse grid", x, variance);
    free(x);
  }
}

// The time average of one long path: variance s^2 / (2 k), whose own deviation follows from the
// autocorrelation a = exp(-k dt): Var(mean of x^2) = 2 v^2 (1 + a^2) / (1 - a^2) / n.
static void ou_is_stationary(void **state) {
  (void)state;
  const double speed = 0.1, ticks = 2;
  const hft_fundamental_model model = make_ou(speed, ticks, HFT_SECOND);
  hft_fundamental value = start(&model, 0);
  const int count = 400000, skipped = 200;
  double squares = 0, lagged = 0, before = 0;
  for (int i = 0; i < skipped + count; i++) {
    double x = hft_fundamental_at(&model, &value, i * HFT_SECOND) - INITIAL;
    if (i >= skipped) {
      squares += x * x;
      lagged += x * before;
    }
    before = x;
  }
  double v = ticks * ticks / (2 * speed), a = exp(-speed), a2 = a * a;
  expect_near("stationary variance", squares / count, v, v * sqrt(2 * (1 + a2) / (1 - a2) / count));
  // The estimate of the autocorrelation has the variance (1 - a^2) / n (Bartlett).
  expect_near("autocorrelation", lagged / squares, a, sqrt((1 - a2) / count));
}

static void without_reversion_it_is_brownian(void **state) {
  (void)state;
  const double ticks = 1.3;
  const hft_fundamental_model model = make_ou(0, ticks, HFT_SECOND);
  const hft_time times[] = {4 * HFT_SECOND, 50 * HFT_SECOND};
  double *x = sample(&model, times, 2);
  expect_normal("brownian", x, ticks * ticks * 4);
  expect_normal("brownian", x + PATHS, ticks * ticks * 50);
  expect_covariance("brownian covariance", x, x + PATHS, PATHS, ticks * ticks * 4,
                    ticks * ticks * 50, ticks * ticks * 4);
  free(x);
}

static void transition_is_smooth_down_to_no_reversion(void **state) {
  (void)state;
  const double s = 2, dt = 0.25;
  for (int i = -60; i <= 8; i++) {
    double k = ldexp(1, i), decay, sd;
    hft_ou_transition(k, s, dt, &decay, &sd);
    double x = k * dt;
    // (1 - exp(-2 x)) / (2 x), by its series where the difference would lose digits.
    double ratio = x < 1e-4 ? 1 - x + 2 * x * x / 3 : (1 - exp(-2 * x)) / (2 * x);
    assert_true(fabs(decay - exp(-x)) <= 1e-15);
    assert_true(fabs(sd * sd / (s * s * dt) - ratio) <= 2e-12);
  }
  double decay, sd;
  hft_ou_transition(0, s, dt, &decay, &sd);
  assert_true(decay == 1 && sd == s * sqrt(dt));
}

static void constant_stays(void **state) {
  (void)state;
  const hft_fundamental_spec spec = {.kind = HFT_FUNDAMENTAL_CONSTANT,
                                     .initial = INITIAL,
                                     .volatility = 5,
                                     .mean_reversion_speed = 1,
                                     .jumps = {.rate = 1e5, .volatility = 1},
                                     .step = HFT_MILLISECOND};
  hft_fundamental_model model;
  hft_fundamental_compile(&spec, &model);
  hft_fundamental value = start(&model, 0);
  const hft_time times[] = {0, 1, HFT_SECOND, 86400 * HFT_SECOND, HFT_TIME_NEVER - 1};
  for (int i = 0; i < 5; i++) {
    assert_true(hft_fundamental_at(&model, &value, times[i]) == INITIAL);
  }
}

// The values at the grid, looked at one by one.
#define CELLS 400

static void grid_path(const hft_fundamental_model *model, double *path) {
  hft_fundamental value = start(model, 5);
  for (int i = 0; i < CELLS; i++) {
    path[i] = hft_fundamental_at(model, &value, i * model->spec.step);
  }
}

// Whoever looks when, the value is that of the grid's last point, bit for bit.
static void asking_changes_nothing(void **state) {
  (void)state;
  hft_fundamental_model model = make_ou(0.05, 3, 7 * HFT_MILLISECOND);
  for (int kind = HFT_FUNDAMENTAL_OU; kind <= HFT_FUNDAMENTAL_BROWNIAN; kind++) {
    hft_fundamental_spec spec = model.spec;
    spec.kind = (hft_fundamental_kind)kind;
    spec.jumps.rate = 1e6;
    spec.jumps.mean = 0.001;
    hft_fundamental_compile(&spec, &model);
    double path[CELLS];
    grid_path(&model, path);
    assert_true(path[0] == INITIAL && path[1] != path[0]);
    hft_rng rng = hft_rng_seed(3, 3);
    for (int round = 0; round < 200; round++) {
      hft_fundamental value = start(&model, 5);
      // From looking many times in a cell to leaping over many.
      uint32_t leap = 1u << (12 + round % 20);
      for (hft_time now = 0; now < CELLS * spec.step;) {
        assert_true(hft_fundamental_at(&model, &value, now) == path[now / spec.step]);
        if (round % 3 == 0) {  // the last instant of a cell, and the first of the next
          hft_time last = (now / spec.step + 1) * spec.step - 1;
          assert_true(hft_fundamental_at(&model, &value, last) == path[now / spec.step]);
          now = last;
        }
        now += 1 + hft_bounded(&rng, leap);
      }
    }
  }
}

static void paths_differ_by_their_streams(void **state) {
  (void)state;
  const hft_fundamental_model model = make_ou(0.05, 3, HFT_SECOND);
  hft_fundamental a = start(&model, 1), b = start(&model, 2), c = start(&model, 1);
  double x = hft_fundamental_at(&model, &a, HFT_SECOND);
  assert_true(x != hft_fundamental_at(&model, &b, HFT_SECOND));
  assert_true(x == hft_fundamental_at(&model, &c, HFT_SECOND));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ou_has_its_moments_and_autocovariance),
      cmocka_unit_test(ou_steps_are_exact_on_a_coarse_grid),
      cmocka_unit_test(ou_is_stationary),
      cmocka_unit_test(without_reversion_it_is_brownian),
      cmocka_unit_test(transition_is_smooth_down_to_no_reversion),
      cmocka_unit_test(constant_stays),
      cmocka_unit_test(asking_changes_nothing),
      cmocka_unit_test(paths_differ_by_their_streams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
