// The gamma function's logarithm and its derivatives, in double, with the same bits on every
// machine: basic IEEE 754 operations in a fixed order and the logarithm of sim/base/math.h.
#ifndef HFTSIM_AGENTS_NN_SPECIAL_H
#define HFTSIM_AGENTS_NN_SPECIAL_H

// x > 0. The absolute error is below 1e-14 x max(1, |value|) for x >= 1e-3.

// log(Gamma(x))
double hft_lgamma(double x);
// The first derivative of hft_lgamma.
double hft_digamma(double x);
// The second derivative of hft_lgamma.
double hft_trigamma(double x);
// log(1 + e^x) without overflow, for any x.
double hft_softplus(double x);

#endif
