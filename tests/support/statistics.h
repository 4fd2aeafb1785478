// Statistical checks of samples. Seeds are fixed, so a test passes always or never; a correct
// generator passes but for one in some million seeds.
#ifndef HFTSIM_TESTS_SUPPORT_STATISTICS_H
#define HFTSIM_TESTS_SUPPORT_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#define STATISTIC_LIMIT 5.0  // standard deviations

// Fails the test where |value - expected| is more than STATISTIC_LIMIT times `deviation`.
void expect_near(const char *what, double value, double expected, double deviation);

// Fails the test on a bad fit, or one that is too good, of `bins` counts to probabilities that sum
// to 1 (null: all equal), by chi-square.
void expect_fit(const char *what, const int64_t *count, const double *probability, size_t bins);

// Fails the test unless values, each the distribution function at a draw, are uniform on [0, 1], by
// Kolmogorov-Smirnov. Sorts them.
void expect_uniform(const char *what, double *value, size_t count);

#endif
