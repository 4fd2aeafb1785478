// Episodes in a busy market: the reported figures follow from the trades.
#include "eval/episode.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "eval/metrics.h"
#include "eval/runner.h"
#include "tests/support/episode_world.h"

#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 5, episode_len: 100}\n"       \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

static void same_events(const event_record *a, const event_record *b) {
  assert_int_equal(a->count, b->count);
  assert_true(a->count > 100);
  assert_memory_equal(a->events, b->events, a->count * sizeof *a->events);
}

// The market with a strategy that does nothing is bit for bit the market without it.
static void doing_nothing_changes_nothing(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "do-nothing", "");
  event_record with = {0};
  hft_episode episode = world_run(plan, 42, &with);
  hft_model *model = NULL;
  hft_error error;
  assert_int_equal(
      hft_model_create(config, world_classes, world_class_count, NULL, 0, &model, &error), HFT_OK);
  hft_market *market = create_market(model);
  event_record without = {0};
  hft_sink sink = event_record_sink(&without);
  hft_market_reset(model, market, 42, 0, &sink);
  hft_market_run(model, market, plan->end, &sink);
  same_events(&with, &without);
  assert_int_equal(hft_market_mid2(market, 0), episode.end_mid2);
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, plan->kind)) continue;
    double value = hft_metric_value(plan, &episode, 0, (hft_metric)m);
    if (m == HFT_METRIC_MAKER_RATIO || m == HFT_METRIC_QUEUE_TIME) {
      assert_true(isnan(value));
    } else {
      assert_true(value == 0 && !signbit(value));
    }
  }
  event_record_free(&with);
  event_record_free(&without);
  free(market);
  hft_model_free(model);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// What the TRADE events say about one owner and about all, from a time on.
typedef struct tally {
  int64_t bought, sold, cash, fills, maker_qty;
  int64_t market_qty, market_notional;
} tally;

static tally count_trades(const event_record *record, hft_owner owner, hft_time from) {
  tally t = {0};
  for (size_t i = 0; i < record->count; i++) {
    const hft_event *e = &record->events[i];
    if (e->kind != HFT_EVENT_TRADE) continue;
    if (e->time >= from) {
      t.market_qty += e->qty;
      t.market_notional += (int64_t)e->price * e->qty;
    }
    if (e->owner != owner && e->taker_owner != owner) continue;
    bool maker = e->owner == owner;
    bool buys = maker == (e->side == HFT_BID);
    *(buys ? &t.bought : &t.sold) += e->qty;
    t.cash += (buys ? -1 : 1) * (int64_t)e->price * e->qty;
    t.maker_qty += maker ? e->qty : 0;
    t.fills++;
  }
  return t;
}

static double metric(const hft_episode_plan *plan, const hft_episode *episode, hft_metric m) {
  return hft_metric_value(plan, episode, 0, m);
}

static void costs_follow_from_the_trades(const char *strategy, const char *params, int sign) {
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, strategy, params);
  for (uint64_t seed = 0; seed < 5; seed++) {
    event_record record = {0};
    hft_episode episode = world_run(plan, seed, &record);
    tally t = count_trades(&record, plan->owner, plan->start);
    int64_t filled = sign > 0 ? t.bought : t.sold;
    assert_int_equal(sign > 0 ? t.sold : t.bought, 0);
    assert_true(filled > 0);
    double average = (double)(-sign * t.cash) / (double)filled;
    double arrival = (double)episode.arrival_mid2 / 2;
    double end = (double)episode.end_mid2 / 2;
    double unfilled = 60 - (double)filled;
    double cost = sign * ((double)filled * (average - arrival) + unfilled * (end - arrival));
    assert_near(metric(plan, &episode, HFT_METRIC_SHORTFALL), cost / (60 * arrival) * 1e4, 1e-7);
    double vwap = (double)t.market_notional / (double)t.market_qty;
    assert_near(metric(plan, &episode, HFT_METRIC_VWAP_SLIPPAGE),
                sign * (average - vwap) / vwap * 1e4, 1e-7);
    assert_near(metric(plan, &episode, HFT_METRIC_FILL_RATIO), (double)filled / 60, 1e-15);
    assert_near(metric(plan, &episode, HFT_METRIC_PARTICIPATION),
                (double)filled / (double)t.market_qty, 1e-15);
    assert_near(metric(plan, &episode, HFT_METRIC_PNL),
                0.01 * sign * (double)filled * (end - average), 1e-9);
    event_record_free(&record);
  }
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void execution_costs(void **unused) {
  (void)unused;
  costs_follow_from_the_trades("twap", "quantity=60 slices=7", 1);
  costs_follow_from_the_trades("twap", "quantity=60 slices=5 side=sell", -1);
  costs_follow_from_the_trades("vwap", "quantity=60 style=aggressive", 1);
  costs_follow_from_the_trades("vwap", "quantity=60 side=sell", -1);
}

