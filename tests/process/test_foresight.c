// A forecast of values: it explains its R^2 of the variance, is the posterior mean given all
// forecasts so far, and with R^2 = 1 it is the change itself, of every kind of value, with jumps,
// with a stochastic variance and of several correlated values. The values are those of a basket
// that a test runs by itself.
#include "sim/process/foresight.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define PATHS 10000
#define STEP HFT_SECOND
#define AHEAD 20  // s
#define TIME 30   // s: when the forecast is made
#define LAGS 5
#define COUNT_MAX 3
#define STREAM 0x1000000u

// Before the forecast, s; the last two forecasts cover no time that the present one covers.
static const int lags[LAGS] = {0, 1, 7, 19, 25};

#define MERTON \
  { .law = HFT_JUMP_MERTON, .rate = 1500, .mean = 0.001, .volatility = 0.002 }
#define KOU \
  { .law = HFT_JUMP_KOU, .rate = 1500, .up_probability = 0.6, .up_mean = 0.003, .down_mean = 0.002 }

static const hft_fundamental_spec brownian = {HFT_FUNDAMENTAL_BROWNIAN, 10000, 0.02, 0, {0}, STEP};
static const hft_fundamental_spec ou = {HFT_FUNDAMENTAL_OU, 10000, 0.02, 0.01, {0}, STEP};
static const hft_fundamental_spec fast = {HFT_FUNDAMENTAL_OU, 10000, 0.02, 0.2, {0}, STEP};
static const hft_fundamental_spec geometric = {HFT_FUNDAMENTAL_GEOMETRIC, 5000, 0.03, 0, {0}, STEP};
static const hft_fundamental_spec merton = {HFT_FUNDAMENTAL_JUMP, 5000, 0.02, 0, MERTON, STEP};
static const hft_fundamental_spec kou = {HFT_FUNDAMENTAL_JUMP, 5000, 0.02, 0, KOU, STEP};
static const hft_fundamental_spec ou_jump = {HFT_FUNDAMENTAL_OU_JUMP, 8000, 0.02, 0.05, KOU, STEP};

#define VARIES \
  { .sd = 1.3, .count = 2, .horizon_s = {3, 30}, .hurst = 0.1 }
#define FALLS \
  { .sd = 0.8, .count = 1, .horizon_s = {5}, .leverage = 0.7 }

static const double correlation[COUNT_MAX * COUNT_MAX] = {1, 0.8, -0.3, 0.8, 1, 0, -0.3, 0, 1};
static const double loading[COUNT_MAX] = {1, -0.5, 2};
static const hft_fundamental_spec three[COUNT_MAX] = {
    {HFT_FUNDAMENTAL_OU, 10000, 0.02, 0.05, {0}, STEP},
    {HFT_FUNDAMENTAL_JUMP, 5000, 0.01, 0, MERTON, STEP},
    {HFT_FUNDAMENTAL_BROWNIAN, 8000, 0.01, 0, {0}, STEP}};

static const double close_by[] = {1, 0.9, 0.9, 1};
static const hft_fundamental_spec pair[] = {{HFT_FUNDAMENTAL_BROWNIAN, 10000, 0.02, 0, {0}, STEP},
                                            {HFT_FUNDAMENTAL_OU, 5000, 0.01, 0.05, {0}, STEP}};

