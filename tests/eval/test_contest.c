// Strategies in common worlds: alone and together, on one side and on both, on any number of
// threads.
#include "eval/contest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define FLOW "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"
#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 2, episode_len: 60}\n" FLOW

enum { EPISODES = 5, MOST = 20 };

// The strategies of a contest, with their keys.
typedef struct field {
  hft_contest_entry contestant[MOST];
  max_align_t params[MOST][64];
  int count;
} field;

static void add(field *f, const char *strategy, const char *params) {
  hft_contest_entry *one = &f->contestant[f->count];
  one->name = strategy;
  one->entry.strategy = hft_baseline_find(strategy);
  assert_non_null(one->entry.strategy);
  world_params(one->entry.strategy->section, params, f->params[f->count]);
  one->entry.params = f->params[f->count++];
}

static hft_contest_spec spec_of(const hft_config *config, const field *f) {
  return (hft_contest_spec){.config = config,
                            .classes = world_classes,
                            .class_count = world_class_count,
                            .contestant = f->contestant,
                            .count = f->count};
}

static hft_contest *create(const hft_contest_spec *spec) {
  hft_contest *contest = NULL;
  hft_error error = {0};
  expect_ok(hft_contest_create(spec, &contest, &error), &error);
  return contest;
}

static void run(const hft_contest *contest, int threads, uint64_t seed, hft_scores *scores) {
  const hft_runner_options options = {.episodes = EPISODES, .threads = threads, .seed = seed};
  hft_error error = {0};
  expect_ok(hft_contest_run(contest, &options, scores, &error), &error);
  assert_int_equal(scores->episodes, EPISODES);
  for (int i = 0; i < EPISODES; i++) assert_true(scores->seed[i] == seed + (uint64_t)i);
}

static bool same(double a, double b) {
  return a == b || (isnan(a) && isnan(b));
}

// Whether a contestant has the same values in two runs.
static void same_values(const hft_scores *a, int i, const hft_scores *b, int k) {
  assert_int_equal(a->episodes, b->episodes);
  assert_int_equal(a->rows, b->rows);
  for (int row = 0; row < a->rows; row++) {
    for (int m = 0; m < HFT_METRIC_COUNT; m++) {
      const double *x = hft_scores_values(a, i, row, (hft_metric)m);
      const double *y = hft_scores_values(b, k, row, (hft_metric)m);
      for (int e = 0; e < a->episodes; e++) assert_true(same(x[e], y[e]));
    }
  }
}

static void some_field(field *f) {
  *f = (field){0};
  add(f, "twap", "quantity=60 slices=7");
  add(f, "random", "offset_max=3");
  add(f, "vwap", "quantity=40 style=aggressive");
  add(f, "momentum", "sample_ms=200 lookback=5 hold=3 risk=20");
}

static void threads_do_not_matter(void **unused) {
  (void)unused;
  static const char *const worlds[] = {
      LIVE,
      "market_config: {duration_s: 60, decision_ms: 100, instruments: 2}\n"
      "exchange_config: {latency_us: 20000, latency_jitter_us: 5000, taker_fee_bps: 1}\n"
      "env_config: {warmup_s: 2, episode_len: 60}\n" FLOW};
  field f;
  some_field(&f);
  for (int variant = 0; variant < 8; variant++) {
    hft_config *config = world_config(worlds[variant & 1]);
    hft_contest_spec spec = spec_of(config, &f);
    spec.together = (variant & 2) != 0;
    spec.both = (variant & 4) != 0;
    spec.instrument = (variant & 1) != 0 ? HFT_INSTRUMENT_ALL : 0;
    hft_contest *contest = create(&spec);
    hft_scores one = {0};
    run(contest, 1, 100, &one);
    static const int threads[] = {2, 3, 64};
    for (int t = 0; t < 3; t++) {
      hft_scores more = {0};
      run(contest, threads[t], 100, &more);
      for (int c = 0; c < f.count; c++) {
        same_values(&one, c, &more, c);
        assert_memory_equal(one.pairing[c], more.pairing[c], sizeof one.pairing[c]);
      }
      hft_scores_free(&more);
    }
    hft_scores_free(&one);
    hft_contest_free(contest);
    hft_config_free(config);
  }
}

