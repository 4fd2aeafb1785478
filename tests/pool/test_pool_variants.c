// Variants of a model in pools: the values of an episode depend on its world alone, and an env
// whose variant changes goes on as one that never had another.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/support/slab.h"

#define SEED 71
#define STEPS 60  // over the ends of several episodes
#define VARIANTS 7

// `open_orders_max` gives variants different layouts.
#define MARKET                                                                       \
  "market_config: {window_ticks: 1024, decision_ms: 500}\n"                          \
  "risk_config: {max_inventory: 22}\n"                                               \
  "populations: [{kind: noise, opening_orders: 50}, {kind: value}, {kind: maker}]\n" \
  "seats: [{kind: maker, count: 2, offset_max: 3}, {kind: executor, parent_qty: 60}]\n"
static const char config_text[] = MARKET
    "env_config: {warmup_s: 2, episode_len: 12, variants: 7}\n"
    "randomise:\n"
    "  - {kind: log_uniform, key: market_config.volatility, low: 0.01, high: 0.08}\n"
    "  - {kind: uniform, key: seats.1.parent_qty, low: 20.5, high: 90}\n"
    "  - {kind: uniform, key: populations.0.open_orders_max, low: 500, high: 2000}\n"
    "  - {kind: uniform, key: env_config.episode_len, low: 6, high: 6, from_episode: 1}\n"
    "  - {kind: uniform, key: env_config.episode_len, low: 3, high: 14, from_episode: 2}\n";
enum { VOLATILITY, PARENT, ORDERS, LENGTH, KEYS };

static const float *drawn_of(const hft_pool *pool, int i) {
  return slab_row(pool, "drawn", i);
}

// A digest of the results of env i but `drawn`, which is the last array.
static uint64_t hash_results(const hft_pool *pool, int i) {
  const hft_layout *results = hft_pool_results_layout(pool);
  uint64_t hash = HFT_HASH_START;
  for (int a = 0; a < results->count; a++) {
    const hft_array *array = &results->array[a];
    if (strcmp(array->name, "drawn") == 0) continue;
    hash = hft_hash_bytes(hash, slab_row(pool, array->name, i), array->row_bytes);
  }
  return hash;
}

// ---- an episode is that of a config with its values --------------------------------------------

// The plain config with the values of an episode, observed in the units of the base.
static hft_pool *open_plain(const float *drawn, const hft_env_model *base, hft_env_model **model) {
  char text[sizeof config_text + 400];
  snprintf(text, sizeof text,
           "market_config: {window_ticks: 1024, decision_ms: 500, volatility: %.6g}\n"
           "env_config: {warmup_s: 2, episode_len: %.0f}\nrisk_config: {max_inventory: 22}\n"
           "populations: [{kind: noise, opening_orders: 50, open_orders_max: %.0f}, {kind: value}, "
           "{kind: maker}]\n"
           "seats: [{kind: maker, count: 2, offset_max: 3}, {kind: executor, parent_qty: %.0f}]\n",
           (double)drawn[VOLATILITY], (double)drawn[LENGTH], (double)drawn[ORDERS],
           (double)drawn[PARENT]);
  hft_config *config = world_config(text);
  *model = world_model_of(config, base);
  hft_config_free(config);
  return slab_open(*model, 1, 1, 0);
}

static void copy_actions(const hft_pool *from, int i, const hft_pool *to) {
  const hft_layout *layout = hft_pool_actions_layout(from);
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    memcpy((char *)hft_pool_actions(to) + hft_pool_actions_layout(to)->array[a].offset,
           (char *)hft_pool_actions(from) + array->offset + (size_t)i * array->row_bytes,
           array->row_bytes);
  }
}

