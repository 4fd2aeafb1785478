// Every number stays within the bounds that the spec gives for it: in every preset, and in random
// markets under random actions.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "tests/support/env_world.h"

#define STEPS 150
#define DRAWS 60

static void check_row(const hft_index *index, const float *value, int count, const char *of,
                      int64_t step) {
  for (int i = 0; i < count; i++) {
    if (value[i] >= index[i].low && value[i] <= index[i].high) continue;
    fail_msg("%s, step %lld: %s is %.9g, not in [%.9g, %.9g]", of, (long long)step, index[i].name,
             (double)value[i], (double)index[i].low, (double)index[i].high);
  }
}

static void check_values(const world *w, const char *of) {
  int64_t step = hft_env_steps(w->env);
  for (int g = 0; g < w->spec->group_count; g++) {
    const hft_group *group = &w->spec->group[g];
    for (int s = 0; s < group->seat_count; s++) {
      check_row(group->obs, w->io.obs[g] + (ptrdiff_t)s * group->obs_dim, group->obs_dim, of, step);
    }
  }
  check_row(w->spec->state, w->io.state, w->spec->state_dim, of, step);
}

// Rows of zeros, which pad where there is nothing to see, are in bounds, too.
static int check_bounds(const hft_index *index, int count) {
  int bounded = 0;
  for (int i = 0; i < count; i++) {
    assert_true(index[i].low <= 0 && index[i].high >= 0 && index[i].low < index[i].high);
    bounded += isfinite(index[i].low) && isfinite(index[i].high);
  }
  return bounded;
}

static void check_spaces(const hft_env_spec *spec) {
  assert_true(check_bounds(spec->state, spec->state_dim) > 0);
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    assert_true(check_bounds(group->obs, group->obs_dim) > 0);
    assert_int_equal(check_bounds(group->axis, group->axis_count), group->axis_count);
    for (int i = 0; i < group->axis_count; i++) {
      int choices = group->choice_count[i];
      assert_true(group->axis[i].low == (choices > 0 ? 0 : -1));
      assert_true(group->axis[i].high == (float)(choices > 0 ? choices - 1 : 1));
    }
  }
}

// Whole hauls in one direction for a while, then anything: positions get as large as they can.
static void act(world *w, int64_t step, uint64_t *stream) {
  world_act_randomly(w, stream);
  if (w->spec->action_space != HFT_ACTION_BOX || step / 20 % 2 == 1) return;
  float side = step / 40 % 2 == 0 ? 1 : -1;
  for (int s = 0; s < w->spec->seat_count; s++) {
    int axes = world_group(w, s)->axis_count;
    for (int axis = 0; axis < axes; axis++) world_set(w, s, axis, axis % 2 == 0 ? side : -side);
  }
}

static void run(hft_env_model *model, const char *of, uint64_t seed) {
  world w = world_of(model);
  check_spaces(w.spec);
  uint64_t stream = seed;
  uint32_t episode = 0;
  world_reset(&w, seed, episode);
  check_values(&w, of);
  for (int64_t step = 0; step < STEPS; step++) {
    act(&w, step, &stream);
    world_step(&w);
    check_values(&w, of);
    if (!*w.io.ended) continue;
    world_reset(&w, seed, ++episode);
    check_values(&w, of);
  }
  world_close(&w);
}

