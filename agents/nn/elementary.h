// Elementary functions of networks, in float: rational, without branches, so that a loop over them
// is vectorised; without FMA, so that their bits are the same on every machine, in training and in
// play.
#ifndef HFTSIM_AGENTS_NN_ELEMENTARY_H
#define HFTSIM_AGENTS_NN_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

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

// e^x of x <= 0; 0 below -87.68, where the power of two leaves the exponent's bits empty. Cody and
// Waite's reduction and the polynomial of Cephes (Moshier); relative error below 2e-7. A NaN stays
// one.
HFT_INLINE float hft_exp_below(float x) {
  float v = x < -88.0F ? -88.0F : x;
  float shifted = v * 1.44269504088896341F + 12582912.0F;  // rounds to a whole number
  float whole = shifted - 12582912.0F;
  float f = v - whole * 0.693359375F - whole * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * f + 1.3981999507e-3F;
  p = p * f + 8.3334519073e-3F;
  p = p * f + 4.1665795894e-2F;
  p = p * f + 1.6666665459e-1F;
  p = p * f + 5.0000001201e-1F;
  p = p * f * f + f + 1.0F;
  uint32_t bits;  // the lowest ones are those of the whole number
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

// log(x) of normal x > 0, by the polynomial of Cephes; absolute error below 2e-7 x max(1, |log x|).
// A NaN stays one.
HFT_INLINE float hft_log_above(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t above = bits - 0x3f3504f3u;  // sqrt(1/2): the mantissa goes from there to sqrt(2)
  float power = (float)((int32_t)above >> 23);
  bits = (above & 0x7fffffu) + 0x3f3504f3u;
  float f;
  memcpy(&f, &bits, sizeof f);
  f -= 1.0F;
  float z = f * f, p = 7.0376836292e-2F;
  p = p * f - 1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f - 1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f - 1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f - 2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  p = p * f * z + power * -2.12194440e-4F - 0.5F * z;
  return f + p + power * 0.693359375F + (x - x);
}

#endif
