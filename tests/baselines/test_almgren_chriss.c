// The trajectory of Almgren and Chriss: a table of 40-digit values, the closed forms of E and V
// against the sums that define them, the efficient frontier, and the minimum over other
// trajectories.
#include "baselines/execution/almgren_chriss.h"

#include <math.h>
#include <stdbool.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

// The example of their paper.
static hft_ac_problem example(double lambda) {
  return (hft_ac_problem){.quantity = 1e6,
                          .horizon = 5,
                          .intervals = 5,
                          .sigma = 0.95,
                          .epsilon = 0.0625,
                          .eta = 2.5e-6,
                          .gamma = 2.5e-7,
                          .lambda = lambda};
}

static void the_paper_s_example(void **unused) {
  (void)unused;
  const hft_ac_problem problem = example(1e-6);
  static const double holdings[] = {1e6, 541956, 289854, 147897, 62142, 0};
  double kappa = hft_ac_kappa(&problem);
  assert_near(kappa, 0.60707616, 1e-8);
  for (int j = 0; j <= 5; j++) {
    assert_near(1e6 * hft_ac_holding(&problem, kappa, j), holdings[j], 0.5);
  }
  assert_near(hft_ac_cost(&problem), 911227, 0.5);
  assert_near(hft_ac_variance(&problem), 0.3641e12, 0.00005e12);
}

// E and V of any trajectory, from the paper's equations 4 to 8: x[0] = X, x[N] = 0.
static double cost_of(const hft_ac_problem *problem, const double *x) {
  double tau = problem->horizon / (double)problem->intervals, sum = 0;
  for (int64_t k = 1; k <= problem->intervals; k++) {
    double n = x[k - 1] - x[k];
    sum += tau * x[k] * problem->gamma * n / tau;
    sum += n * (problem->epsilon + problem->eta * n / tau);
  }
  return sum;
}

static double variance_of(const hft_ac_problem *problem, const double *x) {
  double tau = problem->horizon / (double)problem->intervals, sum = 0;
  for (int64_t k = 1; k <= problem->intervals; k++) sum += tau * x[k] * x[k];
  return problem->sigma * problem->sigma * sum;
}

enum { MOST = 200 };

static void trajectory(const hft_ac_problem *problem, double *x) {
  double kappa = hft_ac_kappa(problem);
  for (int64_t j = 0; j <= problem->intervals; j++) {
    x[j] = problem->quantity * hft_ac_holding(problem, kappa, j);
  }
}

static double between(hft_rng *rng, double low, double high) {
  return low * pow(high / low, hft_uniform(rng));
}

static hft_ac_problem draw(hft_rng *rng) {
  hft_ac_problem problem = {.quantity = between(rng, 1, 1e6),
                            .horizon = between(rng, 0.01, 1e5),
                            .intervals = 1 + hft_bounded(rng, MOST - 1),
                            .sigma = between(rng, 1e-3, 100),
                            .epsilon = between(rng, 1e-3, 10),
                            .gamma = between(rng, 1e-9, 1)};
  double tau = problem.horizon / (double)problem.intervals;
  problem.eta = 0.5 * problem.gamma * tau * (1 + between(rng, 1e-2, 1e4));
  // From straight lines to all at once.
  double urgency = between(rng, 1e-7, 1e3) / problem.horizon;
  problem.lambda = urgency * urgency * (problem.eta - 0.5 * problem.gamma * tau) /
                   (problem.sigma * problem.sigma);
  return problem;
}

static void closed_forms_are_the_sums(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (int turn = 0; turn < 5000; turn++) {
    double x[MOST + 1];
    hft_ac_problem problem = draw(&rng);
    if (turn % 10 == 0) problem.lambda = 0;
    trajectory(&problem, x);
    assert_near(x[0], problem.quantity, 1e-9 * problem.quantity);
    assert_near(x[problem.intervals], 0, 0);
    for (int64_t j = 1; j <= problem.intervals; j++) assert_true(x[j] <= x[j - 1]);
    double cost = cost_of(&problem, x), variance = variance_of(&problem, x);
    assert_near(hft_ac_cost(&problem), cost, 1e-9 * cost);
    // A risk below the rounding of the total is none.
    double scale = problem.sigma * problem.quantity;
    assert_near(hft_ac_variance(&problem), variance,
                1e-6 * variance + 1e-14 * scale * scale * problem.horizon);
  }
}

