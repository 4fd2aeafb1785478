// Requests under way count: no strategy exceeds its parent order or its inventory limit at any
// event, and every parent order is complete at the end, with any latency, fees and phases.
#include <stdio.h>
#include <stdlib.h>

#include "eval/episode.h"
#include "eval/metrics.h"
#include "sim/market/rules.h"
#include "tests/support/episode_world.h"

enum { WARMUP_S = 5, LENGTH_S = 20, INVENTORY_MAX = 15, QUANTITY = 240 };

typedef struct variant {
  const char *name, *yaml;
} variant;

// A strategy with its keys. `side` stands for itself: it is added to the keys of an execution.
typedef struct contender {
  const char *name, *params;
} contender;

static const contender contenders[] = {
    {"twap", "quantity=240 slices=8 refresh_ms=100"},
    {"twap", "quantity=240 slices=8 style=aggressive"},
    {"vwap", "quantity=240 slices=40 refresh_ms=100"},
    {"vwap", "quantity=240 slices=6 style=aggressive"},
    {"twap", "quantity=240 slices=3 refresh_ms=0"},
    {"twap", "quantity=240 slices=9 style=pegged peg=mid peg_offset=-1 catch_up=spread"},
    {"vwap", "quantity=240 slices=30 style=pegged refresh_ms=50 catch_up=spread limit_ticks=4"},
    {"pov", "quantity=240 rate=0.3 interval_ms=700"},
    {"pov", "quantity=240 rate=0.6 interval_ms=90 style=aggressive catch_up=spread"},
    {"pov", "quantity=240 rate=0.5 style=pegged peg_offset=1"},
    {"almgren-chriss", "quantity=240 slices=8 lambda=0.01"},
    {"almgren-chriss", "quantity=240 slices=50 style=pegged catch_up=spread limit_ticks=2"},
    {"almgren-chriss", "quantity=240 slices=5 style=aggressive catch_up=spread limit_ticks=0.5"},
    {"immediate", "quantity=240"},
    {"immediate", "quantity=240 refresh_ms=100 limit_ticks=1"},
    {"immediate", "quantity=240 style=pegged peg=mid peg_offset=2 refresh_ms=30"},
    {"obizhaeva-wang", "quantity=240 slices=12 rho=0.1"},
    {"obizhaeva-wang", "quantity=240 slices=60 rho=0.5 style=passive catch_up=spread"},
    {"avellaneda-stoikov", "max_inventory=15 quote_qty=10 k=3 refresh_ms=100"},
    {"avellaneda-stoikov", "max_inventory=15 quote_qty=4 k=3 horizon=infinite refresh_ms=50"},
    {"glft", "max_inventory=15 quote_qty=10 k=3 refresh_ms=100"},
    {"glft", "max_inventory=15 quote_qty=1 k=2 solution=finite sigma=1 refresh_ms=100"},
    {"glft", "max_inventory=15 quote_qty=15 k=3 solution=closed-form refresh_ms=20"},
    {"symmetric", "max_inventory=15 quote_qty=10 half_spread=0.5 refresh_ms=100"},
    {"random", "max_inventory=15 quote_qty=10 offset_max=2 refresh_ms=100"},
    {"random", "max_inventory=15 quote_qty=15 offset_max=3 refresh_ms=1"},
    {"momentum", "max_inventory=15 risk=100 sample_ms=200 lookback=5 hold=2"},
    {"mean-reversion", "max_inventory=15 sample_ms=200 lookback=8 entry=1 exit=0.5"},
    {"rsi", "max_inventory=15 sample_ms=200 period=4 entry=10"},
    {"sma", "max_inventory=15 sample_ms=200 fast=2 slow=6 entry=0.2"},
    {"ofi", "max_inventory=15 sample_ms=50 window=10 entry=0.5 exit=0.2"},
    {"do-nothing", ""},
};

static const variant latencies[] = {
    {"none", ""},
    {"1 ms", "latency_us: 1000"},
    {"100 ms", "latency_us: 100000"},
    {"600 ms", "latency_us: 600000"},
    {"jitter", "latency_us: 20000, latency_jitter_us: 150000"},
};

static const variant fees[] = {
    {"none", ""},
    {"20 bps", "maker_fee_bps: 20, taker_fee_bps: 20"},
    {"per lot", "maker_fee_per_lot: 0.3, taker_fee_per_lot: 0.7"},
    {"rebate", "maker_fee_bps: -1.5, taker_fee_bps: 3"},
};

// With the session's length.
typedef struct phases {
  const char *name, *yaml;
  int duration_s;
} phases;

