#include "agents/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/nn/scaler.h"

// ---- creation ----------------------------------------------------------------------------------

// The name of a number of a group's array; of a game's group, which has no table, its place.
static void name_of(const hft_index *table, const char *kind, int i, char name[HFT_NAME_SIZE]) {
  if (table != NULL) {
    snprintf(name, HFT_NAME_SIZE, "%s", table[i].name);
  } else {
    snprintf(name, HFT_NAME_SIZE, "%s_%d", kind, i);
  }
}

static hft_status check_sizes(const hft_actor *actor, const hft_net_def *net,
                              const hft_head_def *wanted, hft_error *error) {
  const char *where = actor->role;
  if (net->gru > HFT_ACTOR_STATE_MAX) {
    return hft_fail(error, HFT_EINVAL, where, "a GRU of %d units: at most %d are possible",
                    net->gru, HFT_ACTOR_STATE_MAX);
  }
  if (net->inputs != actor->obs_dim || net->outputs != hft_head_outputs(actor->head)) {
    return hft_fail(error, HFT_EINVAL, where,
                    "the network has %d inputs and %d outputs instead of %d and %d", net->inputs,
                    net->outputs, actor->obs_dim, hft_head_outputs(actor->head));
  }
  const hft_head_def *head = hft_head_definition(actor->head);
  bool same = head->axis_count == wanted->axis_count;
  for (int i = 0; i < wanted->axis_count && same; i++) {
    same = head->choice_count[i] == wanted->choice_count[i];
  }
  if (same) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, where, "the head's axes or choices are not the role's");
}

static hft_status allocate(hft_actor *actor, hft_error *error) {
  size_t inputs = (size_t)actor->obs_dim, axes = (size_t)actor->axis_names;
  size_t params =
      (size_t)hft_net_param_count(actor->net) + (size_t)hft_head_param_count(actor->head);
  actor->obs_name = calloc(inputs, sizeof *actor->obs_name);
  actor->axis_name = calloc(axes, sizeof *actor->axis_name);
  actor->params = calloc(params, sizeof *actor->params);
  actor->shift = calloc(inputs, sizeof *actor->shift);
  actor->factor = calloc(inputs, sizeof *actor->factor);
  bool all = actor->obs_name != NULL && actor->axis_name != NULL && actor->params != NULL &&
             actor->shift != NULL && actor->factor != NULL;
  return all ? HFT_OK : hft_fail(error, HFT_ENOMEM, actor->role, "out of memory");
}

static hft_status fill(hft_actor *actor, const hft_group *group, const hft_net_def *net,
                       const hft_head_def *head, hft_error *error) {
  hft_status status = hft_head_create(head, &actor->head, error);
  if (status != HFT_OK) return status;
  hft_head_def wanted = hft_head_of_group(group, actor->space, head->density, head->deviation);
  status = check_sizes(actor, net, &wanted, error);
  if (status == HFT_OK) status = hft_net_create(net, &actor->net, error);
  if (status == HFT_OK) status = allocate(actor, error);
  if (status != HFT_OK) return status;
  for (int i = 0; i < actor->obs_dim; i++) {
    name_of(group->obs, "observation", i, actor->obs_name[i]);
    actor->factor[i] = 1;
  }
  for (int i = 0; i < actor->axis_names; i++) {
    name_of(group->axis, "axis", i, actor->axis_name[i]);
  }
  return HFT_OK;
}

hft_status hft_actor_create(const hft_group *group, hft_action_space space, const hft_net_def *net,
                            const hft_head_def *head, hft_actor **out, hft_error *error) {
  *out = NULL;
  if (group->obs_dim < 1 || group->obs_dim > HFT_NUMBERS_MAX || group->axis_count < 1 ||
      group->axis_count > HFT_AXES_MAX) {
    return hft_fail(error, HFT_EINVAL, group->role_name,
                    "%d observations and %d axes are not in [1, %d] and [1, %d]", group->obs_dim,
                    group->axis_count, HFT_NUMBERS_MAX, HFT_AXES_MAX);
  }
  hft_actor *actor = calloc(1, sizeof *actor);
  if (actor == NULL) return hft_fail(error, HFT_ENOMEM, group->role_name, "out of memory");
  snprintf(actor->role, sizeof actor->role, "%s", group->role_name);
  actor->space = space;
  actor->obs_dim = group->obs_dim;
  actor->axis_count = group->action_dim;
  actor->axis_names = group->axis_count;
  hft_status status = fill(actor, group, net, head, error);
  if (status != HFT_OK) {
    hft_actor_free(actor);
    return status;
  }
  *out = actor;
  return HFT_OK;
}

void hft_actor_free(hft_actor *actor) {
  if (actor == NULL) return;
  free(actor->obs_name);
  free(actor->axis_name);
  hft_net_free(actor->net);
  hft_head_free(actor->head);
  free(actor->params);
  free(actor->shift);
  free(actor->factor);
  free(actor);
}

