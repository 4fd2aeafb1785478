// Special and elementary functions of heads: the gamma function against values of mpmath,
// logarithms and exponentials against the C library.
#include "agents/nn/special.h"

#include "agents/nn/elementary.h"
#include "tests/support/check.h"

typedef struct recorded {
  double x, lgamma, digamma, trigamma;
} recorded;

// mpmath 1.3.0 with 30 digits: loggamma, digamma, polygamma(1, x).
// clang-format off
static const recorded values[] = {
    {0.001, 6.9071788853838537, -1000.5755719318103, 1000001.6425331958},
    {0.1, 2.2527126517342059, -10.423754940411076, 101.43329915079275},
    {0.5, 0.57236494292470009, -1.9635100260214235, 4.9348022005446793},
    {1, 0.0, -0.57721566490153286, 1.6449340668482264},
    {1.25, -0.098271836421813161, -0.22745353337626541, 1.1973291545071107},
    {1.4616321449683623, -0.12148629053584961, -9.2412655217294275e-17, 0.96767224544762125},
    {2, 0.0, 0.42278433509846714, 0.64493406684822644},
    {2.5, 0.28468287047291916, 0.70315664064524319, 0.49035775610023486},
    {3.75, 1.4868155785934171, 1.1825373886117962, 0.30533985269025308},
    {5, 3.1780538303479456, 1.5061176684318005, 0.22132295573711533},
    {7.999, 8.5231457861589155, 2.015508332090348, 0.1331547166131586},
    {8, 8.5251613610654143, 2.01564147795561, 0.13313701469403143},
    {8.5, 9.5492672573009977, 2.0800908175794201, 0.12483811891892602},
    {12.3, 18.238983407092244, 2.4683984003011383, 0.084695170245916402},
    {50, 144.56574394634489, 3.9019896734278922, 0.020201333226697126},
    {1000.5, 5908.6741758486775, 6.9077553206487964, 0.00099999991666669583},
    {100000, 1051287.7089736569, 11.512920464961895, 1.0000050000166667e-5},
    {200002, 2241233.7571589529, 12.206080145503091, 4.9999625002708315e-6},
    {1e10, 220258509288.81058, 23.025850929890457, 1.00000000005e-10},
};
// clang-format on

static double tolerance(double value) {
  return 2e-14 * fmax(1, fabs(value));
}

static void equals_recorded_values(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    const recorded *v = &values[i];
    hft_gamma_terms terms = hft_gamma(v->x);
    assert_near(terms.log, v->lgamma, tolerance(v->lgamma));
    assert_near(terms.first, v->digamma, tolerance(v->digamma));
    assert_near(terms.second, v->trigamma, tolerance(v->trigamma));
  }
}

// f(x + 1) - f(x) = log x, 1 / x, -1 / x^2.
static void satisfies_the_recurrence(void **state) {
  (void)state;
  for (int i = 1; i < 1000; i++) {
    double x = 0.0137 * i, r = 1 / x;
    hft_gamma_terms below = hft_gamma(x), above = hft_gamma(x + 1);
    assert_near(above.log - below.log, log(x), 1e-13);
    assert_near(above.first - below.first, r, 4e-14 * fmax(1, r));
    assert_near(above.second - below.second, -r * r, 4e-14 * fmax(1, r * r));
  }
}

static void log_normal_is_the_logarithm(void **state) {
  (void)state;
  double x = 1e-300;
  for (int i = 0; i < 100000; i++, x *= 1.0137) {
    assert_near(hft_log_normal(x), log(x), 3e-16 * fabs(log(x)));
  }
  for (int i = -1000; i < 1000; i++) {
    x = 1 + i * 4e-4;
    assert_near(hft_log_normal(x), log(x), 3e-16 * fabs(log(x)));
  }
  assert_true(isnan(hft_log_normal(NAN)));
}

static void float_functions_are_accurate(void **state) {
  (void)state;
  for (int i = 0; i < 200000; i++) {
    float x = -88 * (float)i / 200000;
    double y = exp((double)x);
    if (x >= -87) assert_near(hft_exp_below(x), y, 2e-7 * y);
    float z = 1e-30F + (float)i * (float)i * 1e-3F;
    y = log((double)z);
    assert_near(hft_log_above(z), y, 2e-7 * fmax(1, fabs(y)));
  }
  assert_true(hft_exp_below(0) == 1 && hft_log_above(1) == 0);
  assert_true(hft_exp_below(-1e30F) == 0 && hft_exp_below(-INFINITY) == 0);
  assert_true(isnan(hft_exp_below(NAN)) && isnan(hft_log_above(NAN)));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_recorded_values),
                                     cmocka_unit_test(satisfies_the_recurrence),
                                     cmocka_unit_test(log_normal_is_the_logarithm),
                                     cmocka_unit_test(float_functions_are_accurate)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
