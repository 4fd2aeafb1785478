// Draws from distributions. The same bits on every machine: integer arithmetic, IEEE 754 basic
// operations and the elementary functions of sim/base/math.h only.
#ifndef HFTSIM_SIM_BASE_DIST_H
#define HFTSIM_SIM_BASE_DIST_H

#include <stdint.h>

#include "sim/base/inline.h"
#include "sim/base/rng.h"

// The upper 53 bits as a multiple of 2^-53 in [0, 1). By way of a signed integer, for which there
// is an instruction.
HFT_INLINE double hft_unit(uint64_t bits) {
  return (double)(int64_t)(bits >> 11) * 0x1p-53;
}

// Uniform on [0, 1), a multiple of 2^-53.
HFT_INLINE double hft_uniform(hft_rng *rng) {
  return hft_unit(hft_rng_u64(rng));
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

// Edges of the ziggurats' layers; see ziggurat_tables.py.
#define HFT_ZIGGURAT_LAYERS 256
extern const double hft_exponential_x[HFT_ZIGGURAT_LAYERS + 1];
extern const double hft_normal_x[HFT_ZIGGURAT_LAYERS + 1];

// Inside of this header: the one draw in 50 or so that ends outside of its layer's rectangle.
double hft_exponential_outside(hft_rng *rng, uint32_t layer, double x);
double hft_normal_outside(hft_rng *rng, uint32_t layer, double x, double sign);

// Exponential with mean 1, by a ziggurat of 256 layers.
HFT_INLINE double hft_exponential(hft_rng *rng) {
  uint64_t bits = hft_rng_u64(rng);
  uint32_t layer = (uint32_t)(bits & 255);
  double x = hft_unit(bits) * hft_exponential_x[layer];
  if (HFT_LIKELY(x < hft_exponential_x[layer + 1])) return x;
  return hft_exponential_outside(rng, layer, x);
}

// Standard normal, by a ziggurat of 256 layers.
HFT_INLINE double hft_normal(hft_rng *rng) {
  uint64_t bits = hft_rng_u64(rng);
  uint32_t layer = (uint32_t)(bits & 255);
  double sign = 1 - (double)(int32_t)(bits >> 7 & 2);
  double x = hft_unit(bits) * hft_normal_x[layer];
  if (HFT_LIKELY(x < hft_normal_x[layer + 1])) return sign * x;
  return hft_normal_outside(rng, layer, x, sign);
}

// Geometric on 1, 2, 3, ... with P(k) = p (1-p)^(k-1), as 1 + floor(E scale), E exponential. The
// scale is hft_geometric_scale of the mean 1/p; the result is cut at `most`.
double hft_geometric_scale(double mean);

HFT_INLINE int32_t hft_geometric(hft_rng *rng, double scale, int32_t most) {
  double k = hft_exponential(rng) * scale;
  return k < most ? 1 + (int32_t)k : most;
}

#endif
