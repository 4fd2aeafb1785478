// The child orders of executions: pegs, limit prices, and what a slice has missed, in markets whose
// every order is known.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define STILL                                                                  \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"

typedef struct course {
  hft_config *config;
  hft_episode_plan *plan;
  event_record record;
  hft_episode episode;
} course;

static course run(const char *yaml, const char *strategy, const char *params) {
  course c = {.config = world_config(yaml)};
  c.plan = world_plan(c.config, strategy, params);
  c.episode = world_run(c.plan, 0, &c.record);
  return c;
}

static void end(course *c) {
  event_record_free(&c->record);
  hft_episode_plan_free(c->plan);
  hft_config_free(c->config);
}

// ---- pegs --------------------------------------------------------------------------------------

typedef struct peg_case {
  const char *keys;
  bool sells;
  hft_price first, moved;  // prices of the child, before and after the market moves up by 5 ticks;
                           // 0: the child is in its way
} peg_case;

// The walls rest at 9990 and 10010, and move to 9995 and 10015 at 2.3 s.
static const peg_case pegs[] = {
    {"peg=touch", false, 9990, 9995},
    {"peg=touch", true, 10010, 10015},
    {"peg=touch peg_offset=3", false, 9987, 9992},
    {"peg=touch peg_offset=3", true, 10013, 10018},
    {"peg=touch peg_offset=-3", false, 9993, 9998},
    {"peg=touch peg_offset=-3", true, 10007, 10012},
    {"peg=touch peg_offset=0.5", false, 9989, 9994},
    {"peg=touch peg_offset=0.5", true, 10011, 10016},
    {"peg=touch peg_offset=-500", false, 10009, 10014},
    {"peg=touch peg_offset=-500", true, 9991, 0},
    {"peg=mid", false, 10000, 10005},
    {"peg=mid", true, 10000, 10005},
    {"peg=mid peg_offset=4", false, 9996, 10001},
    {"peg=mid peg_offset=4", true, 10004, 10009},
    {"peg=mid peg_offset=0.1", false, 9999, 10004},
    {"peg=mid peg_offset=-0.1", true, 10000, 10005},
    {"peg=mid peg_offset=-2", false, 10002, 10007},
    {"peg=mid peg_offset=-10000", true, 9991, 0},
    {"peg=mid limit_price=9995", false, 9995, 9995},
    {"peg=mid limit_ticks=2 peg_offset=-4", false, 10002, 10002},
    {"peg=touch limit_price=10014", true, 10014, 10015},
};

// It follows the orders of others: not its own, which may be the best.
static void pegs_follow(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof pegs / sizeof pegs[0]; i++) {
    const peg_case *p = &pegs[i];
    char params[200];
    snprintf(params, sizeof params, "style=pegged quantity=4 slices=1 refresh_ms=500 side=%s %s",
             p->sells ? "sell" : "buy", p->keys);
    course c =
        run(STILL "populations: [{kind: wall, bid: 9990, ask: 10010, shift: 5, shift_s: 2.3}]\n",
            "twap", params);
    size_t at = 0;
    const hft_event *add = world_next(&c.record, c.plan->owner, HFT_EVENT_ADD, &at);
    assert_non_null(add);
    assert_int_equal(add->time, HFT_SECOND);
    assert_int_equal(add->price, p->first);
    add = world_next(&c.record, c.plan->owner, HFT_EVENT_ADD, &at);
    if (p->moved == 0) {
      end(&c);
      continue;
    }
    if (p->moved != p->first) {
      assert_non_null(add);
      assert_int_equal(add->time, 2500 * HFT_MILLISECOND);
      assert_int_equal(add->price, p->moved);
      assert_int_equal(add->qty, 4);
      add = world_next(&c.record, c.plan->owner, HFT_EVENT_ADD, &at);
    }
    assert_null(add);  // left alone since
    end(&c);
  }
}

