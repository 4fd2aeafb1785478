// The forward and the backward pass of a batch, block by block of rows.
#include <string.h>

#include "agents/nn/blas.h"
#include "agents/nn/net_state.h"
#include "sim/base/check.h"

static int64_t batch_rows(const hft_net_batch *batch) {
  return (int64_t)batch->steps * batch->rows;
}

static int block_rows(int64_t n, int64_t from) {
  return (int)(n - from < HFT_NET_BLOCK ? n - from : HFT_NET_BLOCK);
}

// The row of an array [n][width] at which a block starts.
static float *at(float *array, int64_t from, int width) {
  return array + from * width;
}

static const float *at_const(const float *array, int64_t from, int width) {
  return array + from * width;
}

// What hidden layer i reads.
static const float *layer_input(const hft_net *net, const hft_net_batch *batch,
                                const hft_net_work *work, int i, int64_t from) {
  return i == 0 ? at_const(batch->x, from, net->def.inputs)
                : at_const(work->activation[i - 1], from, net->def.hidden[i - 1]);
}

static void hidden_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                           const hft_net_work *work, int64_t from, int rows) {
  const hft_net_def *def = &net->def;
  for (int i = 0; i < def->hidden_count; i++) {
    const hft_dense *layer = &net->layer[i];
    float *y = at(work->activation[i], from, layer->out);
    float *z = def->layer_norm ? at(work->normal[i], from, layer->out) : y;
    hft_gemm(false, false, rows, layer->out, layer->in, 1, layer_input(net, batch, work, i, from),
             params + layer->weight, 0, z);
    if (def->layer_norm) {
      hft_norm_activate(def->activation, params + layer->bias, params + layer->gain,
                        params + layer->shift, z, work->inverse[i] + from, y, rows, layer->out);
    } else {
      hft_activate(def->activation, y, params + layer->bias, rows, layer->out);
    }
  }
}

// What the output layer reads.
static const float *last_input(const hft_net *net, const hft_net_batch *batch,
                               const hft_net_work *work, int64_t from) {
  if (net->def.gru > 0) return at_const(work->state, from, net->def.gru);
  return layer_input(net, batch, work, net->def.hidden_count, from);
}

static void output_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                           const hft_net_work *work, int64_t from, int rows, float *y) {
  const hft_dense *layer = &net->layer[net->def.hidden_count];
  float *out = at(y, from, layer->out);
  hft_gemm(false, false, rows, layer->out, layer->in, 1, last_input(net, batch, work, from),
           params + layer->weight, 0, out);
  hft_add_bias(out, params + layer->bias, rows, layer->out);
}

void hft_net_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                     float *memory, float *y, float *end_state) {
  int64_t n = batch_rows(batch);
  if (n <= 0) return;
  hft_net_work work;
  hft_net_work_layout(net, n, batch->rows, memory, &work);
  const int gru = net->def.gru;
  for (int64_t from = 0; from < n; from += HFT_NET_BLOCK) {
    int rows = block_rows(n, from);
    hidden_forward(net, params, batch, &work, from, rows);
    if (gru == 0) {
      output_forward(net, params, batch, &work, from, rows, y);
      continue;
    }
    float *gates = at(work.gates, from, 3 * gru);
    hft_gemm(false, false, rows, 3 * gru, net->features, 1,
             layer_input(net, batch, &work, net->def.hidden_count, from),
             params + net->input_weight, 0, gates);
    hft_add_bias(gates, params + net->input_bias, rows, 3 * gru);
  }
  if (gru == 0) return;
  hft_gru_forward(net, params, batch, &work);
  for (int64_t from = 0; from < n; from += HFT_NET_BLOCK) {
    output_forward(net, params, batch, &work, from, block_rows(n, from), y);
  }
  if (end_state != NULL) {
    memcpy(end_state, at(work.state, n - batch->rows, gru),
           (size_t)batch->rows * (size_t)gru * sizeof(float));
  }
}

