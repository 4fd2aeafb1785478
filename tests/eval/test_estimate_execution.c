// Estimates of the volume curve, the spread, the impacts and the resilience, in markets that are
// made to have given ones.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "eval/estimate.h"
#include "sim/env/env.h"
#include "sim/flow/flow.h"
#include "sim/market/market.h"
#include "tests/support/market.h"

// ---- markets -----------------------------------------------------------------------------------

// clang-format off
// wall    rests `qty` lots at `bid` and `ask`, if not 0
// taker   sends a market order every `every_ms`
// spring  rests 1 lot at 10010 and, after it has traded, 100 or 300 ticks above, in turn; this
//         displacement decays at `rho`
// dealer  quotes 4 lots 5 ticks from a price that each net lot bought by takers raises by `slope`
// pulse   buys in each second 1 lot more than in the second `part_s` before
#define WALL_KEYS(X)                                 \
  X(INT, bid, "0", 0, 1000000, "ticks", "")          \
  X(INT, ask, "0", 0, 1000000, "ticks", "")          \
  X(INT, qty, "100000", 1, 1000000, "lots", "")
#define TAKER_KEYS(X)                                \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "")       \
  X(REAL, every_ms, "100", 1, 1000000, "ms", "")
#define SPRING_KEYS(X) X(REAL, rho, "1", 0, 1000, "1/s", "")
#define DEALER_KEYS(X) X(INT, slope, "1", 0, 100, "ticks/lot", "")
#define PULSE_KEYS(X)                                \
  X(REAL, start_s, "0", 0, 1000, "s", "")            \
  X(REAL, part_s, "5", 0, 1000, "s", "")
// clang-format on

#define CLASS(name, KEYS, size_of_state, orders, fill_of)                                          \
  static const hft_key name##_table[] = {KEYS(HFT_KEY_ROW)};                                       \
  static const hft_section name##_section = {                                                      \
      #name, "", name##_table, sizeof name##_table / sizeof name##_table[0], sizeof(name##_keys)}; \
  static const hft_agent_class name##_class = {.section = &name##_section,                         \
                                               .params_size = sizeof(name##_keys),                 \
                                               .state_size = size_of_state,                        \
                                               .open_orders_max = orders,                          \
                                               .reset = name##_reset,                              \
                                               .wake = name##_wake,                                \
                                               .fill = fill_of};

typedef struct wall_keys {
  WALL_KEYS(HFT_KEY_MEMBER)
} wall_keys;
typedef struct taker_keys {
  TAKER_KEYS(HFT_KEY_MEMBER)
} taker_keys;
typedef struct spring_keys {
  SPRING_KEYS(HFT_KEY_MEMBER)
} spring_keys;
typedef struct dealer_keys {
  DEALER_KEYS(HFT_KEY_MEMBER)
} dealer_keys;
typedef struct pulse_keys {
  PULSE_KEYS(HFT_KEY_MEMBER)
} pulse_keys;

static void rest(const hft_desk *desk, hft_side side, int64_t price, int64_t qty) {
  const hft_order order = {side, HFT_POST_ONLY, (hft_price)price, (hft_qty)qty};
  if (price != 0) hft_desk_submit(desk, &order);
}

static void take(const hft_desk *desk, hft_side side, int64_t qty) {
  const hft_order order = {side, HFT_IOC, HFT_PRICE_MARKET, (hft_qty)qty};
  hft_desk_submit(desk, &order);
}

static void wake_at_once(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  (void)state;
  hft_desk_wake_at(desk, event->time);
}

static void wall_reset(const void *params, void *state, hft_desk *desk) {
  const wall_keys *wall = params;
  (void)state;
  rest(desk, HFT_BID, wall->bid, wall->qty);
  rest(desk, HFT_ASK, wall->ask, wall->qty);
  hft_desk_wake_at(desk, HFT_TIME_NEVER);
}

static void wall_wake(const void *params, void *state, hft_desk *desk) {
  (void)params;
  (void)state;
  (void)desk;
}

static void taker_reset(const void *params, void *state, hft_desk *desk) {
  (void)state;
  hft_desk_wake_at(desk, (hft_time)(((const taker_keys *)params)->every_ms * 1e6));
}

static void taker_wake(const void *params, void *state, hft_desk *desk) {
  const taker_keys *taker = params;
  take(desk, taker->side == 0 ? HFT_BID : HFT_ASK, 1);
  hft_desk_wake_at(desk, hft_desk_now(desk) + (hft_time)(taker->every_ms * 1e6));
  (void)state;
}

typedef struct spring_state {
  int64_t fills;
  hft_time since;
  double size;
} spring_state;

static void spring_wake(const void *params, void *state, hft_desk *desk) {
  const spring_keys *spring = params;
  spring_state *s = state;
  hft_time now = hft_desk_now(desk);
  if (hft_desk_account(desk)->fill_count != s->fills) {
    s->fills = hft_desk_account(desk)->fill_count;
    s->since = now;
    s->size = s->fills % 2 == 0 ? 100 : 300;
  }
  double age = (double)(now - s->since) * 1e-9;
  hft_desk_cancel_all(desk);
  rest(desk, HFT_ASK, 10010 + (int64_t)(s->size * exp(-spring->rho * age) + 0.5), 1);
  hft_desk_wake_at(desk, now + 10 * HFT_MILLISECOND);
}

