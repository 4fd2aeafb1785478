// Bounds on the moves of a fundamental value: against closed forms, and against simulated paths.
#include <math.h>
#include <stdlib.h>

#include "sim/process/excursion.h"
#include "tests/support/check.h"

#define DAY 23400.0
#define INITIAL 10000.0

static const hft_jumps kou = {
    .law = HFT_JUMP_KOU, .rate = 40, .up_probability = 0.3, .up_mean = 0.004, .down_mean = 0.002};
static const hft_jumps merton = {
    .law = HFT_JUMP_MERTON, .rate = 40, .mean = 0.002, .volatility = 0.003};
static const hft_jumps no_jumps = {0};

static hft_fundamental_spec spec_of(hft_fundamental_kind kind, double volatility, double speed,
                                    const hft_jumps *jumps) {
  return (hft_fundamental_spec){.kind = kind,
                                .initial = INITIAL,
                                .volatility = volatility,
                                .mean_reversion_speed = speed,
                                .jumps = *jumps,
                                .step = HFT_SECOND};
}

static hft_basket_model *compile(const hft_fundamental_spec *spec, double common_rate) {
  hft_basket_model *model = malloc(sizeof *model);
  assert_non_null(model);
  hft_basket_spec basket = {.count = 1, .spec = spec, .common = merton};
  basket.common.rate = common_rate;
  assert_int_equal(hft_basket_compile(&basket, model, NULL), HFT_OK);
  return model;
}

static hft_excursion excursion_of(hft_fundamental_spec spec, double seconds, double probability) {
  hft_basket_model *model = compile(&spec, 0);
  hft_excursion moves = hft_basket_excursion(model, 0, seconds, probability);
  free(model);
  return moves;
}

static void expect_close(double actual, double expected, double relative) {
  if (fabs(actual - expected) > relative * expected) fail_msg("%.9g, not %.9g", actual, expected);
}

// ---- closed forms ----------------------------------------------------------------------------

static void diffusions_have_closed_forms(void **unused) {
  (void)unused;
  const double times[] = {1, 300, DAY}, odds[] = {0.01, 1e-6};
  for (int i = 0; i < 6; i++) {
    double t = times[i % 3], p = odds[i / 3], sigma = 0.02 * sqrt(t / DAY), l = log(2 / p);
    // s sqrt(2 T ln(2 / p))
    hft_excursion moves = excursion_of(spec_of(HFT_FUNDAMENTAL_BROWNIAN, 0.02, 0, &no_jumps), t, p);
    expect_close(moves.up, INITIAL * sigma * sqrt(2 * l), 1e-6);
    expect_close(moves.down, moves.up, 1e-9);
    // Without a pull, ou is that.
    hft_excursion free_ou = excursion_of(spec_of(HFT_FUNDAMENTAL_OU, 0.02, 0, &no_jumps), t, p);
    expect_close(free_ou.up, moves.up, 1e-9);
    // log X has the drift -sigma^2 / 2: down (q T sigma^2 (q + 1) / 2 + l) / q, least at
    // q = sqrt(2 l) / sigma; up at the same q where that makes the drift's part positive (q > 1).
    moves = excursion_of(spec_of(HFT_FUNDAMENTAL_GEOMETRIC, 0.02, 0, &no_jumps), t, p);
    double wide = sigma * sqrt(2 * l), drift = 0.5 * sigma * sigma;
    expect_close(moves.up, INITIAL * expm1(wide - drift), 1e-6);
    expect_close(moves.down, -INITIAL * expm1(-wide - drift), 1e-6);
  }
}

static void a_pull_bounds_the_excursion_for_ever(void **unused) {
  (void)unused;
  double k = 0.01, p = 1e-6, stationary = INITIAL * 0.02 / sqrt(DAY) / sqrt(2 * k);
  for (double t = 1000; t < 1e6; t *= 10) {
    double up = excursion_of(spec_of(HFT_FUNDAMENTAL_OU, 0.02, k, &no_jumps), t, p).up;
    // Parts of k T / N = 0.05, each of which leaves with p / N.
    double parts = ceil(k * t / 0.05);
    expect_close(up, exp(k * t / parts) * stationary * sqrt(2 * log(2 * parts / p)), 1e-6);
    assert_true(up < 8 * stationary);
  }
}

static void a_value_that_cannot_move_has_no_excursion(void **unused) {
  (void)unused;
  hft_excursion moves = excursion_of(spec_of(HFT_FUNDAMENTAL_CONSTANT, 0.5, 0, &kou), DAY, 1e-6);
  assert_true(moves.up == 0 && moves.down == 0);
  for (int kind = HFT_FUNDAMENTAL_OU; kind <= HFT_FUNDAMENTAL_BROWNIAN; kind++) {
    moves = excursion_of(spec_of((hft_fundamental_kind)kind, 0, 0.001, &no_jumps), DAY, 1e-6);
    assert_true(moves.up >= 0 && moves.up < 1e-3 && moves.down >= 0 && moves.down < 1e-3);
  }
}

// ---- simulated paths -------------------------------------------------------------------------

