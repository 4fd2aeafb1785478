// Statistics of a sample.
#ifndef HFTSIM_STATS_STATS_H
#define HFTSIM_STATS_STATS_H

#include <stddef.h>

#include "sim/base/rng.h"
#include "sim/base/status.h"

// Mean and variance in one pass: B. P. Welford, "Note on a method for calculating corrected sums of
// squares and products", Technometrics 4, 1962. Zeroed memory is an empty sample.
typedef struct hft_moments {
  size_t count;
  double mean;
  double square_sum;  // of deviations from the mean
} hft_moments;

// Adds a value.
static inline void hft_moments_add(hft_moments *moments, double value) {
  double deviation = value - moments->mean;
  moments->count++;
  moments->mean += deviation / (double)moments->count;
  moments->square_sum += deviation * (value - moments->mean);
}

// Returns the sample's standard deviation (n - 1 in the denominator); NaN for fewer than two
// values.
double hft_moments_sd(const hft_moments *moments);

// Returns the quantile of an ascending array by linear interpolation between order statistics
// (Hyndman and Fan's type 7), 0 <= p <= 1, count >= 1.
double hft_quantile(const double *sorted, size_t count, double p);

// Sorts values in ascending order. They must not be NaN.
void hft_sort(double *values, size_t count);

// A confidence interval.
typedef struct hft_interval {
  double low, high;
} hft_interval;

#define HFT_BOOTSTRAP_RESAMPLES 2000

// Computes the bias-corrected and accelerated bootstrap interval of the mean at a confidence in
// (0, 1): B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
// Association 82, 1987. Deterministic in the rng. Fewer than two values give NaN, equal values give
// that value. ENOMEM.
hft_status hft_bootstrap_mean(const double *values, size_t count, double confidence, hft_rng *rng,
                              hft_interval *out);

// Columns of values that were observed together, as the metrics of episodes, or the values of
// several contestants and their differences. NaN: a row has no value of that column. Borrowed.
typedef struct hft_columns {
  const double *const *column;  // [columns][rows]
  size_t columns, rows;         // rows <= UINT32_MAX
} hft_columns;

// Computes the interval of hft_bootstrap_mean for the mean of each column, out[columns]. A resample
// draws whole rows, the same for all columns, which takes a small part of the time that drawing for
// each takes; the mean is that of the values drawn. The interval of the paired difference of two
// columns is that of a column of their differences. A column with fewer than two values has a NaN
// interval, one of equal values that value. Deterministic in the rng. ENOMEM.
hft_status hft_bootstrap_columns(const hft_columns *columns, double confidence, hft_rng *rng,
                                 hft_interval *out);

// Observations in the order of time, each a row of `columns` quantities.
typedef struct hft_series {
  const double *row;  // [count][columns]
  size_t count, columns;
} hft_series;

#define HFT_SERIES_COLUMNS_MAX 32

// A statistic that is a function of the means of a series' columns, such as a variance or a
// correlation. NaN: it does not exist.
typedef double (*hft_statistic)(const double *mean, const void *context);

typedef struct hft_estimate {
  double value;  // NaN: the statistic does not exist
  hft_interval interval;
  double existing;  // share of the resamples in which it exists
  size_t count;     // observations
} hft_estimate;

// Estimates a statistic of a series with dependent observations, with the percentile interval of
// the stationary bootstrap: D. N. Politis and J. P. Romano, "The stationary bootstrap", Journal of
// the American Statistical Association 89, 1994. Blocks of a geometric length with the mean
// sqrt(count), from uniform starts on the series closed to a circle, make up each resample. If the
// statistic exists in less than 90% of the resamples, the interval is NaN. Deterministic in the
// rng. ENOMEM.
hft_status hft_bootstrap_series(const hft_series *series, hft_statistic statistic,
                                const void *context, double confidence, hft_rng *rng,
                                hft_estimate *out);

// Several statistics that are functions of the means of a series' columns: writes out[count]. NaN:
// a statistic does not exist.
typedef void hft_statistics(const double *mean, const void *context, double *out);

#define HFT_STATISTICS_MAX 32

// Estimates `statistic_count` (1 .. HFT_STATISTICS_MAX) statistics of a series of independent
// observations, with the percentile intervals of the ordinary bootstrap: B. Efron, "Bootstrap
// methods: another look at the jackknife", Annals of Statistics 7, 1979. A resample draws whole
// rows with replacement, the same rows for all columns and statistics, so that quantities that were
// observed together stay together. If a statistic exists in less than 90% of the resamples, or
// there are fewer than two rows, its interval is NaN. Without rows all is NaN. Deterministic in the
// rng. ENOMEM.
hft_status hft_bootstrap_rows(const hft_series *series, hft_statistics *statistics,
                              int statistic_count, const void *context, double confidence,
                              hft_rng *rng, hft_estimate *out);

#endif
