// Yardsticks for samples. Seeds are fixed, so a test passes always or never; the limits are those
// that a right generator passes but once in some million seeds.
#ifndef HFTSIM_TESTS_SUPPORT_STATISTICS_H
#define HFTSIM_TESTS_SUPPORT_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#define STATISTIC_LIMIT 5.0  // standard deviations

// Fails the test where |value - expected| is more than STATISTIC_LIMIT times `deviation`.
void expect_near(const char *what, double value, double expected, double deviation);

// Chi-square of `bins` counts against probabilities (null: all equal), which sum to 1; fails on too
// bad and on too good a fit.
void expect_fit(const char *what, const int64_t *count, const double *probability, size_t bins);

// Kolmogorov-Smirnov of values, each the distribution function at a draw, against uniform on
// [0, 1]. Sorts them.
void expect_uniform(const char *what, double *value, size_t count);

#endif