// ---- limit prices ------------------------------------------------------------------------------

static const char *const strategies[] = {"twap",           "vwap",      "almgren-chriss",
                                         "obizhaeva-wang", "immediate", "pov"};
enum { STRATEGIES = sizeof strategies / sizeof strategies[0] };
static const char *const styles[] = {"passive", "aggressive", "pegged"};

typedef struct limit_case {
  const char *keys;
  bool sells, reached;  // trades
} limit_case;

// The walls are at 9999 and 10001, the mid at 10000.
static const limit_case limits[] = {
    {"limit_price=10001", false, true},
    {"limit_price=10000", false, false},
    {"limit_price=9998", false, false},
    {"limit_price=9999", true, true},
    {"limit_price=10000", true, false},
    {"limit_price=10003", true, false},
    {"limit_ticks=1", false, true},
    {"limit_ticks=0.99", false, false},
    {"limit_ticks=0", true, false},
    {"limit_ticks=1.5", true, true},
    {"limit_ticks=1000000", true, true},
    {"limit_price=10002 limit_ticks=0", false, false},
    {"limit_price=10000 limit_ticks=5", false, false},
    {"limit_price=10001 limit_ticks=1", false, true},
};

// Beyond the limit no child trades, whatever the strategy and the style; the rest is closed at the
// end, at the market's prices. A child that rests keeps to the limit, too.
static void no_child_trades_beyond_the_limit(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    for (int s = 0; s < 3 * STRATEGIES; s++) {
      char params[200];
      const limit_case *l = &limits[i];
      snprintf(params, sizeof params, "quantity=40 side=%s style=%s %s", l->sells ? "sell" : "buy",
               styles[s % 3], l->keys);
      course c = run(STILL
                     "populations: [{kind: wall}, {kind: taker, qty: 7, every_ms: 50},"
                     " {kind: taker, qty: 9, side: sell, every_ms: 50.1}]\n",
                     strategies[s / 3], params);
      assert_int_equal(c.episode.executed, l->reached ? 40 : 0);
      assert_int_equal(c.episode.account.position, l->sells ? -40 : 40);
      size_t at = 0;
      const hft_event *first = world_next(&c.record, c.plan->owner, HFT_EVENT_TRADE, &at);
      assert_non_null(first);
      if (!l->reached) assert_int_equal(first->time, c.plan->end);  // the closing
      end(&c);
    }
  }
}

