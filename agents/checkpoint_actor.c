#include "agents/checkpoint_actor.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agents/checkpoint_file.h"
#include "data/dataset/h5.h"
#include "sim/base/hash.h"

#define WORD_SIZE 24  // bytes of the names below

static const char *const spaces[] = {"box", "multi_discrete", "discrete", "mixed", NULL};
static const char *const activations[] = {"tanh", "relu", "elu", NULL};
static const char *const densities[] = {"gaussian", "squashed", "beta", NULL};

// ---- the tensors of an actor -------------------------------------------------------------------

static hft_tensor floats(const char *name, float *data, int dims, int64_t rows, int64_t cols) {
  hft_tensor tensor = {.type = HFT_TENSOR_F32, .dims = dims, .dim = {rows, cols}, .data = data};
  snprintf(tensor.name, sizeof tensor.name, "%s", name);
  return tensor;
}

static int tensor_count(const hft_actor *actor) {
  return hft_net_tensor_count(actor->net) + 3;
}

// The k-th array of an actor: those of the network, the head's, shift and factor.
static hft_tensor tensor_at(const hft_actor *actor, int k) {
  int nets = hft_net_tensor_count(actor->net);
  if (k < nets) {
    const hft_net_tensor *t = &hft_net_tensors(actor->net)[k];
    char name[64];
    snprintf(name, sizeof name, "net/%s", t->name);
    return floats(name, actor->params + t->offset, 2, t->rows, t->cols);
  }
  if (k == nets) {
    float *head = actor->params + hft_net_param_count(actor->net);
    return floats("head", head, 1, hft_head_param_count(actor->head), 0);
  }
  if (k == nets + 1) return floats("shift", actor->shift, 1, actor->obs_dim, 0);
  return floats("factor", actor->factor, 1, actor->obs_dim, 0);
}

bool hft_checkpoint_finite(const hft_actor *actor) {
  for (int k = 0; k < tensor_count(actor); k++) {
    const hft_tensor t = tensor_at(actor, k);
    const float *x = t.data;
    for (int64_t i = 0, n = hft_tensor_bytes(&t) / 4; i < n; i++) {
      if (!isfinite(x[i])) return false;
    }
  }
  return true;
}

// ---- writing -----------------------------------------------------------------------------------

static bool put_ints(hid_t group, const char *name, const int64_t *values, int count) {
  int64_t copy[HFT_AXES_MAX];
  memcpy(copy, values, (size_t)count * sizeof *copy);
  hft_tensor tensor = {.type = HFT_TENSOR_I64, .dims = 1, .dim = {count}, .data = copy};
  snprintf(tensor.name, sizeof tensor.name, "%s", name);
  return hft_checkpoint_put(group, &tensor);
}

static bool put_definitions(hid_t group, const hft_actor *actor) {
  const hft_net_def *net = hft_net_definition(actor->net);
  const hft_head_def *head = hft_head_definition(actor->head);
  int64_t hidden[HFT_NET_HIDDEN_MAX], choices[HFT_AXES_MAX];
  for (int i = 0; i < net->hidden_count; i++) hidden[i] = net->hidden[i];
  for (int i = 0; i < head->axis_count; i++) choices[i] = head->choice_count[i];
  return hft_h5_fixed_text(group, "role", actor->role) &&
         hft_h5_fixed_text(group, "action_space", spaces[actor->space]) &&
         hft_h5_fixed_text(group, "activation", activations[net->activation]) &&
         hft_h5_i64(group, "layer_norm", net->layer_norm) && hft_h5_i64(group, "gru", net->gru) &&
         hft_h5_f64(group, "output_gain", net->output_gain) &&
         hft_h5_fixed_text(group, "density", densities[head->density]) &&
         hft_h5_f64(group, "deviation", head->deviation) &&
         put_ints(group, "hidden", hidden, net->hidden_count) &&
         put_ints(group, "choices", choices, head->axis_count);
}

bool hft_checkpoint_put_actor(hid_t group, const hft_actor *actor) {
  bool written =
      put_definitions(group, actor) &&
      hft_checkpoint_put_names(group, "observation", (const char(*)[HFT_NAME_SIZE])actor->obs_name,
                               actor->obs_dim) &&
      hft_checkpoint_put_names(group, "action", (const char(*)[HFT_NAME_SIZE])actor->axis_name,
                               actor->axis_names);
  for (int k = 0; k < tensor_count(actor) && written; k++) {
    const hft_tensor tensor = tensor_at(actor, k);
    written = hft_checkpoint_put(group, &tensor);
  }
  return written;
}

// ---- reading -----------------------------------------------------------------------------------

// What is read of an actor before it is made.
typedef struct parts {
  char role[HFT_NAME_SIZE];
  hft_action_space space;
  hft_net_def net;
  hft_head_def head;
  int obs_dim, axis_names;
  hft_index *index;  // [obs_dim + axis_names]
  hft_group group;
} parts;