static void test_an_episode_is_that_of_its_values(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text), *plain_model = NULL;
  hft_pool *pool = slab_make(
      model,
      &(hft_pool_config){
          .env_count = 3, .thread_count = 2, .seed = SEED, .autoreset = HFT_AUTORESET_NEXT_STEP});
  hft_pool *plain = NULL;
  hft_pool_reset(pool, NULL, NULL);
  bool begins = true;
  int episodes = 0;
  for (int step = 0; step < STEPS; step++) {
    uint64_t seed;
    uint32_t episode;
    if (begins) {
      hft_pool_free(plain);
      hft_env_model_free(plain_model);
      plain = open_plain(drawn_of(pool, 1), model, &plain_model);
      assert_true(hft_pool_world(pool, 1, &seed, &episode));
      assert_int_equal(episode, episodes++);
      hft_pool_reset(plain, &seed, NULL);
      for (uint32_t k = 0; k < episode; k++) hft_pool_reset(plain, NULL, NULL);
      assert_true(hash_results(pool, 1) == hash_results(plain, 0));
    }
    bool was_over = slab_ended(pool, 1) && !begins;
    slab_step(pool, SEED, step);
    begins = was_over;
    if (was_over) continue;
    copy_actions(pool, 1, plain);
    hft_pool_step(plain);
    if (!slab_ended(pool, 1)) {
      assert_true(hash_results(pool, 1) == hash_results(plain, 0));
      continue;
    }
    // The plain pool has begun another episode: its finals are compared.
    assert_true(slab_ended(plain, 0));
    int k = 0;
    while (*(const int32_t *)slab_final(pool, "env", k) != 1) k++;
    assert_memory_equal(slab_final(pool, "total/maker", k), slab_final(plain, "total/maker", 0),
                        2 * (size_t)hft_env_model_spec(model)->group[0].total_dim * sizeof(float));
    assert_memory_equal(slab_final(pool, "final_state", k), slab_final(plain, "final_state", 0),
                        (size_t)hft_env_model_spec(model)->state_dim * sizeof(float));
  }
  assert_true(episodes >= 4);
  hft_pool_free(plain);
  hft_env_model_free(plain_model);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// ---- values ------------------------------------------------------------------------------------

// One value in each of as many equal parts of the range as there are variants.
static void check_spread(const hft_env_model *model, int first, int key, double low, double high,
                         bool is_log) {
  int found[VARIANTS] = {0};
  for (int k = 0; k < VARIANTS; k++) {
    double value = (double)hft_env_model_drawn(hft_env_model_variant_at(model, first + k))[key];
    assert_true(value >= low - 1e-6 && value <= high + 1e-6);
    double share = is_log ? log(value / low) / log(high / low) : (value - low) / (high - low);
    int part = (int)(share * VARIANTS);
    found[part < VARIANTS ? part : VARIANTS - 1]++;
  }
  for (int k = 0; k < VARIANTS; k++) assert_int_equal(found[k], 1);
}

static void test_values_fill_their_ranges(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text);
  assert_int_equal(hft_env_model_spec(model)->drawn_dim, KEYS);
  assert_int_equal(hft_env_model_variant_count(model), 3 * VARIANTS);
  for (int stage = 0; stage < 3; stage++) {
    check_spread(model, stage * VARIANTS, VOLATILITY, 0.01, 0.08, true);
    check_spread(model, stage * VARIANTS, PARENT, 21, 91, false);  // whole: [21, 91) cut down
    check_spread(model, stage * VARIANTS, ORDERS, 500, 2001, false);
  }
  float longest = 0;
  for (int k = 0; k < 3 * VARIANTS; k++) {
    const float *drawn = hft_env_model_drawn(hft_env_model_variant_at(model, k));
    float length = drawn[LENGTH];
    if (length > longest) longest = length;
    assert_true(k >= VARIANTS || length == 12);
    assert_true(k / VARIANTS != 1 || length == 6);
    assert_true(k < 2 * VARIANTS || (length >= 3 && length <= 14));
    for (int key = PARENT; key < KEYS; key++) assert_true(drawn[key] == floorf(drawn[key]));
  }
  const hft_index *index = hft_env_model_spec(model)->drawn;
  assert_string_equal(index[PARENT].name, "seats.1.parent_qty");
  assert_string_equal(index[PARENT].unit, "lots");
  assert_true(index[LENGTH].low == 3 && index[LENGTH].high == 14);
  assert_int_equal(hft_env_model_spec(model)->episode_len, (int64_t)longest);
  hft_env_model_free(model);
}

