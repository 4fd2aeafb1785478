// The policies of the C API: checkpoints and actors of agents/, by plain arrays.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/checkpoint.h"
#include "catalog/catalog.h"
#include "include/hftsim.h"
#include "include/hftsim_policy.h"

_Static_assert(HFTSIM_POLICY_HIDDEN_MAX == HFT_NET_HIDDEN_MAX, "as many layers as below");

#define OUTPUT_GAIN 0.01

// A policy has a checkpoint that was read, or actors of its own.
struct hftsim_policy {
  hft_checkpoint *checkpoint;
  char *config;  // of actors of its own
  hft_actor *own[HFT_CHECKPOINT_ACTORS_MAX];
  hft_checkpoint_actor entry[HFT_CHECKPOINT_ACTORS_MAX];
  hft_checkpoint_spec spec;  // without tensors
};

static const char *const space_name[] = {"box", "multi_discrete", "discrete", "mixed"};
static const char *const activation_name[] = {"tanh", "relu", "elu"};
static const char *const density_name[] = {"gaussian", "squashed", "beta"};

// ---- errors ------------------------------------------------------------------------------------
static void clear(char *error, size_t bytes) {
  if (error != NULL && bytes > 0) error[0] = '\0';
}

static int refuse(char *error, size_t bytes, const char *where, const char *rule) {
  if (error != NULL && bytes > 0) snprintf(error, bytes, "%s: %s", where, rule);
  return HFTSIM_BAD_ARGUMENT;
}

// `file`: what an unreadable file means.
static int status_of(hft_status status, int file) {
  switch (status) {
    case HFT_OK:
      return HFTSIM_OK;
    case HFT_EINVAL:
      return HFTSIM_BAD_ARGUMENT;
    case HFT_ECONFIG:
      return HFTSIM_CONFIG;
    case HFT_EIO:
    case HFT_EDATA:
      return file;
    case HFT_ENOMEM:
    case HFT_EFULL:
      return HFTSIM_LIMIT;
    default:
      return HFTSIM_INTERNAL;
  }
}

static int tell(const hft_error *from, hft_status status, int file, char *error, size_t bytes) {
  int code = status_of(status, file);
  if (code == HFTSIM_OK || error == NULL || bytes == 0) return code;
  const char *text = from->text[0] != '\0' ? from->text : hft_status_text(status);
  const char *colon = from->where[0] != '\0' ? ": " : "";
  snprintf(error, bytes, "%s%s%s", from->where, colon, text);
  return code;
}

// ---- opening, creating, writing ----------------------------------------------------------------
static hft_status open_at(hftsim_policy *policy, const char *path, hft_error *error) {
  hft_status status = hft_checkpoint_open(path, &policy->checkpoint, error);
  if (status != HFT_OK) return status;
  policy->spec = *hft_checkpoint_read(policy->checkpoint);
  policy->spec.tensor_count = 0;
  policy->spec.tensor = NULL;
  return HFT_OK;
}

int hftsim_policy_open(const char *path, hftsim_policy **out, char *error, size_t error_bytes) {
  clear(error, error_bytes);
  if (out == NULL) return refuse(error, error_bytes, "out", "must not be null");
  *out = NULL;
  if (path == NULL) return refuse(error, error_bytes, "path", "must not be null");
  hft_error failure = {0};
  hftsim_policy *policy = calloc(1, sizeof *policy);
  hft_status status = policy != NULL ? open_at(policy, path, &failure) : HFT_ENOMEM;
  if (status == HFT_OK) {
    *out = policy;
  } else {
    hftsim_policy_close(policy);
  }
  return tell(&failure, status, HFTSIM_BAD_FILE, error, error_bytes);
}

void hftsim_policy_close(hftsim_policy *policy) {
  if (policy == NULL) return;
  hft_checkpoint_close(policy->checkpoint);
  for (int i = 0; i < HFT_CHECKPOINT_ACTORS_MAX; i++) hft_actor_free(policy->own[i]);
  free(policy->config);
  free(policy);
}

