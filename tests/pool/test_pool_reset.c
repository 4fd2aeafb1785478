// Episodes of a pool: autoreset in the same step, resets of all or some, with a seed or without.
#include <stdio.h>
#include <string.h>

#include "tests/support/slab.h"

#define ENVS 4
#define SEED 31

// The same env without a pool, in its k-th episode; its steps are those of the pool.
typedef struct twin {
  world w;
  uint32_t episode;
} twin;

static void twin_reset(twin *of, int i) {
  world_reset(&of->w, hft_world_seed(SEED, (uint64_t)i), of->episode++);
}

static void twin_step(twin *of, hft_pool *pool, int i) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  for (int g = 0; g < layout->count; g++) {
    const hft_array *array = &layout->array[g];
    size_t bytes = array->bytes / ENVS;
    const char *actions = (const char *)hft_pool_actions(pool);
    memcpy(of->w.action[g], actions + array->offset + (size_t)i * bytes, bytes);
  }
  world_step(&of->w);
}

static const char *const roles[] = {"maker", "executor"};

// A row of the pool's results, or of its finals (k >= 0), is what the twin shows.
static void check_row(const hft_pool *pool, const char *array, int g, int i, int k,
                      const void *shown) {
  char name[HFT_NAME_SIZE], result[HFT_NAME_SIZE];
  snprintf(name, sizeof name, "%s%s%s", array, g < 0 ? "" : "/", g < 0 ? "" : roles[g]);
  snprintf(result, sizeof result, "%s", k < 0 ? name : name + strlen("final_"));
  const void *row = k < 0 ? slab_row(pool, name, i) : slab_final(pool, name, k);
  assert_memory_equal(row, shown, slab_row_bytes(pool, result));
}

static void check_views(const hft_pool *pool, const twin *of, int i) {
  for (int g = 0; g < 2; g++) check_row(pool, "obs", g, i, -1, of->w.io.obs[g]);
  check_row(pool, "state", -1, i, -1, of->w.io.state);
}

static void check_scores(const hft_pool *pool, const twin *of, int i) {
  for (int g = 0; g < 2; g++) {
    check_row(pool, "reward", g, i, -1, of->w.io.reward[g]);
    check_row(pool, "term", g, i, -1, of->w.io.term[g]);
    check_row(pool, "terminated", g, i, -1, of->w.io.terminated[g]);
  }
  check_row(pool, "truncated", -1, i, -1, of->w.io.truncated);
  check_row(pool, "ended", -1, i, -1, of->w.io.ended);
}

// The k-th row of the finals tells of the episode that the twin has just ended.
static void check_finals(const hft_pool *pool, const twin *of, int i, int k) {
  assert_int_equal(*(const int32_t *)slab_final(pool, "env", k), i);
  assert_int_equal(*(const int32_t *)slab_final(pool, "length", k), hft_env_steps(of->w.env));
  const float *makers = slab_final(pool, "return/maker", k);
  const float *executors = slab_final(pool, "return/executor", k);
  assert_true(makers[0] == hft_env_return(of->w.env, 0));
  assert_true(makers[1] == hft_env_return(of->w.env, 1));
  assert_true(executors[0] == hft_env_return(of->w.env, 2));
  for (int g = 0; g < 2; g++) check_row(pool, "final_obs", g, i, k, of->w.io.obs[g]);
  check_row(pool, "final_state", -1, i, k, of->w.io.state);
}

static void test_autoreset(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 2, SEED);
  twin of[ENVS];
  hft_pool_reset(pool, NULL, NULL);
  for (int i = 0; i < ENVS; i++) {
    of[i] = (twin){.w = world_open(slab_config)};
    twin_reset(&of[i], i);
    check_views(pool, &of[i], i);
    check_scores(pool, &of[i], i);
  }
  int early = 0, late = 0;
  for (int step = 0; step < 150; step++) {
    slab_step(pool, SEED, step);
    int k = 0;
    for (int i = 0; i < ENVS; i++) {
      twin_step(&of[i], pool, i);
      // Rewards and flags are of the step that was done, whether it ended the episode or not.
      check_scores(pool, &of[i], i);
      if (*of[i].w.io.ended) {
        assert_true(k < hft_pool_ended_count(pool));
        check_finals(pool, &of[i], i, k++);
        early += !*of[i].w.io.truncated;
        late += *of[i].w.io.truncated;
        twin_reset(&of[i], i);
      }
      check_views(pool, &of[i], i);
      assert_int_equal(hft_env_steps(hft_pool_env(pool, i)), hft_env_steps(of[i].w.env));
    }
    assert_int_equal(hft_pool_ended_count(pool), k);
  }
  assert_true(early > 3 && late > 3);
  for (int i = 0; i < ENVS; i++) world_close(&of[i].w);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Digests of all envs from a reset over some steps, episodes' ends among them.
