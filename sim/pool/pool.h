// Many environments in contiguous slabs, stepped by T threads. The results of an env depend on its
// world and its actions alone: not on the number of envs or threads, nor on the order in which envs
// are stepped.
//
// Seeds. A seed s of a pool gives env i the worlds of hft_world_seed(s, i), so pools of different
// seeds share no world. A seed of one env is the seed of its worlds; a single env behaves as env 0
// of a pool of its seed. After a reset with a seed, episode k (from 0) in the worlds of seed w is
// the market (w, k), whether the pool or a reset without seeds begins it. Before the first reset
// with seeds, the seed of the pool is config.seed.
//
// Threads. One thread owns a pool: only it may call these functions. It is one of the T threads and
// works while it waits. Either all envs are stepped together (hft_pool_step), or some are sent and
// those that are done are received (hft_pool_send, hft_pool_recv) while the other T - 1 threads
// work. With one thread, an env that was sent is stepped in hft_pool_recv. An env is under way from
// hft_pool_send to the hft_pool_recv that returns it; meanwhile its rows of the slabs must be
// neither read nor written.
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

// Writes the name of an array of a group: "reward/maker"; "strategy_reward/maker" where strategies
// hold the seats, "policy_reward/maker" where policies do.
void hft_array_name(const hft_group *group, const char *kind, char name[HFT_NAME_SIZE]);

typedef struct hft_layout {
  int count;
  hft_array array[HFT_ARRAYS_MAX];
  size_t bytes;
} hft_layout;

// What happens to an env whose episode has ended.
//   SAME_STEP: the step that ends an episode begins the next one. Rewards, terms and flags are
//   those of the ended episode; `obs`, `mask` and `state` are the first of the next episode
//   (Gymnasium's SAME_STEP).
//   MANUAL: `obs`, `mask` and `state` are the last of the ended episode. The env stays as it is
//   until it is reset: a step only zeroes its rewards, terms and unfilled lots. Unlike Gymnasium's
//   DISABLED such a step is no error, so that the other envs of the pool can go on.
//   NEXT_STEP: `obs`, `mask` and `state` are the last of the ended episode. The next step of the
//   env ignores its actions and begins the next episode; its row is then that of a reset
//   (Gymnasium's NEXT_STEP).
// In all modes the finals of the step that ended an episode, and of no other step, hold its last
// observation, its length and its returns.
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
  bool in_slices;  // hft_pool_advance makes the envs; no env may be used before it returns true
  // Index of env 0 in the larger pool that this pool is a part of, 0 .. 2^32 - 1: the worlds of a
  // seed are those of the larger pool.
  uint32_t first_env;
  int64_t slice_work;  // work of a slice; 0: HFT_SLICE_WORK. Results do not depend on it
} hft_pool_config;

// The seed of the worlds of env `env` of a pool of seed `seed`: `seed` itself for env 0, otherwise
// mixed from both.
uint64_t hft_world_seed(uint64_t seed, uint64_t env);

// Creates a pool and, unless config->in_slices, makes its envs, which have to be reset before their
// first step. The model must outlive the pool. EINVAL: a count out of range; ENOMEM; EFULL: a
// thread would not start.
hft_status hft_pool_create(const hft_env_model *model, const hft_pool_config *config,
                           hft_pool **out, hft_error *error);
// Stops the threads and frees the pool, at any time. Null is ignored.
void hft_pool_free(hft_pool *pool);

// The layouts of a pool of `env_count` envs and of finals of `ended_count` rows, without a pool.
void hft_pool_lay_out(const hft_env_spec *spec, int64_t env_count, hft_layout *actions,
                      hft_layout *results);
void hft_pool_lay_out_finals(const hft_env_spec *spec, int64_t ended_count, hft_layout *finals);

