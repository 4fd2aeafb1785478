// Draws against their distributions: moments, fit in fine bins, tails and edges.
#include "sim/base/dist.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define DRAWS 4000000
#define SORTED 1000000  // of them, for Kolmogorov-Smirnov
#define BINS 1024

static double normal_cdf(double x) {
  return 0.5 * erfc(-x * sqrt(0.5));
}

static double exponential_cdf(double x) {
  return -expm1(-x);
}

static double uniform_cdf(double x) {
  return x;
}

// Fit of `draw` to a continuous distribution, everywhere: in bins of equal probability and by
// Kolmogorov-Smirnov.
static void expect_distribution(const char *what, double (*draw)(hft_rng *),
                                double (*cdf)(double)) {
  hft_rng rng = hft_rng_stream(3, 1, 4);
  static int64_t count[BINS];
  for (int i = 0; i < BINS; i++) count[i] = 0;
  double *value = malloc(SORTED * sizeof *value);
  assert_non_null(value);
  for (int i = 0; i < DRAWS; i++) {
    double u = cdf(draw(&rng));
    assert_true(u >= 0 && u <= 1);
    count[u < 1 ? (int)(u * BINS) : BINS - 1]++;
    if (i < SORTED) value[i] = u;
  }
  expect_fit(what, count, NULL, BINS);
  expect_uniform(what, value, SORTED);
  free(value);
}

// Sample means of x, x^2, x^3, x^4 against moment[1..8] of the distribution, from which their
// standard deviations follow.
static void expect_moments(const char *what, double (*draw)(hft_rng *), const double *moment) {
  hft_rng rng = hft_rng_stream(1, 5, 9);
  double sum[5] = {0};
  for (int i = 0; i < DRAWS; i++) {
    double x = draw(&rng), power = 1;
    for (int k = 1; k <= 4; k++) sum[k] += power *= x;
  }
  for (int k = 1; k <= 4; k++) {
    double deviation = sqrt((moment[2 * k] - moment[k] * moment[k]) / DRAWS);
    expect_near(what, sum[k] / DRAWS, moment[k], deviation);
  }
}

// How often a draw is beyond each bound.
static void expect_tail(const char *what, double (*draw)(hft_rng *), const double *bound,
                        const double *probability, int bounds) {
  hft_rng rng = hft_rng_stream(2, 6, 5);
  int64_t count[8] = {0};
  for (int i = 0; i < 4 * DRAWS; i++) {
    double x = draw(&rng);
    for (int j = 0; j < bounds; j++) count[j] += fabs(x) > bound[j];
  }
  for (int j = 0; j < bounds; j++) {
    double expected = 4.0 * DRAWS * probability[j];
    assert_true(expected > 20);  // or the bound shows nothing
    expect_near(what, (double)count[j], expected, sqrt(expected));
  }
}

static double draw_uniform(hft_rng *rng) {
  return hft_uniform(rng);
}

static void uniform_fits(void **state) {
  (void)state;
  const double moment[] = {1,       1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5,
                           1.0 / 6, 1.0 / 7, 1.0 / 8, 1.0 / 9};
  expect_moments("uniform moments", draw_uniform, moment);
  expect_distribution("uniform", draw_uniform, uniform_cdf);
}

static void uniform_is_a_multiple_of_its_step_below_1(void **state) {
  (void)state;
  hft_rng rng = hft_rng_stream(0, 0, 1);
  int64_t odd = 0;
  for (int i = 0; i < DRAWS; i++) {
    double step = hft_uniform(&rng) * 0x1p53;
    assert_true(step == floor(step) && step >= 0 && step < 0x1p53);
    odd += (int64_t)step & 1;
  }
  expect_near("the last bit", (double)odd, DRAWS / 2, sqrt(DRAWS) / 2);
}

static void normal_fits(void **state) {
  (void)state;
  const double moment[] = {1, 0, 1, 0, 3, 0, 15, 0, 105};
  expect_moments("normal moments", hft_normal, moment);
  expect_distribution("normal", hft_normal, normal_cdf);
}

static void normal_has_its_tail(void **state) {
  (void)state;
  // Beyond 3.65 another method draws than within.
  const double bound[] = {3, 3.5, 3.65, 3.7, 4, 4.5};
  double probability[6];
  for (int i = 0; i < 6; i++) probability[i] = erfc(bound[i] * sqrt(0.5));
  expect_tail("normal tail", hft_normal, bound, probability, 6);
}

static void exponential_fits(void **state) {
  (void)state;
  const double moment[] = {1, 1, 2, 6, 24, 120, 720, 5040, 40320};
  expect_moments("exponential moments", hft_exponential, moment);
  expect_distribution("exponential", hft_exponential, exponential_cdf);
}

