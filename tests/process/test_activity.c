// The stochastic variance: its mean, law and autocorrelation against closed forms, its leverage and
// its cap; and the values that it drives.
#include "sim/process/activity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/process/basket.h"
#include "sim/process/excursion.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define STEP (100 * HFT_MILLISECOND)
#define DAY 23400.0

static const hft_activity_spec usual = {
    .sd = 1.2, .count = 3, .horizon_s = {10, 100, 1000}, .hurst = 0.1, .leverage = 0.5};

static hft_activity_model compile(const hft_activity_spec *spec) {
  hft_activity_model model;
  hft_activity_compile(spec, STEP, &model);
  return model;
}

// One horizon: g is an AR(1) process; it starts at its stationary law, and E[V] = 1 despite the cap
// at every age and for every sd. Independent paths, so that the deviation is known.
static void mean_is_one(void **state) {
  (void)state;
  const double sds[] = {0.1, 1, 1.5, 2};
  const int paths = 100000, ages[] = {0, 1, 40};
  for (int i = 0; i < 12; i++) {
    hft_activity_spec spec = usual;
    spec.sd = sds[i / 3];
    const hft_activity_model model = compile(&spec);
    hft_rng shocks = hft_rng_seed(3, 4);
    double sum = 0, square = 0;
    for (int path = 0; path < paths; path++) {
      hft_activity activity;
      hft_activity_start(&model, &activity, hft_rng_stream(7, (uint32_t)path, 4));
      for (int k = 0; k < ages[i % 3]; k++) {
        hft_activity_step(&model, &activity, hft_normal(&shocks));
      }
      assert_true(activity.variance > 0 && activity.variance <= hft_activity_max(&model));
      assert_true(fabs(activity.volatility * activity.volatility / activity.variance - 1) < 1e-14);
      sum += activity.variance;
      square += activity.variance * activity.variance;
    }
    double mean = sum / paths, deviation = sqrt((square / paths - mean * mean) / paths);
    expect_near("mean of the variance", mean, 1, deviation);
  }
}

// E[V(t) V(t + l)] = exp(s^2 r(l)) for a log-normal V; with sd 0.5 the cap is 6.7 deviations off.
// r(l) = exp(-l dt / h) for one horizon; for several from the covariance of processes that share
// their normals.
static double correlation_of(const hft_activity_spec *spec, int lag) {
  double sum = 0, variance = 0, dt = (double)STEP * 1e-9;
  for (int j = 0; j < spec->count; j++) {
    for (int k = 0; k < spec->count; k++) {
      double a = exp(-dt / spec->horizon_s[j]), b = exp(-dt / spec->horizon_s[k]);
      double weight = pow(spec->horizon_s[j] * spec->horizon_s[k], spec->hurst);
      double common = weight * sqrt((1 - a * a) * (1 - b * b)) / (1 - a * b);
      variance += common;
      sum += common * pow(a, lag);
    }
  }
  return sum / variance;
}

static void autocorrelation_has_its_closed_form(void **state) {
  (void)state;
  const hft_activity_spec specs[] = {
      {.sd = 0.5, .count = 1, .horizon_s = {5}},
      {.sd = 0.5, .count = 3, .horizon_s = {1, 7, 49}, .hurst = 0.1, .leverage = -0.7},
      {.sd = 0.5, .count = 2, .horizon_s = {3, 3}, .hurst = 0.3},
      {.sd = 0.5, .count = 8, .horizon_s = {0.1, 0.4, 1, 2, 4, 8, 16, 1e6}, .leverage = 1},
  };
  const int lags[] = {0, 1, 10, 60}, paths = 60000;
  for (int i = 0; i < 4; i++) {
    const hft_activity_model model = compile(&specs[i]);
    double product[4] = {0}, square[4] = {0};
    hft_rng shocks = hft_rng_seed(1, (uint64_t)i);
    for (int path = 0; path < paths; path++) {
      hft_activity activity;
      hft_activity_start(&model, &activity, hft_rng_stream(5, (uint32_t)path, 4));
      double first = activity.variance;
      for (int lag = 0, at = 0; at < 4; lag++) {
        if (lag == lags[at]) {
          product[at] += first * activity.variance;
          square[at] += first * first * activity.variance * activity.variance;
          at++;
        }
        hft_activity_step(&model, &activity, hft_normal(&shocks));
      }
    }
    for (int at = 0; at < 4; at++) {
      double r = correlation_of(&specs[i], lags[at]), mean = product[at] / paths;
      assert_near(hft_activity_correlation(&model, lags[at]), r, 1e-9);
      double deviation = sqrt((square[at] / paths - mean * mean) / paths);
      expect_near("autocorrelation of the variance", mean, exp(0.25 * r), deviation);
    }
  }
}

