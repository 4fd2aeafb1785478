// hftsim as a library: N order-book markets with learners' seats, stepped at once in this process.
// The guide, with a program of one page, is docs/c_api.md; what the arrays mean,
// docs/environment.md.
//
//   hftsim *sim = hftsim_create();
//   hftsim_load(sim, "market_making");                  // a preset, or a YAML file
//   hftsim_start(sim, 64, 0, 1);                        // 64 envs, a thread per core, seed 1
//   float *action = hftsim_array_data(sim, hftsim_array_find(sim, "action/maker"));
//   hftsim_reset(sim, NULL);
//   ... write to action, hftsim_step(sim), read "obs/maker", "reward/maker", "ended", ...
//   hftsim_free(sim);
//
// Errors. A function that can fail returns HFTSIM_OK (or a count), or a negative status, and then
// nothing has changed; hftsim_error_text and hftsim_error_where tell more. Handles may be null and
// arguments wrong: that is an error, not a crash. Only pointers to memory that is not there, and
// handles that have been freed, cannot be caught.
//
// Threads. Handles share nothing: each may be used by a thread of its own. One handle is for one
// thread at a time; a call while another thread is in one with the same handle gives HFTSIM_BUSY.
// A handle's own threads sleep between calls.
//
// fork(). A handle belongs to the process that created it: in a child, its threads are not there,
// and calls give HFTSIM_FORKED. The child creates its own; hftsim_free of the parent's does
// nothing.
//
// Determinism. The same config, seed and actions give the same bits, on any number of threads.
//
// ABI. Functions and numbers are only added: a program built against this header runs with every
// library of the same HFTSIM_ABI.
#ifndef HFTSIM_INCLUDE_HFTSIM_H
#define HFTSIM_INCLUDE_HFTSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HFTSIM_API __attribute__((visibility("default")))
#define HFTSIM_ABI 1

// Some envs with their config: all that there is. Opaque.
typedef struct hftsim hftsim;

// ---- statuses ----------------------------------------------------------------------------------
#define HFTSIM_OK 0
#define HFTSIM_BAD_ARGUMENT (-1)  // null, out of range, of the wrong size, or at the wrong time
#define HFTSIM_CONFIG (-2)        // the config is refused, or cannot be read
#define HFTSIM_LIMIT (-3)         // out of memory, or a thread would not start
#define HFTSIM_NOT_RESET (-4)     // a step before every env has been reset once
#define HFTSIM_BAD_ACTION (-5)    // an action is infinite, NaN, or a choice that there is not
#define HFTSIM_BUSY (-6)          // another thread is in a call with this handle
#define HFTSIM_FORKED (-7)        // the handle belongs to the parent process
#define HFTSIM_BAD_SAVE (-8)      // no save of an env, a damaged one, or one of another config
#define HFTSIM_INTERNAL (-9)      // none of these: please report it

// The name of a status, "bad_action", and its words. Never null.
HFTSIM_API const char *hftsim_status_name(int status);
HFTSIM_API const char *hftsim_status_text(int status);

// What went wrong in the last call that failed with this handle, other than with BUSY or FORKED,
// and how to mend it; and where: "file:line", the path of a key, the element of an array, or an
// argument. "" where nothing has. Never null; valid until the next call that fails.
HFTSIM_API const char *hftsim_error_text(const hftsim *sim);
HFTSIM_API const char *hftsim_error_where(const hftsim *sim);

// ---- the library -------------------------------------------------------------------------------
HFTSIM_API int hftsim_abi(void);               // HFTSIM_ABI of the library
HFTSIM_API const char *hftsim_version(void);   // "0.1.0"
HFTSIM_API const char *hftsim_revision(void);  // of its source

// The presets of hftsim_load; null where index is not in 0 .. count - 1.
HFTSIM_API int hftsim_preset_count(void);
HFTSIM_API const char *hftsim_preset_name(int index);

// ---- a handle and its config -------------------------------------------------------------------
// A handle whose config is the preset "default". Null when out of memory.
HFTSIM_API hftsim *hftsim_create(void);
// Frees the handle and all that it handed out. May be null.
HFTSIM_API void hftsim_free(hftsim *sim);

// Lays more over the config, until the envs are started: a preset or the path of a YAML file
// ("./name" is always a file); `size` bytes of YAML, which errors call `name` (null: "config");
// one key, "market_config.volatility", "seats.maker.count" or "populations.0.rate". What does not
// belong together is found by hftsim_start.
HFTSIM_API int hftsim_load(hftsim *sim, const char *preset_or_file);
HFTSIM_API int hftsim_load_text(hftsim *sim, const char *yaml, size_t size, const char *name);
HFTSIM_API int hftsim_set(hftsim *sim, const char *key, const char *value);

