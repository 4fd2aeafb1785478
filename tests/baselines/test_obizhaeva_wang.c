// The schedule of Obizhaeva and Wang: its closed form, and the minimum of the model's cost over
// other schedules.
#include "baselines/execution/obizhaeva_wang.h"

#include <math.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

enum { PIECES = 24 };

// A block, a constant rate in each of equal pieces of the horizon, and a block; shares of X.
typedef struct schedule {
  double first, last, rate[PIECES];  // rates in 1/s
} schedule;

// The cost of a schedule with kappa = 1 and X = 1: what each lot pays beyond the undisturbed price.
// The displacement D of a piece follows dD = (rate - rho D) dt, solved exactly.
static double cost_of(const schedule *s, double rho, double horizon) {
  double tau = horizon / PIECES, d = s->first, cost = 0.5 * s->first * s->first;
  double gone = -expm1(-rho * tau);
  for (int k = 0; k < PIECES; k++) {
    double r = s->rate[k];
    double area =
        rho > 0 ? d * gone / rho + r / rho * (tau - gone / rho) : d * tau + 0.5 * r * tau * tau;
    cost += r * area;
    d = rho > 0 ? d * (1 - gone) + r * gone / rho : d + r * tau;
  }
  return cost + d * s->last + 0.5 * s->last * s->last;
}

static schedule best_of(double rho, double horizon) {
  schedule s = {.first = hft_ow_block(rho, horizon), .last = hft_ow_block(rho, horizon)};
  for (int k = 0; k < PIECES; k++) {
    double begin = horizon * k / PIECES, end = horizon * (k + 1) / PIECES;
    s.rate[k] =
        (hft_ow_share(rho, horizon, end) - hft_ow_share(rho, horizon, begin)) * (PIECES / horizon);
  }
  return s;
}

static const double rhos[] = {0, 1e-6, 0.01, 0.3, 1, 2.231, 50, 1e4};
enum { RHOS = sizeof rhos / sizeof rhos[0] };

static void the_closed_form(void **unused) {
  (void)unused;
  for (int i = 0; i < RHOS; i++) {
    for (double horizon = 0.5; horizon < 1000; horizon *= 3) {
      double rho = rhos[i], total = rho * horizon + 2;
      assert_near(hft_ow_block(rho, horizon), 1 / total, 1e-15);
      assert_near(hft_ow_share(rho, horizon, 0), 1 / total, 1e-15);
      assert_near(hft_ow_share(rho, horizon, horizon) + hft_ow_block(rho, horizon), 1, 1e-12);
      double slope = (hft_ow_share(rho, horizon, 0.75 * horizon) -
                      hft_ow_share(rho, horizon, 0.25 * horizon)) /
                     (0.5 * horizon);
      assert_near(slope, rho / total, 1e-12 * (1 + rho));
    }
  }
  // The paper's numerical example: X = 100000 in a day of T = 1 with rho = 2.231 leaves blocks of
  // 23635 and 52730 between them.
  assert_near(1e5 * hft_ow_block(2.231, 1), 23635, 0.5);
  assert_near(1e5 * (hft_ow_share(2.231, 1, 1) - hft_ow_share(2.231, 1, 0)), 52730, 0.5);
}

// The minimum is kappa X^2 / (rho T + 2).
static void the_cost_of_the_schedule(void **unused) {
  (void)unused;
  for (int i = 0; i < RHOS; i++) {
    for (double horizon = 0.5; horizon < 1000; horizon *= 3) {
      const schedule s = best_of(rhos[i], horizon);
      double best = 1 / (rhos[i] * horizon + 2);
      assert_near(cost_of(&s, rhos[i], horizon), best, 1e-6 * best);
    }
  }
}

// Sums to the whole.
static void normalise(schedule *s, double horizon) {
  double sum = s->first + s->last;
  for (int k = 0; k < PIECES; k++) sum += s->rate[k] * horizon / PIECES;
  s->first /= sum;
  s->last /= sum;
  for (int k = 0; k < PIECES; k++) s->rate[k] /= sum;
}

static void no_schedule_is_cheaper(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(3, 0, 0);
  for (int turn = 0; turn < 20000; turn++) {
    double rho = rhos[turn % RHOS], horizon = exp(log(300) * hft_uniform(&rng));
    const schedule best = best_of(rho, horizon);
    schedule other = best;
    // Random schedules, and small changes of the best one.
    double size = turn / RHOS % 2 == 0 ? 0.02 : 10;
    other.first *= 1 + size * hft_uniform(&rng);
    other.last *= 1 + size * hft_uniform(&rng);
    for (int k = 0; k < PIECES; k++) {
      other.rate[k] = other.rate[k] * (1 + size * hft_uniform(&rng)) + size * 0.01 / horizon;
    }
    normalise(&other, horizon);
    double least = cost_of(&best, rho, horizon), cost = cost_of(&other, rho, horizon);
    assert_true(cost >= least * (1 - 1e-9));
    if (rho > 0.001 && rho < 10 && size > 1) assert_true(cost > least);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_closed_form),
      cmocka_unit_test(the_cost_of_the_schedule),
      cmocka_unit_test(no_schedule_is_cheaper),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
