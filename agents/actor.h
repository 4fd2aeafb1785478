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
  char (*axis_name)[HFT_NAME_SIZE];  // [axis_names]: of the group
  int axis_names;
  hft_net *net;
  hft_head *head;
  float *params;          // those of the net, then those of the head
  float *shift, *factor;  // [obs_dim]: of hft_standardise
} hft_actor;

// An actor for seats of a group. Parameters are 0 until the caller sets them, shift 0, factor 1. A
// group without tables of names gets the names "observation_0", "axis_0", ... The caller frees *out
// with hft_actor_free. EINVAL: a GRU beyond HFT_ACTOR_STATE_MAX, sizes of the network or of the
// head that are not those of the group, or what hft_net_create and hft_head_create refuse; ENOMEM.
hft_status hft_actor_create(const hft_group *group, hft_action_space space, const hft_net_def *net,
                            const hft_head_def *head, hft_actor **out, hft_error *error);
// Frees an actor. Null is ignored.
void hft_actor_free(hft_actor *actor);
// Acts for one seat: state[HFT_ACTOR_STATE_MAX] is what it remembers, zero when an episode begins.
// Explores by drawing from rng, or, with rng null, does not explore. mask[mask_dim of the group]:
// null for a box. action[axis_count]: float or int32_t as the space tells. The same bits on every
// machine; no allocation.
void hft_actor_act(const hft_actor *actor, float *state, const float *obs, const uint8_t *mask,
                   hft_rng *rng, void *action);
// Checks that an actor can act for the seats of a group. ECONFIG at `where`: the role, the action
// space, an observation, an axis or its choices differ; the error names the first difference.
hft_status hft_actor_check(const hft_actor *actor, const hft_env_spec *spec, const hft_group *group,
                           const char *where, hft_error *error);

#endif
