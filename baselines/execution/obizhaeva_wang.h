// The optimal schedule of A. Obizhaeva and J. Wang, "Optimal trading strategy and supply/demand
// dynamics", Journal of Financial Markets 16, 2013. The book has the same density of orders at all
// prices; a trade of x lots moves the price by kappa x, and the displacement D decays at the rate
// rho, the book's resilience. The cost of X lots within T that the schedule can change is, with the
// blocks x_0 and x_T and the rate r(t) between them,
//
//   kappa x_0^2 / 2 + integral of D r dt + D x_T + kappa x_T^2 / 2,
//
// and it is least for (their proposition 3, of a risk-neutral trader)
//
//   x_0 = x_T = X / (rho T + 2),   r = rho X / (rho T + 2),
//
// whatever kappa is. As rho grows this becomes twap; with rho = 0 it is two blocks.
#ifndef HFTSIM_BASELINES_EXECUTION_OBIZHAEVA_WANG_H
#define HFTSIM_BASELINES_EXECUTION_OBIZHAEVA_WANG_H

// Returns the share of the parent order in each of the two blocks, 0 .. 1/2. rho >= 0 in 1/s, the
// horizon > 0 in s.
double hft_ow_block(double rho, double horizon);

// Returns the share that the schedule wants done just after a time, 0 <= time < horizon.
double hft_ow_share(double rho, double horizon, double time);

#endif