// The shocks sqrt(V) z: kurtosis 3 exp(s^2), uncorrelated; the leverage E[r(t) V(t + 1)] is
// -leverage s w E[sqrt(V) V'], whose sign and size follow from the normals.
static void leverage_has_its_sign_and_size(void **state) {
  (void)state;
  const double leverages[] = {-0.6, 0, 0.6, 1};
  const int paths = 200000;
  for (int i = 0; i < 4; i++) {
    const hft_activity_spec spec = {
        .sd = 0.5, .count = 1, .horizon_s = {2}, .leverage = leverages[i]};
    const hft_activity_model model = compile(&spec);
    hft_rng shocks = hft_rng_seed(6, (uint64_t)i);
    double sum = 0, square = 0, fourth = 0, eighth = 0;
    for (int path = 0; path < paths; path++) {
      hft_activity activity;
      hft_activity_start(&model, &activity, hft_rng_stream(8, (uint32_t)path, 4));
      double z = hft_normal(&shocks), r = activity.volatility * z;
      hft_activity_step(&model, &activity, z);
      double product = r * activity.variance, power = r * r * r * r;
      sum += product, square += product * product;
      fourth += power, eighth += power * power;
    }
    // log sqrt(V) and log V' are normal: E[z exp(X)] = Cov(z, X) E[exp(X)].
    double s = spec.sd, a = exp(-0.05), b = sqrt(1 - a * a);
    double variance = s * s * (0.25 + 1 + a), level = exp(-0.75 * s * s + 0.5 * variance);
    double mean = sum / paths, expected = -leverages[i] * s * b * level;
    expect_near("leverage", mean, expected, sqrt((square / paths - mean * mean) / paths));
    double kurtosis = fourth / paths;
    expect_near("kurtosis", kurtosis, 3 * exp(s * s),
                sqrt((eighth / paths - kurtosis * kurtosis) / paths));
  }
}

// Off: one, whatever the other parameters; the basket draws nothing and is no larger.
static void constant_without_sd(void **state) {
  (void)state;
  hft_activity_spec spec = usual;
  spec.sd = 0;
  const hft_activity_model model = compile(&spec);
  assert_int_equal(model.count, 0);
  assert_true(hft_activity_max(&model) == 1 && hft_activity_mean_bound(&model, 0.1, 5) == 1);
}

// The cap holds where nearly all of the law lies beyond it, and the bound of a mean never exceeds
// it, falls with the share and is met by simulated means.
static void capped(void **state) {
  (void)state;
  hft_activity_spec spec = usual;
  spec.sd = 2;
  const hft_activity_model model = compile(&spec);
  assert_true(hft_activity_max(&model) > HFT_ACTIVITY_CAP);
  hft_activity activity;
  hft_activity_start(&model, &activity, hft_rng_stream(1, 1, 4));
  hft_rng shocks = hft_rng_seed(2, 2);
  double highest = 0;
  for (int i = 0; i < 1000000; i++) {
    hft_activity_step(&model, &activity, hft_normal(&shocks));
    if (activity.variance > highest) highest = activity.variance;
  }
  assert_true(highest == hft_activity_max(&model));
  double before = hft_activity_max(&model);
  for (double share = 1; share > 1e-13; share /= 3) {
    double bound = hft_activity_mean_bound(&model, share, 5);
    assert_true(bound <= before && bound >= 1);
    before = bound;
  }
  assert_true(before < 1.1);
  assert_true(hft_activity_mean_bound(&model, 1, 5) == hft_activity_max(&model));
}

static void means_stay_below_their_bound(void **state) {
  (void)state;
  const hft_activity_spec spec = {.sd = 1.2, .count = 2, .horizon_s = {1, 5}};
  const hft_activity_model model = compile(&spec);
  const int paths = 2000, steps = 20000;
  const double u = sqrt(2 * log(20));
  double bound = hft_activity_mean_bound(&model, 1.0 / steps, u);
  int beyond = 0;
  hft_rng shocks = hft_rng_seed(9, 9);
  for (int path = 0; path < paths; path++) {
    hft_activity activity;
    hft_activity_start(&model, &activity, hft_rng_stream(4, (uint32_t)path, 4));
    double sum = 0;
    for (int k = 0; k < steps; k++) {
      sum += activity.variance / steps;
      hft_activity_step(&model, &activity, hft_normal(&shocks));
    }
    beyond += sum > bound;
  }
  print_message("mean above %.3f: %d of %d\n", bound, beyond, paths);
  assert_true(bound < 2 && beyond <= paths / 20);
}

