// The policy `policy`: an actor of a checkpoint, which acts for seats of its role. A checkpoint
// that several seats, configs or variants name is read once and shared.
#ifndef HFTSIM_AGENTS_POLICY_H
#define HFTSIM_AGENTS_POLICY_H

#include "sim/config/key.h"
#include "sim/market/agent.h"

// clang-format off
#define HFT_POLICY_KEYS(X)                                                                        \
  X(PATH, checkpoint, "", 0, 1023, "", "the checkpoint that acts, of `hftsim train`")             \
  X(BOOL, explore, "false", 0, 0, "",                                                             \
    "actions are drawn from the policy's distribution; false: its mean, or most probable choice") \
  X(INT, seat, "-1", -1, 255, "",                                                                 \
    "the actor of this seat of its role, where the checkpoint has one for each; -1: that of the " \
    "seat's own place")

// X(agent_class): the policies of this layer (sim/env/policy.h).
#define HFT_AGENTS_MAP(X) \
  X(hft_policy_class)
// clang-format on

typedef struct hft_policy_keys {
  HFT_POLICY_KEYS(HFT_KEY_MEMBER)
} hft_policy_keys;

extern const hft_agent_class hft_policy_class;

#endif