// No other trajectory has a smaller E + lambda V: neither a random one nor a small change.
static void nothing_is_cheaper(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(2, 0, 0);
  for (int turn = 0; turn < 400; turn++) {
    double x[MOST + 1], y[MOST + 1];
    hft_ac_problem problem = draw(&rng);
    if (problem.intervals < 2) continue;
    trajectory(&problem, x);
    double best = cost_of(&problem, x) + problem.lambda * variance_of(&problem, x);
    for (int trial = 0; trial < 50; trial++) {
      double left = 1, size = pow(10, -1.0 * (trial % 6));
      for (int64_t j = 0; j <= problem.intervals; j++) {
        double noise = size * problem.quantity * (hft_uniform(&rng) - 0.5);
        bool inside = j > 0 && j < problem.intervals;
        y[j] = inside ? x[j] + noise : x[j];
        if (inside && trial % 6 == 0) y[j] = problem.quantity * (left *= hft_uniform(&rng));
      }
      double other = cost_of(&problem, y) + problem.lambda * variance_of(&problem, y);
      assert_true(other >= best * (1 - 1e-12));
    }
  }
}

// Over lambda 0 .. 4e-6 the cost rises, the risk falls, and V is convex in E.
static void the_efficient_frontier(void **unused) {
  (void)unused;
  enum { POINTS = 401 };
  double e[POINTS], v[POINTS];
  for (int i = 0; i < POINTS; i++) {
    const hft_ac_problem problem = example(1e-8 * i);
    e[i] = hft_ac_cost(&problem);
    v[i] = hft_ac_variance(&problem);
    if (i < 1) continue;
    assert_true(e[i] > e[i - 1] && v[i] < v[i - 1]);
    if (i < 2) continue;
    double before = (v[i - 1] - v[i - 2]) / (e[i - 1] - e[i - 2]);
    double after = (v[i] - v[i - 1]) / (e[i] - e[i - 1]);
    assert_true(before < after && after < 0);
    // The slope of the frontier is -1 / lambda, between those of the chord's ends.
    assert_true(after >= -1 / (1e-8 * (i - 1)) && after <= -1 / (1e-8 * i));
  }
  const hft_ac_problem even = example(0);
  // Equation 12, the minimum of E: a straight line.
  double x = 1e6, tau = 1, t = 5;
  assert_near(e[0], 0.5 * 2.5e-7 * x * x + 0.0625 * x + (2.5e-6 - 0.5 * 2.5e-7 * tau) * x * x / t,
              1e-3);
  for (int j = 0; j <= 5; j++) assert_near(hft_ac_holding(&even, 0, j), 1 - j / 5.0, 1e-15);
}

// The closed forms hold where sinh and cosh overflow or vanish.
static void extremes(void **unused) {
  (void)unused;
  hft_ac_problem problem = example(0);
  problem.intervals = 100000;
  problem.eta = 2.5e-6;
  for (double lambda = 1e-300; lambda < 1e300; lambda *= 1e10) {
    problem.lambda = lambda;
    double kappa = hft_ac_kappa(&problem), e = hft_ac_cost(&problem);
    double v = hft_ac_variance(&problem);
    assert_true(isfinite(kappa) && kappa >= 0);
    assert_true(isfinite(e) && e > 0);
    assert_true(isfinite(v) && v >= 0);
    double last = 1;
    for (int64_t j = 0; j <= problem.intervals; j += 1000) {
      double held = hft_ac_holding(&problem, kappa, j);
      assert_true(held >= 0 && held <= last);
      last = held;
    }
    assert_near(hft_ac_holding(&problem, kappa, 0), 1, 1e-12);
    assert_near(last, 0, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_paper_s_example),
      cmocka_unit_test(closed_forms_are_the_sums),
      cmocka_unit_test(nothing_is_cheaper),
      cmocka_unit_test(the_efficient_frontier),
      cmocka_unit_test(extremes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
