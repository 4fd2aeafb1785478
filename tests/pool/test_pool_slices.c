// A pool that advances in slices equals, bit for bit, one that does not; and a slice is as large as
// its budget.
#include "sim/pool/pool.h"
#include "tests/support/slab.h"

#define ENVS 11
#define SEED 9
#define LONG "env_config: {warmup_s: 200, episode_len: 4}\n"
#define SLOW "market_config: {window_ticks: 1024, decision_ms: 20000}\n"
// Nothing happens in a step, which is then the work of its seat alone.
#define STILL "market_config: {window_ticks: 1024, decision_ms: 0.001}\nenv_config: {warmup_s: 0}\n"
#define SEATS "seats: [{kind: maker}]\n"

static hft_pool *open_in_slices(const hft_env_model *model, int threads, int64_t slice_work,
                                hft_autoreset autoreset) {
  const hft_pool_config config = {.env_count = ENVS,
                                  .thread_count = threads,
                                  .seed = SEED,
                                  .autoreset = autoreset,
                                  .in_slices = true,
                                  .slice_work = slice_work};
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

static void check_same(const char *yaml, int threads, int64_t slice_work, hft_autoreset autoreset,
                       int steps) {
  hft_env_model *model = world_model(yaml);
  const hft_pool_config config = {
      .env_count = ENVS, .thread_count = 1, .seed = SEED, .autoreset = autoreset};
  hft_pool *whole = slab_make(model, &config);
  hft_pool *pool = open_in_slices(model, threads, slice_work, autoreset);
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
  const int64_t works[] = {1, 60, 2500, 0};
  for (int threads = 1; threads <= 3; threads++) {
    for (int w = 0; w < 4; w++) {
      for (int a = 0; a < HFT_AUTORESET_COUNT; a++) {
        check_same(slab_config, threads, works[w], (hft_autoreset)a, w == 0 ? 28 : 60);
        check_same(SLOW LONG WORLD_CROWD SEATS, threads, works[w], (hft_autoreset)a, 9);
      }
    }
  }
}

// Slices until what was begun is done, or `least` can be received.
static int count_slices(hft_pool *pool, int least) {
  int count = 1;
  while (!hft_pool_advance(pool, least)) count++;
  return count;
}

// On one thread a slice is so much work, and no more envs than it says.
static void test_slices(void **context) {
  (void)context;
  hft_env_model *model = world_model(STILL WORLD_CROWD SEATS);
  hft_pool *pool = open_in_slices(model, 1, 1, HFT_AUTORESET_SAME_STEP);
  hft_pool_begin_reset(pool, NULL, NULL);
  assert_true(count_slices(pool, 0) > 5 * ENVS);  // each of its parts is a slice
  hft_pool_begin_step(pool);
  assert_int_equal(count_slices(pool, 0), ENVS);
  int32_t envs[ENVS] = {4, 1, 7, 8, 2, 3, 10};
  assert_int_equal(hft_pool_send(pool, envs, 7, NULL), HFT_OK);
  assert_int_equal(count_slices(pool, 2), 2);
  int32_t got[ENVS];
  assert_int_equal(hft_pool_recv(pool, got, 2, 2, NULL), 2);
  assert_memory_equal(got, envs, 2 * sizeof *got);
  assert_int_equal(count_slices(pool, 5), 5);
  assert_int_equal(hft_pool_recv(pool, got, 5, ENVS, NULL), 5);
  assert_memory_equal(got, envs + 2, 5 * sizeof *got);
  assert_int_equal(count_slices(pool, 0), 1);  // there is nothing to do
  hft_pool_free(pool);
  const hft_pool_config many = {.env_count = 2 * HFT_SLICE_ENVS + 1, .thread_count = 1};
  pool = slab_make(model, &many);
  hft_pool_reset(pool, NULL, NULL);
  hft_pool_begin_step(pool);
  assert_int_equal(count_slices(pool, 0), 3);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// A step that takes longer than those of a thousand others, cut to pieces, does not change the
// order in which one thread gives the envs back: that in which they were sent.
static void test_order_on_one_thread(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  hft_pool *pool = open_in_slices(model, 1, 7, HFT_AUTORESET_SAME_STEP);
  hft_pool_reset(pool, NULL, NULL);
  for (int round = 0; round < 6; round++) {  // the fourth step of each begins an episode
    int32_t envs[ENVS], got[ENVS];
    for (int k = 0; k < ENVS; k++) envs[k] = (k * 7 + round) % ENVS;
    // Those that stand last are a step ahead, so that their episodes end before those of others.
    assert_int_equal(hft_pool_send(pool, envs, ENVS - 4 * (round % 2), NULL), HFT_OK);
    for (int k = 0; k < ENVS - 4 * (round % 2); k++) {
      while (!hft_pool_advance(pool, 1)) continue;
      assert_int_equal(hft_pool_recv(pool, got, 1, 1, NULL), 1);
      assert_int_equal(got[0], envs[k]);
    }
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Whoever only ever takes what is done first is given all in the end, on any number of threads,
// also where the owner has begun with one of them.
static void test_no_env_is_starved(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  for (int threads = 1; threads <= 4; threads++) {
    hft_pool *pool = open_in_slices(model, threads, 50, HFT_AUTORESET_SAME_STEP);
    hft_pool_reset(pool, NULL, NULL);
    int32_t envs[ENVS], got;
    int count[ENVS] = {0};
    for (int i = 0; i < ENVS; i++) envs[i] = i;
    assert_int_equal(hft_pool_send(pool, envs, ENVS, NULL), HFT_OK);
    for (int met = 0; met < ENVS;) {
      while (!hft_pool_advance(pool, 1)) continue;
      assert_int_equal(hft_pool_recv(pool, &got, 1, 1, NULL), 1);
      met += count[got]++ == 0;
      assert_int_equal(hft_pool_send(pool, &got, 1, NULL), HFT_OK);
    }
    hft_pool_free(pool);
  }
  hft_env_model_free(model);
}

// A reset of some goes on beside those that are under way, whichever is waited for first.
static void test_reset_beside_steps(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  for (int threads = 1; threads <= 3; threads++) {
    hft_pool *whole = slab_open(model, ENVS, 1, SEED),
             *pool = open_in_slices(model, threads, 300, HFT_AUTORESET_SAME_STEP);
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

// A pool may end before its envs are made, or in the midst of a step or of a reset.
static void test_free_in_between(void **context) {
  (void)context;
  hft_env_model *model = world_model(SLOW LONG WORLD_CROWD SEATS);
  const hft_pool_config config = {
      .env_count = ENVS, .thread_count = 3, .in_slices = true, .slice_work = 1};
  hft_pool_free(slab_make(model, &config));
  for (int threads = 1; threads <= 3; threads++) {
    hft_pool *pool = open_in_slices(model, threads, 1, HFT_AUTORESET_SAME_STEP);
    hft_pool_begin_reset(pool, NULL, NULL);
    for (int k = 0; k < 10 * threads; k++) hft_pool_advance(pool, 0);
    hft_pool_free(pool);
    pool = open_in_slices(model, threads, 1, HFT_AUTORESET_SAME_STEP);
    hft_pool_reset(pool, NULL, NULL);
    hft_pool_begin_step(pool);
    for (int k = 0; k < 10; k++) hft_pool_advance(pool, 0);
    hft_pool_free(pool);
  }
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_bits),           cmocka_unit_test(test_slices),
      cmocka_unit_test(test_order_on_one_thread), cmocka_unit_test(test_no_env_is_starved),
      cmocka_unit_test(test_reset_beside_steps),  cmocka_unit_test(test_free_in_between),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
