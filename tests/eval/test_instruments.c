// Episodes at several instruments: each row says what the trades at its instrument say, and the
// total is their sum.
#include <stdio.h>
#include <stdlib.h>

#include "eval/impact.h"
#include "eval/metrics.h"
#include "eval/runner.h"
#include "tests/support/episode_world.h"

enum { INSTRUMENTS = 2, ROWS = INSTRUMENTS + 1 };

#define LIVE                                                              \
  "market_config: {duration_s: 60, decision_ms: 100, instruments: 2}\n"   \
  "env_config: {warmup_s: 5, episode_len: 100}\n"                         \
  "exchange_config: {taker_fee_per_lot: 0.5, maker_fee_per_lot: -0.25}\n" \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

// What the events say about an owner at an instrument.
typedef struct tally {
  int64_t position, cash, lots, fills;
  double fees;  // ticks x lots
} tally;

static tally count_trades(const event_record *record, hft_owner owner, int instrument) {
  tally t = {0};
  for (size_t i = 0; i < record->count; i++) {
    const hft_event *e = &record->events[i];
    if (e->kind != HFT_EVENT_TRADE || e->instrument != instrument) continue;
    if (e->owner != owner && e->taker_owner != owner) continue;
    bool maker = e->owner == owner;
    int sign = maker == (e->side == HFT_BID) ? 1 : -1;
    t.position += sign * e->qty;
    t.cash -= sign * (int64_t)e->price * e->qty;
    t.lots += e->qty;
    t.fees += (maker ? -0.25 : 0.5) * e->qty;
    t.fills++;
  }
  return t;
}

static double metric(const hft_episode_plan *plan, const hft_episode *rows, int row, hft_metric m) {
  return hft_metric_value(plan, rows, row, m);
}

static void each_row_follows_from_its_trades(void **unused) {
  (void)unused;
  static const struct {
    const char *name, *params;
  } strategies[] = {{"avellaneda-stoikov", "k=2 max_inventory=30"},
                    {"random", "offset_max=3 max_inventory=30"},
                    {"momentum", "sample_ms=200 lookback=5 hold=5 risk=20"}};
  hft_config *config = world_config(LIVE);
  for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
    hft_episode_plan *plan =
        world_plan_at(config, strategies[s].name, strategies[s].params, HFT_INSTRUMENT_ALL);
    assert_int_equal(hft_episode_rows(plan), ROWS);
    int64_t fills = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
      event_record record = {0};
      hft_episode rows[ROWS];
      world_run_rows(plan, seed, &record, rows);
      double pnl = 0, fees = 0, traded = 0;
      for (int k = 0; k < INSTRUMENTS; k++) {
        hft_owner owner = (hft_owner)(plan->owner + k);
        tally t = count_trades(&record, owner, k);
        assert_int_equal(count_trades(&record, owner, 1 - k).fills, 0);
        double end = 0.5 * (double)rows[k].end_mid2;
        double value = (double)t.cash + (double)t.position * end - t.fees;
        assert_near(metric(plan, rows, k, HFT_METRIC_PNL), 0.01 * value, 1e-9);
        assert_near(metric(plan, rows, k, HFT_METRIC_FEES), 0.01 * t.fees, 1e-9);
        assert_near(metric(plan, rows, k, HFT_METRIC_TRADED), (double)t.lots, 0);
        assert_near(metric(plan, rows, k, HFT_METRIC_INVENTORY_END), (double)t.position, 0);
        pnl += 0.01 * value;
        fees += 0.01 * t.fees;
        traded += (double)t.lots;
        fills += t.fills;
      }
      assert_near(metric(plan, rows, INSTRUMENTS, HFT_METRIC_PNL), pnl, 1e-9);
      assert_near(metric(plan, rows, INSTRUMENTS, HFT_METRIC_FEES), fees, 1e-9);
      assert_near(metric(plan, rows, INSTRUMENTS, HFT_METRIC_TRADED), traded, 0);
      assert_true(rows[2].max_inventory <= rows[0].max_inventory + rows[1].max_inventory);
      assert_true(rows[2].max_inventory >= rows[0].max_inventory);
      assert_near(rows[2].inventory_mean, rows[0].inventory_mean + rows[1].inventory_mean, 1e-12);
      assert_true(rows[0].arrival_mid2 != 0 && rows[1].arrival_mid2 != 0);
      event_record_free(&record);
    }
    assert_true(fills > 20);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

