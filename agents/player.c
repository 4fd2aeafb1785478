#include "agents/player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"

#define ACTOR_GAIN 0.01  // of the initialisation of the last layer
#define CRITIC_GAIN 1.0
#define STREAM_PARAMS 0x706172U  // of the seed: initial parameters

// ---- networks ----------------------------------------------------------------------------------

static hft_net_def net_def(const hft_network_keys *keys, int inputs, int outputs, double gain) {
  hft_net_def def = {.inputs = inputs,
                     .outputs = outputs,
                     .hidden_count = (int)keys->hidden.count,
                     .gru = (int)keys->gru,
                     .activation = (hft_activation)keys->activation,
                     .layer_norm = keys->layer_norm,
                     .output_gain = gain};
  for (int i = 0; i < def.hidden_count && i < HFT_NET_HIDDEN_MAX; i++) {
    def.hidden[i] = (int)keys->hidden.value[i];
  }
  return def;
}

static hft_status make_actor(const hft_learner_spec *spec, hft_player *p, hft_error *error) {
  const hft_network_keys *keys = spec->network;
  hft_head_def head = hft_head_of_group(p->of, spec->shape->action_space,
                                        (hft_density)keys->density, keys->deviation);
  hft_head *sizes = NULL;
  hft_status status = hft_head_create(&head, &sizes, error);
  if (status != HFT_OK) return status;
  int outputs = hft_head_outputs(sizes);
  hft_head_free(sizes);
  if (keys->bias.count != 1 && keys->bias.count != outputs) {
    return hft_fail(error, HFT_ECONFIG, "network.bias",
                    "%d numbers, but the actor of %s has %d outputs: give as many, or one",
                    (int)keys->bias.count, p->of->role_name, outputs);
  }
  hft_net_def def = net_def(keys, p->obs_dim, outputs, ACTOR_GAIN);
  return hft_actor_create(p->of, spec->shape->action_space, &def, &head, &p->actor, error);
}

static hft_status make_nets(const hft_learner_spec *spec, hft_player *p, hft_error *error) {
  hft_status status = make_actor(spec, p, error);
  if (status != HFT_OK) return status;
  hft_net_def def = net_def(spec->network, p->input_dim, 1, CRITIC_GAIN);
  status = hft_net_create(&def, &p->critic, error);
  if (status != HFT_OK) return status;
  p->mask_dim = hft_head_mask_dim(p->actor->head);
  p->axis_count = p->actor->axis_count;
  p->actor_net_count = hft_net_param_count(p->actor->net);
  p->actor_count = p->actor_net_count + hft_head_param_count(p->actor->head);
  p->critic_count = hft_net_param_count(p->critic);
  p->actor_gru = p->critic_gru = def.gru;
  return HFT_OK;
}

static void init_params(const hft_learner_spec *spec, hft_player *p) {
  hft_rng rng =
      hft_rng_stream(spec->seed, (uint32_t)(p->of->first_seat + p->first_seat), STREAM_PARAMS);
  hft_net_init(p->actor->net, p->actor->params, &rng);
  hft_head_init(p->actor->head, p->actor->params + p->actor_net_count);
  hft_net_init(p->critic, p->critic_params, &rng);
  const hft_net_tensor *last =
      hft_net_tensors(p->actor->net) + hft_net_tensor_count(p->actor->net) - 1;
  const hft_list *bias = &spec->network->bias;
  for (int i = 0; i < last->cols; i++) {
    p->actor->params[last->offset + i] = (float)bias->value[bias->count == 1 ? 0 : i];
  }
  p->actor_adam = p->critic_adam = hft_adam_default();
}

// ---- memory ------------------------------------------------------------------------------------

// Reserves an array; once `memory` is there, addresses it.
static void *reserve(void *memory, size_t *total, size_t size) {
  size_t offset = hft_layout_add(total, size);
  return memory == NULL ? NULL : hft_at(memory, offset);
}

static float *floats(void *memory, size_t *total, int64_t count) {
  return reserve(memory, total, (size_t)count * sizeof(float));
}

static uint8_t *flags(void *memory, size_t *total, int64_t count) {
  return reserve(memory, total, (size_t)count);
}

static hft_scaler scaler(void *memory, size_t *total, int dim) {
  hft_scaler made = {.dim = dim};
  made.mean = reserve(memory, total, (size_t)dim * sizeof(double));
  made.variance = reserve(memory, total, (size_t)dim * sizeof(double));
  return made;
}

