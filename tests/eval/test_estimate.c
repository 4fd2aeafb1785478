// Estimates against a market whose volatility and fill rates are known: the mid is a random walk on
// a lattice, and marketable orders arrive at random with an exponential reach.
#include "eval/estimate.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/state.h"
#include "tests/support/episode_world.h"

// ---- the market --------------------------------------------------------------------------------

// clang-format off
#define LATTICE_KEYS(X)                                                                           \
  X(REAL, step_ms, "100", 1, 1e6, "ms", "the middle moves up or down by a tick")                  \
  X(INT, spread, "1", 1, 100, "ticks", "even: the mid is on a whole tick")                        \
  X(INT, mixed, "0", 0, 1, "", "1: the spread is one tick wider every other step")                \
  X(INT, bounce, "0", 0, 100, "ticks", "the quotes are off the middle by this, up or down")       \
  X(REAL, a, "5", 0, 1e6, "1/s", "orders a side whose reach is above 0")                          \
  X(REAL, k, "0.1", 0, 1e6, "1/ticks", "decay of their reach")                                    \
  X(INT, qty, "1", 1, 1000, "lots", "of each, where it reaches the best price and no farther")
// clang-format on

typedef struct lattice_keys {
  LATTICE_KEYS(HFT_KEY_MEMBER)
} lattice_keys;

typedef struct lattice_state {
  hft_time next_step, next_order;
  int64_t middle, steps;
  int64_t best[2];
} lattice_state;

