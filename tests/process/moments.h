// Sample moments against those that a distribution's cumulants give.
#ifndef HFTSIM_TESTS_PROCESS_MOMENTS_H
#define HFTSIM_TESTS_PROCESS_MOMENTS_H

#include <stddef.h>

#define MOMENT_MAX 8

// moment[k] = E[(X - E[X])^k] for k = 0 .. MOMENT_MAX, from the cumulants [2 .. MOMENT_MAX] of X.
void central_moments(const double *cumulant, double *moment);

// The averages of (x - mean)^k for k = 1 .. 4 against central moments (0 .. MOMENT_MAX), each
// within the deviation that the moments themselves give.
void expect_central_moments(const char *what, const double *x, size_t count, double mean,
                            const double *moment);

// The average of the products of two samples with the means 0, against their covariance, where
// (x, y) is normal or x and y are independent: its variance is (vx vy + covariance^2) / count.
void expect_covariance(const char *what, const double *x, const double *y, size_t count, double vx,
                       double vy, double covariance);

#endif
