// What measurements share: clocks and order statistics of timings.
#ifndef HFTSIM_BENCH_MEASURE_H
#define HFTSIM_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// Monotonic wall-clock time in nanoseconds from an arbitrary origin.
static inline int64_t hft_timer_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Ticks of the finest available clock at the beginning of a measurement. On x86-64, fences keep the
// processor from moving work across the readings.
#if defined(__x86_64__)
static inline uint64_t hft_timer_begin(void) {
  _mm_lfence();
  uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
}

// As hft_timer_begin, at the end of a measurement.
static inline uint64_t hft_timer_end(void) {
  unsigned processor;
  uint64_t ticks = __rdtscp(&processor);
  _mm_lfence();
  return ticks;
}
#else
static inline uint64_t hft_timer_begin(void) {
  return (uint64_t)hft_timer_ns();
}

static inline uint64_t hft_timer_end(void) {
  return (uint64_t)hft_timer_ns();
}
#endif

// The ticks of an empty measurement: the median of many.
uint32_t hft_timer_overhead(void);

// ---- order statistics --------------------------------------------------------------------------

// Sorts values in ascending order.
void hft_sample_sort(double *values, size_t count);

// The quantile `share` (0 .. 1) of `count` > 0 sorted values.
double hft_sample_quantile(const double *sorted, size_t count, double share);

// The median of `count` > 0 values, which are sorted.
double hft_sample_median(double *values, size_t count);

#endif
