// Distribution functions against SciPy's values, against each other and at their ends.
#include "stats/distribution.h"

#include <stdbool.h>

#include "tests/stats/scipy_values.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Equal but for a share of the expected value; both tails are small numbers.
#define assert_share(actual, expected, share) \
  assert_near(actual, expected, fabs(expected) * (share) + 1e-300)

static void values_of_scipy(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(normal_cdf); i++) {
    assert_share(hft_normal_cdf(normal_cdf[i].z), normal_cdf[i].p, 1e-12);
  }
  for (size_t i = 0; i < COUNT(normal_quantile); i++) {
    double tolerance = fabs(normal_quantile[i].z) * 1e-12 + 1e-15;
    assert_near(hft_normal_quantile(normal_quantile[i].p), normal_quantile[i].z, tolerance);
  }
  for (size_t i = 0; i < COUNT(student_cdf); i++) {
    double p = hft_student_cdf(student_cdf[i].t, student_cdf[i].freedom);
    assert_share(p, student_cdf[i].p, 1e-11);
  }
  for (size_t i = 0; i < COUNT(student_quantile); i++) {
    double t = hft_student_quantile(student_quantile[i].p, student_quantile[i].freedom);
    assert_near(t, student_quantile[i].t, fabs(student_quantile[i].t) * 1e-9 + 1e-12);
  }
}

// Closed forms of one and two degrees of freedom, and the normal as the limit.
static void closed_forms(void **unused) {
  (void)unused;
  const double pi = 3.14159265358979323846;
  for (double t = -1e6; t < -1e-6; t /= 3) {
    // atan(1 / |t|) / pi, which does not lose digits far out.
    assert_share(hft_student_cdf(t, 1), atan2(1, -t) / pi, 1e-13);
    double root = sqrt(t * t + 2);
    assert_share(hft_student_cdf(t, 2), 1 / (root * (root - t)), 1e-13);
    assert_share(hft_student_cdf(t, INFINITY), hft_normal_cdf(t), 1e-15);
    if (t > -6) assert_share(hft_student_cdf(t, 1e12), hft_normal_cdf(t), 1e-9);
  }
  assert_near(hft_gamma_ratio(0.5), 1 / sqrt(pi), 1e-15);
  assert_near(hft_gamma_ratio(1), sqrt(pi) / 2, 1e-15);
  for (double a = 0.01; a < 1e5; a *= 1.7) {
    assert_share(hft_gamma_ratio(a) * hft_gamma_ratio(a + 0.5), a, 1e-14);
  }
}

// The two formulas of the t meet.
static void many_degrees_of_freedom(void **unused) {
  (void)unused;
  for (double t = -15; t <= 4; t += 0.37) {
    double below = hft_student_cdf(t, 2000);
    double above = hft_student_cdf(t, nextafter(2000, 2001));
    assert_share(above, below, 1e-11);
  }
}

static void quantiles_invert(void **unused) {
  (void)unused;
  const double freedom[] = {0.5, 1, 3, 10, 100, 1e4, INFINITY};
  for (double p = 1e-15; p < 1; p = p < 0.4 ? 3 * p : p + 0.07) {
    assert_share(hft_normal_cdf(hft_normal_quantile(p)), p, 1e-13);
    for (size_t i = 0; i < COUNT(freedom); i++) {
      assert_share(hft_student_cdf(hft_student_quantile(p, freedom[i]), freedom[i]), p, 1e-11);
    }
  }
}

static void ends(void **unused) {
  (void)unused;
  assert_true(hft_normal_cdf(-INFINITY) == 0 && hft_normal_cdf(INFINITY) == 1);
  assert_true(hft_normal_quantile(0) == -INFINITY && hft_normal_quantile(1) == INFINITY);
  assert_true(hft_normal_quantile(0.5) == 0 && hft_student_quantile(0.5, 7) == 0);
  assert_true(hft_student_quantile(0, 7) == -INFINITY && hft_student_quantile(1, 7) == INFINITY);
  assert_true(hft_student_cdf(-INFINITY, 3) == 0 && hft_student_cdf(INFINITY, 3) == 1);
  const double no_share[] = {-0.1, 1.1, NAN, -INFINITY, INFINITY};
  for (size_t i = 0; i < COUNT(no_share); i++) {
    assert_true(isnan(hft_normal_quantile(no_share[i])));
    assert_true(isnan(hft_student_quantile(no_share[i], 5)));
  }
  const double no_freedom[] = {0, -1, NAN, -INFINITY};
  for (size_t i = 0; i < COUNT(no_freedom); i++) {
    assert_true(isnan(hft_student_cdf(1, no_freedom[i])));
    assert_true(isnan(hft_student_quantile(0.1, no_freedom[i])));
  }
  assert_true(isnan(hft_normal_cdf(NAN)) && isnan(hft_student_cdf(NAN, 3)));
  // Beyond the squares that a double can hold.
  assert_true(hft_student_cdf(-1e200, 1) > 0 && hft_student_cdf(-1e200, 1) < 1e-199);
  assert_true(hft_student_cdf(-1e200, 1e5) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_scipy),
      cmocka_unit_test(closed_forms),
      cmocka_unit_test(many_degrees_of_freedom),
      cmocka_unit_test(quantiles_invert),
      cmocka_unit_test(ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
