// What is recorded of an episode: against the events, the market itself and naive sums, with any
// strategy, fees, latency, auctions and halts. The parts of the P&L and of the shortfall add up.
#include "eval/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/metrics.h"
#include "eval/plain.h"
#include "sim/base/arena.h"
#include "tests/support/episode_world.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

enum { WARMUP_S = 5, LENGTH_S = 75 };

typedef struct contender {
  const char *name, *params;
} contender;

static const contender contenders[] = {
    {"twap", "quantity=240 slices=8 refresh_ms=100"},
    {"twap", "quantity=2000 slices=8 style=aggressive side=sell"},
    {"twap", "quantity=90000 slices=1 style=aggressive"},
    {"vwap", "quantity=240 slices=40 refresh_ms=100 side=sell"},
    {"avellaneda-stoikov", "max_inventory=15 quote_qty=10 k=3 refresh_ms=100"},
    {"random", "max_inventory=15 quote_qty=10 offset_max=2 refresh_ms=100"},
    {"momentum", "max_inventory=15 risk=100 sample_ms=200 lookback=5 hold=2"},
    {"do-nothing", ""},
};
static const char *const latencies[] = {"", "latency_us: 1000",
                                        "latency_us: 20000, latency_jitter_us: 150000"};
static const char *const fees[] = {"", "maker_fee_bps: -1.5, taker_fee_bps: 3",
                                   "maker_fee_per_lot: 0.3, taker_fee_per_lot: 0.7"};
typedef struct phases {
  const char *yaml;
  int duration_s;
} phases;
static const phases markets[] = {
    {"", 120},
    {"halt_band_bps: 3, halt_reference_s: 4, halt_s: 1.5", 120},
    {"closing_auction_s: 10", WARMUP_S + LENGTH_S + 5},  // ends in the call
    {"closing_auction_s: 6", WARMUP_S + LENGTH_S},       // ends after it
};

static hft_config *configure(const phases *market, const char *latency, const char *fee) {
  char yaml[1024];
  const char *rules[] = {market->yaml, latency, fee};
  int at = snprintf(yaml, sizeof yaml,
                    "market_config: {duration_s: %d, decision_ms: 500}\n"
                    "env_config: {warmup_s: %d, episode_len: %d}\n"
                    "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"
                    "exchange_config: {opening_auction_s: 0",
                    market->duration_s, WARMUP_S, 2 * LENGTH_S);
  for (size_t i = 0; i < COUNT(rules); i++) {
    if (rules[i][0] == '\0') continue;
    at += snprintf(yaml + at, sizeof yaml - (size_t)at, ", %s", rules[i]);
  }
  snprintf(yaml + at, sizeof yaml - (size_t)at, "}\n");
  return world_config(yaml);
}

// An episode with its events and its record.
typedef struct recorded {
  const hft_episode_plan *plan;
  hft_market *market;
  void *memory;
  event_record events;
  hft_episode episode;
  hft_trading trading;
} recorded;

static recorded record_episode(const hft_episode_plan *plan, uint64_t seed) {
  recorded r = {.plan = plan, .market = create_market(plan->model)};
  r.memory = aligned_zeros(hft_episode_record_size(plan));
  hft_sink sink = event_record_sink(&r.events);
  assert_int_equal(
      hft_episode_run_recorded(plan, r.market, seed, &sink, NULL, r.memory, &r.episode), HFT_OK);
  r.trading = hft_record_trading(r.memory, 0);
  assert_int_equal(r.trading.lost, 0);
  return r;
}

static void release(recorded *r) {
  event_record_free(&r->events);
  free(r->memory);
  free(r->market);
}

// ---- against the events ------------------------------------------------------------------------

static int64_t transfer_cash(const hft_instrument *instrument, const hft_event *e) {
  int64_t cash = 0, price = e->price, sign = e->side == HFT_BID ? 1 : -1;
  for (int64_t left = e->qty; left > 0; left -= e->left) {
    cash += price * (left < e->left ? left : e->left);
    if (e->side == HFT_BID ? price < instrument->price_max : price > instrument->price_min) {
      price += sign;
    }
  }
  return -sign * cash;
}

