// Envs that are sent and received singly: each is independent of order, threads and the other envs;
// and every call out of turn is refused.
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/slab.h"

#define ENVS 9
#define STEPS 60
#define SEED 71

static uint64_t expected[STEPS + 1][ENVS];  // after so many steps

static void expect(const hft_env_model *model) {
  hft_pool *pool = slab_open(model, ENVS, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  for (int i = 0; i < ENVS; i++) expected[0][i] = slab_hash(pool, i);
  for (int step = 0; step < STEPS; step++) {
    slab_step(pool, SEED, step);
    for (int i = 0; i < ENVS; i++) expected[step + 1][i] = slab_hash(pool, i);
  }
  hft_pool_free(pool);
}

// Sends the envs that are at home and have steps left, each with the same chance.
static int send_some(hft_pool *pool, uint64_t *stream, bool *is_out, const int *step) {
  int32_t envs[ENVS];
  int count = 0;
  int first = (int)(world_draw(stream) % ENVS);
  for (int k = 0; k < ENVS; k++) {
    int i = (first + k * 4) % ENVS;
    if (is_out[i] || step[i] == STEPS || world_draw(stream) % 3 == 0) continue;
    slab_act(pool, i, SEED, step[i]);
    is_out[i] = true;
    envs[count++] = i;
  }
  assert_int_equal(hft_pool_send(pool, envs, count, NULL), HFT_OK);
  return count;
}

// The finals are of the received envs whose episode has ended, in the order of the receipt.
static void check_finals(const hft_pool *pool, const int32_t *envs, int count) {
  int ended = 0;
  for (int k = 0; k < count; k++) {
    if (!slab_ended(pool, envs[k])) continue;
    assert_true(ended < hft_pool_ended_count(pool));
    assert_int_equal(*(const int32_t *)slab_final(pool, "env", ended), envs[k]);
    ended++;
  }
  assert_int_equal(hft_pool_ended_count(pool), ended);
}

static void check_threads(const hft_env_model *model, int threads) {
  hft_pool *pool = slab_open(model, ENVS, threads, SEED);
  hft_pool_reset(pool, NULL, NULL);
  uint64_t stream = (uint64_t)threads;
  bool is_out[ENVS] = {false};
  int step[ENVS] = {0}, out = 0, left = ENVS * STEPS, apart = 0;
  while (left > 0) {
    out += send_some(pool, &stream, is_out, step);
    assert_int_equal(hft_pool_under_way(pool), out);
    if (out == 0) continue;
    int32_t envs[ENVS];
    int least = 1 + (int)(world_draw(&stream) % (uint64_t)out);
    int room = least + (int)(world_draw(&stream) % (uint64_t)(ENVS - least + 1));
    int count = hft_pool_recv(pool, envs, least, room, NULL);
    assert_in_range(count, least, room);
    check_finals(pool, envs, count);
    out -= count;
    left -= count;
    for (int k = 0; k < count; k++) {
      int i = envs[k];
      assert_true(is_out[i]);
      is_out[i] = false;
      step[i]++;
      assert_true(slab_hash(pool, i) == expected[step[i]][i]);
      for (int j = 0; j < ENVS; j++) apart += step[i] > step[j] + 5;
    }
  }
  assert_true(apart > 0);
  assert_int_equal(hft_pool_under_way(pool), 0);
  hft_pool_free(pool);
}

static void test_any_order(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  expect(model);
  for (int threads = 1; threads <= 4; threads++) check_threads(model, threads);
  check_threads(model, 9);
  hft_env_model_free(model);
}

// Batches of a fixed size on one thread: first sent, first received; full steps go on from there.
static void test_order_on_one_thread(void **context) {
  (void)context;
  static const int32_t order[] = {4, 0, 8, 2, 3, 1, 7, 6, 5};
  hft_env_model *model = world_model(slab_config);
  expect(model);
  hft_pool *pool = slab_open(model, ENVS, 1, SEED);
  hft_pool_reset(pool, NULL, NULL);
  for (int i = 0; i < ENVS; i++) slab_act(pool, i, SEED, 0);
  assert_int_equal(hft_pool_send(pool, order, 5, NULL), HFT_OK);
  assert_int_equal(hft_pool_send(pool, order + 5, 4, NULL), HFT_OK);
  int32_t envs[ENVS];
  for (int k = 0; k < ENVS; k += 3) {
    assert_int_equal(hft_pool_recv(pool, envs, 3, 3, NULL), 3);
    assert_memory_equal(envs, order + k, 3 * sizeof *envs);
  }
  for (int step = 1; step < STEPS; step++) {
    slab_step(pool, SEED, step);
    for (int i = 0; i < ENVS; i++) assert_true(slab_hash(pool, i) == expected[step + 1][i]);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// Others may be reset, saved and forked while envs are under way, which notice nothing.
static void test_resets_beside_sent_envs(void **context) {
  (void)context;
  static const int32_t sent[] = {1, 3, 5};
  static const uint8_t mask[ENVS] = {1, 0, 1};
  hft_env_model *model = world_model(slab_config);
  expect(model);
  for (int threads = 1; threads <= 3; threads++) {
    hft_pool *pool = slab_open(model, ENVS, threads, SEED);
    hft_pool_reset(pool, NULL, NULL);
    for (int k = 0; k < 3; k++) slab_act(pool, sent[k], SEED, 0);
    assert_int_equal(hft_pool_send(pool, sent, 3, NULL), HFT_OK);
    uint64_t idle = slab_rows_hash(pool, 4);
    const uint64_t seeds[ENVS] = {hft_world_seed(SEED, 3), 0, hft_world_seed(SEED, 5)};
    hft_pool_reset(pool, seeds, mask);
    assert_int_equal(hft_pool_under_way(pool), 3);
    assert_true(slab_rows_hash(pool, 0) == expected[0][3]);
    assert_true(slab_rows_hash(pool, 2) == expected[0][5]);
    assert_int_equal(hft_pool_fork(pool, 0, &(int32_t){2}, 1, NULL), HFT_OK);
    assert_true(slab_rows_hash(pool, 2) == expected[0][3]);
    int32_t envs[ENVS];
    assert_int_equal(hft_pool_recv(pool, envs, 3, ENVS, NULL), 3);
    for (int k = 0; k < 3; k++) assert_true(slab_hash(pool, sent[k]) == expected[1][sent[k]]);
    assert_true(slab_rows_hash(pool, 4) == idle);
    hft_pool_free(pool);
  }
  hft_env_model_free(model);
}

static void refuse_send(hft_pool *pool, const int32_t *envs, int count, const char *words) {
  int under_way = hft_pool_under_way(pool);
  hft_error error = {0};
  assert_int_equal(hft_pool_send(pool, envs, count, &error), HFT_EINVAL);
  assert_int_equal(error.status, HFT_EINVAL);
  assert_string_equal(error.where, "envs");
  assert_non_null(strstr(error.text, words));
  assert_int_equal(hft_pool_under_way(pool), under_way);
}

static void refuse_recv(hft_pool *pool, int least, int room, const char *words) {
  int32_t envs[ENVS];
  hft_error error = {0};
  assert_int_equal(hft_pool_recv(pool, envs, least, room, &error), HFT_EINVAL);
  assert_string_equal(error.where, "least");
  assert_non_null(strstr(error.text, words));
}

static void test_refusals(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 2, SEED);
  hft_pool_reset(pool, NULL, (const uint8_t[ENVS]){1, 1, 1, 1, 1, 1, 1, 1, 0});
  refuse_recv(pool, 1, ENVS, "1 envs would never come: 0 are under way");
  refuse_send(pool, (const int32_t[]){0, 1, ENVS}, 3, "env 9 out of range [0, 8]");
  refuse_send(pool, (const int32_t[]){0, -1}, 2, "env -1 out of range");
  refuse_send(pool, (const int32_t[]){INT32_MIN}, 1, "out of range");
  refuse_send(pool, (const int32_t[]){0, 1, 2, 1}, 4, "env 1 is under way already");
  refuse_send(pool, (const int32_t[]){0, 8}, 2, "env 8 has never been reset");
  // Nothing was sent: all can be.
  assert_int_equal(hft_pool_send(pool, (const int32_t[]){0, 1, 2}, 3, NULL), HFT_OK);
  refuse_send(pool, (const int32_t[]){3, 2}, 2, "env 2 is under way already");
  refuse_recv(pool, 4, ENVS, "3 are under way");
  refuse_recv(pool, 0, ENVS, "[1, 9]");
  refuse_recv(pool, 3, 2, "3 out of range [1, 2]");
  assert_int_equal(hft_pool_send(pool, NULL, 0, NULL), HFT_OK);
  int32_t envs[ENVS];
  assert_int_equal(hft_pool_recv(pool, envs, 3, 3, NULL), 3);
  refuse_recv(pool, 1, 1, "0 are under way");
  // Whoever does not want the words need not take them.
  assert_int_equal(hft_pool_recv(pool, envs, 1, 1, NULL), HFT_EINVAL);
  assert_int_equal(hft_pool_send(pool, &(int32_t){8}, 1, NULL), HFT_EINVAL);
  // A pool may be freed with envs under way.
  assert_int_equal(hft_pool_send(pool, (const int32_t[]){7, 0, 2}, 3, NULL), HFT_OK);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static void step(hft_pool *pool) {
  hft_pool_step(pool);
}

static void reset(hft_pool *pool) {
  hft_pool_reset(pool, NULL, (const uint8_t[ENVS]){0, 0, 1});
}

// Programmers' errors, which stop the program.
static void check_stops(hft_pool *pool, void (*call)(hft_pool *)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    close(STDERR_FILENO);
    call(pool);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_calls_out_of_turn(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = slab_open(model, ENVS, 1, SEED);
  hft_pool_reset(pool, NULL, (const uint8_t[ENVS]){1, 1, 1});
  check_stops(pool, step);
  hft_pool_reset(pool, NULL, NULL);
  assert_int_equal(hft_pool_send(pool, &(int32_t){2}, 1, NULL), HFT_OK);
  check_stops(pool, step);
  check_stops(pool, reset);
  int32_t env;
  assert_int_equal(hft_pool_recv(pool, &env, 1, 1, NULL), 1);
  reset(pool);
  step(pool);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_any_order),
      cmocka_unit_test(test_order_on_one_thread),
      cmocka_unit_test(test_resets_beside_sent_envs),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_calls_out_of_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
