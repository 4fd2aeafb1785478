// Records of several strategies at several instruments of one market: each has its own, the total
// is their sum, and what one traded with another stands in both.
#include <stdio.h>
#include <stdlib.h>

#include "eval/group.h"
#include "eval/metrics.h"
#include "tests/support/episode_world.h"

enum { STRATEGIES = 4, INSTRUMENTS = 2, ROWS = INSTRUMENTS + 1, AGENTS = STRATEGIES * INSTRUMENTS };

static const char *const names[STRATEGIES] = {"random", "twap", "vwap", "random"};
static const char *const params[STRATEGIES] = {
    "max_inventory=40 quote_qty=10 offset_max=2 refresh_ms=50",
    "quantity=400 slices=20 style=aggressive", "quantity=300 slices=10 side=sell",
    "max_inventory=40 quote_qty=10 offset_max=1 refresh_ms=50"};
#define HALTS                                                                         \
  "exchange_config: {latency_us: 20000, latency_jitter_us: 30000, halt_band_bps: 3, " \
  "halt_reference_s: 4, halt_s: 1.5}\n"
static const char *const worlds[] = {
    "exchange_config: {maker_fee_bps: -1, taker_fee_bps: 2.5}\n",
    HALTS,
    "exchange_config: {closing_auction_s: 20, maker_fee_per_lot: 0.25}\n",
};

typedef struct group {
  hft_episode_plan *plan;  // [STRATEGIES]
  void *memory;
  hft_episode rows[STRATEGIES][ROWS];
  hft_trading trading[AGENTS];
} group;

static hft_episode_plan *make_plan(const hft_config *config) {
  static max_align_t keys[STRATEGIES][64];
  hft_episode_entry entry[STRATEGIES];
  for (int c = 0; c < STRATEGIES; c++) {
    entry[c].strategy = hft_baseline_find(names[c]);
    world_params(entry[c].strategy->section, params[c], keys[c]);
    entry[c].params = keys[c];
  }
  const hft_episode_spec spec = {.config = config,
                                 .classes = world_classes,
                                 .class_count = world_class_count,
                                 .strategy = entry[0].strategy,
                                 .params = entry[0].params,
                                 .instrument = HFT_INSTRUMENT_ALL,
                                 .others = entry + 1,
                                 .other_count = STRATEGIES - 1};
  hft_episode_plan *plan = NULL;
  hft_error error = {0};
  expect_ok(hft_episode_plan_create(&spec, &plan, &error), &error);
  return plan;
}

static void open_group(group *g, const char *world, uint64_t seed) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 80, decision_ms: 500, instruments: %d}\n"
           "env_config: {warmup_s: 5, episode_len: 150}\n"
           "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n%s",
           INSTRUMENTS, world);
  hft_config *config = world_config(yaml);
  g->plan = make_plan(config);
  hft_market *market = create_market(g->plan->model);
  g->memory = aligned_zeros(hft_episode_record_size(g->plan));
  assert_int_equal(
      hft_episode_run_recorded(g->plan, market, seed, NULL, NULL, g->memory, &g->rows[0][0]),
      HFT_OK);
  for (int i = 0; i < AGENTS; i++) g->trading[i] = hft_record_trading(g->memory, i);
  free(market);
  hft_config_free(config);
}

static void close_group(group *g) {
  hft_episode_plan_free(g->plan);
  free(g->memory);
}

// Of each row, the parts add up; the total's are the sums of the instruments'.
static void parts_add_up(const group *g, int c) {
  const hft_episode_plan *plan = &g->plan[c];
  double total[HFT_METRIC_COUNT], sum[HFT_METRIC_COUNT] = {0}, v[HFT_METRIC_COUNT];
  for (int row = 0; row < ROWS; row++) {
    hft_metric_values(plan, g->rows[c], row, v);
    assert_near(v[HFT_METRIC_PNL],
                v[HFT_METRIC_SPREAD_CAPTURED] + v[HFT_METRIC_INVENTORY_PNL] - v[HFT_METRIC_FEES],
                1e-7);
    if (plan->kind == HFT_BASELINE_EXECUTION) {
      double parts = 0;
      assert_int_equal(g->rows[c][row].score.tally.own, g->rows[c][row].executed);
      for (int m = HFT_METRIC_DELAY; m <= HFT_METRIC_FEES_BPS; m++) parts += v[m];
      assert_near(v[HFT_METRIC_SHORTFALL], parts, 1e-7);
    }
    for (int m = 0; m < HFT_METRIC_COUNT; m++) {
      if (row < INSTRUMENTS) sum[m] += v[m];
      total[m] = v[m];
    }
  }
  static const hft_metric added[] = {HFT_METRIC_PNL,        HFT_METRIC_INVENTORY_PNL,
                                     HFT_METRIC_FEES,       HFT_METRIC_SPREAD_CAPTURED,
                                     HFT_METRIC_ADVERSE_1S, HFT_METRIC_TURNOVER};
  for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) {
    assert_near(total[added[i]], sum[added[i]], 1e-6);
  }
  if (plan->kind != HFT_BASELINE_MARKET_MAKING) return;
  // The curve of the total: its last value is the whole P&L.
  const hft_risk *risk = &g->rows[c][INSTRUMENTS].score.risk;
  double tick = hft_model_instrument(plan->model)->tick_size;
  assert_int_equal(risk->changes, 150);
  assert_near(risk->mean * 150 * tick, total[HFT_METRIC_PNL], 1e-7);
  assert_true(!isnan(total[HFT_METRIC_SHARPE]) && !isnan(total[HFT_METRIC_VALUE_AT_RISK]));
}

// Agents of the same instrument trade with each other: both have the lots, with the cash of one the
// other's.
static int64_t who_trades_with_whom(const group *g, int k) {
  hft_member member[STRATEGIES];
  for (int c = 0; c < STRATEGIES; c++) {
    int i = c * INSTRUMENTS + k;
    member[c] = (hft_member){&g->trading[i], (hft_owner)(g->plan->owner + i)};
  }
  int64_t lots[STRATEGIES][STRATEGIES + 2], among = 0;
  hft_group_matrix(member, STRATEGIES, &lots[0][0]);
  for (int c = 0; c < STRATEGIES; c++) {
    const hft_account *account = &g->rows[c][k].account;
    int64_t sum = 0;
    for (int d = 0; d < STRATEGIES + 2; d++) sum += lots[c][d];
    for (int d = 0; d < STRATEGIES; d++) {
      assert_int_equal(lots[c][d], lots[d][c]);
      among += lots[c][d];
    }
    int64_t moved = account->transferred < 0 ? -account->transferred : account->transferred;
    assert_int_equal(sum, account->bought + account->sold + moved);
    assert_int_equal(lots[c][STRATEGIES + 1], moved);
  }
  double diversity = hft_group_diversity(member, STRATEGIES);
  assert_true(diversity > 0 && diversity < 1);
  double coordination = hft_group_coordination(member, STRATEGIES);
  assert_true(among > 0 ? coordination < 1 : coordination == 1);
  return among;
}

static void strategies_in_one_market(void **unused) {
  (void)unused;
  int64_t among = 0;
  for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
    for (uint64_t seed = 0; seed < 3; seed++) {
      group g;
      open_group(&g, worlds[w], seed);
      for (int c = 0; c < STRATEGIES; c++) parts_add_up(&g, c);
      for (int k = 0; k < INSTRUMENTS; k++) among += who_trades_with_whom(&g, k);
      close_group(&g);
    }
  }
  assert_true(among > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(strategies_in_one_market)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