#define HFT_KEY_STRUCT lattice_keys
static const hft_key lattice_table[] = {LATTICE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section lattice_section = {"lattice", "", lattice_table,
                                            sizeof lattice_table / sizeof lattice_table[0],
                                            sizeof(lattice_keys)};

static void rest(const hft_desk *desk, int side, int64_t price, int64_t qty) {
  hft_desk_submit(desk, &(hft_order){(hft_side)side, HFT_GTC, (hft_price)price, (hft_qty)qty, 0});
}

static void place_quotes(const lattice_keys *k, lattice_state *s, const hft_desk *desk) {
  hft_desk_cancel_all(desk);
  int64_t center = s->middle;
  if (k->bounce > 0) center += hft_uniform(hft_desk_rng(desk)) < 0.5 ? k->bounce : -k->bounce;
  int64_t spread = k->spread + (k->mixed != 0 ? s->steps % 2 : 0);
  s->best[HFT_BID] = center - spread / 2;
  s->best[HFT_ASK] = s->best[HFT_BID] + spread;
  for (int side = 0; side < 2; side++) rest(desk, side, s->best[side], 1000);
}

// An order of reach x ticks, which shows if it reaches the best price: it then trades there and, if
// it goes on, at its last price. Only these two levels are filled for it.
static void trade(const lattice_keys *k, const lattice_state *s, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  int side = hft_uniform(rng) < 0.5 ? HFT_BID : HFT_ASK;
  int other = (int)hft_side_other((hft_side)side);
  double half = 0.5 * (double)(s->best[HFT_ASK] - s->best[HFT_BID]);
  double reach = hft_exponential(rng) / k->k;
  if (reach < half) return;
  int64_t beyond = (int64_t)floor(reach - half);
  if (beyond == 0) {
    hft_desk_submit(desk,
                    &(hft_order){(hft_side)side, HFT_IOC, HFT_PRICE_MARKET, (hft_qty)k->qty, 0});
    return;
  }
  int64_t sign = side == HFT_BID ? 1 : -1;
  hft_desk_cancel_all(desk);
  rest(desk, other, s->best[other], 1);
  rest(desk, side, s->best[side], 1000);
  rest(desk, other, s->best[other] + sign * beyond, 1000);
  hft_desk_submit(desk, &(hft_order){(hft_side)side, HFT_IOC, HFT_PRICE_MARKET, 2, 0});
  hft_desk_cancel_all(desk);
  for (int i = 0; i < 2; i++) rest(desk, i, s->best[i], 1000);
}

static void wake_next(const lattice_state *s, const hft_desk *desk) {
  hft_desk_wake_at(desk, s->next_step < s->next_order ? s->next_step : s->next_order);
}

static hft_time until_order(const lattice_keys *k, const hft_desk *desk) {
  if (k->a <= 0) return (hft_time)1000000 * HFT_SECOND;
  return (hft_time)(hft_exponential(hft_desk_rng(desk)) / (2 * k->a) * 1e9);
}

static void lattice_reset(const void *params, void *state, hft_desk *desk) {
  const lattice_keys *k = params;
  lattice_state *s = state;
  s->middle = hft_desk_instrument(desk)->initial_price;
  s->next_step = (hft_time)(k->step_ms * 1e6);
  s->next_order = until_order(k, desk);
  place_quotes(k, s, desk);
  wake_next(s, desk);
}

// Whether a market of another index than those of earlier episodes has run.
static atomic_bool ran_elsewhere;

static void lattice_wake(const void *params, void *state, hft_desk *desk) {
  const lattice_keys *k = params;
  if (desk->market->env != HFT_ESTIMATE_ENV) atomic_store(&ran_elsewhere, true);
  lattice_state *s = state;
  hft_time now = hft_desk_now(desk);
  if (now >= s->next_step) {
    s->middle += hft_uniform(hft_desk_rng(desk)) < 0.5 ? 1 : -1;
    s->steps++;
    s->next_step += (hft_time)(k->step_ms * 1e6);
    place_quotes(k, s, desk);
  } else {
    trade(k, s, desk);
    s->next_order = now + until_order(k, desk);
  }
  wake_next(s, desk);
}

static const hft_agent_class lattice_class = {.section = &lattice_section,
                                              .params_size = sizeof(lattice_keys),
                                              .state_size = sizeof(lattice_state),
                                              .open_orders_max = 8,
                                              .reset = lattice_reset,
                                              .wake = lattice_wake};

// ---- runs --------------------------------------------------------------------------------------

static const hft_agent_class *classes[64];
static int class_count;
static test_schema schema;

static hft_config *config_of(const char *yaml) {
  class_count = world_class_count + 1;
  memcpy(classes, world_classes, (size_t)world_class_count * sizeof classes[0]);
  classes[world_class_count] = &lattice_class;
  return read_config(test_schema_env(&schema, classes, class_count), yaml);
}

static max_align_t params[64];

static hft_estimate_spec spec_of(const hft_config *config, const char *strategy) {
  const hft_agent_class *c = hft_baseline_find(strategy);
  assert_non_null(c);
  assert_true(c->section->size <= sizeof params);
  hft_section_defaults(c->section, params);
  return (hft_estimate_spec){config, classes, class_count, c, params, 0};
}

static hft_status run(const hft_estimate_spec *spec, int episodes, int threads, uint64_t seed,
                      hft_estimates *out, hft_error *error) {
  const hft_runner_options options = {.episodes = episodes, .threads = threads, .seed = seed};
  return hft_estimate_run(spec, &options, out, error);
}

static hft_estimates estimate(const char *yaml, const char *strategy, int episodes) {
  hft_config *config = config_of(yaml);
  const hft_estimate_spec spec = spec_of(config, strategy);
  hft_estimates out;
  hft_error error = {0};
  expect_ok(run(&spec, episodes, 2, 7, &out, &error), &error);
  hft_config_free(config);
  return out;
}

#define HEAD                                                                     \
  "market_config: {fundamental: constant, window_ticks: 8192, duration_s: 200, " \
  "decision_ms: 500}\n"                                                          \
  "env_config: {warmup_s: 3, episode_len: 300}\n"

// ---- the estimates -----------------------------------------------------------------------------

// sigma is a tick over the square root of a step. The bounce of the quotes, which a variance of the
// changes over 1 s would take for volatility, leaves a twentieth of itself.
static void volatility_is_recovered(void **unused) {
  (void)unused;
  static const struct {
    const char *keys;
    double truth, slack;
  } table[] = {
      {"a: 0, step_ms: 100", 3.16228, 0.06},      {"a: 0, step_ms: 1000", 1, 0.06},
      {"a: 0, step_ms: 4000", 0.5, 0.06},         {"a: 2, step_ms: 100, bounce: 3", 3.16228, 0.09},
      {"a: 2, step_ms: 1000, bounce: 1", 1, 0.1}, {"a: 0, step_ms: 1000000", 0, 0},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml, HEAD "populations: [{kind: lattice, %s}]\n", table[i].keys);
    hft_estimates e = estimate(yaml, "symmetric", 60);
    assert_int_equal(e.episodes, 60);
    assert_near(e.length_s, 150, 0);
    assert_near(e.sigma, table[i].truth, table[i].slack * table[i].truth);
    if (strncmp(table[i].keys, "a: 0", 4) == 0) assert_true(isnan(e.fill_a) && isnan(e.fill_k));
  }
}

