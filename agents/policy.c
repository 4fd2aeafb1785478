#include "agents/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/checkpoint.h"
#include "agents/checkpoint_shared.h"
#include "sim/env/policy.h"

#define HFT_KEY_STRUCT hft_policy_keys
static const hft_key keys[] = {HFT_POLICY_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {"policy", "acts as a checkpoint of a training does", keys,
                                    sizeof keys / sizeof keys[0], sizeof(hft_policy_keys)};

// ---- the class ---------------------------------------------------------------------------------

typedef struct policy_params {
  hft_policy_keys keys;
  hft_shared_checkpoint *shared;
  const hft_actor **actor;  // [seats of the group]
  int seats;
} policy_params;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  (void)instrument;
  policy_params *p = params;
  const hft_path *path = &p->keys.checkpoint;
  if (path->text[0] == '\0') {
    return hft_fail(error, HFT_ECONFIG, where,
                    "the policy needs a checkpoint: params: {checkpoint: "
                    "runs/NAME/checkpoints/best.h5}; 'hftsim train' writes them");
  }
  hft_status status = hft_checkpoint_share(path->text, &p->shared, error);
  if (status == HFT_EIO) hft_path_explain(path, error);
  return status;
}

// The roles of a checkpoint: "maker, taker".
static void list_roles(const hft_checkpoint_spec *spec, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < spec->actor_count && used < size; i++) {
    const char *role = spec->actor[i].actor->role;
    bool again = false;
    for (int k = 0; k < i; k++) again = again || strcmp(spec->actor[k].actor->role, role) == 0;
    if (again) continue;
    used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", role);
  }
}

// The actor of a seat: that of its place, or the only one of the role.
static const hft_actor *choose(const hft_checkpoint *checkpoint, const char *role, int seat) {
  const hft_checkpoint_spec *spec = hft_checkpoint_read(checkpoint);
  const hft_actor *found = hft_checkpoint_actor_of(checkpoint, role, seat), *only = NULL;
  int count = 0;
  for (int i = 0; i < spec->actor_count; i++) {
    if (strcmp(spec->actor[i].actor->role, role) != 0) continue;
    only = spec->actor[i].actor;
    count++;
  }
  return found != NULL || count != 1 ? found : only;
}

static hft_status no_actor(const policy_params *p, const hft_group *group, int seat,
                           const char *where, hft_error *error) {
  const hft_checkpoint_spec *spec = hft_checkpoint_read(hft_checkpoint_shared(p->shared));
  char roles[120];
  list_roles(spec, roles, sizeof roles);
  for (int i = 0; i < spec->actor_count; i++) {
    if (strcmp(spec->actor[i].actor->role, group->role_name) != 0) continue;
    return hft_fail(
        error, HFT_ECONFIG, where,
        "the checkpoint has an actor for each seat of the role %s, but none for seat %d: set "
        "params.seat to one that it has",
        group->role_name, seat);
  }
  return hft_fail(error, HFT_ECONFIG, where,
                  "the checkpoint acts for the role %s, not for %s: name it for a seat of its role",
                  roles, group->role_name);
}

static hft_status check(void *params, const hft_env_spec *spec, const hft_group *group,
                        const char *where, hft_error *error) {
  policy_params *p = params;
  free(p->actor);
  p->seats = group->seat_count;
  p->actor = calloc((size_t)p->seats, sizeof(const hft_actor *));
  if (p->actor == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  const hft_actor *last = NULL;
  for (int s = 0; s < p->seats; s++) {
    int seat = p->keys.seat >= 0 ? (int)p->keys.seat : s;
    const hft_actor *actor = choose(hft_checkpoint_shared(p->shared), group->role_name, seat);
    if (actor == NULL) return no_actor(p, group, seat, where, error);
    p->actor[s] = actor;
    if (actor == last) continue;
    hft_status status = hft_actor_check(actor, spec, group, where, error);
    if (status != HFT_OK) return status;
    last = actor;
  }
  return HFT_OK;
}

static size_t bytes_of(const hft_checkpoint *checkpoint) {
  const hft_checkpoint_spec *spec = hft_checkpoint_read(checkpoint);
  size_t bytes = strlen(spec->config) + strlen(spec->training);
  for (int i = 0; i < spec->actor_count; i++) {
    const hft_actor *actor = spec->actor[i].actor;
    size_t floats = (size_t)hft_net_param_count(actor->net) + 2 * (size_t)actor->obs_dim;
    bytes += floats * sizeof(float) + (size_t)actor->obs_dim * HFT_NAME_SIZE + sizeof *actor;
  }
  return bytes;
}

// A shared checkpoint counts once for all of its users, as far as they are those of one model.
static hft_needs measure(const void *params) {
  const policy_params *p = params;
  const hft_checkpoint *checkpoint = hft_checkpoint_shared(p->shared);
  return (hft_needs){
      .state_size = HFT_ACTOR_STATE_MAX * sizeof(float),
      .model_bytes = (size_t)p->seats * sizeof(const hft_actor *) +
                     (hft_checkpoint_is_shared(p->shared) ? 0 : bytes_of(checkpoint)),
      .content = hft_checkpoint_digest(checkpoint),
  };
}

static void release(void *params) {
  policy_params *p = params;
  hft_checkpoint_give_back(p->shared);
  free(p->actor);
  p->shared = NULL;
  p->actor = NULL;
}

static void act(const void *params, void *state, const hft_policy_view *view, void *action) {
  const policy_params *p = params;
  const uint8_t *mask = view->group->mask_dim > 0 ? view->mask : NULL;
  hft_actor_act(p->actor[view->seat], state, view->obs, mask, p->keys.explore ? view->rng : NULL,
                action);
}

static const hft_policy policy = {check, act};

const hft_agent_class hft_policy_class = {
    .section = &section,
    .params_size = sizeof(policy_params),
    .state_size = HFT_ACTOR_STATE_MAX * sizeof(float),
    .compile = compile,
    .measure = measure,
    .release = release,
    .policy = &policy,
};
