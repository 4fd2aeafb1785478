// Distribution functions of the normal and of Student's t, and their inverses. They use elementary
// functions of sim/base/math.h alone, so that their bits are the same on every machine.
#ifndef HFTSIM_STATS_DISTRIBUTION_H
#define HFTSIM_STATS_DISTRIBUTION_H

// Returns P(Z <= z) of a standard normal Z, accurate in both tails. NaN gives NaN.
double hft_normal_cdf(double z);

// Returns the z with P(Z <= z) = p; infinite at 0 and 1. NaN: p is not in [0, 1].
double hft_normal_quantile(double p);

// Returns P(T <= t) of Student's t with `freedom` degrees of freedom, which need not be whole; with
// infinitely many it is the normal. Relative accuracy 1e-12 in the lower tail: for the upper one
// ask for -t. By the continued fraction of the incomplete beta function: NIST Digital Library of
// Mathematical Functions, 8.17.22. NaN: `freedom` is not positive, or an argument is NaN.
double hft_student_cdf(double t, double freedom);

// Returns the t with P(T <= t) = p; infinite at 0 and 1. NaN: p is not in [0, 1], or `freedom` is
// not positive.
double hft_student_quantile(double p, double freedom);

// Returns Gamma(a + 1/2) / Gamma(a), a > 0. NIST Digital Library of Mathematical
// Functions, 5.11.13.
double hft_gamma_ratio(double a);

#endif
