// Many environments in contiguous slabs, stepped by T threads. What an env shows depends on its
// world and its actions alone: not on N, on T, or on the order in which it is stepped.
//
// Seeds. A seed s of a whole pool gives env i the worlds of hft_world_seed(s, i), so that pools of
// different seeds share none; a seed of one env is that of its worlds, so that an env alone is env
// 0 of a pool of its seed. The k-th episode in the worlds of seed w, counted from 0 since the reset
// with a seed, is the market (w, k), whether the pool begins it or a reset without seeds does.
// Before the first reset with seeds, the seed of the pool is config.seed.
//
// Calls. A pool belongs to the thread that calls it, which is one of the T and works while it
// waits. Either all envs are stepped together (hft_pool_step), or some are sent, and whichever are
// done are received (hft_pool_send, hft_pool_recv), while the other T - 1 threads work. With one
// thread, an env that was sent is stepped in hft_pool_recv. An env is under way from the send until
// the recv that returns it: as long, its rows of the slabs must be neither read nor written.
#ifndef HFTSIM_SIM_POOL_POOL_H
#define HFTSIM_SIM_POOL_POOL_H

#include "sim/env/env.h"

#define HFT_ENVS_MAX 65536
#define HFT_THREADS_MAX 256
#define HFT_ARRAYS_MAX 96

typedef enum hft_dtype { HFT_DTYPE_F32, HFT_DTYPE_U8, HFT_DTYPE_I32 } hft_dtype;

// One array of a slab: little-endian, C order, at a 64-byte aligned offset.
typedef struct hft_array {
  char name[HFT_NAME_SIZE];  // "obs/maker", ...
  hft_dtype dtype;
  int dim_count;
  int64_t shape[3];
  size_t offset, bytes;
  size_t row_bytes;  // of one env: bytes / shape[0]
} hft_array;

typedef struct hft_layout {
  int count;
  hft_array array[HFT_ARRAYS_MAX];
  size_t bytes;
} hft_layout;

// What happens to an env whose episode has ended.
//   SAME_STEP: the step that ends it begins the next one. Rewards, terms and flags are of the step;
//     `obs`, `mask` and `state` are the first of the next episode (Gymnasium's SAME_STEP).
//   MANUAL: `obs`, `mask` and `state` are the last of the ended one. Until it is reset, the env
//     does not move: a step zeroes its rewards and terms and leaves all else, `terminated`,
//     `truncated` and `ended` too, as the last step of the episode wrote it. (Gymnasium's DISABLED,
//     which refuses such a step; here the others of the pool may go on.)
//   NEXT_STEP: `obs`, `mask` and `state` are the last of the ended one. The next step of that env
//     begins the next one, whatever its actions: its row is then that of a reset (Gymnasium's
//     NEXT_STEP).
// In all, the last observation, the length and the returns of an episode stand in the finals of
// the step that ended it, and of no other.
typedef enum hft_autoreset {
  HFT_AUTORESET_SAME_STEP,
  HFT_AUTORESET_MANUAL,
  HFT_AUTORESET_NEXT_STEP,
  HFT_AUTORESET_COUNT
} hft_autoreset;

// "same_step", "manual", "next_step".
const char *hft_autoreset_name(hft_autoreset autoreset);

typedef struct hft_pool hft_pool;

typedef struct hft_pool_config {
  int env_count;     // 1 .. HFT_ENVS_MAX
  int thread_count;  // 1 .. HFT_THREADS_MAX; more than env_count are not started
  uint64_t seed;     // of the pool, until a reset with seeds
  hft_autoreset autoreset;
  bool in_slices;  // the envs are made by hft_pool_advance, before which none may be used
  // Where the pool is a part of a larger one, its env 0 is this one there: the worlds of a seed of
  // the pool are those of the larger one's. 0 .. 2^32 - 1.
  uint32_t first_env;
  int64_t slice_work;  // of a slice; 0: HFT_SLICE_WORK. Results do not depend on it
} hft_pool_config;

// The seed of the worlds of env i of a pool of seed `seed`: mixed of both, but of env 0 the seed
// itself.
uint64_t hft_world_seed(uint64_t seed, uint64_t env);

// The model must outlive the pool. EINVAL out of bounds; ENOMEM; EFULL: a thread would not start.
hft_status hft_pool_create(const hft_env_model *model, const hft_pool_config *config,
                           hft_pool **out, hft_error *error);
void hft_pool_free(hft_pool *pool);

// The arrays of the slabs of a pool of so many envs, and of finals for so many, in this order. The
// spec may be of no pool yet.
void hft_pool_lay_out(const hft_env_spec *spec, int64_t env_count, hft_layout *actions,
                      hft_layout *results);
void hft_pool_lay_out_finals(const hft_env_spec *spec, int64_t ended_count, hft_layout *finals);

// Layouts of the slabs, N envs, S seats of a role, in this order:
//   actions: action/<role> f32 [N, S, A]; i32 where actions are discrete
//   results: obs/<role> f32 [N, S, D], reward/<role> f32 [N, S], term/<role> f32 [N, S, T],
//            terminated/<role> u8 [N, S], unfilled/<role> f32 [N, S], mask/<role> u8 [N, S, M]
//            where actions are discrete (each for every role), truncated u8 [N], ended u8 [N],
//            state f32 [N, K]
//   finals:  env i32 [E], length i32 [E], return/<role> f32 [E, S], final_obs/<role> f32 [E, S, D],
//            final_state f32 [E, K]: one row for each of the E envs whose episode ended in the last
//            step, in order of their index, or among those last received, in order of their
//            receipt; packed for E rows as hft_pool_finals_layout tells
const hft_layout *hft_pool_actions_layout(const hft_pool *pool);
const hft_layout *hft_pool_results_layout(const hft_pool *pool);
void hft_pool_finals_layout(const hft_pool *pool, int ended_count, hft_layout *layout);