// Null where the config is refused, or names files that are not here.
static hft_env_model *preset_model(const hft_catalog *catalog, const char *name,
                                   const char *overlay) {
  hft_error error = {0};
  hft_config *config;
  hft_env_model *model = NULL;
  assert_int_equal(hft_catalog_config(catalog, &config, &error), HFT_OK);
  assert_int_equal(hft_catalog_merge(config, name, &error), HFT_OK);
  if (hft_config_merge(config, overlay, strlen(overlay), "overlay", &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  if (hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error) !=
      HFT_OK) {
    print_message("%s is left out: %s: %s\n", name, error.where, error.text);
    model = NULL;
  }
  hft_config_free(config);
  return model;
}

static void test_every_preset_keeps_its_bounds(void **context) {
  (void)context;
  static const char *const overlays[] = {
      "env_config: {}\n",
      "env_config: {warmup_s: 5, reference: fundamental}\n",
      "env_config: {warmup_s: 5, action_space: multi_discrete}\nrisk_config: {max_inventory: 15}\n",
  };
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  int run_count = 0;
  for (int p = 0; p < hft_preset_count; p++) {
    for (size_t k = 0; k < sizeof overlays / sizeof overlays[0]; k++) {
      hft_env_model *model = preset_model(&catalog, hft_presets[p].name, overlays[k]);
      if (model == NULL) continue;
      run(model, hft_presets[p].name, 7 + k);
      run_count++;
    }
  }
  assert_true(run_count > 20);
}

// ---- markets drawn at random -------------------------------------------------------------------
static const char *one_of(uint64_t *stream, const char *const *texts, int count) {
  return texts[world_draw(stream) % (uint64_t)count];
}
#define ONE_OF(stream, ...)                          \
  one_of(stream, (const char *const[]){__VA_ARGS__}, \
         (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

static void draw_config(uint64_t *stream, char *yaml, size_t size) {
  snprintf(yaml, size,
           "market_config: {window_ticks: %s, decision_ms: %s, fundamental: %s, instruments: %s}\n"
           "exchange_config: {latency_us: %s, maker_fee_bps: %s, taker_fee_bps: %s%s}\n"
           "env_config: {warmup_s: %s, episode_len: %s, depth: %s, state_depth: %s, reference: %s, "
           "action_space: %s, see_actions: %s, message_dim: %s, stack: %s, feed_latency_us: %s, "
           "feed: %s}\n"
           "risk_config: {max_inventory: %s}\n"
           "populations: [{kind: noise%s}, {kind: value}, {kind: maker}]\n"
           "seats: [{kind: maker, count: 2, quote_qty: %s, offset_unit: ticks, offset_min: %s, "
           "offset_max: %s}, "
           "{kind: maker, offset_unit: ticks, quote_qty: %s}, {kind: executor, parent_qty: %s, "
           "side: %s}, "
           "{kind: executor, parent_qty: 7, offset_max: 3}, {kind: taker, order_qty: %s}, "
           "{kind: taker, order_qty: 50}, {kind: portfolio, cash: %s, holding: %s}]\n",
           ONE_OF(stream, "4096", "8192"), ONE_OF(stream, "50", "500", "3000"),
           ONE_OF(stream, "ou", "jump", "constant"), ONE_OF(stream, "1", "2"),
           ONE_OF(stream, "0", "40000", "900000"), ONE_OF(stream, "0", "-0.2"),
           ONE_OF(stream, "0", "0.5"),
           ONE_OF(stream, "",
                  ", opening_auction_s: 4, halt_band_bps: 5, halt_s: 3, halt_reference_s: 20"),
           ONE_OF(stream, "0", "2"), ONE_OF(stream, "20", "60"), ONE_OF(stream, "1", "5"),
           ONE_OF(stream, "1", "10"), ONE_OF(stream, "mid", "fundamental"),
           ONE_OF(stream, "box", "mixed", "multi_discrete"), ONE_OF(stream, "true", "false"),
           ONE_OF(stream, "0", "2"), ONE_OF(stream, "1", "3"),
           ONE_OF(stream, "0", "20000", "700000"), ONE_OF(stream, "level2", "level3"),
           ONE_OF(stream, "3", "20", "1000"),
           ONE_OF(stream, "", ", market_rate: 5", ", market_rate: 0.01"), ONE_OF(stream, "1", "8"),
           ONE_OF(stream, "-4", "0", "2"), ONE_OF(stream, "3", "12"), ONE_OF(stream, "3", "40"),
           ONE_OF(stream, "1", "30", "5000"), ONE_OF(stream, "buy", "sell"),
           ONE_OF(stream, "1", "9"), ONE_OF(stream, "0", "2000", "1e7"), ONE_OF(stream, "0", "20"));
}

static void test_drawn_markets_keep_their_bounds(void **context) {
  (void)context;
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  uint64_t stream = 41;
  int run_count = 0;
  for (int draw = 0; draw < DRAWS; draw++) {
    char yaml[2048];
    draw_config(&stream, yaml, sizeof yaml);
    hft_env_model *model = preset_model(&catalog, "default", yaml);
    if (model == NULL) continue;
    run(model, yaml, (uint64_t)draw);
    run_count++;
  }
  assert_true(run_count > DRAWS / 2);
}

// Seats of a role with other keys share the bounds of the widest.
static void test_bounds_by_hand(void **context) {
  (void)context;
  hft_env_model *model = world_model(
      "market_config: {window_ticks: 1000}\n"
      "env_config: {reference: mid}\nrisk_config: {max_inventory: 30}\n" WORLD_CROWD
      "seats: [{kind: maker, quote_qty: 10, offset_unit: ticks, offset_max: 5}, {kind: maker, "
      "quote_qty: 2, "
      "offset_unit: ticks, offset_max: 10}]\n");
  const hft_env_spec *spec = hft_env_model_spec(model);
  const struct {
    const char *name;
    double low, high;
  } wanted[] = {
      {"bid_distance_1", -100, 100}, {"imbalance", -1, 1},    {"spread", 0, 100},
      {"microprice", -50, 50},       {"time_left", 0, 1},     {"volatility", 0, 1000},
      {"inventory", -1.6, 1.6},  // 30 + 2 lots of orders of 2; of orders of 10 but 4
      {"bid_quote", -199, 201},      {"trade_flow_8", -1, 1},
  };
  for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
    const hft_index *found = NULL;
    for (int i = 0; i < spec->group[0].obs_dim; i++) {
      if (strcmp(spec->group[0].obs[i].name, wanted[k].name) == 0) found = &spec->group[0].obs[i];
    }
    assert_non_null(found);
    if (fabs((double)found->low - wanted[k].low) > 1e-4 ||
        fabs((double)found->high - wanted[k].high) > 1e-4) {
      fail_msg("%s: [%g, %g]", found->name, (double)found->low, (double)found->high);
    }
  }
  // In the state each seat has its own.
  for (int i = 0; i < spec->state_dim; i++) {
    const hft_index *index = &spec->state[i];
    if (strcmp(index->name, "maker_0_inventory") == 0)
      assert_true(fabsf(index->high - 0.4f) < 1e-6f);
    if (strcmp(index->name, "maker_1_inventory") == 0)
      assert_true(fabsf(index->high - 1.6f) < 1e-6f);
    if (strcmp(index->name, "fundamental") == 0) assert_true(isinf(index->high));
  }
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bounds_by_hand),
      cmocka_unit_test(test_every_preset_keeps_its_bounds),
      cmocka_unit_test(test_drawn_markets_keep_their_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
