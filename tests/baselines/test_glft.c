// The quotes of Gueant, Lehalle and Fernandez-Tapia against a numerical solution of their system of
// differential equations, written down here as the paper has it: all inventories from -Q to Q, the
// classical Runge-Kutta method with many small steps, the formulas for gamma as printed.
#include "baselines/making/glft.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { Q_MAX = HFT_GLFT_UNITS_MAX, SIZE = 2 * Q_MAX + 1 };

// v_q is v[q + Q].
typedef struct naive {
  const hft_glft_problem *problem;
  int units;
  double v[SIZE];
} naive;

static void slope(const naive *n, const double *v, double *out) {
  const hft_glft_problem *p = n->problem;
  int size = 2 * n->units + 1;
  double alpha = p->k / 2 * p->gamma * p->variance;
  double eta =
      p->gamma > 0 ? p->a * pow(1 + p->gamma / p->k, -(1 + p->k / p->gamma)) : p->a / exp(1);
  for (int i = 0; i < size; i++) {
    double q = i - n->units;
    double near = (i > 0 ? v[i - 1] : 0) + (i < size - 1 ? v[i + 1] : 0);
    out[i] = -(alpha * q * q * v[i] - eta * near);  // by the time left
  }
}

// Solves on for a time, in steps that are small against the fastest rate, and scales v_0 to 1.
static void solve_on(naive *n, double time) {
  const hft_glft_problem *p = n->problem;
  int size = 2 * n->units + 1;
  double fastest = p->k / 2 * p->gamma * p->variance * n->units * n->units + 2 * p->a;
  long steps = (long)ceil(time * fastest * 20) + 1;
  double h = time / (double)steps;
  for (long s = 0; s < steps; s++) {
    double k[4][SIZE], at[SIZE];
    slope(n, n->v, k[0]);
    for (int stage = 1; stage < 4; stage++) {
      for (int i = 0; i < size; i++) at[i] = n->v[i] + h * (stage < 3 ? 0.5 : 1) * k[stage - 1][i];
      slope(n, at, k[stage]);
    }
    for (int i = 0; i < size; i++) {
      n->v[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
    double scale = n->v[n->units];
    for (int i = 0; i < size; i++) n->v[i] /= scale;
  }
}

static naive start(const hft_glft_problem *problem, int units) {
  naive n = {.problem = problem, .units = units};
  for (int i = 0; i < 2 * units + 1; i++) n.v[i] = 1;
  return n;
}

static double fills_part(const hft_glft_problem *p) {
  return p->gamma > 0 ? log(1 + p->gamma / p->k) / p->gamma : 1 / p->k;
}

static double naive_bid(const naive *n, int q) {
  double ratio = n->v[q + n->units] / n->v[q + 1 + n->units];
  return log(ratio) / n->problem->k + fills_part(n->problem);
}

static double naive_ask(const naive *n, int q) {
  double ratio = n->v[q + n->units] / n->v[q - 1 + n->units];
  return log(ratio) / n->problem->k + fills_part(n->problem);
}

typedef struct model_case {
  const char *name;
  hft_glft_problem problem;
  int units;
  double length;
} model_case;

// The first is that of the paper's figures: ticks and seconds.
static const model_case table[] = {
    {"the paper's", {0.01, 0.3, 0.9, 0.09}, 30, 600},
    {"default market", {0.003, 0.5, 0.7, 2}, 10, 300},
    {"no risk aversion", {0, 0.5, 0.7, 2}, 10, 300},
    {"hardly any", {1e-7, 0.5, 0.7, 2}, 10, 300},
    {"strong", {0.5, 0.5, 0.7, 2}, 5, 60},
    {"one unit", {0.05, 1.5, 140, 4}, 1, 1},
    {"two units", {0.1, 1.5, 140, 4}, 2, 1},
    {"still price", {0.1, 0.3, 0.9, 0}, 8, 100},
    {"few fills", {0.01, 0.3, 0.001, 0.09}, 6, 1000},
    {"short", {0.01, 0.3, 0.9, 0.09}, 32, 0.5},
};
enum { CASES = (int)(sizeof table / sizeof table[0]) };

static void assert_bids_and_asks(const model_case *c, const naive *n, const hft_glft_steps *steps,
                                 double slack) {
  for (int q = -c->units; q <= c->units; q++) {
    double bid = hft_glft_distance(&c->problem, steps, c->units, q);
    double ask = hft_glft_distance(&c->problem, steps, c->units, -q);
    if (q < c->units && fabs(bid - naive_bid(n, q)) > slack) {
      fail_msg("%s, q %d: bid %.12g, not %.12g", c->name, q, bid, naive_bid(n, q));
    }
    if (q > -c->units && fabs(ask - naive_ask(n, q)) > slack) {
      fail_msg("%s, q %d: ask %.12g, not %.12g", c->name, q, ask, naive_ask(n, q));
    }
  }
}

// Within a thousandth of the distance 1 / k at any time left, on the grid and between its points.
static void finite_horizon(void **unused) {
  (void)unused;
  static const double left[] = {0, 0.001, 0.01, 0.033, 0.1, 0.25, 0.5, 0.77, 1};
  hft_glft_path *path = malloc(sizeof *path);
  assert_non_null(path);
  for (int i = 0; i < CASES; i++) {
    const model_case *c = &table[i];
    hft_glft_solve_finite(&c->problem, c->units, c->length, path);
    naive n = start(&c->problem, c->units);
    double time = 0;
    for (size_t t = 0; t < sizeof left / sizeof left[0]; t++) {
      double wanted = left[t] * c->length;
      if (wanted > time) solve_on(&n, wanted - time);
      time = wanted;
      hft_glft_steps steps;
      hft_glft_interpolate(path, c->units, time, &steps);
      assert_bids_and_asks(c, &n, &steps, 1e-3 / c->problem.k);
    }
  }
  free(path);
}

static void infinite_horizon(void **unused) {
  (void)unused;
  for (int i = 0; i < CASES; i++) {
    const model_case *c = &table[i];
    hft_glft_steps steps;
    hft_glft_solve_infinite(&c->problem, c->units, &steps);
    naive n = start(&c->problem, c->units);
    // The slowest part decays at about 2 eta (pi / (2 Q + 2))^2 without risk aversion.
    solve_on(&n, 20 * (c->units + 1) * (c->units + 1) / c->problem.a);
    assert_bids_and_asks(c, &n, &steps, 1e-8 / c->problem.k);
  }
}

// As printed; near q = 0 it is close to the infinite horizon, as the paper's figures show.
static void closed_form(void **unused) {
  (void)unused;
  for (int i = 0; i < CASES; i++) {
    const hft_glft_problem *p = &table[i].problem;
    for (int q = -40; q <= 40; q++) {
      double power = p->gamma > 0 ? pow(1 + p->gamma / p->k, 1 + p->k / p->gamma) : exp(1);
      double lean = sqrt(p->variance * p->gamma / (2 * p->k * p->a) * power);
      double bid = fills_part(p) + (2 * q + 1) / 2.0 * lean;
      assert_near(hft_glft_closed_form(p, q), bid, 1e-9 * (1 + fabs(bid)));
    }
  }
  const model_case *paper = &table[0];
  hft_glft_steps steps;
  hft_glft_solve_infinite(&paper->problem, paper->units, &steps);
  for (int q = -5; q <= 5; q++) {
    double exact = hft_glft_distance(&paper->problem, &steps, paper->units, q);
    assert_near(hft_glft_closed_form(&paper->problem, q), exact, 0.02 * exact);
  }
}

// Any gamma, volatility and rate that the keys allow gives distances that rise with the inventory.
static void extremes(void **unused) {
  (void)unused;
  static const double gammas[] = {0, 5e-324, 1e-300, 1e-12, 1e-3, 1, 1e6};
  static const double scales[] = {1e-6, 1, 1e6};
  static const double variances[] = {0, 1e-300, 1, 1e12};
  hft_glft_path *path = malloc(sizeof *path);
  assert_non_null(path);
  for (int i = 0; i < 7 * 3 * 3 * 4; i++) {
    const hft_glft_problem p = {gammas[i % 7], scales[i / 7 % 3], scales[i / 21 % 3],
                                variances[i / 63]};
    int units = 1 + i % HFT_GLFT_UNITS_MAX;
    hft_glft_steps steps[3];
    hft_glft_solve_infinite(&p, units, &steps[0]);
    hft_glft_solve_finite(&p, units, 300, path);
    hft_glft_interpolate(path, units, 299, &steps[1]);
    hft_glft_interpolate(path, units, 0, &steps[2]);
    for (int s = 0; s < 3; s++) {
      double last = -INFINITY;
      for (int h = -2 * units; h <= 2 * units; h++) {
        double distance = hft_glft_distance(&p, &steps[s], units, 0.5 * h);
        if (!isfinite(distance) || !(distance >= last - 1e-9 * fabs(last) - 1e-9 / p.k)) {
          fail_msg("gamma %g k %g A %g sigma^2 %g Q %d q %g: %g after %g", p.gamma, p.k, p.a,
                   p.variance, units, 0.5 * h, distance, last);
        }
        last = distance;
      }
    }
    for (int q = -3; q <= 3; q++) {
      if (isnan(hft_glft_closed_form(&p, q))) fail();
    }
  }
  free(path);
}

// Between whole inventories the distances are linear.
static void parts_of_a_unit(void **unused) {
  (void)unused;
  const model_case *c = &table[1];
  hft_glft_steps steps;
  hft_glft_solve_infinite(&c->problem, c->units, &steps);
  for (int q = -c->units; q < c->units - 1; q++) {
    double from = hft_glft_distance(&c->problem, &steps, c->units, q);
    double to = hft_glft_distance(&c->problem, &steps, c->units, q + 1);
    double between = hft_glft_distance(&c->problem, &steps, c->units, q + 0.3);
    assert_near(between, 0.7 * from + 0.3 * to, 1e-12);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finite_horizon),  cmocka_unit_test(infinite_horizon),
      cmocka_unit_test(closed_form),     cmocka_unit_test(extremes),
      cmocka_unit_test(parts_of_a_unit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
