// The formulas of M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book",
// Quantitative Finance 8, 2008, section 3: the quotes of a dealer with exponential utility (risk
// aversion gamma) of wealth at the horizon T, where the mid is a Brownian motion of volatility
// sigma and a quote at the distance delta from the mid is filled at the rate A exp(-k delta):
//
//   reservation price   r = s - q gamma sigma^2 (T - t)
//   spread              delta_a + delta_b = gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k)
//
// with the quotes at r -+ spread / 2. As gamma -> 0 they become s -+ 1 / k.
#ifndef HFTSIM_BASELINES_MAKING_AVELLANEDA_STOIKOV_H
#define HFTSIM_BASELINES_MAKING_AVELLANEDA_STOIKOV_H

typedef struct hft_as_problem {
  double gamma;      // risk aversion, 1 / (price x units of inventory), >= 0
  double k;          // decay of the fill rate, 1 / price, > 0
  double variance;   // sigma^2, price^2 / time, >= 0
  double time_left;  // T - t, in the same unit of time, >= 0
} hft_as_problem;

// In the unit of prices.
typedef struct hft_as_quote {
  double reservation;
  double spread;
} hft_as_quote;

// Returns the optimal quote around `mid` (a price) with `inventory` units held. gamma = 0 gives the
// limit.
hft_as_quote hft_as_solve(const hft_as_problem *problem, double mid, double inventory);

#endif
