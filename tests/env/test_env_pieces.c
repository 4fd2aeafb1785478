// An env that is created, reset and stepped in slices of any size equals, bit for bit, one that is
// not sliced: in every preset, under every rule, with latency, auctions, halts and tapes. Also the
// size of a slice: what its budget bounds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "sim/base/arena.h"
#include "sim/market/state.h"
#include "tests/support/env_world.h"

#define STEPS 12
#define GARBAGE 0xa5

static hft_catalog catalog;

static hft_env_model *compile(hft_config *config) {
  hft_env_model *model = NULL;
  hft_error error = {0};
  if (hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error) !=
      HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  hft_config_free(config);
  return model;
}

// The default config with another over it: a preset or a file, then text.
static hft_env_model *model_of(const char *name, const char *text) {
  hft_config *config;
  hft_error error = {0};
  assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
  if ((name != NULL && hft_catalog_merge(config, name, &error) != HFT_OK) ||
      (text != NULL && hft_config_merge(config, text, strlen(text), "test", &error) != HFT_OK)) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return compile(config);
}

// ---- the same bits -----------------------------------------------------------------------------

// Budgets of one to so many.
static int64_t draw_budget(uint64_t *stream, int64_t most) {
  return 1 + (int64_t)(world_draw(stream) % (uint64_t)most);
}

// Another env of the model, made in pieces.
static world make_in_pieces(const world *of, uint64_t *stream, int64_t most) {
  world w = world_fork(of);
  memset(w.env, GARBAGE, hft_env_size(w.model));
  hft_env_progress hand = {0};
  for (int64_t budget = 1; !hft_env_make_some(w.model, w.env, &hand, &budget);) {
    assert_true(budget <= 0);
    budget = draw_budget(stream, most);
  }
  return w;
}

static int reset_in_pieces(world *w, uint64_t seed, uint32_t index, uint64_t *stream,
                           int64_t most) {
  hft_env_progress hand = {0};
  int pieces = 1;
  int64_t budget = draw_budget(stream, most);
  while (!hft_env_reset_some(w->model, w->env, seed, index, &w->io, &hand, &budget)) {
    assert_true(budget <= 0);
    budget = draw_budget(stream, most);
    pieces++;
  }
  const hft_env_progress none = {0};
  assert_memory_equal(&hand.stage, &none.stage, sizeof hand.stage);
  assert_int_equal(hand.at, 0);
  return pieces;
}

static int step_in_pieces(world *w, uint64_t *stream, int64_t most) {
  hft_env_progress hand = {0};
  int pieces = 1;
  int64_t budget = draw_budget(stream, most);
  while (!hft_env_step_some(w->model, w->env, &w->io, &hand, &budget)) {
    assert_true(budget <= 0);
    budget = draw_budget(stream, most);
    pieces++;
  }
  assert_int_equal(hand.stage, 0);
  assert_null(hft_market_verify(hft_env_model_market(w->model), world_market(w)));
  return pieces;
}

static void compare(const char *name, const world *whole, const world *pieces, int step) {
  if (world_hash(whole) != world_hash(pieces)) fail_msg("%s: step %d is another", name, step);
  // Saves are bytes.
  if (memcmp(whole->env, pieces->env, hft_env_size(whole->model)) != 0) {
    fail_msg("%s: step %d has other bytes", name, step);
  }
}

// Two episodes. Returns the pieces of all steps and resets.
static int check_same(const char *name, hft_env_model *model, int64_t most) {
  world whole = world_of(model);
  uint64_t stream = (uint64_t)most, actions[2] = {11, 11};
  world pieces = make_in_pieces(&whole, &stream, most);
  int count = 0;
  for (uint32_t episode = 0; episode < 2; episode++) {
    world_reset(&whole, 5, episode);
    count += reset_in_pieces(&pieces, 5, episode, &stream, most);
    compare(name, &whole, &pieces, 0);
    for (int step = 1; step <= STEPS && !*whole.io.ended; step++) {
      world_act_randomly(&whole, &actions[0]);
      world_act_randomly(&pieces, &actions[1]);
      world_step(&whole);
      count += step_in_pieces(&pieces, &stream, most);
      compare(name, &whole, &pieces, step);
    }
  }
  world_close_fork(&pieces);
  world_close(&whole);
  return count;
}

static void check_sizes(const char *name, hft_env_model *(*make)(const char *a, const char *b),
                        const char *a, const char *b) {
  int last = 0;
  for (int64_t most = 1 << 14; most > 0; most /= 128) {
    int count = check_same(name, make(a, b), most);
    assert_true(count >= last);
    last = count;
  }
  assert_true(last > 2 * STEPS);  // it was cut
}

