// Bounds on how far a fundamental value moves from its start, for a given probability.
//
// The value leaves [m - down, m + up] within a time T with probability at most p. With x as in
// sim/process/fundamental.h, L = ln(2 / p) and c(q) the cumulant of x per unit of time, E[exp(q
// (x(t) - x(0)))] = exp(c(q) t), Doob's maximal inequality for exp(q x - c(q) t) gives
//
//   up = min over q > 0 of (T max(c(q), 0) + L) / q, and down likewise for -x.
//
// For a Brownian motion this is s sqrt(2 T L), the reflection principle with the tail of the normal
// bounded by exp(-z^2 / 2) / 2. For a value that reverts at speed k, T is divided into N parts with
// k T / N = h <= 0.05. Within a part exp(k t) x is a martingale, and at the end of each part x is
// at most as dispersed as at T, whose limit is the stationary law (Ornstein-Uhlenbeck: variance s^2
// / 2k). So up = exp(h) min over q of (C(q) + ln(2 N / p)) / q with C the cumulant of x(T).
#ifndef HFTSIM_SIM_PROCESS_EXCURSION_H
#define HFTSIM_SIM_PROCESS_EXCURSION_H

#include "sim/process/basket.h"

// Bounds of a value's range around its start.
typedef struct hft_excursion {
  double down, up;  // ticks, >= 0; may be infinite
} hft_excursion;

// The bounds of one instrument of a basket for `seconds` > 0, exceeded with probability at most
// `probability` in (0, 1). Both are 0 for a constant value.
hft_excursion hft_basket_excursion(const hft_basket_model *model, int instrument, double seconds,
                                   double probability);

#endif
