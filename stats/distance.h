// Distances between two samples: how far a simulated distribution is from a recorded one.
#ifndef HFTSIM_STATS_DISTANCE_H
#define HFTSIM_STATS_DISTANCE_H

#include <stddef.h>

#include "sim/base/status.h"

// Returns the Wasserstein-1 distance, the area between the two distribution functions, in the unit
// of the values: the mean distance over which mass must move to turn one sample into the other (L.
// N. Vaserstein 1969; S. S. Vallender 1974 for the line). Both arrays are ascending, with at least
// one value and no NaN.
double hft_wasserstein(const double *a, size_t a_count, const double *b, size_t b_count);

// Returns the width of the bins of two pooled samples: D. Freedman and P. Diaconis, "On the
// histogram as a density estimator: L2 theory", Zeitschrift fuer Wahrscheinlichkeitstheorie 57,
// 1981, rounded down such that whole bins cover the range. Where the middle half of the values is
// equal, the range over log2 n + 1 (Sturges). Both arrays are ascending, with at least one value
// and no NaN. Returns a positive number.
double hft_bin_width(const double *a, size_t a_count, const double *b, size_t b_count);

// Returns the total variation distance of two samples over bins of `width` from the smallest value,
// half the sum of the absolute differences of their shares: 0 if they are equal, 1 if they have no
// bin in common. With width 0 every value is its own bin. Arrays as for hft_bin_width.
double hft_total_variation(const double *a, size_t a_count, const double *b, size_t b_count,
                           double width);

// Returns the standard deviation of all values of both samples (n in the denominator); 1 if it is
// 0. At least one value.
double hft_pooled_sd(const double *a, size_t a_count, const double *b, size_t b_count);

#define HFT_HISTOGRAM_BINS 50

// A histogram with equal bins from `low` to `high`; values outside count in the outermost bins.
typedef struct hft_histogram {
  double low, high;
  double share[HFT_HISTOGRAM_BINS];  // of the values in each bin: the sum is 1
} hft_histogram;

// Computes the histograms of two samples over the same bins, which span the 1% to 99% quantiles of
// both, or half a unit around these where they are equal. Both arrays are ascending, with at least
// one value.
void hft_histograms(const double *a, size_t a_count, const double *b, size_t b_count,
                    hft_histogram *a_out, hft_histogram *b_out);

// Returns the sum of the absolute differences between the shares of two histograms over the same
// bins: 0 if they are equal, 2 if they have no bin in common.
double hft_histogram_l1(const hft_histogram *a, const hft_histogram *b);

#endif