// Alone, each strategy has the numbers of a run of its own.
static void alone_is_a_run_of_its_own(void **unused) {
  (void)unused;
  field f;
  some_field(&f);
  hft_config *config = world_config(LIVE);
  const hft_contest_spec spec = spec_of(config, &f);
  hft_contest *contest = create(&spec);
  hft_scores scores = {0};
  run(contest, 2, 7, &scores);
  hft_metric_summary summary[4 * HFT_METRIC_COUNT];
  assert_int_equal(hft_scores_summarise(&scores, 5, summary), HFT_OK);
  for (int c = 0; c < f.count; c++) {
    const hft_episode_plan *plan = contest->plan[0][c];
    hft_episode episodes[EPISODES];
    const hft_runner_options options = {.episodes = EPISODES, .threads = 1, .seed = 7};
    assert_int_equal(hft_runner_run(plan, &options, episodes, NULL), HFT_OK);
    for (int m = 0; m < HFT_METRIC_COUNT; m++) {
      const double *value = hft_scores_values(&scores, c, 0, (hft_metric)m);
      bool applies = hft_metric_applies((hft_metric)m, plan->kind);
      const hft_metric_summary *one = &summary[c * HFT_METRIC_COUNT + m];
      hft_metric_summary other = {0, NAN, NAN, NAN, {NAN, NAN}};
      if (applies) {
        assert_int_equal(
            hft_metric_summarise(plan, episodes, EPISODES, 0, (hft_metric)m, 5, &other), HFT_OK);
      }
      assert_true(one->count == other.count && same(one->mean, other.mean));
      assert_true(same(one->sd, other.sd) && same(one->median, other.median));
      assert_true(same(one->interval.low, other.interval.low));
      assert_true(same(one->interval.high, other.interval.high));
      for (int e = 0; e < EPISODES; e++) {
        double expected = applies ? hft_metric_value(plan, &episodes[e], 0, (hft_metric)m) : NAN;
        assert_true(same(value[e], expected));
      }
    }
  }
  hft_scores_free(&scores);
  hft_contest_free(contest);
  hft_config_free(config);
}

// With partners that do nothing, a strategy has the numbers that it has alone. After other
// strategies its stream of random numbers, and of latencies, is another: there, strategies without
// any are compared.
static void idle_partners_change_nothing(void **unused) {
  (void)unused;
  static const char *const exchange[] = {
      "", "exchange_config: {taker_fee_bps: 2, maker_fee_bps: -0.5, latency_us: 30000}\n"};
  static const struct {
    const char *name, *params;
    bool draws;
  } cases[] = {{"twap", "quantity=60 slices=7", false},
               {"vwap", "quantity=500 side=sell", false},
               {"random", "offset_max=3", true},
               {"avellaneda-stoikov", "k=2", false},
               {"momentum", "sample_ms=200 lookback=5 hold=3 risk=20", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int variant = 0; variant < 4; variant++) {
      char yaml[512];
      snprintf(yaml, sizeof yaml,
               "market_config: {duration_s: 60, decision_ms: 100, instruments: %d}\n%s"
               "env_config: {warmup_s: 2, episode_len: 60}\n" FLOW,
               variant & 1 ? 2 : 1, exchange[variant / 2]);
      hft_config *config = world_config(yaml);
      for (int place = 0; place < (cases[i].draws ? 1 : 3); place++) {
        field f = {0}, alone = {0};
        for (int k = 0; k < 3; k++) {
          add(&f, k == place ? cases[i].name : "do-nothing", k == place ? cases[i].params : "");
        }
        add(&alone, cases[i].name, cases[i].params);
        hft_contest_spec together = spec_of(config, &f), single = spec_of(config, &alone);
        together.together = true;
        together.instrument = single.instrument = HFT_INSTRUMENT_ALL;
        hft_contest *with = create(&together), *without = create(&single);
        hft_scores a = {0}, b = {0};
        run(with, 2, 30, &a);
        run(without, 2, 30, &b);
        same_values(&a, place, &b, 0);
        assert_true(hft_scores_values(&a, place, 0, HFT_METRIC_TRADED)[0] > 0);
        const double *idle = hft_scores_values(&a, (place + 1) % 3, 0, HFT_METRIC_PNL);
        for (int e = 0; e < EPISODES; e++) assert_true(idle[e] == 0);
        hft_scores_free(&a);
        hft_scores_free(&b);
        hft_contest_free(with);
        hft_contest_free(without);
      }
      hft_config_free(config);
    }
  }
}

