// The logarithm of the gamma function and its derivatives, in double: basic IEEE 754 operations in
// a fixed order and without branches, so that loops over them are vectorised and their bits are the
// same on every machine.
#ifndef HFTSIM_AGENTS_NN_SPECIAL_H
#define HFTSIM_AGENTS_NN_SPECIAL_H

#include <stdint.h>
#include <string.h>

#include "sim/base/inline.h"

// log(x) of normal x > 0, by the method of FreeBSD's libm (e_log.c); the error is below 1 ULP. A
// NaN stays one.
HFT_INLINE double hft_log_normal(double x) {
  uint64_t bits, exponent;
  memcpy(&bits, &x, sizeof bits);
  bits -= UINT64_C(0x3fe6a09e667f3bcd);  // sqrt(1/2): the mantissa goes from there to sqrt(2)
  // The exponent's bits become the lowest ones of a double that is 2^52 larger.
  exponent = (bits + (UINT64_C(1023) << 52)) >> 52 | UINT64_C(0x4330000000000000);
  bits = (bits & UINT64_C(0xfffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
  double k, f;
  memcpy(&k, &exponent, sizeof k);
  memcpy(&f, &bits, sizeof f);
  k -= 0x1p52 + 1023;
  f -= 1;
  double s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
  double odd = 1.479819860511658591e-01;
  odd = odd * w + 1.818357216161805012e-01;
  odd = odd * w + 2.857142874366239149e-01;
  odd = odd * w + 6.666666666666735130e-01;
  double even = 1.531383769920937332e-01;
  even = even * w + 2.222219843214978396e-01;
  even = even * w + 3.999999999940941908e-01;
  double rest = z * odd + w * even;
  double low = s * (half + rest) + k * 1.90821492927058770002e-10;
  return k * 6.93147180369123816490e-01 - ((half - low) - f) + (x - x);
}

// log(Gamma(x)), its first and its second derivative (the digamma and the trigamma function).
typedef struct hft_gamma_terms {
  double log, first, second;
} hft_gamma_terms;

// Of x in [1e-3, 1e15]: Stirling's series at x + 8 (Abramowitz, Stegun 1964, 6.1.41, 6.3.18,
// 6.4.12), whose first term that is left out is below 1e-16, and the recurrence Gamma(x + 1) = x
// Gamma(x). The error is below 2e-14 x max(1, |value|).
HFT_INLINE hft_gamma_terms hft_gamma(double x) {
  double p = x, p1 = 1, p2 = 0;  // x (x + 1) ... (x + 7), its derivative, half of its second
  for (int k = 1; k < 8; k++) {
    double next = x + k;
    p2 = p2 * next + p1;
    p1 = p1 * next + p;
    p = p * next;
  }
  double at = x + 8, log_at = hft_log_normal(at), r = 1 / at, s = r * r;
  double log_series = s * (1.0 / 1188 - s * (691.0 / 360360 - s / 156));
  log_series = s * (1.0 / 1260 - s * (1.0 / 1680 - log_series));
  log_series = r * (1.0 / 12 - s * (1.0 / 360 - log_series));
  double first_series = s * (1.0 / 240 - s * (1.0 / 132 - s * (691.0 / 32760 - s / 12)));
  first_series = s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - first_series)));
  double second_series = s * (1.0 / 30 - s * (5.0 / 66 - s * (691.0 / 2730 - s * (7.0 / 6))));
  second_series = r * s * (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - second_series)));
  double share = p1 / p;
  hft_gamma_terms terms;
  terms.log = (at - 0.5) * log_at - at + 0.91893853320467274178 + log_series - hft_log_normal(p);
  terms.first = log_at - 0.5 * r - first_series - share;
  terms.second = r + 0.5 * s + second_series + (share * share - 2 * p2 / p);
  return terms;
}

#endif