// The place of a text attribute in a list of words; -1: it is not in it.
static int word(hid_t group, const char *name, const char *const *words) {
  char *text = hft_h5_read_text(group, name, WORD_SIZE);
  int found = -1;
  for (int i = 0; text != NULL && words[i] != NULL; i++) {
    if (strcmp(text, words[i]) == 0) found = i;
  }
  free(text);
  return found;
}

static bool whole(hid_t group, const char *name, int64_t most, int64_t *out) {
  return hft_h5_number(group, name, H5T_INTEGER, H5T_NATIVE_INT64, out) && *out >= 0 &&
         *out <= most;
}

static bool real(hid_t group, const char *name, double *out) {
  return hft_h5_number(group, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, out) && isfinite(*out);
}

// Reads at most `most` whole numbers of an array; returns their number, or -1.
static int get_ints(hid_t group, const char *name, int most, int64_t *out) {
  int64_t count = hft_checkpoint_length(group, name, HFT_TENSOR_I64);
  if (count < 0 || count > most) return -1;
  hft_tensor tensor = {.type = HFT_TENSOR_I64, .dims = 1, .dim = {count}, .data = out};
  snprintf(tensor.name, sizeof tensor.name, "%s", name);
  return hft_checkpoint_get(group, &tensor) ? (int)count : -1;
}

static const char *get_net(hid_t group, parts *p) {
  int64_t hidden[HFT_NET_HIDDEN_MAX], gru, norm;
  int activation = word(group, "activation", activations);
  if (activation < 0) return "activation";
  if (!whole(group, "layer_norm", 1, &norm)) return "layer_norm";
  if (!whole(group, "gru", HFT_ACTOR_STATE_MAX, &gru)) return "gru";
  if (!real(group, "output_gain", &p->net.output_gain)) return "output_gain";
  p->net.hidden_count = get_ints(group, "hidden", HFT_NET_HIDDEN_MAX, hidden);
  if (p->net.hidden_count < 0) return "hidden";
  for (int i = 0; i < p->net.hidden_count; i++) {
    if (hidden[i] < 1 || hidden[i] > HFT_NET_WIDTH_MAX) return "hidden";
    p->net.hidden[i] = (int)hidden[i];
  }
  p->net.activation = (hft_activation)activation;
  p->net.layer_norm = norm == 1;
  p->net.gru = (int)gru;
  p->net.inputs = p->obs_dim;
  return NULL;
}

static const char *get_head(hid_t group, parts *p) {
  int64_t choices[HFT_AXES_MAX];
  int density = word(group, "density", densities), space = word(group, "action_space", spaces);
  if (density < 0) return "density";
  if (space < 0) return "action_space";
  p->head.density = (hft_density)density;
  p->space = (hft_action_space)space;
  if (!real(group, "deviation", &p->head.deviation)) return "deviation";
  p->head.axis_count = get_ints(group, "choices", HFT_AXES_MAX, choices);
  if (p->head.axis_count < 1) return "choices";
  if (p->space != HFT_ACTION_DISCRETE && p->head.axis_count != p->axis_names) return "choices";
  bool numbers = hft_action_is_float(p->space);
  for (int i = 0; i < p->head.axis_count; i++) {
    if (choices[i] < 0 || choices[i] > HFT_CHOICES_MAX || (!numbers && choices[i] == 0) ||
        (p->space == HFT_ACTION_BOX && choices[i] != 0)) {
      return "choices";
    }
    p->head.choice_count[i] = (int32_t)choices[i];
  }
  return NULL;
}

static const char *get_names(hid_t group, parts *p) {
  int64_t obs = hft_checkpoint_length(group, "observation", -1);
  if (obs < 1 || obs > HFT_NUMBERS_MAX) return "observation";
  int64_t axes = hft_checkpoint_length(group, "action", -1);
  if (axes < 1 || axes > HFT_AXES_MAX) return "action";
  p->obs_dim = (int)obs;
  p->axis_names = (int)axes;
  size_t count = (size_t)(obs + axes);
  char(*names)[HFT_NAME_SIZE] = calloc(count, sizeof *names);
  p->index = calloc(count, sizeof *p->index);
  const char *what = NULL;
  if (names == NULL || p->index == NULL) {
    what = "memory";
  } else if (!hft_checkpoint_get_names(group, "observation", names, p->obs_dim)) {
    what = "observation";
  } else if (!hft_checkpoint_get_names(group, "action", names + p->obs_dim, p->axis_names)) {
    what = "action";
  }
  for (size_t i = 0; i < count && what == NULL; i++) {
    memcpy(p->index[i].name, names[i], sizeof names[i]);
  }
  free(names);
  return what;
}

static const char *get_parts(hid_t group, parts *p) {
  char *role = hft_h5_read_text(group, "role", HFT_NAME_SIZE);
  bool named = role != NULL && role[0] != '\0' && strlen(role) < sizeof p->role;
  if (named) snprintf(p->role, sizeof p->role, "%s", role);
  free(role);
  if (!named) return "role";
  const char *what = get_names(group, p);
  if (what == NULL) what = get_net(group, p);
  if (what == NULL) what = get_head(group, p);
  return what;
}