// The slabs. The caller writes actions, which steps leave as they are. The row of an env in the
// results stands until the env is stepped, sent, reset, loaded or forked to; the finals stand until
// the next step, recv or reset of whichever envs.
void *hft_pool_actions(const hft_pool *pool);
const void *hft_pool_results(const hft_pool *pool);
const void *hft_pool_finals(const hft_pool *pool);
int hft_pool_ended_count(const hft_pool *pool);

// Resets all envs, or those whose byte in mask[N] is not 0 (mask null: all), env i into the worlds
// of seeds[i] (those of other envs are not read), or each into its next episode (seeds null). None
// of these may be under way; others may.
void hft_pool_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask);
// The same with a seed of the pool: env i begins in the worlds of hft_world_seed(seed, i).
void hft_pool_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask);
// Steps all envs with the actions slab. All must have been reset once, none be under way, and the
// actions be finite.
void hft_pool_step(hft_pool *pool);

// Slices, for a caller that has other things to do while many envs are stepped or reset: it begins
// one of these, and advances until it is done. Until then the slabs must be neither read nor
// written, and nothing else be asked of the pool. Whatever the slices, the results are the same
// bits.
//
// A slice is at most HFT_SLICE_ENVS envs that the calling thread does, and at most HFT_SLICE_WORK
// of work (a budget of sim/market/market.h, some milliseconds), after which a step, a reset or a
// making is left where it is; or where that thread finds nothing to do, as long as another one
// takes for so much work.
#define HFT_SLICE_ENVS 32
#define HFT_SLICE_WORK 32768
void hft_pool_begin_step(hft_pool *pool);
void hft_pool_begin_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask);
void hft_pool_begin_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask);
// Does a slice of what was begun, or of what a recv of `least` envs waits for (0: of none). True
// where there is nothing left to wait for: what was begun is done, and that recv returns at once.
bool hft_pool_advance(hft_pool *pool, int least);

// Sends envs[0 .. count - 1] to be stepped with their rows of the actions slab. EINVAL, and nothing
// is sent: an index is out of range or comes twice, or an env was never reset or is under way.
hft_status hft_pool_send(hft_pool *pool, const int32_t *envs, int count, hft_error *error);
// Waits until at least `least` of the envs under way are done and writes the indices of those that
// are, at most `room`, to envs[room]: on one thread in the order in which they were sent, on more
// in any order. Returns how many. EINVAL: `least` is below 1, above `room` or above the number
// under way, so that none or not enough would ever come.
int hft_pool_recv(hft_pool *pool, int32_t *envs, int least, int room, hft_error *error);
// How many envs are under way, and whether one of them is.
int hft_pool_under_way(const hft_pool *pool);
bool hft_pool_is_under_way(const hft_pool *pool, int env);

// A save holds all of one env: its market and seats, its seed and episode, its rows of the results.
// It has a fixed size for all pools of one config. Loaded into any env of any pool of that config,
// what follows is bit for bit what would have followed there. The finals are not part of it.
//
// EINVAL of all three: the index is out of range, or the env is under way; of save and fork: it was
// never reset. EINVAL of load: the size is another, or the saved episode has ended and waits for
// the next one, and the pool is one that begins it in the same step. EDATA of load: the bytes are
// no save, a damaged one, or one of another config or of another version or revision of the
// program, whose states differ. A refused load changes nothing. Load checks what those who err
// would do, not those who mean harm: a save is trusted data, like a program.
size_t hft_pool_env_bytes(const hft_pool *pool);
hft_status hft_pool_save(const hft_pool *pool, int env, void *bytes, size_t size, hft_error *error);
hft_status hft_pool_load(hft_pool *pool, int env, const void *bytes, size_t size, hft_error *error);
// Would a load of these bytes be refused, into an env that is not under way? EINVAL, EDATA: as it.
hft_status hft_pool_check_save(const hft_pool *pool, const void *bytes, size_t size,
                               hft_error *error);
// As a load of a save, in one copy.
hft_status hft_pool_fork(hft_pool *pool, int from, int to, hft_error *error);

// What a caller that cannot be trusted is held to before a step: how many envs have never been
// reset, and whether all actions in the slab are finite, or choices that there are (EINVAL: the
// error's `where` names the first that is not, "action/maker[3, 0, 1]"). Actions that are ignored,
// of seats that are out and of episodes that are over, may be anything.
int hft_pool_unstarted_count(const hft_pool *pool);
hft_status hft_pool_check_actions(const hft_pool *pool, hft_error *error);
// The same of the rows of some envs, before they are sent. Indices out of range are passed over.
hft_status hft_pool_check_actions_of(const hft_pool *pool, const int32_t *envs, int count,
                                     hft_error *error);

// Can an env be looked at, saved, forked? EINVAL: the index is out of range, the env is under way,
// or it was never reset.
hft_status hft_pool_check_env(const hft_pool *pool, int env, hft_error *error);

// The world that an env is in: its seed, with which a reset of one env begins it, and which of its
// episodes. False: it was never reset.
bool hft_pool_world(const hft_pool *pool, int env, uint64_t *seed, uint32_t *episode);

int hft_pool_env_count(const hft_pool *pool);
hft_autoreset hft_pool_autoreset(const hft_pool *pool);
const hft_env_model *hft_pool_model(const hft_pool *pool);
hft_env *hft_pool_env(hft_pool *pool, int index);

#endif
