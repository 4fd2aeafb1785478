// The positions of the directional strategies are those that their signals ask for, worked out
// anew after each sample from the recorded events alone. No strategy knows the future.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

enum { START = 20, END = 80, SAMPLES_MAX = 1000, TICKS = 20000 };

// ---- the market, from its events ---------------------------------------------------------------

typedef struct quotes {
  int price[2];  // bid, ask; 0: none
  int64_t qty[2];
} quotes;

typedef struct naive_book {
  int64_t qty[2][TICKS];
  quotes best;
  int64_t mid2;
  int64_t position;  // of the owner
} naive_book;

static void find_best(naive_book *book) {
  int bid = TICKS - 1, ask = 1;
  while (bid > 0 && book->qty[0][bid] == 0) bid--;
  while (ask < TICKS && book->qty[1][ask] == 0) ask++;
  if (ask == TICKS) ask = 0;
  book->best = (quotes){{bid, ask}, {book->qty[0][bid], ask > 0 ? book->qty[1][ask] : 0}};
  if (bid > 0 && ask > 0) book->mid2 = bid + ask;
}

// Returns whether the event changes the book.
static bool apply(naive_book *book, const hft_event *e, hft_owner owner) {
  if (e->kind == HFT_EVENT_TRADE) {
    int64_t maker_sign = e->side == HFT_BID ? 1 : -1;
    if (e->owner == owner) book->position += maker_sign * e->qty;
    if (e->taker_owner == owner) book->position -= maker_sign * e->qty;
  }
  int64_t sign = e->kind == HFT_EVENT_ADD ? 1 : -1;
  if (e->kind != HFT_EVENT_ADD && e->kind != HFT_EVENT_TRADE && e->kind != HFT_EVENT_CANCEL &&
      e->kind != HFT_EVENT_REDUCE) {
    return false;
  }
  assert_in_range(e->price, 1, TICKS - 1);
  book->qty[e->side][e->price] += sign * e->qty;
  assert_true(book->qty[e->side][e->price] >= 0);
  return true;
}

// ---- signals, worked out from all samples so far -----------------------------------------------

typedef struct history {
  double mid[SAMPLES_MAX];
  quotes best[SAMPLES_MAX];
} history;

static double mean_of(const double *x, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i];
  return sum / n;
}

static double naive_reversion(const history *h, int n, const int *of) {
  if (n + 1 < of[0]) return 0;
  const double *window = &h->mid[n + 1 - of[0]];
  double mean = mean_of(window, of[0]), squares = 0;
  for (int i = 0; i < of[0]; i++) squares += (window[i] - mean) * (window[i] - mean);
  return squares > 0 ? (mean - h->mid[n]) / sqrt(squares / of[0]) : 0;
}

// Wilder's averages in closed form: the plain means of the first `period` changes, and the weights
// that each later change has kept.
static double naive_rsi(const history *h, int n, const int *of) {
  int period = of[0];
  double side[2] = {0};
  if (n < period) return 0;
  for (int i = 1; i <= n; i++) {
    double change = h->mid[i] - h->mid[i - 1];
    double weight = pow(1 - 1.0 / period, n - (i > period ? i : period)) / period;
    side[change < 0] += weight * fabs(change);
  }
  if (side[0] + side[1] == 0) return 0;
  double rsi = side[1] == 0 ? 100 : 100 - 100 / (1 + side[0] / side[1]);
  return 50 - rsi;
}

static double naive_sma(const history *h, int n, const int *of) {
  if (n + 1 < of[1]) return 0;
  return mean_of(&h->mid[n + 1 - of[0]], of[0]) - mean_of(&h->mid[n + 1 - of[1]], of[1]);
}

static int64_t event_of(const quotes *was, const quotes *is) {
  if (was->price[0] == 0 || was->price[1] == 0 || is->price[0] == 0 || is->price[1] == 0) return 0;
  return (is->price[0] >= was->price[0] ? is->qty[0] : 0) -
         (is->price[0] <= was->price[0] ? was->qty[0] : 0) -
         (is->price[1] <= was->price[1] ? is->qty[1] : 0) +
         (is->price[1] >= was->price[1] ? was->qty[1] : 0);
}

