#include "agents/policy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agents/checkpoint.h"
#include "sim/env/policy.h"

#define HFT_KEY_STRUCT hft_policy_keys
static const hft_key keys[] = {HFT_POLICY_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {"policy", "acts as a checkpoint of a training does", keys,
                                    sizeof keys / sizeof keys[0], sizeof(hft_policy_keys)};

// ---- shared checkpoints ------------------------------------------------------------------------

// A checkpoint that is in use, under what tells its file from others and from later ones.
typedef struct shared {
  struct shared *next;
  struct stat file;
  int users;
  hft_checkpoint *checkpoint;
} shared;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static shared *in_use;

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static hft_status open_shared(const char *path, shared **out, hft_error *error) {
  struct stat file;
  bool exists = stat(path, &file) == 0;
  for (shared *s = in_use; s != NULL && exists; s = s->next) {
    if (!same_file(&s->file, &file)) continue;
    s->users++;
    *out = s;
    return HFT_OK;
  }
  shared *made = calloc(1, sizeof *made);
  if (made == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  hft_status status = hft_checkpoint_open(path, &made->checkpoint, error);
  if (status != HFT_OK) {
    free(made);
    return status;
  }
  made->file = file;
  made->users = 1;
  made->next = in_use;
  in_use = made;
  *out = made;
  return HFT_OK;
}

static hft_status take(const char *path, shared **out, hft_error *error) {
  *out = NULL;
  pthread_mutex_lock(&mutex);
  hft_status status = open_shared(path, out, error);
  pthread_mutex_unlock(&mutex);
  return status;
}

static void give_back(shared *s) {
  if (s == NULL) return;
  pthread_mutex_lock(&mutex);
  if (--s->users == 0) {
    shared **at = &in_use;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    hft_checkpoint_close(s->checkpoint);
    free(s);
  }
  pthread_mutex_unlock(&mutex);
}

// ---- the class ---------------------------------------------------------------------------------

typedef struct policy_params {
  hft_policy_keys keys;
  shared *shared;
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
  hft_status status = take(path->text, &p->shared, error);
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
  const hft_checkpoint_spec *spec = hft_checkpoint_read(p->shared->checkpoint);
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
    const hft_actor *actor = choose(p->shared->checkpoint, group->role_name, seat);
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
  const hft_checkpoint *checkpoint = p->shared->checkpoint;
  return (hft_needs){
      .state_size = HFT_ACTOR_STATE_MAX * sizeof(float),
      .model_bytes = (size_t)p->seats * sizeof(const hft_actor *) +
                     (p->shared->users == 1 ? bytes_of(checkpoint) : 0),
      .content = hft_checkpoint_digest(checkpoint),
  };
}

static void release(void *params) {
  policy_params *p = params;
  give_back(p->shared);
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