// Within four standard errors: k's is k / sqrt(orders), A's adds that of the count.
static void fill_rates_are_recovered(void **unused) {
  (void)unused;
  static const struct {
    double a, k;
    int spread, mixed;
  } table[] = {{5, 0.1, 1, 0}, {2, 0.5, 1, 0}, {20, 1.2, 2, 0},
               {5, 0.3, 4, 0}, {5, 0.3, 3, 1}, {40, 1.5, 2, 1}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    char yaml[512];
    double a = table[i].a, k = table[i].k;
    snprintf(yaml, sizeof yaml,
             HEAD
             "populations: [{kind: lattice, step_ms: 70, a: %g, k: %g, spread: %d, mixed: %d}]\n",
             a, k, table[i].spread, table[i].mixed);
    hft_estimates e = estimate(yaml, "do-nothing", 40);
    double reach = 0.5 * (table[i].spread + table[i].mixed);
    double orders = 2 * a * exp(-k * reach) * 40 * 150;
    double error = 1 / sqrt(orders);
    assert_near(e.fill_k, k, 4 * k * error);
    assert_near(e.fill_a, a, 4 * a * error * (1 + k * reach));
  }
}

// A quote of 10 lots is filled in part by an order of 4: A is the rate of whole units.
static void fills_count_in_units(void **unused) {
  (void)unused;
  const char *yaml = HEAD "populations: [{kind: lattice, a: 20, k: 3, qty: 4}]\n";
  hft_estimates orders = estimate(yaml, "do-nothing", 20), units = estimate(yaml, "symmetric", 20);
  assert_true(orders.fill_k == units.fill_k && orders.sigma == units.sigma);
  // Of the orders that show, the share 1 - exp(-k) trades 4 lots, the others 2.
  double lots = 4 * (1 - exp(-units.fill_k)) + 2 * exp(-units.fill_k);
  assert_near(units.fill_a, orders.fill_a * lots / 10, 1e-3 * units.fill_a);
}

// What trades in a call tells nothing of the reach of orders, and its time does not count.
static void only_continuous_trading_counts(void **unused) {
  (void)unused;
  const char *yaml = HEAD
      "exchange_config: {opening_auction_s: 60, closing_auction_s: 70}\n"
      "populations: [{kind: lattice, a: 5, k: 0.3, step_ms: 500}]\n";
  hft_estimates e = estimate(yaml, "do-nothing", 40);
  assert_near(e.fill_k, 0.3, 0.05);
  assert_near(e.fill_a, 5, 0.5);
}

// ---- the frame ---------------------------------------------------------------------------------

#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 5, episode_len: 200}\n"       \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

static void threads_do_not_matter(void **unused) {
  (void)unused;
  hft_config *config = config_of(LIVE);
  const hft_estimate_spec spec = spec_of(config, "glft");
  hft_estimates e[4];
  static const int threads[] = {1, 2, 3, 16};
  hft_error error = {0};
  for (int i = 0; i < 4; i++) {
    memset(&e[i], 0, sizeof e[i]);
    expect_ok(run(&spec, 12, threads[i], 3, &e[i], &error), &error);
    assert_memory_equal(&e[0], &e[i], sizeof e[0]);
  }
  assert_true(e[0].sigma > 0 && e[0].fill_a > 0 && e[0].fill_k > 0);
  hft_config_free(config);
}

// The span is the strategy's, and the worlds are not those of scored episodes, which have the index
// 0, or that of their env in a pool.
static void earlier_episodes_are_other_worlds(void **unused) {
  (void)unused;
  atomic_store(&ran_elsewhere, false);
  estimate(HEAD "populations: [{kind: lattice}]\n", "symmetric", 3);
  assert_false(atomic_load(&ran_elsewhere));
  hft_config *config = config_of(LIVE);
  hft_estimate_spec spec = spec_of(config, "glft");
  hft_estimates one, other;
  hft_error error = {0};
  expect_ok(run(&spec, 1, 1, 3, &one, &error), &error);
  expect_ok(run(&spec, 1, 1, 4, &other, &error), &error);
  assert_near(one.length_s, 20, 0);
  assert_true(one.sigma != other.sigma);
  hft_param_set_real(spec.strategy->key.horizon_s, params, 7.5);
  hft_param_set_real(spec.strategy->key.start_s, params, 30);
  expect_ok(run(&spec, 1, 1, 3, &other, &error), &error);
  assert_near(other.length_s, 7.5, 0);
  assert_true(one.sigma != other.sigma);
  assert_near(hft_param_real(spec.strategy->key.start_s, params), 30, 0);  // untouched
  hft_config_free(config);
}