static double naive_ofi(const history *h, int n, const int *of) {
  int64_t sum = 0, depth = 0, depths = 0;
  if (n < of[0]) return 0;
  for (int i = n - of[0] + 1; i <= n; i++) {
    sum += event_of(&h->best[i - 1], &h->best[i]);
    if (h->best[i].price[0] == 0 || h->best[i].price[1] == 0) continue;
    depth += h->best[i].qty[0] + h->best[i].qty[1];
    depths++;
  }
  return depths > 0 ? (double)sum / ((double)depth / (double)depths) : 0;
}

typedef struct rule {
  const char *strategy, *params;
  double (*signal)(const history *h, int n, const int *of);
  int of[2];  // windows
  int sample_ms;
  double entry, exit;
} rule;

static const rule rules[] = {
    {"mean-reversion", "lookback=10", naive_reversion, {10}, 1000, 1.2, 0.3},
    {"mean-reversion", "lookback=2", naive_reversion, {2}, 500, 0.5, 0},
    {"mean-reversion", "lookback=40", naive_reversion, {40}, 250, 2, 2},
    {"rsi", "period=14", naive_rsi, {14}, 1000, 15, 12},
    {"rsi", "period=1", naive_rsi, {1}, 1000, 10, 10},
    {"rsi", "period=5", naive_rsi, {5}, 250, 15, 5},
    {"sma", "fast=3 slow=12", naive_sma, {3, 12}, 1000, 0, 0},
    {"sma", "fast=1 slow=2", naive_sma, {1, 2}, 500, 0.4, 0.2},
    {"sma", "fast=10 slow=60", naive_sma, {10, 60}, 250, 1, 0.3},
    {"ofi", "window=20", naive_ofi, {20}, 100, 1.5, 0.5},
    {"ofi", "window=1", naive_ofi, {1}, 1000, 0.7, 0},
    {"ofi", "window=7", naive_ofi, {7}, 250, 1, 1},
};

// ---- positions ---------------------------------------------------------------------------------

static int side_of(const rule *r, int held, double signal) {
  if (held > 0 && signal >= r->exit) return 1;
  if (held < 0 && -signal >= r->exit) return -1;
  if (signal > r->entry) return 1;
  return signal < -r->entry ? -1 : 0;
}

typedef struct count {
  int64_t changes, held, samples;
} count;

static const hft_event *book_before(naive_book *book, const hft_event *e, const hft_event *end,
                                    hft_time time, hft_owner owner) {
  for (; e < end && e->time < time; e++) apply(book, e, owner);
  find_best(book);
  return e;
}

// Compares the position after each sample with the rule's.
static void follow(const rule *r, const event_record *record, hft_owner owner, count *sum) {
  enum { LOTS = 6 };
  static naive_book book;
  static history h;
  memset(&book, 0, sizeof book);
  book.mid2 = 20000;
  const hft_event *e = record->events, *end = e + record->count;
  while (e < end && e->time == 0) apply(&book, e++, owner);
  find_best(&book);
  h.mid[0] = 0.5 * (double)book.mid2;
  h.best[0] = book.best;
  hft_time sample = r->sample_ms * HFT_MILLISECOND;
  int side = 0;
  for (int n = 1; n * sample < END * HFT_SECOND; n++) {
    e = book_before(&book, e, end, n * sample, owner);
    h.mid[n] = 0.5 * (double)book.mid2;
    h.best[n] = book.best;
    while (e < end && e->time == n * sample) apply(&book, e++, owner);
    int before = side;
    if (n * sample >= START * HFT_SECOND) side = side_of(r, side, r->signal(&h, n, r->of));
    if (book.position != (int64_t)side * LOTS) {
      fail_msg("%s %s: %d lots after sample %d, not %d", r->strategy, r->params, (int)book.position,
               n, side * LOTS);
    }
    sum->changes += side != before;
    sum->held += side != 0;
    sum->samples++;
  }
  while (e < end) apply(&book, e++, owner);
  assert_int_equal(book.position, 0);
}

