// The C API as a user calls it: its results and what it reports of them.
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "sim/pool/pool.h"
#include "tests/lib/world.h"

#define ENVS 5

// The layers below, driven without the API.
typedef struct bare_pool {
  hft_catalog catalog;
  hft_config *config;
  hft_env_model *model;
  hft_pool *pool;
} bare_pool;

static void bare_open(bare_pool *bare, int num_envs, uint64_t seed) {
  hft_error error = {0};
  hft_catalog_init(&bare->catalog);
  assert_int_equal(hft_catalog_config(&bare->catalog, &bare->config, &error), HFT_OK);
  assert_int_equal(
      hft_config_merge(bare->config, world_config, strlen(world_config), "world", &error), HFT_OK);
  assert_int_equal(hft_env_model_create(bare->config, hft_catalog_classes, hft_catalog_class_count,
                                        &bare->model, &error),
                   HFT_OK);
  const hft_pool_config config = {.env_count = num_envs, .thread_count = 1, .seed = seed};
  assert_int_equal(hft_pool_create(bare->model, &config, &bare->pool, &error), HFT_OK);
}

static void bare_close(bare_pool *bare) {
  hft_pool_free(bare->pool);
  hft_env_model_free(bare->model);
  hft_config_free(bare->config);
}

static void check_same(hftsim *sim, const bare_pool *bare) {
  size_t bytes;
  const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &bytes);
  assert_int_equal(bytes, hft_pool_results_layout(bare->pool)->bytes);
  assert_memory_equal(results, hft_pool_results(bare->pool), bytes);
  int ended = hft_pool_ended_count(bare->pool);
  assert_int_equal(hftsim_ended_count(sim), ended);
  const void *finals = hftsim_slab(sim, HFTSIM_FINALS, &bytes);
  hft_layout layout;
  hft_pool_finals_layout(bare->pool, ended, &layout);
  assert_int_equal(bytes, layout.bytes);
  if (ended > 0) assert_memory_equal(finals, hft_pool_finals(bare->pool), bytes);
}

static void test_the_pools_own_bits(void **context) {
  (void)context;
  bare_pool bare;
  bare_open(&bare, ENVS, 11);
  hftsim *sim = world_start(ENVS, 3, 11);
  hft_pool_reset(bare.pool, NULL, NULL);
  check_same(sim, &bare);
  int ended = 0;
  for (int step = 0; step < 3 * EPISODE_LEN; step++) {
    const uint64_t seed = 99;
    const uint8_t mask[ENVS] = {0, 1, 0, 0, 1};
    if (step == 40) {
      expect(sim, hftsim_reset_seed(sim, seed, mask), HFTSIM_OK, NULL);
      hft_pool_reset_from(bare.pool, seed, mask);
      check_same(sim, &bare);
    }
    world_act(hft_pool_actions(bare.pool), hft_pool_actions_layout(bare.pool)->bytes, 5, step);
    hft_pool_step(bare.pool);
    world_step(sim, 5, step);
    check_same(sim, &bare);
    ended += hftsim_ended_count(sim);
  }
  assert_true(ended >= 2 * ENVS);
  hftsim_free(sim);
  bare_close(&bare);
}

static void check_array(const hftsim *sim, const char *name, int slab, int type,
                        const int64_t *shape, int dims) {
  int array = hftsim_array_find(sim, name);
  if (array < 0) fail_msg("there is no array %s", name);
  assert_string_equal(hftsim_array_name(sim, array), name);
  assert_int_equal(hftsim_array_slab(sim, array), slab);
  assert_int_equal(hftsim_array_type(sim, array), type);
  assert_int_equal(hftsim_array_dim_count(sim, array), dims);
  int64_t elements = 1;
  for (int d = 0; d < dims; d++) {
    if (shape[d] >= 0) assert_int_equal(hftsim_array_dim(sim, array, d), shape[d]);
    elements *= hftsim_array_dim(sim, array, d);
  }
  assert_int_equal(hftsim_array_dim(sim, array, dims), 0);
  size_t bytes;
  const char *start = hftsim_slab(sim, slab, &bytes), *data = hftsim_array_data(sim, array);
  assert_true((uintptr_t)data % 64 == 0);
  int64_t end = data - start + elements * (type == HFTSIM_U8 ? 1 : 4);
  assert_true(data >= start && end <= (int64_t)bytes);
}

