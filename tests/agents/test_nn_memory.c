// A pass forward and back, an update and an inference allocate no memory.
#include <stdlib.h>

#include "agents/nn/adam.h"
#include "agents/nn/net.h"
#include "agents/nn/scaler.h"
#include "sim/base/arena.h"
#include "tests/support/allocations.h"
#include "tests/support/check.h"

enum { INPUTS = 5, OUTPUTS = 3, STEPS = 7, ROWS = 60, UNITS = 9 };

static void test_training_allocates_nothing(void **context) {
  (void)context;
  static float x[STEPS * ROWS * INPUTS], y[STEPS * ROWS * OUTPUTS], state[ROWS * UNITS];
  unsigned long first = allocations();
  const hft_net_def def = {.inputs = INPUTS,
                           .outputs = OUTPUTS,
                           .hidden_count = 2,
                           .hidden = {20, 11},
                           .gru = UNITS,
                           .layer_norm = true,
                           .output_gain = 1};
  hft_net *net;
  assert_int_equal(hft_net_create(&def, &net, NULL), HFT_OK);
  size_t count = (size_t)hft_net_param_count(net);
  float *params = calloc(count, sizeof *params), *grad = calloc(count, sizeof *grad);
  float *m = calloc(count, sizeof *m), *v = calloc(count, sizeof *v);
  float *work =
      aligned_alloc(HFT_CACHE_LINE, hft_align(hft_net_work_size(net, STEPS, ROWS) * sizeof(float)));
  assert_true(allocations() >= first + 6);  // they are counted
  hft_rng rng = hft_rng_seed(1, 1);
  double mean[INPUTS], variance[INPUTS];
  hft_scaler scaler = {INPUTS, 0, mean, variance};
  hft_adam adam = hft_adam_default();
  const hft_net_batch batch = {STEPS, ROWS, x, state, NULL};

  unsigned long before = allocations();
  hft_net_init(net, params, &rng);
  for (int i = 0; i < STEPS * ROWS * INPUTS; i++) x[i] = (float)(i % 17) / 17;
  hft_scaler_add(&scaler, x, (int64_t)STEPS * ROWS);
  for (int round = 0; round < 3; round++) {
    hft_net_forward(net, params, &batch, work, y, NULL);
    hft_net_backward(net, params, &batch, work, y, grad, NULL);
    hft_adam_update(&adam, 1e-3, hft_clip_scale(hft_norm(grad, (int64_t)count), 1), (int64_t)count,
                    grad, m, v, params);
    hft_net_infer(net, params, x, state, y);
  }
  assert_int_equal(allocations(), before);

  float *all[] = {params, grad, m, v, work};
  for (int i = 0; i < 5; i++) free(all[i]);
  hft_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_training_allocates_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