static void positions_follow_the_signals(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {duration_s: 100, decision_ms: 1000}\n"
      "env_config: {warmup_s: 20, episode_len: 60}\n"
      "populations: [{kind: maker, quote_qty: 50}, {kind: noise}, {kind: value}]\n");
  for (int i = 0; i < COUNT(rules); i++) {
    const rule *r = &rules[i];
    char params[256];
    snprintf(params, sizeof params, "%s sample_ms=%d entry=%g exit=%g max_inventory=6", r->params,
             r->sample_ms, r->entry, r->exit);
    count sum = {0};
    for (uint64_t seed = 0; seed < 4; seed++) {
      hft_episode_plan *plan = world_plan(config, r->strategy, params);
      assert_int_equal(plan->kind, HFT_BASELINE_DIRECTIONAL);
      event_record record = {0};
      world_run(plan, seed, &record);
      follow(r, &record, plan->owner, &sum);
      event_record_free(&record);
      hft_episode_plan_free(plan);
    }
    print_message("%s %s: %lld changes, %.0f%% of the time in a position\n", r->strategy, params,
                  (long long)sum.changes, 100 * (double)sum.held / (double)sum.samples);
    assert_true(sum.changes > 8);
    assert_true(sum.held > 0);
  }
  hft_config_free(config);
}

// ---- events of the best quotes -----------------------------------------------------------------

// The imbalance from samples 100 ms apart is nearly that of all changes of the best quotes between
// them, by the definition: their correlation over windows of 10 s.
static void samples_tell_the_imbalance(void **unused) {
  (void)unused;
  enum { WINDOWS = 50 };
  static naive_book book;
  hft_config *config = world_config(
      "market_config: {duration_s: 600, decision_ms: 1000}\n"
      "env_config: {warmup_s: 10, episode_len: 500}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
  double xx = 0, xy = 0, yy = 0;
  for (uint64_t seed = 0; seed < 2; seed++) {
    hft_episode_plan *plan = world_plan(config, "do-nothing", "");
    event_record record = {0};
    world_run(plan, seed, &record);
    memset(&book, 0, sizeof book);
    const hft_event *e = record.events, *end = e + record.count;
    e = book_before(&book, e, end, 10 * HFT_SECOND, HFT_OWNER_NONE);
    for (int w = 0; w < WINDOWS; w++) {
      int64_t exact = 0, sampled = 0;
      for (int i = 1; i <= 100; i++) {
        const quotes before = book.best;
        hft_time until = (w + 1) * (10 * HFT_SECOND) + i * (100 * HFT_MILLISECOND);
        for (; e < end && e->time < until; e++) {
          const quotes was = book.best;
          if (!apply(&book, e, HFT_OWNER_NONE)) continue;
          find_best(&book);
          exact += event_of(&was, &book.best);
        }
        sampled += event_of(&before, &book.best);
      }
      xx += (double)(exact * exact);
      xy += (double)(exact * sampled);
      yy += (double)(sampled * sampled);
    }
    event_record_free(&record);
    hft_episode_plan_free(plan);
  }
  double correlation = xy / sqrt(xx * yy);
  print_message("sampled and exact imbalance: correlation %.3f\n", correlation);
  assert_true(correlation > 0.9);
  hft_config_free(config);
}

// ---- the future --------------------------------------------------------------------------------

// Keys that make a strategy trade often.
static const char *lively(const char *strategy) {
  static const char *const table[][2] = {
      {"momentum", "sample_ms=500 lookback=5 hold=2"},
      {"mean-reversion", "sample_ms=500 lookback=10 entry=1"},
      {"rsi", "sample_ms=500 period=5 entry=10"},
      {"sma", "sample_ms=500 fast=3 slow=10 entry=0"},
      {"ofi", "sample_ms=100 window=20 entry=1 exit=0.5"},
  };
  for (int i = 0; i < COUNT(table); i++) {
    if (strcmp(table[i][0], strategy) == 0) return table[i][1];
  }
  return "";
}

static event_record run_altered(const char *strategy, int at_s, const char *side, uint64_t seed,
                                hft_owner *owner) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 60, decision_ms: 500}\n"
           "env_config: {warmup_s: 5, episode_len: 80}\nexchange_config: {latency_us: 20000}\n"
           "populations: [{kind: maker}, {kind: noise}, {kind: value}, "
           "{kind: taker, qty: 200, every_ms: %d, side: %s}]\n",
           1000 * at_s, side);
  hft_config *config = world_config(yaml);
  hft_episode_plan *plan = world_plan(config, strategy, lively(strategy));
  event_record record = {0};
  world_run(plan, seed, &record);
  *owner = plan->owner;
  hft_episode_plan_free(plan);
  hft_config_free(config);
  return record;
}

