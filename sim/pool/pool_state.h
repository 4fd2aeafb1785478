// Inside of sim/env: what a pool is made of.
#ifndef HFTSIM_SIM_POOL_POOL_STATE_H
#define HFTSIM_SIM_POOL_POOL_STATE_H

#include "sim/base/workers.h"
#include "sim/pool/pool.h"

// Where an env is in its life: over only where the same step does not
// begin the next episode.
typedef enum hft_pool_stage {
  HFT_POOL_STAGE_NEW,
  HFT_POOL_STAGE_RUNNING,
  HFT_POOL_STAGE_OVER
} hft_pool_stage;
// What an env is under way for; none in a step of the whole pool.
typedef enum hft_pool_task {
  HFT_POOL_TASK_NONE,
  HFT_POOL_TASK_STEP,
  HFT_POOL_TASK_RESET,
  HFT_POOL_TASK_INIT
} hft_pool_task;

// What a thread has begun with an env and not finished.
typedef enum hft_pool_work {
  HFT_POOL_WORK_NONE,
  HFT_POOL_WORK_STEP,
  HFT_POOL_WORK_RESET
} hft_pool_work;

// What a pool knows of an env.
typedef struct hft_pool_slot {
  uint64_t seed;       // of its episodes
  uint32_t episode;    // the next reset's
  uint8_t stage;       // hft_pool_stage
  uint8_t task;        // hft_pool_task
  uint8_t just_ended;  // its episode, in its last step
  uint8_t work;        // hft_pool_work
} hft_pool_slot;

struct hft_pool {
  const hft_env_model *model;
  int env_count;
  uint32_t first_env;
  hft_autoreset autoreset;
  hft_layout actions_layout, results_layout;
  size_t env_size;  // of a place in `envs`
  char *envs;
  char *actions, *results, *finals;
  char *final_rows;  // per env: its last observation in the order of the groups, then its state
  size_t final_row_bytes;
  float *returns;    // [env][seat] of the ended episodes
  int32_t *lengths;  // [env]
  hft_pool_slot *slot;
  hft_env_progress *progress;  // [env]: where what is begun has stopped
  hft_workers *workers;
  int32_t *index;   // 0 .. env_count - 1
  int32_t *batch;   // what the crew takes or gives
  int32_t *ready;   // stepped and not yet received, in that order
  int ready_count;  // of these
  int under_way;    // sent and not yet received
  int left;         // envs that what was begun waits for: a reset, a step of all, their making
  bool stepping;    // it is a step of all
  int step_chunk, reset_chunk;  // envs that a thread takes at once
  int ended_count;
};

// Where env i reads and writes: the arrays that there are, others are left as they were.
void hft_pool_io(const hft_pool *pool, int i, hft_env_io *io);

// Keeps what the ended episode of env i last showed, its length and its returns; then packs those
// of the envs, of a list, that have just ended into the finals.
size_t hft_pool_final_row_bytes(const hft_env_spec *spec);
void hft_pool_keep_final(hft_pool *pool, int i, const hft_env_io *io);
void hft_pool_pack_finals(hft_pool *pool, const int32_t *envs, int count);

#endif