// What the TRADE events and closings say about an owner.
typedef struct tally {
  int64_t position, cash;
} tally;

static tally count_trades(const event_record *record, hft_owner owner) {
  tally t = {0};
  for (size_t i = 0; i < record->count; i++) {
    const hft_event *e = &record->events[i];
    if (e->kind != HFT_EVENT_TRADE) continue;
    if (e->owner == e->taker_owner || (e->owner != owner && e->taker_owner != owner)) continue;
    int sign = (e->owner == owner) == (e->side == HFT_BID) ? 1 : -1;
    t.position += sign * e->qty;
    t.cash -= sign * (int64_t)e->price * e->qty;
  }
  return t;
}

// Three strategies of one market: owners in their order, one arrival and one end mid, each account
// what the trades of its owner say, each parent order complete.
static void together_each_has_its_own_account(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  field f = {0};
  add(&f, "twap", "quantity=300 slices=6 style=aggressive");
  add(&f, "avellaneda-stoikov", "k=2 max_inventory=30");
  add(&f, "vwap", "quantity=200 side=sell");
  hft_contest_spec spec = spec_of(config, &f);
  spec.together = true;
  hft_contest *contest = create(&spec);
  assert_int_equal(contest->markets, 1);
  const hft_episode_plan *plan = contest->market[0][0];
  int64_t between = 0;
  for (uint64_t seed = 0; seed < 6; seed++) {
    event_record record = {0};
    hft_episode rows[3];
    world_run_rows(plan, seed, &record, rows);
    for (int c = 0; c < 3; c++) {
      assert_int_equal(plan[c].owner, plan[0].owner + c);
      assert_string_equal(hft_model_participant_name(plan->model, plan[c].owner),
                          f.contestant[c].name);
      assert_int_equal(rows[c].arrival_mid2, rows[0].arrival_mid2);
      assert_int_equal(rows[c].end_mid2, rows[0].end_mid2);
      assert_memory_equal(&rows[c].tape, &rows[0].tape, sizeof rows[0].tape);
      tally t = count_trades(&record, plan[c].owner);
      if (rows[c].closing.transferred + rows[c].closing.unfilled == 0) {
        assert_int_equal(t.position, rows[c].account.position);
        assert_int_equal(t.cash, rows[c].account.cash);
      }
    }
    assert_int_equal(rows[0].account.position, 300);
    assert_int_equal(rows[2].account.position, -200);
    for (size_t i = 0; i < record.count; i++) {
      const hft_event *e = &record.events[i];
      between +=
          e->kind == HFT_EVENT_TRADE && e->owner >= plan->owner && e->taker_owner >= plan->owner;
    }
    event_record_free(&record);
  }
  assert_true(between > 0);  // they do trade with each other
  hft_contest_free(contest);
  hft_config_free(config);
}

