#include "tests/process/moments.h"

#include <math.h>
#include <stdio.h>

#include "tests/support/statistics.h"

static double choose(int n, int k) {
  double ways = 1;
  for (int i = 1; i <= k; i++) ways *= (double)(n - k + i) / i;
  return ways;
}

void central_moments(const double *cumulant, double *moment) {
  moment[0] = 1;
  moment[1] = 0;
  for (int n = 2; n <= MOMENT_MAX; n++) {
    moment[n] = 0;
    for (int k = 2; k <= n; k++) moment[n] += choose(n - 1, k - 1) * cumulant[k] * moment[n - k];
  }
}

void expect_central_moments(const char *what, const double *x, size_t count, double mean,
                            const double *moment) {
  double sum[5] = {0};
  for (size_t i = 0; i < count; i++) {
    double power = 1;
    for (int k = 1; k <= 4; k++) sum[k] += power *= x[i] - mean;
  }
  for (int k = 1; k <= 4; k++) {
    char name[160];
    snprintf(name, sizeof name, "%s, moment %d", what, k);
    double variance = (moment[2 * k] - moment[k] * moment[k]) / (double)count;
    expect_near(name, sum[k] / (double)count, moment[k], sqrt(variance));
  }
}

void expect_covariance(const char *what, const double *x, const double *y, size_t count, double vx,
                       double vy, double covariance) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * y[i];
  double variance = (vx * vy + covariance * covariance) / (double)count;
  expect_near(what, sum / (double)count, covariance, sqrt(variance));
}
