// The law of impact against numbers made by hand: exact power laws, and noise of a known size.
#include "eval/impact_law.h"

#include <stdbool.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

enum { WORLDS = 400, QUANTITIES = 4 };

static void exponents_of_exact_laws(void **unused) {
  (void)unused;
  static const double quantity[] = {100, 400, 1600, 2500, 1e9};
  static const double exponents[] = {0.25, 0.5, 0.6, 1, 1.15, 0, -0.5};
  for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
    double impact[5];
    for (int i = 0; i < 5; i++) impact[i] = 0.037 * pow(quantity[i], exponents[e]);
    for (int count = 2; count <= 5; count++) {
      assert_near(hft_impact_exponent(quantity, impact, count), exponents[e], 1e-9);
    }
  }
}

// Least squares by hand: log Q = 0, 1, 2 in base 2, log I = 0, 2, 1: the slope is 1/2.
static void exponent_of_points_off_a_line(void **unused) {
  (void)unused;
  static const double quantity[] = {1, 2, 4}, impact[] = {1, 4, 2};
  assert_near(hft_impact_exponent(quantity, impact, 3), 0.5, 1e-12);
  static const double permuted[] = {4, 1, 2}, same[] = {2, 1, 4};
  assert_near(hft_impact_exponent(permuted, same, 3), 0.5, 1e-12);
}

static void exponents_that_do_not_exist(void **unused) {
  (void)unused;
  static const double quantity[] = {100, 400}, equal[] = {100, 100}, good[] = {1, 2};
  static const double bad[][2] = {{0, 1}, {1, 0}, {-1, 2}, {1, -2}, {NAN, 1}, {1, NAN}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_true(isnan(hft_impact_exponent(quantity, bad[i], 2)));
  }
  assert_true(isnan(hft_impact_exponent(quantity, good, 1)));
  assert_true(isnan(hft_impact_exponent(equal, good, 2)));
  // The closest quantities that there are.
  static const double close[] = {1e9, 1e9 - 1};
  assert_true(!isnan(hft_impact_exponent(close, good, 2)));
}

static void ratios(void **unused) {
  (void)unused;
  static const double end[] = {1, 3}, later[] = {1, 1}, zero[] = {1, -1};
  assert_near(hft_impact_left(end, later, 2), 0.5, 1e-15);
  assert_near(hft_impact_left(end, end, 2), 1, 1e-15);
  assert_true(isnan(hft_impact_left(zero, later, 2)));
  assert_near(hft_impact_normalised(6, 100, 12, 400), 1, 1e-15);
  assert_near(hft_impact_normalised(-6, 400, 12, 100), -0.25, 1e-15);
  assert_true(isnan(hft_impact_normalised(6, 100, 0, 400)));
  assert_true(isnan(hft_impact_normalised(6, 100, NAN, 400)));
  assert_true(isnan(hft_impact_normalised(6, 100, 12, 0)));
}

// Worlds: Y sigma sqrt(Q / V) at the end, times a noise that is common to the quantities of a
// world, and `left` of it later.
typedef struct made {
  int64_t quantity[QUANTITIES];
  int worlds;
  double end[QUANTITIES * WORLDS], later[QUANTITIES * WORLDS];  // [quantity][worlds]
  double move[WORLDS], volume[WORLDS];
} made;

static const int64_t made_quantity[QUANTITIES] = {100, 400, 1600, 6400};

static void make(made *m, int worlds, uint64_t seed, double exponent, double own_noise) {
  hft_rng rng = hft_rng_stream(seed, 0, 0);
  memcpy(m->quantity, made_quantity, sizeof made_quantity);
  m->worlds = worlds;
  for (int i = 0; i < worlds; i++) {
    double common = 1 + 0.8 * hft_normal(&rng);
    for (int q = 0; q < QUANTITIES; q++) {
      double own = own_noise * hft_normal(&rng);
      m->end[q * worlds + i] = 0.5 * pow((double)made_quantity[q] / 100, exponent) * (common + own);
      m->later[q * worlds + i] = 0.6 * m->end[q * worlds + i];
    }
    m->move[i] = i % 2 == 0 ? 5 : -5;
    m->volume[i] = 900 + 200 * (i % 2);
  }
}

static hft_impact_law fit(const made *m, int quantities, bool later, uint64_t seed) {
  const hft_impact_observed observed = {.quantities = quantities,
                                        .worlds = m->worlds,
                                        .quantity = m->quantity,
                                        .end = m->end,
                                        .later = later ? m->later : NULL,
                                        .move = m->move,
                                        .volume = m->volume};
  hft_rng rng = hft_rng_stream(seed, 1, 0);
  hft_impact_law law;
  assert_int_equal(hft_impact_fit(&observed, 0.95, &rng, &law), HFT_OK);
  return law;
}