static void instruments_are_pooled(void **unused) {
  (void)unused;
  hft_config *config = config_of(
      "market_config: {duration_s: 60, decision_ms: 100, instruments: 3}\n"
      "env_config: {warmup_s: 5, episode_len: 200}\n"
      "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n");
  hft_estimate_spec spec = spec_of(config, "glft");
  hft_error error = {0};
  hft_estimates e[3], all;
  double variance = 0;
  for (int i = 0; i < 3; i++) {
    spec.instrument = i;
    expect_ok(run(&spec, 4, 2, 3, &e[i], &error), &error);
    variance += e[i].sigma * e[i].sigma / 3;
  }
  assert_true(e[0].sigma != e[1].sigma && e[1].fill_a != e[2].fill_a);
  spec.instrument = HFT_INSTRUMENT_ALL;
  expect_ok(run(&spec, 4, 2, 3, &all, &error), &error);
  assert_near(all.sigma, sqrt(variance), 1e-12);
  spec.instrument = 3;
  assert_int_equal(run(&spec, 4, 2, 3, &all, &error), HFT_EINVAL);
  hft_config_free(config);
}

static void errors_name_the_key(void **unused) {
  (void)unused;
  hft_config *config = config_of(LIVE);
  hft_estimate_spec spec = spec_of(config, "glft");
  hft_error error = {0};
  hft_estimates e;
  assert_int_equal(run(&spec, 0, 1, 0, &e, &error), HFT_EINVAL);
  assert_int_equal(run(&spec, HFT_EPISODES_MAX + 1, 1, 0, &e, &error), HFT_EINVAL);
  hft_param_set_real(spec.strategy->key.start_s, params, 59);
  assert_int_equal(run(&spec, 1, 1, 0, &e, &error), HFT_ECONFIG);
  expect_error(&error, HFT_ECONFIG, "market_config.duration_s", "does not fit in a session");
  hft_config_free(config);
}

static uint64_t bit_of(const hft_section *section, const char *name) {
  return UINT64_C(1) << (hft_section_find(section, name) - section->keys);
}

static double value_of(const hft_section *section, const char *name) {
  return *(const double *)((const char *)params + hft_section_find(section, name)->offset);
}

static void keys_are_set_unless_given(void **unused) {
  (void)unused;
  const hft_agent_class *glft = hft_baseline_find("glft");
  const hft_section *s = glft->section;
  const hft_estimates e = {.sigma = 1.5, .fill_a = 1e12, .fill_k = NAN};
  hft_section_defaults(s, params);
  double k = value_of(s, "k");
  assert_true(hft_estimate_applies(glft));
  assert_int_equal(hft_estimate_apply(&e, glft, params, 0), bit_of(s, "sigma") | bit_of(s, "a"));
  assert_near(value_of(s, "sigma"), 1.5, 0);
  assert_near(value_of(s, "a"), 1e9, 0);  // the largest that the key allows
  assert_near(value_of(s, "k"), k, 0);    // there is no estimate
  hft_section_defaults(s, params);
  assert_int_equal(hft_estimate_apply(&e, glft, params, bit_of(s, "sigma") | bit_of(s, "k")),
                   bit_of(s, "a"));
  assert_near(value_of(s, "sigma"), 0, 0);
  assert_false(hft_estimate_applies(hft_baseline_find("do-nothing")));
  assert_int_equal(hft_estimate_apply(&e, hft_baseline_find("random"), params, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(volatility_is_recovered),
      cmocka_unit_test(fill_rates_are_recovered),
      cmocka_unit_test(fills_count_in_units),
      cmocka_unit_test(only_continuous_trading_counts),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(earlier_episodes_are_other_worlds),
      cmocka_unit_test(instruments_are_pooled),
      cmocka_unit_test(errors_name_the_key),
      cmocka_unit_test(keys_are_set_unless_given),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
