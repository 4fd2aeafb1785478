// The series of an episode: they say what its events and its accounts say.
#include "eval/episode_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/metrics.h"
#include "tests/support/episode_world.h"

#define LIVE                                                              \
  "market_config: {duration_s: 60, decision_ms: 100, instruments: 2}\n"   \
  "env_config: {warmup_s: 5, episode_len: 100}\n"                         \
  "exchange_config: {taker_fee_per_lot: 0.5, maker_fee_per_lot: -0.25}\n" \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

// Two walls around 10000; an order larger than they are is closed beyond the book.
#define WALLS                                            \
  "market_config: {duration_s: 60, decision_ms: 1000}\n" \
  "env_config: {warmup_s: 5, episode_len: 10}\n"         \
  "populations: [{kind: wall, qty: 50, bid: 9990, ask: 10010}]\n"

typedef struct run {
  const hft_episode_plan *plan;
  hft_market *market;
  hft_episode_series *series[2];  // of each instrument
} run;

static void on_event(void *context, const hft_event *event) {
  const run *r = context;
  for (int k = 0; k < r->plan->instrument_count; k++) {
    hft_episode_series_event(r->series[k], event);
  }
}

static bool on_step(void *context) {
  const run *r = context;
  for (int k = 0; k < r->plan->instrument_count; k++) {
    hft_episode_series_step(r->series[k], r->market);
  }
  return true;
}

// What the fills add up to: lots, ticks x lots, and lots by role.
typedef struct sum {
  int64_t position, maker;
  double cash;
} sum;

static sum sum_fills(const hft_results_series *series) {
  sum s = {0};
  for (size_t i = 0; i < series->fill_count; i++) {
    const hft_results_fill *fill = &series->fills[i];
    s.position += fill->qty;
    s.cash -= (double)fill->qty * fill->price;
    if (fill->role == 0) s.maker += llabs(fill->qty);
    assert_true(i == 0 || fill->time >= series->fills[i - 1].time);
  }
  return s;
}

static void expect_depth(const hft_results_series *series) {
  assert_true(series->depth_count > 0 && series->depth_count <= 600);
  for (size_t i = 0; i < series->depth_count; i++) {
    const hft_results_depth *d = &series->depth[i];
    for (int k = 0; k < HFT_RESULTS_LEVELS; k++) {
      assert_int_equal(d->bid_price[k] > 0, d->bid_qty[k] > 0);
      assert_int_equal(d->ask_price[k] > 0, d->ask_qty[k] > 0);
      if (k > 0 && d->bid_price[k] > 0) assert_true(d->bid_price[k] < d->bid_price[k - 1]);
      if (k > 0 && d->ask_price[k] > 0) assert_true(d->ask_price[k] > d->ask_price[k - 1]);
    }
  }
}

// twap's plan is a staircase: what is wanted by the end of the slice, which begins at a boundary or
// just before.
static void expect_plan(const hft_episode_plan *plan, const hft_results_series *series,
                        int64_t slices) {
  for (size_t i = 1; i < series->step_count; i++) {
    const hft_results_step *step = &series->steps[i];
    assert_true(step->plan >= series->steps[i - 1].plan);
    if (i + 1 == series->step_count) continue;
    assert_true((double)step->executed <= step->plan);
    double slice = (double)(plan->end - plan->start) / (double)slices;
    double done = (double)(step->time - plan->start) / slice;
    double at_least = floor(done - 1e-6) + 1,
           at_most = fmin((double)slices, floor(done + 1e-6) + 1);
    assert_true(step->plan >= floor((double)plan->quantity * at_least / (double)slices) - 0.5);
    assert_true(step->plan <= ceil((double)plan->quantity * at_most / (double)slices) + 0.5);
  }
  assert_true(series->steps[series->step_count - 1].plan == (double)plan->quantity);
}