// The number of a name in a table; -1: it is not in it. Null: 0.
static int number_of(const char *name, const char *const *table, int count) {
  if (name == NULL) return 0;
  for (int i = 0; i < count; i++) {
    if (strcmp(name, table[i]) == 0) return i;
  }
  return -1;
}

typedef struct network_def {
  hft_net_def net;
  hft_density density;
  double deviation;
} network_def;

// Null, or the member of the network that is wrong.
static const char *read_network(const hftsim_network *network, network_def *out) {
  int activation = number_of(network->activation, activation_name, 3);
  int density = number_of(network->density, density_name, 3);
  if (network->bytes != sizeof *network) return "bytes";
  if (activation < 0) return "activation";
  if (density < 0) return "density";
  if (network->hidden_count < 0 || network->hidden_count > HFT_NET_HIDDEN_MAX) {
    return "hidden_count";
  }
  for (int i = 0; i < network->hidden_count; i++) {
    if (network->hidden[i] < 1 || network->hidden[i] > HFT_NET_WIDTH_MAX) return "hidden";
  }
  if (network->gru < 0 || network->gru > HFT_ACTOR_STATE_MAX) return "gru";
  if (!(network->deviation >= 0 && network->deviation <= 10)) return "deviation";
  *out = (network_def){.net = {.hidden_count = network->hidden_count,
                               .gru = network->gru,
                               .activation = (hft_activation)activation,
                               .layer_norm = network->layer_norm != 0,
                               .output_gain = OUTPUT_GAIN},
                       .density = (hft_density)density,
                       .deviation = network->deviation > 0 ? network->deviation : 0.3};
  memcpy(out->net.hidden, network->hidden, sizeof out->net.hidden);
  return NULL;
}

static hft_status create_actor(const hft_env_spec *spec, const hft_group *group,
                               const network_def *shape, hft_rng *rng, hft_actor **out,
                               hft_error *error) {
  hft_head_def def = hft_head_of_group(group, spec->action_space, shape->density, shape->deviation);
  hft_head *head;
  hft_status status = hft_head_create(&def, &head, error);
  if (status != HFT_OK) return status;
  hft_net_def net = shape->net;
  net.inputs = group->obs_dim;
  net.outputs = hft_head_outputs(head);
  hft_head_free(head);
  status = hft_actor_create(group, spec->action_space, &net, &def, out, error);
  if (status != HFT_OK) return status;
  hft_actor *actor = *out;
  hft_net_init(actor->net, actor->params, rng);
  hft_head_init(actor->head, actor->params + hft_net_param_count(actor->net));
  for (int i = 0; i < actor->obs_dim; i++) {
    actor->shift[i] = 0;
    actor->factor[i] = 1;
  }
  return HFT_OK;
}

static hft_status create_actors(hftsim_policy *policy, const hft_env_spec *spec,
                                const network_def *shape, uint64_t seed, hft_error *error) {
  for (int g = 0; g < spec->group_count; g++) {
    int at = policy->spec.actor_count;
    hft_rng rng = hft_rng_stream(seed, (uint32_t)g, 0);
    hft_status status = create_actor(spec, &spec->group[g], shape, &rng, &policy->own[at], error);
    if (status != HFT_OK) return status;
    policy->entry[at] = (hft_checkpoint_actor){policy->own[at], -1};
    policy->spec.actor_count++;
  }
  if (policy->spec.actor_count > 0) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "seats", "no seat is external: there is nothing to act for");
}

// Takes a copy of the effective config, and makes the actors of its external seats.
static hft_status create_for(hftsim_policy *policy, const hft_config *config,
                             const network_def *shape, uint64_t seed, hft_error *error) {
  hft_env_model *model;
  policy->config = hft_config_print(config, 0);
  if (policy->config == NULL) return HFT_ENOMEM;
  policy->spec = (hft_checkpoint_spec){
      .algorithm = "none", .config = policy->config, .training = "", .actor = policy->entry};
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, error);
  if (status != HFT_OK) return status;
  status = create_actors(policy, hft_env_model_spec(model), shape, seed, error);
  hft_env_model_free(model);
  return status;
}