// 10 lots are offered at 10001, 40 wanted: at each instrument 10 are bought there, and 30 closed
// beyond the book, 10 a tick, at 10002, 10003 and 10004. That is 100 ticks x lots beyond the mid of
// 10000, and half a tick a lot in fees: 120 of 400,000, which is 3 bps.
static void closings_by_hand(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, duration_s: 60, decision_ms: 100, instruments: 2}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "exchange_config: {taker_fee_per_lot: 0.5}\n"
      "populations: [{kind: wall, qty: 10}]\n");
  hft_episode_plan *plan =
      world_plan_at(config, "twap", "quantity=40 slices=4 style=aggressive", HFT_INSTRUMENT_ALL);
  event_record record = {0};
  hft_episode rows[ROWS];
  world_run_rows(plan, 0, &record, rows);
  for (int row = 0; row < ROWS; row++) {
    int count = row < INSTRUMENTS ? 1 : INSTRUMENTS;
    assert_near(metric(plan, rows, row, HFT_METRIC_SHORTFALL), 3, 1e-9);
    assert_near(metric(plan, rows, row, HFT_METRIC_FILL_RATIO), 0.25, 0);
    assert_near(metric(plan, rows, row, HFT_METRIC_UNFILLED), 30 * count, 0);
    assert_near(metric(plan, rows, row, HFT_METRIC_FEES), 0.2 * count, 1e-12);
    assert_near(metric(plan, rows, row, HFT_METRIC_PNL), -1.2 * count, 1e-9);
    assert_near(metric(plan, rows, row, HFT_METRIC_TRADED), 10 * count, 0);
    assert_int_equal(rows[row].account.position, 40 * count);
    assert_int_equal(rows[row].closing.traded + rows[row].closing.transferred, 0);
  }
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// A strategy at one instrument trades there alone.
static void one_is_chosen(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  for (int chosen = 0; chosen < INSTRUMENTS; chosen++) {
    hft_episode_plan *plan = world_plan_at(config, "twap", "quantity=60 slices=6", chosen);
    assert_int_equal(hft_episode_rows(plan), 1);
    event_record record = {0};
    hft_episode episode = world_run(plan, 3, &record);
    tally t = count_trades(&record, plan->owner, chosen);
    assert_int_equal(count_trades(&record, plan->owner, 1 - chosen).fills, 0);
    assert_int_equal(t.position, episode.executed + episode.closing.traded);
    assert_int_equal(episode.account.position, 60);
    hft_episode_plan *idle = world_plan_at(config, "do-nothing", "", chosen);
    event_record calm_record = {0};
    hft_episode calm = world_run(idle, 3, &calm_record);
    assert_int_equal(episode.arrival_mid2, calm.arrival_mid2);
    event_record_free(&calm_record);
    event_record_free(&record);
    hft_episode_plan_free(idle);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

// Notes the P&L of the strategies after each step, from their accounts.
typedef struct value_notes {
  const hft_episode_plan *plan;
  hft_market *market;
  double value[ROWS][200];
  int count;
} value_notes;

static bool note_values(void *context) {
  value_notes *n = context;
  n->value[INSTRUMENTS][n->count] = 0;
  for (int k = 0; k < INSTRUMENTS; k++) {
    const hft_account *account =
        hft_market_account(n->plan->model, n->market, (hft_owner)(n->plan->owner + k), k);
    n->value[k][n->count] = hft_account_value(account, 0.5 * (double)hft_market_mid2(n->market, k));
    n->value[INSTRUMENTS][n->count] += n->value[k][n->count];
  }
  n->count++;
  return true;
}

static double largest_fall(const double *value, int count) {
  double fall = 0;
  for (int i = 0; i < count; i++) {
    fall = fmax(fall, -value[i]);
    for (int k = 0; k < i; k++) fall = fmax(fall, value[k] - value[i]);
  }
  return fall;
}

static void drawdowns_are_the_largest_falls(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan_at(
      config, "momentum", "sample_ms=200 lookback=5 hold=3 risk=20", HFT_INSTRUMENT_ALL);
  for (uint64_t seed = 0; seed < 5; seed++) {
    static value_notes notes;
    notes = (value_notes){.plan = plan, .market = create_market(plan->model)};
    const hft_episode_progress progress = {.on_step = note_values, .context = &notes};
    hft_episode rows[ROWS];
    assert_int_equal(hft_episode_run(plan, notes.market, seed, NULL, &progress, rows), HFT_OK);
    assert_int_equal(notes.count, 100);
    for (int row = 0; row < ROWS; row++) {
      double fall = largest_fall(notes.value[row], notes.count);
      assert_true(fall > 0);
      assert_near(rows[row].drawdown.largest, fall, 0);
      assert_near(metric(plan, rows, row, HFT_METRIC_MAX_DRAWDOWN), 0.01 * fall, 1e-12);
    }
    free(notes.market);
  }
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

enum { EPISODES = 5 };

static void a_run_holds_the_rows_of_each_episode(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan_at(config, "random", "", HFT_INSTRUMENT_ALL);
  hft_episode all[EPISODES][ROWS];
  for (int threads = 1; threads <= 4; threads++) {
    const hft_runner_options options = {.episodes = EPISODES, .threads = threads, .seed = 40};
    assert_int_equal(hft_runner_run(plan, &options, all[0], NULL), HFT_OK);
    for (int i = 0; i < EPISODES; i++) {
      event_record record = {0};
      hft_episode rows[ROWS];
      world_run_rows(plan, 40 + (uint64_t)i, &record, rows);
      assert_memory_equal(all[i], rows, sizeof rows);
      event_record_free(&record);
    }
  }
  hft_metric_summary s;
  for (int row = 0; row < ROWS; row++) {
    double sum = 0;
    for (int i = 0; i < EPISODES; i++) sum += metric(plan, all[i], row, HFT_METRIC_PNL);
    assert_int_equal(hft_metric_summarise(plan, all[0], EPISODES, row, HFT_METRIC_PNL, 1, &s),
                     HFT_OK);
    assert_near(s.mean, sum / EPISODES, 1e-9);
  }
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// The path of a chosen instrument against two markets that are run one by one.
static void impact_at_the_second_instrument(void **unused) {
  (void)unused;
  const hft_impact_options options = {5, 5 * HFT_SECOND};
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan =
      world_plan_at(config, "twap", "quantity=300 slices=10 style=aggressive", 1);
  hft_episode_plan *idle = world_plan_at(config, "do-nothing", "", 1);
  hft_market *market = create_market(plan->model);
  hft_market *trading = create_market(plan->model), *resting = create_market(idle->model);
  hft_impact_reference reference;
  hft_impact_path path;
  hft_error error;
  assert_int_equal(hft_impact_check(plan, &options, &error), HFT_OK);
  assert_int_equal(hft_impact_run_without(plan, &options, market, 9, NULL, &reference), HFT_OK);
  assert_int_equal(hft_impact_run_with(plan, &options, market, 9, NULL, &reference, &path), HFT_OK);
  hft_market_reset(plan->model, trading, 9, 0, NULL);
  hft_market_reset(idle->model, resting, 9, 0, NULL);
  hft_market_run(idle->model, resting, plan->start - 1, NULL);
  double arrival = 0.5 * (double)hft_market_mid2(resting, 1);
  int moved = 0;
  for (int k = 1; k <= options.points; k++) {
    hft_time time = plan->start + 3 * k * HFT_SECOND;
    hft_market_run(plan->model, trading, time, NULL);
    hft_market_run(idle->model, resting, time, NULL);
    double apart = 0.5 * (double)(hft_market_mid2(trading, 1) - hft_market_mid2(resting, 1));
    assert_near(path.impact_bps[k], apart / arrival * 1e4, 1e-9);
    moved += apart != 0;
  }
  assert_true(moved > 2);
  free(resting);
  free(trading);
  free(market);
  hft_episode_plan_free(idle);
  hft_episode_plan_free(plan);
  plan = world_plan_at(config, "twap", "", HFT_INSTRUMENT_ALL);
  assert_int_equal(hft_impact_check(plan, &options, &error), HFT_EINVAL);
  assert_string_equal(error.where, "instrument");
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void instruments_that_are_not_there(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_error error;
  static const int wrong[] = {2, 63, 1000, -2};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(world_refusal(config, "twap", "", wrong[i], &error), HFT_ECONFIG);
    assert_string_equal(error.where, "instrument");
  }
  assert_string_equal(error.text, "-2 out of range [0, 1]");
  hft_config_free(config);
}

// A market of one instrument has one row, also where all are asked for.
static void all_of_one(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 5, episode_len: 100}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
  hft_episode_plan *plan = world_plan_at(config, "random", "", HFT_INSTRUMENT_ALL);
  hft_episode_plan *first = world_plan(config, "random", "");
  event_record records[2] = {{0}};
  hft_episode a = world_run(plan, 5, &records[0]), b = world_run(first, 5, &records[1]);
  assert_memory_equal(&a, &b, sizeof a);
  for (int i = 0; i < 2; i++) event_record_free(&records[i]);
  hft_episode_plan_free(first);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_row_follows_from_its_trades),
      cmocka_unit_test(closings_by_hand),
      cmocka_unit_test(one_is_chosen),
      cmocka_unit_test(drawdowns_are_the_largest_falls),
      cmocka_unit_test(a_run_holds_the_rows_of_each_episode),
      cmocka_unit_test(impact_at_the_second_instrument),
      cmocka_unit_test(instruments_that_are_not_there),
      cmocka_unit_test(all_of_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