static void check_all(const char *name, const char *text) {
  check_sizes(name != NULL ? name : text, model_of, name, text);
}

static void test_presets(void **context) {
  (void)context;
  int checked = 0;
  for (int i = 0; i < hft_preset_count; i++) {
    if (strcmp(hft_presets[i].name, "replay") == 0) continue;  // its files are not here
    check_all(hft_presets[i].name, NULL);
    checked++;
  }
  assert_true(checked > 5);
}

// Keys of env_config in the models below.
static const char *observing = "";

// Every kind of rule and agent, of the schema that tests have.
static hft_env_model *ruled_model(const char *market, const char *exchange) {
  char text[2048];
  snprintf(
      text, sizeof text,
      "market_config: {fundamental: jump, jump_rate: 300, instruments: 2, duration_s: 600, %s}\n"
      "exchange_config: {%s}\n"
      "env_config: {warmup_s: 5, episode_len: 20, see_actions: true, message_dim: 1%s}\n"
      "risk_config: {max_inventory: 25}\n"
      "populations: [{kind: noise}, {kind: value, rate: 8}, {kind: maker}]\n"
      "agents: [{kind: maker}, {kind: value, rate: 10}, {kind: noise, opening_orders: 20}]\n"
      "seats: [{kind: maker, count: 2}, {kind: executor, parent_qty: 100, instrument: 1},\n"
      "  {kind: taker, order_qty: 4}, {kind: portfolio, cash: 3000, holding: 20}]\n",
      market, exchange, observing);
  return world_model(text);
}

static void test_rules(void **context) {
  (void)context;
  // The long steps have halts, auctions and the ends of calls within them.
  static const char *const markets[] = {"decision_ms: 500", "decision_ms: 15000",
                                        "decision_ms: 0.001"};
  static const char *const exchanges[] = {
      "maker_fee_bps: -0.1",
      "latency_us: 20000, latency_jitter_us: 10000, self_trade: cancel_oldest",
      "opening_auction_s: 20, closing_auction_s: 30, halt_band_bps: 8, halt_s: 10",
      "opening_auction_s: 6, auction_random_s: 3, halt_band_bps: 5, halt_s: 4, latency_us: 300000",
      ("latency_us: 20000, max_inventory: 60, max_position_value: 5000, message_rate_max: 40, "
       "max_drawdown: 1000, self_trade: cancel_newest")};
  for (size_t m = 0; m < sizeof markets / sizeof markets[0]; m++) {
    for (size_t e = 0; e < sizeof exchanges / sizeof exchanges[0]; e++) {
      check_sizes(exchanges[e], ruled_model, markets[m], exchanges[e]);
    }
  }
}

// Stacks and feeds with latency, which stop the market on its way: also longer than the warm-up.
static void test_feeds(void **context) {
  (void)context;
  static const char *const keys[] = {
      ", stack: 3", ", feed_latency_us: 1", ", feed_latency_us: 740000, stack: 2",
      ", feed_latency_us: 1000000, feed: level3",
      ", feed_latency_us: 10000000, action_space: multi_discrete, reference: fundamental"};
  for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
    observing = keys[k];
    check_sizes(keys[k], ruled_model, "decision_ms: 500", "latency_us: 20000, halt_band_bps: 8");
    check_sizes(keys[k], ruled_model, "decision_ms: 15000",
                "opening_auction_s: 6, auction_random_s: 3, halt_band_bps: 5, halt_s: 4");
  }
  observing = "";
}

static void test_golden_worlds(void **context) {
  (void)context;
  check_all("./tests/golden/roles.yaml", NULL);
  check_all("./tests/golden/several.yaml", NULL);
  check_all("./tests/golden/flow.yaml", NULL);
}

static void test_tape(void **context) {
  (void)context;
  check_all(NULL,
            "market_config: {duration_s: 400}\nenv_config: {warmup_s: 30}\n"
            "populations: [{kind: replay, messages: "
            "data/sample/SYMA_2026-01-02_34200000_34800000_message_5.csv}]\n");
}

// A grid of values that is finer than the events, and one with many jumps a step.
static void test_values(void **context) {
  (void)context;
  check_all(NULL,
            "market_config: {decision_ms: 20000, fundamental: ou_jump, jump_rate: 20000,\n"
            "  fundamental_step_ms: 0.5, jump_volatility: 0.0001}\n"
            "env_config: {episode_len: 20, warmup_s: 60}\n"
            "populations: [{kind: noise}, {kind: value, rate: 0.01}]\n");
  check_all(NULL,
            "market_config: {decision_ms: 20000, instruments: 3, fundamental: jump,\n"
            "  correlation: 0.3, jump_rate: 50000, common_jump_rate: 50000,\n"
            "  fundamental_step_ms: 5000, jump_volatility: 0.0001}\n"
            "env_config: {episode_len: 20}\n");
}