static void record(hft_pool *pool, uint64_t (*hash)[ENVS], int steps) {
  for (int step = 0; step < steps; step++) {
    if (step > 0) slab_step(pool, SEED, step);
    for (int i = 0; i < ENVS; i++) hash[step][i] = slab_hash(pool, i);
  }
}

enum { STEPS = 40 };

static void test_the_same_seed_is_the_same_episode(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 2, SEED);
  static uint64_t first[STEPS][ENVS], again[STEPS][ENVS], next[STEPS][ENVS];
  hft_pool_reset(pool, NULL, NULL);
  record(pool, first, STEPS);
  // Without a seed the next episode follows: another one.
  hft_pool_reset(pool, NULL, NULL);
  record(pool, next, STEPS);
  for (int i = 0; i < ENVS; i++) assert_true(next[0][i] != first[0][i]);
  // With the pool's first seed all is as it was, the episodes after the first too; of those that
  // ended before there is no more word.
  while (hft_pool_ended_count(pool) == 0) slab_step(pool, SEED, STEPS);
  hft_pool_reset_from(pool, SEED, NULL);
  assert_int_equal(hft_pool_ended_count(pool), 0);
  record(pool, again, STEPS);
  assert_memory_equal(again, first, sizeof first);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// The rule of seeds: env i of a pool of seed s is in the world of both, a bijective mix of them
// that is written here once more; env 0 in that of s itself.
static uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

static void test_the_worlds_of_seeds(void **context) {
  (void)context;
  static const uint64_t seeds[] = {0, 1, 2, 1000000000, UINT64_MAX};
  enum { SEEDS = sizeof seeds / sizeof seeds[0], WORLDS = 64 };
  static uint64_t seen[SEEDS * WORLDS];
  int count = 0;
  for (int s = 0; s < SEEDS; s++) {
    assert_true(hft_world_seed(seeds[s], 0) == seeds[s]);
    for (uint64_t i = 0; i < WORLDS; i++) {
      uint64_t of = hft_world_seed(seeds[s], i);
      if (i > 0) assert_true(of == mixed(mixed(seeds[s]) + i));
      for (int k = 0; k < count; k++) assert_true(seen[k] != of);
      seen[count++] = of;
    }
  }
}

// Pools of neighbouring seeds show nothing that both of them show, in any episode; a seed that the
// pool was made with and one that it is reset with are the same; so is the part of a larger pool.
static void test_pools_of_different_seeds_share_no_world(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  enum { POOLS = 3, EPISODES = 3 };
  hft_pool *pool[POOLS];
  uint64_t shown[POOLS * EPISODES * ENVS];
  for (int p = 0; p < POOLS; p++) pool[p] = slab_open(model, ENVS, 1, SEED + (uint64_t)p);
  int count = 0;
  for (int episode = 0; episode < EPISODES; episode++) {
    for (int p = 0; p < POOLS; p++) {
      hft_pool_reset(pool[p], NULL, NULL);
      for (int i = 0; i < ENVS; i++) shown[count++] = slab_rows_hash(pool[p], i);
    }
  }
  for (int a = 0; a < count; a++) {
    for (int b = 0; b < a; b++) assert_true(shown[a] != shown[b]);
  }
  const hft_pool_config last = {.env_count = 1, .thread_count = 1, .seed = SEED, .first_env = 3};
  hft_pool *part;
  assert_int_equal(hft_pool_create(model, &last, &part, NULL), HFT_OK);
  for (int round = 0; round < 2; round++) {
    if (round == 0) hft_pool_reset(part, NULL, NULL);
    hft_pool_reset_from(pool[1], SEED, NULL);
    for (int i = 0; i < ENVS; i++) assert_true(slab_rows_hash(pool[1], i) == shown[i]);
    if (round == 1) hft_pool_reset_from(part, SEED, NULL);
    assert_true(slab_rows_hash(part, 0) == shown[3]);
  }
  hft_pool_free(part);
  for (int p = 0; p < POOLS; p++) hft_pool_free(pool[p]);
  hft_env_model_free(model);
}

// The k-th reset without a seed shows the k-th world of env i's seed, steps between them or none.
static void test_resets_without_a_seed_go_on(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 2, SEED);
  world w = world_open(slab_config);
  for (uint32_t k = 0; k < 4; k++) {
    hft_pool_reset(pool, NULL, NULL);
    for (int i = 0; i < ENVS; i++) {
      world_reset(&w, hft_world_seed(SEED, (uint64_t)i), k);
      assert_memory_equal(slab_row(pool, "state", i), w.io.state, slab_row_bytes(pool, "state"));
    }
    if (k == 1) slab_step(pool, SEED, 1);
  }
  world_close(&w);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// A mask resets its envs alone; the others go on as if nothing had happened.