// The noise is common to all quantities of a world: it moves all impacts together, and neither the
// exponent nor the share that is left. Only resamples shared by the quantities show that.
static void common_noise_leaves_the_law(void **unused) {
  (void)unused;
  static made m;
  make(&m, WORLDS, 5, 0.6, 0);
  hft_impact_law law = fit(&m, QUANTITIES, true, 1);
  assert_near(law.exponent.value, 0.6, 1e-9);
  assert_near(law.exponent.interval.low, 0.6, 1e-9);
  assert_near(law.exponent.interval.high, 0.6, 1e-9);
  assert_near(law.left.value, 0.6, 1e-9);
  assert_near(law.left.interval.high, 0.6, 1e-9);
  double sigma = 5 * sqrt((double)WORLDS / (WORLDS - 1));
  assert_near(law.sigma.value, sigma, 1e-9);
  assert_near(law.volume.value, 1000, 1e-9);
  for (int q = 0; q < QUANTITIES; q++) {
    double mean = 0;
    for (int i = 0; i < WORLDS; i++) mean += m.end[q * WORLDS + i] / WORLDS;
    double y = mean / (sigma * sqrt((double)made_quantity[q] / 1000));
    assert_near(law.normalised[q].value, y, 1e-9);
    assert_true(law.normalised[q].interval.low < y && y < law.normalised[q].interval.high);
    // The noise of the mean is 0.8 / sqrt(400) of it: 4%.
    assert_near(law.normalised[q].interval.high / y - 1, 1.96 * 0.04, 0.02);
    assert_near(law.left_of[q].value, 0.6, 1e-9);
  }
}

// In 200 samples with noise of each quantity the 95% interval covers the true exponent about 190
// times: within five standard deviations, sqrt(200 x .95 x .05) = 3.1, and a bias of 2%.
static void intervals_cover_the_exponent(void **unused) {
  (void)unused;
  static made m;
  int covered = 0, samples = 200;
  for (int s = 0; s < samples; s++) {
    make(&m, 60, 100 + (uint64_t)s, 0.5, 1.5);
    hft_impact_law law = fit(&m, QUANTITIES, true, (uint64_t)s);
    covered += law.exponent.interval.low <= 0.5 && 0.5 <= law.exponent.interval.high;
  }
  assert_true(covered >= 175 && covered <= 199);
}

static void what_cannot_be_measured(void **unused) {
  (void)unused;
  static made m;
  make(&m, WORLDS, 7, 0.5, 0);
  hft_impact_law law = fit(&m, 1, false, 1);
  assert_true(isnan(law.exponent.value) && isnan(law.left.value) && isnan(law.left_of[0].value));
  assert_true(!isnan(law.normalised[0].value));
  make(&m, 1, 7, 0.5, 0);
  law = fit(&m, QUANTITIES, true, 1);
  assert_true(!isnan(law.exponent.value));
  assert_true(isnan(law.exponent.interval.low) && isnan(law.sigma.value));
  make(&m, WORLDS, 7, 0.5, 0);
  for (int i = 0; i < WORLDS; i++) m.move[i] = 0.1;  // a tape of one window
  law = fit(&m, QUANTITIES, true, 1);
  assert_true(isnan(law.sigma.value) && isnan(law.normalised[1].value));
  // An impact of either sign: the mean is positive by chance, and many resamples are not.
  for (int i = 0; i < WORLDS; i++) m.end[i] = i % 2 == 0 ? 1.001 : -1;
  law = fit(&m, QUANTITIES, true, 1);
  assert_true(!isnan(law.exponent.value));
  assert_true(isnan(law.exponent.interval.low) && law.exponent.existing < 0.9);
  for (int i = 0; i < WORLDS; i++) m.end[i] = -1;
  law = fit(&m, QUANTITIES, true, 1);
  assert_true(isnan(law.exponent.value) && isnan(law.left_of[0].value));
  assert_true(!isnan(law.left_of[1].value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exponents_of_exact_laws),
      cmocka_unit_test(exponent_of_points_off_a_line),
      cmocka_unit_test(exponents_that_do_not_exist),
      cmocka_unit_test(ratios),
      cmocka_unit_test(common_noise_leaves_the_law),
      cmocka_unit_test(intervals_cover_the_exponent),
      cmocka_unit_test(what_cannot_be_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