// The arrival mid is the mid of the book just before the first order of the strategy.
static void arrival_is_before_the_first_order(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=5000 slices=1 style=aggressive");
  hft_episode_plan *idle = world_plan(config, "do-nothing", "");
  event_record record = {0};
  hft_episode episode = world_run(plan, 3, &record);
  event_record_free(&record);
  hft_episode calm = world_run(idle, 3, &record);
  assert_int_equal(episode.arrival_mid2, calm.arrival_mid2);
  assert_true(episode.end_mid2 != calm.end_mid2);
  hft_market *market = create_market(idle->model);
  hft_market_reset(idle->model, market, 3, 0, NULL);
  hft_market_run(idle->model, market, 5 * HFT_SECOND - 1, NULL);
  assert_int_equal(episode.arrival_mid2, hft_market_mid2(market, 0));
  free(market);
  event_record_free(&record);
  hft_episode_plan_free(idle);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void makers_reconcile(const char *strategy, const char *params) {
  // Long enough that every quoter trades.
  hft_config *config = world_config(
      "market_config: {duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 5, episode_len: 500}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
  hft_episode_plan *plan = world_plan(config, strategy, params);
  for (uint64_t seed = 10; seed < 14; seed++) {
    event_record record = {0};
    hft_episode episode = world_run(plan, seed, &record);
    tally t = count_trades(&record, plan->owner, 0);
    assert_true(t.fills > 0);
    assert_int_equal(t.maker_qty, t.bought + t.sold);
    double end = (double)episode.end_mid2 / 2;
    double position = (double)(t.bought - t.sold);
    assert_near(metric(plan, &episode, HFT_METRIC_PNL), 0.01 * ((double)t.cash + position * end),
                1e-9);
    assert_near(metric(plan, &episode, HFT_METRIC_INVENTORY_END), position, 0);
    assert_near(metric(plan, &episode, HFT_METRIC_TRADED), (double)(t.bought + t.sold), 0);
    assert_near(metric(plan, &episode, HFT_METRIC_FILLS), (double)t.fills, 0);
    assert_near(metric(plan, &episode, HFT_METRIC_MAKER_RATIO), 1, 0);
    double most = metric(plan, &episode, HFT_METRIC_INVENTORY_MAX);
    double mean = metric(plan, &episode, HFT_METRIC_INVENTORY_MEAN);
    assert_true(most >= mean && most >= fabs(position) && most <= 30);
    assert_true(mean > 0);
    event_record_free(&record);
  }
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void makers_reconcile_with_the_trades(void **unused) {
  (void)unused;
  makers_reconcile("avellaneda-stoikov", "max_inventory=30 k=2");
  makers_reconcile("random", "max_inventory=30 offset_max=3");
}

// In a still market the numbers are known: a maker that buys 10 lots one tick below the mid.
static void known_inventory_and_spread(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "populations: [{kind: wall, bid: 9900, ask: 10100},"
      " {kind: taker, side: sell, qty: 10, every_ms: 6000}]\n");
  hft_episode_plan *plan =
      world_plan(config, "avellaneda-stoikov", "gamma=0 k=0.5 quote_qty=10 refresh_ms=100");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  assert_near(metric(plan, &episode, HFT_METRIC_INVENTORY_MAX), 10, 0);
  assert_near(metric(plan, &episode, HFT_METRIC_INVENTORY_MEAN), 5.1, 1e-12);  // 51 of 100 steps
  assert_near(metric(plan, &episode, HFT_METRIC_INVENTORY_END), 10, 0);
  assert_near(metric(plan, &episode, HFT_METRIC_SPREAD_CAPTURED), 10 * 2 * 0.01, 1e-12);
  assert_near(metric(plan, &episode, HFT_METRIC_PNL), 10 * 2 * 0.01, 1e-12);
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

enum { EPISODES = 7 };

static void run_all(const hft_episode_plan *plan, int threads, hft_episode *episodes) {
  memset(episodes, 0, EPISODES * sizeof *episodes);
  const hft_runner_options options = {.episodes = EPISODES, .threads = threads, .seed = 100};
  hft_error error;
  assert_int_equal(hft_runner_run(plan, &options, episodes, &error), HFT_OK);
}

static void threads_do_not_matter(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  const char *strategies[] = {"twap", "vwap", "avellaneda-stoikov", "random"};
  for (size_t s = 0; s < 4; s++) {
    hft_episode_plan *plan = world_plan(config, strategies[s], "");
    hft_episode one[EPISODES];
    hft_episode more[EPISODES];
    run_all(plan, 1, one);
    const int threads[] = {2, 5, 64};
    for (size_t t = 0; t < 3; t++) {
      run_all(plan, threads[t], more);
      assert_memory_equal(one, more, sizeof one);
    }
    // Episode i is the world of seed 100 + i, and worlds differ.
    event_record record = {0};
    hft_episode third = world_run(plan, 103, &record);
    assert_memory_equal(&third, &one[3], sizeof third);
    assert_memory_not_equal(&one[2], &one[3], sizeof third);
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

typedef struct stopper {
  atomic_int calls;
  double last_progress;
} stopper;

static bool stop_after_200_steps(void *context) {
  return atomic_fetch_add(&((stopper *)context)->calls, 1) >= 200;
}

static void note_progress(void *context, double done) {
  stopper *s = context;
  assert_true(done > s->last_progress && done <= 1);
  s->last_progress = done;
}

// How often goes_on has been asked between pieces, and how many steps were done then.
typedef struct piece_progress {
  int asked, most, steps;
} piece_progress;

static bool count_step(void *context) {
  ((piece_progress *)context)->steps++;
  return true;
}

static bool count_piece(void *context) {
  piece_progress *self = context;
  return ++self->asked < self->most;
}

// However much happens in a step, and before the first, an episode stops in its midst; and the
// pieces change nothing.
static void a_long_step_is_stopped(void **unused) {
  (void)unused;
  static const char *const worlds[] = {
      "market_config: {duration_s: 7200, decision_ms: 3600000}\n"
      "env_config: {warmup_s: 1, episode_len: 1}\npopulations: [{kind: noise, market_rate: 1e6}]\n",
      "market_config: {duration_s: 7200, decision_ms: 100}\n"
      "env_config: {warmup_s: 3600, episode_len: 1}\n"
      "populations: [{kind: noise, market_rate: 1e6}]\n"};
  for (int i = 0; i < 2; i++) {
    hft_config *config = world_config(worlds[i]);
    hft_episode_plan *plan = world_plan(config, "twap", "");
    hft_market *market = create_market(plan->model);
    piece_progress self = {.most = 3};
    const hft_episode_progress progress = {count_step, count_piece, &self};
    hft_episode episode;
    assert_int_equal(hft_episode_run(plan, market, 1, NULL, &progress, &episode), HFT_EINTR);
    assert_int_equal(self.asked, 3);
    assert_int_equal(self.steps, 0);
    assert_true(hft_market_now(market) < 60 * HFT_SECOND);
    free(market);
    hft_episode_plan_free(plan);
    hft_config_free(config);
  }
}

static void slices_change_nothing(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {duration_s: 3600, decision_ms: 600000, fundamental_step_ms: 1}\n"
      "env_config: {warmup_s: 5, episode_len: 2}\n"
      "populations: [{kind: maker}, {kind: noise, market_rate: 20}, {kind: value}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=400 style=aggressive");
  hft_market *whole = create_market(plan->model), *pieces = create_market(plan->model);
  piece_progress self = {.most = 1000000};
  const hft_episode_progress progress = {count_step, count_piece, &self};
  hft_episode episode[2];
  assert_int_equal(hft_episode_run(plan, whole, 3, NULL, NULL, &episode[0]), HFT_OK);
  assert_int_equal(hft_episode_run(plan, pieces, 3, NULL, &progress, &episode[1]), HFT_OK);
  assert_true(self.asked > 3);
  assert_int_equal(self.steps, 2);
  assert_true(hft_market_hash(plan->model, whole) == hft_market_hash(plan->model, pieces));
  free(whole);
  free(pieces);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void a_run_can_be_stopped(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "");
  hft_episode episodes[EPISODES];
  stopper s = {0};
  hft_runner_options options = {.episodes = EPISODES,
                                .threads = 1,
                                .stopped = stop_after_200_steps,
                                .progress = note_progress,
                                .context = &s};
  hft_error error;
  assert_int_equal(hft_runner_run(plan, &options, episodes, &error), HFT_EINTR);
  assert_int_equal(error.status, HFT_EINTR);
  assert_near(s.last_progress, 200.0 / 700, 1e-12);
  options.threads = 3;
  s.last_progress = 0;
  s.calls = 0;
  assert_int_equal(hft_runner_run(plan, &options, episodes, &error), HFT_EINTR);
  assert_true(s.calls < 210);
  options.stopped = NULL;
  options.threads = 1;
  s.last_progress = 0;
  assert_int_equal(hft_runner_run(plan, &options, episodes, &error), HFT_OK);
  assert_near(s.last_progress, 1, 0);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void options_are_bounded(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "");
  hft_error error;
  const hft_runner_options bad[] = {{.episodes = 0, .threads = 1},
                                    {.episodes = HFT_EPISODES_MAX + 1, .threads = 1},
                                    {.episodes = 1, .threads = 0},
                                    {.episodes = 1, .threads = HFT_RUNNER_THREADS_MAX + 1}};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(hft_runner_run(plan, &bad[i], NULL, &error), HFT_EINVAL);
  }
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void the_span_of_an_episode(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "");
  assert_int_equal(plan->start, 5 * HFT_SECOND);
  assert_int_equal(plan->end, 15 * HFT_SECOND);
  assert_int_equal(hft_episode_steps(plan), 100);
  hft_episode_plan_free(plan);
  plan = world_plan(config, "twap", "start_s=7 horizon_s=0.25");
  assert_int_equal(plan->start, 7 * HFT_SECOND);
  assert_int_equal(plan->end, 7250 * HFT_MILLISECOND);
  assert_int_equal(hft_episode_steps(plan), 3);
  hft_episode_plan_free(plan);
  hft_config_free(config);
  config = world_config(
      "market_config: {duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 5, episode_len: 551}\n");
  hft_error error;
  assert_int_equal(world_refusal(config, "do-nothing", "", 0, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "market_config.duration_s");
  hft_config_free(config);
}

static void summaries(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=100");
  hft_episode episodes[4] = {{0}};
  for (int i = 0; i < 4; i++) {
    episodes[i].arrival_mid2 = 20000;
    episodes[i].end_mid2 = 20000;
  }
  // All buy 100, at 10001, 10003, 10001 and 10000 on average, in one of them without a market.
  const int64_t price[] = {10001, 10003, 10001, 10000};
  for (int i = 0; i < 4; i++) {
    episodes[i].account.position = 100;
    episodes[i].account.cash = -100 * price[i];
    if (i < 3) episodes[i].tape = (hft_tape){.buy_qty = 1000, .notional = 10000000};
  }
  hft_metric_summary s;
  assert_int_equal(hft_metric_summarise(plan, episodes, 4, 0, HFT_METRIC_SHORTFALL, 1, &s), HFT_OK);
  assert_int_equal(s.count, 4);
  assert_near(s.mean, (1 + 3 + 1 + 0) / 4.0, 1e-9);
  assert_near(s.median, 1, 1e-9);
  assert_near(s.sd, sqrt((0.0625 + 3.0625 + 0.0625 + 1.5625) / 3), 1e-9);
  assert_true(s.interval.low < s.mean && s.mean < s.interval.high);
  assert_int_equal(hft_metric_summarise(plan, episodes, 4, 0, HFT_METRIC_VWAP_SLIPPAGE, 1, &s),
                   HFT_OK);
  assert_int_equal(s.count, 3);
  assert_near(s.mean, (1 + 3 + 1) / 3.0, 1e-9);
  assert_int_equal(hft_metric_summarise(plan, &episodes[3], 1, 0, HFT_METRIC_VWAP_SLIPPAGE, 1, &s),
                   HFT_OK);
  assert_int_equal(s.count, 0);
  assert_true(isnan(s.mean) && isnan(s.interval.low));
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(doing_nothing_changes_nothing),
      cmocka_unit_test(execution_costs),
      cmocka_unit_test(arrival_is_before_the_first_order),
      cmocka_unit_test(makers_reconcile_with_the_trades),
      cmocka_unit_test(known_inventory_and_spread),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(a_run_can_be_stopped),
      cmocka_unit_test(a_long_step_is_stopped),
      cmocka_unit_test(slices_change_nothing),
      cmocka_unit_test(options_are_bounded),
      cmocka_unit_test(the_span_of_an_episode),
      cmocka_unit_test(summaries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
