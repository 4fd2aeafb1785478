// PCG with 64 bits of state: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
// Statistically Good Algorithms for Random Number Generation", HMC-CS-2014-0905. Each draw advances
// the state by one step and outputs 32 bits (XSH-RR) or 64 bits (RXS-M-XS). A value type without
// hidden state; bit-equal to pcg-cpp's pcg32 and setseq_rxs_m_xs_64_64 (tested).
#ifndef HFTSIM_SIM_BASE_RNG_H
#define HFTSIM_SIM_BASE_RNG_H

#include <stdint.h>

#include "sim/base/inline.h"

typedef struct hft_rng {
  uint64_t state;
  uint64_t inc;  // odd; selects the sequence
} hft_rng;

// 32 uniform bits.
HFT_INLINE uint32_t hft_rng_u32(hft_rng *rng) {
  uint64_t old = rng->state;
  rng->state = old * UINT64_C(6364136223846793005) + rng->inc;
  uint32_t shifted = (uint32_t)(((old >> 18) ^ old) >> 27);
  uint32_t rotation = (uint32_t)(old >> 59);
  return (shifted >> rotation) | (shifted << ((32 - rotation) & 31));
}

// 64 uniform bits.
HFT_INLINE uint64_t hft_rng_u64(hft_rng *rng) {
  uint64_t old = rng->state;
  rng->state = old * UINT64_C(6364136223846793005) + rng->inc;
  uint64_t word = ((old >> ((old >> 59) + 5)) ^ old) * UINT64_C(12605985483714917081);
  return (word >> 43) ^ word;
}

// The reference seeding: gives the same numbers as pcg32(state, sequence).
static inline hft_rng hft_rng_seed(uint64_t state, uint64_t sequence) {
  hft_rng rng = {0, sequence << 1 | 1};
  (void)hft_rng_u32(&rng);
  rng.state += state;
  (void)hft_rng_u32(&rng);
  return rng;
}

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits.
static inline uint64_t hft_mix64(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

// The stream of one consumer of randomness, keyed by the run's seed (0 is valid), the market's
// index and the stream's index, so that streams neither overlap nor shift each other.
static inline hft_rng hft_rng_stream(uint64_t seed, uint32_t env, uint32_t stream) {
  uint64_t key = hft_mix64(hft_mix64(seed) ^ ((uint64_t)env << 32 | stream));
  return hft_rng_seed(key, hft_mix64(key));
}

#endif
