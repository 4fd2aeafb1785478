// A policy: acts for a seat inside this process, in place of a learner outside. It gets the seat's
// observation and mask and gives the seat's action, in the layout of the spec, once a step.
//
// A class of policies is an hft_agent_class with `policy` set, and comes with the other classes
// (hft_env_model_create). A config names it as `controller` of an item of `seats`, and sets its
// keys by the item's `params`. Of the class are used: section, params_size, compile, measure (its
// model_bytes and content) and release, as for agents; and state_size, the bytes of a seat's state,
// which lies in the env, holds no pointers and is zero when an episode begins.
#ifndef HFTSIM_SIM_ENV_POLICY_H
#define HFTSIM_SIM_ENV_POLICY_H

#include "sim/env/env.h"
#include "sim/market/agent.h"

// What a seat shows to its policy. Valid during the call.
typedef struct hft_policy_view {
  const hft_group *group;  // shapes and meanings of the arrays
  const float *obs;        // [group->obs_dim]
  const uint8_t *mask;     // [group->mask_dim]; of a box: no bytes
  hft_rng *rng;            // the seat's own stream
  int seat;                // its place among the seats of the group
} hft_policy_view;

typedef struct hft_policy {
  // Checks that the policy fits a group of this spec, and completes its params where they depend on
  // it, as by the indices of what it reads. Called once an item of `seats`, with compiled params.
  // ECONFIG where it does not fit. Null: it fits all.
  hft_status (*check)(void *params, const hft_env_spec *spec, const hft_group *group,
                      const char *where, hft_error *error);
  // Writes the action: group->action_dim numbers, float for a box and int32_t otherwise, with the
  // bounds of hft_env_io.action. Called for the seats in their order, before any of them has acted,
  // and not for seats that are out. May neither allocate, lock, log nor read a clock.
  void (*act)(const void *params, void *state, const hft_policy_view *view, void *action);
} hft_policy;

#endif
