// Saves, loads and forks of single envs: the continuation is the same, bit for bit.
#include <stdlib.h>
#include <string.h>

#include "tests/support/slab.h"

#define SEED 53
#define STEPS 60  // over the ends of episodes

// Where things stand in a save.
enum {
  AT_VERSION = 8,
  AT_DIGEST = 16,
  AT_SIZE = 24,
  AT_CHECK = 32,
  AT_STAGE = 64,
  AT_MEMORY = 128
};

static char *save(const hft_pool *pool, int env) {
  size_t size = hft_pool_env_bytes(pool);
  char *bytes = malloc(size);
  assert_non_null(bytes);
  memset(bytes, 0xa5, size);
  assert_int_equal(hft_pool_save(pool, env, bytes, size, NULL), HFT_OK);
  return bytes;
}

static void load(hft_pool *pool, int env, const char *bytes) {
  hft_error error = {0};
  if (hft_pool_load(pool, env, bytes, hft_pool_env_bytes(pool), &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
}

static void run(hft_pool *pool, int steps) {
  hft_pool_reset(pool, NULL, NULL);
  for (int step = 0; step < steps; step++) slab_step(pool, SEED, step);
}

// The digests of an env over the steps that follow, with actions of its own.
static void record(hft_pool *pool, int env, uint64_t actions, uint64_t *hash) {
  int32_t index = env;
  for (int step = 0; step < STEPS; step++) {
    slab_act(pool, env, actions - (uint64_t)env, step);
    assert_int_equal(hft_pool_send(pool, &index, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_recv(pool, &index, 1, 1, NULL), 1);
    hash[step] = slab_hash(pool, env);
  }
}

static void check_follows(hft_pool *pool, int env, uint64_t rows, const uint64_t *expected) {
  uint64_t hash[STEPS];
  assert_true(slab_rows_hash(pool, env) == rows);
  record(pool, env, 7, hash);
  assert_memory_equal(hash, expected, sizeof hash);
}

static void test_a_load_goes_on(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config), *twin = world_model(slab_config);
  hft_pool *pool = slab_open(model, 5, 2, SEED), *other = slab_open(twin, 2, 1, 999);
  run(pool, 33);
  char *bytes = save(pool, 3);
  uint64_t rows = slab_rows_hash(pool, 3), after[STEPS];
  record(pool, 3, 7, after);
  // Into the same env, another one, another pool of another model of the same config, one that has
  // never been reset.
  load(pool, 3, bytes);
  check_follows(pool, 3, rows, after);
  load(pool, 0, bytes);
  check_follows(pool, 0, rows, after);
  run(other, 4);
  uint64_t neighbour = slab_rows_hash(other, 1);
  load(other, 0, bytes);
  assert_true(slab_rows_hash(other, 1) == neighbour);
  check_follows(other, 0, rows, after);
  hft_pool *fresh = slab_open(twin, 1, 1, 0);
  load(fresh, 0, bytes);
  check_follows(fresh, 0, rows, after);
  // The next episode is that of the saved env, too.
  load(pool, 4, bytes);
  load(other, 1, bytes);
  hft_pool_reset(pool, NULL, NULL);
  hft_pool_reset(other, NULL, NULL);
  assert_true(slab_rows_hash(pool, 4) == slab_rows_hash(other, 1));
  free(bytes);
  hft_pool_free(pool);
  hft_pool_free(other);
  hft_pool_free(fresh);
  hft_env_model_free(model);
  hft_env_model_free(twin);
}

// A save of an env tells of its world and nothing else: not of its pool, nor of what was there.
static void test_equal_worlds_have_equal_saves(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *many = slab_open(model, 4, 2, SEED), *one = slab_open(model, 1, 1, 8);
  run(many, 12);
  hft_pool_reset_from(one, 1, NULL);
  for (int step = 0; step < 9; step++) slab_step(one, 8, step);
  hft_pool_reset_from(one, hft_world_seed(SEED, 2), NULL);
  for (int step = 0; step < 12; step++) slab_step(one, SEED + 2, step);
  char *a = save(many, 2), *b = save(one, 0);
  assert_memory_equal(a, b, hft_pool_env_bytes(one));
  free(a);
  free(b);
  hft_pool_free(many);
  hft_pool_free(one);
  hft_env_model_free(model);
}

static void test_a_fork_goes_on(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 4, 2, SEED);
  run(pool, 20);
  uint64_t rows = slab_rows_hash(pool, 1), after[STEPS], aside[STEPS];
  assert_int_equal(hft_pool_fork(pool, 1, (const int32_t[]){3, 0}, 2, NULL), HFT_OK);
  assert_int_equal(hft_pool_fork(pool, 1, NULL, 0, NULL), HFT_OK);
  record(pool, 1, 7, after);
  check_follows(pool, 0, rows, after);
  // Other actions lead elsewhere, from the same point.
  assert_true(slab_rows_hash(pool, 3) == rows);
  record(pool, 3, 8, aside);
  assert_true(aside[0] != after[0] && aside[STEPS - 1] != after[STEPS - 1]);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// A fork that is refused copies nothing, not even to those of its envs that are all right.
static void refuse_fork(hft_pool *pool, int from, const int32_t *to, int count, const char *words) {
  uint64_t rows[4];
  for (int env = 0; env < 4; env++) rows[env] = slab_rows_hash(pool, env);
  for (int forks = 0; forks < 2; forks++) {
    hft_error error = {0};
    hft_status status = forks ? hft_pool_fork(pool, from, to, count, &error)
                              : hft_pool_check_fork(pool, from, to, count, &error);
    assert_int_equal(status, HFT_EINVAL);
    if (strstr(error.text, words) == NULL) fail_msg("%s, not %s", error.text, words);
  }
  for (int env = 0; env < 4; env++) assert_true(slab_rows_hash(pool, env) == rows[env]);
}

static void test_refused_forks(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 4, 2, SEED);
  refuse_fork(pool, 0, (const int32_t[]){1, 2}, 2, "env 0 has never been reset");
  run(pool, 20);
  refuse_fork(pool, 0, (const int32_t[]){1, 0}, 2, "env 0 cannot be forked to itself");
  refuse_fork(pool, 0, (const int32_t[]){1, 2, 1}, 3, "env 1 occurs twice");
  refuse_fork(pool, 0, (const int32_t[]){1, 4}, 2, "env 4 out of range [0, 3]");
  refuse_fork(pool, 0, (const int32_t[]){1, -1}, 2, "env -1 out of range [0, 3]");
  refuse_fork(pool, 4, (const int32_t[]){1}, 1, "env 4 out of range [0, 3]");
  refuse_fork(pool, -1, NULL, 0, "env -1 out of range [0, 3]");
  // Those under way belong to their threads, until they are received.
  hft_pool *still = slab_open(model, 4, 2, SEED);
  run(still, 20);
  int32_t sent = 3;
  assert_int_equal(hft_pool_send(pool, &sent, 1, NULL), HFT_OK);
  hft_error error = {0};
  assert_int_equal(hft_pool_fork(pool, 0, (const int32_t[]){1, 3}, 2, &error), HFT_EINVAL);
  assert_non_null(strstr(error.text, "env 3 is under way"));
  assert_int_equal(hft_pool_fork(pool, 3, (const int32_t[]){1, 2}, 2, &error), HFT_EINVAL);
  for (int env = 0; env < 3; env++) {
    assert_true(slab_rows_hash(pool, env) == slab_rows_hash(still, env));
  }
  assert_int_equal(hft_pool_recv(pool, &sent, 1, 1, NULL), 1);
  // What was refused leaves no mark: all of it may be done in another way.
  assert_int_equal(hft_pool_fork(pool, 3, (const int32_t[]){2, 0, 1}, 3, NULL), HFT_OK);
  for (int env = 0; env < 3; env++) {
    assert_true(slab_rows_hash(pool, env) == slab_rows_hash(pool, 3));
  }
  hft_pool_step(pool);
  hft_pool_free(pool);
  hft_pool_free(still);
  hft_env_model_free(model);
}

static void refuse(hft_pool *pool, int env, const char *bytes, size_t size, hft_status status,
                   const char *words) {
  uint64_t rows = slab_rows_hash(pool, 1);
  hft_error error = {0};
  assert_int_equal(hft_pool_load(pool, env, bytes, size, &error), status);
  assert_int_equal(error.status, status);
  assert_non_null(strstr(error.text, words));
  assert_true(slab_rows_hash(pool, 1) == rows);
}

static void test_refused_loads(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 2, 1, SEED);
  run(pool, 20);
  size_t size = hft_pool_env_bytes(pool);
  char *bytes = save(pool, 0), *good = save(pool, 1);
  refuse(pool, 1, bytes, size - 1, HFT_EINVAL, "bytes; a save of this config has");
  refuse(pool, 1, bytes, size + 1, HFT_EINVAL, "bytes; a save of this config has");
  refuse(pool, 1, bytes, 0, HFT_EINVAL, "0 bytes");
  refuse(pool, 2, bytes, size, HFT_EINVAL, "env 2 out of range [0, 1]");
  refuse(pool, -1, bytes, size, HFT_EINVAL, "env -1 out of range");
  // One bit, wherever it is.
  for (size_t at = 0; at < size; at += at < 2 * AT_MEMORY ? 1 : 1013) {
    char bit = (char)(1 << (at % 8));
    bytes[at] ^= bit;
    const char *words = at < AT_VERSION                   ? "not the save of an env"
                        : at < AT_VERSION + 4             ? "this program reads version 2"
                        : at >= AT_DIGEST && at < AT_SIZE ? "another config"
                                                          : "damaged";
    refuse(pool, 1, bytes, size, HFT_EDATA, words);
    bytes[at] ^= bit;
  }
  bytes[size - 1] ^= 1;
  refuse(pool, 1, bytes, size, HFT_EDATA, "damaged");
  bytes[size - 1] ^= 1;
  char *zeros = calloc(1, size);
  assert_non_null(zeros);
  refuse(pool, 1, zeros, size, HFT_EDATA, "not the save of an env");
  // Nothing of the env has changed.
  char *still = save(pool, 1);
  assert_memory_equal(still, good, size);
  load(pool, 1, bytes);
  assert_true(slab_rows_hash(pool, 1) == slab_rows_hash(pool, 0));
  free(bytes);
  free(good);
  free(zeros);
  free(still);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// The sizes may be equal: it is the config that counts, wherever it differs.
static void test_another_config(void **context) {
  (void)context;
  static const char *const yaml[] = {"seats: [{kind: maker}]\n",
                                     "seats: [{kind: maker, quote_qty: 11}]\n",
                                     "seats: [{kind: maker}]\nrisk_config: {max_inventory: 201}\n",
                                     "seats: [{kind: maker}]\nmarket_config: {volatility: 0.03}\n",
                                     "seats: [{kind: maker}]\npopulations: [{kind: noise}]\n"};
  enum { CONFIGS = sizeof yaml / sizeof yaml[0] };
  hft_env_model *model[CONFIGS];
  hft_pool *pool[CONFIGS];
  char *bytes[CONFIGS];
  for (int k = 0; k < CONFIGS; k++) {
    model[k] = world_model(yaml[k]);
    pool[k] = slab_open(model[k], 1, 1, SEED);
    run(pool[k], 1);
    bytes[k] = save(pool[k], 0);
  }
  for (int k = 1; k < CONFIGS; k++) {
    size_t size = hft_pool_env_bytes(pool[k]);
    hft_error error = {0};
    assert_int_equal(hft_pool_load(pool[0], 0, bytes[k], size, &error),
                     size == hft_pool_env_bytes(pool[0]) ? HFT_EDATA : HFT_EINVAL);
  }
  assert_int_equal(hft_pool_env_bytes(pool[1]), hft_pool_env_bytes(pool[0]));
  assert_int_equal(hft_pool_env_bytes(pool[3]), hft_pool_env_bytes(pool[0]));
  for (int k = 0; k < CONFIGS; k++) {
    free(bytes[k]);
    hft_pool_free(pool[k]);
    hft_env_model_free(model[k]);
  }
}

static void test_calls_out_of_turn(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, 3, 1, SEED);
  size_t size = hft_pool_env_bytes(pool);
  char *bytes = malloc(size);
  assert_non_null(bytes);
  hft_pool_reset(pool, NULL, (const uint8_t[]){1, 1, 0});
  assert_int_equal(hft_pool_save(pool, 2, bytes, size, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_fork(pool, 2, &(int32_t){0}, 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_save(pool, 3, bytes, size, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_save(pool, 0, bytes, size - 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_fork(pool, 0, &(int32_t){3}, 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_fork(pool, -1, &(int32_t){0}, 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_save(pool, 0, bytes, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_send(pool, &(int32_t){1}, 1, NULL), HFT_OK);
  assert_int_equal(hft_pool_save(pool, 1, bytes, size, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_load(pool, 1, bytes, size, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_fork(pool, 1, &(int32_t){0}, 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_fork(pool, 0, &(int32_t){1}, 1, NULL), HFT_EINVAL);
  // One that was never reset may be forked to and loaded into, beside one under way.
  assert_int_equal(hft_pool_fork(pool, 0, &(int32_t){2}, 1, NULL), HFT_OK);
  int32_t env;
  assert_int_equal(hft_pool_recv(pool, &env, 1, 1, NULL), 1);
  hft_pool_step(pool);
  free(bytes);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// An env at rest in its ended episode goes where such may be, and rests there.
static void test_an_ended_env(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool_config manual = {.env_count = 2, .thread_count = 1, .autoreset = HFT_AUTORESET_MANUAL};
  hft_pool *pool = slab_make(model, &manual), *automatic = slab_open(model, 2, 1, 0);
  hft_pool_reset(pool, NULL, NULL);
  run(automatic, 3);
  for (int step = 0; step < 25; step++) slab_step(pool, 0, step);
  assert_true(slab_ended(pool, 0));
  char *bytes = save(pool, 0);
  uint64_t rows = slab_rows_hash(pool, 0);
  refuse(automatic, 0, bytes, hft_pool_env_bytes(pool), HFT_EINVAL, "episode has ended");
  hft_pool_reset(pool, NULL, NULL);
  load(pool, 1, bytes);
  assert_true(slab_rows_hash(pool, 1) == rows);
  hft_pool_step(pool);
  assert_int_equal(hft_pool_ended_count(pool), 0);
  assert_true(slab_ended(pool, 1));
  free(bytes);
  hft_pool_free(pool);
  hft_pool_free(automatic);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_load_goes_on),
      cmocka_unit_test(test_equal_worlds_have_equal_saves),
      cmocka_unit_test(test_a_fork_goes_on),
      cmocka_unit_test(test_refused_forks),
      cmocka_unit_test(test_refused_loads),
      cmocka_unit_test(test_another_config),
      cmocka_unit_test(test_calls_out_of_turn),
      cmocka_unit_test(test_an_ended_env),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
