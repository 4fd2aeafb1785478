// Overrides of a pool's config: an env that has them runs as in a pool of that config.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/support/slab.h"

#define SEED 19
#define STEPS 40

static const char plain_text[] =
    "market_config: {window_ticks: 1024, decision_ms: 500}\n"
    "env_config: {warmup_s: 2, episode_len: 9, variants: 5}\n"
    "risk_config: {max_inventory: 22}\n"
    "populations: [{kind: noise, opening_orders: 50}, {kind: value}, {kind: maker}]\n"
    "seats: [{kind: maker, count: 2, offset_max: 3}, {kind: executor, parent_qty: 60}]\n";
#define RANDOMISE                                                               \
  "randomise:\n"                                                                \
  "  - {kind: uniform, key: market_config.volatility, low: 0.01, high: 0.08}\n" \
  "  - {kind: uniform, key: populations.0.open_orders_max, low: 500, high: 2000}\n"

typedef struct scene {
  hft_config *config;
  hft_env_model *model;
  hft_pool *pool;
} scene;

static scene open(const char *yaml, int envs, int threads, uint64_t seed) {
  scene s = {.config = world_config(yaml)};
  s.model = world_model_of(s.config, NULL);
  s.pool = slab_open(s.model, envs, threads, seed);
  return s;
}

static void close(scene *s) {
  hft_pool_free(s->pool);
  hft_env_model_free(s->model);
  hft_config_free(s->config);
}

static hft_status add(scene *s, const hft_override *override, int count, int *set,
                      hft_error *error) {
  hft_config *config;
  hft_status status = hft_env_override(s->config, override, count, &config, error);
  if (status != HFT_OK) return status;
  uint64_t digest = hft_pool_config_digest(config);
  *set = hft_pool_find_overrides(s->pool, digest);
  if (*set < 0) {
    hft_env_model *model = world_model_of(config, s->model);
    status = hft_pool_add_overrides(s->pool, digest, model, override[0].path, set, error);
    if (status != HFT_OK) hft_env_model_free(model);
  }
  hft_config_free(config);
  return status;
}

static int choose(scene *s, const char *path, const char *value, const uint8_t *mask) {
  hft_error error = {0};
  int set = 0;
  expect_ok(add(s, &(hft_override){path, value}, 1, &set, &error), &error);
  hft_pool_choose_overrides(s->pool, set, mask);
  return set;
}

