#include "tests/support/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/check.h"

void expect_near(const char *what, double value, double expected, double deviation) {
  double z = (value - expected) / deviation;
  if (!(fabs(z) <= STATISTIC_LIMIT)) {
    fail_msg("%s: %.9g, expected %.9g: %.1f standard deviations off", what, value, expected, z);
  }
}

void expect_fit(const char *what, const int64_t *count, const double *probability, size_t bins) {
  int64_t total = 0;
  for (size_t i = 0; i < bins; i++) total += count[i];
  double chi2 = 0;
  for (size_t i = 0; i < bins; i++) {
    double expected = (double)total * (probability != NULL ? probability[i] : 1.0 / (double)bins);
    if (expected < 10) fail_msg("%s: only %.1f draws expected in bin %zu", what, expected, i);
    double off = (double)count[i] - expected;
    chi2 += off * off / expected;
  }
  // Wilson and Hilferty: the cube root of chi-square per degree is close to normal.
  double degrees = (double)(bins - 1);
  double spread = 2 / (9 * degrees);
  expect_near(what, cbrt(chi2 / degrees), 1 - spread, sqrt(spread));
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void expect_uniform(const char *what, double *value, size_t count) {
  qsort(value, count, sizeof *value, compare_doubles);
  double worst = 0;
  for (size_t i = 0; i < count; i++) {
    double below = value[i] - (double)i / (double)count;
    double above = (double)(i + 1) / (double)count - value[i];
    worst = fmax(worst, fmax(below, above));
  }
  // P(D sqrt(n) > 2.7) is near 2 exp(-2 2.7^2) = 9e-7.
  if (!(worst * sqrt((double)count) < 2.7)) {
    fail_msg("%s: the distribution function is off by %.3g with %zu draws", what, worst, count);
  }
}