static void check_mask(const hft_env_model *model, const uint64_t *seed) {
  static const uint8_t mask[ENVS] = {0, 1, 0, 255};
  hft_pool *pool = slab_open(model, ENVS, 2, SEED), *left = slab_open(model, ENVS, 1, SEED);
  world w = world_open(slab_config);
  hft_pool_reset(pool, NULL, NULL);
  hft_pool_reset(left, NULL, NULL);
  for (int step = 0; step < 5; step++) {
    slab_step(pool, SEED, step);
    slab_step(left, SEED, step);
    assert_int_equal(hft_pool_ended_count(pool), 0);
  }
  if (seed != NULL) {
    hft_pool_reset_from(pool, *seed, mask);
  } else {
    hft_pool_reset(pool, NULL, mask);
  }
  for (int i = 0; i < ENVS; i++) {
    if (!mask[i]) {
      assert_true(slab_hash(pool, i) == slab_hash(left, i));
      continue;
    }
    world_reset(&w, hft_world_seed(seed != NULL ? *seed : SEED, (uint64_t)i), seed != NULL ? 0 : 1);
    assert_memory_equal(slab_row(pool, "state", i), w.io.state, slab_row_bytes(pool, "state"));
    const float *reward = slab_row(pool, "reward/executor", i);
    assert_true(*reward == 0);
    assert_int_equal(hft_env_steps(hft_pool_env(pool, i)), 0);
  }
  for (int step = 5; step < 45; step++) {
    slab_step(pool, SEED, step);
    slab_step(left, SEED, step);
    for (int i = 0; i < ENVS; i++) {
      assert_int_equal(slab_hash(pool, i) == slab_hash(left, i), !mask[i]);
    }
  }
  world_close(&w);
  hft_pool_free(pool);
  hft_pool_free(left);
}

static void test_masks(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  check_mask(model, NULL);
  check_mask(model, &(uint64_t){900});
  check_mask(model, &(uint64_t){UINT64_MAX});
  hft_env_model_free(model);
}

// Each env has the seed that it is given, whatever its index and company.
static void test_seeds_of_their_own(void **context) {
  (void)context;
  static const uint64_t seeds[ENVS] = {7, UINT64_MAX, 7, 0};
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 2, SEED), *alone = slab_open(model, 1, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  slab_step(pool, SEED, 0);
  hft_pool_reset(pool, seeds, NULL);
  uint64_t first[ENVS], hash[STEPS][ENVS];
  for (int i = 0; i < ENVS; i++) first[i] = slab_hash(pool, i);
  for (int step = 0; step < STEPS; step++) {
    // The actions are the seed's, not the index's.
    for (int i = 0; i < ENVS; i++) slab_act(pool, i, seeds[i] - (uint64_t)i, step);
    hft_pool_step(pool);
    for (int i = 0; i < ENVS; i++) hash[step][i] = slab_hash(pool, i);
    assert_true(hash[step][0] == hash[step][2]);
  }
  for (int i = 0; i < ENVS; i++) {
    hft_pool_reset(alone, &seeds[i], NULL);
    assert_true(slab_hash(alone, 0) == first[i]);
    for (int step = 0; step < STEPS; step++) {
      slab_step(alone, seeds[i], step);
      assert_true(slab_hash(alone, 0) == hash[step][i]);
    }
  }
  // The seeds of envs that are not reset do not count.
  uint64_t before = slab_rows_hash(pool, 3);
  hft_pool_reset(pool, (const uint64_t[]){0, 5, 5, 5}, (const uint8_t[]){1, 0, 0, 0});
  assert_true(slab_hash(pool, 0) == first[3] && slab_rows_hash(pool, 3) == before);
  hft_pool_reset(pool, NULL, (const uint8_t[]){0, 0, 0, 1});
  hft_pool_reset(alone, NULL, NULL);
  assert_true(slab_rows_hash(pool, 3) == slab_rows_hash(alone, 0));
  hft_pool_free(pool);
  hft_pool_free(alone);
  hft_env_model_free(model);
}

// A first reset may come in parts.
static void test_a_first_reset_in_parts(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *parts = slab_open(model, ENVS, 2, SEED), *whole = slab_open(model, ENVS, 2, SEED);
  for (int i = ENVS - 1; i >= 0; i--) {
    uint8_t mask[ENVS] = {0};
    mask[i] = 1;
    hft_pool_reset(parts, NULL, mask);
  }
  hft_pool_reset(whole, NULL, NULL);
  for (int step = 0; step < 30; step++) {
    slab_step(parts, SEED, step);
    slab_step(whole, SEED, step);
    for (int i = 0; i < ENVS; i++) assert_true(slab_hash(parts, i) == slab_hash(whole, i));
  }
  hft_pool_free(parts);
  hft_pool_free(whole);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_autoreset),
      cmocka_unit_test(test_the_same_seed_is_the_same_episode),
      cmocka_unit_test(test_the_worlds_of_seeds),
      cmocka_unit_test(test_pools_of_different_seeds_share_no_world),
      cmocka_unit_test(test_resets_without_a_seed_go_on),
      cmocka_unit_test(test_masks),
      cmocka_unit_test(test_seeds_of_their_own),
      cmocka_unit_test(test_a_first_reset_in_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
