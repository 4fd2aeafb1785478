// The formulas of M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book",
// Quantitative Finance 8, 2008: the quotes of a dealer with exponential utility (risk aversion
// gamma), where the mid s is a Brownian motion of volatility sigma and a quote at the distance
// delta from the mid is filled at the rate A exp(-k delta). Both horizons place the quotes beyond
// the reservation prices, at which the dealer is indifferent to a unit more, r_b, or less, r_a:
//
//   bid = r_b - (1 / gamma) ln(1 + gamma / k),   ask = r_a + (1 / gamma) ln(1 + gamma / k)
//
// Finite horizon T (sections 2.2 and 3.2), to first order in q:
//
//   r_b = s - (1 + 2 q) gamma sigma^2 (T - t) / 2,   r_a = s + (1 - 2 q) gamma sigma^2 (T - t) / 2
//
// which are r -+ gamma sigma^2 (T - t) / 2 around the reservation price
// r = s - q gamma sigma^2 (T - t). As gamma -> 0 the quotes become s -+ 1 / k.
//
// Infinite horizon (section 2.3), with utility discounted at the rate omega:
//
//   r_b = s + (1 / gamma) ln(1 - (1 + 2 q) gamma^2 sigma^2 / (2 omega - gamma^2 q^2 sigma^2))
//   r_a = s - (1 / gamma) ln(1 - (1 - 2 q) gamma^2 sigma^2 / (2 omega - gamma^2 q^2 sigma^2))
//
// as follows from the value function -exp(-gamma (x + q s)) / (omega - gamma^2 q^2 sigma^2 / 2).
// The form r_a = s + (1 / gamma) ln(1 + (1 - 2 q) ...), also in print, agrees to first order only,
// and is not r_b of the opposite inventory. omega must be above gamma^2 sigma^2 q^2 / 2. The
// paper's choice omega = gamma^2 sigma^2 (q_max + 1)^2 / 2 bounds the inventory by q_max: at q =
// q_max the bid is infinitely low, at q = -q_max the ask infinitely high. As gamma -> 0 with omega
// fixed, the quotes become s -+ 1 / k as well; to first order in gamma they are those of the finite
// horizon with T - t = 1 / omega.
#ifndef HFTSIM_BASELINES_MAKING_AVELLANEDA_STOIKOV_H
#define HFTSIM_BASELINES_MAKING_AVELLANEDA_STOIKOV_H

#include "baselines/making/quoter.h"

typedef struct hft_as_problem {
  double gamma;      // risk aversion, 1 / (price x units of inventory), >= 0
  double k;          // decay of the fill rate, 1 / price, > 0
  double variance;   // sigma^2, price^2 / time, >= 0
  double time_left;  // T - t, in the same unit of time, >= 0; of the finite horizon
  double omega;      // discount rate, 1 / time, > gamma^2 variance q^2 / 2; of the infinite horizon
} hft_as_problem;

// Returns the least discount rate that the infinite horizon allows with inventories up to `most`
// units, which is the paper's choice for that bound.
double hft_as_omega_least(const hft_as_problem *problem, double most);

// Returns the quotes around `mid` (a price) with `inventory` units held. gamma = 0 gives the limit.
hft_quoter_quote hft_as_solve(const hft_as_problem *problem, double mid, double inventory);

// The same with an infinite horizon. At the bound of the inventory that omega sets, the side that
// would add to it is infinitely far away.
hft_quoter_quote hft_as_solve_infinite(const hft_as_problem *problem, double mid, double inventory);

#endif
