// Networks for tests/python/test_agents_nn.py. Passes of one batch, with a workspace of their own.
#include <stdlib.h>
#include <string.h>

#include "agents/nn/adam.h"
#include "agents/nn/blas.h"
#include "agents/nn/net.h"
#include "sim/base/arena.h"

#define PROBE __attribute__((visibility("default")))

// What a network is, as numbers: inputs, outputs, gru, activation, layer_norm, hidden_count, units.
PROBE hft_net *probe_net(const int32_t *numbers);
PROBE void probe_net_free(hft_net *net);
PROBE int64_t probe_net_params(const hft_net *net);
PROBE int probe_net_tensor(const hft_net *net, int index, char name[32], int64_t place[3]);
PROBE void probe_net_init(const hft_net *net, uint64_t seed, float *params);
PROBE void probe_net_run(const hft_net *net, const float *params, int steps, int rows,
                         const float *x, const float *state, const uint8_t *restart,
                         const float *dy, float *y, float *end_state, float *grad, float *dx);
PROBE void probe_net_infer(const hft_net *net, const float *params, const float *x, float *state,
                           float *y);
PROBE void probe_adam(double rate, double decay, double scale, int64_t step, int64_t count,
                      const float *grad, float *m, float *v, float *params);

hft_net *probe_net(const int32_t *numbers) {
  hft_net_def def = {.inputs = numbers[0],
                     .outputs = numbers[1],
                     .gru = numbers[2],
                     .activation = (hft_activation)numbers[3],
                     .layer_norm = numbers[4] != 0,
                     .hidden_count = numbers[5],
                     .output_gain = 1};
  for (int i = 0; i < def.hidden_count && i < HFT_NET_HIDDEN_MAX; i++) {
    def.hidden[i] = numbers[6 + i];
  }
  hft_blas_hold();
  hft_net *net;
  return hft_net_create(&def, &net, NULL) == HFT_OK ? net : NULL;
}

void probe_net_free(hft_net *net) {
  hft_net_free(net);
}

int64_t probe_net_params(const hft_net *net) {
  return hft_net_param_count(net);
}

// Name, and rows, cols, offset. 0: there is no such tensor.
int probe_net_tensor(const hft_net *net, int index, char name[32], int64_t place[3]) {
  if (index >= hft_net_tensor_count(net)) return 0;
  const hft_net_tensor *tensor = &hft_net_tensors(net)[index];
  memcpy(name, tensor->name, sizeof tensor->name);
  place[0] = tensor->rows;
  place[1] = tensor->cols;
  place[2] = tensor->offset;
  return 1;
}

void probe_net_init(const hft_net *net, uint64_t seed, float *params) {
  hft_rng rng = hft_rng_seed(seed, 1);
  hft_net_init(net, params, &rng);
}

void probe_net_run(const hft_net *net, const float *params, int steps, int rows, const float *x,
                   const float *state, const uint8_t *restart, const float *dy, float *y,
                   float *end_state, float *grad, float *dx) {
  const hft_net_batch batch = {steps, rows, x, state, restart};
  size_t size = hft_net_work_size(net, steps, rows) * sizeof(float);
  float *work = aligned_alloc(HFT_CACHE_LINE, hft_align(size + 1));
  if (work == NULL) abort();
  hft_net_forward(net, params, &batch, work, y, end_state);
  hft_net_backward(net, params, &batch, work, dy, grad, dx);
  free(work);
}

void probe_net_infer(const hft_net *net, const float *params, const float *x, float *state,
                     float *y) {
  hft_net_infer(net, params, x, state, y);
}

// The update that follows `step` earlier ones.
void probe_adam(double rate, double decay, double scale, int64_t step, int64_t count,
                const float *grad, float *m, float *v, float *params) {
  hft_adam adam = hft_adam_default();
  adam.weight_decay = decay;
  adam.step = step;
  hft_adam_update(&adam, rate, scale, count, grad, m, v, params);
}
