// Clocks: one of the wall, and one of single messages, which are shorter than a call of it.
#ifndef HFTSIM_BENCH_TIMER_H
#define HFTSIM_BENCH_TIMER_H

#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// Wall-clock nanoseconds from some moment on.
static inline int64_t hft_timer_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Ticks of the finest clock there is, before and after what is measured. On x86-64 the fences keep
// the processor from moving the work across the readings.
#if defined(__x86_64__)
static inline uint64_t hft_timer_begin(void) {
  _mm_lfence();
  uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
}

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

// Ticks that an empty measurement takes: the median of many.
uint32_t hft_timer_overhead(void);

#endif