static const struct {
  const char *name;
  hft_basket_spec spec;
} cases[] = {
    {"brownian", {1, &brownian}},
    {"ou", {1, &ou}},
    {"fast ou", {1, &fast}},
    {"geometric", {1, &geometric}},
    {"merton", {1, &merton}},
    {"kou", {1, &kou}},
    {"ou_jump", {1, &ou_jump}},
    {"brownian, stochastic variance", {1, &brownian, .activity = VARIES}},
    {"ou, stochastic variance", {1, &fast, .activity = VARIES}},
    {"geometric, stochastic variance", {1, &geometric, .activity = VARIES}},
    {"merton, leverage", {1, &merton, .activity = FALLS}},
    {"brownian, leverage", {1, &brownian, .activity = FALLS}},
    {"common jumps", {1, &brownian, NULL, MERTON, loading}},
    {"pair", {2, pair, close_by}},
    {"three", {3, three, correlation, KOU, loading}},
    {"three, stochastic variance", {3, three, correlation, KOU, loading, FALLS}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

// A basket and a forecast of it.
typedef struct seer {
  hft_basket_model *basket;
  hft_basket *values;
  hft_foresight_model model;
  hft_foresight *foresight;
} seer;

static seer make(const hft_basket_spec *spec, double r2, double seconds) {
  seer s = {.basket = malloc(sizeof *s.basket)};
  assert_non_null(s.basket);
  hft_error error = {0};
  if (hft_basket_compile(spec, s.basket, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_foresight_compile(s.basket, r2, seconds, &s.model);
  s.values = malloc(hft_basket_size(s.basket));
  s.foresight = malloc(hft_foresight_size(s.basket));
  assert_true(s.values != NULL && s.foresight != NULL);
  return s;
}

static void release(seer *s) {
  free(s->basket);
  free(s->values);
  free(s->foresight);
}

static void start(const seer *s, uint32_t path) {
  hft_basket_start(s->basket, s->values, 11, path);
  hft_foresight_start(s->basket, s->foresight, 11, path, STREAM);
}

static double forecast_at(const seer *s, int i, int seconds) {
  int64_t budget = INT64_MAX;
  assert_true(hft_foresight_advance_some(s->basket, &s->model, s->foresight, seconds * HFT_SECOND,
                                         &budget));
  return hft_foresight_change(s->basket, &s->model, s->foresight, i);
}

static double value_at(const seer *s, int i, int seconds) {
  return hft_basket_at(s->basket, s->values, i, seconds * HFT_SECOND);
}

// A sum whose mean is compared with 0.
typedef struct tally {
  double sum, squares;
} tally;

static void add(tally *t, double x) {
  t->sum += x;
  t->squares += x * x;
}

static void expect_zero(const char *what, const char *name, const tally *t) {
  double mean = t->sum / PATHS, deviation = sqrt((t->squares / PATHS - mean * mean) / PATHS);
  char text[128];
  snprintf(text, sizeof text, "%s: %s", name, what);
  expect_near(text, mean, 0, deviation + 1e-12);
}

// One path: the forecasts of all values, made at TIME and before, and the changes after TIME.
typedef struct path {
  double forecast[LAGS][COUNT_MAX];
  double change[COUNT_MAX], drift[COUNT_MAX], since_start[COUNT_MAX];
  double unforeseen[COUNT_MAX];  // over the time of the forecast
  double revealed[COUNT_MAX];    // likewise
  double next[COUNT_MAX];        // the forecast at the end of that time
} path;

static void run_path(const seer *s, uint32_t index, path *p) {
  int count = s->basket->count;
  start(s, index);
  for (int lag = LAGS - 1; lag >= 0; lag--) {
    for (int i = 0; i < count; i++) p->forecast[lag][i] = forecast_at(s, i, TIME - lags[lag]);
  }
  for (int i = 0; i < count; i++) {
    const hft_fundamental_model *value = &s->basket->value[i];
    double now = value_at(s, i, TIME);
    p->since_start[i] = now - value->spec.initial;
    p->drift[i] = expm1(-value->speed * AHEAD) * p->since_start[i];
    p->change[i] = -now;
    p->unforeseen[i] = -hft_foresight_unforeseen(s->basket, s->foresight, i);
    p->revealed[i] = -hft_foresight_revealed(s->foresight, i);
  }
  for (int i = 0; i < count; i++) {
    p->change[i] += value_at(s, i, TIME + AHEAD);
    p->next[i] = forecast_at(s, i, TIME + AHEAD);
    p->unforeseen[i] += hft_foresight_unforeseen(s->basket, s->foresight, i);
    p->revealed[i] += hft_foresight_revealed(s->foresight, i);
  }
}

static void check_law(const char *name, const hft_basket_spec *spec, double r2) {
  seer s = make(spec, r2, AHEAD);
  tally mean[COUNT_MAX] = {0}, share[COUNT_MAX] = {0}, past[COUNT_MAX] = {0};
  tally known[LAGS][COUNT_MAX][COUNT_MAX] = {0};
  tally control[COUNT_MAX] = {0}, controlled[COUNT_MAX] = {0};
  tally reveal[COUNT_MAX] = {0}, revealed[COUNT_MAX] = {0};
  path p;
  for (uint32_t k = 0; k < PATHS; k++) {
    run_path(&s, k, &p);
    for (int i = 0; i < spec->count; i++) {
      double error = p.change[i] - p.forecast[0][i];
      double fresh = p.forecast[0][i] - p.drift[i], news = p.change[i] - p.drift[i];
      add(&mean[i], error);
      add(&share[i], fresh * fresh - r2 * news * news);
      add(&past[i], error * p.since_start[i]);
      add(&control[i], p.unforeseen[i]);
      add(&controlled[i], p.unforeseen[i] * p.forecast[0][i]);
      add(&reveal[i], p.revealed[i]);
      add(&revealed[i], p.revealed[i] * p.forecast[0][i]);
      for (int lag = 0; lag < LAGS; lag++) {
        for (int j = 0; j < spec->count; j++) add(&known[lag][i][j], error * p.forecast[lag][j]);
      }
    }
  }
  for (int i = 0; i < spec->count; i++) {
    expect_zero("mean of the error", name, &mean[i]);
    expect_zero("share of the variance", name, &share[i]);
    expect_zero("error and the value's past", name, &past[i]);
    expect_zero("unforeseen changes", name, &control[i]);
    expect_zero("unforeseen changes and the forecast", name, &controlled[i]);
    expect_zero("what is revealed", name, &reveal[i]);
    expect_zero("what is revealed and the forecast before", name, &revealed[i]);
    for (int lag = 0; lag < LAGS; lag++) {
      for (int j = 0; j < spec->count; j++) {
        expect_zero("error and an earlier forecast", name, &known[lag][i][j]);
      }
    }
  }
  release(&s);
}

static void the_law(void **state) {
  (void)state;
  for (int c = 0; c < CASES; c++) check_law(cases[c].name, &cases[c].spec, 0.3);
  for (int c = 0; c < CASES; c += 3) check_law(cases[c].name, &cases[c].spec, 0.9);
}

// Of Brownian motion the variance of the forecast is R^2 s^2 h, and the covariance of forecasts
// that overlap in time and of two with noise of their own is known, too.
static void closed_forms_of_brownian_motion(void **state) {
  (void)state;
  const double r2 = 0.4, variance = pow(0.02 * 10000, 2) / HFT_DAY_S * AHEAD;
  const hft_basket_spec spec = {1, &brownian};
  seer s = make(&spec, r2, AHEAD);
  hft_foresight *other = malloc(hft_foresight_size(s.basket));
  assert_non_null(other);
  tally square = {0}, overlap = {0}, apart = {0}, two = {0};
  for (uint32_t k = 0; k < PATHS; k++) {
    path p;
    run_path(&s, k, &p);
    int64_t budget = INT64_MAX;
    hft_foresight_start(s.basket, other, 11, k, STREAM + HFT_FORESIGHT_STREAMS);
    assert_true(hft_foresight_advance_some(s.basket, &s.model, other, TIME * HFT_SECOND, &budget));
    double f = p.forecast[0][0];
    add(&square, f * f - r2 * variance);
    add(&overlap, f * p.forecast[2][0] - r2 * variance * (AHEAD - lags[2]) / AHEAD);
    add(&apart, f * p.forecast[4][0]);
    add(&two, f * hft_foresight_change(s.basket, &s.model, other, 0) - r2 * r2 * variance);
    assert_near(p.unforeseen[0], p.change[0] - f, 1e-8);
    assert_near(p.revealed[0], p.next[0], 1e-8);
  }
  expect_zero("variance", "brownian", &square);
  expect_zero("covariance of overlapping forecasts", "brownian", &overlap);
  expect_zero("covariance of separate forecasts", "brownian", &apart);
  expect_zero("covariance with other noise", "brownian", &two);
  free(other);
  release(&s);
}

static void r2_of_one_is_the_change_itself(void **state) {
  (void)state;
  for (int c = 0; c < CASES; c++) {
    seer s = make(&cases[c].spec, 1, AHEAD);
    for (uint32_t k = 0; k < 50; k++) {
      path p;
      run_path(&s, k, &p);
      for (int i = 0; i < cases[c].spec.count; i++) {
        assert_near(p.forecast[0][i], p.change[i], 1e-7);
        assert_near(p.unforeseen[i], 0, 1e-7);
      }
    }
    release(&s);
  }
}

// Without information only the drift of a reverting value is left.
static void r2_of_none_is_the_drift(void **state) {
  (void)state;
  for (int c = 0; c < CASES; c++) {
    seer s = make(&cases[c].spec, 0, AHEAD);
    path p;
    run_path(&s, 3, &p);
    for (int i = 0; i < cases[c].spec.count; i++) {
      assert_near(p.forecast[0][i], p.drift[i], 1e-9);
    }
    release(&s);
  }
}

// In pieces of any size, and whoever asks when, the state has the same bytes; a copy goes on alike.
static void pieces_and_copies(void **state) {
  (void)state;
  for (int c = 0; c < CASES; c++) {
    seer whole = make(&cases[c].spec, 0.5, AHEAD), pieces = make(&cases[c].spec, 0.5, AHEAD);
    size_t size = hft_foresight_size(whole.basket);
    memset(pieces.foresight, 0xa5, size);
    start(&whole, 1);
    start(&pieces, 1);
    int calls = 0;
    for (int t = 0; t <= 400; t += 50) {
      (void)forecast_at(&whole, 0, t);
      for (bool done = false; !done; calls++) {
        int64_t budget = 1;
        done = hft_foresight_advance_some(pieces.basket, &pieces.model, pieces.foresight,
                                          t * HFT_SECOND, &budget);
        assert_true(done || budget <= 0);
      }
      assert_memory_equal(whole.foresight, pieces.foresight, size);
    }
    assert_true(calls > 20);
    memset(pieces.foresight, 0, size);
    memcpy(pieces.foresight, whole.foresight, size);
    assert_true(forecast_at(&whole, 0, 500) == forecast_at(&pieces, 0, 500));
    release(&whole);
    release(&pieces);
  }
}

// The horizon is a whole number of steps of the grid, at least one; a constant value has the
// forecast 0.
static void horizons_and_constants(void **state) {
  (void)state;
  const hft_fundamental_spec constant = {HFT_FUNDAMENTAL_CONSTANT, 10000, 0.02, 0, {0}, STEP};
  const struct {
    double seconds;
    int steps;
  } horizons[] = {{0.001, 1}, {0.6, 1}, {1.4, 1}, {1.6, 2}, {20, 20}, {86400, 86400}};
  for (size_t i = 0; i < sizeof horizons / sizeof horizons[0]; i++) {
    seer s = make(&(hft_basket_spec){1, &constant}, 0.5, horizons[i].seconds);
    assert_int_equal(s.model.ahead, horizons[i].steps * STEP);
    start(&s, 0);
    assert_true(forecast_at(&s, 0, 1000) == 0);
    assert_true(hft_foresight_unforeseen(s.basket, s.foresight, 0) == 0);
    release(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_law),
      cmocka_unit_test(closed_forms_of_brownian_motion),
      cmocka_unit_test(r2_of_one_is_the_change_itself),
      cmocka_unit_test(r2_of_none_is_the_drift),
      cmocka_unit_test(pieces_and_copies),
      cmocka_unit_test(horizons_and_constants),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