// ---- what a budget bounds ----------------------------------------------------------------------

// The work of one call, with whatever it overdraws.
static int64_t longest_piece(world *w, int64_t budget, int steps) {
  hft_env_progress hand = {0};
  int64_t longest = 0;
  for (int step = 0; step < steps; step++) {
    for (bool done = false; !done;) {
      int64_t left = budget;
      done = hft_env_step_some(w->model, w->env, &w->io, &hand, &left);
      if (budget - left > longest) longest = budget - left;
      const hft_market *market = world_market(w);
      assert_true(done || hft_market_now(market) < HFT_TIME_NEVER);
    }
  }
  return longest;
}

// An hour of a million events a second is left after the budget and what some hundred wakes do.
static void test_a_busy_hour(void **context) {
  (void)context;
  world w = world_of(model_of(NULL,
                              "market_config: {decision_ms: 3600000, duration_s: 36000}\n"
                              "env_config: {episode_len: 5, warmup_s: 0}\n"
                              "populations: [{kind: noise, market_rate: 1e6}]\n"));
  world_reset(&w, 1, 0);
  hft_env_progress hand = {0};
  hft_market *market = world_market(&w);
  uint64_t before = market->event_sequence + market->wake_sequence;
  for (int i = 0; i < 10; i++) {
    int64_t budget = 10000;
    assert_false(hft_env_step_some(w.model, w.env, &w.io, &hand, &budget));
    uint64_t after = market->event_sequence + market->wake_sequence;
    assert_in_range(after - before, 10000, 13000);
    before = after;
  }
  assert_true(hft_market_now(market) < HFT_SECOND);
  world_close(&w);
}

// Wakes that do much count for much: 64 quotes each.
static void test_large_wakes(void **context) {
  (void)context;
  world w = world_of(model_of(NULL,
                              "market_config: {decision_ms: 60000}\nenv_config: {episode_len: 5}\n"
                              "populations: [{kind: noise}, {kind: maker, rate: 10000, levels: "
                              "32}]\n"));
  world_reset(&w, 1, 0);
  assert_in_range(longest_piece(&w, 1000, 2), 1000, 1000 + 512 * 200);
  world_close(&w);
}

// Nothing happens but that values change: 3.6 million steps of the grid in a step of the env.
static void test_an_idle_hour(void **context) {
  (void)context;
  world w = world_of(model_of(NULL,
                              "market_config: {decision_ms: 3600000, duration_s: 36000,\n"
                              "  fundamental_step_ms: 1}\n"
                              "env_config: {episode_len: 5, warmup_s: 0}\n"
                              "populations: [{kind: value, rate: 1e-9}]\n"));
  world_reset(&w, 1, 0);
  hft_env_progress hand = {0};
  const hft_basket *basket = hft_market_basket(hft_env_model_market(w.model), world_market(&w));
  hft_time before = basket->next_step;
  int pieces = 0;
  for (bool done = false; !done; pieces++) {
    int64_t budget = 1;
    done = hft_env_step_some(w.model, w.env, &w.io, &hand, &budget);
    assert_in_range(basket->next_step - before, 0, 2 * 4096 * HFT_MILLISECOND);
    before = basket->next_step;
  }
  assert_true(pieces > 800);
  world_close(&w);
}

// A market of a gigabyte is made, and reset, a part at a time; so are many agents' opening orders.
static void test_large_markets(void **context) {
  (void)context;
  world w = world_of(model_of(NULL,
                              "market_config: {window_ticks: 1048576, instruments: 2,\n"
                              "  initial_price: 6000}\n"
                              "exchange_config: {opening_auction_s: 5}\n"
                              "env_config: {warmup_s: 0}\n"));
  uint64_t stream = 1;
  assert_true(hft_env_size(w.model) > (size_t)64 << 20);
  assert_true(reset_in_pieces(&w, 1, 0, &stream, 1) >= 2 * 16);
  hft_env_progress hand = {0};
  int pieces = 1;
  for (int64_t budget = 1; !hft_env_make_some(w.model, w.env, &hand, &budget); budget = 1) pieces++;
  assert_true(pieces >= (int)(hft_env_size(w.model) >> 20));
  world_close(&w);
  w = world_of(model_of(NULL,
                        "env_config: {warmup_s: 0}\npopulations:\n"
                        "  - {kind: noise, opening_orders: 1000, open_orders_max: 4000}\n"
                        "  - {kind: noise, opening_orders: 1000, open_orders_max: 4000}\n"
                        "  - {kind: noise, opening_orders: 1000, open_orders_max: 4000}\n"));
  for (int64_t budget = 1; !hft_env_reset_some(w.model, w.env, 1, 0, &w.io, &hand, &budget);) {
    assert_true(budget > -2 * 4096);
    budget = 1;
  }
  world_close(&w);
}