// ---- values ------------------------------------------------------------------------------------

typedef struct values {
  hft_basket_model *model;
  hft_basket *basket;
} values;

static values values_of(hft_fundamental_kind kind, int count, const double *correlation,
                        const hft_activity_spec *activity, double volatility) {
  hft_fundamental_spec spec[4];
  for (int i = 0; i < count; i++) {
    spec[i] = (hft_fundamental_spec){
        .kind = kind,
        .initial = 10000,
        .volatility = volatility,
        .mean_reversion_speed = 0.01,
        .jumps = {.law = HFT_JUMP_MERTON, .rate = 200, .mean = 0.001, .volatility = 0.002},
        .step = STEP};
  }
  values v = {.model = malloc(sizeof *v.model)};
  assert_non_null(v.model);
  const hft_basket_spec basket = {
      .count = count, .spec = spec, .correlation = correlation, .activity = *activity};
  assert_int_equal(hft_basket_compile(&basket, v.model, NULL), HFT_OK);
  v.basket = malloc(hft_basket_size(v.model));
  assert_non_null(v.basket);
  return v;
}

static void release(values *v) {
  free(v->model);
  free(v->basket);
}

// Means and variances of all kinds are those of constant volatility: E[V] = 1, and V is known
// before the step.
static void unconditional_moments_stay(void **state) {
  (void)state;
  const int paths = 40000;
  const double t = 30, sigma = 0.3, jump2 = 0.001 * 0.001 + 0.002 * 0.002;
  for (int kind = HFT_FUNDAMENTAL_OU; kind <= HFT_FUNDAMENTAL_BROWNIAN; kind++) {
    values v = values_of((hft_fundamental_kind)kind, 1, NULL, &usual, sigma);
    bool is_log = hft_fundamental_is_log(&v.model->value[0]);
    double speed = v.model->value[0].speed, sum = 0, square = 0, fourth = 0;
    for (uint32_t path = 0; path < (uint32_t)paths; path++) {
      hft_basket_start(v.model, v.basket, 17, path);
      double x = hft_basket_at(v.model, v.basket, 0, (hft_time)t * HFT_SECOND) / 10000 - 1;
      sum += x;
      square += x * x;
      fourth += x * x * x * x;
    }
    double time = speed > 0 ? (1 - exp(-2 * speed * t)) / (2 * speed) : t;
    double variance = sigma * sigma / DAY * time;
    if (hft_fundamental_jumps(&v.model->value[0].spec)) variance += 200 * jump2 / DAY * time;
    double deviation = sqrt((fourth / paths - variance * variance) / paths);
    expect_near("mean", sum / paths, 0, sqrt(variance / paths));
    // A logarithm's convexity adds to the variance: 1e-4 of it here.
    expect_near("variance", square / paths, variance, deviation + is_log * 2e-4 * variance);
    release(&v);
  }
}

// The normals keep their correlation: Cov = rho E[sqrt(V_i V_j)] sigma^2 dt, and each instrument
// has a variance of its own.
static void instruments_have_their_own_variance(void **state) {
  (void)state;
  const double rho = 0.8, r[4] = {1, rho, rho, 1};
  const hft_activity_spec spec = {.sd = 0.8, .count = 1, .horizon_s = {50}};
  values v = values_of(HFT_FUNDAMENTAL_BROWNIAN, 2, r, &spec, 0.02);
  const int paths = 60000;
  double product = 0, square = 0, activity = 0, activity2 = 0;
  double unit = 10000 * 0.02 * sqrt((double)STEP * 1e-9 / DAY);
  for (uint32_t path = 0; path < (uint32_t)paths; path++) {
    hft_basket_start(v.model, v.basket, 23, path);
    const hft_activity *own = hft_basket_activity(v.model, v.basket);
    double vv = (own[0].variance - 1) * (own[1].variance - 1);
    double x = (hft_basket_at(v.model, v.basket, 0, STEP) - 10000) / unit;
    double y = (hft_basket_at(v.model, v.basket, 1, STEP) - 10000) / unit;
    product += x * y, square += x * y * x * y;
    activity += vv, activity2 += vv * vv;
  }
  // E[sqrt(V)] = exp(-s^2 / 8)
  double mean = product / paths;
  expect_near("covariance", mean, rho * exp(-0.25 * 0.64),
              sqrt((square / paths - mean * mean) / paths));
  expect_near("independent variances", activity / paths, 0, sqrt(activity2 / paths / paths));
  release(&v);
}

