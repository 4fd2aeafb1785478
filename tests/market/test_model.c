// Models: how a config is compiled, and which configs are refused, naming the key at fault.
#include "sim/market/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/flow/flow.h"
#include "tests/support/market_world.h"

static void instrument_follows_the_config(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {tick_size: 0.05, initial_price: 31.27, window_ticks: 100, duration_s: 1.5}",
      1);
  const hft_instrument *instrument = hft_model_instrument(w.model);
  assert_true(instrument->tick_size == 0.05);
  assert_int_equal(instrument->initial_price, 625);  // 625.4 ticks
  assert_int_equal(instrument->price_min, 575);
  assert_int_equal(instrument->price_max, 674);
  assert_int_equal(instrument->duration, 1500000000);
  assert_int_equal(hft_market_mid2(w.market, 0), 1250);
  assert_true(hft_market_fundamental(w.model, w.market, 0) == 625);
  world_free(&w);
}

// Work of a reset whose instruments begin with an auction.
static int64_t work_of_reset(const char *yaml) {
  world w = world_create(yaml, 1);
  size_t at = 0;
  int64_t budget = INT64_MAX;
  assert_true(hft_market_reset_some(w.model, w.market, 1, 0, &at, &budget, NULL));
  world_free(&w);
  return INT64_MAX - budget;
}

static void work_grows_with_the_window(void **state) {
  (void)state;
  int64_t half = work_of_reset(
      "{market_config: {initial_price: 10000, window_ticks: 524288}, "
      "exchange_config: {opening_auction_s: 10}}");
  int64_t largest = work_of_reset(
      "{market_config: {initial_price: 10000, window_ticks: 1048576}, "
      "exchange_config: {opening_auction_s: 10}}");
  assert_true(2 * largest > 3 * half);
}

static void window_begins_at_1_tick_or_above(void **state) {
  (void)state;
  world w = world_create("market_config: {initial_price: 0.1, window_ticks: 1000}", 1);
  const hft_instrument *instrument = hft_model_instrument(w.model);
  assert_int_equal(instrument->price_min, 1);
  assert_int_equal(instrument->price_max, 1000);
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  assert_int_equal(hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, 1, 1}).number, 1);
  assert_int_equal(hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, 1000, 1}).number, 2);
  world_free(&w);
}

static void participants_stand_in_order(void **state) {
  (void)state;
  world w = world_create(
      "populations: [{kind: maker}, {kind: noise}]\n"
      "agents: [{kind: monkey}, {kind: maker}]",
      2);
  const char *name[] = {"maker", "noise", "monkey", "maker", "seat", "seat"};
  assert_int_equal(hft_model_participant_count(w.model), 6);
  assert_int_equal(hft_model_first_extra(w.model), 4);
  for (hft_owner i = 0; i < 6; i++) {
    assert_string_equal(hft_model_participant_name(w.model, i), name[i]);
  }
  world_free(&w);
}

static void empty_market_runs(void **state) {
  (void)state;
  world w = world_create("market_config: {fundamental: ou}", 0);
  assert_int_equal(hft_model_participant_count(w.model), 0);
  hft_market_run(w.model, w.market, 100 * HFT_SECOND, NULL);
  assert_int_equal(hft_market_now(w.market), 100 * HFT_SECOND);
  assert_int_equal(hft_market_messages(w.market), 0);
  world_verify(&w);
  world_free(&w);
}

static void participants_are_limited(void **state) {
  (void)state;
  hft_extra_agent extra[HFT_PARTICIPANTS_MAX + 1];
  for (int i = 0; i <= HFT_PARTICIPANTS_MAX; i++) {
    extra[i] = (hft_extra_agent){&world_seat_class, NULL};
  }
  world_expect_refused("", extra, HFT_PARTICIPANTS_MAX + 1, "", "1025 participants; at most 1024");
  world_expect_refused("agents: [{kind: monkey}]", extra, HFT_PARTICIPANTS_MAX, "", "1025");
  world w = world_create_with("agents: [{kind: monkey}]", extra, HFT_PARTICIPANTS_MAX - 1);
  hft_desk desk = hft_market_desk(w.model, w.market, HFT_PARTICIPANTS_MAX - 1);
  hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, 9999, 1});
  hft_market_run(w.model, w.market, HFT_SECOND, NULL);
  world_verify(&w);
  world_free(&w);
}

