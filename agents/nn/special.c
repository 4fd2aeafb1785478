// Stirling's series (Abramowitz, Stegun 1964, 6.1.41, 6.3.18, 6.4.12) from SERIES on; smaller
// arguments get there by the recurrence Gamma(x + 1) = x Gamma(x).
#include "agents/nn/special.h"

#include "sim/base/math.h"

// From here on the first term that is left out is below 1e-15.
#define SERIES 8.0
#define HALF_LOG_2PI 0.91893853320467274178

double hft_lgamma(double x) {
  double product = 1;
  for (; x < SERIES; x += 1) product *= x;
  double r = 1 / x, s = r * r;
  double series =
      r * (1.0 / 12 +
           s * (-1.0 / 360 +
                s * (1.0 / 1260 +
                     s * (-1.0 / 1680 + s * (1.0 / 1188 + s * (-691.0 / 360360 + s / 156))))));
  double value = (x - 0.5) * hft_log(x) - x + HALF_LOG_2PI + series;
  return product == 1 ? value : value - hft_log(product);
}

double hft_digamma(double x) {
  double sum = 0;
  for (; x < SERIES; x += 1) sum += 1 / x;
  double r = 1 / x, s = r * r;
  double series =
      s * (1.0 / 12 - s * (1.0 / 120 -
                           s * (1.0 / 252 -
                                s * (1.0 / 240 - s * (1.0 / 132 - s * (691.0 / 32760 - s / 12))))));
  return hft_log(x) - 0.5 * r - series - sum;
}

double hft_trigamma(double x) {
  double sum = 0;
  for (; x < SERIES; x += 1) sum += 1 / (x * x);
  double r = 1 / x, s = r * r;
  double series =
      r * s *
      (1.0 / 6 -
       s * (1.0 / 30 -
            s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66 - s * (691.0 / 2730 - s * (7.0 / 6)))))));
  return r + 0.5 * s + series + sum;
}

double hft_softplus(double x) {
  return x > 0 ? x + hft_log1p(hft_exp(-x)) : hft_log1p(hft_exp(x));
}
