// Estimators of stylised facts on processes whose values are known in closed form.
#include "data/facts/facts_estimate.h"

#include <stdlib.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

enum { COUNT = 60000 };

static double x[COUNT], y[COUNT];

static hft_rng stream(uint32_t index) {
  return hft_rng_stream(21, 0, index);
}

// The value is near the truth and the interval holds it, and is not so wide that any would do.
static void check(const hft_estimate *e, double truth, double tolerance) {
  assert_near(e->value, truth, tolerance);
  if (!(e->interval.low <= truth + 0.5 * tolerance && truth - 0.5 * tolerance <= e->interval.high &&
        e->interval.low < e->value && e->value < e->interval.high &&
        e->interval.high - e->interval.low < 6 * tolerance)) {
    fail_msg("%g in %g .. %g", truth, e->interval.low, e->interval.high);
  }
}

static double pareto(hft_rng *rng, double alpha) {
  return pow(1 - hft_uniform(rng), -1 / alpha);
}

static int32_t poisson(hft_rng *rng, double mean) {
  int32_t count = 0;
  for (double time = hft_exponential(rng); time < mean; time += hft_exponential(rng)) count++;
  return count;
}

// ---- one value -------------------------------------------------------------------------------

static void kurtosis_of_known_laws(void **unused) {
  (void)unused;
  hft_rng rng = stream(1);
  hft_estimate e;
  for (int i = 0; i < COUNT; i++) x[i] = 5 + 0.01 * hft_normal(&rng);
  assert_int_equal(hft_estimate_kurtosis(x, COUNT, &rng, &e), HFT_OK);
  check(&e, 0, 0.06);
  assert_int_equal(e.count, COUNT);
  for (int i = 0; i < COUNT; i++) x[i] = hft_uniform(&rng);
  assert_int_equal(hft_estimate_kurtosis(x, COUNT, &rng, &e), HFT_OK);
  check(&e, -1.2, 0.02);
  // Laplace: an exponential with a sign.
  for (int i = 0; i < COUNT; i++) x[i] = hft_exponential(&rng) - hft_exponential(&rng);
  assert_int_equal(hft_estimate_kurtosis(x, COUNT, &rng, &e), HFT_OK);
  check(&e, 3, 0.3);
  // Sums of independent values are nearer to normal by a factor of their number.
  assert_int_equal(hft_estimate_kurtosis_fall(x, COUNT, 10, &rng, &e), HFT_OK);
  check(&e, 3 * (1 - 1.0 / 10), 0.4);
  assert_int_equal(e.count, COUNT / 10);
  // One value that is repeated through each group: sums are as far from normal as their parts.
  for (int i = 0; i < COUNT; i++) {
    x[i] = i % 10 != 0 ? x[i - 1] : hft_exponential(&rng) - hft_exponential(&rng);
  }
  assert_int_equal(hft_estimate_kurtosis_fall(x, COUNT, 10, &rng, &e), HFT_OK);
  assert_near(e.value, 0, 1e-6);
}

static void tails_of_known_laws(void **unused) {
  (void)unused;
  hft_rng rng = stream(2);
  hft_estimate e;
  const double alphas[] = {1.5, 3, 5};
  for (int k = 0; k < 3; k++) {
    for (int i = 0; i < COUNT; i++) x[i] = 0.001 * pareto(&rng, alphas[k]);
    assert_int_equal(hft_estimate_tail(x, COUNT, 0.05, &rng, &e), HFT_OK);
    check(&e, alphas[k], 0.05 * alphas[k]);
  }
  // Student's t with 3 degrees of freedom has the index 3 in its far tail.
  for (int i = 0; i < COUNT; i++) {
    double squares = 0;
    for (int k = 0; k < 3; k++) {
      double normal = hft_normal(&rng);
      squares += normal * normal;
    }
    x[i] = fabs(hft_normal(&rng) / sqrt(squares / 3));
  }
  assert_int_equal(hft_estimate_tail(x, COUNT, 0.005, &rng, &e), HFT_OK);
  assert_near(e.value, 3, 0.4);
  // The normal law has no power-law tail: the further out, the larger the index.
  for (int i = 0; i < COUNT; i++) x[i] = fabs(hft_normal(&rng));
  hft_estimate far;
  assert_int_equal(hft_estimate_tail(x, COUNT, 0.05, &rng, &e), HFT_OK);
  assert_int_equal(hft_estimate_tail(x, COUNT, 0.005, &rng, &far), HFT_OK);
  assert_true(e.value > 5 && far.value > e.value + 2);
}