static const phases markets[] = {
    {"continuous", "", 60},
    {"halts", "halt_band_bps: 3, halt_reference_s: 4, halt_s: 1.5", 60},
    {"ends after the closing call", "closing_auction_s: 6", WARMUP_S + LENGTH_S},
    {"ends in the closing call", "closing_auction_s: 10", WARMUP_S + LENGTH_S + 5},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

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

static hft_episode_plan *plan_of(const hft_config *config, const contender *c, bool sells) {
  char params[256];
  bool executes = hft_baseline_kind_of(hft_baseline_find(c->name)) == HFT_BASELINE_EXECUTION;
  snprintf(params, sizeof params, "%s%s", c->params, executes && sells ? " side=sell" : "");
  return world_plan(config, c->name, params);
}

// ---- what the events say ----------------------------------------------------------------------

// Followed from the events alone.
typedef struct ledger {
  const hft_episode_plan *plan;
  int64_t position, cash, trades, transfers, unfilled;
  int64_t largest;  // absolute position, before any closing
  int64_t wrong;    // lots traded away from the parent's side
  int halts;
} ledger;

// The lots of a transfer cost from its price on, `left` lots at each, to the end of the window.
static int64_t transfer_cash(const hft_instrument *instrument, const hft_event *e) {
  int64_t cash = 0, price = e->price, sign = e->side == HFT_BID ? 1 : -1;
  for (int64_t left = e->qty; left > 0; left -= e->left) {
    cash += price * (left < e->left ? left : e->left);
    if (e->side == HFT_BID ? price < instrument->price_max : price > instrument->price_min) {
      price += sign;
    }
  }
  return cash;
}

static void follow(void *context, const hft_event *e) {
  ledger *l = context;
  if (e->kind == HFT_EVENT_PHASE) l->halts += e->reason == HFT_REASON_HALTED;
  if (e->kind == HFT_EVENT_TRANSFER && e->owner == l->plan->owner) {
    int64_t signed_qty = e->side == HFT_BID ? e->qty : -e->qty;
    l->position += signed_qty;
    l->cash -=
        (e->side == HFT_BID ? 1 : -1) * transfer_cash(hft_model_instrument(l->plan->model), e);
    l->transfers += e->qty;
    if (e->reason == HFT_REASON_UNFILLED) l->unfilled += e->qty;
  }
  if (e->kind != HFT_EVENT_TRADE) return;
  for (int maker = 0; maker < 2; maker++) {
    if ((maker ? e->owner : e->taker_owner) != l->plan->owner) continue;
    int64_t sign = maker == (e->side == HFT_BID) ? 1 : -1;
    l->position += sign * e->qty;
    l->cash -= sign * e->price * e->qty;
    l->trades += e->qty;
    if (l->plan->sign != 0 && sign != l->plan->sign) l->wrong += e->qty;
  }
  int64_t size = l->position < 0 ? -l->position : l->position;
  if (size > l->largest) l->largest = size;
}

static ledger run(const hft_episode_plan *plan, uint64_t seed, hft_episode *episode) {
  hft_market *market = create_market(plan->model);
  ledger l = {.plan = plan};
  const hft_sink sink = {follow, &l};
  assert_int_equal(hft_episode_run(plan, market, seed, &sink, NULL, episode), HFT_OK);
  const char *fault = hft_market_verify(plan->model, market);
  if (fault != NULL) fail_msg("%s", fault);
  free(market);
  return l;
}

// ---- limits -----------------------------------------------------------------------------------

typedef struct totals {
  int64_t fills[COUNT(contenders)];
  int64_t halts, unfilled, missed;
} totals;

static void check(const hft_episode_plan *plan, uint64_t seed, size_t which, totals *sum) {
  hft_episode episode;
  ledger l = run(plan, seed, &episode);
  assert_int_equal(l.position, episode.account.position);
  assert_int_equal(l.cash, episode.account.cash);
  assert_int_equal(l.unfilled, episode.closing.unfilled);
  assert_int_equal(l.wrong, 0);
  if (plan->kind == HFT_BASELINE_EXECUTION) {
    assert_true(l.largest <= QUANTITY);
    assert_true(l.trades <= QUANTITY);
    assert_int_equal(l.position, plan->sign * QUANTITY);
    assert_int_equal(l.trades, episode.executed + episode.closing.traded);
    assert_int_equal(l.transfers, episode.closing.transferred + episode.closing.unfilled);
  } else {
    assert_int_equal(l.transfers, 0);
    assert_true(l.largest <= (plan->kind == HFT_BASELINE_NONE ? 0 : INVENTORY_MAX));
  }
  sum->fills[which] += l.trades;
  sum->halts += l.halts;
  sum->unfilled += l.unfilled;
  sum->missed += plan->quantity - episode.executed;
}

static void all_of(const phases *market) {
  totals sum = {0};
  for (size_t lat = 0; lat < COUNT(latencies); lat++) {
    for (size_t fee = 0; fee < COUNT(fees); fee++) {
      hft_config *config = configure(market, latencies[lat].yaml, fees[fee].yaml);
      for (size_t c = 0; c < COUNT(contenders); c++) {
        hft_episode_plan *plan = plan_of(config, &contenders[c], (lat + fee) % 2 == 1);
        check(plan, 100 * c + COUNT(fees) * lat + fee, c, &sum);
        hft_episode_plan_free(plan);
      }
      hft_config_free(config);
    }
  }
  for (size_t c = 0; c < COUNT(contenders); c++) {
    assert_int_equal(sum.fills[c] > 0, c != COUNT(contenders) - 1);
  }
  print_message("%s: %lld halts, %lld lots closed at the end, %lld of them beyond the book\n",
                market->name, (long long)sum.halts, (long long)sum.missed, (long long)sum.unfilled);
  if (market == &markets[1]) assert_true(sum.halts > 50);
}

static void limits_hold_in_continuous_trading(void **unused) {
  (void)unused;
  all_of(&markets[0]);
}

static void limits_hold_around_halts(void **unused) {
  (void)unused;
  all_of(&markets[1]);
}

static void limits_hold_to_the_close(void **unused) {
  (void)unused;
  all_of(&markets[2]);
}

static void limits_hold_where_a_call_cuts_the_episode(void **unused) {
  (void)unused;
  all_of(&markets[3]);
}

// ---- schedules --------------------------------------------------------------------------------

// A strategy that knows its latency is done at its end, whatever the style and side.
static void parents_are_done_in_time(void **unused) {
  (void)unused;
  static const char *const delays[] = {"", "latency_us: 1", "latency_us: 1000",
                                       "latency_us: 50000, latency_jitter_us: 20000",
                                       "latency_us: 400000, latency_jitter_us: 60000"};
  static const contender executions[] = {{"twap", "quantity=60 slices=8"},
                                         {"twap", "quantity=60 slices=8 style=aggressive"},
                                         {"vwap", "quantity=60 slices=5"},
                                         {"vwap", "quantity=60 slices=5 refresh_ms=50"},
                                         {"vwap", "quantity=60 slices=5 style=aggressive"},
                                         {"twap", "quantity=60 slices=1"},
                                         {"twap", "quantity=60 slices=6 style=pegged peg=mid"},
                                         {"vwap", "quantity=60 catch_up=spread"},
                                         {"almgren-chriss", "quantity=60 slices=7"},
                                         {"almgren-chriss", "quantity=60 style=aggressive"},
                                         {"immediate", "quantity=60"},
                                         {"immediate", "quantity=60 style=passive"},
                                         {"obizhaeva-wang", "quantity=60 slices=8 rho=0.3"},
                                         {"obizhaeva-wang", "quantity=60 style=passive rho=1"}};
  for (size_t d = 0; d < COUNT(delays); d++) {
    hft_config *config = configure(&markets[0], delays[d], "");
    for (size_t e = 0; e < 2 * COUNT(executions); e++) {
      hft_episode_plan *plan = plan_of(config, &executions[e / 2], e % 2 == 1);
      for (uint64_t seed = 0; seed < 4; seed++) {
        hft_episode episode;
        run(plan, seed, &episode);
        assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_FILL_RATIO), 1, 0);
        assert_near(hft_metric_value(plan, &episode, 0, HFT_METRIC_UNFILLED), 0, 0);
      }
      hft_episode_plan_free(plan);
    }
    hft_config_free(config);
  }
}

