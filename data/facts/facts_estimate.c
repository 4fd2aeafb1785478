#include "data/facts/facts_estimate.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

#define CONFIDENCE 0.95
#define OCTAVES_MAX 16

static hft_status estimate(const double *row, size_t count, size_t columns, hft_statistic statistic,
                           const void *context, hft_rng *rng, hft_estimate *out) {
  const hft_series series = {row, count, columns};
  return hft_bootstrap_series(&series, statistic, context, CONFIDENCE, rng, out);
}

static double mean_of(const double *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i];
  return count > 0 ? sum / (double)count : 0;
}

// ---- one column ------------------------------------------------------------------------------

static double first_mean(const double *mean, const void *context) {
  (void)context;
  return mean[0];
}

hft_status hft_estimate_mean(const double *x, size_t count, hft_rng *rng, hft_estimate *out) {
  return estimate(x, count, 1, first_mean, NULL, rng, out);
}

// ---- powers ----------------------------------------------------------------------------------

// Rows x, x^2, ... x^powers of the deviations from `center`. Null if out of memory.
static double *powers_of(const double *x, size_t count, double center, size_t powers) {
  double *row = malloc((count * powers + 1) * sizeof *row);
  for (size_t i = 0; row != NULL && i < count; i++) {
    double power = 1;
    for (size_t p = 0; p < powers; p++) {
      power *= x[i] - center;
      row[i * powers + p] = power;
    }
  }
  return row;
}

static hft_status estimate_powers(const double *x, size_t count, double center, size_t powers,
                                  hft_statistic statistic, hft_rng *rng, hft_estimate *out) {
  double *row = powers_of(x, count, center, powers);
  if (row == NULL) return HFT_ENOMEM;
  hft_status status = estimate(row, count, powers, statistic, NULL, rng, out);
  free(row);
  return status;
}

static double variance(const double *mean) {
  return mean[1] - mean[0] * mean[0];
}

static double fano(const double *mean, const void *context) {
  (void)context;
  return mean[0] > 0 ? variance(mean) / mean[0] : NAN;
}

static double variation(const double *mean, const void *context) {
  (void)context;
  double v = variance(mean);
  return mean[0] > 0 && v >= 0 ? sqrt(v) / mean[0] : NAN;
}

hft_status hft_estimate_fano(const double *x, size_t count, hft_rng *rng, hft_estimate *out) {
  return estimate_powers(x, count, 0, 2, fano, rng, out);
}

hft_status hft_estimate_variation(const double *x, size_t count, hft_rng *rng, hft_estimate *out) {
  return estimate_powers(x, count, 0, 2, variation, rng, out);
}

// Computed from the means of x .. x^4.
static double excess_kurtosis(const double *m) {
  double v = variance(m);
  if (!(v > 0)) return NAN;
  double fourth = m[3] - 4 * m[0] * m[2] + 6 * m[0] * m[0] * m[1] - 3 * m[0] * m[0] * m[0] * m[0];
  return fourth / (v * v) - 3;
}

static double kurtosis(const double *mean, const void *context) {
  (void)context;
  return excess_kurtosis(mean);
}

hft_status hft_estimate_kurtosis(const double *x, size_t count, hft_rng *rng, hft_estimate *out) {
  return estimate_powers(x, count, mean_of(x, count), 4, kurtosis, rng, out);
}

static double kurtosis_fall(const double *mean, const void *context) {
  (void)context;
  return excess_kurtosis(mean) - excess_kurtosis(mean + 4);
}