// 10 lots are offered at 10001 and 20 wanted by each of two at the end: the first takes the 10 and
// has 10 beyond the book, the second all 20 beyond it. Both are marked at the mid before.
static void closings_follow_the_order(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 1, episode_len: 10}\npopulations: [{kind: wall, qty: 10}]\n");
  field f = {0};
  add(&f, "twap", "quantity=20 slices=1 latency_us=50000000");  // too late for any order
  add(&f, "twap", "quantity=20 slices=1 latency_us=50000000");
  hft_contest_spec spec = spec_of(config, &f);
  spec.together = true;
  hft_contest *contest = create(&spec);
  const hft_episode_plan *plan = contest->market[0][0];
  event_record record = {0};
  hft_episode rows[2];
  world_run_rows(plan, 0, &record, rows);
  for (int c = 0; c < 2; c++) {
    assert_int_equal(rows[c].end_mid2, 20000);
    assert_int_equal(rows[c].account.position, 20);
    assert_int_equal(rows[c].executed, 0);
    assert_int_equal(rows[c].tape.buy_qty, rows[0].tape.buy_qty);
  }
  assert_int_equal(rows[0].closing.traded, 10);
  assert_int_equal(rows[0].closing.unfilled, 10);
  assert_int_equal(rows[1].closing.traded, 0);
  assert_true(rows[1].account.cash < rows[0].account.cash);
  event_record_free(&record);
  hft_contest_free(contest);
  hft_config_free(config);
}

// A pair is the mean of the two sides, and its correlation and saving those of the textbook.
static void pairs_by_hand(void **unused) {
  (void)unused;
  static const char *const side[] = {"buy", "sell"};
  hft_config *config = world_config(LIVE);
  field f = {0};
  add(&f, "twap", "quantity=60 slices=7");
  add(&f, "random", "offset_max=3");
  hft_contest_spec spec = spec_of(config, &f);
  spec.both = true;
  hft_contest *contest = create(&spec);
  assert_true(hft_contest_paired(contest, 0) && !hft_contest_paired(contest, 1));
  hft_scores scores = {0};
  run(contest, 2, 11, &scores);
  double value[2][EPISODES], mean[2] = {0}, square[2] = {0}, cross = 0, both = 0;
  for (int s = 0; s < 2; s++) {
    char params[64];
    snprintf(params, sizeof params, "quantity=60 slices=7 side=%s", side[s]);
    hft_episode_plan *plan = world_plan(config, "twap", params);
    for (int e = 0; e < EPISODES; e++) {
      event_record record = {0};
      hft_episode row = world_run(plan, 11 + (uint64_t)e, &record);
      value[s][e] = hft_metric_value(plan, &row, 0, HFT_METRIC_SHORTFALL);
      mean[s] += value[s][e] / EPISODES;
      event_record_free(&record);
    }
    hft_episode_plan_free(plan);
  }
  for (int e = 0; e < EPISODES; e++) {
    double a = value[0][e] - mean[0], b = value[1][e] - mean[1];
    assert_near(hft_scores_values(&scores, 0, 0, HFT_METRIC_SHORTFALL)[e],
                (value[0][e] + value[1][e]) / 2, 1e-12);
    square[0] += a * a;
    square[1] += b * b;
    cross += a * b;
    both += (a + b) * (a + b) / 4;
  }
  const hft_pairing *pairing = &scores.pairing[0][HFT_METRIC_SHORTFALL];
  assert_near(pairing->correlation, cross / sqrt(square[0] * square[1]), 1e-9);
  assert_near(pairing->saved, 1 - both / ((square[0] + square[1]) / 4), 1e-9);
  assert_true(pairing->saved > 0);  // the two sides lose by opposite moves of the price
  assert_true(isnan(scores.pairing[1][HFT_METRIC_PNL].saved));
  // What has no side is as if it were run once.
  field alone = {0};
  add(&alone, "random", "offset_max=3");
  const hft_contest_spec single = spec_of(config, &alone);
  hft_contest *without = create(&single);
  hft_scores once = {0};
  run(without, 1, 11, &once);
  same_values(&scores, 1, &once, 0);
  hft_scores_free(&once);
  hft_scores_free(&scores);
  hft_contest_free(without);
  hft_contest_free(contest);
  hft_config_free(config);
}

