// A training: the preset or config, the algorithm and its keys, as configs/training/*.yaml say it.
#ifndef HFTSIM_AGENTS_TRAINING_H
#define HFTSIM_AGENTS_TRAINING_H

#include "agents/learner.h"
#include "sim/config/config.h"

// clang-format off
#define HFT_TRAINING_KEYS(X)                                                                      \
  X(PATH, config, "", 0, 1023, "", "the preset, or a config file, in which seats learn")          \
  X(TEXT, task, "", 0, 63, "", "leaderboard task by which it is evaluated; empty: by the return") \
  X(TEXT, algorithm, "mappo", 1, 63, "", "mappo or ippo")                                         \
  X(INT, steps, "5000000", 1, 1000000000000, "agent steps", "length of the training")             \
  X(REAL, seconds, "0", 0, 1e9, "s", "stop after this time, whatever the steps; 0: never")        \
  X(INT, seed, "0", 0, 999999999, "", "of networks, worlds and exploration")                      \
  X(INT, num_envs, "128", 1, 65536, "envs", "environments")                                       \
  X(INT, threads, "0", 0, 256, "threads", "0: one a core; results do not depend on it")           \
  X(INT, rollout_steps, "100", 1, 100000, "steps", "steps of each env between two updates")       \
  X(INT, evaluate_every, "20", 0, 1000000000, "updates", "0: only at the end")                    \
  X(INT, evaluate_episodes, "128", 2, 100000, "episodes", "of an evaluation, on validation seeds")\
  X(INT, patience, "0", 0, 1000000, "evaluations",                                                \
    "stop after so many without a better score; 0: never")
// clang-format on
// The file further has the sections `network` (agents/learner.h), one named as the algorithm
// (agents/mappo.h), and the list `overrides` of {key, value}: keys of the env's config that hold in
// training alone, such as reward_config.baseline.
typedef struct hft_training_keys {
  HFT_TRAINING_KEYS(HFT_KEY_MEMBER)
} hft_training_keys;

#endif