static void spring_reset(const void *params, void *state, hft_desk *desk) {
  spring_wake(params, state, desk);
}

static void dealer_wake(const void *params, void *state, hft_desk *desk) {
  const dealer_keys *dealer = params;
  const hft_tape *tape = hft_desk_tape(desk);
  int64_t mid = 10000 + dealer->slope * (tape->buy_qty - tape->sell_qty);
  (void)state;
  hft_desk_cancel_all(desk);
  rest(desk, HFT_BID, mid - 5, 4);
  rest(desk, HFT_ASK, mid + 5, 4);
  hft_desk_wake_at(desk, HFT_TIME_NEVER);
}

static void dealer_reset(const void *params, void *state, hft_desk *desk) {
  dealer_wake(params, state, desk);
}

static void pulse_reset(const void *params, void *state, hft_desk *desk) {
  (void)state;
  hft_time start = (hft_time)(((const pulse_keys *)params)->start_s * 1e9);
  hft_desk_wake_at(desk, start + HFT_SECOND / 2);
}

static void pulse_wake(const void *params, void *state, hft_desk *desk) {
  const pulse_keys *pulse = params;
  (void)state;
  double time_s = (double)hft_desk_now(desk) * 1e-9 - pulse->start_s;
  take(desk, HFT_BID, 1 + (int64_t)(time_s / pulse->part_s));
  hft_desk_wake_at(desk, hft_desk_now(desk) + HFT_SECOND);
}

#define HFT_KEY_STRUCT wall_keys
CLASS(wall, WALL_KEYS, 0, 2, NULL)
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT taker_keys
CLASS(taker, TAKER_KEYS, 0, 1, NULL)
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT spring_keys
CLASS(spring, SPRING_KEYS, sizeof(spring_state), 1, wake_at_once)
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT dealer_keys
CLASS(dealer, DEALER_KEYS, 0, 2, wake_at_once)
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT pulse_keys
CLASS(pulse, PULSE_KEYS, 0, 1, NULL)
#undef HFT_KEY_STRUCT

#define POPULATION(agent_class) &agent_class,
#define BASELINE(agent_class, kind) &agent_class,
static const hft_agent_class *const classes[] = {
    &wall_class,   &taker_class, &spring_class,
    &dealer_class, &pulse_class, HFT_FLOW_MAP(POPULATION) HFT_BASELINE_MAP(BASELINE)};
enum { CLASSES = sizeof classes / sizeof classes[0], SPAN_S = 60 };

#define HEAD                                                                                 \
  "market_config: {fundamental: constant, duration_s: 300, decision_ms: 500, window_ticks: " \
  "4096}\n"                                                                                  \
  "env_config: {warmup_s: 6, episode_len: 120}\n"

static test_schema schema;

typedef struct estimated {
  hft_estimates estimates;
  max_align_t params[64];
  uint64_t set;
} estimated;

// Estimates the keys of a strategy, but for those of the mask `given`, and sets them.
static estimated estimate(const char *yaml, const char *strategy, int64_t slices, int episodes,
                          int threads, uint64_t given) {
  hft_config *config = read_config(test_schema_env(&schema, classes, CLASSES), yaml);
  const hft_agent_class *c = hft_baseline_find(strategy);
  estimated e = {0};
  assert_true(c->section->size <= sizeof e.params);
  hft_section_defaults(c->section, e.params);
  if (c->key.slices.exists) hft_param_set_int(c->key.slices, e.params, slices);
  const hft_estimate_spec spec = {config, classes, CLASSES, c, e.params, 0};
  const hft_runner_options options = {.episodes = episodes, .threads = threads, .seed = 40};
  hft_error error = {0};
  expect_ok(hft_estimate_run(&spec, &options, &e.estimates, &error), &error);
  e.set = hft_estimate_apply(&e.estimates, c, e.params, given);
  hft_config_free(config);
  return e;
}

static double real_of(const estimated *e, hft_param at) {
  return hft_param_real(at, e->params);
}

// ---- resilience, and the temporary impact that follows ------------------------------------------

// The bid has 40 lots in 10 ticks, the ask 1: 2.05 lots a tick.
static void resilience_is_found(void **unused) {
  (void)unused;
  static const double rhos[] = {0.2, 0.8, 3};
  static const int64_t slices[] = {1, 10, 60};
  for (int i = 0; i < 9; i++) {
    char yaml[1024];
    double rho = rhos[i / 3], depth = 41.0 / 20, tau = (double)SPAN_S / (double)slices[i % 3];
    snprintf(yaml, sizeof yaml,
             HEAD
             "populations: [{kind: wall, bid: 9990, qty: 40}, {kind: wall, ask: 10600},"
             " {kind: spring, rho: %g}, {kind: taker, every_ms: 3000}]\n",
             rho);
    estimated e = estimate(yaml, "almgren-chriss", slices[i % 3], 2, 1, 0);
    assert_near(e.estimates.rho, rho, 0.03 * rho);
    double eta = 0.5 * tau / depth / tanh(0.5 * rho * tau);
    assert_near(e.estimates.eta, eta, 0.03 * eta);
    estimated wang = estimate(yaml, "obizhaeva-wang", slices[i % 3], 2, 1, 0);
    assert_near(real_of(&wang, hft_obizhaeva_wang_class.key.rho), e.estimates.rho, 0);
  }
}

