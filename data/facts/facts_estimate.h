// Estimators of the stylised facts, for plain arrays in time order. Each returns its value, the
// number of observations and a 95% interval by the stationary bootstrap (stats/stats.h) in *out.
// The value is NaN if the statistic does not exist (no variance, an empty tail). `rng` draws the
// resamples. All may return ENOMEM.
#ifndef HFTSIM_DATA_FACTS_FACTS_ESTIMATE_H
#define HFTSIM_DATA_FACTS_FACTS_ESTIMATE_H

#include <stddef.h>

#include "stats/stats.h"

// The mean.
hft_status hft_estimate_mean(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The Fano factor, variance over mean: 1 for Poisson counts.
hft_status hft_estimate_fano(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The coefficient of variation, standard deviation over mean: 1 for exponential waiting times.
hft_status hft_estimate_variation(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The excess kurtosis: 0 for the normal distribution.
hft_status hft_estimate_kurtosis(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The decrease of the excess kurtosis when `group` successive values are summed. Each group is one
// observation. For independent values the decrease is 1 - 1 / group of the excess kurtosis.
hft_status hft_estimate_kurtosis_fall(const double *x, size_t count, size_t group, hft_rng *rng,
                                      hft_estimate *out);

// The tail index alpha, P(X > x) ~ x^-alpha, of the largest `share` of the positive values: B. M.
// Hill, "A simple general approach to inference about the tail of a distribution", Annals of
// Statistics 3, 1975. Resamples keep the threshold.
hft_status hft_estimate_tail(const double *x, size_t count, double share, hft_rng *rng,
                             hft_estimate *out);

// The correlation of a[t] with b[t + lag], averaged over the lags first .. last, 0 <= first <=
// last. If b is a, these are autocorrelations.
hft_status hft_estimate_correlation(const double *a, const double *b, size_t count, size_t first,
                                    size_t last, hft_rng *rng, hft_estimate *out);

// The exponent beta of an autocorrelation that decays as lag^-beta: minus the slope of its
// logarithm, averaged over the octaves 1, 2-3, 4-7, ... below 2^octaves, against the logarithm of
// the lag, by least squares. 3 <= octaves <= 16. NaN if the decay is not a power law: the average
// over some octave is not positive, or a line against the lag itself, an exponential decay, fits
// better.
hft_status hft_estimate_decay(const double *x, size_t count, int octaves, hft_rng *rng,
                              hft_estimate *out);

// The maximum over columns 1 .. columns - 1 of the mean profile [count][columns], divided by its
// column 0.
hft_status hft_estimate_hump(const double *profile, size_t count, size_t columns, hft_rng *rng,
                             hft_estimate *out);

// The autocorrelations of a series at lags 1 .. lags, to out[0 .. lags - 1]: 0 if the series has no
// variance or is shorter than the lag.
void hft_autocorrelations(const double *x, size_t count, size_t lags, double *out);

#endif