static void expect_fill(const recorded *r, const hft_event *e, bool as_maker,
                        const hft_fill_note *fill) {
  bool auction = e->reason == HFT_REASON_AUCTION, transfer = e->kind == HFT_EVENT_TRANSFER;
  int64_t sign = as_maker == (e->side == HFT_BID) ? 1 : -1;
  hft_fill_role role = transfer   ? HFT_FILL_TRANSFER
                       : auction  ? HFT_FILL_AUCTION
                       : as_maker ? HFT_FILL_MAKER
                                  : HFT_FILL_TAKER;
  assert_int_equal(fill->time, e->time);
  assert_int_equal(fill->qty, sign * e->qty);
  assert_int_equal(fill->role, role);
  assert_int_equal(fill->rested, role == HFT_FILL_MAKER ? e->rested : 0);
  assert_int_equal(fill->other, transfer ? HFT_OWNER_NONE : as_maker ? e->taker_owner : e->owner);
  int64_t cash = transfer ? transfer_cash(hft_model_instrument(r->plan->model), e)
                          : -sign * e->qty * (int64_t)e->price;
  assert_int_equal(fill->cash, cash);
}

static void fills_are_those_of_the_events(const recorded *r) {
  size_t next = 0;
  hft_owner own = r->plan->owner;
  int64_t fee = 0;
  for (size_t i = 0; i < r->events.count; i++) {
    const hft_event *e = &r->events.events[i];
    if (e->kind != HFT_EVENT_TRADE && e->kind != HFT_EVENT_TRANSFER) continue;
    if (e->owner != own && e->taker_owner != own) continue;
    assert_true(next < r->trading.fill_count);
    expect_fill(r, e, e->owner == own, &r->trading.fill[next]);
    fee += r->trading.fill[next++].fee;
  }
  assert_int_equal(next, r->trading.fill_count);
  assert_int_equal(fee, r->episode.account.fees);
}

// ---- against the market ------------------------------------------------------------------------

static int64_t mid2_at(const hft_trading *t, hft_time time) {
  int64_t mid2 = 0;
  for (size_t i = 0; i < t->mid_count && t->mid[i].time <= time; i++) mid2 = t->mid[i].mid2;
  return mid2;
}

// The same world again, looked at every 20 ms and without a listener: the path tells its mid.
static void the_path_is_the_markets(const recorded *r, uint64_t seed) {
  const hft_episode_plan *plan = r->plan;
  hft_market_reset(plan->model, r->market, seed, 0, NULL);
  size_t at = 0;
  const hft_trading *t = &r->trading;
  for (hft_time time = plan->start - 1; time <= plan->end; time += 20 * HFT_MILLISECOND) {
    hft_market_run(plan->model, r->market, time, NULL);
    while (at + 1 < t->mid_count && t->mid[at + 1].time <= time) at++;
    assert_int_equal(t->mid[at].mid2, hft_market_mid2(r->market, 0));
  }
}

// ---- sums --------------------------------------------------------------------------------------

// The price moves of the position, note by note along the path. A fill stands before the note of
// its own request: at the mid that it saw.
static int64_t moves2(const recorded *r) {
  const hft_trading *t = &r->trading;
  int64_t sum2 = 0, position = 0, now2 = t->mid[0].mid2;
  size_t at = 0;
  for (size_t i = 0; i <= t->fill_count; i++) {
    const hft_fill_note *fill = i < t->fill_count ? &t->fill[i] : NULL;
    hft_time until = fill != NULL ? fill->time : t->end + 1;
    while (at + 1 < t->mid_count &&
           (t->mid[at + 1].time < until ||
            (fill != NULL && t->mid[at + 1].time == until && now2 != fill->mid2))) {
      sum2 += position * (t->mid[++at].mid2 - now2);
      now2 = t->mid[at].mid2;
    }
    if (fill == NULL) break;
    // Closings move the mid off the path, and end where the position is marked.
    sum2 += position * (fill->mid2 - now2);
    now2 = fill->mid2;
    position += fill->qty;
  }
  return sum2 + position * (t->end_mid2 - now2);
}

static double value(const recorded *r, hft_metric metric) {
  return hft_metric_value(r->plan, &r->episode, 0, metric);
}

static void the_pnl_adds_up(const recorded *r) {
  const hft_account *account = &r->episode.account;
  int64_t spread2 = account->maker_edge2 + account->taker_edge2, inventory2 = moves2(r);
  assert_int_equal(hft_account_value2(account, r->episode.end_mid2), spread2 + inventory2);
  double tick = hft_model_instrument(r->plan->model)->tick_size;
  assert_true(value(r, HFT_METRIC_SPREAD_CAPTURED) == (double)spread2 / 2 * tick);
  assert_true(value(r, HFT_METRIC_INVENTORY_PNL) == (double)inventory2 / 2 * tick);
  double sum = value(r, HFT_METRIC_SPREAD_CAPTURED) + value(r, HFT_METRIC_INVENTORY_PNL) -
               value(r, HFT_METRIC_FEES);
  assert_near(value(r, HFT_METRIC_PNL), sum, 1e-6);
}

