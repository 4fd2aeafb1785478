// How often bootstrap intervals of a mean cover the true mean.
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/support/check.h"

// In how many of 4,000 samples of 200 draws the 95% interval covers the true mean. The samples of
// a call share their resamples, which adds little to the noise of the count.
static int covered(bool is_lognormal) {
  enum { CALLS = 40, SAMPLES = 100, DRAWS = 200 };
  const double sigma = 0.5;
  const double mean = is_lognormal ? exp(sigma * sigma / 2) : 3;
  hft_rng rng = hft_rng_stream(5, 0, is_lognormal ? 1 : 0);
  double *value = malloc(sizeof(double[SAMPLES][DRAWS]));
  assert_non_null(value);
  const double *column[SAMPLES];
  int hits = 0;
  for (int call = 0; call < CALLS; call++) {
    for (size_t i = 0; i < (size_t)SAMPLES * DRAWS; i++) {
      double z = hft_normal(&rng);
      value[i] = is_lognormal ? exp(sigma * z) : mean + z;
    }
    for (size_t s = 0; s < SAMPLES; s++) column[s] = value + s * DRAWS;
    hft_interval interval[SAMPLES];
    const hft_columns columns = {column, SAMPLES, DRAWS};
    assert_int_equal(hft_bootstrap_columns(&columns, 0.95, &rng, interval), HFT_OK);
    for (int s = 0; s < SAMPLES; s++) {
      hits += interval[s].low <= mean && mean <= interval[s].high ? 1 : 0;
    }
  }
  free(value);
  return hits;
}

// 93.5% to 96.5%.
static void coverage(void **unused) {
  (void)unused;
  int normal = covered(false);
  int lognormal = covered(true);
  print_message("covered: %d of 4000 normal, %d of 4000 lognormal\n", normal, lognormal);
  assert_in_range(normal, 3740, 3860);
  assert_in_range(lognormal, 3740, 3860);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(coverage)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