hft_status hft_estimate_kurtosis_fall(const double *x, size_t count, size_t group, hft_rng *rng,
                                      hft_estimate *out) {
  HFT_CHECK(group > 0);
  size_t groups = count / group;
  double *row = calloc(groups * 8 + 1, sizeof *row);
  if (row == NULL) return HFT_ENOMEM;
  double center = mean_of(x, groups * group);
  for (size_t g = 0; g < groups; g++) {
    double *fine = row + g * 8, *coarse = fine + 4;
    double sum = 0;
    for (size_t i = g * group; i < (g + 1) * group; i++) {
      double power = 1, deviation = x[i] - center;
      sum += deviation;
      for (size_t p = 0; p < 4; p++) fine[p] += (power *= deviation) / (double)group;
    }
    double power = 1;
    for (size_t p = 0; p < 4; p++) coarse[p] = power *= sum;
  }
  hft_status status = estimate(row, groups, 8, kurtosis_fall, NULL, rng, out);
  free(row);
  return status;
}

// ---- tails -----------------------------------------------------------------------------------

// Computed from the share of exceedances and the mean of their log excess.
static double hill(const double *mean, const void *context) {
  (void)context;
  return mean[1] > 0 ? mean[0] / mean[1] : NAN;
}

hft_status hft_estimate_tail(const double *x, size_t count, double share, hft_rng *rng,
                             hft_estimate *out) {
  HFT_CHECK(share > 0 && share < 1);
  *out = (hft_estimate){.value = NAN, .interval = {NAN, NAN}, .count = count};
  if (count < 2) return HFT_OK;
  double *row = malloc(2 * count * sizeof *row);
  if (row == NULL) return HFT_ENOMEM;
  memcpy(row, x, count * sizeof *row);
  hft_sort(row, count);
  double threshold = hft_quantile(row, count, 1 - share);
  hft_status status = HFT_OK;
  if (threshold > 0) {
    for (size_t i = 0; i < count; i++) {
      bool beyond = x[i] > threshold;
      row[2 * i] = beyond ? 1 : 0;
      row[2 * i + 1] = beyond ? log(x[i] / threshold) : 0;
    }
    status = estimate(row, count, 2, hill, NULL, rng, out);
  }
  free(row);
  return status;
}

// ---- correlations ----------------------------------------------------------------------------

// A row has a, a^2, b, b^2 and, per band of lags, a[t] times the mean of b over the band.
typedef struct bands {
  int count;
  size_t first[OCTAVES_MAX], last[OCTAVES_MAX];
} bands;

enum { MOMENTS = 4 };

static double *correlation_rows(const double *a, const double *b, size_t count, const bands *lags,
                                size_t *rows) {
  size_t reach = lags->last[lags->count - 1];
  size_t columns = MOMENTS + (size_t)lags->count;
  *rows = count > reach ? count - reach : 0;
  double *row = malloc((*rows * columns + 1) * sizeof *row);
  double *sum = malloc((count + 1) * sizeof *sum);  // prefix sums of b
  if (row == NULL || sum == NULL) {
    free(row);
    free(sum);
    return NULL;
  }
  double a_mean = mean_of(a, count), b_mean = mean_of(b, count);
  sum[0] = 0;
  for (size_t i = 0; i < count; i++) sum[i + 1] = sum[i] + (b[i] - b_mean);
  for (size_t t = 0; t < *rows; t++) {
    double *r = row + t * columns;
    double da = a[t] - a_mean, db = b[t] - b_mean;
    r[0] = da;
    r[1] = da * da;
    r[2] = db;
    r[3] = db * db;
    for (int k = 0; k < lags->count; k++) {
      size_t first = lags->first[k], last = lags->last[k];
      r[MOMENTS + k] = da * (sum[t + last + 1] - sum[t + first]) / (double)(last - first + 1);
    }
  }
  free(sum);
  return row;
}

static double correlation_at(const double *mean, int band) {
  double product = (mean[1] - mean[0] * mean[0]) * (mean[3] - mean[2] * mean[2]);
  return product > 0 ? (mean[MOMENTS + band] - mean[0] * mean[2]) / sqrt(product) : NAN;
}

static double first_correlation(const double *mean, const void *context) {
  (void)context;
  return correlation_at(mean, 0);
}

