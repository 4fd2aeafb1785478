// What the files of net share: the layers of a network, the layout of a workspace, and the kernels
// of the layers. Rows are the rows of a batch, in their order.
#ifndef HFTSIM_AGENTS_NN_NET_STATE_H
#define HFTSIM_AGENTS_NN_NET_STATE_H

#include "agents/nn/net.h"
#include "sim/base/arena.h"

// Rows that go through the layers together, so that what one layer writes is still in the cache
// when the next one reads it.
#define HFT_NET_BLOCK 256
#define HFT_NORM_EPSILON 1e-5F

// A dense layer, with what follows it. Offsets are in floats of the parameters.
typedef struct hft_dense {
  int in, out;
  int64_t weight, bias;
  int64_t gain, shift;  // of layer norm; -1: none
} hft_dense;

struct hft_net {
  hft_net_def def;
  hft_dense layer[HFT_NET_HIDDEN_MAX + 1];  // the last one is the output
  // Of the GRU: [features][3 gru], [3 gru], [gru][3 gru], [3 gru]; gates in the order r, z, n.
  int64_t input_weight, input_bias, hidden_weight, hidden_bias;
  int features;  // units before the GRU, or before the output without one
  int widest;    // units of the widest layer that a gradient passes through, inputs not counted
  int64_t param_count;
  int tensor_count;
  hft_net_tensor tensor[HFT_NET_TENSORS_MAX];
};

// Arrays of a workspace for n = steps x rows.
typedef struct hft_net_work {
  float *activation[HFT_NET_HIDDEN_MAX];  // [n][units]: after the activation
  float *normal[HFT_NET_HIDDEN_MAX];      // [n][units]: (z - mean) / deviation, before gain, shift
  float *inverse[HFT_NET_HIDDEN_MAX];     // [n]: 1 / deviation
  float *gates;                           // [n][3 gru]: r, z, n
  float *candidate;                       // [n][gru]: h Un + cn
  float *before;                          // [n][gru]: the state before the step, after restarts
  float *state;                           // [n][gru]: the state after the step
  float *hidden_gates;                    // [rows][3 gru]
  float *d_input, *d_hidden;              // [n][3 gru]: gradients of the products with x and with h
  float *d_state;                         // [n][gru]
  float *carry;                           // [rows][gru]: gradient of the state, back through time
  float *d_here, *d_below;                // [block][widest]
} hft_net_work;

// Addresses the arrays in `work`, which may be null to ask for the size. Returns bytes.
size_t hft_net_work_layout(const hft_net *net, int64_t n, int rows, void *work, hft_net_work *out);

// z += bias, then the activation, in place: z[rows][units].
void hft_activate(hft_activation kind, float *z, const float *bias, int64_t rows, int units);
// d *= the activation's derivative, told by its value y; adds the columns' sums to grad_bias.
void hft_activate_back(hft_activation kind, const float *y, float *d, int64_t rows, int units,
                       float *grad_bias);
// The same two of a layer with layer norm: z += bias; normal = standardised z; y = f(normal gain +
// shift). z and normal may be the same array.
void hft_norm_activate(hft_activation kind, const float *bias, const float *gain,
                       const float *shift, float *normal, float *inverse, float *y, int64_t rows,
                       int units);
void hft_norm_activate_back(hft_activation kind, const float *y, const float *normal,
                            const float *inverse, const float *gain, float *d, int64_t rows,
                            int units, float *grad_gain, float *grad_shift, float *grad_bias);
// Standardises one row in place. Returns 1 / deviation. The sums' order is fixed.
float hft_standardise_row(float *row, int units);
// One row y[units] = f(y gain + shift) or f(y).
void hft_activate_row(hft_activation kind, float *y, const float *gain, const float *shift,
                      int units);
// y[rows][units] += bias.
void hft_add_bias(float *y, const float *bias, int64_t rows, int units);
// sum[units] += the rows of d.
void hft_add_columns(float *sum, const float *d, int64_t rows, int units);

// The GRU's steps, forward: reads work->gates (products with x, biases added), writes gates,
// candidate, before, state.
void hft_gru_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                     const hft_net_work *work);
// And back: reads d_state, writes d_input, d_hidden. Both gradients of weights are the caller's.
void hft_gru_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                      const hft_net_work *work);

#endif
