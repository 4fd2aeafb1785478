#include "bench/measure.h"

#include <stdint.h>
#include <stdlib.h>

#define TRIALS 100000
#define TICKS_MAX 4096  // a longer empty measurement was interrupted

uint32_t hft_timer_overhead(void) {
  uint32_t count[TICKS_MAX] = {0};
  uint32_t kept = 0;
  for (int i = 0; i < TRIALS; i++) {
    uint64_t begin = hft_timer_begin();
    uint64_t ticks = hft_timer_end() - begin;
    if (ticks >= TICKS_MAX) continue;
    count[ticks]++;
    kept++;
  }
  uint32_t median = 0;
  for (uint32_t below = count[0]; median + 1 < TICKS_MAX && below <= kept / 2;) {
    below += count[++median];
  }
  return kept > 0 ? median : 0;
}

// ---- order statistics --------------------------------------------------------------------------

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
