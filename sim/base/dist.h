// Draws from distributions. The same bits on every machine: integer arithmetic, IEEE 754 basic
// operations and the elementary functions of sim/base/math.h only.
#ifndef HFTSIM_SIM_BASE_DIST_H
#define HFTSIM_SIM_BASE_DIST_H

#include <stdint.h>

#include "sim/base/rng.h"

// Uniform on [0, 1), a multiple of 2^-53.
static inline double hft_uniform(hft_rng *rng) {
  return (double)(hft_rng_u64(rng) >> 11) * 0x1p-53;
}

// Uniform on 0 .. bound - 1, bound >= 1, without bias: D. Lemire, "Fast Random Integer Generation
// in an Interval", 2019.
static inline uint32_t hft_bounded(hft_rng *rng, uint32_t bound) {
  uint64_t product = (uint64_t)hft_rng_u32(rng) * bound;
  if ((uint32_t)product < bound) {
    uint32_t threshold = (0u - bound) % bound;
    while ((uint32_t)product < threshold) product = (uint64_t)hft_rng_u32(rng) * bound;
  }
  return (uint32_t)(product >> 32);
}

// Exponential with mean 1, by a ziggurat of 256 layers.
double hft_exponential(hft_rng *rng);

// Standard normal, by a ziggurat of 256 layers.
double hft_normal(hft_rng *rng);

// Geometric on 1, 2, 3, ... with P(k) = p (1-p)^(k-1), as 1 + floor(E scale), E exponential. The
// scale is hft_geometric_scale of the mean 1/p; the result is cut at `most`.
double hft_geometric_scale(double mean);
int32_t hft_geometric(hft_rng *rng, double scale, int32_t most);

#endif