// Both sides, fees, latency, instruments, alone and together: every parent order is complete to the
// lot, and fees are what P&L loses.
static void parent_orders_are_complete(void **unused) {
  (void)unused;
  static const char *const latency[] = {"latency_us: 0", "latency_us: 40000",
                                        "latency_us: 400000, latency_jitter_us: 100000"};
  static const char *const orders[] = {"quantity=1", "quantity=7 slices=3",
                                       "quantity=97 slices=10 style=aggressive",
                                       "quantity=20000 slices=2"};
  static const double horizons[] = {0.05, 1.7, 5};
  for (int variant = 0; variant < 3 * 4 * 3 * 2; variant++) {
    char yaml[640], own[128];
    int instruments = 1 + variant % 2;
    snprintf(yaml, sizeof yaml,
             "market_config: {duration_s: 60, decision_ms: 100, instruments: %d}\n"
             "exchange_config: {taker_fee_bps: %d, %s}\n"
             "env_config: {warmup_s: 2, episode_len: 50}\n" FLOW,
             instruments, variant % 4, latency[variant / 24]);
    hft_config *config = world_config(yaml);
    field f = {0};
    snprintf(own, sizeof own, "%s side=sell", orders[variant % 4]);
    add(&f, "twap", orders[variant % 4]);
    add(&f, "vwap", own);
    hft_contest_spec spec = spec_of(config, &f);
    spec.both = true;
    spec.together = variant / 2 % 2 == 0;
    spec.instrument = HFT_INSTRUMENT_ALL;
    spec.horizon_s = horizons[variant / 8 % 3];
    hft_contest *contest = create(&spec);
    for (int side = 0; side < 2; side++) {
      for (int m = 0; m < contest->markets; m++) {
        const hft_episode_plan *plan = contest->market[side][m];
        assert_near((double)(plan->end - plan->start) * 1e-9, spec.horizon_s, 1e-9);
        hft_market *market = create_market(plan->model);
        hft_episode rows[6];
        assert_int_equal(hft_episode_run(plan, market, 3, NULL, NULL, rows), HFT_OK);
        int each = hft_episode_rows(plan);
        for (int c = 0; c < plan->contestants; c++) {
          for (int k = 0; k < instruments; k++) {
            const hft_episode *row = &rows[c * each + k];
            const hft_closing *rest = &row->closing;
            int sign = side == 0 ? 1 : -1;
            assert_int_equal(plan[c].sign, sign);
            assert_int_equal(row->account.position, sign * plan[c].quantity);
            assert_int_equal(row->executed + rest->traded + rest->transferred + rest->unfilled,
                             plan[c].quantity);
          }
        }
        free(market);
      }
    }
    hft_contest_free(contest);
    hft_config_free(config);
  }
}

typedef struct stopper {
  atomic_int steps;
  int most;
} stopper;

static bool stop(void *context) {
  stopper *s = context;
  return atomic_fetch_add(&s->steps, 1) >= s->most;
}

// Stopped, a run has the worlds that were complete, with the values of the whole run.
static void a_stopped_run_keeps_what_is_complete(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  field f;
  some_field(&f);
  hft_contest_spec spec = spec_of(config, &f);
  spec.both = true;
  hft_contest *contest = create(&spec);
  hft_scores whole = {0};
  run(contest, 2, 500, &whole);
  static const int limits[] = {0, 100, 900, 1300};
  for (int i = 0; i < 8; i++) {
    stopper s = {.most = limits[i / 2]};
    const hft_runner_options options = {
        .episodes = EPISODES, .threads = 1 + i % 2, .seed = 500, .stopped = stop, .context = &s};
    hft_scores part = {0};
    hft_error error;
    assert_int_equal(hft_contest_run(contest, &options, &part, &error), HFT_EINTR);
    assert_true(part.episodes < EPISODES);
    if (i >= 4) assert_true(part.episodes > 0);
    for (int e = 0; e < part.episodes; e++) {
      int world = (int)(part.seed[e] - 500);
      assert_true(e == 0 || part.seed[e] > part.seed[e - 1]);
      for (int c = 0; c < f.count; c++) {
        for (int m = 0; m < HFT_METRIC_COUNT; m++) {
          assert_true(same(hft_scores_values(&part, c, 0, (hft_metric)m)[e],
                           hft_scores_values(&whole, c, 0, (hft_metric)m)[world]));
        }
      }
    }
    hft_scores_free(&part);
  }
  hft_scores_free(&whole);
  hft_contest_free(contest);
  hft_config_free(config);
}