// Reading changes nothing; instruments added at the end do not change those before them; a copy
// goes on as the original.
static void paths_are_independent_of_readers(void **state) {
  (void)state;
  double path[2][300], vol[2][300];
  for (int count = 4; count >= 1; count--) {
    double r[16];
    for (int i = 0; i < count * count; i++) r[i] = i % (count + 1) == 0 ? 1 : 0.4;
    values v = values_of(HFT_FUNDAMENTAL_JUMP, count, r, &usual, 0.02);
    hft_basket_start(v.model, v.basket, 3, 4);
    for (int k = 0; k < 300; k++) {
      if (count < 4 && k % 7 == count) continue;
      if (k == 150) {
        hft_basket *copy = malloc(hft_basket_size(v.model));
        assert_non_null(copy);
        memcpy(copy, v.basket, hft_basket_size(v.model));
        memset(v.basket, 0xa5, hft_basket_size(v.model));
        free(v.basket);
        v.basket = copy;
      }
      for (int i = 0; i < count && i < 2; i++) {
        double volatility = hft_basket_volatility_at(v.model, v.basket, i, k * STEP + k);
        double value = hft_basket_at(v.model, v.basket, i, k * STEP + k);
        if (count == 4) path[i][k] = value, vol[i][k] = volatility;
        assert_true(value == path[i][k] && volatility == vol[i][k]);
      }
    }
    release(&v);
  }
}

// The bounds of the same values at constant volatility.
static hft_excursion constant_bounds(values *v, double seconds, double p) {
  const hft_activity_model off = {.scale = 1}, on = v->model->activity;
  v->model->activity = off;
  hft_excursion moves = hft_basket_excursion(v->model, 0, seconds, p);
  v->model->activity = on;
  return moves;
}

// A value that leaves the bounds does so with at most the probability asked for.
static void excursions_stay_within_their_bounds(void **state) {
  (void)state;
  const int paths = 600, seconds = 600;
  const double p = 0.1;
  const hft_activity_spec specs[] = {usual, {.sd = 2, .count = 1, .horizon_s = {2000}}};
  for (int i = 0; i < 10; i++) {
    hft_fundamental_kind kind = (hft_fundamental_kind)(HFT_FUNDAMENTAL_OU + i % 5);
    values v = values_of(kind, 1, NULL, &specs[i / 5], 0.3);
    hft_excursion moves = hft_basket_excursion(v.model, 0, seconds, p);
    int left = 0;
    for (uint32_t path = 0; path < (uint32_t)paths; path++) {
      hft_basket_start(v.model, v.basket, 31, path);
      bool out = false;
      for (int t = 1; t <= seconds && !out; t++) {
        double move = hft_basket_at(v.model, v.basket, 0, t * HFT_SECOND) - 10000;
        out = move > moves.up || -move > moves.down;
      }
      left += out;
    }
    assert_true(left <= p * paths);
    // Wider than with constant volatility, by little more than the root of the cap (half of the
    // probability is for the variance), in logarithms where these diffuse.
    double cap = hft_activity_max(&v.model->activity),
           ratio = moves.up / constant_bounds(&v, seconds, p).up;
    if (hft_fundamental_is_log(&v.model->value[0])) {
      ratio = log1p(moves.up / 10000) / log1p(constant_bounds(&v, seconds, p).up / 10000);
    }
    print_message("kind %d: left by %.4f, bound %.2f times as wide\n", (int)kind,
                  (double)left / paths, ratio);
    assert_true(ratio > 1 && ratio < 1.15 * sqrt(cap));
    release(&v);
  }
}

// ---- stylised facts ----------------------------------------------------------------------------

#define SECONDS 23400
#define SESSIONS 20

typedef struct facts {
  double kurtosis_1s, kurtosis_60s, memory_30s, leverage;
} facts;

