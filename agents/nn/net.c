#include "agents/nn/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "agents/nn/net_state.h"

static hft_status check(const hft_net_def *def, hft_error *error) {
  const char *where = "network";
  const int most = HFT_NET_WIDTH_MAX;
  if (def->inputs < 1 || def->inputs > 1 << 20) {
    return hft_fail(error, HFT_EINVAL, where, "%d inputs: give 1 to %d", def->inputs, 1 << 20);
  }
  if (def->outputs < 1 || def->outputs > HFT_NET_OUTPUTS_MAX) {
    return hft_fail(error, HFT_EINVAL, where, "%d outputs: give 1 to %d", def->outputs,
                    HFT_NET_OUTPUTS_MAX);
  }
  if (def->hidden_count < 0 || def->hidden_count > HFT_NET_HIDDEN_MAX) {
    return hft_fail(error, HFT_EINVAL, where, "%d hidden layers: give 0 to %d", def->hidden_count,
                    HFT_NET_HIDDEN_MAX);
  }
  for (int i = 0; i < def->hidden_count; i++) {
    if (def->hidden[i] < 1 || def->hidden[i] > most) {
      return hft_fail(error, HFT_EINVAL, where, "hidden layer %d of %d units: give 1 to %d", i,
                      def->hidden[i], most);
    }
  }
  if (def->gru < 0 || def->gru > most) {
    return hft_fail(error, HFT_EINVAL, where, "a GRU of %d units: give 0 (none) to %d", def->gru,
                    most);
  }
  if ((int)def->activation < 0 || def->activation > HFT_ACTIVATION_ELU) {
    return hft_fail(error, HFT_EINVAL, where, "activation %d: give tanh, relu or elu",
                    (int)def->activation);
  }
  if (!(def->output_gain >= 0) || !(def->output_gain <= 1e6)) {
    return hft_fail(error, HFT_EINVAL, where, "output gain %g: give 0 to 1e6", def->output_gain);
  }
  return HFT_OK;
}

// Appends a tensor. Returns its offset.
static int64_t add_tensor(hft_net *net, const char *name, const char *part, int rows, int cols) {
  hft_net_tensor *tensor = &net->tensor[net->tensor_count++];
  snprintf(tensor->name, sizeof tensor->name, "%s.%s", name, part);
  tensor->rows = rows;
  tensor->cols = cols;
  tensor->offset = net->param_count;
  net->param_count += (int64_t)rows * cols;
  return tensor->offset;
}

static void add_dense(hft_net *net, hft_dense *layer, const char *name, int in, int out) {
  layer->in = in;
  layer->out = out;
  layer->weight = add_tensor(net, name, "weight", in, out);
  layer->bias = add_tensor(net, name, "bias", 1, out);
  layer->gain = -1;
  layer->shift = -1;
}

static void lay_out(hft_net *net) {
  const hft_net_def *def = &net->def;
  int width = def->inputs;
  net->widest = def->gru;
  for (int i = 0; i < def->hidden_count; i++) {
    char name[24];
    snprintf(name, sizeof name, "hidden%d", i);
    add_dense(net, &net->layer[i], name, width, def->hidden[i]);
    width = def->hidden[i];
    if (width > net->widest) net->widest = width;
    if (def->layer_norm) {
      snprintf(name, sizeof name, "norm%d", i);
      net->layer[i].gain = add_tensor(net, name, "weight", 1, width);
      net->layer[i].shift = add_tensor(net, name, "bias", 1, width);
    }
  }
  net->features = width;
  if (def->gru > 0) {
    net->input_weight = add_tensor(net, "gru", "input_weight", width, 3 * def->gru);
    net->input_bias = add_tensor(net, "gru", "input_bias", 1, 3 * def->gru);
    net->hidden_weight = add_tensor(net, "gru", "state_weight", def->gru, 3 * def->gru);
    net->hidden_bias = add_tensor(net, "gru", "state_bias", 1, 3 * def->gru);
    width = def->gru;
  }
  add_dense(net, &net->layer[def->hidden_count], "output", width, def->outputs);
}

hft_status hft_net_create(const hft_net_def *def, hft_net **out, hft_error *error) {
  *out = NULL;
  hft_status status = check(def, error);
  if (status != HFT_OK) return status;
  hft_net *net = calloc(1, sizeof *net);
  if (net == NULL) return hft_fail(error, HFT_ENOMEM, "network", "out of memory");
  net->def = *def;
  lay_out(net);
  *out = net;
  return HFT_OK;
}

void hft_net_free(hft_net *net) {
  free(net);
}

const hft_net_def *hft_net_definition(const hft_net *net) {
  return &net->def;
}

int64_t hft_net_param_count(const hft_net *net) {
  return net->param_count;
}

int hft_net_tensor_count(const hft_net *net) {
  return net->tensor_count;
}

const hft_net_tensor *hft_net_tensors(const hft_net *net) {
  return net->tensor;
}

// Reserves count x width floats. Null without a workspace.
static float *reserve(size_t *total, void *work, int64_t count, int width) {
  size_t offset = hft_layout_add(total, (size_t)count * (size_t)width * sizeof(float));
  return work == NULL ? NULL : hft_at(work, offset);
}

size_t hft_net_work_layout(const hft_net *net, int64_t n, int rows, void *work, hft_net_work *out) {
  size_t total = 0;
  const hft_net_def *def = &net->def;
  for (int i = 0; i < def->hidden_count; i++) {
    out->activation[i] = reserve(&total, work, n, def->hidden[i]);
    if (!def->layer_norm) continue;
    out->normal[i] = reserve(&total, work, n, def->hidden[i]);
    out->inverse[i] = reserve(&total, work, n, 1);
  }
  if (def->gru > 0) {
    out->gates = reserve(&total, work, n, 3 * def->gru);
    out->candidate = reserve(&total, work, n, def->gru);
    out->before = reserve(&total, work, n, def->gru);
    out->state = reserve(&total, work, n, def->gru);
    out->hidden_gates = reserve(&total, work, rows, 3 * def->gru);
    out->d_input = reserve(&total, work, n, 3 * def->gru);
    out->d_hidden = reserve(&total, work, n, 3 * def->gru);
    out->d_state = reserve(&total, work, n, def->gru);
    out->carry = reserve(&total, work, rows, def->gru);
  }
  int64_t block = n < HFT_NET_BLOCK ? n : HFT_NET_BLOCK;
  out->d_here = reserve(&total, work, block, net->widest);
  out->d_below = reserve(&total, work, block, net->widest);
  return total;
}

size_t hft_net_work_size(const hft_net *net, int steps, int rows) {
  hft_net_work work;
  return hft_net_work_layout(net, (int64_t)steps * rows, rows, NULL, &work) / sizeof(float);
}
