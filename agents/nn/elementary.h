// Elementary functions of networks, in float: rational, without branches, so that a loop over them
// is vectorised; without FMA, so that their bits are the same on every machine, in training and in
// play.
#ifndef HFTSIM_AGENTS_NN_ELEMENTARY_H
#define HFTSIM_AGENTS_NN_ELEMENTARY_H

#include "sim/base/inline.h"

// Functions with this attribute are compiled for several instruction sets; the best one is chosen
// when the program starts. No clone contracts or reassociates, so all give the same bits.
// Sanitizers cannot run the code that chooses.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HFT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HFT_CLONES
#endif

// tanh(x): x P(x^2) / Q(x^2), minimax on [-9, 9]; beyond it is +-1. Relative error below 4e-7. A
// NaN stays one.
HFT_INLINE float hft_tanh(float x) {
  float t = x > 9.0F ? 9.0F : x;
  t = t < -9.0F ? -9.0F : t;
  float u = t * t;
  float p = 1.333636224615599e-08F;
  p = p * u + 2.0595981499181637e-05F;
  p = p * u + 3.4947963974925173e-03F;
  p = p * u + 1.3380360512143444e-01F;
  p = p * u + 9.999999794083102e-01F;
  float q = 7.769100443149921e-07F;
  q = q * u + 3.2843369401217525e-04F;
  q = q * u + 2.5873974770129544e-02F;
  q = q * u + 4.6713676003153626e-01F;
  q = q * u + 1.0F;
  float y = t * p / q;
  y = y > 1.0F ? 1.0F : y;
  return y < -1.0F ? -1.0F : y;
}

// 1 / (1 + e^-x), absolute error below 3e-7.
HFT_INLINE float hft_sigmoid(float x) {
  return 0.5F + 0.5F * hft_tanh(0.5F * x);
}

// x where it is positive, else e^x - 1 = 2 t / (1 - t) with t = tanh(x / 2).
HFT_INLINE float hft_elu(float x) {
  float t = hft_tanh(0.5F * (x < 0.0F ? x : 0.0F));
  float below = (t + t) / (1.0F - t);
  return x < 0.0F ? below : x;
}

#endif