// When the market comes back within the limit, the next slices trade what was missed.
static void the_market_comes_back(void **unused) {
  (void)unused;
  static const char world[] =
      STILL "populations: [{kind: wall, bid: 10019, ask: 10021, shift: -20, shift_s: 5.2}]\n";
  static const struct {
    const char *strategy, *keys;
    double time_s[4];
    hft_qty qty[4];
  } cases[] = {
      // Five slices of 8 from 1 s on; two are missed.
      {"twap", "slices=5", {7, 9}, {32, 8}},
      {"twap", "slices=5 catch_up=spread", {7, 9}, {20, 20}},
      {"immediate", "refresh_ms=500", {5.5}, {40}},
      {"immediate", "refresh_ms=300", {5.242424242}, {40}},
      {"obizhaeva-wang", "slices=5 rho=0.2", {7, 9, 11}, {26, 4, 10}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char params[200];
    snprintf(params, sizeof params, "quantity=40 style=aggressive limit_price=10001 %s",
             cases[i].keys);
    course c = run(world, cases[i].strategy, params);
    size_t at = 0;
    for (int k = 0; k < 4 && cases[i].qty[k] > 0; k++) {
      const hft_event *e = world_next(&c.record, c.plan->owner, HFT_EVENT_TRADE, &at);
      assert_non_null(e);
      assert_int_equal(e->time, (hft_time)(cases[i].time_s[k] * 1e9 + 0.5));
      assert_int_equal(e->qty, cases[i].qty[k]);
      assert_int_equal(e->price, 10001);
    }
    assert_null(world_next(&c.record, c.plan->owner, HFT_EVENT_TRADE, &at));
    assert_int_equal(c.episode.executed, 40);
    end(&c);
  }
}

// Orders that wait for an auction keep to the limit.
static void limits_hold_in_auctions(void **unused) {
  (void)unused;
  for (int s = 0; s < 3 * STRATEGIES; s++) {
    for (uint64_t seed = 0; seed < 4; seed++) {
      char params[200];
      snprintf(params, sizeof params, "quantity=300 style=%s limit_ticks=1.5", styles[s % 3]);
      hft_config *config = world_config(
          "market_config: {duration_s: 60}\nenv_config: {warmup_s: 5, episode_len: 80}\n"
          "exchange_config: {latency_us: 30000, latency_jitter_us: 20000, halt_band_bps: 3,"
          " halt_reference_s: 4, halt_s: 1.5}\n"
          "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
      hft_episode_plan *plan = world_plan(config, strategies[s / 3], params);
      event_record record = {0};
      hft_episode episode = world_run(plan, seed, &record);
      hft_price limit = (hft_price)((episode.arrival_mid2 + 3) / 2);
      if ((episode.arrival_mid2 + 3) % 2 != 0) assert_true(2 * limit < episode.arrival_mid2 + 3);
      int64_t lots = 0;
      size_t at = 0;
      for (const hft_event *e;
           (e = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at)) != NULL;) {
        if (e->time == plan->end) continue;
        assert_true(e->price <= limit);
        lots += e->qty;
      }
      assert_true(lots <= 300);
      event_record_free(&record);
      hft_episode_plan_free(plan);
      hft_config_free(config);
    }
  }
}

// ---- catching up -------------------------------------------------------------------------------

// Within the limit 3 lots are offered at the start, and from 3.6 s on as many as wanted. What the
// first slices miss is spread over the later ones in proportion to their own lots.
static void missed_lots_are_spread(void **unused) {
  (void)unused;
  static const struct {
    const char *strategy, *keys;
    hft_qty qty[5];
  } cases[] = {
      {"twap", "slices=5 catch_up=next", {3, 21, 8, 8}},
      {"twap", "slices=5 catch_up=spread", {3, 12, 12, 13}},
      {"vwap", "slices=5 catch_up=spread profile=[1,1,1,1,1]", {3, 12, 12, 13}},
      {"vwap", "slices=4 catch_up=next profile=[1,1,2,4]", {3, 17, 20}},
      {"vwap", "slices=4 catch_up=spread profile=[1,1,2,4]", {3, 12, 25}},
      {"almgren-chriss", "slices=5 catch_up=spread lambda=0", {3, 12, 12, 13}},
      {"obizhaeva-wang", "slices=5 catch_up=spread rho=0.2", {3, 6, 7, 7, 17}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char params[200];
    snprintf(params, sizeof params, "quantity=40 style=aggressive limit_price=10001 %s",
             cases[i].keys);
    course c = run(STILL
                   "populations: [{kind: wall, qty: 3}, {kind: wall, bid: 9990, ask: 10051,"
                   " shift: -50, shift_s: 3.6}]\n",
                   cases[i].strategy, params);
    size_t at = 0;
    for (int k = 0; k < 5 && cases[i].qty[k] > 0; k++) {
      const hft_event *e = world_next(&c.record, c.plan->owner, HFT_EVENT_TRADE, &at);
      assert_non_null(e);
      assert_int_equal(e->qty, cases[i].qty[k]);
    }
    assert_null(world_next(&c.record, c.plan->owner, HFT_EVENT_TRADE, &at));
    end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pegs_follow),
      cmocka_unit_test(no_child_trades_beyond_the_limit),
      cmocka_unit_test(the_market_comes_back),
      cmocka_unit_test(limits_hold_in_auctions),
      cmocka_unit_test(missed_lots_are_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
