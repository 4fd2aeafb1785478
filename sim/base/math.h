// Elementary functions with the same bits on every machine. glibc selects FMA variants of exp, log
// and pow by CPU; SLEEF's "cinz" family (C reference, no FMA, 1.0 ULP) does not. sqrt and fabs are
// exact in IEEE 754 and need no wrapper.
#ifndef HFTSIM_SIM_BASE_MATH_H
#define HFTSIM_SIM_BASE_MATH_H

#include <math.h>
#include <sleef.h>

// e^x
static inline double hft_exp(double x) {
  return Sleef_cinz_expd1_u10purec(x);
}

// e^x - 1, accurate near 0
static inline double hft_expm1(double x) {
  return Sleef_cinz_expm1d1_u10purec(x);
}

// Natural logarithm of x
static inline double hft_log(double x) {
  return Sleef_cinz_logd1_u10purec(x);
}

// Natural logarithm of 1 + x, accurate near 0
static inline double hft_log1p(double x) {
  return Sleef_cinz_log1pd1_u10purec(x);
}

// The complementary error function of x
static inline double hft_erfc(double x) {
  return Sleef_cinz_erfcd1_u15purec(x);
}

// x to the power y
static inline double hft_pow(double x, double y) {
  return Sleef_cinz_powd1_u10purec(x, y);
}

#endif