// Another seed of the values, the same ranges.
static void test_values_follow_from_their_seed(void **context) {
  (void)context;
  char text[sizeof config_text + 40];
  snprintf(text, sizeof text, "%s", config_text);
  char *at = strstr(text, "variants: 7");
  assert_non_null(at);
  static const char both[] = "variants: 7, variants_seed: 5";
  memmove(at + strlen(both), at + strlen("variants: 7"), strlen(at + strlen("variants: 7")) + 1);
  memcpy(at, both, strlen(both));
  hft_env_model *a = world_model(config_text), *b = world_model(config_text);
  hft_env_model *other = world_model(text);
  int equal = 0;
  for (int k = 0; k < VARIANTS; k++) {
    const float *of = hft_env_model_drawn(hft_env_model_variant_at(a, k));
    assert_memory_equal(of, hft_env_model_drawn(hft_env_model_variant_at(b, k)), KEYS * sizeof *of);
    equal += of[VOLATILITY] == hft_env_model_drawn(hft_env_model_variant_at(other, k))[VOLATILITY];
  }
  assert_int_equal(equal, 0);
  check_spread(other, 0, VOLATILITY, 0.01, 0.08, true);
  hft_env_model_free(a);
  hft_env_model_free(b);
  hft_env_model_free(other);
}

// Whichever world asks, each variant is drawn about equally often.
static void test_variants_are_drawn_evenly(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text);
  int count[3 * VARIANTS] = {0};
  const int worlds = 7000;
  for (int w = 0; w < worlds; w++) {
    for (uint32_t episode = 0; episode < 3; episode++) {
      const hft_env_model *of = hft_env_model_variant(model, (uint64_t)w, episode);
      int k = 0;
      while (hft_env_model_variant_at(model, k) != of) k++;
      assert_int_equal(k / VARIANTS, episode);
      count[k]++;
    }
  }
  for (int k = 0; k < 3 * VARIANTS; k++) {
    assert_true(abs(count[k] - worlds / VARIANTS) < 150);  // 5 standard deviations of 29
  }
  hft_env_model_free(model);
}

// ---- pools -------------------------------------------------------------------------------------

// Digests of the first results of each episode of env 2's world, and of its drawn values.
#define EPISODES 5
static void record(const hft_env_model *model, int envs, int env, int threads, uint64_t seed,
                   hft_autoreset autoreset, int64_t slice, uint64_t hash[EPISODES]) {
  hft_pool *pool = slab_make(model, &(hft_pool_config){.env_count = envs,
                                                       .thread_count = threads,
                                                       .seed = 1,
                                                       .autoreset = autoreset,
                                                       .slice_work = slice});
  hft_pool_reset_from(pool, seed, NULL);
  int episodes = 0;
  bool begins = true;
  for (int step = 0; episodes < EPISODES; step++) {
    assert_true(step < 400);
    if (begins) {
      hash[episodes] = hft_hash_bytes(HFT_HASH_START, slab_row(pool, "obs/maker", env),
                                      slab_row_bytes(pool, "obs/maker"));
      hash[episodes] = hft_hash_bytes(hash[episodes], drawn_of(pool, env), KEYS * sizeof(float));
      episodes++;
    }
    bool was_over = slab_ended(pool, env) && autoreset != HFT_AUTORESET_SAME_STEP && !begins;
    if (was_over && autoreset == HFT_AUTORESET_MANUAL) {
      hft_pool_reset(pool, NULL, NULL);
      begins = true;
      continue;
    }
    slab_step(pool, 0, step);
    begins = autoreset == HFT_AUTORESET_SAME_STEP ? slab_ended(pool, env) : was_over;
  }
  hft_pool_free(pool);
}

static void test_values_are_of_the_world(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text), *twin = world_model(config_text);
  uint64_t first[EPISODES], other[EPISODES];
  record(model, 5, 2, 1, SEED, HFT_AUTORESET_SAME_STEP, 0, first);
  for (int mode = 0; mode < HFT_AUTORESET_COUNT; mode++) {
    for (int threads = 1; threads <= 4; threads += 3) {
      // In slices that interrupt the making of memory, the reset and the warm-up.
      record(twin, 5, 2, threads, SEED, (hft_autoreset)mode, threads == 1 ? 40 : 0, other);
      assert_memory_equal(other, first, sizeof first);
      record(model, 1, 0, 1, hft_world_seed(SEED, 2), (hft_autoreset)mode, 0, other);
      assert_memory_equal(other, first, sizeof first);
    }
  }
  hft_env_model_free(model);
  hft_env_model_free(twin);
}

// ---- saves and forks ---------------------------------------------------------------------------