static void lay_out_learned(hft_player *p, void *memory, size_t *total) {
  p->critic_params = floats(memory, total, p->critic_count);
  p->actor_m = floats(memory, total, p->actor_count);
  p->actor_v = floats(memory, total, p->actor_count);
  p->critic_m = floats(memory, total, p->critic_count);
  p->critic_v = floats(memory, total, p->critic_count);
  p->obs_scaler = scaler(memory, total, p->obs_dim);
  p->state_scaler = scaler(memory, total, p->state_dim);
  p->state_shift = floats(memory, total, p->state_dim);
  p->state_factor = floats(memory, total, p->state_dim);
}

static void lay_out_lanes(hft_player *p, void *memory, size_t *total) {
  const int64_t lanes = p->lanes;
  p->out = flags(memory, total, lanes);
  if (p->actor_gru > 0) {
    p->actor_state = floats(memory, total, lanes * p->actor_gru);
    p->critic_state = floats(memory, total, lanes * p->critic_gru);
    p->actor_start = floats(memory, total, lanes * p->actor_gru);
    p->critic_start = floats(memory, total, lanes * p->critic_gru);
  }
}

static void lay_out_rollout(hft_player *p, void *memory, size_t *total) {
  const int64_t rows = (int64_t)p->steps * p->lanes, more = rows + p->lanes;
  p->obs = floats(memory, total, more * p->obs_dim);
  p->input = p->input_dim == p->obs_dim ? p->obs : floats(memory, total, more * p->input_dim);
  p->mask = p->mask_dim == 0 ? NULL : flags(memory, total, rows * p->mask_dim);
  p->raw = floats(memory, total, rows * p->axis_count);
  p->log_prob = floats(memory, total, rows);
  p->reward = floats(memory, total, rows);
  p->final_value = floats(memory, total, rows);
  p->value = floats(memory, total, more);
  p->live = flags(memory, total, rows);
  p->goes_on = flags(memory, total, rows);
  p->restart = flags(memory, total, rows);
  p->advantage = floats(memory, total, rows);
  p->target = floats(memory, total, rows);
  p->block = reserve(memory, total, (size_t)p->blocks * sizeof *p->block);
  for (int b = 0; b < p->blocks; b++) {
    hft_scaler obs = scaler(memory, total, p->obs_dim);
    hft_scaler state = scaler(memory, total, p->state_dim);
    if (memory == NULL) continue;
    p->block[b].obs = obs;
    p->block[b].state = state;
  }
}

static size_t lay_out(hft_player *p, void *memory) {
  size_t total = 0;
  lay_out_learned(p, memory, &total);
  lay_out_lanes(p, memory, &total);
  lay_out_rollout(p, memory, &total);
  return total;
}

hft_status hft_player_create(const hft_learner_spec *spec, int group, int first_seat, int seats,
                             bool central, hft_player *p, hft_error *error) {
  const hft_group *of = &spec->shape->group[group];
  const int state_dim = central ? spec->shape->state_dim : 0;
  *p = (hft_player){.group = group,
                    .first_seat = first_seat,
                    .seats = seats,
                    .of = of,
                    .lanes = spec->blocks * spec->block[0]->envs * seats,
                    .steps = spec->rollout_steps,
                    .blocks = spec->blocks,
                    .obs_dim = of->obs_dim,
                    .state_dim = state_dim,
                    .input_dim = of->obs_dim + state_dim};
  if (seats == of->seat_count) {
    snprintf(p->name, sizeof p->name, "%s", of->role_name);
  } else {
    snprintf(p->name, sizeof p->name, "%s_%d", of->role_name, first_seat);
  }
  hft_status status = make_nets(spec, p, error);
  if (status != HFT_OK) return status;
  size_t size = lay_out(p, NULL);
  p->memory = aligned_alloc(HFT_CACHE_LINE, size);
  if (p->memory == NULL) return hft_fail(error, HFT_ENOMEM, "learner", "out of memory");
  memset(p->memory, 0, size);
  lay_out(p, p->memory);
  init_params(spec, p);
  hft_player_map(p);
  return HFT_OK;
}

void hft_player_free(hft_player *p) {
  hft_actor_free(p->actor);
  hft_net_free(p->critic);
  free(p->memory);
}

// ---- standardisation ---------------------------------------------------------------------------