// ---- acting ------------------------------------------------------------------------------------

void hft_actor_act(const hft_actor *actor, float *state, const float *obs, const uint8_t *mask,
                   hft_rng *rng, void *action) {
  float x[HFT_NUMBERS_MAX], y[HFT_NET_OUTPUTS_MAX], raw[HFT_AXES_MAX], sent[HFT_AXES_MAX];
  int dim = actor->obs_dim;
  hft_standardise(obs, dim, 1, dim, actor->shift, actor->factor, x, dim);
  bool remembers = hft_net_definition(actor->net)->gru > 0;
  hft_net_infer(actor->net, actor->params, x, remembers ? state : NULL, y);
  const float *params = actor->params + hft_net_param_count(actor->net);
  if (rng != NULL) {
    (void)hft_head_sample(actor->head, params, y, mask, rng, raw, sent);
  } else {
    hft_head_greedy(actor->head, params, y, mask, sent);
  }
  if (hft_action_is_float(actor->space)) {
    memcpy(action, sent, (size_t)actor->axis_count * sizeof *sent);
    return;
  }
  int32_t *choice = action;
  for (int i = 0; i < actor->axis_count; i++) choice[i] = (int32_t)sent[i];
}

// ---- checking ----------------------------------------------------------------------------------

#define FIX "train on a config with the same depth, stack, message_dim and instruments"

// Compares the names of an array with a group's: `what` is "observation" or "axis".
static hft_status check_names(char (*ours)[HFT_NAME_SIZE], int our_count, const hft_index *theirs,
                              int their_count, const char *what, const char *fix, const char *where,
                              hft_error *error) {
  int both = our_count < their_count ? our_count : their_count;
  char name[HFT_NAME_SIZE];
  for (int i = 0; i < both; i++) {
    name_of(theirs, what, i, name);
    if (strcmp(ours[i], name) == 0) continue;
    return hft_fail(error, HFT_ECONFIG, where,
                    "the checkpoint's %s %d is '%s', the seat's is '%s'; %s", what, i, ours[i],
                    name, fix);
  }
  if (our_count == their_count) return HFT_OK;
  if (our_count < their_count) name_of(theirs, what, both, name);
  return hft_fail(error, HFT_ECONFIG, where,
                  "the checkpoint has %d numbers of this kind (%s), the seat %d; the first that "
                  "only the %s has is %d, '%s'; %s",
                  our_count, what, their_count, our_count < their_count ? "seat" : "checkpoint",
                  both, our_count < their_count ? name : ours[both], fix);
}

static const char *space_name(hft_action_space space) {
  static const char *const names[] = {"box", "multi_discrete", "discrete", "mixed"};
  return (unsigned)space < sizeof names / sizeof *names ? names[space] : "unknown";
}

static hft_status check_choices(const hft_actor *actor, const hft_group *group, const char *where,
                                hft_error *error) {
  const hft_head_def *ours = hft_head_definition(actor->head);
  hft_head_def theirs = hft_head_of_group(group, actor->space, ours->density, ours->deviation);
  for (int i = 0; i < ours->axis_count; i++) {
    if (ours->choice_count[i] == theirs.choice_count[i]) continue;
    bool discrete = actor->space == HFT_ACTION_DISCRETE;
    return hft_fail(error, HFT_ECONFIG, where,
                    "the checkpoint's action has %d choices %s%s, the seat's has %d; train on a "
                    "config with the same action_choices",
                    (int)ours->choice_count[i], discrete ? "in all" : "on the axis ",
                    discrete ? "" : actor->axis_name[i], (int)theirs.choice_count[i]);
  }
  return HFT_OK;
}

hft_status hft_actor_check(const hft_actor *actor, const hft_env_spec *spec, const hft_group *group,
                           const char *where, hft_error *error) {
  if (strcmp(actor->role, group->role_name) != 0) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "the checkpoint's actor is of the role %s, the seat of the role %s; name a "
                    "checkpoint with an actor of the role %s",
                    actor->role, group->role_name, group->role_name);
  }
  if (actor->space != spec->action_space) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "the checkpoint acts in the action space %s, the seat in %s; set "
                    "env_config.action_space to %s, or train in %s",
                    space_name(actor->space), space_name(spec->action_space),
                    space_name(actor->space), space_name(spec->action_space));
  }
  hft_status status = check_names(actor->obs_name, actor->obs_dim, group->obs, group->obs_dim,
                                  "observation", FIX, where, error);
  if (status == HFT_OK) {
    status =
        check_names(actor->axis_name, actor->axis_names, group->axis, group->axis_count, "axis",
                    "train on a config with the same seats and message_dim", where, error);
  }
  return status == HFT_OK ? check_choices(actor, group, where, error) : status;
}