static void unknown_classes_are_refused(void **state) {
  (void)state;
  hft_config *config = world_config("populations: [{kind: maker}, {kind: noise}]");
  const hft_agent_class *const known[] = {&hft_maker_class};
  hft_model *model = NULL;
  hft_error error = {0};
  assert_int_equal(hft_model_create(config, known, 1, NULL, 0, &model, &error), HFT_ECONFIG);
  assert_null(model);
  expect_error(&error, HFT_ECONFIG, "populations.1", NULL);
  expect_error(&error, HFT_ECONFIG, "noise", NULL);
  hft_config_free(config);
}

// A class whose needs are those of the moment.
static const hft_needs *filed_needs;

static hft_needs measure_filed(const void *params) {
  (void)params;
  return *filed_needs;
}

static const hft_section filed_section = {"filed", "", NULL, 0, 0};
static const hft_agent_class filed_class = {.section = &filed_section, .measure = measure_filed};

// The content and the worlds of a model that has these agents.
static void filed_model(const char *yaml, bool as_agent, hft_needs needs, uint64_t *content,
                        double *worlds) {
  filed_needs = &needs;
  needs.open_orders_max = 1;
  hft_config *config = world_config(yaml);
  hft_model *model = NULL;
  const hft_extra_agent extra = {&filed_class, NULL};
  assert_int_equal(hft_model_create(config, world_classes, world_class_count, &extra,
                                    as_agent ? 1 : 0, &model, NULL),
                   HFT_OK);
  *content = hft_model_content(model);
  *worlds = hft_model_worlds(model);
  hft_model_free(model);
  hft_config_free(config);
}

static void models_tell_what_their_agents_have_read(void **state) {
  (void)state;
  uint64_t none, one, other, again;
  double worlds;
  filed_model("populations: []", false, (hft_needs){0}, &none, &worlds);
  assert_true(none == 0 && worlds == 1);
  filed_model("populations: []", true, (hft_needs){.content = 1}, &one, &worlds);
  filed_model("populations: []", true, (hft_needs){.content = 2}, &other, &worlds);
  filed_model("populations: []", true, (hft_needs){.content = 1}, &again, &worlds);
  assert_true(one != 0 && other != 0 && one != other && one == again);
  assert_true(worlds == 1);  // an agent in the market makes no worlds of it
  filed_model("populations: [{kind: noise}]", false, (hft_needs){0}, &none, &worlds);
  assert_true(none == 0 && isinf(worlds));
}

static void orders_in_all_are_limited(void **state) {
  (void)state;
  char yaml[2048] = "populations:\n";
  for (int i = 0; i < 17; i++) strcat(yaml, "- {kind: noise, open_orders_max: 1000000}\n");
  world_expect_refused(yaml, NULL, 0, "populations.16", "open orders");
}

static void prices_out_of_bounds_are_refused(void **state) {
  (void)state;
  const char *where = "market_config.initial_price";
  world_expect_refused("market_config: {tick_size: 100, initial_price: 1}", NULL, 0, where,
                       "0 ticks");
  world_expect_refused("market_config: {tick_size: 1e-9, initial_price: 10}", NULL, 0, where,
                       "ticks");
  world_expect_refused("market_config: {tick_size: 1e-9, initial_price: 1e9}", NULL, 0, where,
                       "ticks");
}

static const char refused_noise[] = "[{kind: noise, limit_rates: [0, 0], market_rate: 0}]";