static void dispersion_of_known_laws(void **unused) {
  (void)unused;
  hft_rng rng = stream(3);
  hft_estimate e;
  for (int i = 0; i < COUNT; i++) x[i] = poisson(&rng, 3.4);
  assert_int_equal(hft_estimate_fano(x, COUNT, &rng, &e), HFT_OK);
  check(&e, 1, 0.02);
  // Poisson with an exponential rate of mean m is geometric: its variance is m + m^2.
  for (int i = 0; i < COUNT; i++) x[i] = poisson(&rng, 3.4 * hft_exponential(&rng));
  assert_int_equal(hft_estimate_fano(x, COUNT, &rng, &e), HFT_OK);
  check(&e, 1 + 3.4, 0.2);
  for (int i = 0; i < COUNT; i++) x[i] = 0.2 * hft_exponential(&rng);
  assert_int_equal(hft_estimate_variation(x, COUNT, &rng, &e), HFT_OK);
  check(&e, 1, 0.02);
  for (int i = 0; i < COUNT; i++) x[i] = exp(0.8 * hft_normal(&rng));
  assert_int_equal(hft_estimate_variation(x, COUNT, &rng, &e), HFT_OK);
  check(&e, sqrt(exp(0.64) - 1), 0.06);
  for (int i = 0; i < COUNT; i++) x[i] = i % 4 == 0;
  assert_int_equal(hft_estimate_mean(x, COUNT, &rng, &e), HFT_OK);
  assert_near(e.value, 0.25, 1e-12);
}

// ---- time ------------------------------------------------------------------------------------

static void correlations_of_an_autoregression(void **unused) {
  (void)unused;
  hft_rng rng = stream(4);
  hft_estimate e;
  const double phi = 0.8;
  x[0] = 0;
  for (int i = 1; i < COUNT; i++) x[i] = phi * x[i - 1] + hft_normal(&rng);
  for (size_t lag = 0; lag <= 6; lag += 3) {
    assert_int_equal(hft_estimate_correlation(x, x, COUNT, lag, lag, &rng, &e), HFT_OK);
    assert_int_equal(e.count, COUNT - lag);
    if (lag > 0) check(&e, pow(phi, (double)lag), 0.03);
    if (lag == 0) assert_near(e.value, 1, 1e-12);
  }
  double mean = 0;
  for (int lag = 1; lag <= 10; lag++) mean += pow(phi, lag) / 10;
  assert_int_equal(hft_estimate_correlation(x, x, COUNT, 1, 10, &rng, &e), HFT_OK);
  check(&e, mean, 0.03);
  double at[10];
  hft_autocorrelations(x, COUNT, 10, at);
  for (int lag = 1; lag <= 10; lag++) assert_near(at[lag - 1], pow(phi, lag), 0.03);
}

// y follows x three steps later, with noise of the same size: the correlation is 1 / sqrt(2) there,
// and 0 at any other lag.
static void correlations_of_two_series(void **unused) {
  (void)unused;
  hft_rng rng = stream(5);
  hft_estimate e;
  for (int i = 0; i < COUNT; i++) {
    x[i] = 7 + hft_normal(&rng);
    y[i] = hft_normal(&rng) - (i >= 3 ? x[i - 3] : 7);
  }
  for (size_t lag = 0; lag <= 4; lag++) {
    assert_int_equal(hft_estimate_correlation(x, y, COUNT, lag, lag, &rng, &e), HFT_OK);
    check(&e, lag == 3 ? -sqrt(0.5) : 0, 0.015);
  }
  assert_int_equal(hft_estimate_correlation(x, y, COUNT, 1, 5, &rng, &e), HFT_OK);
  check(&e, -sqrt(0.5) / 5, 0.015);
}

// Fractionally integrated noise (Granger and Joyeux 1980; Hosking 1981) has the autocorrelation
// Gamma(1 - d) Gamma(k + d) / (Gamma(d) Gamma(k + 1 - d)), which falls as k^(2d - 1).
static void fractional_noise(hft_rng *rng, double d) {
  enum { REACH = 2000 };
  static double weight[REACH];
  weight[0] = 1;
  for (int j = 1; j < REACH; j++) weight[j] = weight[j - 1] * (j - 1 + d) / j;
  for (int i = 0; i < COUNT; i++) y[i] = hft_normal(rng);
  for (int i = 0; i < COUNT; i++) {
    x[i] = 0;
    for (int j = 0; j < REACH && j <= i; j++) x[i] += weight[j] * y[i - j];
  }
}