#define PATHS 4000
#define PROBABILITY 0.1

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// The bound holds, and is not far from the quantile that it bounds: what a path reaches at most.
static void check_paths(const char *what, hft_fundamental_spec spec, double common_rate,
                        int seconds) {
  hft_basket_model *model = compile(&spec, common_rate);
  hft_excursion moves = hft_basket_excursion(model, 0, seconds, PROBABILITY);
  hft_basket *basket = malloc(hft_basket_size(model));
  static double highest[PATHS], lowest[PATHS];
  int left = 0;
  for (int path = 0; path < PATHS; path++) {
    hft_basket_start(model, basket, 7, (uint32_t)path);
    highest[path] = lowest[path] = 0;
    for (int t = 1; t <= seconds; t++) {
      double move = hft_basket_at(model, basket, 0, t * HFT_SECOND) - INITIAL;
      if (move > highest[path]) highest[path] = move;
      if (-move > lowest[path]) lowest[path] = -move;
    }
    left += highest[path] > moves.up || lowest[path] > moves.down;
  }
  qsort(highest, PATHS, sizeof(double), compare);
  qsort(lowest, PATHS, sizeof(double), compare);
  int at = (int)(PATHS * (1 - PROBABILITY / 2));
  print_message("%s: left by %.4f; up %.0f (quantile %.0f), down %.0f (%.0f)\n", what,
                (double)left / PATHS, moves.up, highest[at], moves.down, lowest[at]);
  assert_true(left <= PATHS * PROBABILITY);
  assert_true(moves.up < 2 * highest[at] && moves.down < 2 * lowest[at]);
  free(basket);
  free(model);
}

static void bounds_hold_for_paths(void **unused) {
  (void)unused;
  const hft_jumps rare = {.law = HFT_JUMP_MERTON, .rate = 8, .mean = 0, .volatility = 0.004};
  const hft_jumps often = {.law = HFT_JUMP_KOU,
                           .rate = 4000,
                           .up_probability = 0.5,
                           .up_mean = 0.003,
                           .down_mean = 0.003};
  check_paths("brownian", spec_of(HFT_FUNDAMENTAL_BROWNIAN, 0.02, 0, &no_jumps), 0, 2000);
  check_paths("geometric", spec_of(HFT_FUNDAMENTAL_GEOMETRIC, 0.5, 0, &no_jumps), 0, 2000);
  check_paths("ou", spec_of(HFT_FUNDAMENTAL_OU, 0.02, 0.001, &no_jumps), 0, 2000);
  check_paths("ou, fast", spec_of(HFT_FUNDAMENTAL_OU, 0.02, 0.05, &no_jumps), 0, 2000);
  check_paths("merton", spec_of(HFT_FUNDAMENTAL_JUMP, 0.02, 0, &merton), 0, 5000);
  check_paths("merton, rare", spec_of(HFT_FUNDAMENTAL_JUMP, 0.015, 0, &rare), 0, 5000);
  check_paths("kou", spec_of(HFT_FUNDAMENTAL_JUMP, 0.02, 0, &kou), 0, 5000);
  check_paths("kou, often", spec_of(HFT_FUNDAMENTAL_JUMP, 0.02, 0, &often), 0, 2000);
  check_paths("common jumps", spec_of(HFT_FUNDAMENTAL_JUMP, 0.02, 0, &kou), 200, 2000);
  check_paths("brownian, common", spec_of(HFT_FUNDAMENTAL_BROWNIAN, 0.02, 0, &kou), 200, 2000);
  check_paths("ou_jump", spec_of(HFT_FUNDAMENTAL_OU_JUMP, 0.02, 0.001, &merton), 0, 2000);
  check_paths("ou_jump, often", spec_of(HFT_FUNDAMENTAL_OU_JUMP, 0.02, 0.001, &often), 50, 2000);
}

// A jump whose exponential has no mean beyond some exponent, and ones that no window holds.
static void large_jumps_have_bounds(void **unused) {
  (void)unused;
  const hft_jumps heavy = {
      .law = HFT_JUMP_KOU, .rate = 6.5, .up_probability = 0.5, .up_mean = 0.5, .down_mean = 0.5};
  const hft_jumps wide = {.law = HFT_JUMP_MERTON, .rate = 1e6, .mean = 1, .volatility = 1};
  hft_excursion moves = excursion_of(spec_of(HFT_FUNDAMENTAL_JUMP, 0.02, 0, &heavy), DAY, 1e-6);
  assert_true(moves.up > 1e5 && moves.down > 9000 && moves.down <= INITIAL);
  moves = excursion_of(spec_of(HFT_FUNDAMENTAL_JUMP, 10, 0, &wide), 86400, 1e-6);
  assert_true(moves.up > 1e9 && moves.down > 9999);
  moves = excursion_of(spec_of(HFT_FUNDAMENTAL_OU_JUMP, 10, 1000, &wide), 86400, 1e-6);
  assert_true(moves.up > 0 && moves.down > 0 && !isnan(moves.up) && !isnan(moves.down));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(diffusions_have_closed_forms),
      cmocka_unit_test(a_pull_bounds_the_excursion_for_ever),
      cmocka_unit_test(a_value_that_cannot_move_has_no_excursion),
      cmocka_unit_test(bounds_hold_for_paths),
      cmocka_unit_test(large_jumps_have_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