// Two worlds that differ from a time on: up to it all events are the same, the strategy's too, and
// it trades. After it its trades differ. test_future.c has all strategies at one time.
static void no_strategy_sees_the_future(void **unused) {
  (void)unused;
  for (int c = 0; c < hft_baseline_class_count; c++) {
    if (hft_baseline_kind_of(hft_baseline_classes[c]) != HFT_BASELINE_DIRECTIONAL) continue;
    const char *name = hft_baseline_classes[c]->section->name;
    int64_t own = 0, apart = 0;
    for (int at_s = 9; at_s <= 33; at_s += 8) {
      hft_owner owner;
      event_record up = run_altered(name, at_s, "buy", 3, &owner);
      event_record down = run_altered(name, at_s, "sell", 3, &owner);
      size_t i = 0;
      for (; i < up.count && up.events[i].time < at_s * HFT_SECOND; i++) {
        assert_true(i < down.count);
        assert_memory_equal(&up.events[i], &down.events[i], sizeof(hft_event));
        own += up.events[i].owner == owner || up.events[i].taker_owner == owner;
      }
      assert_true(down.events[i].time >= at_s * HFT_SECOND);
      size_t a = i, b = i;
      const hft_event *one, *other;
      do {
        one = world_next(&up, owner, HFT_EVENT_TRADE, &a);
        other = world_next(&down, owner, HFT_EVENT_TRADE, &b);
      } while (one != NULL && other != NULL && one->time == other->time && one->qty == other->qty);
      apart += one != NULL || other != NULL;
      event_record_free(&up);
      event_record_free(&down);
    }
    if (own == 0 || apart == 0) fail_msg("%s does not react", name);
  }
}

// ---- the end -----------------------------------------------------------------------------------

// The position is closed in time, whatever the latency; a span too short for that is not traded in.
static void flat_at_the_horizon(void **unused) {
  (void)unused;
  static const char *const delays[] = {"", "latency_us: 1000, ", "latency_us: 300000, ",
                                       "latency_us: 50000, latency_jitter_us: 20000, "};
  for (int d = 0; d < COUNT(delays); d++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {duration_s: 60, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 60}\nexchange_config: {%staker_fee_bps: 1}\n"
             "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n",
             delays[d]);
    hft_config *config = world_config(yaml);
    for (int c = 0; c < hft_baseline_class_count; c++) {
      const hft_agent_class *strategy = hft_baseline_classes[c];
      if (hft_baseline_kind_of(strategy) != HFT_BASELINE_DIRECTIONAL) continue;
      char params[256];
      snprintf(params, sizeof params, "%s max_inventory=8", lively(strategy->section->name));
      for (uint64_t seed = 0; seed < 6; seed++) {
        hft_episode_plan *plan = world_plan(config, strategy->section->name, params);
        event_record record = {0};
        hft_episode episode = world_run(plan, seed, &record);
        assert_true(episode.account.fill_count > 2);
        assert_int_equal(episode.account.position, 0);
        assert_in_range(episode.max_inventory, 1, 8);
        event_record_free(&record);
        hft_episode_plan_free(plan);
        plan = world_plan(config, strategy->section->name, "horizon_s=0.000001 sample_ms=1");
        episode = world_run(plan, seed, &record);
        assert_int_equal(episode.account.position, 0);
        event_record_free(&record);
        hft_episode_plan_free(plan);
      }
    }
    hft_config_free(config);
  }
}