static void moves_after_fills(const recorded *r) {
  static const hft_time after[] = {HFT_SECOND / 10, HFT_SECOND, 10 * HFT_SECOND, 60 * HFT_SECOND};
  const hft_trading *t = &r->trading;
  double tick = hft_model_instrument(r->plan->model)->tick_size;
  for (int k = 0; k < 4; k++) {
    int64_t sum2 = 0, marked = 0;
    for (size_t i = 0; i < t->fill_count; i++) {
      if (t->fill[i].closing != 0 || t->fill[i].time + after[k] > r->plan->end) continue;
      sum2 -= t->fill[i].qty * (mid2_at(t, t->fill[i].time + after[k]) - t->fill[i].mid2);
      marked++;
    }
    double adverse = value(r, (hft_metric)(HFT_METRIC_ADVERSE_100MS + k));
    if (marked == 0 && t->fill_count > 0) {
      assert_true(isnan(adverse));
    } else {
      assert_true(adverse == (double)sum2 / 2 * tick);
    }
  }
}

static void the_shortfall_adds_up(const recorded *r) {
  const hft_tally *t = &r->episode.score.tally;
  int64_t parts2 = t->delay2 + t->spread2 + t->impact2 + t->timing2 + t->opportunity2;
  const hft_account *account = &r->episode.account;
  assert_int_equal(parts2, -hft_account_value2(account, r->episode.arrival_mid2));
  assert_int_equal(account->position, r->plan->sign * r->plan->quantity);
  assert_int_equal(t->own, r->episode.executed);
  double sum = 0;
  for (int m = HFT_METRIC_DELAY; m <= HFT_METRIC_FEES_BPS; m++) sum += value(r, (hft_metric)m);
  assert_near(value(r, HFT_METRIC_SHORTFALL), sum, 1e-7);
  if (r->episode.executed == 0) return;
  double cost = sum - value(r, HFT_METRIC_OPPORTUNITY) - value(r, HFT_METRIC_FEES_BPS);
  double share = (double)r->episode.executed / (double)r->plan->quantity;
  assert_near(value(r, HFT_METRIC_ARRIVAL_SLIPPAGE), cost / share, 1e-7);
}

// The figures of the curve agree with those that the episode keeps by itself.
static void the_curve_is_the_accounts(const recorded *r) {
  const hft_trading *t = &r->trading;
  assert_int_equal(t->step_count, hft_episode_steps(r->plan));
  const hft_step_note *last = &t->step[t->step_count - 1];
  assert_int_equal(last->position, r->episode.account.position);
  double equity = hft_account_value(&r->episode.account, 0.5 * (double)r->episode.end_mid2);
  assert_true(last->equity == equity);
  assert_near(r->episode.score.risk.mean * (double)t->step_count, equity,
              1e-9 * (1 + fabs(equity)));
}

// From plain arrays the same code gives the same numbers, to the last bit.
static void plain_arrays_give_the_same(const recorded *r) {
  hft_plain plain = {
      .trading = r->trading,
      .parent = {r->plan->sign, r->plan->quantity},
      .tick_size = hft_model_instrument(r->plan->model)->tick_size,
      .step = r->plan->step,
      .tape = r->episode.tape,
      .orders = r->episode.account.order_count,
      .unfilled = r->episode.closing.unfilled,
  };
  plain.trading.step = NULL;
  plain.trading.step_count = 0;
  hft_error error = {0};
  expect_ok(hft_plain_check(&plain, &error), &error);
  double own[HFT_METRIC_COUNT], given[HFT_METRIC_COUNT];
  hft_metric_values(r->plan, &r->episode, 0, own);
  assert_int_equal(hft_plain_metrics(&plain, given), HFT_OK);
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, r->plan->kind)) continue;
    if (isnan(own[m]) ? !isnan(given[m]) : own[m] != given[m]) {
      fail_msg("%s: %.17g, from plain arrays %.17g", hft_metric_table[m].name, own[m], given[m]);
    }
  }
}

typedef struct census {
  int64_t fills, roles[4], closing, halts;
} census;

static void check_episode(const hft_episode_plan *plan, uint64_t seed, census *sum) {
  recorded r = record_episode(plan, seed);
  fills_are_those_of_the_events(&r);
  the_pnl_adds_up(&r);
  moves_after_fills(&r);
  the_curve_is_the_accounts(&r);
  if (plan->kind == HFT_BASELINE_EXECUTION) the_shortfall_adds_up(&r);
  plain_arrays_give_the_same(&r);
  for (size_t i = 0; i < r.trading.fill_count; i++) {
    sum->fills++;
    sum->roles[r.trading.fill[i].role]++;
    sum->closing += r.trading.fill[i].closing;
  }
  for (size_t i = 0; i < r.events.count; i++) {
    const hft_event *e = &r.events.events[i];
    sum->halts += e->kind == HFT_EVENT_PHASE && e->reason == HFT_REASON_HALTED;
  }
  if (plan->kind == HFT_BASELINE_NONE) the_path_is_the_markets(&r, seed);
  release(&r);
}

