// What acts: a policy network with its head and the standardisation of its observations, for the
// seats of one role. Constant once made; what a seat remembers is the caller's.
#ifndef HFTSIM_AGENTS_ACTOR_H
#define HFTSIM_AGENTS_ACTOR_H

#include "agents/nn/head.h"
#include "agents/nn/net.h"

#define HFT_ACTOR_STATE_MAX 256  // numbers that a seat remembers (units of a GRU)

// All pointers are owned by the actor if hft_actor_create made it.
typedef struct hft_actor {
  char role[HFT_NAME_SIZE];
  hft_action_space space;
  int obs_dim, axis_count;           // axis_count: numbers of an action
  char (*obs_name)[HFT_NAME_SIZE];   // [obs_dim]: what a seat must show
  char (*axis_name)[HFT_NAME_SIZE];  // [axes of the group]
  int axis_names;
  hft_net *net;
  hft_head *head;
  float *params;          // those of the net, then those of the head
  float *shift, *factor;  // [obs_dim]: of hft_standardise
} hft_actor;

// An actor for seats of a group, with parameters that are not yet set. The caller frees it with
// hft_actor_free. EINVAL: a GRU beyond HFT_ACTOR_STATE_MAX, ...; ENOMEM.
hft_status hft_actor_create(const hft_group *group, hft_action_space space, const hft_net_def *net,
                            const hft_head_def *head, hft_actor **out, hft_error *error);
void hft_actor_free(hft_actor *actor);
// Acts for one seat: state[HFT_ACTOR_STATE_MAX] is what it remembers, zero when an episode begins.
// Explores by drawing from rng, or, with rng null, does not explore. action[axis_count]: float or
// int32_t as the space tells. The same bits on every machine; no allocation.
void hft_actor_act(const hft_actor *actor, float *state, const float *obs, const uint8_t *mask,
                   hft_rng *rng, void *action);
// ECONFIG at `where`: the group's observation or action is not that of the actor; the error names
// the first difference.
hft_status hft_actor_check(const hft_actor *actor, const hft_env_spec *spec, const hft_group *group,
                           const char *where, hft_error *error);

#endif
