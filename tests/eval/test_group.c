// Figures of several agents and of several episodes: by hand, and against naive ones.
#include "eval/group.h"

#include <stdlib.h>

#include "eval/aggregates.h"
#include "sim/base/dist.h"
#include "tests/support/check.h"

// Agents 5, 6 and 9; 7 is somebody else.
static const hft_fill_note fills_5[] = {
    {.qty = 3, .other = 6, .role = HFT_FILL_MAKER},
    {.qty = -4, .other = 7, .role = HFT_FILL_TAKER},
    {.qty = 1, .other = HFT_OWNER_NONE, .role = HFT_FILL_TRANSFER, .closing = 1}};
static const hft_fill_note fills_6[] = {{.qty = -3, .other = 5, .role = HFT_FILL_TAKER},
                                        {.qty = 2, .other = 9, .role = HFT_FILL_AUCTION}};
static const hft_fill_note fills_9[] = {{.qty = -2, .other = 6, .role = HFT_FILL_AUCTION}};
static const hft_trading trading[] = {{.fill = fills_5, .fill_count = 3},
                                      {.fill = fills_6, .fill_count = 2},
                                      {.fill = fills_9, .fill_count = 1},
                                      {.fill = NULL, .fill_count = 0}};
static const hft_member member[] = {
    {&trading[0], 5}, {&trading[1], 6}, {&trading[2], 9}, {&trading[3], 11}};

static void who_trades_with_whom(void **unused) {
  (void)unused;
  static const int64_t expected[] = {0, 3, 0, 4, 1, 3, 0, 2, 0, 0, 0, 2, 0, 0, 0};
  int64_t lots[15];
  hft_group_matrix(member, 3, lots);
  for (int i = 0; i < 15; i++) assert_int_equal(lots[i], expected[i]);
  assert_near(hft_group_coordination(member, 3), 1 - 10.0 / 15, 1e-15);
  assert_near(hft_group_coordination(member, 1), 1, 0);
  assert_near(hft_group_coordination(&member[1], 2), 1 - 4.0 / 7, 1e-15);
  assert_true(isnan(hft_group_coordination(&member[3], 1)));
}

static void diversity(void **unused) {
  (void)unused;
  const hft_member same[] = {member[0], member[0]};
  assert_near(hft_group_diversity(same, 2), 0, 1e-15);
  const hft_member apart[] = {member[0], member[2]};
  assert_near(hft_group_diversity(apart, 2), 1, 1e-15);
  assert_true(isnan(hft_group_diversity(member, 1)));
  const hft_member idle[] = {member[0], member[3]};
  assert_true(isnan(hft_group_diversity(idle, 2)));
  // Half of the lots in common: H(1/4, 1/2, 1/4) - H(1/2, 1/2) = log(2) / 2.
  const hft_fill_note a[] = {{.qty = 1}, {.qty = -1}};
  const hft_fill_note b[] = {{.qty = 5}, {.qty = -5, .role = HFT_FILL_TAKER}};
  const hft_trading two[] = {{.fill = a, .fill_count = 2}, {.fill = b, .fill_count = 2}};
  const hft_member half[] = {{&two[0], 1}, {&two[1], 2}};
  assert_near(hft_group_diversity(half, 2), 0.5, 1e-15);
}

// ---- aggregates --------------------------------------------------------------------------------

