// Time-series momentum: its positions are those of Moskowitz, Ooi and Pedersen's formula, worked
// out from the mids alone.
#include <stdio.h>
#include <stdlib.h>

#include "eval/metrics.h"
#include "tests/support/episode_world.h"

enum { SAMPLES_MAX = 200 };

typedef struct keys {
  int lookback, hold;
  double risk, memory;
  int max_inventory;
} keys;

// The position wanted after sample n, from all mids up to it: the sums of equation (1) term by
// term.
static int64_t wanted(const keys *k, const double *mid, int n) {
  double weight = 1, weights = 0, mean = 0, variance = 0, decay = k->memory / (1 + k->memory);
  for (int i = n; i >= 1; i--, weight *= decay) {
    weights += weight;
    mean += weight * (mid[i] - mid[i - 1]);
  }
  mean /= weights;
  weight = 1;
  for (int i = n; i >= 1; i--, weight *= decay) {
    double apart = mid[i] - mid[i - 1] - mean;
    variance += weight / weights * apart * apart;
  }
  int sign = (mid[n] > mid[n - k->lookback]) - (mid[n] < mid[n - k->lookback]);
  double lots = k->risk / sqrt(variance);
  if (!(lots < k->max_inventory)) lots = k->max_inventory;
  return sign * (int64_t)(lots + 0.5);
}

// Runs sample by sample, and compares the position after each with the formula.
static void check_positions(const keys *k, uint64_t seed, int *changes) {
  enum { START = 20, END = 80 };
  hft_config *config = world_config(
      "market_config: {duration_s: 100, decision_ms: 1000}\n"
      "env_config: {warmup_s: 20, episode_len: 60}\n"
      "populations: [{kind: maker, quote_qty: 50}, {kind: noise}, {kind: value}]\n");
  char params[256];
  snprintf(params, sizeof params,
           "sample_ms=1000 lookback=%d hold=%d risk=%.17g volatility_memory=%.17g max_inventory=%d",
           k->lookback, k->hold, k->risk, k->memory, k->max_inventory);
  hft_episode_plan *plan = world_plan(config, "momentum", params);
  assert_int_equal(plan->kind, HFT_BASELINE_DIRECTIONAL);
  hft_market *market = create_market(plan->model);
  hft_market_reset(plan->model, market, seed, 0, NULL);
  const hft_account *account = hft_market_account(plan->model, market, plan->owner, 0);
  double mid[SAMPLES_MAX] = {0.5 * (double)hft_market_mid2(market, 0)};
  int64_t target = 0;
  int chosen = -1;
  for (int n = 1; n < END; n++) {
    hft_market_run(plan->model, market, n * HFT_SECOND - 1, NULL);
    mid[n] = 0.5 * (double)hft_market_mid2(market, 0);
    hft_market_run(plan->model, market, n * HFT_SECOND, NULL);
    if (n >= START && n >= k->lookback && (chosen < 0 || n == chosen + k->hold)) {
      int64_t next = wanted(k, mid, n);
      *changes += next != target;
      target = next;
      chosen = n;
    }
    assert_int_equal(account->position, target);
  }
  hft_market_run(plan->model, market, END * HFT_SECOND, NULL);
  assert_int_equal(account->position, 0);
  free(market);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void positions_follow_the_formula(void **unused) {
  (void)unused;
  static const keys cases[] = {
      {1, 1, 4, 10, 8},   {5, 1, 6, 60, 100}, {10, 7, 3, 5, 10},
      {20, 3, 5, 200, 6}, {30, 1, 5, 60, 9},
  };
  int changes = 0;
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    for (uint64_t seed = 0; seed < 4; seed++) check_positions(&cases[c], seed, &changes);
  }
  print_message("%d positions chosen anew\n", changes);
  assert_true(changes > 100);
}

// The mid rises by 10 ticks at 10 s, with samples each second: over the lookback of 4 the position
// is long, then flat again. All changes but one are 0: with n samples before it, all of one weight,
// sigma is 10 sqrt((1/n) (1 - 1/n)).
static void a_single_rise(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, duration_s: 60, decision_ms: 1000}\n"
      "env_config: {warmup_s: 5, episode_len: 20}\n"
      "populations: [{kind: wall, shift: 10, shift_s: 9.5}]\n");
  hft_episode_plan *plan = world_plan(
      config, "momentum", "lookback=4 hold=1 risk=30 volatility_memory=1e6 max_inventory=1000");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  // At 10, 11, 12, 13 s: sigma 3, 2.8748, 2.7639, 2.6647; 30 / sigma = 10, 10.44, 10.85, 11.26.
  static const struct {
    int second, side, qty;
  } orders[] = {{10, HFT_BID, 10}, {12, HFT_BID, 1}, {14, HFT_ASK, 11}};
  size_t at = 0;
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    const hft_event *trade = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at);
    assert_non_null(trade);
    assert_int_equal(trade->time, orders[i].second * HFT_SECOND);
    assert_int_equal(trade->side == HFT_BID ? HFT_ASK : HFT_BID, orders[i].side);
    assert_int_equal(trade->qty, orders[i].qty);
  }
  assert_null(world_next(&record, plan->owner, HFT_EVENT_TRADE, &at));
  // Bought one tick above the mid, sold one below: 2 ticks of each of 11 lots.
  assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_PNL), -0.22, 1e-12);
  assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_MAX_DRAWDOWN), 0.22, 1e-12);
  assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_INVENTORY_MAX), 11, 0);
  assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_INVENTORY_END), 0, 0);
  assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_MAKER_RATIO), 0, 0);
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// Without a change there is no trend, and without risk no position.
static void nothing_to_follow(void **unused) {
  (void)unused;
  static const struct {
    const char *populations, *params;
  } cases[] = {
      {"[{kind: wall}]", "sample_ms=100 lookback=5 hold=1"},
      {"[{kind: wall, shift: 10, shift_s: 9.5}]", "sample_ms=100 lookback=5 hold=1 risk=0"},
      {"[{kind: maker}, {kind: noise}]", "sample_ms=1000 lookback=40 hold=1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: constant, duration_s: 60}\n"
             "env_config: {warmup_s: 5, episode_len: 60}\npopulations: %s\n",
             cases[i].populations);
    hft_config *config = world_config(yaml);
    hft_episode_plan *plan = world_plan(config, "momentum", cases[i].params);
    event_record record = {0};
    hft_episode episode = world_run(plan, 1, &record);
    assert_int_equal(episode.account.order_count, 0);
    event_record_free(&record);
    hft_episode_plan_free(plan);
    hft_config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(positions_follow_the_formula),
      cmocka_unit_test(a_single_rise),
      cmocka_unit_test(nothing_to_follow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