// Gradients of the output layer's parameters; writes that of its inputs to d_in (null: not wanted).
static void output_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                            const hft_net_work *work, int64_t from, int rows, const float *dy,
                            float *grad, float *d_in) {
  const hft_dense *layer = &net->layer[net->def.hidden_count];
  const float *d = at_const(dy, from, layer->out);
  hft_gemm(true, false, layer->in, layer->out, rows, 1, last_input(net, batch, work, from), d, 1,
           grad + layer->weight);
  hft_add_columns(grad + layer->bias, d, rows, layer->out);
  if (d_in == NULL) return;
  hft_gemm(false, true, rows, layer->in, layer->out, 1, d, params + layer->weight, 0, d_in);
}

// Gradients of the hidden layers, given that of the features in work->d_here.
static void hidden_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                            const hft_net_work *work, int64_t from, int rows, float *grad,
                            float *dx) {
  const hft_net_def *def = &net->def;
  float *d = work->d_here, *below = work->d_below;
  for (int i = def->hidden_count - 1; i >= 0; i--) {
    const hft_dense *layer = &net->layer[i];
    const float *y = at(work->activation[i], from, layer->out);
    if (def->layer_norm) {
      hft_norm_activate_back(def->activation, y, at(work->normal[i], from, layer->out),
                             work->inverse[i] + from, params + layer->gain, d, rows, layer->out,
                             grad + layer->gain, grad + layer->shift, grad + layer->bias);
    } else {
      hft_activate_back(def->activation, y, d, rows, layer->out, grad + layer->bias);
    }
    hft_gemm(true, false, layer->in, layer->out, rows, 1, layer_input(net, batch, work, i, from), d,
             1, grad + layer->weight);
    if (i == 0) below = dx == NULL ? NULL : at(dx, from, layer->in);
    if (below == NULL) return;
    hft_gemm(false, true, rows, layer->in, layer->out, 1, d, params + layer->weight, 0, below);
    float *swap = d;
    d = below;
    below = swap;
  }
}

// Where the gradient of the features goes: on to the hidden layers, or to dx without any.
static float *features_gradient(const hft_net *net, const hft_net_work *work, int64_t from,
                                float *dx) {
  if (net->def.hidden_count > 0) return work->d_here;
  return dx == NULL ? NULL : at(dx, from, net->def.inputs);
}

// Gradients of the GRU's weights; writes that of the features.
static void gates_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                           const hft_net_work *work, int64_t from, int rows, float *grad,
                           float *d_features) {
  const int gru = net->def.gru, gates = 3 * gru;
  const float *d_input = at(work->d_input, from, gates);
  const float *d_hidden = at(work->d_hidden, from, gates);
  hft_gemm(true, false, net->features, gates, rows, 1,
           layer_input(net, batch, work, net->def.hidden_count, from), d_input, 1,
           grad + net->input_weight);
  hft_add_columns(grad + net->input_bias, d_input, rows, gates);
  hft_gemm(true, false, gru, gates, rows, 1, at(work->before, from, gru), d_hidden, 1,
           grad + net->hidden_weight);
  hft_add_columns(grad + net->hidden_bias, d_hidden, rows, gates);
  if (d_features == NULL) return;
  hft_gemm(false, true, rows, net->features, gates, 1, d_input, params + net->input_weight, 0,
           d_features);
}

void hft_net_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                      float *memory, const float *dy, float *grad, float *dx) {
  int64_t n = batch_rows(batch);
  if (n <= 0) return;
  hft_net_work work;
  hft_net_work_layout(net, n, batch->rows, memory, &work);
  const int gru = net->def.gru;
  if (gru > 0) {
    for (int64_t from = 0; from < n; from += HFT_NET_BLOCK) {
      output_backward(net, params, batch, &work, from, block_rows(n, from), dy, grad,
                      at(work.d_state, from, gru));
    }
    hft_gru_backward(net, params, batch, &work);
  }
  for (int64_t from = 0; from < n; from += HFT_NET_BLOCK) {
    int rows = block_rows(n, from);
    float *d_features = features_gradient(net, &work, from, dx);
    if (gru > 0) {
      gates_backward(net, params, batch, &work, from, rows, grad, d_features);
    } else {
      output_backward(net, params, batch, &work, from, rows, dy, grad, d_features);
    }
    hidden_backward(net, params, batch, &work, from, rows, grad, dx);
  }
}
