// The benchmark of learning: the same updates on any number of threads, which learn; products of
// an update; and peers that answer, end, and are slow.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/learn.h"
#include "bench/peer.h"
#include "tests/support/check.h"

static const hft_bench_recipe recipe = {.obs = 5,
                                        .state = 3,
                                        .axes = 2,
                                        .hidden = 16,
                                        .envs = 8,
                                        .steps = 4,
                                        .epochs = 1,
                                        .minibatches = 1,
                                        .lr = 2e-3,
                                        .gamma = 0.98,
                                        .lam = 0.95,
                                        .clip = 0.2,
                                        .gradient_norm = 0.5,
                                        .deviation = 0.3};

static void losses_of(int rows, int threads, int updates, double losses[2]) {
  hft_error error = {0};
  hft_crew *crew = NULL;
  hft_bench_update *update = NULL;
  assert_int_equal(hft_crew_create(threads, &crew, &error), HFT_OK);
  assert_int_equal(hft_bench_update_create(&recipe, rows, crew, &update, &error), HFT_OK);
  for (int i = 0; i < updates; i++) hft_bench_update_run(update);
  hft_bench_update_losses(update, losses);
  hft_bench_update_free(update);
  hft_crew_free(crew);
}

static void updates_do_not_depend_on_threads(void **state) {
  (void)state;
  static const int rows[] = {1, 127, 128, 129, 256, 2049, 4096};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    double one[2], three[2];
    losses_of(rows[i], 1, 3, one);
    losses_of(rows[i], 3, 3, three);
    assert_memory_equal(one, three, sizeof one);
    assert_true(isfinite(one[0]) && isfinite(one[1]));
  }
}

// Both losses fall when one batch is learned from again and again.
static void updates_learn(void **state) {
  (void)state;
  double first[2], last[2];
  losses_of(256, 2, 1, first);
  losses_of(256, 2, 200, last);
  // Ratios begin at 1 and gains have mean 0, so the first clipped loss is 0.
  assert_true(fabs(first[0]) < 1e-3);
  assert_true(last[0] < first[0] - 0.05);
  assert_true(last[1] < 0.7 * first[1]);
}

static void products_are_those_of_an_update(void **state) {
  (void)state;
  hft_bench_gemm_shape shape[HFT_BENCH_GEMM_SHAPES_MAX];
  int count = hft_bench_gemm_shapes(&recipe, 100, shape);
  int64_t work = 0;
  for (int i = 0; i < count; i++) work += (int64_t)shape[i].m * shape[i].n * shape[i].k;
  // Forward and weights of all layers, inputs of all but the first.
  int64_t actor = 5 * 16 + 16 * 16 + 16 * 2, critic = 8 * 16 + 16 * 16 + 16 * 1;
  int64_t first = 5 * 16 + 8 * 16;
  assert_int_equal(work, 100 * (3 * (actor + critic) - first));
  double flops = 0;
  hft_error error = {0};
  for (int i = 0; i < count; i++) {
    assert_int_equal(hft_bench_gemm(&shape[i], 1000, &flops, &error), HFT_OK);
    assert_true(flops > 0);
  }
}

// ---- peers -------------------------------------------------------------------------------------

static hft_status ask(const char *script, const char *line, double seconds,
                      const hft_progress *watch, char answer[64]) {
  char *argv[] = {"sh", "-c", NULL, NULL};
  char text[256];
  snprintf(text, sizeof text, "%s", script);
  argv[2] = text;
  hft_error error = {0};
  hft_bench_peer *peer = NULL;
  assert_int_equal(hft_bench_peer_start(argv, true, &peer, &error), HFT_OK);
  hft_status status = hft_bench_peer_ask(peer, line, seconds, watch, answer, 64, &error);
  hft_bench_peer_stop(peer);
  return status;
}

static void peers_answer(void **state) {
  (void)state;
  char answer[64];
  assert_int_equal(ask("read x; echo got $x", "a b", 30, NULL, answer), HFT_OK);
  assert_string_equal(answer, "got a b");
  assert_int_equal(ask("echo hello", NULL, 30, NULL, answer), HFT_OK);
  assert_string_equal(answer, "hello");
}

static bool never(void *context, double done) {
  (void)context;
  (void)done;
  return false;
}

static void peers_that_fail_are_reported(void **state) {
  (void)state;
  char answer[64];
  const hft_progress stop = {never, NULL};
  assert_int_equal(ask("exit 3", NULL, 30, NULL, answer), HFT_EIO);
  assert_int_equal(ask("read x; exit 3", "a", 30, NULL, answer), HFT_EIO);
  assert_int_equal(ask("printf unfinished", NULL, 30, NULL, answer), HFT_EIO);
  assert_int_equal(ask("sleep 60", NULL, 0.05, NULL, answer), HFT_EIO);
  assert_int_equal(ask("sleep 60", NULL, 30, &stop, answer), HFT_EINTR);
  assert_int_equal(ask("printf '%0200d\\n' 1; sleep 60", NULL, 30, NULL, answer), HFT_EIO);
  char *argv[] = {"no-such-program-anywhere", NULL};
  hft_error error = {0};
  hft_bench_peer *peer = NULL;
  assert_int_equal(hft_bench_peer_start(argv, true, &peer, &error), HFT_EIO);
  assert_null(peer);
  hft_bench_peer_stop(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(updates_do_not_depend_on_threads), cmocka_unit_test(updates_learn),
      cmocka_unit_test(products_are_those_of_an_update),  cmocka_unit_test(peers_answer),
      cmocka_unit_test(peers_that_fail_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
