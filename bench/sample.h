// Order statistics of timings.
#ifndef HFTSIM_BENCH_SAMPLE_H
#define HFTSIM_BENCH_SAMPLE_H

#include <stddef.h>

// Sorts values in rising order.
void hft_sample_sort(double *values, size_t count);

// The value below which that share (0 .. 1) of the sorted values lies. `count` is above 0.
double hft_sample_quantile(const double *sorted, size_t count, double share);

// The middle one; sorts the values.
double hft_sample_median(double *values, size_t count);

#endif