// Before a wall nothing fills a passive child, so each slice's trade tells when it arrived: by the
// end of its part, and where the latency does not vary, at it but for the margin of a look.
static void slices_keep_their_schedule(void **unused) {
  (void)unused;
  static const double latency_ms[] = {0, 0.5, 20, 400};
  for (size_t k = 0; k < 2 * COUNT(latency_ms); k++) {
    double ms = latency_ms[k / 2];
    bool passive = k % 2 == 0;
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n"
             "env_config: {warmup_s: 1, episode_len: 100}\n"
             "exchange_config: {latency_us: %g}\n"
             "populations: [{kind: wall}]\n",
             1000 * ms);
    hft_config *config = world_config(yaml);
    hft_episode_plan *plan = world_plan(
        config, "twap", passive ? "quantity=10 slices=4" : "quantity=10 slices=4 style=aggressive");
    event_record record = {0};
    world_run(plan, 0, &record);
    static const hft_qty qty[2][4] = {{2, 3, 2, 3}, {2, 3, 2, 3}};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
      const hft_event *trade = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at);
      assert_non_null(trade);
      assert_int_equal(trade->qty, qty[passive][i]);
      double due = 1 + 2.5 * (i + (passive ? 1 : 0)) + (!passive && i == 0 ? 1e-3 * ms : 0);
      double early = due - (double)trade->time * 1e-9;
      assert_true(early >= -1e-9 && early <= 0.2 * 1e-3 * ms + 1e-9);
    }
    assert_null(world_next(&record, plan->owner, HFT_EVENT_TRADE, &at));
    event_record_free(&record);
    hft_episode_plan_free(plan);
    hft_config_free(config);
  }
}