static void refused(const hft_contest_spec *spec, hft_status status, const char *where) {
  hft_contest *contest = NULL;
  hft_error error = {0};
  assert_int_equal(hft_contest_create(spec, &contest, &error), status);
  assert_null(contest);
  assert_string_equal(error.where, where);
}

static void contests_are_bounded(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  field f = {0};
  hft_contest_spec spec = spec_of(config, &f);
  refused(&spec, HFT_EINVAL, "strategies");
  for (int i = 0; i <= HFT_CONTESTANTS_MAX; i++) add(&f, "twap", "quantity=20 horizon_s=2");
  spec = spec_of(config, &f);
  refused(&spec, HFT_EINVAL, "strategies");
  spec.together = true;
  refused(&spec, HFT_EINVAL, "strategies");
  spec.count = HFT_CONTESTANTS_MAX;
  hft_contest *contest = create(&spec);
  hft_scores scores = {0};
  run(contest, 2, 0, &scores);
  for (int c = 0; c < HFT_CONTESTANTS_MAX; c++) {
    assert_near(hft_scores_values(&scores, c, 0, HFT_METRIC_TRADED)[0], 20, 0);
  }
  hft_scores_free(&scores);
  hft_contest_free(contest);
  // One span for all of a market; alone, each has its own.
  add(&f, "twap", "quantity=20 horizon_s=3");
  f.contestant[1] = f.contestant[f.count - 1];
  spec.count = 2;
  refused(&spec, HFT_ECONFIG, "horizon_s");
  spec.together = false;
  hft_contest_free(create(&spec));
  // Both sides of nothing.
  field idle = {0};
  add(&idle, "do-nothing", "");
  spec = spec_of(config, &idle);
  spec.both = true;
  refused(&spec, HFT_EINVAL, "side");
  hft_config_free(config);
}

// More values than HFT_CONTEST_VALUES_MAX are refused before anything runs.
static void values_are_bounded(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {duration_s: 60, decision_ms: 100, instruments: 8}\n"
      "env_config: {warmup_s: 2, episode_len: 60}\n" FLOW);
  field f = {0};
  for (int i = 0; i < HFT_CONTESTANTS_MAX; i++) add(&f, "twap", "");
  hft_contest_spec spec = spec_of(config, &f);
  spec.both = true;
  spec.instrument = HFT_INSTRUMENT_ALL;
  hft_contest *contest = create(&spec);
  const hft_runner_options options = {.episodes = HFT_EPISODES_MAX, .threads = 1};
  hft_scores scores = {0};
  hft_error error;
  assert_int_equal(hft_contest_run(contest, &options, &scores, &error), HFT_EINVAL);
  assert_string_equal(error.where, "episodes");
  assert_null(scores.value);
  hft_scores_free(&scores);
  hft_contest_free(contest);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(alone_is_a_run_of_its_own),
      cmocka_unit_test(idle_partners_change_nothing),
      cmocka_unit_test(together_each_has_its_own_account),
      cmocka_unit_test(closings_follow_the_order),
      cmocka_unit_test(pairs_by_hand),
      cmocka_unit_test(parent_orders_are_complete),
      cmocka_unit_test(a_stopped_run_keeps_what_is_complete),
      cmocka_unit_test(contests_are_bounded),
      cmocka_unit_test(values_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