// Layouts of the slabs, N envs, S seats of a role, in this order:
//   actions: action/<role> f32 [N, S, A]; i32 where all are choices (not mixed)
//   results: obs/<role> f32 [N, S, D], reward/<role> f32 [N, S], term/<role> f32 [N, S, T],
//            terminated/<role> u8 [N, S], unfilled/<role> f32 [N, S], mask/<role> u8 [N, S, M]
//            except for a box, controlled/<role> u8 [N, S] with env_config.reseat (each for every
//            role), truncated u8 [N], ended u8 [N],
//            state f32 [N, K]; then, for each group that a policy or strategy controls,
//            <by>_reward/<role>, <by>_term/<role>, <by>_terminated/<role>, <by>_unfilled/<role>,
//            <by> being `policy` or `strategy`; where the config has a list `randomise`, drawn
//            f32 [N, R]: the values of its keys in the env's current episode
//   finals:  env i32 [E], length i32 [E], return/<role> f32 [E, S], final_obs/<role> f32 [E, S, D],
//            final_state f32 [E, K], total/<role> f32 [E, S, ...], final_mask/<role> u8 [E, S, M];
//            then for each of these groups <by>_return/<role>, <by>_total/<role>; final_drawn f32
//            [E, R] as `drawn`, of the episodes that ended. E rows, as
//            hft_pool_finals_layout lays them out: one for each env whose episode ended in the last
//            step, by index, or among those last received, in the order of their receipt
// The layouts belong to the pool and do not change.
const hft_layout *hft_pool_actions_layout(const hft_pool *pool);
const hft_layout *hft_pool_results_layout(const hft_pool *pool);
// Writes the layout of the finals of `ended_count` episodes.
void hft_pool_finals_layout(const hft_pool *pool, int ended_count, hft_layout *layout);

// The slabs, which belong to the pool. The caller writes actions, which steps do not change. The
// row of an env in the results is valid until the env is stepped, sent, reset, loaded or forked to;
// the finals are valid until the next step, recv or reset of any env.
void *hft_pool_actions(const hft_pool *pool);
const void *hft_pool_results(const hft_pool *pool);
const void *hft_pool_finals(const hft_pool *pool);
// Rows of the finals.
int hft_pool_ended_count(const hft_pool *pool);

// Resets the envs whose byte in mask[N] is not 0, or all (mask null): env i into the first episode
// of the worlds of seeds[i], or into its next episode (seeds null). seeds[i] is read only for envs
// that are reset. None of them may be under way; others may.
void hft_pool_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask);
// The same with a seed of the pool: env i begins in the worlds of hft_world_seed(seed, i).
void hft_pool_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask);
// Steps all envs with the actions slab. Every env must have been reset once, none may be under way,
// and the actions must be finite.
void hft_pool_step(hft_pool *pool);

// Slices, for a caller that has other work while many envs are stepped or reset: it begins a step
// or a reset, and calls hft_pool_advance until that returns true. Until then the slabs must be
// neither read nor written, and no other function of the pool be called. The results do not depend
// on the slices.
//
// A slice ends when the calling thread has finished HFT_SLICE_ENVS envs or done HFT_SLICE_WORK of
// work (a budget of sim/market/market.h, some milliseconds), which may interrupt a step or a reset;
// if that thread has nothing to do, a slice ends when another thread has done so much work.
#define HFT_SLICE_ENVS 32
#define HFT_SLICE_WORK 32768
void hft_pool_begin_step(hft_pool *pool);
void hft_pool_begin_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask);
void hft_pool_begin_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask);
// Does a slice of what was begun, and of the envs that a recv of `least` envs waits for (0: none).
// True once what was begun is done and such a recv would return at once.
bool hft_pool_advance(hft_pool *pool, int least);

// Queues envs[0 .. count - 1] to be stepped with their rows of the actions slab. EINVAL, and
// nothing is queued: an index is out of range or comes twice, or an env was never reset or is under
// way.
hft_status hft_pool_send(hft_pool *pool, const int32_t *envs, int count, hft_error *error);
// Waits until at least `least` of the envs under way are done, and writes the indices of those that
// are done, at most `room`, to envs[room]: on one thread in the order in which they were sent, on
// several in any order. Returns their number. EINVAL: `least` is below 1, above `room` or above the
// number under way.
int hft_pool_recv(hft_pool *pool, int32_t *envs, int least, int room, hft_error *error);
// The number of envs under way.
int hft_pool_under_way(const hft_pool *pool);
// Whether an env is under way or being reset.
bool hft_pool_is_under_way(const hft_pool *pool, int env);

// ---- overrides ---------------------------------------------------------------------------------
// An env may begin its episodes with overrides of the pool's config (hft_env_override), whose model
// must fit that of the pool. A pool holds the models of HFT_OVERRIDES_MAX different sets of
// overrides at a time, beside its own, set 0. Another set takes the place of the one that no env
// uses and that was chosen longest ago.
#define HFT_OVERRIDES_MAX 64