// The keys of the first population of a config, in memory of the caller's.
static hft_extra_agent noise_agent(const char *populations, max_align_t *memory, size_t size) {
  char yaml[256];
  snprintf(yaml, sizeof yaml, "populations: %s", populations);
  hft_config *config = world_config(yaml);
  const hft_section *section;
  const void *keys = hft_config_item(config, "populations", 0, &section);
  assert_true(section->size <= size);
  memcpy(memory, keys, section->size);
  hft_config_free(config);
  return (hft_extra_agent){&hft_noise_class, memory};
}

static void a_class_may_refuse_its_keys(void **state) {
  (void)state;
  char yaml[256];
  snprintf(yaml, sizeof yaml, "agents: %s", refused_noise);
  world_expect_refused(yaml, NULL, 0, "agents.0 (noise)", "market_rate");
  max_align_t memory[64];
  hft_extra_agent extra = noise_agent(refused_noise, memory, sizeof memory);
  world_expect_refused("", &extra, 1, "noise", "limit_rates");
}

static void params_are_copied(void **state) {
  (void)state;
  max_align_t memory[64];
  hft_extra_agent extra = noise_agent("[{kind: noise}]", memory, sizeof memory);
  world w = world_create_with("", &extra, 1);
  uint64_t hash = hft_market_hash(w.model, w.market);
  memset(memory, 0xff, sizeof memory);
  hft_market_reset(w.model, w.market, 0, 0, NULL);
  assert_true(hft_market_hash(w.model, w.market) == hash);
  hft_market_run(w.model, w.market, 10 * HFT_SECOND, NULL);
  assert_true(hft_market_account(w.model, w.market, 0, 0)->order_count > 250);
  world_free(&w);
}

// Values out of bounds never reach a model: the config names the key.
static void bad_values_name_their_key(void **state) {
  (void)state;
  static const char *const bad[][2] = {{"volatility", "-0.1"},
                                       {"volatility", "nan"},
                                       {"volatility_of_volatility", "-0.1"},
                                       {"volatility_of_volatility", "2.1"},
                                       {"volatility_horizons_s", "[0]"},
                                       {"volatility_horizons_s", "[]"},
                                       {"volatility_horizons_s", "10"},
                                       {"volatility_roughness", "0.6"},
                                       {"leverage", "1.01"},
                                       {"leverage", "nan"},
                                       {"jump_rate", "-1"},
                                       {"jump_mean", "1.5"},
                                       {"jump_volatility", "-0.01"},
                                       {"mean_reversion_speed", "-1"},
                                       {"mean_reversion_speed", ""},
                                       {"fundamental_step_ms", "0"},
                                       {"fundamental_step_ms", "inf"},
                                       {"fundamental", "brown"},
                                       {"initial_price", "0"},
                                       {"initial_price", "-5"},
                                       {"tick_size", "0"},
                                       {"window_ticks", "63"},
                                       {"window_ticks", "1048577"},
                                       {"window_ticks", "100.5"},
                                       {"duration_s", "0"},
                                       {"order_qty_max", "0"},
                                       {"decision_ms", "-1"},
                                       {"order_qty_max", "1000000001"}};
  hft_config *config = world_config("");
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char path[64];
    snprintf(path, sizeof path, "market_config.%s", bad[i][0]);
    hft_error error = {0};
    hft_status status = hft_config_set_value(config, path, bad[i][1], &error);
    if (status != HFT_ECONFIG) fail_msg("%s=%s is taken", path, bad[i][1]);
    if (strstr(error.where, bad[i][0]) == NULL) expect_error(&error, HFT_ECONFIG, NULL, bad[i][0]);
  }
  hft_config_free(config);
}

static void horizons_are_limited(void **state) {
  (void)state;
  world_expect_refused("market_config: {volatility_horizons_s: [1, 2, 3, 4, 5, 6, 7, 8, 9]}", NULL,
                       0, "market_config.volatility_horizons_s", "9 horizons; at most 8");
}