// A position that the book cannot take at once is closed over the time that close_s gives.
static void large_positions_need_time(void **unused) {
  (void)unused;
  static const char *const delays[] = {"", "latency_us: 50000, latency_jitter_us: 5000"};
  for (int d = 0; d < COUNT(delays); d++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {duration_s: 100}\nenv_config: {warmup_s: 10, episode_len: 160}\n"
             "exchange_config: {%s}\npopulations: [{kind: maker}, {kind: noise}, {kind: value}]\n",
             delays[d]);
    hft_config *config = world_config(yaml);
    int64_t left[2] = {0};
    for (int closes = 0; closes < 2; closes++) {
      for (uint64_t seed = 0; seed < 4; seed++) {
        hft_episode_plan *plan =
            world_plan(config, "rsi",
                       closes ? "sample_ms=100 entry=0 exit=0 max_inventory=3000 close_s=30"
                              : "sample_ms=100 entry=0 exit=0 max_inventory=3000");
        event_record record = {0};
        hft_episode episode = world_run(plan, seed, &record);
        assert_in_range(episode.max_inventory, 200, 3000);
        left[closes] += llabs(episode.account.position);
        event_record_free(&record);
        hft_episode_plan_free(plan);
      }
    }
    print_message("left of large positions: %lld lots, with close_s %lld\n", (long long)left[0],
                  (long long)left[1]);
    assert_true(left[0] > 0);
    assert_int_equal(left[1], 0);
    hft_config_free(config);
  }
}

// ---- keys --------------------------------------------------------------------------------------

static void keys_that_contradict_are_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *strategy, *params, *words;
  } cases[] = {
      {"mean-reversion", "entry=1 exit=1.5", "exit: 1.5 is above entry, 1"},
      {"rsi", "entry=10 exit=20", "exit: 20 is above entry, 10"},
      {"sma", "entry=0 exit=0.1", "exit: 0.1 is above entry, 0"},
      {"ofi", "entry=0.5 exit=1", "exit: 1 is above entry, 0.5"},
      {"sma", "fast=5 slow=5", "fast: 5 is not below slow, 5"},
      {"sma", "fast=9 slow=2", "fast: 9 is not below slow, 2"},
  };
  hft_config *config = world_config(
      "market_config: {duration_s: 60}\nenv_config: {warmup_s: 5, episode_len: 60}\n"
      "populations: [{kind: wall}]\n");
  for (int i = 0; i < COUNT(cases); i++) {
    hft_error error = {0};
    assert_int_equal(world_refusal(config, cases[i].strategy, cases[i].params, 0, &error),
                     HFT_ECONFIG);
    expect_error(&error, HFT_ECONFIG, NULL, cases[i].words);
  }
  hft_config_free(config);
}

// Without a change of the market there is no signal. A span shorter than the latency, or than a
// window, is not traded in.
static void nothing_to_follow(void **unused) {
  (void)unused;
  static const char *const cases[][2] = {
      {"{kind: wall}", "sample_ms=100"},
      {"{kind: wall, bid: 0}", "sample_ms=100"},
      {"{kind: wall, bid: 0, ask: 0}", "sample_ms=100"},
      {"{kind: maker}, {kind: noise}", "horizon_s=0.000001 sample_ms=1"},
  };
  for (int c = 0; c < hft_baseline_class_count; c++) {
    const hft_agent_class *strategy = hft_baseline_classes[c];
    if (hft_baseline_kind_of(strategy) != HFT_BASELINE_DIRECTIONAL) continue;
    for (int i = 0; i < COUNT(cases); i++) {
      char yaml[256];
      snprintf(yaml, sizeof yaml,
               "market_config: {fundamental: constant, duration_s: 60}\n"
               "exchange_config: {latency_us: 1000}\n"
               "env_config: {warmup_s: 5, episode_len: 60}\npopulations: [%s]\n",
               cases[i][0]);
      hft_config *config = world_config(yaml);
      hft_episode_plan *plan = world_plan(config, strategy->section->name, cases[i][1]);
      event_record record = {0};
      hft_episode episode = world_run(plan, 1, &record);
      assert_int_equal(episode.account.order_count, 0);
      event_record_free(&record);
      hft_episode_plan_free(plan);
      hft_config_free(config);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(positions_follow_the_signals),
      cmocka_unit_test(samples_tell_the_imbalance),
      cmocka_unit_test(no_strategy_sees_the_future),
      cmocka_unit_test(flat_at_the_horizon),
      cmocka_unit_test(large_positions_need_time),
      cmocka_unit_test(keys_that_contradict_are_refused),
      cmocka_unit_test(nothing_to_follow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