static void aggregates_by_hand(void **unused) {
  (void)unused;
  const double values[] = {3, NAN, -1, 0, 4, -2};
  hft_rng rng = hft_rng_stream(1, 0, 0);
  hft_estimate e[HFT_AGGREGATE_COUNT];
  assert_int_equal(hft_aggregate_values(values, 6, &rng, e), HFT_OK);
  double sd = sqrt((2.2 * 2.2 + 1.8 * 1.8 + 0.8 * 0.8 + 3.2 * 3.2 + 2.8 * 2.8) / 4);
  assert_near(e[HFT_AGGREGATE_SHARPE].value, 0.8 / sd, 1e-12);
  assert_near(e[HFT_AGGREGATE_SORTINO].value, 0.8, 1e-12);
  assert_near(e[HFT_AGGREGATE_HIT_RATE].value, 0.5, 1e-12);
  assert_true(isnan(e[HFT_AGGREGATE_VAR].value) && isnan(e[HFT_AGGREGATE_CVAR].value));
  assert_true(isnan(e[HFT_AGGREGATE_VAR].interval.low));
  assert_int_equal(e[HFT_AGGREGATE_SHARPE].count, 5);
  assert_true(e[HFT_AGGREGATE_SHARPE].interval.low < 0.8 / sd);
}

static void too_few_values(void **unused) {
  (void)unused;
  const double values[] = {2, NAN};
  hft_rng rng = hft_rng_stream(1, 0, 0);
  hft_estimate e[HFT_AGGREGATE_COUNT];
  for (size_t count = 0; count <= 2; count++) {
    assert_int_equal(hft_aggregate_values(values, count, &rng, e), HFT_OK);
    for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
      bool exists = a == HFT_AGGREGATE_HIT_RATE && count > 0;
      assert_true(exists ? e[a].value == 1 : isnan(e[a].value));
      assert_true(isnan(e[a].interval.low) && isnan(e[a].interval.high));
    }
  }
  const double equal[] = {0.1, 0.1, 0.1};
  assert_int_equal(hft_aggregate_values(equal, 3, &rng, e), HFT_OK);
  assert_true(isnan(e[HFT_AGGREGATE_SHARPE].value) && isnan(e[HFT_AGGREGATE_SORTINO].value));
}

// The tails of the sample and their intervals, against sorting every resample.
static void tails_are_those_of_sorted_samples(void **unused) {
  (void)unused;
  enum { MOST = 150 };
  hft_rng rng = hft_rng_stream(3, 0, 0);
  double *var = malloc(HFT_BOOTSTRAP_RESAMPLES * sizeof *var);
  for (size_t count = 20; count <= MOST; count += 13) {
    double values[MOST], drawn[MOST], sorted[MOST];
    for (size_t i = 0; i < count; i++) values[i] = (double)hft_bounded(&rng, 50) - 20;
    for (size_t i = 0; i < count; i++) sorted[i] = values[i];
    hft_sort(sorted, count);
    hft_rng own = hft_rng_stream(9, 0, 0), same = own;
    hft_estimate e[HFT_AGGREGATE_COUNT];
    assert_int_equal(hft_aggregate_values(values, count, &own, e), HFT_OK);
    assert_near(e[HFT_AGGREGATE_VAR].value, -hft_quantile(sorted, count, 0.05), 1e-12);
    double sum = 0;
    for (size_t i = 0; i <= (count - 1) / 20; i++) sum -= sorted[i];
    assert_near(e[HFT_AGGREGATE_CVAR].value, sum / (double)((count - 1) / 20 + 1), 1e-12);
    for (int r = 0; r < HFT_BOOTSTRAP_RESAMPLES; r++) {
      for (size_t i = 0; i < count; i++) drawn[i] = sorted[hft_bounded(&same, (uint32_t)count)];
      hft_sort(drawn, count);
      var[r] = -hft_quantile(drawn, count, 0.05);
    }
    hft_sort(var, HFT_BOOTSTRAP_RESAMPLES);
    assert_near(e[HFT_AGGREGATE_VAR].interval.low,
                hft_quantile(var, HFT_BOOTSTRAP_RESAMPLES, 0.025), 1e-12);
    assert_near(e[HFT_AGGREGATE_VAR].interval.high,
                hft_quantile(var, HFT_BOOTSTRAP_RESAMPLES, 0.975), 1e-12);
  }
  free(var);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_trades_with_whom),
      cmocka_unit_test(diversity),
      cmocka_unit_test(aggregates_by_hand),
      cmocka_unit_test(too_few_values),
      cmocka_unit_test(tails_are_those_of_sorted_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
