// The results of a pool: the same for any number of threads and envs, and laid out as announced.
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "tests/support/slab.h"

typedef struct expected {
  const char *name;
  hft_dtype dtype;
  int64_t second, third;  // dimensions after the first; -1: none
} expected;

static void check_layout(const hft_layout *layout, int64_t first, const expected *arrays,
                         int count) {
  assert_int_equal(layout->count, count);
  size_t end = 0;
  for (int a = 0; a < count; a++) {
    const hft_array *array = &layout->array[a];
    assert_string_equal(array->name, arrays[a].name);
    assert_int_equal(array->dtype, arrays[a].dtype);
    const int64_t shape[] = {first, arrays[a].second, arrays[a].third};
    int dims = shape[1] < 0 ? 1 : shape[2] < 0 ? 2 : 3;
    assert_int_equal(array->dim_count, dims);
    size_t bytes = arrays[a].dtype == HFT_DTYPE_U8 ? 1 : 4;
    for (int d = 0; d < dims; d++) {
      assert_int_equal(array->shape[d], shape[d]);
      bytes *= (size_t)shape[d];
    }
    assert_int_equal(array->bytes, bytes);
    // One after the other, each at the next cache line.
    assert_int_equal(array->offset, hft_align(end));
    end = array->offset + bytes;
  }
  assert_int_equal(layout->bytes, hft_align(end));
}

