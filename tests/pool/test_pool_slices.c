// A pool that is advanced in slices shows the same bits as one that is not; and a slice is as large
// as it says.
#include "sim/pool/pool.h"
#include "tests/env/slab.h"

#define ENVS 11
#define SEED 9
#define LONG "env_config: {warmup_s: 200, episode_len: 4}\n"  // a reset of four pieces
#define SLOW "market_config: {window_ticks: 1024, decision_ms: 20000}\n"
#define SEATS "seats: [{kind: maker}]\n"

static hft_pool *open_in_slices(const hft_env_model *model, int threads) {
  const hft_pool_config config = {
      .env_count = ENVS, .thread_count = threads, .seed = SEED, .in_slices = true};
  hft_pool *pool = slab_make(model, &config);
  while (!hft_pool_advance(pool, 0)) continue;
  return pool;
}

static void compare(const hft_pool *pool, const hft_pool *whole) {
  for (int i = 0; i < ENVS; i++) assert_true(slab_hash(pool, i) == slab_hash(whole, i));
  int ended = hft_pool_ended_count(pool);
  assert_int_equal(ended, hft_pool_ended_count(whole));
  hft_layout finals;
  hft_pool_finals_layout(pool, ended, &finals);
  assert_memory_equal(hft_pool_finals(pool), hft_pool_finals(whole), ended > 0 ? finals.bytes : 0);
}

static void check_same(const char *yaml, int threads, int steps) {
  hft_env_model *model = world_model(yaml);
  hft_pool *whole = slab_open(model, ENVS, 1, SEED), *pool = open_in_slices(model, threads);
  hft_pool_reset(whole, NULL, NULL);
  hft_pool_begin_reset(pool, NULL, NULL);
  while (!hft_pool_advance(pool, 0)) continue;
  compare(pool, whole);
  for (int step = 0; step < steps; step++) {
    slab_step(whole, SEED, step);
    for (int i = 0; i < ENVS; i++) slab_act(pool, i, SEED, step);
    hft_pool_begin_step(pool);
    while (!hft_pool_advance(pool, 0)) continue;
    compare(pool, whole);
  }
  hft_pool_free(pool);
  hft_pool_free(whole);
  hft_env_model_free(model);
}

static void test_same_bits(void **context) {
  (void)context;
  for (int threads = 1; threads <= 3; threads++) {
    check_same(slab_config, threads, 60);
    check_same(SLOW LONG WORLD_CROWD SEATS, threads, 9);
  }
}

// Slices until what was begun is done, or `least` can be received.
static int count_slices(hft_pool *pool, int least) {
  int count = 1;
  while (!hft_pool_advance(pool, least)) count++;
  return count;
}

// On one thread, with 20 s a step and 200 s before the first: three steps a slice, one piece.
static void test_slices(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  hft_pool *pool = open_in_slices(model, 1);
  hft_pool_begin_reset(pool, NULL, NULL);
  assert_int_equal(count_slices(pool, 0), 4 * ENVS);
  hft_pool_begin_step(pool);
  assert_int_equal(count_slices(pool, 0), (ENVS + 2) / 3);
  int32_t envs[ENVS] = {4, 1, 7, 8, 2, 3, 10};
  assert_int_equal(hft_pool_send(pool, envs, 7, NULL), HFT_OK);
  assert_int_equal(count_slices(pool, 2), 1);
  int32_t got[ENVS];
  assert_int_equal(hft_pool_recv(pool, got, 2, 2, NULL), 2);
  assert_memory_equal(got, envs, 2 * sizeof *got);
  assert_int_equal(count_slices(pool, 5), 2);
  assert_int_equal(hft_pool_recv(pool, got, 5, ENVS, NULL), 5);
  assert_memory_equal(got, envs + 2, 5 * sizeof *got);
  assert_int_equal(count_slices(pool, 0), 1);  // there is nothing to do
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// A reset of some goes on beside those that are under way, whichever is waited for first.
static void test_reset_beside_steps(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  for (int threads = 1; threads <= 3; threads++) {
    hft_pool *whole = slab_open(model, ENVS, 1, SEED), *pool = open_in_slices(model, threads);
    hft_pool_reset(whole, NULL, NULL);
    hft_pool_reset(pool, NULL, NULL);
    uint8_t mask[ENVS] = {0};
    int32_t envs[ENVS], got[ENVS];
    for (int i = 0; i < ENVS; i++) envs[i] = i;
    for (int i = 6; i < ENVS; i++) mask[i] = 1;
    for (int i = 0; i < 6; i++) {
      slab_act(whole, i, SEED, 0);
      slab_act(pool, i, SEED, 0);
    }
    assert_int_equal(hft_pool_send(whole, envs, 6, NULL), HFT_OK);
    assert_int_equal(hft_pool_recv(whole, got, 6, 6, NULL), 6);
    hft_pool_reset_from(whole, 77, mask);
    assert_int_equal(hft_pool_send(pool, envs, 6, NULL), HFT_OK);
    hft_pool_begin_reset_from(pool, 77, mask);
    count_slices(pool, threads == 2 ? 6 : 0);
    assert_int_equal(hft_pool_recv(pool, got, 6, 6, NULL), 6);
    for (int i = 0; i < ENVS; i++) assert_true(slab_rows_hash(pool, i) == slab_rows_hash(whole, i));
    hft_pool_free(pool);
    hft_pool_free(whole);
  }
  hft_env_model_free(model);
}

// A pool may end before its envs are made, or in the midst of a step.
static void test_free_in_between(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  const hft_pool_config config = {.env_count = ENVS, .thread_count = 3, .in_slices = true};
  hft_pool_free(slab_make(model, &config));
  hft_pool *pool = open_in_slices(model, 2);
  hft_pool_begin_reset(pool, NULL, NULL);
  hft_pool_advance(pool, 0);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_bits),
      cmocka_unit_test(test_slices),
      cmocka_unit_test(test_reset_beside_steps),
      cmocka_unit_test(test_free_in_between),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