// ---- fees -------------------------------------------------------------------------------------

// What an owner pays, from the TRADE and TRANSFER events, in ticks x lots.
static double fees_by_hand(const event_record *record, const hft_episode_plan *plan,
                           double maker_bps, double taker_bps) {
  const hft_owner owner = plan->owner;
  double sum = 0;
  for (size_t i = 0; i < record->count; i++) {
    const hft_event *e = &record->events[i];
    bool transfers = e->kind == HFT_EVENT_TRANSFER && e->owner == owner;
    double value = (double)e->price * e->qty;
    if (e->kind == HFT_EVENT_TRADE && e->taker_owner == owner) sum += value * taker_bps * 1e-4;
    if (e->kind == HFT_EVENT_TRADE && e->owner == owner) sum += value * maker_bps * 1e-4;
    if (transfers) {
      sum += (double)transfer_cash(hft_model_instrument(plan->model), e) * taker_bps * 1e-4;
    }
  }
  return sum;
}

// The same world with fees: the same trades, and every figure is worse by the fees.
static void figures_are_net_of_fees(void **unused) {
  (void)unused;
  hft_config *free_of = configure(&markets[0], "latency_us: 1000", "");
  hft_config *charged =
      configure(&markets[0], "latency_us: 1000", "maker_fee_bps: -5, taker_fee_bps: 20");
  for (size_t c = 0; c < 2 * COUNT(contenders); c++) {
    const contender *of = &contenders[c / 2];
    hft_episode_plan *plan[2] = {plan_of(free_of, of, c % 2 == 1),
                                 plan_of(charged, of, c % 2 == 1)};
    hft_episode e[2];
    event_record record[2] = {{0}};
    for (int i = 0; i < 2; i++) e[i] = world_run(plan[i], 77, &record[i]);
    assert_int_equal(record[0].count, record[1].count);
    double fee = fees_by_hand(&record[1], plan[1], -5, 20);
    double slack = 1e-4 * (double)e[1].account.fill_count;  // each fee is rounded
    double v[HFT_METRIC_COUNT][2];
    for (int m = 0; m < HFT_METRIC_COUNT; m++) {
      for (int i = 0; i < 2 && hft_metric_applies((hft_metric)m, plan[0]->kind); i++) {
        v[m][i] = hft_metric_value(plan[i], &e[i], 0, (hft_metric)m);
      }
    }
    double tick = 0.01;
    assert_near(v[HFT_METRIC_FEES][0], 0, 0);
    assert_near(v[HFT_METRIC_FEES][1], tick * fee, tick * slack);
    assert_near(v[HFT_METRIC_PNL][0] - v[HFT_METRIC_PNL][1], tick * fee, tick * slack);
    if (plan[0]->kind == HFT_BASELINE_EXECUTION) {
      assert_true(fee != 0);
      double arrival = 0.5 * (double)e[0].arrival_mid2;
      double vwap = (double)e[0].tape.notional / (double)(e[0].tape.buy_qty + e[0].tape.sell_qty);
      assert_near(v[HFT_METRIC_SHORTFALL][1] - v[HFT_METRIC_SHORTFALL][0],
                  1e4 * fee / (QUANTITY * arrival), 1e4 * slack / (QUANTITY * arrival));
      assert_near(v[HFT_METRIC_VWAP_SLIPPAGE][1] - v[HFT_METRIC_VWAP_SLIPPAGE][0],
                  1e4 * fee / (QUANTITY * vwap), 1e4 * slack / (QUANTITY * vwap));
    } else if (plan[0]->kind == HFT_BASELINE_MARKET_MAKING) {
      assert_near(v[HFT_METRIC_SPREAD_CAPTURED][0], v[HFT_METRIC_SPREAD_CAPTURED][1], 0);
      assert_true(fee < 0);  // a maker earns the rebate
    }
    for (int i = 0; i < 2; i++) {
      event_record_free(&record[i]);
      hft_episode_plan_free(plan[i]);
    }
  }
  hft_config_free(charged);
  hft_config_free(free_of);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_hold_in_continuous_trading),
      cmocka_unit_test(limits_hold_around_halts),
      cmocka_unit_test(limits_hold_to_the_close),
      cmocka_unit_test(limits_hold_where_a_call_cuts_the_episode),
      cmocka_unit_test(parents_are_done_in_time),
      cmocka_unit_test(slices_keep_their_schedule),
      cmocka_unit_test(figures_are_net_of_fees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