static hft_status create_from(hftsim_policy *policy, const char *text, size_t size,
                              const network_def *shape, uint64_t seed, hft_error *error) {
  hft_catalog *catalog = malloc(sizeof *catalog);
  if (catalog == NULL) return HFT_ENOMEM;
  hft_catalog_init(catalog);
  hft_config *config;
  hft_status status = hft_catalog_config(catalog, &config, error);
  if (status == HFT_OK) {
    status = hft_config_merge(config, text, size, "config", error);
    if (status == HFT_OK) status = create_for(policy, config, shape, seed, error);
    hft_config_free(config);
  }
  free(catalog);
  return status;
}

int hftsim_policy_create(const char *config, size_t config_bytes, const hftsim_network *network,
                         uint64_t seed, hftsim_policy **out, char *error, size_t error_bytes) {
  clear(error, error_bytes);
  if (out == NULL) return refuse(error, error_bytes, "out", "must not be null");
  *out = NULL;
  if (config == NULL) return refuse(error, error_bytes, "config", "must not be null");
  if (network == NULL) return refuse(error, error_bytes, "network", "must not be null");
  network_def shape;
  const char *wrong = read_network(network, &shape);
  if (wrong != NULL) return refuse(error, error_bytes, wrong, "out of range, or an unknown name");
  hft_error failure = {0};
  hftsim_policy *policy = calloc(1, sizeof *policy);
  hft_status status = policy != NULL
                          ? create_from(policy, config, config_bytes, &shape, seed, &failure)
                          : HFT_ENOMEM;
  if (status == HFT_OK) {
    *out = policy;
  } else {
    hftsim_policy_close(policy);
  }
  return tell(&failure, status, HFTSIM_CONFIG, error, error_bytes);
}

int hftsim_policy_write(const hftsim_policy *policy, const char *path, char *error,
                        size_t error_bytes) {
  clear(error, error_bytes);
  if (policy == NULL) return refuse(error, error_bytes, "policy", "must not be null");
  if (path == NULL) return refuse(error, error_bytes, "path", "must not be null");
  hft_error failure = {0};
  hft_status status = hft_checkpoint_write(path, &policy->spec, &failure);
  return tell(&failure, status, HFTSIM_BAD_FILE, error, error_bytes);
}

// ---- what it has -------------------------------------------------------------------------------
const char *hftsim_policy_text(const hftsim_policy *policy, const char *name) {
  if (policy == NULL || name == NULL) return NULL;
  const char *text = NULL;
  if (strcmp(name, "algorithm") == 0) {
    text = policy->spec.algorithm;
  } else if (strcmp(name, "config") == 0) {
    text = policy->spec.config;
  } else if (strcmp(name, "training") == 0) {
    text = policy->spec.training;
  } else {
    return NULL;
  }
  return text != NULL ? text : "";
}

int64_t hftsim_policy_steps(const hftsim_policy *policy) {
  return policy != NULL ? policy->spec.steps : 0;
}

int hftsim_policy_actor_count(const hftsim_policy *policy) {
  return policy != NULL ? policy->spec.actor_count : 0;
}

// Null: out of range.
static const hft_actor *actor_at(const hftsim_policy *policy, int actor) {
  bool exists = policy != NULL && actor >= 0 && actor < policy->spec.actor_count;
  return exists ? policy->spec.actor[actor].actor : NULL;
}

int hftsim_policy_find(const hftsim_policy *policy, const char *role, int seat) {
  int count = hftsim_policy_actor_count(policy);
  for (int i = 0; i < count; i++) {
    const hft_checkpoint_actor *entry = &policy->spec.actor[i];
    const char *wanted = role != NULL ? role : actor_at(policy, 0)->role;
    if (strcmp(entry->actor->role, wanted) != 0) continue;
    if (seat < 0 || entry->seat < 0 || entry->seat == seat) return i;
  }
  return -1;
}

// Tensors that are not those of the net: some of "head.params", "obs.shift", "obs.factor".
static int other_tensors(const hft_actor *actor) {
  return hft_head_param_count(actor->head) > 0 ? 3 : 2;
}

