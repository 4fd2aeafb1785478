// Many environments in contiguous slabs, stepped by T threads. Results do not depend on T.
//
// An env's first episode after a reset with seed s is the world (s + i, 0), i being its index in
// the pool; its k-th next one is the world (s + i, k). With autoreset in the same step: where an
// episode ends, `obs` and `state` already show the next one, and the last observation of the ended
// one stands in the arrays `final_*`.
#ifndef HFTSIM_SIM_ENV_POOL_H
#define HFTSIM_SIM_ENV_POOL_H

#include "sim/env/env.h"

#define HFT_ENVS_MAX 65536
#define HFT_THREADS_MAX 256
#define HFT_ARRAYS_MAX 32

typedef enum hft_dtype { HFT_DTYPE_F32, HFT_DTYPE_U8, HFT_DTYPE_I32 } hft_dtype;

// One array of a slab: little-endian, C order, at a 64-byte aligned offset.
typedef struct hft_array {
  char name[HFT_NAME_SIZE];  // "obs/maker", ...
  hft_dtype dtype;
  int dim_count;
  int64_t shape[3];
  size_t offset, bytes;
} hft_array;

typedef struct hft_layout {
  int count;
  hft_array array[HFT_ARRAYS_MAX];
  size_t bytes;
} hft_layout;

typedef struct hft_pool hft_pool;

typedef struct hft_pool_config {
  int env_count;     // 1 .. HFT_ENVS_MAX
  int thread_count;  // 1 .. HFT_THREADS_MAX; more than env_count are not started
  uint64_t seed;
} hft_pool_config;

// The model must outlive the pool. EINVAL out of bounds; ENOMEM; EFULL: a thread would not start.
hft_status hft_pool_create(const hft_env_model *model, const hft_pool_config *config,
                           hft_pool **out, hft_error *error);
void hft_pool_free(hft_pool *pool);

// Layouts of the slabs, N envs, S seats of a role, in this order:
//   actions: action/<role> f32 [N, S, A]; i32 where actions are discrete
//   results: obs/<role> f32 [N, S, D], reward/<role> f32 [N, S], term/<role> f32 [N, S, T],
//            terminated/<role> u8 [N, S], mask/<role> u8 [N, S, M] where actions are discrete (each
//            for every role), truncated u8 [N], ended u8 [N], state f32 [N, K]
//   finals:  env i32 [E], length i32 [E], return/<role> f32 [E, S], final_obs/<role> f32 [E, S, D],
//            final_state f32 [E, K]: one row for each of the E envs that ended in the last step, in
//            order of their index; shapes in the layout say E = N, the slab is packed for E rows
//            as hft_pool_finals_layout tells
const hft_layout *hft_pool_actions_layout(const hft_pool *pool);
const hft_layout *hft_pool_results_layout(const hft_pool *pool);
void hft_pool_finals_layout(const hft_pool *pool, int ended_count, hft_layout *layout);

// The slabs. The caller writes actions; the others are valid until the next step or reset.
void *hft_pool_actions(const hft_pool *pool);
const void *hft_pool_results(const hft_pool *pool);
const void *hft_pool_finals(const hft_pool *pool);
int hft_pool_ended_count(const hft_pool *pool);

// Resets all envs, or those whose byte in mask[N] is not 0 (mask null: all). With `seed`, episodes
// start over from it as told above; without (null), each env goes on to its next episode.
void hft_pool_reset(hft_pool *pool, const uint64_t *seed, const uint8_t *mask);
// Steps all envs with the actions slab. All must have been reset once, and the actions be finite.
void hft_pool_step(hft_pool *pool);

// What a caller that cannot be trusted is held to before a step: how many envs have never been
// reset, and whether all actions in the slab are finite, or choices that there are (EINVAL: the
// error's `where` names the first that is not, "action/maker[3, 0, 1]").
int hft_pool_unstarted_count(const hft_pool *pool);
hft_status hft_pool_check_actions(const hft_pool *pool, hft_error *error);

int hft_pool_env_count(const hft_pool *pool);
const hft_env_model *hft_pool_model(const hft_pool *pool);
hft_env *hft_pool_env(hft_pool *pool, int index);

#endif
