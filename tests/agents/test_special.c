// The logarithm of the gamma function and its derivatives, against values of mpmath.
#include "agents/nn/special.h"
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
  return 1e-14 * fmax(1, fabs(value));
}

static void equals_recorded_values(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    const recorded *v = &values[i];
    assert_near(hft_lgamma(v->x), v->lgamma, tolerance(v->lgamma));
    assert_near(hft_digamma(v->x), v->digamma, tolerance(v->digamma));
    assert_near(hft_trigamma(v->x), v->trigamma, tolerance(v->trigamma));
  }
}

// f(x + 1) - f(x) = log x, 1 / x, -1 / x^2, over the seam between the series and the recurrence.
static void satisfies_the_recurrence(void **state) {
  (void)state;
  for (double x = 0.01; x < 12; x += 0.0137) {
    assert_near(hft_lgamma(x + 1) - hft_lgamma(x), log(x), 1e-13);
    assert_near(hft_digamma(x + 1) - hft_digamma(x), 1 / x, 2e-14 * fmax(1, 1 / x));
    assert_near(hft_trigamma(x + 1) - hft_trigamma(x), -1 / (x * x), 2e-14 * fmax(1, 1 / (x * x)));
  }
}

static void softplus_never_overflows(void **state) {
  (void)state;
  assert_near(hft_softplus(0), log(2), 1e-16);
  assert_near(hft_softplus(1), log(1 + exp(1)), 1e-15);
  assert_near(hft_softplus(-1), log(1 + exp(-1)), 1e-15);
  assert_near(hft_softplus(-40) / exp(-40), 1, 1e-14);
  assert_true(hft_softplus(1e300) == 1e300);
  assert_true(hft_softplus(-1e300) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_recorded_values),
                                     cmocka_unit_test(satisfies_the_recurrence),
                                     cmocka_unit_test(softplus_never_overflows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
