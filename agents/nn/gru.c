// The GRU over the steps of a batch (Cho and others 2014, gates as in PyTorch), forward and back.
#include <string.h>

#include "agents/nn/blas.h"
#include "agents/nn/elementary.h"
#include "agents/nn/net_state.h"

// One step of one row. gates: in, products with x; out, r, z, n. hidden: products with h.
HFT_CLONES static void step_row(float *restrict gates, const float *restrict hidden,
                                const float *restrict before, float *restrict candidate,
                                float *restrict after, int units) {
  float *r = gates, *z = gates + units, *n = z + units;
  for (int j = 0; j < units; j++) {
    r[j] = hft_sigmoid(r[j] + hidden[j]);
    z[j] = hft_sigmoid(z[j] + hidden[units + j]);
    candidate[j] = hidden[2 * units + j];
    n[j] = hft_tanh(n[j] + r[j] * candidate[j]);
    after[j] = (1.0F - z[j]) * n[j] + z[j] * before[j];
  }
}

static bool restarts(const hft_net_batch *batch, int64_t row) {
  return batch->restart != NULL && batch->restart[row] != 0;
}

void hft_gru_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                     const hft_net_work *work) {
  const int units = net->def.gru, rows = batch->rows;
  const size_t size = (size_t)units * sizeof(float);
  const float *last = batch->state;
  for (int t = 0; t < batch->steps; t++) {
    int64_t first = (int64_t)t * rows;
    float *before = work->before + first * units;
    for (int i = 0; i < rows; i++) {
      if (restarts(batch, first + i)) {
        memset(before + (int64_t)i * units, 0, size);
      } else {
        memcpy(before + (int64_t)i * units, last + (int64_t)i * units, size);
      }
    }
    hft_gemm(false, false, rows, 3 * units, units, 1, before, params + net->hidden_weight, 0,
             work->hidden_gates);
    hft_add_bias(work->hidden_gates, params + net->hidden_bias, rows, 3 * units);
    float *after = work->state + first * units;
    for (int64_t i = 0; i < rows; i++) {
      step_row(work->gates + (first + i) * 3 * units, work->hidden_gates + i * 3 * units,
               before + i * units, work->candidate + (first + i) * units, after + i * units, units);
    }
    last = after;
  }
}

// The gradient of one step of one row. d: of the state after it; out: the part of that of the state
// before it that does not go through the gates.
HFT_CLONES static void step_row_back(const float *restrict gates, const float *restrict candidate,
                                     const float *restrict before, float *restrict d,
                                     float *restrict d_input, float *restrict d_hidden, int units) {
  const float *r = gates, *z = gates + units, *n = z + units;
  for (int j = 0; j < units; j++) {
    float d_n = d[j] * (1.0F - z[j]) * (1.0F - n[j] * n[j]);
    float d_z = d[j] * (before[j] - n[j]) * z[j] * (1.0F - z[j]);
    float d_r = d_n * candidate[j] * r[j] * (1.0F - r[j]);
    d_input[j] = d_r;
    d_input[units + j] = d_z;
    d_input[2 * units + j] = d_n;
    d_hidden[j] = d_r;
    d_hidden[units + j] = d_z;
    d_hidden[2 * units + j] = d_n * r[j];
    d[j] *= z[j];
  }
}

void hft_gru_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                      const hft_net_work *work) {
  const int units = net->def.gru, rows = batch->rows, gates = 3 * units;
  float *carry = work->carry;
  memset(carry, 0, (size_t)rows * (size_t)units * sizeof(float));
  for (int t = batch->steps - 1; t >= 0; t--) {
    int64_t first = (int64_t)t * rows;
    hft_add_columns(carry, work->d_state + first * units, 1, rows * units);
    for (int64_t i = 0; i < rows; i++) {
      int64_t row = first + i;
      step_row_back(work->gates + row * gates, work->candidate + row * units,
                    work->before + row * units, carry + i * units, work->d_input + row * gates,
                    work->d_hidden + row * gates, units);
    }
    if (t == 0) return;
    hft_gemm(false, true, rows, units, gates, 1, work->d_hidden + first * gates,
             params + net->hidden_weight, 1, carry);
    for (int64_t i = 0; i < rows; i++) {
      if (restarts(batch, first + i)) memset(carry + i * units, 0, (size_t)units * sizeof(float));
    }
  }
}