static char *save(const hft_pool *pool, int env) {
  size_t size = hft_pool_env_bytes(pool);
  char *bytes = malloc(size);
  assert_non_null(bytes);
  assert_int_equal(hft_pool_save(pool, env, bytes, size, NULL), HFT_OK);
  return bytes;
}

static void follow(hft_pool *pool, int env, int steps, uint64_t *hash) {
  int32_t index = env;
  for (int step = 0; step < steps; step++) {
    slab_act(pool, env, 7 - (uint64_t)env, step);
    assert_int_equal(hft_pool_send(pool, &index, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_recv(pool, &index, 1, 1, NULL), 1);
    hash[step] = slab_hash(pool, env);
  }
}

static void test_saves_and_forks_carry_the_variant(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text), *twin = world_model(config_text);
  hft_pool *pool = slab_open(model, 4, 2, SEED), *other = slab_open(twin, 2, 1, 5);
  hft_pool_reset(pool, NULL, NULL);
  hft_pool_reset(other, NULL, NULL);
  for (int step = 0; step < 17; step++) slab_step(pool, SEED, step);
  char *bytes = save(pool, 3);
  uint64_t after[STEPS], again[STEPS];
  assert_int_equal(hft_pool_fork(pool, 3, &(int32_t){0}, 1, NULL), HFT_OK);
  follow(pool, 3, STEPS, after);
  follow(pool, 0, STEPS, again);
  assert_memory_equal(again, after, sizeof after);
  hft_error error = {0};
  expect_ok(hft_pool_load(other, 1, bytes, hft_pool_env_bytes(other), &error), &error);
  char *loaded = save(other, 1);
  assert_memory_equal(loaded, bytes, hft_pool_env_bytes(pool));
  follow(other, 1, STEPS, again);
  assert_memory_equal(again, after, sizeof after);
  // Equal worlds have equal saves, whatever variants the memory has held.
  char *used = save(other, 1), *used_too = save(pool, 3);
  assert_memory_equal(used, used_too, hft_pool_env_bytes(pool));
  free(bytes);
  free(loaded);
  free(used);
  free(used_too);
  hft_pool_free(pool);
  hft_pool_free(other);
  hft_env_model_free(model);
  hft_env_model_free(twin);
}

