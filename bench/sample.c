#include "bench/sample.h"

#include <stdlib.h>

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

void hft_sample_sort(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
}

double hft_sample_quantile(const double *sorted, size_t count, double share) {
  return sorted[(size_t)(share * (double)(count - 1))];
}

double hft_sample_median(double *values, size_t count) {
  hft_sample_sort(values, count);
  return values[count / 2];
}