static hft_status estimate_bands(const double *a, const double *b, size_t count, const bands *lags,
                                 hft_statistic statistic, hft_rng *rng, hft_estimate *out) {
  size_t rows;
  double *row = correlation_rows(a, b, count, lags, &rows);
  if (row == NULL) return HFT_ENOMEM;
  hft_status status = estimate(row, rows, MOMENTS + (size_t)lags->count, statistic, lags, rng, out);
  free(row);
  return status;
}

hft_status hft_estimate_correlation(const double *a, const double *b, size_t count, size_t first,
                                    size_t last, hft_rng *rng, hft_estimate *out) {
  HFT_CHECK(first <= last);
  const bands lags = {.count = 1, .first = {first}, .last = {last}};
  return estimate_bands(a, b, count, &lags, first_correlation, rng, out);
}

typedef struct line {
  double slope, square_error;
} line;

// Least-squares line through points.
static line fit(const double *x, const double *y, int count) {
  double n = count, x_sum = 0, y_sum = 0, xx = 0, xy = 0, yy = 0;
  for (int i = 0; i < count; i++) {
    x_sum += x[i];
    y_sum += y[i];
    xx += x[i] * x[i];
    xy += x[i] * y[i];
    yy += y[i] * y[i];
  }
  double x_square = xx - x_sum * x_sum / n, product = xy - x_sum * y_sum / n;
  double slope = product / x_square;
  return (line){slope, yy - y_sum * y_sum / n - slope * product};
}

static double decay(const double *mean, const void *context) {
  const bands *lags = context;
  double lag[OCTAVES_MAX], log_lag[OCTAVES_MAX], log_correlation[OCTAVES_MAX];
  for (int k = 0; k < lags->count; k++) {
    double correlation = correlation_at(mean, k);
    if (!(correlation > 0)) return NAN;
    // An octave is represented by the geometric mean of its first and last lag.
    lag[k] = sqrt((double)lags->first[k] * (double)lags->last[k]);
    log_lag[k] = log(lag[k]);
    log_correlation[k] = log(correlation);
  }
  line power = fit(log_lag, log_correlation, lags->count);
  line exponential = fit(lag, log_correlation, lags->count);
  return power.square_error < exponential.square_error ? -power.slope : NAN;
}

hft_status hft_estimate_decay(const double *x, size_t count, int octaves, hft_rng *rng,
                              hft_estimate *out) {
  HFT_CHECK(octaves >= 3 && octaves <= OCTAVES_MAX);
  bands lags = {.count = octaves};
  for (int k = 0; k < octaves; k++) {
    lags.first[k] = (size_t)1 << k;
    lags.last[k] = ((size_t)2 << k) - 1;
  }
  return estimate_bands(x, x, count, &lags, decay, rng, out);
}

void hft_autocorrelations(const double *x, size_t count, size_t lags, double *out) {
  double mean = mean_of(x, count), square_sum = 0;
  for (size_t i = 0; i < count; i++) square_sum += (x[i] - mean) * (x[i] - mean);
  for (size_t lag = 1; lag <= lags; lag++) {
    double sum = 0;
    for (size_t i = lag; i < count; i++) sum += (x[i] - mean) * (x[i - lag] - mean);
    out[lag - 1] = square_sum > 0 ? sum / square_sum : 0;
  }
}

// ---- profiles --------------------------------------------------------------------------------

static double hump(const double *mean, const void *context) {
  size_t columns = *(const size_t *)context;
  if (!(mean[0] > 0)) return NAN;
  double most = mean[1];
  for (size_t c = 2; c < columns; c++) most = fmax(most, mean[c]);
  return most / mean[0];
}

hft_status hft_estimate_hump(const double *profile, size_t count, size_t columns, hft_rng *rng,
                             hft_estimate *out) {
  HFT_CHECK(columns >= 2);
  return estimate(profile, count, columns, hump, &columns, rng, out);
}