// ---- permanent impact --------------------------------------------------------------------------

// A quote has 4 lots in 10 ticks, so that no lot moves the price by more than 2.5 ticks.
static void permanent_impact_is_found(void **unused) {
  (void)unused;
  for (int slope = 0; slope <= 4; slope++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             HEAD
             "populations: [{kind: dealer, slope: %d}, {kind: taker, every_ms: 900},"
             " {kind: taker, side: sell, every_ms: 1300}]\n",
             slope);
    estimated e = estimate(yaml, "almgren-chriss", 20, 3, 2, 0);
    double most = 0.9 * 10 / 4;
    assert_near(e.estimates.impact_gamma, slope < most ? slope : most, 1e-9);
    assert_near(real_of(&e, hft_almgren_chriss_class.key.impact_gamma), e.estimates.impact_gamma,
                0);
    assert_near(e.estimates.epsilon, 5, 0);
  }
}

// ---- the volume curve --------------------------------------------------------------------------

static void the_volume_curve_is_found(void **unused) {
  (void)unused;
  estimated e = estimate(HEAD
                         "populations: [{kind: wall, bid: 9999, ask: 10001}, {kind: pulse,"
                         " start_s: 6}]\n",
                         "vwap", 20, 3, 2, 0);
  hft_list profile;
  memcpy(&profile, (const char *)e.params + hft_vwap_class.key.volume_curve.offset, sizeof profile);
  assert_int_equal(profile.count, 12);
  for (int k = 0; k < 12; k++) assert_near(profile.value[k], 12 * (k + 1) / 78.0, 1e-12);
}

// Nothing that the market does not show is estimated, and a key that the user gave stays.
static void what_is_not_shown_stays(void **unused) {
  (void)unused;
  static const char *const dead[] = {HEAD "populations: []\n",
                                     HEAD "populations: [{kind: wall, bid: 9999}]\n"};
  for (int i = 0; i < 2; i++) {
    estimated e = estimate(dead[i], "almgren-chriss", 20, 2, 1, 0);
    assert_true(isnan(e.estimates.epsilon) && isnan(e.estimates.rho) && isnan(e.estimates.eta));
    assert_true(isnan(e.estimates.impact_gamma));
    assert_int_equal(e.estimates.volume_curve.count, 0);
    estimated v = estimate(dead[i], "vwap", 20, 2, 1, 0);
    assert_int_equal(v.set, 0);
  }
  estimated all = estimate(HEAD
                           "populations: [{kind: wall, bid: 9999, ask: 10001}, {kind: pulse,"
                           " start_s: 6}]\n",
                           "vwap", 20, 1, 1, UINT64_MAX);
  assert_int_equal(all.set, 0);
  hft_list profile;
  memcpy(&profile, (const char *)all.params + hft_vwap_class.key.volume_curve.offset,
         sizeof profile);
  assert_near(profile.value[0], 1.7, 0);
}

// ---- a market of populations -------------------------------------------------------------------

// The estimates make a problem that has a solution, whatever the slices; and they depend on no
// thread.
static void populations(void **unused) {
  (void)unused;
  static const char yaml[] =
      "market_config: {duration_s: 300}\nenv_config: {warmup_s: 10, episode_len: 120}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n";
  static const int64_t slices[] = {1, 3, 20, 400};
  hft_config *config = read_config(test_schema_env(&schema, classes, CLASSES), yaml);
  for (int i = 0; i < 4; i++) {
    estimated e = estimate(yaml, "almgren-chriss", slices[i], 6, 1, 0);
    estimated again = estimate(yaml, "almgren-chriss", slices[i], 6, 3, 0);
    assert_memory_equal(&e.estimates, &again.estimates, sizeof e.estimates);
    assert_memory_equal(e.params, again.params, sizeof e.params);
    const double *all[] = {&e.estimates.eta, &e.estimates.impact_gamma, &e.estimates.epsilon,
                           &e.estimates.rho, &e.estimates.sigma};
    for (int k = 0; k < 5; k++) assert_true(isfinite(*all[k]) && *all[k] > 0);
    const hft_episode_spec spec = {config,   classes, CLASSES, &hft_almgren_chriss_class,
                                   e.params, 0};
    hft_episode_plan *plan = NULL;
    hft_error error = {0};
    expect_ok(hft_episode_plan_create(&spec, &plan, &error), &error);
    hft_episode_plan_free(plan);
  }
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resilience_is_found),
      cmocka_unit_test(permanent_impact_is_found),
      cmocka_unit_test(the_volume_curve_is_found),
      cmocka_unit_test(what_is_not_shown_stays),
      cmocka_unit_test(populations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
