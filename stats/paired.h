// Tests of paired samples: two contestants in the same worlds, told apart by the differences of
// their values world by world. The null hypothesis is that the differences are symmetric about 0
// (of the t test: normal with mean 0); all p-values are two-sided. The differences are independent
// of each other and not NaN; at most 10^9 of them.
#ifndef HFTSIM_STATS_PAIRED_H
#define HFTSIM_STATS_PAIRED_H

#include <stddef.h>

#include "sim/base/rng.h"
#include "sim/base/status.h"

// With at most this many differences other than 0 the distribution of the signed ranks is exact.
#define HFT_WILCOXON_EXACT 50

// With at most this many differences all 2^count signs are tried; beyond, as many random ones as
// HFT_PERMUTATION_DRAWS.
#define HFT_PERMUTATION_EXACT 16
#define HFT_PERMUTATION_DRAWS 9999

typedef enum hft_paired_test {
  // The mean: Student, "The probable error of a mean", Biometrika 6, 1908. NaN of fewer than two
  // differences; 0 where all have one value other than 0.
  HFT_PAIRED_T,
  // The signed ranks: F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin
  // 1, 1945. Differences of 0 are left out, equal sizes share their mean rank. Exact, ties
  // included,
  // for few; beyond, the normal approximation with the variance corrected for ties and without a
  // correction for continuity.
  HFT_PAIRED_WILCOXON,
  // The mean, under all changes of signs: R. A. Fisher, "The Design of Experiments", 1935, section
  // 21. Under the null hypothesis each difference is as likely to have the other sign; the p-value
  // is the share of signs for which the sum is at least as far from 0. Of random signs it is (1 +
  // those) / (1 + HFT_PERMUTATION_DRAWS), which is never too small: B. Phipson and G. K. Smyth,
  // Statistical Applications in Genetics and Molecular Biology 9, 2010.
  HFT_PAIRED_PERMUTATION
} hft_paired_test;

// Computes the p-value of a test: NaN without differences, 1 where all are 0. Deterministic in the
// rng, which random signs are drawn from. ENOMEM.
hft_status hft_paired_p(hft_paired_test test, const double *difference, size_t count, hft_rng *rng,
                        double *p);

// Returns the smallest p-value that a test of `count` differences can have: 0 for the t test.
double hft_paired_least_p(hft_paired_test test, size_t count);

// Adjusts p-values for their number, so that the chance of one or more false rejections at level
// alpha is at most alpha: S. Holm, "A simple sequentially rejective multiple test procedure",
// Scandinavian Journal of Statistics 6, 1979. NaN are not counted and stay. Writes adjusted[count],
// which may be p. ENOMEM.
hft_status hft_holm(const double *p, size_t count, double *adjusted);

// How large a difference is, whatever the number of episodes.
typedef struct hft_effect {
  // Hedges' g of the differences: their mean over their standard deviation (Cohen's d), times a
  // factor that removes the bias of few values (L. V. Hedges, Journal of Educational Statistics 6,
  // 1981): Gamma(f/2) / Gamma((f-1)/2) / sqrt(f/2), f = count - 1. 0 where all are 0, infinite
  // where all have one other value; NaN of fewer than three others, and of fewer than two.
  double g;
  // The matched-pairs rank-biserial correlation (D. S. Kerby, Comprehensive Psychology 3, 2014):
  // the sum of the ranks of positive differences less that of negative ones, over the sum of both;
  // -1 .. 1. 0 where all are 0; NaN without differences.
  double rank;
} hft_effect;

// Computes the effect sizes of differences. ENOMEM.
hft_status hft_paired_effect(const double *difference, size_t count, hft_effect *out);

// Returns how many differences a two-sided t test at level alpha needs, to find an effect (mean
// over standard deviation) with probability `power`: ((z_{1-alpha/2} + z_power) / effect)^2 +
// z_{1-alpha/2}^2 / 2 rounded up (W. C. Guenther, The American Statistician 35, 1981), at least 2.
// Infinite for an effect of 0; NaN for one of NaN.
double hft_paired_needed(double effect, double alpha, double power);

// Returns how many independent values the normal approximation of their mean needs: 25 times the
// squared skewness, W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, section 2.15; at least
// HFT_VALUES_LEAST.
#define HFT_VALUES_LEAST 30
double hft_values_enough(const double *value, size_t count);

#endif
