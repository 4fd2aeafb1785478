// A multilayer perceptron, with a GRU on request, over batches of rows: forward pass, gradients by
// backpropagation, initialisation. A network is a constant description; parameters, gradients and
// workspaces are float arrays of the caller, so nothing is allocated while training.
//
//   x -> [dense -> layer norm? -> activation] for each hidden layer -> [GRU]? -> dense -> y
//
// dense: y = x W + b, W [in][out] (that of PyTorch, transposed). Layer norm: Ba, Kiros, Hinton
// 2016, eps 1e-5. GRU: Cho and others 2014, with the gates of PyTorch's (reset before the product):
//   r = s(x Wr + br + h Ur + cr), z = s(x Wz + bz + h Uz + cz), n = tanh(x Wn + bn + r (h Un +
//   cn)), h' = (1 - z) n + z h
#ifndef HFTSIM_AGENTS_NN_NET_H
#define HFTSIM_AGENTS_NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/status.h"

#define HFT_NET_HIDDEN_MAX 8
#define HFT_NET_WIDTH_MAX 1024  // units of a hidden layer or GRU
#define HFT_NET_OUTPUTS_MAX 4096
#define HFT_NET_TENSORS_MAX 48

typedef enum hft_activation {
  HFT_ACTIVATION_TANH,
  HFT_ACTIVATION_RELU,
  HFT_ACTIVATION_ELU
} hft_activation;

// What a network is. Plain data.
typedef struct hft_net_def {
  int inputs, outputs;
  int hidden_count;                // 0 .. HFT_NET_HIDDEN_MAX
  int hidden[HFT_NET_HIDDEN_MAX];  // units, 1 .. HFT_NET_WIDTH_MAX
  int gru;                         // units of the GRU; 0: none
  hft_activation activation;
  bool layer_norm;
  double output_gain;  // of the initialisation of the last layer; hidden layers sqrt(2), GRU 1
} hft_net_def;

// One parameter tensor, in the order in which they lie in the parameters.
typedef struct hft_net_tensor {
  // hiddenK.weight, .bias, normK.weight (gains), .bias of each hidden layer; gru.input_weight
  // [in][3 gru] with the gates in the order r, z, n, .input_bias, .state_weight, .state_bias;
  // output.weight, .bias
  char name[32];
  int rows, cols;  // weight [in][out]; a vector: [1][n]
  int64_t offset;  // in floats
} hft_net_tensor;

// A network. Constant after creation; shared by all threads.
typedef struct hft_net hft_net;

// Creates a network. The caller frees *out. EINVAL: a size out of range; ENOMEM.
hft_status hft_net_create(const hft_net_def *def, hft_net **out, hft_error *error);
// Frees a network. Null is ignored.
void hft_net_free(hft_net *net);
const hft_net_def *hft_net_definition(const hft_net *net);
// The number of parameters, and the tensors that they are.
int64_t hft_net_param_count(const hft_net *net);
int hft_net_tensor_count(const hft_net *net);
const hft_net_tensor *hft_net_tensors(const hft_net *net);

// Draws initial parameters: weights orthogonal (Saxe, McClelland, Ganguli 2014), each gate of a GRU
// by itself, biases 0, gains 1. The same bits on every machine.
void hft_net_init(const hft_net *net, float *params, hft_rng *rng);

// A batch: `steps` consecutive time steps of `rows` sequences; a network without a GRU sees steps x
// rows independent rows. Arrays are [steps][rows][...].
typedef struct hft_net_batch {
  int steps, rows;
  const float *x;          // [steps][rows][inputs]
  const float *state;      // [rows][gru]: before the first step; null without a GRU
  const uint8_t *restart;  // [steps][rows]: 1: the state is zeroed before this step; null: never
} hft_net_batch;

// Floats of a workspace for batches of at most so many steps x rows, and rows. A workspace is
// aligned to HFT_CACHE_LINE and serves one thread at a time.
size_t hft_net_work_size(const hft_net *net, int steps, int rows);
// Computes y[steps][rows][outputs], and the GRU's state after the last step, end_state[rows][gru]
// (null: not wanted). The workspace keeps what hft_net_backward needs.
void hft_net_forward(const hft_net *net, const float *params, const hft_net_batch *batch,
                     float *work, float *y, float *end_state);
// Adds the gradient of a loss to grad[param_count], given that of its outputs,
// dy[steps][rows][outputs], after hft_net_forward of the same batch and workspace; of the inputs to
// dx[steps][rows][inputs] where it is not null (written, not added). Through time it goes back to
// the batch's first step.
void hft_net_backward(const hft_net *net, const float *params, const hft_net_batch *batch,
                      float *work, const float *dy, float *grad, float *dx);

// One row without BLAS: the sums in a fixed order and elementary functions of sim/base/math.h's
// kind, so the bits are the same on every machine. state[gru] is updated; null without a GRU. For
// the step path: no allocation, no call of a library.
void hft_net_infer(const hft_net *net, const float *params, const float *x, float *state, float *y);

#endif