static void test_layouts(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  const hft_env_spec *spec = hft_env_model_spec(model);
  int64_t dims[2] = {spec->group[0].obs_dim, spec->group[1].obs_dim}, state = spec->state_dim;
  hft_pool *pool = slab_open(model, 11, 1, 0);
  const expected actions[] = {{"action/maker", HFT_DTYPE_F32, 2, 4},
                              {"action/executor", HFT_DTYPE_F32, 1, 2}};
  const expected results[] = {
      {"obs/maker", HFT_DTYPE_F32, 2, dims[0]},  {"obs/executor", HFT_DTYPE_F32, 1, dims[1]},
      {"reward/maker", HFT_DTYPE_F32, 2, -1},    {"reward/executor", HFT_DTYPE_F32, 1, -1},
      {"term/maker", HFT_DTYPE_F32, 2, 7},       {"term/executor", HFT_DTYPE_F32, 1, 7},
      {"terminated/maker", HFT_DTYPE_U8, 2, -1}, {"terminated/executor", HFT_DTYPE_U8, 1, -1},
      {"unfilled/maker", HFT_DTYPE_F32, 2, -1},  {"unfilled/executor", HFT_DTYPE_F32, 1, -1},
      {"truncated", HFT_DTYPE_U8, -1, -1},       {"ended", HFT_DTYPE_U8, -1, -1},
      {"state", HFT_DTYPE_F32, state, -1}};
  const expected finals[] = {{"env", HFT_DTYPE_I32, -1, -1},
                             {"length", HFT_DTYPE_I32, -1, -1},
                             {"return/maker", HFT_DTYPE_F32, 2, -1},
                             {"return/executor", HFT_DTYPE_F32, 1, -1},
                             {"final_obs/maker", HFT_DTYPE_F32, 2, dims[0]},
                             {"final_obs/executor", HFT_DTYPE_F32, 1, dims[1]},
                             {"final_state", HFT_DTYPE_F32, state, -1},
                             {"total/maker", HFT_DTYPE_F32, 2, 9},
                             {"total/executor", HFT_DTYPE_F32, 1, 9}};
  check_layout(hft_pool_actions_layout(pool), 11, actions, 2);
  check_layout(hft_pool_results_layout(pool), 11, results, 13);
  for (int ended = 1; ended <= 11; ended += 5) {
    hft_layout layout;
    hft_pool_finals_layout(pool, ended, &layout);
    check_layout(&layout, ended, finals, 9);
  }
  assert_int_equal((uintptr_t)hft_pool_actions(pool) % HFT_CACHE_LINE, 0);
  assert_int_equal((uintptr_t)hft_pool_results(pool) % HFT_CACHE_LINE, 0);
  assert_int_equal((uintptr_t)hft_pool_finals(pool) % HFT_CACHE_LINE, 0);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Every byte of every slab, with 1, 2, 3, 5 threads, and with more threads than envs.
static void test_any_number_of_threads(void **context) {
  (void)context;
  enum { ENVS = 7, KINDS = 5 };
  static const int threads[KINDS] = {1, 2, 3, 5, 64};
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool[KINDS];
  for (int k = 0; k < KINDS; k++) {
    pool[k] = slab_open(model, ENVS, threads[k], 77);
    hft_pool_reset(pool[k], NULL, NULL);
  }
  size_t bytes = hft_pool_results_layout(pool[0])->bytes;
  int ended = 0, alone = 0;
  for (int step = 0; step < 120; step++) {
    for (int k = 0; k < KINDS; k++) slab_step(pool[k], 77, step);
    int count = hft_pool_ended_count(pool[0]);
    hft_layout finals;
    hft_pool_finals_layout(pool[0], count, &finals);
    for (int k = 1; k < KINDS; k++) {
      assert_memory_equal(hft_pool_results(pool[k]), hft_pool_results(pool[0]), bytes);
      assert_int_equal(hft_pool_ended_count(pool[k]), count);
      if (count == 0) continue;
      assert_memory_equal(hft_pool_finals(pool[k]), hft_pool_finals(pool[0]), finals.bytes);
    }
    ended += count;
    alone += count > 0 && count < ENVS;
  }
  assert_true(ended > 4 * ENVS && alone > 5);  // by a limit as well as by the clock
  for (int k = 0; k < KINDS; k++) hft_pool_free(pool[k]);
  hft_env_model_free(model);
}

// Env i of a pool is the only env of a pool of its world's seed.
static void check_neighbours(const hft_env_model *model, uint64_t seed) {
  enum { ENVS = 5 };
  hft_pool *many = slab_open(model, ENVS, 2, seed), *one[ENVS];
  hft_pool_reset(many, NULL, NULL);
  for (int i = 0; i < ENVS; i++) {
    one[i] = slab_open(model, 1, 1, hft_world_seed(seed, (uint64_t)i));
    hft_pool_reset(one[i], NULL, NULL);
    assert_true(slab_hash(one[i], 0) == slab_hash(many, i));
    for (int j = 0; j < i; j++) assert_true(slab_hash(many, j) != slab_hash(many, i));
  }
  for (int step = 0; step < 60; step++) {
    slab_step(many, seed, step);
    for (int i = 0; i < ENVS; i++) {
      slab_step(one[i], seed + (uint64_t)i, step);
      assert_true(slab_hash(one[i], 0) == slab_hash(many, i));
      assert_int_equal(hft_env_steps(hft_pool_env(one[i], 0)),
                       hft_env_steps(hft_pool_env(many, i)));
    }
  }
  for (int i = 0; i < ENVS; i++) hft_pool_free(one[i]);
  hft_pool_free(many);
}

static void test_any_number_of_neighbours(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  check_neighbours(model, 0);
  check_neighbours(model, UINT64_MAX);
  check_neighbours(model, 123456789);
  hft_env_model_free(model);
}

// The seeds 0 and the largest are seeds like any other.
static void test_every_seed_is_a_world_of_its_own(void **context) {
  (void)context;
  static const uint64_t seeds[] = {
      0, 1, UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 32, UINT64_C(1) << 63};
  enum { SEEDS = sizeof seeds / sizeof seeds[0] };
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 1, 1, 5);
  uint64_t hash[SEEDS];
  for (int k = 0; k < SEEDS; k++) {
    hft_pool_reset(pool, &seeds[k], NULL);
    hash[k] = slab_hash(pool, 0);
    for (int j = 0; j < k; j++) assert_true(hash[j] != hash[k]);
  }
  for (int k = 0; k < SEEDS; k++) {
    hft_pool_reset(pool, &seeds[k], NULL);
    assert_true(slab_hash(pool, 0) == hash[k]);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Stepping a pool leaves the actions to the caller, who need not write them again.
static void test_actions_stay(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 3, 2, 0);
  size_t bytes = hft_pool_actions_layout(pool)->bytes;
  float *copy = aligned_zeros(bytes);
  assert_memory_equal(hft_pool_actions(pool), copy, bytes);
  hft_pool_reset(pool, NULL, NULL);
  for (int i = 0; i < 3; i++) slab_act(pool, i, 0, 0);
  memcpy(copy, hft_pool_actions(pool), bytes);
  for (int step = 0; step < 30; step++) hft_pool_step(pool);
  assert_memory_equal(hft_pool_actions(pool), copy, bytes);
  free(copy);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static void check_refused(const hft_env_model *model, int envs, int threads, const char *where,
                          const char *limit) {
  hft_pool *pool = NULL;
  hft_error error = {0};
  hft_pool_config config = {.env_count = envs, .thread_count = threads};
  assert_int_equal(hft_pool_create(model, &config, &pool, &error), HFT_EINVAL);
  assert_int_equal(error.status, HFT_EINVAL);
  assert_null(pool);
  assert_string_equal(error.where, where);
  assert_non_null(strstr(error.text, limit));
  // Nobody need want the words.
  assert_int_equal(hft_pool_create(model, &config, &pool, NULL), HFT_EINVAL);
}

static void test_bounds(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  check_refused(model, 0, 1, "num_envs", "[1, 65536]");
  check_refused(model, -1, 1, "num_envs", "-1");
  check_refused(model, HFT_ENVS_MAX + 1, 1, "num_envs", "65537");
  check_refused(model, INT32_MIN, 1, "num_envs", "[1, 65536]");
  check_refused(model, 1, 0, "threads", "[1, 256]");
  check_refused(model, 1, -5, "threads", "-5");
  check_refused(model, 1, HFT_THREADS_MAX + 1, "threads", "257");
  hft_pool_free(slab_open(model, 1, HFT_THREADS_MAX, 0));
  hft_pool_free(NULL);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layouts),
      cmocka_unit_test(test_any_number_of_threads),
      cmocka_unit_test(test_any_number_of_neighbours),
      cmocka_unit_test(test_every_seed_is_a_world_of_its_own),
      cmocka_unit_test(test_actions_stay),
      cmocka_unit_test(test_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