static void test_arrays(void **context) {
  (void)context;
  hftsim *sim = world_start(ENVS, 1, 0);
  const int64_t N = ENVS;
  check_array(sim, "action/maker", HFTSIM_ACTIONS, HFTSIM_F32, (int64_t[]){N, 2, 4}, 3);
  check_array(sim, "obs/maker", HFTSIM_RESULTS, HFTSIM_F32, (int64_t[]){N, 2, -1}, 3);
  check_array(sim, "reward/executor", HFTSIM_RESULTS, HFTSIM_F32, (int64_t[]){N, 1}, 2);
  check_array(sim, "terminated/maker", HFTSIM_RESULTS, HFTSIM_U8, (int64_t[]){N, 2}, 2);
  check_array(sim, "ended", HFTSIM_RESULTS, HFTSIM_U8, (int64_t[]){N}, 1);
  check_array(sim, "state", HFTSIM_RESULTS, HFTSIM_F32, (int64_t[]){N, -1}, 2);
  check_array(sim, "env", HFTSIM_FINALS, HFTSIM_I32, (int64_t[]){0}, 1);
  for (int i = 0; i < hftsim_array_count(sim); i++) {
    assert_int_equal(hftsim_array_find(sim, hftsim_array_name(sim, i)), i);
  }
  for (int step = 0; step < EPISODE_LEN; step++) world_step(sim, 1, step);
  check_array(sim, "env", HFTSIM_FINALS, HFTSIM_I32, (int64_t[]){N}, 1);
  check_array(sim, "final_obs/maker", HFTSIM_FINALS, HFTSIM_F32, (int64_t[]){N, 2, -1}, 3);
  const int32_t *env = world_array(sim, "env"), *length = world_array(sim, "length");
  for (int i = 0; i < ENVS; i++) {
    assert_int_equal(env[i], i);
    assert_int_equal(length[i], EPISODE_LEN);
  }
  hftsim_free(sim);
}

// Seeds of the system's differ; one that was drawn is a seed like any other.
static void test_drawn_seeds(void **context) {
  (void)context;
  enum { DRAWN = 8 };
  uint64_t seed[DRAWN];
  for (int k = 0; k < DRAWN; k++) {
    assert_int_equal(hftsim_draw_seed(&seed[k]), HFTSIM_OK);
    for (int j = 0; j < k; j++) assert_true(seed[j] != seed[k]);
  }
  assert_int_equal(hftsim_draw_seed(NULL), HFTSIM_BAD_ARGUMENT);
  bare_pool bare;
  bare_open(&bare, ENVS, seed[0]);
  hftsim *sim = world_start(ENVS, 1, seed[0]);
  hft_pool_reset(bare.pool, NULL, NULL);
  check_same(sim, &bare);
  hftsim_free(sim);
  bare_close(&bare);
}

// Without a seed each start has another, and hftsim_seed tells with which to begin there again.
static void test_start_without_a_seed(void **context) {
  (void)context;
  enum { STARTED = 4 };
  uint64_t seed[STARTED];
  for (int k = 0; k < STARTED; k++) {
    hftsim *sim = world_create();
    expect(sim, hftsim_seed(sim, &seed[k]), HFTSIM_BAD_ARGUMENT, "hftsim_start");
    expect(sim, hftsim_start_unseeded(sim, 0, 1), HFTSIM_BAD_ARGUMENT, "num_envs");
    expect(sim, hftsim_start_unseeded(sim, ENVS, 1), HFTSIM_OK, NULL);
    expect(sim, hftsim_seed(sim, NULL), HFTSIM_BAD_ARGUMENT, "seed");
    expect(sim, hftsim_seed(sim, &seed[k]), HFTSIM_OK, NULL);
    for (int j = 0; j < k; j++) assert_true(seed[j] != seed[k]);
    expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
    hftsim *again = world_start(ENVS, 1, seed[k]);
    assert_string_equal(hftsim_spec_hash(sim), hftsim_spec_hash(again));
    size_t size;
    const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &size);
    assert_memory_equal(results, hftsim_slab(again, HFTSIM_RESULTS, &size), size);
    hftsim_free(again);
    expect(sim, hftsim_start_unseeded(sim, ENVS, 1), HFTSIM_BAD_ARGUMENT, "config");
    hftsim_free(sim);
  }
}

