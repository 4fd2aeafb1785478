// Clocks against their laws. A point process of intensity r(t), whatever it hangs on, is a Poisson
// process of rate 1 in the time that runs with r (Papangelou 1972): so the integrals of r between
// arrivals, worked out here by plain recursion, must be exponential.
#include "sim/process/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/math.h"
#include "tests/support/market.h"
#include "tests/support/statistics.h"

#define MOST 400000

typedef struct run {
  hft_clock_model model;
  hft_clock clock;
  hft_rng rng;
  hft_time now;
  double other;
  double mark;
} run;

static hft_clock_spec make_spec(double rate, hft_clock_kind kind, const hft_list *branching,
                                const hft_list *decay_s, const hft_list *profile,
                                double duration_s) {
  return (hft_clock_spec){rate, kind, branching, decay_s, profile, (hft_time)(duration_s * 1e9)};
}

static const hft_list flat = {1, {1}};
static const hft_list one_branching = {1, {0.6}}, one_decay = {1, {0.8}};
static const hft_list two_branching = {2, {0.3, 0.5}}, two_decay = {2, {0.05, 4}};
static const hft_list uneven = {4, {2, 0, 0.5, 1}};

static run start(const hft_clock_spec *spec, double other, uint64_t seed) {
  run r = {.rng = hft_rng_seed(seed, 1), .other = other};
  hft_error error = {0};
  if (hft_clock_compile(spec, "test", &r.model, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_clock_start(&r.model, &r.clock);
  return r;
}

static hft_firing next(run *r) {
  r->now = hft_clock_set(&r->model, &r->clock, r->other, r->now, &r->rng);
  return hft_clock_fire(&r->model, &r->clock, r->now, &r->mark);
}

// Seconds of the next arrival.
static double next_arrival(run *r) {
  while (next(r) != HFT_FIRING_ARRIVAL) {
  }
  return (double)r->now * 1e-9;
}

// The integral of the profile up to t seconds.
static double profile_integral(const hft_clock_spec *spec, double t) {
  double part = (double)spec->duration * 1e-9 / (double)spec->profile->count, sum = 0;
  for (int64_t i = 0; i < spec->profile->count; i++) {
    double begin = (double)i * part, end = i + 1 < spec->profile->count ? begin + part : INFINITY;
    if (t > begin) sum += spec->profile->value[i] * (fmin(t, end) - begin);
  }
  return sum;
}

// Integrals of the intensity between arrivals, each taken through the exponential's distribution.
static size_t residuals(const hft_clock_spec *spec, double other, uint64_t seed, size_t most,
                        double until, double *out) {
  run r = start(spec, other, seed);
  int kernels = spec->kind == HFT_CLOCK_HAWKES ? (int)spec->branching->count : 0;
  double n[HFT_CLOCK_KERNELS_MAX], b[HFT_CLOCK_KERNELS_MAX], x[HFT_CLOCK_KERNELS_MAX], sum = 0;
  for (int k = 0; k < kernels; k++) sum += n[k] = spec->branching->value[k];
  for (int k = 0; k < kernels; k++) {
    b[k] = 1 / spec->decay_s->value[k];
    x[k] = n[k] * spec->rate;
  }
  size_t count = 0;
  for (double t = 0; count < most;) {
    double arrival = next_arrival(&r);
    if (arrival > until) break;
    double dt = profile_integral(spec, arrival) - profile_integral(spec, t);
    double integral = spec->rate * (1 - sum) * dt;
    for (int k = 0; k < kernels; k++) {
      integral += x[k] * -expm1(-b[k] * dt) / b[k];
      x[k] = x[k] * exp(-b[k] * dt) + n[k] * b[k];
    }
    out[count++] = -expm1(-integral);
    t = arrival;
  }
  return count;
}

static void expect_law(const char *what, const hft_clock_spec *spec, double other, double until) {
  double *value = malloc(MOST * sizeof *value);
  assert_non_null(value);
  size_t count = residuals(spec, other, 4, MOST, until, value);
  assert_true(count > 20000);
  // One after the other they are independent.
  double product = 0;
  for (size_t i = 1; i < count; i++) product += (value[i] - 0.5) * (value[i - 1] - 0.5);
  expect_near(what, product / (double)count, 0, 1 / (12 * sqrt((double)count)));
  expect_uniform(what, value, count);
  free(value);
}

static void arrivals_have_their_intensity(void **state) {
  (void)state;
  hft_clock_spec spec = make_spec(3, HFT_CLOCK_POISSON, NULL, NULL, &flat, 100);
  expect_law("poisson", &spec, 0, INFINITY);
  expect_law("poisson beside others", &spec, 7, INFINITY);
  spec = make_spec(3, HFT_CLOCK_HAWKES, &one_branching, &one_decay, &flat, 100);
  expect_law("hawkes", &spec, 0, INFINITY);
  expect_law("hawkes beside others", &spec, 11, INFINITY);
  spec = make_spec(20, HFT_CLOCK_HAWKES, &two_branching, &two_decay, &flat, 100);
  expect_law("hawkes of two kernels", &spec, 5, INFINITY);
}

static void a_profile_multiplies_the_rates(void **state) {
  (void)state;
  hft_clock_spec spec = make_spec(10, HFT_CLOCK_POISSON, NULL, NULL, &uneven, 20000);
  expect_law("poisson with a profile", &spec, 1, INFINITY);
  spec = make_spec(10, HFT_CLOCK_HAWKES, &two_branching, &two_decay, &uneven, 20000);
  expect_law("hawkes with a profile", &spec, 1, INFINITY);
  // Short parts, so that most waits meet an end.
  const hft_list steps = {3, {1, 0.1, 4}};
  spec = make_spec(0.9, HFT_CLOCK_POISSON, NULL, NULL, &steps, 3);
  double *value = malloc(MOST * sizeof *value);
  assert_non_null(value);
  size_t count = 0;
  for (uint64_t seed = 0; seed < 20000; seed++) {
    count += residuals(&spec, 0.5, seed, 1, INFINITY, value + count);
  }
  expect_uniform("first arrivals", value, count);
  free(value);
}

// Counts in windows of length T of a Hawkes process at rest: the mean r T, and for one kernel, with
// g = (1 - n) / d and c = 1 / (1 - n), Var = r (c^2 T + (1 - c^2) (1 - exp(-g T)) / g) (Hawkes
// 1971; Da Fonseca and Zaatour 2014). The ratio of both tells the branching ratio.
static void counts_tell_the_branching_ratio(void **state) {
  (void)state;
  const double rate = 2, window = 60;
  const hft_clock_spec spec =
      make_spec(rate, HFT_CLOCK_HAWKES, &one_branching, &one_decay, &flat, 1);
  const double n = 0.6, g = (1 - n) / 0.8, c = 1 / (1 - n);
  run r = start(&spec, 0, 12);
  enum { WINDOWS = 20000 };
  double mean = 0, square = 0, fourth = 0;
  static double count[WINDOWS];
  int at = -10;  // the first ones are not at rest yet
  while (at < WINDOWS) {
    double t = next_arrival(&r);
    at = (int)floor(t / window) - 10;
    if (at >= 0 && at < WINDOWS) count[at]++;
  }
  for (int i = 0; i < WINDOWS; i++) mean += count[i] / WINDOWS;
  for (int i = 0; i < WINDOWS; i++) {
    square += pow(count[i] - mean, 2) / WINDOWS;
    fourth += pow(count[i] - mean, 4) / WINDOWS;
  }
  double variance = rate * (c * c * window + (1 - c * c) * -expm1(-g * window) / g);
  expect_near("mean count", mean, rate * window, sqrt(c * c * rate * window / WINDOWS));
  expect_near("variance of counts", square, variance, sqrt((fourth - square * square) / WINDOWS));
  double fano = square / mean;
  // Without its edge the window would have the ratio c^2; here n = 1 - sqrt(1 / fano) is recovered
  // once the edge is taken off.
  double edge = -expm1(-g * window) / (g * window);
  double branching = 1 - sqrt((1 - edge) / (fano - edge));
  assert_true(fabs(branching - n) < 0.01);
}

// From its start on, a Hawkes clock has its mean rate: the excitement starts at its mean.
static void the_mean_rate_holds_from_the_start(void **state) {
  (void)state;
  const hft_clock_spec spec = make_spec(5, HFT_CLOCK_HAWKES, &one_branching, &one_decay, &flat, 1);
  double sum = 0, square = 0;
  const int paths = 20000;
  for (int i = 0; i < paths; i++) {
    run r = start(&spec, 3, (uint64_t)i);
    int count = 0;
    while (next_arrival(&r) < 2) count++;
    sum += count;
    square += (double)count * count;
  }
  double mean = sum / paths;
  expect_near("first arrivals", mean, 10, sqrt((square / paths - mean * mean) / paths));
}

// In each part of a profile the mean rate is the profile's, from the first moment of the part to
// the last, with kernels that are slower than the part, and after a part without arrivals.
static void the_mean_rate_follows_the_profile(void **state) {
  (void)state;
  enum { PATHS = 4000, PARTS = 4, THIRDS = 3 };
  const hft_list branching = {2, {0.3, 0.5}}, decay_s = {2, {0.2, 30}};
  static const double profiles[][PARTS] = {{2, 0.5, 1.5, 0.25}, {0.1, 3, 0, 1}, {0, 1, 0, 2}};
  for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
    hft_list profile = {PARTS, {0}};
    memcpy(profile.value, profiles[i], sizeof profiles[i]);
    const hft_clock_spec spec =
        make_spec(2, HFT_CLOCK_HAWKES, &branching, &decay_s, &profile, PARTS * 6);
    double sum[PARTS * THIRDS] = {0}, square[PARTS * THIRDS] = {0};
    for (int path = 0; path < PATHS; path++) {
      run r = start(&spec, 3, (uint64_t)path);
      int count[PARTS * THIRDS] = {0};
      for (double t; (t = next_arrival(&r)) < PARTS * 6;) count[(int)(t / 2)]++;
      for (int k = 0; k < PARTS * THIRDS; k++) {
        sum[k] += count[k];
        square[k] += (double)count[k] * count[k];
      }
    }
    for (int k = 0; k < PARTS * THIRDS; k++) {
      double mean = sum[k] / PATHS, expected = 2 * 2 * profile.value[k / THIRDS];
      double error = sqrt((square[k] / PATHS - mean * mean) / PATHS);
      if (expected == 0) assert_true(sum[k] == 0);
      if (expected != 0) expect_near("arrivals in a third of a part", mean, expected, error);
    }
  }
}

static void marks_are_uniform_and_others_have_their_rate(void **state) {
  (void)state;
  const hft_clock_spec specs[] = {
      make_spec(4, HFT_CLOCK_POISSON, NULL, NULL, &uneven, 100),
      make_spec(4, HFT_CLOCK_HAWKES, &two_branching, &two_decay, &uneven, 100)};
  double *mark[2] = {malloc(MOST * sizeof(double)), malloc(MOST * sizeof(double))};
  assert_true(mark[0] != NULL && mark[1] != NULL);
  for (int i = 0; i < 2; i++) {
    run r = start(&specs[i], 6, 3);
    size_t count[2] = {0};
    while (count[0] < 100000) {
      hft_firing firing = next(&r);
      if (firing == HFT_FIRING_NONE) continue;
      int other = firing == HFT_FIRING_OTHER;
      assert_true(count[other] < MOST);
      mark[other][count[other]++] = r.mark / (other ? 6 : 4);
    }
    double expected = 6e-9 * (double)r.now;
    expect_near("others", (double)count[1], expected, sqrt(expected));
    expect_uniform("marks of arrivals", mark[0], count[0]);
    expect_uniform("marks of others", mark[1], count[1]);
  }
  free(mark[0]);
  free(mark[1]);
}

// A clock by the definition: it is set by drawing the wait alone, and which event fires is drawn
// when it fires. hft_clock draws that ahead; the numbers of the stream must have the same uses.
typedef struct plain_clock {
  const hft_clock_model *model;
  double other, rate, excitement[HFT_CLOCK_KERNELS_MAX];
  hft_time set, now;
  int part;
  enum { STEADY, TRIGGERED, END_OF_PART } cause;
} plain_clock;

static void plain_set(plain_clock *c, hft_rng *rng) {
  const hft_clock_model *model = c->model;
  c->set = c->now;
  c->cause = STEADY;
  c->part = (int)(c->now / model->part);
  if (c->part >= model->part_count) c->part = model->part_count - 1;
  double pace = model->pace[c->part];
  c->rate = model->steady[c->part] + c->other;
  c->now = hft_clock_after(c->set, hft_exponential(rng), c->rate);
  double first = (double)(c->now - c->set) * 1e-9 * pace;
  for (int k = 0; k < model->kernel_count && pace > 0; k++) {
    double x = c->excitement[k], b = model->decay[k], e = hft_exponential(rng);
    double wait = b * e < x ? -hft_log1p(-b * e / x) / b : INFINITY;
    if (wait >= first) continue;
    first = wait;
    c->cause = TRIGGERED;
    c->now = c->set + (hft_time)(first / pace * 1e9);
  }
  hft_time end = (c->part + 1) * model->part;
  if (c->part + 1 == model->part_count || c->now < end) return;
  c->now = end;
  c->cause = END_OF_PART;
}

static hft_firing plain_fire(plain_clock *c, hft_rng *rng, double *mark) {
  const hft_clock_model *model = c->model;
  double steady = model->steady[c->part];
  hft_firing firing = c->cause == END_OF_PART ? HFT_FIRING_NONE : HFT_FIRING_ARRIVAL;
  if (c->cause == TRIGGERED) *mark = hft_uniform(rng) * model->rate;
  if (c->cause == STEADY) {
    *mark = hft_uniform(rng) * c->rate;
    if (*mark >= steady) firing = HFT_FIRING_OTHER;
    *mark = *mark >= steady ? *mark - steady : *mark * model->to_mark[c->part];
  }
  double dt = (double)(c->now - c->set) * 1e-9 * model->pace[c->part];
  for (int k = 0; k < model->kernel_count; k++) {
    c->excitement[k] *= hft_exp(-model->decay[k] * dt);
    if (firing == HFT_FIRING_ARRIVAL) c->excitement[k] += model->leap[k];
  }
  return firing;
}

// Every kind of clock, with and without other events, whose rate changes at each setting as that of
// a population's orders does; and after each firing the caller draws, as a population does.
static void draws_ahead_change_nothing(void **state) {
  (void)state;
  const hft_list *const profiles[] = {&flat, &uneven}, *const branchings[] = {NULL, &one_branching,
                                                                              &two_branching};
  const hft_list *const decays[] = {NULL, &one_decay, &two_decay};
  for (int variant = 0; variant < 12; variant++) {
    int kernels = variant % 3;
    const hft_clock_spec spec =
        make_spec(7, kernels > 0 ? HFT_CLOCK_HAWKES : HFT_CLOCK_POISSON, branchings[kernels],
                  decays[kernels], profiles[variant / 3 % 2], 40);
    run r = start(&spec, 0, (uint64_t)variant);
    plain_clock c = {.model = &r.model};
    memcpy(c.excitement, r.clock.excitement, sizeof c.excitement);
    hft_rng rng = r.rng;
    int count[3] = {0};
    for (int i = 0; i < 3000; i++) {
      r.other = c.other = variant / 6 * (i % 5);
      hft_firing firing = next(&r);
      plain_set(&c, &rng);
      double mark = r.mark;
      assert_int_equal(plain_fire(&c, &rng, &mark), firing);
      assert_true(c.now == r.now && mark == r.mark);
      count[firing]++;
      for (int k = 0; k < i % 3; k++) assert_true(hft_uniform(&rng) == hft_uniform(&r.rng));
      assert_true(rng.state == r.rng.state);
    }
    assert_true(count[HFT_FIRING_ARRIVAL] > 1000);
    assert_int_equal(count[HFT_FIRING_OTHER] > 0, variant / 6);
    assert_int_equal(count[HFT_FIRING_NONE], variant / 3 % 2 * 3);
  }
}

static void a_clock_of_rate_0_never_fires(void **state) {
  (void)state;
  const hft_list silent = {1, {0}};
  const hft_clock_spec spec = make_spec(4, HFT_CLOCK_POISSON, NULL, NULL, &silent, 100);
  run r = start(&spec, 0, 1);
  assert_true(hft_clock_set(&r.model, &r.clock, 0, 5, &r.rng) == HFT_TIME_NEVER);
  assert_true(hft_clock_after(5 * HFT_SECOND, 1, 1e-10) == HFT_TIME_NEVER);
  assert_true(hft_clock_after(5 * HFT_SECOND, 1, 0) == HFT_TIME_NEVER);
  assert_true(hft_clock_after(10, 2, 1e9) == 12);
}

static void expect_refused(const hft_list *branching, const hft_list *decay_s,
                           const hft_list *profile, const char *word) {
  hft_clock_model model;
  hft_error error = {0};
  const hft_clock_spec spec = make_spec(1, HFT_CLOCK_HAWKES, branching, decay_s, profile, 10);
  assert_int_equal(hft_clock_compile(&spec, "populations.0 (noise)", &model, &error), HFT_ECONFIG);
  expect_error(&error, HFT_ECONFIG, "populations.0 (noise)", word);
}

static void explosive_clocks_are_refused(void **state) {
  (void)state;
  const hft_list whole = {1, {1}}, sum = {2, {0.5, 0.5}}, none = {0, {0}};
  hft_list many = {HFT_CLOCK_KERNELS_MAX + 1, {0}};
  expect_refused(&whole, &one_decay, &flat, "hawkes_branching sums to 1");
  expect_refused(&sum, &two_decay, &flat, "hawkes_branching sums to 1");
  expect_refused(&two_branching, &one_decay, &flat, "hawkes_decay_s");
  expect_refused(&none, &none, &flat, "hawkes_branching");
  expect_refused(&many, &many, &flat, "hawkes_branching");
  expect_refused(&one_branching, &one_decay, &none, "profile");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrivals_have_their_intensity),
      cmocka_unit_test(a_profile_multiplies_the_rates),
      cmocka_unit_test(counts_tell_the_branching_ratio),
      cmocka_unit_test(the_mean_rate_holds_from_the_start),
      cmocka_unit_test(the_mean_rate_follows_the_profile),
      cmocka_unit_test(marks_are_uniform_and_others_have_their_rate),
      cmocka_unit_test(draws_ahead_change_nothing),
      cmocka_unit_test(a_clock_of_rate_0_never_fires),
      cmocka_unit_test(explosive_clocks_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
