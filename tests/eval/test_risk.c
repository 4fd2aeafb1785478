// Figures of equity curves: by hand, and against naive ones over random curves.
#include "eval/risk.h"

#include <stdlib.h>

#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/support/check.h"

enum { STEPS_MAX = 400 };

static hft_risk risk_of(const hft_step_note *step, size_t count) {
  double scratch[STEPS_MAX];
  const hft_trading trading = {.step = step, .step_count = count};
  hft_risk risk;
  hft_risk_compute(&trading, 1, scratch, &risk);
  return risk;
}

// Equities 1, 4, 2, 2, 7: changes 1, 3, -2, 0, 5.
static void a_curve_by_hand(void **unused) {
  (void)unused;
  const hft_step_note step[] = {{1, 2}, {4, 0}, {2, -1}, {2, 0}, {7, 4}};
  hft_risk r = risk_of(step, 5);
  assert_int_equal(r.changes, 5);
  assert_near(r.mean, 1.4, 1e-15);
  assert_near(r.sd, sqrt((0.16 + 2.56 + 11.56 + 1.96 + 12.96) / 4), 1e-12);
  assert_near(r.downside, sqrt(4.0 / 5), 1e-15);
  assert_int_equal(r.rises, 3);
  assert_int_equal(r.falls, 1);
  assert_int_equal(r.fall_steps, 3);  // from the peak of step 2 to step 5, where it is passed
  assert_int_equal(r.flat, 2);
  assert_int_equal(r.is_long, 2);
  assert_near(r.position_sd, sqrt(21.0 / 5 - 1), 1e-12);
  assert_true(isnan(r.value_at_risk) && isnan(r.expected_shortfall));
}

typedef struct fall_row {
  double equity[8];
  int count;
  int64_t steps;
} fall_row;

// The length of the largest fall: to the step where the peak is reached again, or to the end. A
// curve that starts with a loss falls from 0 at the start.
static void lengths_of_falls(void **unused) {
  (void)unused;
  static const fall_row rows[] = {
      {{1, 2, 3}, 3, 0},          {{0, 0, 0}, 3, 0},
      {{-1, -2, -1, 0}, 4, 4},    {{-1, -2, -1, -1}, 4, 4},
      {{5, 4, 5, 1, 0, 2}, 6, 3}, {{5, 1, 5, 4, 4, 4, 4}, 7, 2},
      {{5, 1, 6, 1, 1}, 5, 2},    {{5, 4, 3, 6, 2, 7, 5}, 7, 2},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    hft_step_note step[8] = {{0}};
    for (int k = 0; k < rows[i].count; k++) step[k].equity = rows[i].equity[k];
    assert_int_equal(risk_of(step, (size_t)rows[i].count).fall_steps, rows[i].steps);
  }
}

static void short_curves(void **unused) {
  (void)unused;
  const hft_step_note step[] = {{3, 0}};
  hft_risk r = risk_of(step, 0);
  assert_int_equal(r.changes, 0);
  r = risk_of(step, 1);
  assert_int_equal(r.changes, 1);
  assert_near(r.mean, 3, 0);
  assert_true(isnan(r.sd) && isnan(r.value_at_risk) && isnan(r.expected_shortfall));
  const hft_trading lost = {.step = step, .step_count = 1, .lost = 1};
  double scratch[1];
  hft_risk_compute(&lost, 1, scratch, &r);
  assert_int_equal(r.changes, 0);
}

// Any order, ties included, at any length: as of a sorted copy.
static void the_tail_is_that_of_the_sorted(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (size_t count = 1; count <= STEPS_MAX; count++) {
    for (int kind = 0; kind < 4; kind++) {
      double changes[STEPS_MAX], sorted[STEPS_MAX], sum = 0, var, cvar;
      for (size_t i = 0; i < count; i++) {
        uint32_t draw = hft_bounded(&rng, kind == 0 ? 1 : kind == 1 ? 3 : 1000000);
        changes[i] = kind == 3 ? (double)i : (double)draw - 1;
        sorted[i] = changes[i];
      }
      hft_sort(sorted, count);
      hft_risk_tail(changes, count, &var, &cvar);
      if (count < 20) {
        assert_true(isnan(var) && isnan(cvar));
        continue;
      }
      size_t worst = (count - 1) / 20 + 1;
      for (size_t i = 0; i < worst; i++) sum += sorted[i];
      assert_near(var, -hft_quantile(sorted, count, 0.05), 1e-9);
      assert_near(cvar, -sum / (double)worst, 1e-9);
    }
  }
}

// Several accounts count as their sum.
static void accounts_add_up(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(2, 0, 0);
  hft_step_note step[3][50], all[50];
  for (int i = 0; i < 50; i++) {
    all[i] = (hft_step_note){0};
    for (int k = 0; k < 3; k++) {
      step[k][i].equity = (double)hft_bounded(&rng, 1000);
      step[k][i].position = 1 + (int64_t)hft_bounded(&rng, 7);
      all[i].equity += step[k][i].equity;
      all[i].position += step[k][i].position;
    }
  }
  const hft_trading trading[] = {{.step = step[0], .step_count = 50},
                                 {.step = step[1], .step_count = 50},
                                 {.step = step[2], .step_count = 50}};
  double scratch[50];
  hft_risk sum, of_sum = risk_of(all, 50);
  hft_risk_compute(trading, 3, scratch, &sum);
  assert_memory_equal(&sum, &of_sum, sizeof sum);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_curve_by_hand), cmocka_unit_test(lengths_of_falls),
      cmocka_unit_test(short_curves),    cmocka_unit_test(the_tail_is_that_of_the_sorted),
      cmocka_unit_test(accounts_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