static void all_of(const phases *market, census *sum) {
  for (size_t l = 0; l < COUNT(latencies); l++) {
    for (size_t f = 0; f < COUNT(fees); f++) {
      hft_config *config = configure(market, latencies[l], fees[f]);
      for (size_t c = 0; c < COUNT(contenders); c++) {
        hft_episode_plan *plan = world_plan(config, contenders[c].name, contenders[c].params);
        check_episode(plan, 40 + l + f, sum);
        hft_episode_plan_free(plan);
      }
      hft_config_free(config);
    }
  }
}

static void in_continuous_trading(void **unused) {
  (void)unused;
  census sum = {0};
  all_of(&markets[0], &sum);
  assert_true(sum.roles[HFT_FILL_MAKER] > 100 && sum.roles[HFT_FILL_TAKER] > 100);
  assert_true(sum.closing > 0 && sum.roles[HFT_FILL_TRANSFER] > 0);
}

static void around_halts(void **unused) {
  (void)unused;
  census sum = {0};
  all_of(&markets[1], &sum);
  assert_true(sum.halts > 50 && sum.roles[HFT_FILL_AUCTION] > 10);
}

static void in_a_call_and_after_it(void **unused) {
  (void)unused;
  census sum = {0};
  all_of(&markets[2], &sum);
  assert_true(sum.roles[HFT_FILL_TRANSFER] > 0);
  all_of(&markets[3], &sum);
  assert_true(sum.fills > 1000);
}

// ---- memory ------------------------------------------------------------------------------------

// What does not fit is counted, and what depends on it has no value.
static void a_full_record_says_so(void **unused) {
  (void)unused;
  hft_config *config = configure(&markets[0], "", "");
  hft_episode_plan *plan = world_plan(config, "random", "quote_qty=10 offset_max=2 refresh_ms=100");
  hft_market *market = create_market(plan->model);
  size_t size = hft_record_size(1, 1, 10);
  void *memory = aligned_zeros(size + HFT_CACHE_LINE);
  hft_record *record = hft_record_init(memory, 1, 1, 10);
  hft_market_reset(plan->model, market, 1, 0, NULL);
  hft_market_run(plan->model, market, plan->start - 1, NULL);
  hft_record_open(record, plan->model, market, plan->owner, 0, NULL);
  for (int step = 1; step <= 14; step++) {
    hft_market_run(plan->model, market, plan->start + step * plan->step, hft_record_sink(record));
    hft_record_step(record);
  }
  hft_trading t = hft_record_trading(record, 0);
  assert_int_equal(t.step_count, 10);
  assert_int_equal(t.lost, 4);
  const hft_parent_order none = {0, 0};
  hft_episode_score score;
  hft_score_compute(record, 0, 1, &none, &score);
  assert_int_equal(score.tally.known, 0);
  assert_int_equal(score.tally.lost, 4);
  assert_int_equal(score.risk.changes, 0);
  for (size_t i = 0; i < HFT_CACHE_LINE; i++) assert_int_equal(((char *)memory)[size + i], 0);
  free(memory);
  free(market);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// Without a record, all metrics that are made of the account alone are there, the others have no
// value. The record changes nothing in the market.
static void without_a_record(void **unused) {
  (void)unused;
  hft_config *config = configure(&markets[0], "", "");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=240");
  recorded r = record_episode(plan, 3);
  hft_episode_course course;
  hft_episode bare;
  hft_market *market = create_market(plan->model);
  assert_int_equal(hft_episode_open(&course, plan, market, 3, NULL, NULL, &bare), HFT_OK);
  assert_int_equal(hft_episode_advance(&course, plan->end), HFT_OK);
  assert_true(hft_market_hash(plan->model, market) == hft_market_hash(plan->model, r.market));
  assert_int_equal(bare.score.tally.known, 0);
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, plan->kind)) continue;
    double with = value(&r, (hft_metric)m);
    double without = hft_metric_value(plan, &bare, 0, (hft_metric)m);
    if (!isnan(without)) assert_true(with == without);
    if (m <= HFT_METRIC_INVENTORY_PNL) assert_true(!isnan(without));
    if (m == HFT_METRIC_DELAY) assert_true(isnan(without));
  }
  free(market);
  release(&r);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_continuous_trading),  cmocka_unit_test(around_halts),
      cmocka_unit_test(in_a_call_and_after_it), cmocka_unit_test(a_full_record_says_so),
      cmocka_unit_test(without_a_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
