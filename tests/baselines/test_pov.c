// POV keeps its share of the volume, to the lot, and never counts its own lots.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

// Follows the volume from the events alone.
typedef struct volume {
  const hft_episode_plan *plan;
  double rate;
  hft_time interval;
  int64_t own, others;
  int64_t due;       // lots due at the last boundary
  int64_t checked;   // boundaries
  int64_t most_off;  // lots, over all boundaries
} volume;

static int64_t due_of(const volume *v) {
  int64_t due = (int64_t)floor(v->rate / (1 - v->rate) * (double)v->others + 1e-6);
  return due < v->plan->quantity ? due : v->plan->quantity;
}

// The strategy acts at a boundary before it is over: what it then has is what was due.
static void pass_boundaries(volume *v, hft_time now) {
  while (v->plan->start + v->checked * v->interval < now &&
         v->plan->start + v->checked * v->interval <= v->plan->end) {
    int64_t off = llabs(v->own - v->due);
    if (off > v->most_off) v->most_off = off;
    v->checked++;
    v->due = due_of(v);
  }
}

static void follow(void *context, const hft_event *e) {
  volume *v = context;
  if (e->time < v->plan->start) return;
  pass_boundaries(v, e->time);
  if (e->kind != HFT_EVENT_TRADE) return;
  bool is_own = e->owner == v->plan->owner || e->taker_owner == v->plan->owner;
  // At a boundary the strategy acts on what has traded before it acts.
  if (is_own) {
    v->own += e->qty;
  } else {
    v->others += e->qty;
  }
}

static volume run(const char *yaml, double rate, const char *keys, uint64_t seed,
                  hft_episode *episode) {
  hft_config *config = world_config(yaml);
  char params[300];
  snprintf(params, sizeof params, "rate=%.6g interval_ms=100 %s", rate, keys);
  hft_episode_plan *plan = world_plan(config, "pov", params);
  volume v = {.plan = plan, .rate = rate, .interval = 100 * HFT_MILLISECOND};
  hft_market *market = create_market(plan->model);
  const hft_sink sink = {follow, &v};
  assert_int_equal(hft_episode_run(plan, market, seed, &sink, NULL, episode), HFT_OK);
  free(market);
  v.plan = NULL;
  hft_episode_plan_free(plan);
  hft_config_free(config);
  return v;
}

#define STEADY                                                                  \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 200}\n" \
  "env_config: {warmup_s: 1, episode_len: 1000}\n"

// A taker buys 7 lots each 130 ms before a wall. At each of its looks, pov has its share of what
// was traded by then, to the lot.
static void the_rate_to_the_lot(void **unused) {
  (void)unused;
  static const double rates[] = {0.01, 0.1, 0.25, 1.0 / 3, 0.5, 0.9};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    hft_episode episode;
    volume v = run(STEADY "populations: [{kind: wall}, {kind: taker, qty: 7, every_ms: 130}]\n",
                   rates[i], "quantity=100000 style=aggressive", 0, &episode);
    int64_t others = v.others;
    assert_in_range(others, 5300, 5400);
    assert_in_range(v.checked, 990, 1001);
    // The volume of the moment of a look may count or not: one order of 7 lots.
    assert_true((double)v.most_off <= 7 * rates[i] / (1 - rates[i]) + 1);
    double share = (double)episode.executed / (double)(episode.executed + others);
    assert_true(fabs((double)episode.executed - rates[i] / (1 - rates[i]) * (double)others) <=
                1 + 7 * rates[i] / (1 - rates[i]));
    assert_near(share, rates[i], 0.003);
  }
}

// In a market of populations, crossing or resting, it has its rate as far as there is volume.
static void the_rate_in_a_market(void **unused) {
  (void)unused;
  static const char *const styles[] = {"aggressive", "passive", "pegged"};
  static const double rates[] = {0.05, 0.2, 0.4};
  for (int k = 0; k < 9; k++) {
    hft_episode episode;
    char keys[200];
    snprintf(keys, sizeof keys, "quantity=100000 style=%s", styles[k / 3]);
    volume v =
        run("market_config: {duration_s: 400}\nenv_config: {warmup_s: 10}\n"
            "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n",
            rates[k % 3], keys, 5, &episode);
    assert_true(v.others > 100);
    double want = rates[k % 3] / (1 - rates[k % 3]) * (double)v.others;
    // A resting child is one interval behind.
    assert_true((double)episode.executed <= want + 1);
    assert_true((double)episode.executed >= want - 20);
  }
}

// Alone in a market where nobody else trades, it does not trade; its rest is closed and charged.
static void without_volume(void **unused) {
  (void)unused;
  hft_episode episode;
  volume v = run(STEADY "populations: [{kind: wall}]\n", 0.9, "quantity=50", 0, &episode);
  assert_int_equal(v.others, 0);
  assert_int_equal(episode.executed, 0);
  assert_int_equal(episode.closing.traded, 50);
  assert_int_equal(episode.account.position, 50);
}

// Two of them do not chase each other's lots: the sum of a geometric series bounds both.
static void two_do_not_run_away(void **unused) {
  (void)unused;
  hft_episode episode;
  volume v = run(STEADY
                 "populations: [{kind: wall}, {kind: taker, qty: 5, every_ms: 500}]\n"
                 "agents: [{kind: pov, side: sell, quantity: 100000, rate: 0.2, interval_ms: 100,"
                 " style: aggressive, start_s: 1}]\n",
                 0.2, "quantity=100000 style=aggressive", 0, &episode);
  // a = (o + b) / 4, b = (o + a) / 4: a = o / 3.
  double taken = 5.0 * 200;
  assert_near((double)episode.executed, taken / 3, 10);
  assert_near((double)v.others, taken * 4 / 3, 10);
}

// It stops at the parent order.
static void the_parent_order_is_the_most(void **unused) {
  (void)unused;
  for (int64_t quantity = 1; quantity < 300; quantity = 3 * quantity + 1) {
    hft_episode episode;
    char keys[100];
    snprintf(keys, sizeof keys, "side=sell quantity=%lld", (long long)quantity);
    run(STEADY "populations: [{kind: wall}, {kind: taker, qty: 7, every_ms: 130}]\n", 0.5, keys, 0,
        &episode);
    assert_int_equal(episode.executed, quantity);
    assert_int_equal(episode.account.sold, quantity);
  }
}

static void bad_keys_are_refused(void **unused) {
  (void)unused;
  hft_config *config = world_config(STEADY "populations: [{kind: wall}]\n");
  hft_error error;
  assert_int_equal(world_refusal(config, "pov", "interval_ms=0.5", 0, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "raise it to at least 1"));
  assert_int_equal(world_refusal(config, "pov", "limit_price=5000000", 0, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "limit_price: 5000000 out of range"));
  assert_int_equal(world_refusal(config, "almgren-chriss", "eta=0.5 gamma=1 slices=5", 0, &error),
                   HFT_ECONFIG);
  assert_non_null(strstr(error.text, "eta: 0.5 is not above gamma tau / 2 = 10"));
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rate_to_the_lot),
      cmocka_unit_test(the_rate_in_a_market),
      cmocka_unit_test(without_volume),
      cmocka_unit_test(two_do_not_run_away),
      cmocka_unit_test(the_parent_order_is_the_most),
      cmocka_unit_test(bad_keys_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