// The steps of an env, over several episodes, on its own.
static void follow(hft_pool *pool, int env, uint64_t hash[STEPS]) {
  int32_t index = env;
  for (int step = 0; step < STEPS; step++) {
    slab_act(pool, env, 7 - (uint64_t)env, step);
    assert_int_equal(hft_pool_send(pool, &index, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_recv(pool, &index, 1, 1, NULL), 1);
    hash[step] = slab_hash(pool, env);
  }
}

// What a key's override does is what the key does.
static void test_an_override_is_the_key(void **context) {
  (void)context;
  static const struct {
    const char *path, *value, *yaml;
  } cases[] = {
      {"market_config.volatility", "0.07", "market_config: {volatility: 0.07}\n"},
      {"exchange_config.taker_fee_bps", "1.5", "exchange_config: {taker_fee_bps: 1.5}\n"},
      {"seats[1].parent_qty", "33",
       "seats: [{kind: maker, count: 2, offset_max: 3}, {kind: "
       "executor, parent_qty: 33}]\n"},
      {"populations.0.open_orders_max", "60",
       "populations: [{kind: noise, opening_orders: 50, open_orders_max: 60}, {kind: value}, "
       "{kind: maker}]\n"},
      {"env_config.episode_len", "4", "env_config: {episode_len: 4}\n"},
      {"reward_config.scale", "0.25", "reward_config: {scale: 0.25}\n"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    scene s = open(plain_text, 3, 1, SEED);
    hft_error error = {0};
    hft_config *config = world_config(plain_text);
    expect_ok(hft_config_merge(config, cases[k].yaml, strlen(cases[k].yaml), "case", &error),
              &error);
    hft_env_model *model = world_model_of(config, s.model);
    hft_pool *other = slab_open(model, 3, 1, SEED);
    uint64_t base[STEPS], expected[STEPS], got[STEPS];
    hft_pool_reset(other, NULL, NULL);
    follow(other, 1, expected);
    hft_pool_reset(s.pool, NULL, NULL);
    follow(s.pool, 1, base);
    if (memcmp(base, expected, sizeof base) == 0) fail_msg("%s changes nothing", cases[k].path);
    const uint8_t mask[3] = {0, 1, 0};
    choose(&s, cases[k].path, cases[k].value, mask);
    hft_pool_reset_from(s.pool, SEED, NULL);
    follow(s.pool, 1, got);
    assert_memory_equal(got, expected, sizeof got);
    // The other envs have the config's own value, and so has this one after a choice of none.
    hft_pool_choose_overrides(s.pool, 0, NULL);
    hft_pool_reset_from(s.pool, SEED, NULL);
    follow(s.pool, 1, got);
    assert_memory_equal(got, base, sizeof got);
    hft_pool_free(other);
    hft_env_model_free(model);
    hft_config_free(config);
    close(&s);
  }
}

// They begin with the next episode, and hold in those after it.
static void test_overrides_wait_for_the_next_episode(void **context) {
  (void)context;
  scene s = open(plain_text, 2, 2, SEED), same = open(plain_text, 2, 2, SEED);
  hft_pool_reset(s.pool, NULL, NULL);
  hft_pool_reset(same.pool, NULL, NULL);
  int set = choose(&s, "market_config.volatility", "0.09", NULL);
  const hft_env_model *before = hft_pool_env_model(s.pool, 0);
  assert_ptr_equal(before, s.model);
  for (int step = 0, ends = 0; step < STEPS; step++) {
    slab_step(s.pool, SEED, step);
    slab_step(same.pool, SEED, step);
    ends += slab_ended(s.pool, 0);
    if (ends == 0) assert_true(slab_rows_hash(s.pool, 0) == slab_rows_hash(same.pool, 0));
    assert_true((hft_pool_env_model(s.pool, 0) == before) == (ends == 0));
  }
  assert_int_equal(choose(&s, "market_config.volatility", "0.09", NULL), set);  // found again
  close(&s);
  close(&same);
}

static void test_an_override_ends_a_draw(void **context) {
  (void)context;
  char text[sizeof plain_text + 300];
  snprintf(text, sizeof text, "%s%s", plain_text, RANDOMISE);
  scene s = open(text, 40, 2, SEED);
  choose(&s, "market_config.volatility", "0.0345", NULL);
  hft_pool_reset(s.pool, NULL, NULL);
  float lowest = 1e9f, highest = 0;
  for (int i = 0; i < 40; i++) {
    const float *drawn = slab_row(s.pool, "drawn", i);
    assert_true(drawn[0] == 0.0345f);
    if (drawn[1] < lowest) lowest = drawn[1];
    if (drawn[1] > highest) highest = drawn[1];
  }
  assert_true(lowest < 1000 && highest > 1500);  // still drawn
  // A range may be overridden, too.
  choose(&s, "randomise.0.low", "0.07", NULL);
  hft_pool_reset(s.pool, NULL, NULL);
  for (int i = 0; i < 40; i++) {
    float value = *(const float *)slab_row(s.pool, "drawn", i);
    assert_true(value >= 0.07f && value <= 0.08f);
  }
  close(&s);
}

static void test_refused_overrides(void **context) {
  (void)context;
  static const struct {
    const char *path, *value, *words;
  } cases[] = {
      {"market_config.volatilty", "1", "did you mean 'volatility'"},
      {"market_config.volatility", "-1", "out of range [0, 10]"},
      {"market_config.volatility", "nan", "not a number"},
      {"market_config.volatility", "1e999", "out of range"},
      {"market_config.volatility", "", "not a number"},
      {"market_config", "1", "expected market_config.KEY"},
      {"", "1", "unknown section"},
      {"seats[9].quote_qty", "1", "item 9 does not exist"},
      {"seats[].quote_qty", "1", "unknown section"},
      {"seats[0]quote_qty", "1", "expected seats.KIND_OR_INDEX.KEY"},
      {"seats[99999999999999999999].quote_qty", "1", "does not exist"},
      {"seats.0.params.", "1", "expected seats.KIND_OR_INDEX.KEY"},
      {"seats[0].count", "3", "reward/maker would be of 3 seats instead of 2"},
      {"market_config.instruments", "2", "would have"},
      {"env_config.depth", "3", "obs/maker would have"},
      {"env_config.action_space", "discrete", "kind of actions would change"},
      {"market_config.decision_ms", "250", "a step would take 250 ms instead of 500"},
      {"env_config.episode_len", "10", "for at most 9"},
      {"market_config.window_ticks", "2048", "beyond [-102.4, 102.4]"},
      {"populations.0.open_orders_max", "50000", "bytes; the envs were made with"},
      {"randomise.0.low", "1", "item 0 does not exist"},
  };
  scene s = open(plain_text, 2, 1, SEED);
  hft_pool_reset(s.pool, NULL, NULL);
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    hft_error error = {0};
    int set = -7;
    hft_override override = {cases[k].path, cases[k].value};
    assert_int_equal(add(&s, &override, 1, &set, &error), HFT_ECONFIG);
    expect_error(&error, HFT_ECONFIG, cases[k].path, cases[k].words);
    assert_true(hft_pool_overrides_bytes(s.pool) == 0);
  }
  close(&s);
}

// The path of a long override fits no error either.
static void test_a_long_path(void **context) {
  (void)context;
  scene s = open(plain_text, 1, 1, SEED);
  char path[4000];
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  hft_error error = {0};
  int set;
  assert_int_equal(add(&s, &(hft_override){path, "1"}, 1, &set, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "longer than"));
  close(&s);
}

static void number_text(char text[32], int k) {
  snprintf(text, 32, "0.%03d", 10 + k);
}

// Sets in use stay; the one that was chosen longest ago makes room.
static void test_the_number_of_sets(void **context) {
  (void)context;
  enum { ENVS = HFT_OVERRIDES_MAX };
  scene s = open(plain_text, ENVS, 1, SEED);
  char text[32];
  hft_error error = {0};
  hft_override override = {"market_config.volatility", text};
  int set, first = 0;
  for (int i = 0; i < ENVS; i++) {
    uint8_t mask[ENVS] = {0};
    mask[i] = 1;
    number_text(text, i);
    int chosen = choose(&s, override.path, text, mask);
    if (i == 0) first = chosen;
  }
  hft_pool_reset(s.pool, NULL, NULL);
  size_t bytes = hft_pool_overrides_bytes(s.pool);
  number_text(text, ENVS);
  assert_int_equal(add(&s, &override, 1, &set, &error), HFT_EFULL);
  expect_error(&error, HFT_EFULL, override.path, "64 different sets");
  assert_true(hft_pool_overrides_bytes(s.pool) == bytes);
  // Env 0 lets go of its set, but for the rest of its episode.
  uint8_t mask[ENVS] = {1};
  hft_pool_choose_overrides(s.pool, 0, mask);
  assert_int_equal(add(&s, &override, 1, &set, &error), HFT_EFULL);
  hft_pool_reset(s.pool, NULL, mask);
  expect_ok(add(&s, &override, 1, &set, &error), &error);
  assert_int_equal(set, first);
  assert_true(hft_pool_overrides_bytes(s.pool) == bytes);
  // Its value is compiled anew where it is asked for, once there is room.
  hft_pool_choose_overrides(s.pool, 0, NULL);
  hft_pool_reset(s.pool, NULL, NULL);
  number_text(text, 0);
  int again = choose(&s, override.path, text, NULL);
  assert_int_not_equal(again, first);
  close(&s);
}

static void test_saves_and_forks_carry_overrides(void **context) {
  (void)context;
  char text[sizeof plain_text + 300];
  snprintf(text, sizeof text, "%s%s", plain_text, RANDOMISE);
  for (int randomises = 0; randomises < 2; randomises++) {
    const char *yaml = randomises ? text : plain_text;
    scene s = open(yaml, 3, 1, SEED), other = open(yaml, 2, 1, 4);
    hft_pool_reset(s.pool, NULL, NULL);
    hft_pool_reset(other.pool, NULL, NULL);
    choose(&s, "exchange_config.maker_fee_bps", "0.5", (const uint8_t[3]){1, 0, 0});
    hft_pool_reset(s.pool, NULL, NULL);
    for (int step = 0; step < 5; step++) slab_step(s.pool, SEED, step);
    size_t size = hft_pool_env_bytes(s.pool);
    char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(hft_pool_save(s.pool, 0, bytes, size, NULL), HFT_OK);
    assert_int_equal(hft_pool_fork(s.pool, 0, &(int32_t){2}, 1, NULL), HFT_OK);
    uint64_t after[STEPS], again[STEPS];
    follow(s.pool, 0, after);
    follow(s.pool, 2, again);
    assert_memory_equal(again, after, sizeof after);
    assert_int_equal(hft_pool_load(s.pool, 1, bytes, size, NULL), HFT_OK);
    follow(s.pool, 1, again);
    assert_memory_equal(again, after, sizeof after);
    // Another pool accepts the save once it has the overrides.
    hft_error error = {0};
    uint64_t rows = slab_rows_hash(other.pool, 0);
    assert_int_equal(hft_pool_load(other.pool, 0, bytes, size, &error), HFT_EDATA);
    assert_non_null(strstr(error.text, "overrides that these envs do not have"));
    assert_true(slab_rows_hash(other.pool, 0) == rows);
    choose(&other, "exchange_config.maker_fee_bps", "0.5", NULL);
    expect_ok(hft_pool_load(other.pool, 0, bytes, size, &error), &error);
    follow(other.pool, 0, again);
    assert_memory_equal(again, after, sizeof after);
    free(bytes);
    close(&s);
    close(&other);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_override_is_the_key),
      cmocka_unit_test(test_overrides_wait_for_the_next_episode),
      cmocka_unit_test(test_an_override_ends_a_draw),
      cmocka_unit_test(test_refused_overrides),
      cmocka_unit_test(test_a_long_path),
      cmocka_unit_test(test_the_number_of_sets),
      cmocka_unit_test(test_saves_and_forks_carry_overrides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