static void expect_series(const hft_episode_plan *plan, const hft_results_series *series,
                          const hft_episode *row) {
  const hft_account *account = &row->account;
  sum s = sum_fills(series);
  assert_int_equal(series->fill_count >= (size_t)account->fill_count, 1);
  assert_int_equal(s.position, account->position);
  assert_near(s.cash, (double)account->cash, 1e-6 * (1 + fabs((double)account->cash)));
  assert_int_equal(s.maker, account->maker_qty);
  bool execution = plan->kind == HFT_BASELINE_EXECUTION;
  size_t steps = (size_t)hft_episode_steps(plan) + 1;
  assert_int_equal(series->step_count, steps + execution);
  const hft_results_step *last = &series->steps[series->step_count - 1];
  assert_int_equal(series->steps[0].time, plan->start);
  assert_true(series->steps[0].mid == 0.5 * (double)row->arrival_mid2);
  assert_true(series->steps[0].equity == 0 && series->steps[0].inventory == 0);
  assert_int_equal(last->time, plan->end);
  assert_int_equal(last->inventory, account->position);
  assert_near(last->equity, hft_account_value(account, 0.5 * (double)row->end_mid2) * 0.01, 1e-9);
  int64_t largest = 0;
  for (size_t i = 1; i < steps; i++) {
    const hft_results_step *step = &series->steps[i];
    assert_int_equal(step->time,
                     i + 1 < steps ? plan->start + (hft_time)i * plan->step : plan->end);
    if (llabs(step->inventory) > largest) largest = llabs(step->inventory);
    assert_int_equal(step->executed, execution ? plan->sign * step->inventory : 0);
  }
  assert_int_equal(largest, row->max_inventory);
  expect_depth(series);
}

static void check_strategy(const hft_config *config, const char *strategy, const char *params,
                           int instrument, bool *unfilled) {
  hft_episode_plan *plan = world_plan_at(config, strategy, params, instrument);
  hft_market *market = create_market(plan->model);
  for (uint64_t seed = 0; seed < 3; seed++) {
    run r = {.plan = plan, .market = market};
    for (int k = 0; k < plan->instrument_count; k++) {
      assert_int_equal(hft_episode_series_create(plan, k, true, &r.series[k]), HFT_OK);
    }
    const hft_sink sink = {on_event, &r};
    const hft_episode_progress progress = {.on_step = on_step, .context = &r};
    hft_episode rows[HFT_INSTRUMENTS_MAX + 1];
    assert_int_equal(hft_episode_run(plan, market, seed, &sink, &progress, rows), HFT_OK);
    for (int k = 0; k < plan->instrument_count; k++) {
      hft_results_series series;
      assert_int_equal(hft_episode_series_end(r.series[k], &rows[k], &series), HFT_OK);
      expect_series(plan, &series, &rows[k]);
      if (strcmp(strategy, "twap") == 0) {
        expect_plan(plan, &series, hft_param_int(plan->strategy->key.slices, plan->params));
      } else if (plan->kind != HFT_BASELINE_EXECUTION) {
        assert_true(isnan(series.steps[series.step_count - 1].plan));
      }
      *unfilled = *unfilled || rows[k].closing.unfilled != 0;
      hft_episode_series_free(r.series[k]);
    }
  }
  free(market);
  hft_episode_plan_free(plan);
}

static void series_follow_from_the_episode(void **unused) {
  (void)unused;
  static const struct {
    const char *name, *params;
  } strategies[] = {{"avellaneda-stoikov", "k=2 max_inventory=30"},
                    {"random", "offset_max=3 max_inventory=30"},
                    {"momentum", "sample_ms=200 lookback=5 hold=5 risk=20"},
                    {"do-nothing", ""},
                    {"twap", "quantity=60 slices=7"},
                    {"twap", "quantity=60 slices=5 side=sell style=aggressive"},
                    {"vwap", "quantity=40 side=sell"}};
  hft_config *live = world_config(LIVE), *walls = world_config(WALLS);
  bool unfilled = false;
  for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
    check_strategy(live, strategies[s].name, strategies[s].params, 1, &unfilled);
    check_strategy(live, strategies[s].name, strategies[s].params, HFT_INSTRUMENT_ALL, &unfilled);
    check_strategy(walls, strategies[s].name, strategies[s].params, 0, &unfilled);
  }
  // Beyond the last level, by either side, in part and in whole, and beyond the window of prices.
  static const char *const large[] = {"quantity=51 slices=1", "quantity=1234 slices=1",
                                      "quantity=777 slices=1 side=sell style=aggressive",
                                      "quantity=1000000 slices=1",
                                      "quantity=1000000000 slices=1 side=sell"};
  for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
    unfilled = false;
    check_strategy(walls, "twap", large[i], 0, &unfilled);
    assert_true(unfilled);
  }
  hft_config_free(live);
  hft_config_free(walls);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series_follow_from_the_episode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