static void test_finals_have_the_ended_values(void **context) {
  (void)context;
  hft_env_model *model = world_model(config_text);
  hft_pool *pool = slab_open(model, 6, 2, SEED);
  hft_pool_reset(pool, NULL, NULL);
  int differ = 0, ends = 0;
  for (int step = 0; step < STEPS; step++) {
    float before[6][KEYS];
    for (int i = 0; i < 6; i++) memcpy(before[i], drawn_of(pool, i), sizeof before[i]);
    slab_step(pool, SEED, step);
    for (int k = 0; k < hft_pool_ended_count(pool); k++, ends++) {
      int32_t env = *(const int32_t *)slab_final(pool, "env", k);
      assert_memory_equal(slab_final(pool, "final_drawn", k), before[env], sizeof before[env]);
      differ += memcmp(before[env], drawn_of(pool, env), sizeof before[env]) != 0;
      int32_t length = *(const int32_t *)slab_final(pool, "length", k);
      assert_true((float)length <= before[env][LENGTH]);
    }
  }
  assert_true(ends > 20 && differ > ends / 2);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Without a list there is no array, and nothing else has changed place.
static void test_without_a_list(void **context) {
  (void)context;
  hft_env_model *model = world_model(MARKET);
  hft_pool *pool = slab_open(model, 1, 1, 0);
  assert_int_equal(hft_env_model_variant_count(model), 0);
  assert_ptr_equal(hft_env_model_variant(model, 3, 9), model);
  assert_int_equal(hft_env_room(model), hft_env_size(model));
  const hft_layout *results = hft_pool_results_layout(pool);
  for (int a = 0; a < results->count; a++) {
    assert_int_not_equal(strcmp(results->array[a].name, "drawn"), 0);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// ---- refused lists -----------------------------------------------------------------------------

static void refused(const char *items, const char *where, const char *words) {
  char text[1200];
  snprintf(text, sizeof text, "%srandomise:\n%s", MARKET, items);
  world_expect_refused(text, where, words);
}

static void test_refused_lists(void **context) {
  (void)context;
  static const struct {
    const char *items, *where, *words;
  } cases[] = {
      {"- {kind: uniform, low: 1, high: 2}\n", "test:6: randomise[0].key", "is missing"},
      {"- {kind: uniform, key: market_config.volatilty, low: 0.1, high: 0.2}\n",
       "test:6: randomise[0].key", "did you mean 'volatility'"},
      {"- {kind: uniform, key: volatility, low: 0.1, high: 0.2}\n", "test:6: randomise[0].key",
       "unknown section"},
      {"- {kind: uniform, key: seats.2.quote_qty, low: 1, high: 2}\n", "test:6: randomise[0].key",
       "item 2 does not exist"},
      {"- kind: uniform\n  key: populations.0.limit_rates\n  low: 1\n  high: 2\n",
       "test:7: randomise[0].key", "not a single number"},
      {"- {kind: uniform, key: market_config.fundamental, low: 0, high: 1}\n",
       "test:6: randomise[0].key", "not a single number"},
      {"- {kind: uniform, key: seats.0.params.x, low: 0, high: 1}\n", "test:6: randomise[0].key",
       "not a single number"},
      {"- kind: uniform\n  key: market_config.volatility\n  low: -0.1\n  high: 0.1\n",
       "test:8: randomise[0].low", "-0.1 is out of the range of market_config.volatility, [0, 10]"},
      {"- kind: uniform\n  key: market_config.volatility\n  low: 0.1\n  high: 11\n",
       "test:9: randomise[0].high", "11 is out of the range"},
      {"- {kind: uniform, key: market_config.volatility, low: 0.2, high: 0.1}\n",
       "randomise[0].low", "0.2 is above high, 0.1"},
      {"- {kind: log_uniform, key: market_config.volatility, low: 0, high: 0.1}\n",
       "randomise[0].low", "above 0"},
      {"- {kind: uniform, key: seats.0.quote_qty, low: 2.2, high: 2.8}\n", "randomise[0].low",
       "no whole number"},
      {"- {kind: uniform, key: market_config.volatility, low: 0.1, high: nan}\n", "test:6",
       "not a number"},
      {"- {kind: uniform, key: market_config.volatility, low: 0.1, high: 1e400}\n", "test:6",
       "out of range"},
      {"- {kind: gauss, key: market_config.volatility, low: 0.1, high: 0.2}\n", "test:6",
       "known: uniform, log_uniform"},
      {"- {kind: uniform, key: seats.0.quote_qty, low: 1, high: 2}\n"
       "- {kind: uniform, key: seats.maker.quote_qty, low: 1, high: 2}\n",
       "test:7: randomise[1].key", "have a key in common"},
      {"- {kind: uniform, key: env_config.variants, low: 1, high: 2}\n", "randomise[0].key",
       "says how values are drawn"},
      {"- {kind: uniform, key: randomise.0.low, low: 1, high: 2}\n", "randomise[0].key",
       "says how values are drawn"},
      // The variants themselves: what is wrong with them, and which key is to blame.
      {"- {kind: uniform, key: market_config.volatility, low: 0.01, high: 0.02}\n"
       "- {kind: uniform, key: env_config.depth, low: 6, high: 6}\n",
       "test:7: randomise[1].key", "with env_config.depth 6: obs/maker would have"},
      {"- {kind: uniform, key: seats.0.count, low: 3, high: 3}\n", "test:6: randomise[0].key",
       "reward/maker would be of 3 seats instead of 2"},
      {"- {kind: uniform, key: market_config.decision_ms, low: 100, high: 100}\n",
       "test:6: randomise[0].key", "a step would take 100 ms instead of 500"},
      {"- {kind: uniform, key: env_config.episode_len, low: 9000000, high: 9000000}\n",
       "test:6: randomise[0].key", "market_config.duration_s"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    refused(cases[k].items, cases[k].where, cases[k].words);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_episode_is_that_of_its_values),
      cmocka_unit_test(test_values_fill_their_ranges),
      cmocka_unit_test(test_values_follow_from_their_seed),
      cmocka_unit_test(test_variants_are_drawn_evenly),
      cmocka_unit_test(test_values_are_of_the_world),
      cmocka_unit_test(test_saves_and_forks_carry_the_variant),
      cmocka_unit_test(test_finals_have_the_ended_values),
      cmocka_unit_test(test_without_a_list),
      cmocka_unit_test(test_refused_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