// The whole config in effect, YAML with units and help. Null when out of memory; valid until the
// next call of this function.
HFTSIM_API const char *hftsim_config(hftsim *sim);

// What happens to an env whose episode has ended, to be said before the start: the same step begins
// the next one (the default); or the env rests as it ended until it is reset; or it is left as it
// ended, and its next step begins the next one, whatever the actions: that step is like a reset.
#define HFTSIM_SAME_STEP 0
#define HFTSIM_MANUAL 1
#define HFTSIM_NEXT_STEP 2
HFTSIM_API int hftsim_set_autoreset(hftsim *sim, int autoreset);

// Makes the envs. `threads` 0 is one per core of the machine. Env i begins in the world (seed, i).
// Once for a handle, for which the config is then fixed.
HFTSIM_API int hftsim_start(hftsim *sim, int num_envs, int threads, uint64_t seed);

// The same with a seed drawn from the system's entropy: other worlds in each run, as of a server or
// in Python without a seed. HFTSIM_INTERNAL: the system gives none.
HFTSIM_API int hftsim_start_unseeded(hftsim *sim, int num_envs, int threads);
// The seed that the envs were started with, with which hftsim_start begins in the same worlds.
HFTSIM_API int hftsim_seed(hftsim *sim, uint64_t *seed);
// A seed from the system's entropy. HFTSIM_BAD_ARGUMENT: `seed` is null; HFTSIM_INTERNAL: the
// system gives none.
HFTSIM_API int hftsim_draw_seed(uint64_t *seed);

// ---- episodes ----------------------------------------------------------------------------------
// Begins episodes: of the envs whose byte in mask[num_envs] is not 0, or of all where mask is null.
// Each env goes on to its next episode, and never starts over by itself; with a seed, env i starts
// over in the world (seed, i); with seeds[num_envs] in the world (seeds[i], 0), that of env 0 of
// envs of that seed. Different seeds have no world in common.
// Writes "obs", "state" and "ended" of these envs and zeroes their rewards and flags.
HFTSIM_API int hftsim_reset(hftsim *sim, const uint8_t *mask);
HFTSIM_API int hftsim_reset_seed(hftsim *sim, uint64_t seed, const uint8_t *mask);
HFTSIM_API int hftsim_reset_seeds(hftsim *sim, const uint64_t *seeds, const uint8_t *mask);

// Moves all envs by a step with the actions that stand in the arrays "action/<role>". Where an
// episode ends the next one begins in the same step: "obs" and "state" show its beginning, and the
// finals what the ended one last showed.
HFTSIM_API int hftsim_step(hftsim *sim);

// Episodes that ended in the last step or receipt: rows of the finals. 0 after a reset.
HFTSIM_API int hftsim_ended_count(const hftsim *sim);

// ---- some envs at a time -----------------------------------------------------------------------
// Instead of a step of all: hftsim_send has `count` envs stepped with their rows of the actions,
// and hftsim_recv waits until at least `least` of those under way are done, writes the indices of
// all that are to envs[room], at most `room`, and returns how many. While an env is under way, its
// rows are neither to be read nor written, and it can be neither reset, saved, loaded nor forked.
HFTSIM_API int hftsim_send(hftsim *sim, const int32_t *envs, int count);
HFTSIM_API int hftsim_recv(hftsim *sim, int32_t *envs, int least, int room);
HFTSIM_API int hftsim_under_way_count(const hftsim *sim);

// All of one env with its rows of the results, in so many bytes: the same for every handle of a
// config. 0 before the start.
HFTSIM_API size_t hftsim_env_bytes(const hftsim *sim);
// Writes it; puts an env in the place of another, in any handle of the same config (a save is
// trusted, as a program is); copies env `from` over env `to`. What follows is bit for bit what
// would have followed there.
HFTSIM_API int hftsim_save_env(hftsim *sim, int env, void *bytes, size_t size);
HFTSIM_API int hftsim_load_env(hftsim *sim, int env, const void *bytes, size_t size);
// Would a load refuse these bytes? They are read from their start to the last one.
HFTSIM_API int hftsim_check_save(hftsim *sim, const void *bytes, size_t size);
HFTSIM_API int hftsim_fork_env(hftsim *sim, int from, int to);