int hftsim_policy_actor(const hftsim_policy *policy, int actor, hftsim_actor *out) {
  const hft_actor *a = actor_at(policy, actor);
  if (a == NULL || out == NULL || out->bytes != sizeof *out) return HFTSIM_BAD_ARGUMENT;
  const hft_net_def *net = hft_net_definition(a->net);
  const hft_head_def *head = hft_head_definition(a->head);
  *out = (hftsim_actor){.bytes = sizeof *out,
                        .role = a->role,
                        .seat = policy->spec.actor[actor].seat,
                        .obs_dim = a->obs_dim,
                        .axis_count = a->axis_names,
                        .action_dim = a->axis_count,
                        .action_is_float = hft_action_is_float(a->space),
                        .mask_dim = hft_head_mask_dim(a->head),
                        .state_dim = net->gru,
                        .tensor_count = hft_net_tensor_count(a->net) + other_tensors(a),
                        .space = space_name[a->space],
                        .network = {.bytes = sizeof out->network,
                                    .hidden_count = net->hidden_count,
                                    .gru = net->gru,
                                    .layer_norm = net->layer_norm,
                                    .activation = activation_name[net->activation],
                                    .density = density_name[head->density],
                                    .deviation = head->deviation}};
  memcpy(out->network.hidden, net->hidden, (size_t)net->hidden_count * sizeof net->hidden[0]);
  return HFTSIM_OK;
}

const char *hftsim_policy_obs_name(const hftsim_policy *policy, int actor, int index) {
  const hft_actor *a = actor_at(policy, actor);
  return a != NULL && index >= 0 && index < a->obs_dim ? a->obs_name[index] : NULL;
}

const char *hftsim_policy_axis_name(const hftsim_policy *policy, int actor, int axis) {
  const hft_actor *a = actor_at(policy, actor);
  return a != NULL && axis >= 0 && axis < a->axis_names ? a->axis_name[axis] : NULL;
}

int hftsim_policy_choices(const hftsim_policy *policy, int actor, int index) {
  const hft_actor *a = actor_at(policy, actor);
  bool exists = a != NULL && index >= 0 && index < a->axis_count;
  return exists ? (int)hft_head_definition(a->head)->choice_count[index] : -1;
}

// ---- acting ------------------------------------------------------------------------------------
// Null, or the argument that is missing.
static const char *find_missing(const hft_actor *a, int64_t rows, const float *obs,
                                const float *state, const void *action) {
  if (a == NULL) return "actor";
  if (rows < 0 || rows > INT32_MAX) return "rows";
  if (rows == 0) return NULL;
  if (obs == NULL) return "obs";
  if (state == NULL && hft_net_definition(a->net)->gru > 0) return "state";
  return action == NULL ? "action" : NULL;
}

// The first number that is not finite; -1: all are.
static int64_t find_odd(const float *values, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) return i;
  }
  return -1;
}

static void act_all(const hft_actor *a, int64_t rows, const float *obs, const uint8_t *mask,
                    float *state, const uint64_t *seed, char *action) {
  size_t mask_dim = (size_t)hft_head_mask_dim(a->head), units = (size_t)a->axis_count;
  size_t state_dim = (size_t)hft_net_definition(a->net)->gru;
  float kept[HFT_ACTOR_STATE_MAX] = {0};  // a row of `state` may be shorter
  uint8_t all[HFT_CHOICES_MAX];
  if (mask == NULL && mask_dim > 0) memset(all, 1, sizeof all);
  for (size_t i = 0; i < (size_t)rows; i++) {
    hft_rng rng = hft_rng_stream(seed != NULL ? *seed : 0, (uint32_t)i, 0);
    if (state_dim > 0) memcpy(kept, state + i * state_dim, state_dim * sizeof *state);
    const uint8_t *may = mask_dim == 0 ? NULL : mask != NULL ? mask + i * mask_dim : all;
    hft_actor_act(a, kept, obs + i * (size_t)a->obs_dim, may, seed != NULL ? &rng : NULL,
                  action + i * units * sizeof(float));
    if (state_dim > 0) memcpy(state + i * state_dim, kept, state_dim * sizeof *state);
  }
}

