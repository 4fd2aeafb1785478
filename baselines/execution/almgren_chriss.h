// The optimal trajectory of R. Almgren and N. Chriss, "Optimal execution of portfolio
// transactions", Journal of Risk 3, 2001 (first version 2000). X lots are traded in N intervals of
// tau = T / N. Trading n_k lots in interval k moves the price for good by gamma n_k and costs, for
// that interval, epsilon + eta n_k / tau a lot (their equations 5 to 7). Of all trajectories, the
// one that minimises E + lambda V of the cost holds at the end of interval j (equations 14 to 18)
//
//   x_j = X sinh(kappa (T - j tau)) / sinh(kappa T),
//   2 / tau^2 (cosh(kappa tau) - 1) = lambda sigma^2 / (eta - gamma tau / 2).
//
// With lambda = 0, x_j = X (1 - j / N). Any units will do that agree, here ticks, lots and seconds.
#ifndef HFTSIM_BASELINES_EXECUTION_ALMGREN_CHRISS_H
#define HFTSIM_BASELINES_EXECUTION_ALMGREN_CHRISS_H

#include <stdint.h>

typedef struct hft_ac_problem {
  double quantity;    // X, lots
  double horizon;     // T, s
  int64_t intervals;  // N
  double sigma;       // volatility, ticks/sqrt(s)
  double epsilon;     // fixed cost of a lot: half the spread and fees, ticks
  double eta;         // temporary impact, ticks/(lots/s); more than gamma tau / 2
  double gamma;       // permanent impact, ticks/lot
  double lambda;      // risk aversion, 1/(ticks lots)
} hft_ac_problem;

// Returns kappa, 1/s: the urgency. 0 if lambda or sigma is 0.
double hft_ac_kappa(const hft_ac_problem *problem);

// Returns x_j / X for 0 <= j <= N, from 1 to 0, with the problem's kappa.
double hft_ac_holding(const hft_ac_problem *problem, double kappa, int64_t j);

// Returns E, the expected cost of the optimal trajectory in ticks x lots (equation 20).
double hft_ac_cost(const hft_ac_problem *problem);

// Returns V, the variance of its cost in (ticks x lots)^2 (equation 20).
double hft_ac_variance(const hft_ac_problem *problem);

#endif
