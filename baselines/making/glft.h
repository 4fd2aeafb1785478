// The quotes of O. Gueant, C.-A. Lehalle and J. Fernandez-Tapia, "Dealing with the inventory risk:
// a solution to the market making problem", Mathematics and Financial Economics 7, 2013: the
// problem of Avellaneda and Stoikov (baselines/making/avellaneda_stoikov.h) with inventories q
// bounded by |q| <= Q, in which the dealer quotes no bid at Q and no ask at -Q. With
//
//   alpha = k gamma sigma^2 / 2,   eta = A (1 + gamma / k)^-(1 + k / gamma)
//
// the value is that of a linear system (theorem 1),
//
//   dv_q / dt = alpha q^2 v_q - eta (v_{q-1} + v_{q+1}),   v_q(T) = 1,   v_q = 0 beyond the bounds
//
// and the distances from the mid follow from its solution (theorem 2):
//
//   delta_b(q) = (1 / k) ln(v_q / v_{q+1}) + (1 / gamma) ln(1 + gamma / k),   delta_a(q) =
//   delta_b(-q)
//
// Three solutions:
//   - finite horizon: v at the time left. Solved on a grid of the time left by the implicit Euler
//     method, extrapolated from two step sizes (Richardson).
//   - infinite horizon (theorem 3): v is the eigenvector of the least eigenvalue of the system's
//     matrix. It is found to the accuracy of a double by bisection.
//   - closed form (section 4): its approximation for Q to infinity,
//     delta_b(q) = (1 / gamma) ln(1 + gamma / k)
//                  + (2 q + 1) / 2 sqrt(sigma^2 gamma (1 + gamma / k)^(1 + k / gamma) / (2 k A))
//
// As gamma -> 0 the first term becomes 1 / k and eta becomes A / e; what remains of the lean
// against the inventory is due to the bounds.
#ifndef HFTSIM_BASELINES_MAKING_GLFT_H
#define HFTSIM_BASELINES_MAKING_GLFT_H

#define HFT_GLFT_UNITS_MAX 32  // Q of the finite and of the infinite horizon
#define HFT_GLFT_GRID 256      // intervals of the time left

typedef struct hft_glft_problem {
  double gamma;     // risk aversion, 1 / (price x units of inventory), >= 0
  double k;         // decay of the fill rate, 1 / price, > 0
  double a;         // A: fills at the mid, 1 / time, > 0
  double variance;  // sigma^2, price^2 / time, >= 0
} hft_glft_problem;

// ln(v_{i-1} / v_i) of i = 1 .. Q: how much farther from the mid the bid is, times k, with each
// unit of inventory. v is the same at q and -q.
typedef struct hft_glft_steps {
  double step[HFT_GLFT_UNITS_MAX];  // [i - 1]
} hft_glft_steps;

// The same at each time left (i / HFT_GLFT_GRID)^3 x length, denser near the end.
typedef struct hft_glft_path {
  double length;  // of the horizon
  hft_glft_steps at[HFT_GLFT_GRID + 1];
} hft_glft_path;

// Solves the infinite horizon with the bound Q = `units`, 1 .. HFT_GLFT_UNITS_MAX.
void hft_glft_solve_infinite(const hft_glft_problem *problem, int units, hft_glft_steps *out);

// Solves the finite horizon for all times left from 0 to `length` > 0.
void hft_glft_solve_finite(const hft_glft_problem *problem, int units, double length,
                           hft_glft_path *out);

// The steps at a time left, linear between the points of the grid.
void hft_glft_interpolate(const hft_glft_path *path, int units, double time_left,
                          hft_glft_steps *out);

// Returns delta_b at `inventory` units, which lies between -Q and Q: linear between whole numbers,
// beyond Q - 1 that of Q - 1. The ask's distance is that of -inventory.
double hft_glft_distance(const hft_glft_problem *problem, const hft_glft_steps *steps, int units,
                         double inventory);

// Returns delta_b by the closed form.
double hft_glft_closed_form(const hft_glft_problem *problem, double inventory);

#endif