// Every number along the last dimension of these arrays has a name of its own.
static void check_names(const hftsim *sim, const char *const *named, int named_count) {
  for (int k = 0; k < named_count; k++) {
    int array = hftsim_array_find(sim, named[k]);
    assert_true(array >= 0);
    int dims = hftsim_array_dim_count(sim, array);
    int count = (int)hftsim_array_dim(sim, array, dims - 1);
    for (int i = 0; i < count; i++) {
      const char *name = hftsim_index_name(sim, array, i);
      assert_non_null(name);
      assert_int_equal(hftsim_index_find(sim, array, name), i);
      assert_non_null(hftsim_index_unit(sim, array, i));
      assert_string_not_equal(hftsim_index_help(sim, array, i), "");
      assert_int_equal(hftsim_index_choices(sim, array, i), 0);
    }
    assert_null(hftsim_index_name(sim, array, count));
    assert_null(hftsim_index_unit(sim, array, count));
    assert_null(hftsim_index_help(sim, array, count));
    assert_null(hftsim_index_name(sim, array, -1));
  }
}

// The names agree with what is seen.
static void test_names(void **context) {
  (void)context;
  static const char *const named[] = {"action/maker",       "obs/maker",  "obs/executor",
                                      "term/maker",         "state",      "final_state",
                                      "final_obs/executor", "total/maker"};
  hftsim *sim = world_start(1, 1, 0);
  check_names(sim, named, sizeof named / sizeof named[0]);
  int obs = hftsim_array_find(sim, "obs/executor");
  assert_int_equal(hftsim_index_find(sim, obs, "inventory"), -1);  // that is a maker's
  assert_null(hftsim_index_name(sim, hftsim_array_find(sim, "reward/maker"), 0));
  const float *seen = hftsim_array_data(sim, obs);
  assert_float_equal(seen[hftsim_index_find(sim, obs, "time_left")], 1, 0);
  assert_float_equal(seen[hftsim_index_find(sim, obs, "remaining")], 1, 0);
  assert_float_equal(seen[hftsim_index_find(sim, obs, "side")], -1, 0);
  hftsim_free(sim);
}

static void test_names_of_controlled_seats(void **context) {
  (void)context;
  static const char seats[] =
      "seats: [{kind: maker}, {kind: maker, controller: random}, "
      "{kind: executor, controller: twap}]\n";
  static const char *const named[] = {"term/maker", "strategy_term/maker", "strategy_total/maker",
                                      "strategy_term/executor", "strategy_total/executor"};
  hftsim *sim = world_create();
  expect(sim, hftsim_load_text(sim, seats, strlen(seats), NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 0), HFTSIM_OK, NULL);
  check_names(sim, named, sizeof named / sizeof named[0]);
  int reward = hftsim_array_find(sim, "strategy_reward/executor");
  assert_true(reward >= 0);
  assert_null(hftsim_index_name(sim, reward, 0));
  int total = hftsim_array_find(sim, "strategy_total/executor");
  assert_int_equal(hftsim_index_find(sim, total, "shortfall"), 1);
  assert_int_equal(hftsim_array_find(sim, "strategy_obs/executor"), -1);
  hftsim_free(sim);
}

// A handle whose actions are choices.
static hftsim *choosing(const char *space) {
  hftsim *sim = world_create();
  expect(sim, hftsim_set(sim, "env_config.action_space", space), HFTSIM_OK, NULL);
  expect(sim, hftsim_set(sim, "env_config.action_choices", "5"), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 0), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  return sim;
}