int hftsim_policy_act(const hftsim_policy *policy, int actor, int64_t rows, const float *obs,
                      const uint8_t *mask, float *state, const uint64_t *seed, void *action,
                      char *error, size_t error_bytes) {
  clear(error, error_bytes);
  const hft_actor *a = actor_at(policy, actor);
  const char *missing = find_missing(a, rows, obs, state, action);
  if (missing != NULL) return refuse(error, error_bytes, missing, "null, or out of range");
  const struct {
    const char *name;
    const float *values;
    int64_t dim;
  } input[] = {{"obs", obs, a->obs_dim}, {"state", state, hft_net_definition(a->net)->gru}};
  for (int k = 0; k < 2; k++) {
    int64_t odd = find_odd(input[k].values, rows * input[k].dim);
    if (odd < 0) continue;
    char where[64];
    snprintf(where, sizeof where, "%s[%lld, %lld]", input[k].name, (long long)(odd / input[k].dim),
             (long long)(odd % input[k].dim));
    return refuse(error, error_bytes, where, "infinite or NaN");
  }
  act_all(a, rows, obs, mask, state, seed, action);
  return HFTSIM_OK;
}

// ---- tensors -----------------------------------------------------------------------------------
typedef struct tensor {
  const char *name;
  int rows, cols;
  float *values;
} tensor;

// Tensor k of an actor. Its numbers may be replaced: the policy owns its actors.
static tensor tensor_at(const hft_actor *a, int k) {
  int of_net = hft_net_tensor_count(a->net);
  if (k < of_net) {
    const hft_net_tensor *t = &hft_net_tensors(a->net)[k];
    return (tensor){t->name, t->rows, t->cols, a->params + t->offset};
  }
  int free_params = hft_head_param_count(a->head);
  k -= free_params > 0 ? of_net : of_net - 1;  // without "head.params"
  if (k == 0) {
    return (tensor){"head.params", 1, free_params, a->params + hft_net_param_count(a->net)};
  }
  return k == 1 ? (tensor){"obs.shift", 1, a->obs_dim, a->shift}
                : (tensor){"obs.factor", 1, a->obs_dim, a->factor};
}

static int tensor_count(const hft_actor *a) {
  return hft_net_tensor_count(a->net) + other_tensors(a);
}

int hftsim_policy_tensor(const hftsim_policy *policy, int actor, int tensor_number,
                         hftsim_tensor *out) {
  const hft_actor *a = actor_at(policy, actor);
  bool exists = a != NULL && tensor_number >= 0 && tensor_number < tensor_count(a);
  if (!exists || out == NULL || out->bytes != sizeof *out) return HFTSIM_BAD_ARGUMENT;
  tensor t = tensor_at(a, tensor_number);
  *out = (hftsim_tensor){sizeof *out, t.name, t.rows, t.cols, t.values};
  return HFTSIM_OK;
}

static int replace(tensor t, const float *values, int64_t count, char *error, size_t bytes) {
  int64_t size = (int64_t)t.rows * t.cols, odd = find_odd(values, count);
  char rule[96];
  if (count != size) {
    snprintf(rule, sizeof rule, "has %lld numbers, not %lld", (long long)size, (long long)count);
    return refuse(error, bytes, t.name, rule);
  }
  if (odd >= 0) {
    snprintf(rule, sizeof rule, "number %lld is infinite or NaN", (long long)odd);
    return refuse(error, bytes, t.name, rule);
  }
  memcpy(t.values, values, (size_t)size * sizeof *values);
  return HFTSIM_OK;
}

int hftsim_policy_set_tensor(hftsim_policy *policy, int actor, const char *name,
                             const float *values, int64_t count, char *error, size_t error_bytes) {
  clear(error, error_bytes);
  const hft_actor *a = actor_at(policy, actor);
  if (a == NULL) return refuse(error, error_bytes, "actor", "null, or out of range");
  if (name == NULL) return refuse(error, error_bytes, "name", "must not be null");
  if (values == NULL || count < 0) {
    return refuse(error, error_bytes, "values", "null, or a negative count");
  }
  for (int k = 0; k < tensor_count(a); k++) {
    tensor t = tensor_at(a, k);
    if (strcmp(t.name, name) == 0) return replace(t, values, count, error, error_bytes);
  }
  return refuse(error, error_bytes, name, "the actor has no such tensor");
}