static void decay_of_a_power_law(void **unused) {
  (void)unused;
  hft_rng rng = stream(16);
  const double ds[] = {0.25, 0.35};
  for (int k = 0; k < 2; k++) {
    fractional_noise(&rng, ds[k]);
    hft_estimate e;
    assert_int_equal(hft_estimate_decay(x, COUNT, 6, &rng, &e), HFT_OK);
    // Finite series take the mean's own deviation off every lag, so a slow decay looks faster.
    assert_near(e.value, 1 - 2 * ds[k], 0.08);
    assert_true(e.interval.low < e.value && e.value < e.interval.high);
    assert_true(e.interval.high - e.interval.low < 0.3);
    assert_true(e.existing > 0.9);
  }
}

static void decays_that_are_no_power_law(void **unused) {
  (void)unused;
  hft_rng rng = stream(7);
  hft_estimate e;
  x[0] = 0;
  for (int i = 1; i < COUNT; i++) x[i] = 0.95 * x[i - 1] + hft_normal(&rng);
  assert_int_equal(hft_estimate_decay(x, COUNT, 6, &rng, &e), HFT_OK);
  assert_true(isnan(e.value) && e.existing < 0.1);  // exponential
  for (int i = 0; i < COUNT; i++) x[i] = hft_normal(&rng);
  assert_int_equal(hft_estimate_decay(x, COUNT, 6, &rng, &e), HFT_OK);
  assert_true(e.existing < 0.1);  // none at all
}

// ---- others ----------------------------------------------------------------------------------

static void humps(void **unused) {
  (void)unused;
  hft_rng rng = stream(8);
  const double mean[] = {2, 3, 5, 4};
  for (int i = 0; i < COUNT; i++) x[i] = mean[i % 4] * hft_exponential(&rng);
  hft_estimate e;
  assert_int_equal(hft_estimate_hump(x, COUNT / 4, 4, &rng, &e), HFT_OK);
  check(&e, 2.5, 0.1);
  for (int i = 0; i < COUNT; i++) x[i] = i % 2 == 0 ? 4 : 1;
  assert_int_equal(hft_estimate_hump(x, COUNT / 2, 2, &rng, &e), HFT_OK);
  assert_near(e.value, 0.25, 1e-12);
}

static void undefined_statistics_are_refused(void **unused) {
  (void)unused;
  hft_rng rng = stream(9);
  hft_estimate e[8];
  for (int i = 0; i < 200; i++) x[i] = 0;
  assert_int_equal(hft_estimate_kurtosis(x, 200, &rng, &e[0]), HFT_OK);
  assert_int_equal(hft_estimate_kurtosis_fall(x, 200, 10, &rng, &e[1]), HFT_OK);
  assert_int_equal(hft_estimate_tail(x, 200, 0.05, &rng, &e[2]), HFT_OK);
  assert_int_equal(hft_estimate_fano(x, 200, &rng, &e[3]), HFT_OK);
  assert_int_equal(hft_estimate_correlation(x, x, 200, 1, 1, &rng, &e[4]), HFT_OK);
  assert_int_equal(hft_estimate_decay(x, 200, 6, &rng, &e[5]), HFT_OK);
  assert_int_equal(hft_estimate_hump(x, 20, 10, &rng, &e[6]), HFT_OK);
  assert_int_equal(hft_estimate_variation(x, 200, &rng, &e[7]), HFT_OK);
  for (int i = 0; i < 8; i++) assert_true(isnan(e[i].value) && e[i].existing == 0);
  // Too short for a single observation.
  for (size_t count = 0; count <= 1; count++) {
    assert_int_equal(hft_estimate_mean(x, count, &rng, &e[0]), HFT_OK);
    assert_int_equal(hft_estimate_kurtosis_fall(x, count, 10, &rng, &e[1]), HFT_OK);
    assert_int_equal(hft_estimate_tail(x, count, 0.05, &rng, &e[2]), HFT_OK);
    assert_int_equal(hft_estimate_correlation(x, x, count, 1, 10, &rng, &e[3]), HFT_OK);
    assert_int_equal(hft_estimate_decay(x, count, 6, &rng, &e[4]), HFT_OK);
    for (int i = 0; i < 5; i++) assert_true(isnan(e[i].value) && e[i].count <= 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kurtosis_of_known_laws),
      cmocka_unit_test(tails_of_known_laws),
      cmocka_unit_test(dispersion_of_known_laws),
      cmocka_unit_test(correlations_of_an_autoregression),
      cmocka_unit_test(correlations_of_two_series),
      cmocka_unit_test(decay_of_a_power_law),
      cmocka_unit_test(decays_that_are_no_power_law),
      cmocka_unit_test(humps),
      cmocka_unit_test(undefined_statistics_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