static double excess_kurtosis(const double *x, int count) {
  double mean = 0, square = 0, fourth = 0;
  for (int i = 0; i < count; i++) mean += x[i] / count;
  for (int i = 0; i < count; i++) {
    double d = (x[i] - mean) * (x[i] - mean);
    square += d / count, fourth += d * d / count;
  }
  return fourth / (square * square) - 3;
}

// The correlation of x[i] and y[i + lag].
static double correlation_at(const double *x, const double *y, int count, int lag) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (int i = 0; i < count; i++) mx += x[i] / count, my += y[i] / count;
  for (int i = 0; i < count; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    if (i + lag < count) xy += (x[i] - mx) * (y[i + lag] - my);
  }
  return xy / sqrt(xx * yy);
}

static facts facts_of(const values *v, uint32_t session) {
  static double returns[SECONDS], absolute[SECONDS], minutes[SECONDS / 60];
  facts f = {0};
  double before = 10000;
  memset(minutes, 0, sizeof minutes);
  hft_basket_start(v->model, v->basket, 1, session);
  for (int t = 0; t < SECONDS; t++) {
    double value = hft_basket_at(v->model, v->basket, 0, (t + 1) * HFT_SECOND);
    returns[t] = value - before;
    absolute[t] = fabs(value - before);
    minutes[t / 60] += value - before;
    before = value;
  }
  f.kurtosis_1s = excess_kurtosis(returns, SECONDS);
  f.kurtosis_60s = excess_kurtosis(minutes, SECONDS / 60);
  f.memory_30s = correlation_at(absolute, absolute, SECONDS, 30);
  for (int lag = 1; lag <= 30; lag++) {
    f.leverage += correlation_at(returns, absolute, SECONDS, lag) / 30;
  }
  return f;
}

// What docs/market.md tells of the default horizons: in the mean of 20 sessions, and in each.
static void a_value_has_the_stylised_facts(void **state) {
  (void)state;
  const double sds[] = {1, 1.2, 1.4, 1.2}, leverages[] = {0.5, 0.5, 0.5, 0};
  for (int i = 0; i < 4; i++) {
    const hft_activity_spec spec = {.sd = sds[i],
                                    .count = 3,
                                    .horizon_s = {3, 30, 300},
                                    .hurst = 0.1,
                                    .leverage = leverages[i]};
    values v = values_of(HFT_FUNDAMENTAL_BROWNIAN, 1, NULL, &spec, 0.02);
    facts mean = {0};
    double low = INFINITY, high = 0, low_60s = INFINITY, high_60s = 0;
    for (uint32_t session = 0; session < SESSIONS; session++) {
      facts f = facts_of(&v, session);
      mean.kurtosis_1s += f.kurtosis_1s / SESSIONS;
      mean.kurtosis_60s += f.kurtosis_60s / SESSIONS;
      mean.memory_30s += f.memory_30s / SESSIONS;
      mean.leverage += f.leverage / SESSIONS;
      low = fmin(low, f.kurtosis_1s), high = fmax(high, f.kurtosis_1s);
      low_60s = fmin(low_60s, f.kurtosis_60s), high_60s = fmax(high_60s, f.kurtosis_60s);
    }
    print_message(
        "sd %g, leverage %g: kurtosis %.1f (%.1f to %.1f) over 1 s, %.1f (%.1f to %.1f) "
        "over 60 s; memory %.3f, leverage %.4f\n",
        sds[i], leverages[i], mean.kurtosis_1s, low, high, mean.kurtosis_60s, low_60s, high_60s,
        mean.memory_30s, mean.leverage);
    if (sds[i] == 1.2) assert_true(mean.kurtosis_1s > 5 && low > 4 && high < 25);
    assert_true(mean.kurtosis_60s > 1 && mean.memory_30s > 0.03);
    if (leverages[i] > 0) assert_true(mean.leverage < -0.02);
    if (leverages[i] == 0) assert_true(fabs(mean.leverage) < 0.01);
    release(&v);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mean_is_one),
      cmocka_unit_test(autocorrelation_has_its_closed_form),
      cmocka_unit_test(leverage_has_its_sign_and_size),
      cmocka_unit_test(constant_without_sd),
      cmocka_unit_test(capped),
      cmocka_unit_test(means_stay_below_their_bound),
      cmocka_unit_test(unconditional_moments_stay),
      cmocka_unit_test(instruments_have_their_own_variance),
      cmocka_unit_test(paths_are_independent_of_readers),
      cmocka_unit_test(excursions_stay_within_their_bounds),
      cmocka_unit_test(a_value_has_the_stylised_facts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
