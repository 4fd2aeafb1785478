// A step allocates and frees no memory.
#include "tests/support/allocations.h"
#include "tests/support/slab.h"

// The counters hear of what the library allocates; otherwise the tests below would see nothing.
static void test_the_counters_count(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  unsigned long before = allocations();
  hft_pool *pool = slab_open(model, 2, 1, 0);
  assert_true(allocations() >= before + 8);
  before = allocations();
  hft_pool_free(pool);
  assert_true(allocations() >= before + 8);
  hft_env_model_free(model);
}

static void test_an_env_allocates_nothing(void **context) {
  (void)context;
  world w = world_open(slab_config);
  uint64_t stream = 1;
  int breaches = 0;
  unsigned long before = allocations();
  for (uint32_t episode = 0; episode < 10; episode++) {
    world_reset(&w, 3, episode);
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < 3; s++) breaches += world_terminated(&w, s);
    }
  }
  assert_int_equal(allocations(), before);
  assert_true(breaches > 0);
  world_close(&w);
}

static void check_pool(const hft_env_model *model, int threads) {
  hft_pool *pool = slab_open(model, 6, threads, 9);
  int ended = 0;
  unsigned long before = allocations();
  hft_pool_reset(pool, NULL, NULL);
  for (int step = 0; step < 100; step++) {
    for (int i = 0; i < 6; i++) slab_act(pool, i, 9, step);
    hft_pool_step(pool);
    ended += hft_pool_ended_count(pool);
  }
  int32_t envs[6] = {4, 0, 3, 1, 5, 2};
  assert_int_equal(hft_pool_send(pool, envs, 6, NULL), HFT_OK);
  for (int round = 0; round < 100; round++) {
    int count = hft_pool_recv(pool, envs, 1 + round % 6, 6, NULL);
    ended += hft_pool_ended_count(pool);
    assert_int_equal(hft_pool_send(pool, envs, count, NULL), HFT_OK);
  }
  assert_int_equal(hft_pool_recv(pool, envs, 6, 6, NULL), 6);
  static char bytes[1 << 22];
  size_t size = hft_pool_env_bytes(pool);
  assert_true(size <= sizeof bytes);
  assert_int_equal(hft_pool_save(pool, 0, bytes, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_load(pool, 1, bytes, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_fork(pool, 2, &(int32_t){3}, 1, NULL), HFT_OK);
  hft_pool_reset_from(pool, 1, (const uint8_t[]){1, 0, 0, 1, 1, 0});
  assert_int_equal(allocations(), before);
  assert_true(ended > 12);
  hft_pool_free(pool);
}

static void test_a_pool_allocates_nothing(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  check_pool(model, 1);
  check_pool(model, 3);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_counters_count),
      cmocka_unit_test(test_an_env_allocates_nothing),
      cmocka_unit_test(test_a_pool_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
