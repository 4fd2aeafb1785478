// A learning algorithm, as the trainer sees it: it plays the blocks of a run and updates its
// networks. Each algorithm is one file with the equations of its paper, and one line in the table
// of algorithms.
#ifndef HFTSIM_AGENTS_LEARNER_H
#define HFTSIM_AGENTS_LEARNER_H

#include "agents/actor.h"
#include "agents/crew.h"
#include "agents/worlds.h"
#include "sim/config/key.h"

#define HFT_LEARNER_FIGURES_MAX 64
#define HFT_LEARNER_TENSORS_MAX 1024

// The networks of a run: keys of the section `network`.
// clang-format off
#define HFT_NETWORK_KEYS(X)                                                                       \
  X(LIST, hidden, "[64, 64]", 1, 1024, "units", "hidden layers of actors and critics")            \
  X(CHOICE, activation, "tanh", 0, 0, "tanh|relu|elu", "of hidden layers")                        \
  X(BOOL, layer_norm, "false", 0, 0, "", "layer normalisation before each activation")            \
  X(INT, gru, "0", 0, 256, "units", "a GRU after the hidden layers, which remembers; 0: none")    \
  X(CHOICE, density, "gaussian", 0, 0, "gaussian|squashed|beta",                                  \
    "distribution of actions that are numbers")                                                   \
  X(REAL, deviation, "0.3", 1e-3, 10, "",                                                         \
    "standard deviation of such actions at the start, of the range [-1, 1] (gaussian, squashed)") \
  X(LIST, bias, "[0]", -10, 10, "",                                                               \
    "of the actor's outputs at the start, one each, or one for all")
// clang-format on
typedef struct hft_network_keys {
  HFT_NETWORK_KEYS(HFT_KEY_MEMBER)
} hft_network_keys;
extern const hft_section hft_network_section;

// One array of a learner's state. What all of them hold is the whole state: a learner that gets
// them back goes on bit for bit.
typedef enum hft_tensor_type {
  HFT_TENSOR_F32,
  HFT_TENSOR_F64,
  HFT_TENSOR_I64,
  HFT_TENSOR_U64,
  HFT_TENSOR_U8
} hft_tensor_type;
typedef struct hft_tensor {
  char name[64];  // "maker/actor/params", "maker/adam_actor/m", "rng", ...: '/' makes groups
  hft_tensor_type type;
  int dims;
  int64_t dim[3];
  void *data;  // owned by whoever lists it
} hft_tensor;

// What an update tells: losses, KL divergence, clipped share, entropy, mean reward a step, ...
typedef struct hft_figure {
  char name[48];  // "maker/policy_loss", "maker/kl"
  double value;   // NaN: none
} hft_figure;

typedef struct hft_learner_spec {
  const hft_worlds_shape *shape;
  hft_worlds *const *block;  // [blocks], all of the same shape and number of envs; borrowed
  int blocks;
  hft_crew *crew;  // borrowed
  const hft_network_keys *network;
  const void *keys;   // the algorithm's section
  int rollout_steps;  // steps of each env in one update
  uint64_t seed;
} hft_learner_spec;

typedef struct hft_learner hft_learner;

// An algorithm.
typedef struct hft_algorithm {
  const hft_section *section;  // its name, help and keys
  hft_status (*create)(const hft_learner_spec *spec, hft_learner **out, hft_error *error);
  void (*free)(hft_learner *learner);
  // Plays rollout_steps steps of all envs with exploration, then learns from them. `progress` in
  // [0, 1]: the share of the training that is over, by which schedules go. The blocks have begun.
  // Writes the figures; returns their number. No allocation.
  int (*update)(hft_learner *learner, double progress, hft_figure figure[HFT_LEARNER_FIGURES_MAX]);
  // Lists the arrays of the state. Returns their number.
  int (*tensors)(hft_learner *learner, hft_tensor tensor[HFT_LEARNER_TENSORS_MAX]);
  // The actor of seat s of group g as it is now: borrowed, valid until the next update.
  const hft_actor *(*actor)(const hft_learner *learner, int group, int seat);
  // Seconds spent so far in simulation, forward passes, backward passes, and waiting, summed over
  // threads, for `bench learn`. Null: not measured.
  void (*shares)(const hft_learner *learner, double seconds[4]);
} hft_algorithm;

extern const hft_algorithm *const hft_algorithms[];
extern const int hft_algorithm_count;
// Null: there is none of that name.
const hft_algorithm *hft_algorithm_find(const char *name);

#endif
