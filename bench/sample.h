// Order statistics of timings.
#ifndef HFTSIM_BENCH_SAMPLE_H
#define HFTSIM_BENCH_SAMPLE_H

#include <stddef.h>

// Sorts values in ascending order.
void hft_sample_sort(double *values, size_t count);

// The quantile `share` (0 .. 1) of `count` > 0 sorted values.
double hft_sample_quantile(const double *sorted, size_t count, double share);

// The median of `count` > 0 values, which are sorted.
double hft_sample_median(double *values, size_t count);

#endif
