// Inside of sim/pool: what a pool is made of.
#ifndef HFTSIM_SIM_POOL_POOL_STATE_H
#define HFTSIM_SIM_POOL_POOL_STATE_H

#include <stdatomic.h>

#include "sim/base/workers.h"
#include "sim/pool/pool.h"

// Where an env is in its life. OVER: its episode has ended, and the step that ended it did not
// begin the next one.
typedef enum hft_pool_stage {
  HFT_POOL_STAGE_NEW,
  HFT_POOL_STAGE_RUNNING,
  HFT_POOL_STAGE_OVER
} hft_pool_stage;
// What an env is queued for. NONE: nothing, or a step of the whole pool.
typedef enum hft_pool_task {
  HFT_POOL_TASK_NONE,
  HFT_POOL_TASK_STEP,
  HFT_POOL_TASK_RESET,
  HFT_POOL_TASK_INIT
} hft_pool_task;

// What a thread has begun with an env and not finished. MAKE: the env's memory is laid out for
// another variant; a reset follows.
typedef enum hft_pool_work {
  HFT_POOL_WORK_NONE,
  HFT_POOL_WORK_STEP,
  HFT_POOL_WORK_FORK,  // the caller's mark while it checks a fork
  HFT_POOL_WORK_MAKE,
  HFT_POOL_WORK_RESET
} hft_pool_work;

// The pool's record of an env.
typedef struct hft_pool_slot {
  uint64_t seed;               // of its episodes
  const hft_env_model *model;  // variant of its current episode, whose layout its memory has
  uint32_t episode;            // number of the episode that the next reset begins
  uint8_t stage;               // hft_pool_stage
  uint8_t task;                // hft_pool_task
  uint8_t just_ended;          // its last step ended an episode
  uint8_t work;                // hft_pool_work
  uint8_t set;                 // overrides that the next episode begins with: index in hft_pool.set
  // Set that `model` is of. The env's thread changes it once it is done with the model before.
  _Atomic uint8_t model_set;
  uint8_t zero[6];
} hft_pool_slot;

// The model of the pool's config with overrides.
typedef struct hft_pool_set {
  hft_env_model *model;  // null: the place is free. Owned, but for set 0, the pool's own model
  uint64_t config;       // digest of the effective config
  uint64_t used;         // turn in which it was last chosen
} hft_pool_set;

struct hft_pool {
  const hft_env_model *model;
  hft_pool_set set[1 + HFT_OVERRIDES_MAX];
  uint64_t turn;  // counts choices of overrides
  int env_count;
  uint32_t first_env;
  hft_autoreset autoreset;
  hft_layout actions_layout, results_layout;
  size_t env_size;  // bytes from one env in `envs` to the next
  char *envs;
  char *actions, *results, *finals;
  char *final_rows;  // per env: the finals of its last ended episode, but index and length
  size_t final_row_bytes;
  int32_t *lengths;  // [env] of the ended episodes
  hft_pool_slot *slot;
  hft_env_progress *progress;  // [env]: where a task has been interrupted
  hft_workers *workers;
  int32_t *index;   // 0 .. env_count - 1
  int32_t *batch;   // scratch: envs given to the threads or taken from them
  int32_t *ready;   // envs that were sent, are done and wait to be received, in this order
  int ready_count;  // of these
  int under_way;    // envs sent and not yet received
  int left;         // envs not yet done of a reset, of a step of all, or of making the envs
  bool stepping;    // `left` counts a step of all
  int step_chunk, reset_chunk;  // envs that a thread takes at once
  int ended_count;
};

// Points *io to the rows of env i in the slabs. Masks that the spec does not have are left as they
// were.
void hft_pool_io(const hft_pool *pool, int i, hft_env_io *io);

// Whether a variant of a set of the pool has this digest. Returns it, with its set, or null.
const hft_env_model *hft_pool_find_variant(const hft_pool *pool, uint64_t digest, int *set);
// The set whose model has this digest, or -1.
int hft_pool_find_set(const hft_pool *pool, uint64_t digest);
// Writes the drawn values of env i to its row of the results.
void hft_pool_write_drawn(const hft_pool *pool, int i);

// Does the task of env i on any thread, as hft_workers_task asks for; `context` is the pool.
bool hft_pool_run_env(void *context, int thread, int i, int64_t *budget);
// Has the threads initialise the memory of all envs, whose worlds are those of this seed.
void hft_pool_begin_making(hft_pool *pool, uint64_t seed);
// Works and waits until what was begun is done and `least` envs can be received.
void hft_pool_finish(hft_pool *pool, int least);

// Bytes that hft_pool_keep_final writes for an env.
size_t hft_pool_final_row_bytes(const hft_env_spec *spec);
// Keeps the finals of the episode of env i that has just ended.
void hft_pool_keep_final(hft_pool *pool, int i, const hft_env_io *io);
// Writes the finals slab: a row for each of envs[count] whose episode has just ended.
void hft_pool_pack_finals(hft_pool *pool, const int32_t *envs, int count);

#endif
