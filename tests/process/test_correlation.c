// The Cholesky factor against its definition, and correlated draws against their matrix.
#include "sim/process/correlation.h"

#include <math.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/market.h"
#include "tests/support/statistics.h"

#define SIZE_MAX_HERE 40

// Factors a copy of the matrix and holds L against L L' = R, the triangle and its diagonal's sign.
static void expect_factor(const double *matrix, int n, double *factor) {
  hft_error error = {0};
  memcpy(factor, matrix, (size_t)(n * n) * sizeof *factor);
  if (hft_correlation_factor(factor, n, &error) != HFT_OK) fail_msg("%s", error.text);
  for (int i = 0; i < n; i++) {
    assert_true(factor[i * n + i] > 0);
    for (int j = 0; j < n; j++) {
      double product = 0;
      for (int k = 0; k < n; k++) product += factor[i * n + k] * factor[j * n + k];
      assert_true(fabs(product - matrix[i * n + j]) < 1e-13);
      if (j > i) assert_true(factor[i * n + j] == 0);
    }
  }
}

static void factor_of_small_matrices(void **state) {
  (void)state;
  double factor[9];
  expect_factor((const double[]){1}, 1, factor);
  assert_true(factor[0] == 1);
  expect_factor((const double[]){1, -0.6, -0.6, 1}, 2, factor);
  assert_true(fabs(factor[2] + 0.6) < 1e-15 && fabs(factor[3] - 0.8) < 1e-15);
  expect_factor((const double[]){1, 0.5, 0.2, 0.5, 1, -0.3, 0.2, -0.3, 1}, 3, factor);
  expect_factor((const double[]){1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, factor);
}

// Correlations of random vectors that share a factor: positive definite whatever the draws.
static void factor_of_large_matrices(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(1, 2);
  static double matrix[SIZE_MAX_HERE * SIZE_MAX_HERE], factor[SIZE_MAX_HERE * SIZE_MAX_HERE];
  for (int n = 2; n <= SIZE_MAX_HERE; n += 19) {
    double load[SIZE_MAX_HERE];
    for (int i = 0; i < n; i++) load[i] = 0.98 * (2 * hft_uniform(&rng) - 1);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) matrix[i * n + j] = i == j ? 1 : load[i] * load[j];
    }
    expect_factor(matrix, n, factor);
  }
}

static void draws_have_the_correlations(void **state) {
  (void)state;
  const double matrix[9] = {1, 0.8, -0.5, 0.8, 1, -0.1, -0.5, -0.1, 1};
  double factor[9], sum[9] = {0};
  expect_factor(matrix, 3, factor);
  hft_rng rng = hft_rng_seed(7, 7);
  const int count = 400000;
  for (int draw = 0; draw < count; draw++) {
    double z[3], x[3];
    for (int i = 0; i < 3; i++) z[i] = hft_normal(&rng);
    hft_correlation_apply(factor, 3, z, x);
    for (int i = 0; i < 9; i++) sum[i] += x[i / 3] * x[i % 3];
  }
  for (int i = 0; i < 9; i++) {
    // Of a product of normals with the correlation r: the variance 1 + r^2.
    expect_near("correlation", sum[i] / count, matrix[i],
                sqrt((1 + matrix[i] * matrix[i]) / count));
  }
}

static void expect_refused(const double *matrix, int n, const char *word) {
  double copy[9];
  memcpy(copy, matrix, (size_t)(n * n) * sizeof *copy);
  hft_error error = {0};
  assert_int_equal(hft_correlation_factor(copy, n, &error), HFT_ECONFIG);
  expect_error(&error, HFT_ECONFIG, "correlation", word);
}

static void other_matrices_are_refused(void **state) {
  (void)state;
  expect_refused((const double[]){0.99}, 1, "row 0");
  expect_refused((const double[]){(double)NAN}, 1, "diagonal");
  expect_refused((const double[]){1, 0.2, 0.2, 4}, 2, "row 1");
  expect_refused((const double[]){1, 0.2, 0.3, 1}, 2, "symmetric");
  expect_refused((const double[]){1, (double)NAN, (double)NAN, 1}, 2, "symmetric");
  expect_refused((const double[]){1, 1.01, 1.01, 1}, 2, "positive definite");
  expect_refused((const double[]){1, (double)INFINITY, (double)INFINITY, 1}, 2,
                 "positive definite");
  expect_refused((const double[]){1, 1, 1, 1}, 2, "positive definite");
  // Each pair may be so, all three together not.
  expect_refused((const double[]){1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1}, 3, "row 2");
  assert_int_equal(hft_correlation_factor((double[]){2}, 1, NULL), HFT_ECONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(factor_of_small_matrices),
      cmocka_unit_test(factor_of_large_matrices),
      cmocka_unit_test(draws_have_the_correlations),
      cmocka_unit_test(other_matrices_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