static void test_choices(void **context) {
  (void)context;
  hftsim *sim = choosing("multi_discrete");
  int action = hftsim_array_find(sim, "action/maker"), mask = hftsim_array_find(sim, "mask/maker");
  assert_int_equal(hftsim_array_type(sim, action), HFTSIM_I32);
  int axes = (int)hftsim_array_dim(sim, action, 2), sum = 0;
  assert_int_equal(axes, 4);
  for (int i = 0; i < axes; i++) sum += hftsim_index_choices(sim, action, i);
  assert_int_equal(hftsim_array_dim(sim, mask, 2), sum);
  assert_int_equal(hftsim_index_choices(sim, action, axes), 0);
  int32_t *chosen = hftsim_array_data(sim, action);
  chosen[5] = hftsim_index_choices(sim, action, 1) - 1;
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
  chosen[5]++;
  expect(sim, hftsim_step(sim), HFTSIM_BAD_ACTION, "action/maker[0, 1, 1]");
  hftsim_free(sim);

  sim = choosing("mixed");  // two numbers, two choices
  action = hftsim_array_find(sim, "action/maker");
  mask = hftsim_array_find(sim, "mask/maker");
  assert_int_equal(hftsim_array_type(sim, action), HFTSIM_F32);
  assert_int_equal(hftsim_array_dim(sim, mask, 2), 4);
  assert_int_equal(hftsim_index_choices(sim, action, 1), 0);
  assert_int_equal(hftsim_index_choices(sim, action, 2), 2);
  assert_true(hftsim_index_low(sim, action, 1) == -1 && hftsim_index_low(sim, action, 2) == 0);
  assert_true(hftsim_index_high(sim, action, 1) == 1 && hftsim_index_high(sim, action, 2) == 1);
  float *mixed = hftsim_array_data(sim, action);
  mixed[4] = 0.5f;
  mixed[6] = 1;
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
  mixed[6] = 0.5f;
  expect(sim, hftsim_step(sim), HFTSIM_BAD_ACTION, "action/maker[0, 1, 2]");
  hftsim_free(sim);

  sim = choosing("discrete");
  action = hftsim_array_find(sim, "action/maker");
  mask = hftsim_array_find(sim, "mask/maker");
  assert_int_equal(hftsim_array_dim(sim, action, 2), 1);
  assert_null(hftsim_index_name(sim, action, 0));
  assert_int_equal(hftsim_index_choices(sim, action, 0), hftsim_array_dim(sim, mask, 2));
  hftsim_free(sim);
}

static void test_slabs_stay_where_they_are(void **context) {
  (void)context;
  hftsim *sim = world_start(ENVS, 2, 3);
  const void *obs = world_array(sim, "obs/maker"), *action = world_array(sim, "action/maker");
  for (int step = 0; step < 2 * EPISODE_LEN; step++) {
    world_step(sim, 3, step);
    assert_ptr_equal(world_array(sim, "obs/maker"), obs);
    assert_ptr_equal(world_array(sim, "action/maker"), action);
  }
  hftsim_free(sim);
}

static void test_config(void **context) {
  (void)context;
  hftsim *sim = world_create();
  expect(sim, hftsim_set(sim, "market_config.volatility", "0.0125"), HFTSIM_OK, NULL);
  const char *text = hftsim_config(sim);
  assert_non_null(strstr(text, "volatility: 0.0125"));
  assert_non_null(strstr(text, "episode_len: 25"));
  // What it prints makes the same config.
  char *copy = strdup(text);
  hftsim *other = hftsim_create();
  expect(other, hftsim_load_text(other, copy, strlen(copy), "copy"), HFTSIM_OK, NULL);
  assert_string_equal(hftsim_config(other), copy);
  free(copy);
  expect(sim, hftsim_start(sim, 2, 1, 7), HFTSIM_OK, NULL);
  expect(other, hftsim_start(other, 2, 1, 7), HFTSIM_OK, NULL);
  assert_string_equal(hftsim_spec_hash(sim), hftsim_spec_hash(other));
  size_t bytes, others;
  const void *spec = hftsim_spec(sim, &bytes), *same = hftsim_spec(other, &others);
  assert_int_equal(bytes, others);
  assert_memory_equal(spec, same, bytes);
  hftsim_free(other);
  hftsim_free(sim);
}

static void test_presets(void **context) {
  (void)context;
  assert_true(hftsim_preset_count() >= 5);
  assert_null(hftsim_preset_name(-1));
  assert_null(hftsim_preset_name(hftsim_preset_count()));
  for (int i = 0; i < hftsim_preset_count(); i++) {
    hftsim *sim = hftsim_create();
    expect(sim, hftsim_load(sim, hftsim_preset_name(i)), HFTSIM_OK, NULL);
    hftsim_free(sim);
  }
  hftsim *sim = hftsim_create();
  expect(sim, hftsim_load(sim, "configs/market_making.yaml"), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 0, 0), HFTSIM_OK, NULL);
  assert_true(hftsim_array_find(sim, "obs/maker") >= 0);
  hftsim_free(sim);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_pools_own_bits),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_drawn_seeds),
      cmocka_unit_test(test_start_without_a_seed),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_names_of_controlled_seats),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_slabs_stay_where_they_are),
      cmocka_unit_test(test_config),
      cmocka_unit_test(test_presets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