static void exponential_has_its_tail(void **state) {
  (void)state;
  // Beyond 7.69 the draw begins anew.
  const double bound[] = {5, 7, 7.6, 7.8, 9, 12};
  double probability[6];
  for (int i = 0; i < 6; i++) probability[i] = exp(-bound[i]);
  expect_tail("exponential tail", hft_exponential, bound, probability, 6);
}

static void bounded_is_even(void **state) {
  (void)state;
  static const uint32_t bound[] = {1, 2, 3, 5, 6, 7, 64, 100, 1000, 4096};
  static int64_t count[4096];
  for (size_t b = 0; b < sizeof bound / sizeof bound[0]; b++) {
    hft_rng rng = hft_rng_stream(4, bound[b], 0);
    for (uint32_t i = 0; i < bound[b]; i++) count[i] = 0;
    for (int i = 0; i < 1000000; i++) {
      uint32_t k = hft_bounded(&rng, bound[b]);
      assert_true(k < bound[b]);
      count[k]++;
    }
    if (bound[b] > 1) expect_fit("bounded", count, NULL, bound[b]);
  }
}

// Near 2^32 a draw without rejection would hit some values twice as often.
static void bounded_is_even_for_large_bounds(void **state) {
  (void)state;
  const uint32_t bound = UINT32_C(3) << 30;
  hft_rng rng = hft_rng_stream(5, 0, 0);
  int64_t count[3] = {0};
  for (int i = 0; i < 3000000; i++) {
    uint32_t k = hft_bounded(&rng, bound);
    assert_true(k < bound);
    count[k % 3]++;
  }
  expect_fit("bounded by 3 x 2^30, modulo 3", count, NULL, 3);
  int64_t half[2] = {0};
  for (int i = 0; i < 1000000; i++) half[hft_bounded(&rng, UINT32_MAX) >= UINT32_C(1) << 31]++;
  expect_fit("bounded by 2^32 - 1, halves", half, NULL, 2);
}

static void geometric_fits(void **state) {
  (void)state;
  static const double mean[] = {1.001, 1.5, 2, 10, 250};
  for (size_t m = 0; m < sizeof mean / sizeof mean[0]; m++) {
    double p = 1 / mean[m];
    double scale = hft_geometric_scale(mean[m]);
    hft_rng rng = hft_rng_stream(6, (uint32_t)m, 0);
    // Bins 1, 2, ..., the last one for all that follows and still has 1000 draws to expect.
    int bins = 1;
    while (bins < BINS && pow(1 - p, bins) * 1e6 > 1000) bins++;
    int64_t count[BINS] = {0};
    double probability[BINS];
    for (int k = 0; k < bins; k++) probability[k] = p * pow(1 - p, k);
    probability[bins - 1] = pow(1 - p, bins - 1);
    double sum = 0;
    for (int i = 0; i < 1000000; i++) {
      int32_t k = hft_geometric(&rng, scale, INT32_MAX);
      assert_true(k >= 1);
      sum += k;
      count[k < bins ? k - 1 : bins - 1]++;
    }
    expect_near("geometric mean", sum / 1e6, mean[m], sqrt(1 - p) / p / 1000);
    if (bins > 1) expect_fit("geometric", count, probability, (size_t)bins);
  }
}

static void geometric_is_cut(void **state) {
  (void)state;
  hft_rng rng = hft_rng_stream(7, 0, 0);
  double scale = hft_geometric_scale(1e9);
  int64_t cut = 0;
  for (int i = 0; i < 1000; i++) {
    int32_t k = hft_geometric(&rng, scale, 100);
    assert_in_range(k, 1, 100);
    cut += k == 100;
  }
  assert_true(cut > 990);
  // A mean of at most 1 is always 1.
  for (int i = 0; i < 1000; i++) {
    assert_int_equal(hft_geometric(&rng, hft_geometric_scale(1), INT32_MAX), 1);
    assert_int_equal(hft_geometric(&rng, hft_geometric_scale(0.5), INT32_MAX), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(uniform_fits),
      cmocka_unit_test(uniform_is_a_multiple_of_its_step_below_1),
      cmocka_unit_test(normal_fits),
      cmocka_unit_test(normal_has_its_tail),
      cmocka_unit_test(exponential_fits),
      cmocka_unit_test(exponential_has_its_tail),
      cmocka_unit_test(bounded_is_even),
      cmocka_unit_test(bounded_is_even_for_large_bounds),
      cmocka_unit_test(geometric_fits),
      cmocka_unit_test(geometric_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
