// MAPPO: proximal policy optimisation with a centralised value (Schulman and others 2017; Yu and
// others 2022), and IPPO, the same with a value of the seat's own observation.
#ifndef HFTSIM_AGENTS_MAPPO_H
#define HFTSIM_AGENTS_MAPPO_H

#include "agents/learner.h"

// clang-format off
#define HFT_MAPPO_KEYS(X)                                                                         \
  X(REAL, lr_actor, "2e-3", 0, 1, "", "learning rate of actors at the start")                     \
  X(REAL, lr_critic, "2e-3", 0, 1, "", "learning rate of critics at the start")                   \
  X(REAL, lr_end, "0.1", 0, 1, "", "share of the learning rates that is left at the end; linear") \
  X(REAL, gamma, "0.98", 0, 1, "", "discount of a step")                                          \
  X(REAL, gae_lambda, "0.95", 0, 1, "", "of generalised advantage estimates")                     \
  X(REAL, clip_epsilon, "0.2", 0, 10, "", "clipping of the probability ratio")                    \
  X(REAL, value_clip, "0", 0, 1e6, "deviations of the returns",                                   \
    "a value may move so far from that of the rollout; 0: any")                                   \
  X(REAL, huber_delta, "1", 0, 1e6, "deviations of the returns",                                  \
    "errors of values beyond it count linearly; 0: squared errors")                               \
  X(REAL, value_coef, "1", 0, 1e3, "", "weight of the value loss in a critic's gradient")         \
  X(REAL, entropy_coef, "0", 0, 10, "", "bonus for entropy at the start")                         \
  X(REAL, entropy_end, "0", 0, 10, "", "bonus for entropy at the end")                            \
  X(INT, epochs, "4", 1, 100, "", "passes over a rollout")                                        \
  X(INT, batch_size, "0", 0, 10000000, "rows", "of a minibatch; 0: a quarter of the rollout")     \
  X(REAL, target_kl, "0", 0, 10, "", "an update stops beyond this divergence; 0: never")          \
  X(REAL, max_grad_norm, "0.5", 0, 1e6, "", "gradients are clipped to it; 0: never")              \
  X(REAL, weight_decay, "0", 0, 1, "", "of AdamW")                                                \
  X(REAL, value_memory, "0.95", 0, 1, "", "of the returns' moments, from an update to the next")  \
  X(BOOL, normalise_advantage, "true", 0, 0, "",                                                  \
    "advantages of a minibatch to mean 0, deviation 1")                                           \
  X(BOOL, bootstrap, "true", 0, 0, "",                                                            \
    "an episode cut off by episode_len (truncated) is worth the value of its last state; false: "  \
    "nothing, for tasks that end there and whose seats see the time left")                        \
  X(BOOL, share, "true", 0, 0, "", "the seats of a role share their networks")
// clang-format on
typedef struct hft_mappo_keys {
  HFT_MAPPO_KEYS(HFT_KEY_MEMBER)
} hft_mappo_keys;

extern const hft_algorithm hft_mappo, hft_ippo;

#endif