// The set of an overridden config that the pool holds, or -1: its model has to be added.
int hft_pool_find_overrides(const hft_pool *pool, uint64_t config_digest);
// The digest that tells overridden configs apart: of the effective config. 0: out of memory.
uint64_t hft_pool_config_digest(const hft_config *config);
// Adds the model of an overridden config, which the pool owns from then on, and writes its set.
// ECONFIG at `where`: the model does not fit that of the pool; EFULL: envs use all
// HFT_OVERRIDES_MAX sets. On failure nothing has changed, and the caller still owns the model.
hft_status hft_pool_add_overrides(hft_pool *pool, uint64_t config_digest, hft_env_model *model,
                                  const char *where, int *set, hft_error *error);
// The envs whose byte in mask[N] is not 0, or all (mask null), begin their next episodes with a
// set, until another one is chosen. None of them may be under way.
void hft_pool_choose_overrides(hft_pool *pool, int set, const uint8_t *mask);
// Bytes of the models of all sets but the pool's own.
size_t hft_pool_overrides_bytes(const hft_pool *pool);
// The model of an env's current episode: a variant of the pool's model, or of one with overrides;
// the pool's before the first reset. Valid until the env is reset, stepped, loaded or forked to.
const hft_env_model *hft_pool_env_model(const hft_pool *pool, int env);

// A save holds the whole of one env: its market and seats, its seed and episode, its rows of the
// results, but not its finals. It may be loaded into any env of any pool of the same config, which
// then continues bit for bit as the saved env would have. A save of an env with overrides can be
// loaded only into a pool that holds them.

// Bytes of a save; equal for all pools of a config.
size_t hft_pool_env_bytes(const hft_pool *pool);
// Writes a save of an env to bytes[size], size being hft_pool_env_bytes. EINVAL: the index is out
// of range, the env is under way or was never reset, or the size is wrong.
hft_status hft_pool_save(const hft_pool *pool, int env, void *bytes, size_t size, hft_error *error);
// Replaces an env by a save. EINVAL: the index is out of range, the env is under way, the size is
// wrong, or the saved episode has ended and the pool's autoreset is SAME_STEP. EDATA: the bytes are
// not a save, are damaged, come from another config, version or revision of the program, or are of
// an env with overrides that the pool does not hold. A refused load changes nothing. The checks
// protect against accidental, not malicious, input: a save is trusted data, like a program.
hft_status hft_pool_load(hft_pool *pool, int env, const void *bytes, size_t size, hft_error *error);
// Checks bytes as hft_pool_load does, for an env that is not under way.
hft_status hft_pool_check_save(const hft_pool *pool, const void *bytes, size_t size,
                               hft_error *error);
// Copies env `from` to each of the envs to[0 .. count - 1], like a save and `count` loads. A copy
// goes on with the world and the episode of `from`. EINVAL, and nothing is copied: `from` is one of
// to[] or one of them occurs twice, an index is out of range, one of the envs is under way, or
// `from` was never reset.
hft_status hft_pool_fork(hft_pool *pool, int from, const int32_t *to, int count, hft_error *error);
// Checks the arguments of hft_pool_fork, and copies nothing.
hft_status hft_pool_check_fork(const hft_pool *pool, int from, const int32_t *to, int count,
                               hft_error *error);

// Checks of untrusted callers before a step.

// The number of envs that were never reset.
int hft_pool_unstarted_count(const hft_pool *pool);
// EINVAL: an action of the slab is not finite, or not one of the choices; the error's `where` names
// the first such action, "action/maker[3, 0, 1]". Actions of seats that are out and of episodes
// that are over are not checked.
hft_status hft_pool_check_actions(const hft_pool *pool, hft_error *error);
// The same for the rows of envs[count], before they are sent. Indices out of range are skipped.
hft_status hft_pool_check_actions_of(const hft_pool *pool, const int32_t *envs, int count,
                                     hft_error *error);

// Can an env be read, saved and forked? EINVAL: the index is out of range, the env is under way, or
// it was never reset.
hft_status hft_pool_check_env(const hft_pool *pool, int env, hft_error *error);

// Writes the seed of the worlds of an env, as hft_pool_reset takes it, and the number of its
// episode since that seed was set. False: the env was never reset.
bool hft_pool_world(const hft_pool *pool, int env, uint64_t *seed, uint32_t *episode);

int hft_pool_env_count(const hft_pool *pool);
hft_autoreset hft_pool_autoreset(const hft_pool *pool);
const hft_env_model *hft_pool_model(const hft_pool *pool);
// An env of the pool, index 0 .. N - 1, which must not be under way. The pool owns it.
hft_env *hft_pool_env(hft_pool *pool, int index);

#endif