// A group of seats as far as an actor needs it.
static void make_group(parts *p) {
  p->group = (hft_group){
      .role_name = p->role,
      .seat_count = 1,
      .obs_dim = p->obs_dim,
      .axis_count = p->axis_names,
      .role_axes = p->axis_names,
      .action_dim = p->head.axis_count,
      .obs = p->index,
      .axis = p->index + p->obs_dim,
      .choice_count = p->head.choice_count,
  };
  for (int i = 0; i < p->head.axis_count; i++) p->group.mask_dim += p->head.choice_count[i];
}

static hft_status fail_part(const char *path, const char *role, const char *what,
                            hft_error *error) {
  if (strcmp(what, "memory") == 0) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  return hft_fail(error, HFT_EDATA, path,
                  "%s of the actor of the role '%s' is missing, damaged or not as it should be; "
                  "take another checkpoint of the run",
                  what, role);
}

// All arrays are there in the right shapes before memory is taken for them.
static hft_status get_tensors(hid_t group, const char *path, hft_actor *actor, hft_error *error) {
  for (int k = 0; k < tensor_count(actor); k++) {
    const hft_tensor tensor = tensor_at(actor, k);
    if (!hft_checkpoint_get(group, &tensor)) {
      return fail_part(path, actor->role, tensor.name, error);
    }
  }
  if (hft_checkpoint_finite(actor)) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "the actor of the role '%s' has weights that are not finite; take an earlier "
                  "checkpoint of the run",
                  actor->role);
}

// Whether the file has the network's arrays: its memory is bounded by the file's size then.
static const char *check_tensors(hid_t group, const parts *p) {
  hft_net *net = NULL;
  if (hft_net_create(&p->net, &net, NULL) != HFT_OK) return "the network";
  const char *what = NULL;
  for (int k = 0; k < hft_net_tensor_count(net) && what == NULL; k++) {
    const hft_net_tensor *t = &hft_net_tensors(net)[k];
    char name[64];
    snprintf(name, sizeof name, "net/%s", t->name);
    const hft_tensor tensor = floats(name, NULL, 2, t->rows, t->cols);
    if (!hft_checkpoint_has(group, &tensor)) what = "the network";
  }
  hft_net_free(net);
  return what;
}

hft_status hft_checkpoint_get_actor(hid_t group, const char *path, hft_actor **out,
                                    hft_error *error) {
  *out = NULL;
  parts *p = calloc(1, sizeof *p);
  if (p == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  const char *what = get_parts(group, p);
  hft_status status = HFT_OK;
  hft_head *head = NULL;
  if (what == NULL && hft_head_create(&p->head, &head, NULL) != HFT_OK) what = "the head";
  if (what == NULL) {
    p->net.outputs = hft_head_outputs(head);
    what = check_tensors(group, p);
  }
  hft_head_free(head);
  if (what != NULL) {
    status = fail_part(path, p->role, what, error);
  } else {
    hft_error inner = {0};
    make_group(p);
    status = hft_actor_create(&p->group, p->space, &p->net, &p->head, out, &inner);
    if (status == HFT_EINVAL) status = HFT_EDATA;
    if (status != HFT_OK) hft_fail(error, status, path, "%s: %s", inner.where, inner.text);
  }
  if (status == HFT_OK) status = get_tensors(group, path, *out, error);
  if (status != HFT_OK) {
    hft_actor_free(*out);
    *out = NULL;
  }
  free(p->index);
  free(p);
  return status;
}

// ---- the file ----------------------------------------------------------------------------------

// Digests a file and looks at its beginning. The metadata of older versions of the format have no
// checksums: HDF5 trusts them, and may crash where they are damaged.
static hft_status look(const char *path, uint64_t *digest, hft_error *error) {
  static const unsigned char magic[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  struct stat found;
  if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
    return hft_fail(error, HFT_EIO, path, "not a regular file; name the checkpoint itself");
  }
  FILE *file = fopen(path, "rb");
  if (file == NULL) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  unsigned char bytes[1 << 14];
  size_t count = fread(bytes, 1, sizeof bytes, file);
  bool good = count > sizeof magic && memcmp(bytes, magic, sizeof magic) == 0 && bytes[8] >= 2;
  *digest = HFT_HASH_START;
  while (count > 0) {
    *digest = hft_hash_bytes(*digest, bytes, count);
    count = fread(bytes, 1, sizeof bytes, file);
  }
  bool failed = ferror(file) != 0;
  fclose(file);
  *digest |= 1;
  if (failed) return hft_fail(error, HFT_EIO, path, "cannot read the file");
  if (good) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "not a checkpoint: those are HDF5 files, which 'hftsim train' writes");
}

hft_status hft_checkpoint_open_file(const char *path, hid_t *out, uint64_t *digest,
                                    hft_error *error) {
  hft_status status = look(path, digest, error);
  if (status != HFT_OK) return status;
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7)
  (void)H5Pset_file_locking(access, false, true);
#endif
  *out = H5Fopen(path, H5F_ACC_RDONLY, access);
  hft_h5_close(access);
  if (*out >= 0) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "a damaged or incomplete HDF5 file; take another checkpoint of the run");
}
