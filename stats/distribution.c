#include "stats/distribution.h"

#include <float.h>

#include "sim/base/math.h"

#define ROOT_2 1.4142135623730951
#define ROOT_PI 1.7724538509055161

double hft_normal_cdf(double z) {
  return hft_erfc(-z / ROOT_2) / 2;
}

// A distribution function of a value x >= 0: its upper tail P(X > x), which falls from 1/2 to 0.
typedef double upper_tail(double x, double freedom);

// The x >= 0 whose upper tail is p, 0 < p <= 1/2: by bisection, down to two neighbouring doubles.
static double inverse(upper_tail *tail, double freedom, double p) {
  double low = 0;
  double high = 1;
  while (tail(high, freedom) > p) {
    low = high;
    high *= 2;
    if (high > DBL_MAX / 4) return INFINITY;
  }
  for (;;) {
    double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high || middle < DBL_MIN) return middle;
    if (tail(middle, freedom) > p) {
      low = middle;
    } else {
      high = middle;
    }
  }
}

static double quantile(upper_tail *tail, double freedom, double p) {
  if (!(p >= 0 && p <= 1)) return NAN;
  if (p == 0) return -INFINITY;
  if (p == 1) return INFINITY;
  if (p == 0.5) return 0;
  // 1 - p is exact from 1/2 on.
  return p < 0.5 ? -inverse(tail, freedom, p) : inverse(tail, freedom, 1 - p);
}

static double normal_tail(double z, double unused) {
  (void)unused;
  return hft_normal_cdf(-z);
}

double hft_normal_quantile(double p) {
  return quantile(normal_tail, 0, p);
}

// ---- Student's t -------------------------------------------------------------------------------

// The series in 1 / a, whose first term that is left out is below 1e-16 from here on.
#define SERIES_FROM 40
#define TERMS 8

double hft_gamma_ratio(double a) {
  if (!(a > 0)) return NAN;
  double factor = 1;
  // Gamma(a + 1/2) / Gamma(a) = a / (a + 1/2) Gamma(a + 3/2) / Gamma(a + 1).
  while (a < SERIES_FROM) {
    factor *= a / (a + 0.5);
    a += 1;
  }
  static const double term[TERMS] = {1,
                                     -1.0 / 8,
                                     1.0 / 128,
                                     5.0 / 1024,
                                     -21.0 / 32768,
                                     -399.0 / 262144,
                                     869.0 / 4194304,
                                     39325.0 / 33554432};
  double series = 0;
  for (int k = TERMS - 1; k >= 0; k--) series = series / a + term[k];
  return factor * sqrt(a) * series;
}

#define FRACTION_STEPS_MAX 100000
#define TINY 1e-300

static double not_zero(double value) {
  return fabs(value) < TINY ? TINY : value;
}

// The continued fraction of the incomplete beta function, which converges fast for
// x < (a + 1) / (a + b + 2), by the method of Lentz (Applied Optics 15, 1976).
static double beta_fraction(double a, double b, double x) {
  double c = 1;
  double d = 1 / not_zero(1 - (a + b) * x / (a + 1));
  double value = d;
  for (int m = 1; m <= FRACTION_STEPS_MAX; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / not_zero(1 + even * d);
    c = not_zero(1 + even / c);
    value *= d * c;
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / not_zero(1 + odd * d);
    c = not_zero(1 + odd / c);
    value *= d * c;
    if (fabs(d * c - 1) < DBL_EPSILON) break;
  }
  return value;
}

#define HILL_FROM 2000  // degrees of freedom; here the fraction begins to lose digits

// P(T > t) of many degrees of freedom, by a normal deviate: G. W. Hill, "Student's t-distribution",
// Algorithm 395, Communications of the ACM 13, 1970.
static double hill_tail(double t, double freedom) {
  double a = freedom - 0.5;
  double b = 48 * a * a;
  double root = t / sqrt(freedom);
  double z2 = a * (root > 1e150 ? 2 * hft_log(root) : hft_log1p(root * root));
  double last = (((4 * z2 + 33) * z2 + 240) * z2 + 855) / (10 * b * (b + 0.8 * z2 * z2 + 100));
  return hft_normal_cdf(-sqrt(z2) * (1 + (z2 + 3) / b - last));
}

// P(T > t), t >= 0: half the regularised incomplete beta function I_x(freedom / 2, 1 / 2) at
// x = freedom / (freedom + t^2).
static double student_tail(double t, double freedom) {
  if (isinf(freedom)) return hft_normal_cdf(-t);
  if (freedom > HILL_FROM) return hill_tail(t, freedom);
  double a = freedom / 2;
  double root = t / sqrt(freedom);
  double square = root * root;  // of t, over freedom: (1 - x) / x
  // x^a (1 - x)^(1/2) / B(a, 1/2), of which the last is Gamma(a) Gamma(1/2) / Gamma(a + 1/2).
  double log_x = isinf(square) ? -2 * hft_log(root) : -hft_log1p(square);
  double complement = isinf(square) ? 1 : square / (1 + square);
  double front = hft_exp(a * log_x) * sqrt(complement) * hft_gamma_ratio(a) / ROOT_PI;
  double x = isinf(square) ? 0 : 1 / (1 + square);
  if (x < (a + 1) / (a + 2.5)) return front / a * beta_fraction(a, 0.5, x) / 2;
  return 0.5 - front * beta_fraction(0.5, a, complement);
}

double hft_student_cdf(double t, double freedom) {
  if (isnan(t) || !(freedom > 0)) return NAN;
  if (isinf(t)) return t < 0 ? 0 : 1;
  return t < 0 ? student_tail(-t, freedom) : 1 - student_tail(t, freedom);
}

double hft_student_quantile(double p, double freedom) {
  return freedom > 0 ? quantile(student_tail, freedom, p) : NAN;
}
