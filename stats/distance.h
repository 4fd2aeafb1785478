// Distances between two samples: how far a simulated distribution is from a recorded one.
#ifndef HFTSIM_STATS_DISTANCE_H
#define HFTSIM_STATS_DISTANCE_H

#include <stddef.h>

#include "sim/base/status.h"

// Wasserstein-1, the area between the two distribution functions, in the unit of the values: the
// mean distance that mass must move to make one sample of the other (L. N. Vaserstein 1969; S. S.
// Vallender 1974 for the line). Both arrays ascending, each with at least one value, not NaN.
double hft_wasserstein(const double *a, size_t a_count, const double *b, size_t b_count);

#define HFT_HISTOGRAM_BINS 50

// A histogram with equal bins from `low` to `high`; what is below or above counts in the outer
// ones.
typedef struct hft_histogram {
  double low, high;
  double share[HFT_HISTOGRAM_BINS];  // of the values in each bin: the sum is 1
} hft_histogram;

// The histograms of two samples over the same bins, which span the 1% to 99% quantiles of both
// (where these are equal, half a unit around them). Both arrays ascending, at least one value each.
void hft_histograms(const double *a, size_t a_count, const double *b, size_t b_count,
                    hft_histogram *a_out, hft_histogram *b_out);

// The sum of the absolute differences of the shares of two histograms over the same bins: 0 of
// equal ones, 2 of those that share no bin.
double hft_histogram_l1(const hft_histogram *a, const hft_histogram *b);

#endif
