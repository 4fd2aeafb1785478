// Estimators of the stylised facts, on plain arrays in the order of time. Each gives its value, the
// number of observations and a 95% interval by the stationary bootstrap (stats/stats.h). Where the
// statistic does not exist (no variance, an empty tail) the value is NaN. All may fail with ENOMEM.
#ifndef HFTSIM_DATA_FACTS_FACTS_ESTIMATE_H
#define HFTSIM_DATA_FACTS_FACTS_ESTIMATE_H

#include <stddef.h>

#include "stats/stats.h"

// The mean.
hft_status hft_estimate_mean(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The variance over the mean (Fano factor: 1 of Poisson counts).
hft_status hft_estimate_fano(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The standard deviation over the mean (1 of exponential waiting times).
hft_status hft_estimate_variation(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// The excess kurtosis (0 of the normal law).
hft_status hft_estimate_kurtosis(const double *x, size_t count, hft_rng *rng, hft_estimate *out);

// How far the excess kurtosis falls when `group` successive values are summed. An observation is a
// whole group. Of independent values it falls by the part 1 - 1 / group of itself.
hft_status hft_estimate_kurtosis_fall(const double *x, size_t count, size_t group, hft_rng *rng,
                                      hft_estimate *out);

// The tail index alpha, P(X > x) ~ x^-alpha, of the largest `share` of the values above 0: B. M.
// Hill, "A simple general approach to inference about the tail of a distribution", Annals of
// Statistics 3, 1975. The bootstrap keeps the threshold.
hft_status hft_estimate_tail(const double *x, size_t count, double share, hft_rng *rng,
                             hft_estimate *out);

// The mean of the correlations of a[t] with b[t + lag] over the lags first .. last: of
// autocorrelations where a is b. 0 <= first <= last.
hft_status hft_estimate_correlation(const double *a, const double *b, size_t count, size_t first,
                                    size_t last, hft_rng *rng, hft_estimate *out);

// The exponent beta of an autocorrelation that falls as lag^-beta: the slope of its logarithm,
// averaged over the octaves 1, 2-3, 4-7, ... below 2^octaves, against that of the lag, by least
// squares. NaN where it is no power law: the average over some octave is not above 0, or a line
// against the lag itself, an exponential decay, is nearer. 3 <= octaves <= 16.
hft_status hft_estimate_decay(const double *x, size_t count, int octaves, hft_rng *rng,
                              hft_estimate *out);

// The largest of the columns 1 .. columns - 1 of a profile's mean over its column 0.
hft_status hft_estimate_hump(const double *profile, size_t count, size_t columns, hft_rng *rng,
                             hft_estimate *out);

// The autocorrelations of a series at the lags 1 .. lags, into out[0 .. lags - 1]: 0 where there is
// no variance or the series is shorter.
void hft_autocorrelations(const double *x, size_t count, size_t lags, double *out);

#endif