// Calls and halts look at every order: a piece ends after as many as its budget pays for.
typedef struct counted {
  int64_t heavy;  // in this piece: halts, and publications of a call that would trade
  int64_t all;    // in all pieces
} counted;

static void count_heavy(void *context, const hft_event *event) {
  counted *count = context;
  bool trades = event->kind == HFT_EVENT_IMBALANCE && event->qty > 0;
  bool halts = event->kind == HFT_EVENT_PHASE && event->reason == HFT_PHASE_HALTED;
  count->heavy += trades || halts;
}

static void check_auctions(const char *text, hft_time until) {
  enum { BUDGET = 32768, ORDERS = 20000 };
  world w = world_of(model_of(NULL, text));
  const hft_model *model = hft_env_model_market(w.model);
  hft_market *market = world_market(&w);
  counted count = {0};
  const hft_sink sink = {count_heavy, &count};
  hft_market_reset(model, market, 1, 0, NULL);
  for (bool is_done = false; !is_done; count.heavy = 0) {
    int64_t budget = BUDGET;
    is_done = hft_market_run_some(model, market, until, &budget, &sink);
    // Each has looked at all orders, at four in the time of an event; the last eight may overdraw.
    if (count.heavy > 8 + BUDGET / (ORDERS / 4)) {
      fail_msg("%s: %lld in a piece", text, (long long)count.heavy);
    }
    count.all += count.heavy;
  }
  assert_true(count.all >= 50);
  world_close(&w);
}

static void test_calls_over_large_books(void **context) {
  (void)context;
#define LARGE                                                                             \
  "populations:\n"                                                                        \
  "  - {kind: noise, opening_orders: 20000, open_orders_max: 40000, cancel_rates: [0]}\n" \
  "  - {kind: value}\n  - {kind: maker}\n  - {kind: metaorder, rate: 5, child_rate: 2}\n"
  check_auctions("exchange_config: {opening_auction_s: 100, auction_publish_s: 0.05}\n" LARGE,
                 20 * HFT_SECOND);
  check_auctions("exchange_config: {halt_band_bps: 0.01, halt_s: 0.01}\n" LARGE, 60 * HFT_SECOND);
}

// A step of the grid is one event, so the jumps in it are limited.
static void test_jumps_a_step(void **context) {
  (void)context;
  const char *const allowed[] = {
      "market_config: {fundamental: jump, jump_rate: 400000, fundamental_step_ms: 3600000}\n",
      "market_config: {jump_rate: 1e6, fundamental_step_ms: 3600000}\n"};  // it does not jump
  const char *const refused[] = {
      "market_config: {fundamental: jump, jump_rate: 430000, fundamental_step_ms: 3600000}\n",
      "market_config: {common_jump_rate: 430000, fundamental_step_ms: 3600000}\n",
      ("market_config: {fundamental: jump, instruments: 64, jump_rate: 7000,\n"
       "  fundamental_step_ms: 3600000}\n")};
  for (int i = 0; i < 2; i++) hft_env_model_free(model_of("avellaneda_stoikov", allowed[i]));
  for (int i = 0; i < 3; i++) {
    hft_config *config;
    hft_error error = {0};
    hft_env_model *model = NULL;
    assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
    assert_int_equal(hft_config_merge(config, refused[i], strlen(refused[i]), "test", &error),
                     HFT_OK);
    assert_int_equal(
        hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error),
        HFT_ECONFIG);
    assert_string_equal(error.where, "market_config.fundamental_step_ms");
    hft_config_free(config);
  }
}

// Two markets in an env.
static void test_twins(void **context) {
  (void)context;
  check_all("portfolio", "reward_config: {baseline: twin}");
  check_all("mm_vs_execution",
            "reward_config: {baseline: twin}\nexchange_config: {halt_band_bps: 2, halt_s: 3}");
}

int main(void) {
  hft_catalog_init(&catalog);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_presets),      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_feeds),        cmocka_unit_test(test_golden_worlds),
      cmocka_unit_test(test_tape),         cmocka_unit_test(test_values),
      cmocka_unit_test(test_a_busy_hour),  cmocka_unit_test(test_large_wakes),
      cmocka_unit_test(test_an_idle_hour), cmocka_unit_test(test_large_markets),
      cmocka_unit_test(test_jumps_a_step), cmocka_unit_test(test_calls_over_large_books),
      cmocka_unit_test(test_twins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
