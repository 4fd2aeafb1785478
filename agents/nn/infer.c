// One row through a network, for the step path. Every sum runs over the inputs in their order,
// starting from the bias; the loops over outputs are independent, so vectors of any length give the
// same bits. Batches go through BLAS instead, whose order depends on the CPU.
#include <string.h>

#include "agents/nn/elementary.h"
#include "agents/nn/net_state.h"

// Units of a GRU that are computed together: their gates fit beside two rows on the stack.
#define UNITS 256

// y[out] = bias + x W, where W's rows are `stride` floats apart. Four inputs at a time, each sum
// still in the order of the inputs.
HFT_CLONES static void dense(const float *restrict x, int in, const float *restrict weight,
                             int64_t stride, const float *restrict bias, int out,
                             float *restrict y) {
  for (int j = 0; j < out; j++) y[j] = bias[j];
  int i = 0;
  for (; i + 4 <= in; i += 4) {
    const float *w0 = weight + i * stride, *w1 = w0 + stride, *w2 = w1 + stride, *w3 = w2 + stride;
    const float x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
    for (int j = 0; j < out; j++) {
      y[j] = (((y[j] + x0 * w0[j]) + x1 * w1[j]) + x2 * w2[j]) + x3 * w3[j];
    }
  }
  for (; i < in; i++) {
    const float *w = weight + i * stride;
    for (int j = 0; j < out; j++) y[j] += x[i] * w[j];
  }
}

HFT_CLONES static void gru_units(const float *restrict input, const float *restrict hidden,
                                 const float *restrict state, int count, float *restrict after) {
  for (int j = 0; j < count; j++) {
    float r = hft_sigmoid(input[j] + hidden[j]);
    float z = hft_sigmoid(input[UNITS + j] + hidden[UNITS + j]);
    float n = hft_tanh(input[2 * UNITS + j] + r * hidden[2 * UNITS + j]);
    after[j] = (1.0F - z) * n + z * state[j];
  }
}

// The state after a step, of what the hidden layers give and the state before.
static void gru(const hft_net *net, const float *params, const float *x, const float *state,
                float *after) {
  float input[3 * UNITS], hidden[3 * UNITS];
  const int units = net->def.gru;
  for (int from = 0; from < units; from += UNITS) {
    int count = units - from < UNITS ? units - from : UNITS;
    for (int gate = 0; gate < 3; gate++) {
      int64_t column = (int64_t)gate * units + from;
      dense(x, net->features, params + net->input_weight + column, 3 * (int64_t)units,
            params + net->input_bias + column, count, input + (ptrdiff_t)gate * UNITS);
      dense(state, units, params + net->hidden_weight + column, 3 * (int64_t)units,
            params + net->hidden_bias + column, count, hidden + (ptrdiff_t)gate * UNITS);
    }
    gru_units(input, hidden, state + from, count, after + from);
  }
}

void hft_net_infer(const hft_net *net, const float *params, const float *x, float *state,
                   float *y) {
  float row[2][HFT_NET_WIDTH_MAX];
  const hft_net_def *def = &net->def;
  int next = 0;
  for (int i = 0; i < def->hidden_count; i++) {
    const hft_dense *layer = &net->layer[i];
    float *out = row[next];
    dense(x, layer->in, params + layer->weight, layer->out, params + layer->bias, layer->out, out);
    bool norm = layer->gain >= 0;
    if (norm) (void)hft_standardise_row(out, layer->out);
    hft_activate_row(def->activation, out, norm ? params + layer->gain : NULL,
                     norm ? params + layer->shift : NULL, layer->out);
    x = out;
    next = 1 - next;
  }
  if (def->gru > 0) {
    gru(net, params, x, state, row[next]);
    memcpy(state, row[next], (size_t)def->gru * sizeof(float));
    x = state;
  }
  const hft_dense *last = &net->layer[def->hidden_count];
  dense(x, last->in, params + last->weight, last->out, params + last->bias, last->out, y);
}