// Takes the moments of `part` into `whole` (Chan, Golub, LeVeque 1979) and empties it.
static void merge(hft_scaler *whole, hft_scaler *part) {
  if (part->count == 0) return;
  double past = whole->count < HFT_SCALER_FORGET ? whole->count : HFT_SCALER_FORGET;
  double total = past + part->count, share = part->count / total;
  for (int i = 0; i < whole->dim; i++) {
    double gap = part->mean[i] - whole->mean[i];
    double inside = whole->variance[i] + (part->variance[i] - whole->variance[i]) * share;
    whole->variance[i] = inside + gap * gap * share * (1 - share);
    whole->mean[i] += gap * share;
  }
  whole->count = total;
  part->count = 0;
}

void hft_player_see(hft_player *p) {
  for (int b = 0; b < p->blocks; b++) {
    merge(&p->obs_scaler, &p->block[b].obs);
    merge(&p->state_scaler, &p->block[b].state);
  }
}

void hft_player_map(hft_player *p) {
  hft_scaler_map(&p->obs_scaler, p->actor->shift, p->actor->factor);
  hft_scaler_map(&p->state_scaler, p->state_shift, p->state_factor);
}

// ---- the state ---------------------------------------------------------------------------------

typedef struct listing {
  hft_tensor *tensor;
  int count;
  const char *player;
} listing;

static void list(listing *to, const char *name, hft_tensor_type type, int64_t rows, int64_t cols,
                 void *data) {
  if (rows * cols == 0) return;
  hft_tensor *tensor = &to->tensor[to->count++];
  *tensor = (hft_tensor){.type = type, .dims = cols == 1 ? 1 : 2, .dim = {rows, cols}};
  tensor->data = data;
  snprintf(tensor->name, sizeof tensor->name, "%.38s/%.24s", to->player, name);
}

static void list_scaler(listing *to, const char *name, hft_scaler *scaler) {
  char full[48];
  if (scaler->dim == 0) return;
  snprintf(full, sizeof full, "%s/count", name);
  list(to, full, HFT_TENSOR_F64, 1, 1, &scaler->count);
  snprintf(full, sizeof full, "%s/mean", name);
  list(to, full, HFT_TENSOR_F64, scaler->dim, 1, scaler->mean);
  snprintf(full, sizeof full, "%s/variance", name);
  list(to, full, HFT_TENSOR_F64, scaler->dim, 1, scaler->variance);
}

int hft_player_tensors(hft_player *p, hft_tensor *tensor) {
  listing to = {tensor, 0, p->name};
  list(&to, "actor/params", HFT_TENSOR_F32, p->actor_count, 1, p->actor->params);
  list(&to, "actor/shift", HFT_TENSOR_F32, p->obs_dim, 1, p->actor->shift);
  list(&to, "actor/factor", HFT_TENSOR_F32, p->obs_dim, 1, p->actor->factor);
  list(&to, "adam_actor/m", HFT_TENSOR_F32, p->actor_count, 1, p->actor_m);
  list(&to, "adam_actor/v", HFT_TENSOR_F32, p->actor_count, 1, p->actor_v);
  list(&to, "adam_actor/step", HFT_TENSOR_I64, 1, 1, &p->actor_adam.step);
  list(&to, "critic/params", HFT_TENSOR_F32, p->critic_count, 1, p->critic_params);
  list(&to, "critic/state_shift", HFT_TENSOR_F32, p->state_dim, 1, p->state_shift);
  list(&to, "critic/state_factor", HFT_TENSOR_F32, p->state_dim, 1, p->state_factor);
  list(&to, "critic/value_scale", HFT_TENSOR_F64, 2, 1, &p->value_scale);
  list(&to, "adam_critic/m", HFT_TENSOR_F32, p->critic_count, 1, p->critic_m);
  list(&to, "adam_critic/v", HFT_TENSOR_F32, p->critic_count, 1, p->critic_v);
  list(&to, "adam_critic/step", HFT_TENSOR_I64, 1, 1, &p->critic_adam.step);
  list_scaler(&to, "obs_scaler", &p->obs_scaler);
  list_scaler(&to, "state_scaler", &p->state_scaler);
  list(&to, "lanes/out", HFT_TENSOR_U8, p->lanes, 1, p->out);
  list(&to, "lanes/actor_state", HFT_TENSOR_F32, p->actor_gru > 0 ? p->lanes : 0, p->actor_gru,
       p->actor_state);
  list(&to, "lanes/critic_state", HFT_TENSOR_F32, p->critic_gru > 0 ? p->lanes : 0, p->critic_gru,
       p->critic_state);
  return to.count;
}