// ---- arrays ------------------------------------------------------------------------------------
// What goes in and out are named arrays, in C order, in slabs that stand from start to free. Some,
// for N envs, S seats of a role, E episodes that ended:
//   action/<role> f32 [N, S, A], i32 where actions are choices
//   obs/<role> f32 [N, S, D]   reward/<role> f32 [N, S]   mask/<role> u8 [N, S, M]
//   ended u8 [N]   state f32 [N, K]   env i32 [E]   return/<role> f32 [E, S]
// Before hftsim_start there are none.
#define HFTSIM_ACTIONS 0  // the slabs: the caller writes this one
#define HFTSIM_RESULTS 1  // of the last reset or step
#define HFTSIM_FINALS 2   // of the episodes that ended in the last step
#define HFTSIM_SLAB_COUNT 3

#define HFTSIM_F32 0  // types of elements: float,
#define HFTSIM_U8 1   // uint8_t, for flags,
#define HFTSIM_I32 2  // int32_t

// Arrays of all slabs together, by index; the index of a name, -1 where there is none.
HFTSIM_API int hftsim_array_count(const hftsim *sim);
HFTSIM_API int hftsim_array_find(const hftsim *sim, const char *name);
// What an array is. Null, -1 or 0 where the index is out of range.
HFTSIM_API const char *hftsim_array_name(const hftsim *sim, int array);
HFTSIM_API int hftsim_array_slab(const hftsim *sim, int array);
HFTSIM_API int hftsim_array_type(const hftsim *sim, int array);
HFTSIM_API int hftsim_array_dim_count(const hftsim *sim, int array);
HFTSIM_API int64_t hftsim_array_dim(const hftsim *sim, int array, int dim);
// Its elements, at a multiple of 64 bytes. The pointer is good from start to free, but for the
// finals: their first dimension is hftsim_ended_count, and they move with it, so ask after a step.
HFTSIM_API void *hftsim_array_data(const hftsim *sim, int array);
// What number i along the last dimension is: its name, unit ("lots") and meaning. Null where it has
// no name, as that of a reward, whose last dimension is the seats. And the number of a name, -1
// where there is none.
HFTSIM_API const char *hftsim_index_name(const hftsim *sim, int array, int i);
HFTSIM_API const char *hftsim_index_unit(const hftsim *sim, int array, int i);
HFTSIM_API const char *hftsim_index_help(const hftsim *sim, int array, int i);
HFTSIM_API int hftsim_index_find(const hftsim *sim, int array, const char *name);
// Choices that number i of an action has: 0 .. n - 1; 0 where it is a number in [-1, 1]. Which of
// them may be made now, the array "mask/<role>" tells: a byte for each choice of each number in
// turn.
HFTSIM_API int hftsim_index_choices(const hftsim *sim, int array, int i);
// The least and the largest value that it can have; -INFINITY, INFINITY where there is no bound
// (of terms none is told), NAN where it has no name.
HFTSIM_API double hftsim_index_low(const hftsim *sim, int array, int i);
HFTSIM_API double hftsim_index_high(const hftsim *sim, int array, int i);

// A whole slab and its bytes; the arrays stand in it at multiples of 64 bytes.
HFTSIM_API void *hftsim_slab(const hftsim *sim, int slab, size_t *bytes);

// All that is to know of the arrays as a server tells it to its clients: MessagePack
// (docs/protocol.md, "The spec"), with its digest. Null before the start. Valid until free.
HFTSIM_API const void *hftsim_spec(const hftsim *sim, size_t *bytes);
HFTSIM_API const char *hftsim_spec_hash(const hftsim *sim);
// A digest of the spaces alone: the names, units and bounds of all numbers, the roles, their seats
// and the kind of actions, whatever the number of envs, the seed and the market. A policy fits
// where it is the one that the policy was trained with. Null before the start.
HFTSIM_API const char *hftsim_spaces_hash(const hftsim *sim);

// What an env looks like: books with so many levels a side (1 .. 100), trades, accounts, orders, as
// a server tells it to its clients: MessagePack (docs/protocol.md, "render"). *picture is valid
// until the next call of this function. HFTSIM_BAD_ARGUMENT: there is no such env, it is under way
// or was never reset, or `levels` is out of bounds.
HFTSIM_API int hftsim_render(hftsim *sim, int env, int levels, const void **picture, size_t *bytes);

// The same picture as JSON: a null-terminated text in UTF-8 with the same keys. Numbers that are
// not finite are null; "seed" is a text of decimal digits, since it uses all of its 64 bits. *json
// is valid until the next call of this function; `bytes`, its length without the terminating 0, may
// be null. Errors as of hftsim_render.
HFTSIM_API int hftsim_render_json(hftsim *sim, int env, int levels, const char **json,
                                  size_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
