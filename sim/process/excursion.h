// How far a fundamental value moves from its start, by bounds on the probability of more.
//
// The value leaves [m - down, m + up] in a time T with at most the probability p. With x as in
// sim/process/fundamental.h, L = ln(2 / p) and c(q) the cumulant of x per unit of time,
// E[exp(q (x(t) - x(0)))] = exp(c(q) t), Doob's maximal inequality for exp(q x - c(q) t) gives
//
//   up = min over q > 0 of (T max(c(q), 0) + L) / q, and down the same of -x,
//
// of a Brownian motion s sqrt(2 T L): what the reflection principle gives with the tail of the
// normal bounded by exp(-z^2 / 2) / 2. A value that reverts at the speed k is bounded in N parts of
// the time T with k T / N = h <= 0.05: within a part exp(k t) x is a martingale, and x at the end
// of each has at most the law that it has at T, whose limit is the stationary one (Ornstein-
// Uhlenbeck: variance s^2 / 2k). So up = exp(h) min over q of (C(q) + ln(2 N / p)) / q with C the
// cumulant of x(T).
#ifndef HFTSIM_SIM_PROCESS_EXCURSION_H
#define HFTSIM_SIM_PROCESS_EXCURSION_H

#include "sim/process/basket.h"

typedef struct hft_excursion {
  double down, up;  // ticks from the start, >= 0; may be infinite
} hft_excursion;

// Of one instrument of a basket within `seconds` > 0, left with at most `probability` in (0, 1).
// Constant values: 0 and 0.
hft_excursion hft_basket_excursion(const hft_basket_model *model, int instrument, double seconds,
                                   double probability);

#endif