// What a population sees: the value's volatility factor, 1 where it is constant, at the market's
// clock and with the instrument's own factor. The populations' worlds are those of the same value.
static void a_desk_sees_the_volatility(void **state) {
  (void)state;
  const char *stochastic =
      "market_config: {instruments: 2, volatility_of_volatility: 1}\n"
      "populations: [{kind: noise}]";
  world w = world_create(stochastic, 1);
  double before[2] = {0};
  for (int second = 0; second < 5; second++) {
    hft_market_run(w.model, w.market, second * HFT_SECOND, NULL);
    for (hft_owner owner = 0; owner < 2; owner++) {
      hft_desk desk = hft_market_desk(w.model, w.market, owner);
      double volatility = hft_desk_volatility(&desk);
      assert_true(volatility > 0 && volatility < 6 && volatility != before[owner]);
      assert_true(volatility == hft_market_volatility(w.model, w.market, owner));
      before[owner] = volatility;
    }
    assert_true(before[0] != before[1]);
  }
  world_free(&w);
  const char *const constant[] = {
      "populations: [{kind: noise}]",
      "market_config: {leverage: 1, volatility_horizons_s: [1]}\npopulations: [{kind: noise}]",
      "{market_config: {fundamental: constant, volatility_of_volatility: 1}, populations: []}"};
  for (int i = 0; i < 3; i++) {
    w = world_create(constant[i], 1);
    hft_market_run(w.model, w.market, HFT_SECOND, NULL);
    hft_desk desk = hft_market_desk(w.model, w.market, 0);
    assert_true(hft_desk_volatility(&desk) == 1);
    world_free(&w);
  }
}

static void memory_is_checked(void **state) {
  (void)state;
  world w = world_create("populations: [{kind: maker}]", 1);
  size_t size = hft_market_size(w.model);
  assert_true(size > 0 && size % HFT_CACHE_LINE == 0);
  unsigned char *memory = aligned_alloc(HFT_CACHE_LINE, size + 2 * HFT_CACHE_LINE);
  assert_non_null(memory);
  memset(memory, 0x5a, size + 2 * HFT_CACHE_LINE);
  hft_market *market = NULL;
  assert_int_equal(hft_market_init(w.model, memory + 8, size + 8, &market), HFT_EINVAL);
  assert_int_equal(hft_market_init(w.model, memory, size - 1, &market), HFT_ENOMEM);
  assert_null(market);
  assert_int_equal(hft_market_init(w.model, memory, size, &market), HFT_OK);
  hft_market_run(w.model, market, HFT_SECOND, NULL);
  for (size_t i = 0; i < 2 * HFT_CACHE_LINE; i++) assert_int_equal(memory[size + i], 0x5a);
  assert_true(hft_market_hash(w.model, w.market) != hft_market_hash(w.model, market));
  hft_market_run(w.model, w.market, HFT_SECOND, NULL);
  assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(w.model, market));
  free(memory);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(instrument_follows_the_config),
      cmocka_unit_test(work_grows_with_the_window),
      cmocka_unit_test(window_begins_at_1_tick_or_above),
      cmocka_unit_test(participants_stand_in_order),
      cmocka_unit_test(empty_market_runs),
      cmocka_unit_test(participants_are_limited),
      cmocka_unit_test(models_tell_what_their_agents_have_read),
      cmocka_unit_test(unknown_classes_are_refused),
      cmocka_unit_test(orders_in_all_are_limited),
      cmocka_unit_test(prices_out_of_bounds_are_refused),
      cmocka_unit_test(a_class_may_refuse_its_keys),
      cmocka_unit_test(params_are_copied),
      cmocka_unit_test(bad_values_name_their_key),
      cmocka_unit_test(horizons_are_limited),
      cmocka_unit_test(a_desk_sees_the_volatility),
      cmocka_unit_test(memory_is_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
