// Where experience comes from: a block of environments that one thread steps together. The market's
// envs are such blocks (agents/worlds_market.h: an hft_pool of one thread each), and so are the
// games of the tests. Blocks are numbered; block b of a run holds envs b x count .. of the run.
#ifndef HFTSIM_AGENTS_WORLDS_H
#define HFTSIM_AGENTS_WORLDS_H

#include "sim/env/env.h"

#define HFT_WORLDS_GROUPS_MAX HFT_GROUPS_MAX

// What a learner needs to know of the seats that learn: the external groups of a spec. Of games
// only the sizes, names, choice_count and control of a group are set; index tables may be null.
typedef struct hft_worlds_shape {
  int group_count;
  const hft_group *group;  // [group_count]
  int state_dim;           // 0: no state
  const hft_index *state;  // [state_dim] or null
  hft_action_space action_space;
} hft_worlds_shape;

typedef struct hft_worlds hft_worlds;

// After begin() and after each step(). Arrays belong to the block; S seats of group g.
//   obs [envs][S][obs_dim], mask [envs][S][mask_dim], state [envs][state_dim]: of the next decision
//   (the first of the next episode where one has ended)
//   controlled u8 [envs][S]: 1: another acts for the seat in this episode, as the next decision is
//   reward [envs][S], terminated u8 [envs][S], truncated u8 [envs], ended u8 [envs]: of the step
//   finals: of the episodes that ended in the step
typedef struct hft_worlds_view {
  const float *obs[HFT_WORLDS_GROUPS_MAX];
  const uint8_t *mask[HFT_WORLDS_GROUPS_MAX];  // null: a box
  const float *state;
  const uint8_t *controlled[HFT_WORLDS_GROUPS_MAX];  // null: never
  const float *reward[HFT_WORLDS_GROUPS_MAX];
  const uint8_t *terminated[HFT_WORLDS_GROUPS_MAX];
  const uint8_t *truncated, *ended;
  int final_count;
  const int32_t *final_env;                          // [final_count]
  const float *final_obs[HFT_WORLDS_GROUPS_MAX];     // [final_count][S][obs_dim]
  const float *final_state;                          // [final_count][state_dim]
  const float *final_return[HFT_WORLDS_GROUPS_MAX];  // [final_count][S]
} hft_worlds_view;

struct hft_worlds {
  const hft_worlds_shape *shape;
  int envs;
  hft_worlds_view view;
  // Where the actions of group g go: [envs][S][action_dim], float or int32_t
  // (hft_action_is_float).
  void *action[HFT_WORLDS_GROUPS_MAX];
  // Begins the first episodes of all envs of the run's seed.
  void (*begin)(hft_worlds *worlds, uint64_t seed);
  // Steps all envs; an env whose episode ends begins its next one in the same step.
  void (*step)(hft_worlds *worlds);
  // Bytes of a save of the whole block, and saving and loading it. Loading must be into a block of
  // the same kind and size: EDATA otherwise.
  size_t (*save_size)(const hft_worlds *worlds);
  hft_status (*save)(const hft_worlds *worlds, void *bytes, hft_error *error);
  hft_status (*load)(hft_worlds *worlds, const void *bytes, hft_error *error);
  void (*free)(hft_worlds *worlds);
};

#endif
