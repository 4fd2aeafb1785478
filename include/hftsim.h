/// @file
/// hftsim as a library: a batch of order-book markets with seats for learners, stepped together in
/// this process. The guide is docs/c_api.md; docs/environment.md explains what the arrays mean.
///
/// @code
///   hftsim *sim = hftsim_create();
///   hftsim_load(sim, "market_making");                  // a preset, or a YAML file
///   hftsim_start(sim, 64, 0, 1);                        // 64 envs, a thread per core, seed 1
///   float *action = hftsim_array_data(sim, hftsim_array_find(sim, "action/maker"));
///   hftsim_reset(sim, NULL);
///   ... write to action, hftsim_step(sim), read "obs/maker", "reward/maker", "ended", ...
///   hftsim_free(sim);
/// @endcode
///
/// **Errors.** A function that can fail returns #HFTSIM_OK (or a count), or a negative status. A
/// call that fails changes nothing; hftsim_error_text() and hftsim_error_where() describe the
/// failure. A null handle and wrong arguments are reported as errors. Invalid pointers and handles
/// that have been freed cannot be detected.
///
/// Every function that takes a handle and returns a status can also return #HFTSIM_BAD_ARGUMENT for
/// a null handle or a null pointer that it needs, #HFTSIM_BUSY and #HFTSIM_FORKED. The comments of
/// the functions list the other errors.
///
/// **Threads.** Handles share no state: different threads may use different handles at the same
/// time. One handle must be used by one thread at a time. A function that returns a status returns
/// #HFTSIM_BUSY while another thread is inside such a function with the same handle. Functions that
/// take a const handle do not check this. The threads of a handle sleep between calls.
///
/// **fork().** A handle belongs to the process that created it. A child process does not have the
/// handle's threads: functions that return a status return #HFTSIM_FORKED, and hftsim_free() does
/// nothing. The child creates its own handles.
///
/// **Determinism.** The same config, seed and actions give the same bits, with any number of
/// threads.
///
/// **ABI.** Functions and constants are only ever added: a program compiled against this header
/// runs with every library of the same #HFTSIM_ABI.
#ifndef HFTSIM_INCLUDE_HFTSIM_H
#define HFTSIM_INCLUDE_HFTSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Marks a function that the shared library exports.
#define HFTSIM_API __attribute__((visibility("default")))

/// Version of the binary interface that this header describes.
#define HFTSIM_ABI 1

/// Opaque handle: a batch of environments (envs) and their config.
typedef struct hftsim hftsim;

/// @name Statuses
/// @{
#define HFTSIM_OK 0               ///< The call succeeded.
#define HFTSIM_BAD_ARGUMENT (-1)  ///< Null, out of range, of the wrong size, or at the wrong time.
#define HFTSIM_CONFIG (-2)        ///< The config is invalid, or cannot be read.
#define HFTSIM_LIMIT (-3)         ///< Out of memory, or a thread could not be started.
#define HFTSIM_NOT_RESET (-4)     ///< A step before every env has been reset once.
#define HFTSIM_BAD_ACTION (-5)    ///< An action is infinite, NaN, or not one of its choices.
#define HFTSIM_BUSY (-6)          ///< Another thread is in a call with this handle.
#define HFTSIM_FORKED (-7)        ///< The handle belongs to the parent process.
#define HFTSIM_BAD_SAVE (-8)      ///< Not a saved env, damaged, or saved with another config.
#define HFTSIM_INTERNAL (-9)      ///< None of the others: please report it.
#define HFTSIM_BAD_FILE (-10)     ///< No such file, or not one of the kind that is wanted.

/// Returns the name of a status.
/// @param status One of the statuses above.
/// @return A constant string, "bad_action"; "unknown" for any other number. Never null.
HFTSIM_API const char *hftsim_status_name(int status);

/// Returns a sentence that describes a status.
/// @param status One of the statuses above.
/// @return A constant string; "unknown status" for any other number. Never null.
HFTSIM_API const char *hftsim_status_text(int status);

/// Describes the last failure on a handle: what was wrong and how to fix it.
/// @param sim The handle. May be null.
/// @return The text; "" if no call has failed. Never null. Calls that fail with #HFTSIM_BUSY or
///   #HFTSIM_FORKED leave it unchanged. Owned by the handle; valid until the next call that fails.
HFTSIM_API const char *hftsim_error_text(const hftsim *sim);

/// Locates the last failure on a handle: "file:line", the path of a config key, an element of an
/// array ("action/maker[3, 0, 1]"), or the name of an argument.
/// @param sim The handle. May be null.
/// @return The location, under the same conditions as hftsim_error_text(). Never null.
HFTSIM_API const char *hftsim_error_where(const hftsim *sim);
/// @}

/// @name The library
/// These functions need no handle and may be called from any thread.
/// @{

/// Returns the #HFTSIM_ABI of the library in use.
/// @return The number with which the library was compiled.
HFTSIM_API int hftsim_abi(void);

/// Returns the version of the library.
/// @return A constant string, "0.1.0".
HFTSIM_API const char *hftsim_version(void);

/// Returns the revision of the source from which the library was built.
/// @return A constant string: the git commit, or "unknown".
HFTSIM_API const char *hftsim_revision(void);

/// Returns the number of presets that hftsim_load() accepts.
/// @return The number of presets.
HFTSIM_API int hftsim_preset_count(void);

/// Returns the name of a preset.
/// @param index 0 .. hftsim_preset_count() - 1.
/// @return A constant string; null if `index` is out of range.
HFTSIM_API const char *hftsim_preset_name(int index);
/// @}

/// @name A handle and its config
/// @{

/// Creates a handle with the config of the preset "default".
/// @return The handle, which the caller frees by hftsim_free(); null if out of memory.
HFTSIM_API hftsim *hftsim_create(void);

/// Frees a handle, stops its threads, and invalidates every pointer obtained from it.
/// @param sim The handle. May be null. In a forked child the call does nothing.
HFTSIM_API void hftsim_free(hftsim *sim);

/// Merges a preset or a YAML file into the config. Only before hftsim_start().
/// @param sim The handle.
/// @param preset_or_file The name of a preset, or the path of a file; "./name" is always a file.
/// @return #HFTSIM_OK; #HFTSIM_CONFIG if it cannot be read or has an invalid key or value;
///   #HFTSIM_BAD_ARGUMENT after the start; #HFTSIM_LIMIT. Inconsistent settings are reported by
///   hftsim_start().
HFTSIM_API int hftsim_load(hftsim *sim, const char *preset_or_file);

/// Merges YAML text into the config. Only before hftsim_start().
/// @param sim The handle.
/// @param yaml The text; need not end with a zero byte.
/// @param size Its length in bytes.
/// @param name The name of the text in error messages; null: "config".
/// @return The same as hftsim_load().
HFTSIM_API int hftsim_load_text(hftsim *sim, const char *yaml, size_t size, const char *name);

/// Sets one key of the config. Only before hftsim_start().
/// @param sim The handle.
/// @param key The path of the key: "market_config.volatility", "seats.maker.count" or
///   "populations.0.rate".
/// @param value The value, as YAML.
/// @return The same as hftsim_load().
HFTSIM_API int hftsim_set(hftsim *sim, const char *key, const char *value);

/// Returns the whole config in effect, as YAML with units and help.
/// @param sim The handle.
/// @return The text, owned by the handle and valid until the next call of this function; null if
///   out of memory, or if the handle is null, busy or forked.
HFTSIM_API const char *hftsim_config(hftsim *sim);

/// Autoreset: the step that ends an episode begins the next one. The default.
#define HFTSIM_SAME_STEP 0
/// Autoreset: an env whose episode has ended keeps its last state until it is reset.
#define HFTSIM_MANUAL 1
/// Autoreset: an env whose episode has ended keeps its last state until its next step, which begins
/// the next episode and ignores the actions, as a reset does.
#define HFTSIM_NEXT_STEP 2

/// Chooses what happens to an env whose episode has ended. Only before hftsim_start().
/// @param sim The handle.
/// @param autoreset #HFTSIM_SAME_STEP, #HFTSIM_MANUAL or #HFTSIM_NEXT_STEP.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT for any other number, or after the start.
HFTSIM_API int hftsim_set_autoreset(hftsim *sim, int autoreset);

/// Creates the envs and their threads. Once for a handle: the config cannot be changed afterwards.
/// A start that fails may be corrected and repeated.
/// @param sim The handle.
/// @param num_envs The number of envs, 1 .. 65,536.
/// @param threads The number of threads, 1 .. 256; 0: one per core of the machine. Threads beyond
///   the number of envs are not started.
/// @param seed The seed: env i begins in the world (seed, i).
/// @return #HFTSIM_OK; #HFTSIM_CONFIG if settings are inconsistent, or a file that the config names
///   cannot be read; #HFTSIM_BAD_ARGUMENT out of range, or if the envs have been started;
///   #HFTSIM_LIMIT.
HFTSIM_API int hftsim_start(hftsim *sim, int num_envs, int threads, uint64_t seed);

/// Does the same as hftsim_start() with a seed drawn from the system's entropy, so that every run
/// has other worlds, as a server and Python do without a seed.
/// @param sim The handle.
/// @param num_envs The number of envs, 1 .. 65,536.
/// @param threads The number of threads, 1 .. 256; 0: one per core of the machine.
/// @return The same as hftsim_start(); #HFTSIM_INTERNAL if the system provides no entropy.
HFTSIM_API int hftsim_start_unseeded(hftsim *sim, int num_envs, int threads);

/// Tells the seed with which the envs were started. hftsim_start() with this seed begins in the
/// same worlds.
/// @param sim The handle.
/// @param[out] seed The seed.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT before the start.
HFTSIM_API int hftsim_seed(hftsim *sim, uint64_t *seed);

/// Draws a seed from the system's entropy. Needs no handle.
/// @param[out] seed The seed.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT if `seed` is null; #HFTSIM_INTERNAL if the system
///   provides no entropy.
HFTSIM_API int hftsim_draw_seed(uint64_t *seed);
/// @}

/// @name Episodes
/// @{

/// Begins the next episode of some or all envs. Never returns to an earlier episode. Writes "obs",
/// "mask", "state" and "ended" of these envs and zeroes their rewards and flags.
/// @param sim The handle.
/// @param mask [num_envs] bytes: an env is reset if its byte is not 0. Null: all envs.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT before the start, or if one of these envs is under way
///   (hftsim_send()).
HFTSIM_API int hftsim_reset(hftsim *sim, const uint8_t *mask);

/// Begins the first episode of the world (seed, i) in some or all envs i, as hftsim_start() with
/// this seed would. Writes the same arrays as hftsim_reset().
/// @param sim The handle.
/// @param seed The seed. Different seeds have no world in common.
/// @param mask [num_envs] bytes: an env is reset if its byte is not 0. Null: all envs.
/// @return The same as hftsim_reset().
HFTSIM_API int hftsim_reset_seed(hftsim *sim, uint64_t seed, const uint8_t *mask);

/// Begins the first episode of the world (seeds[i], 0) in some or all envs i: the world of env 0
/// after hftsim_start() with the seed seeds[i]. Writes the same arrays as hftsim_reset().
/// @param sim The handle.
/// @param seeds [num_envs] seeds; those of envs that are not reset are not read.
/// @param mask [num_envs] bytes: an env is reset if its byte is not 0. Null: all envs.
/// @return The same as hftsim_reset().
HFTSIM_API int hftsim_reset_seeds(hftsim *sim, const uint64_t *seeds, const uint8_t *mask);

/// Largest number of overrides that hftsim_override() takes.
#define HFTSIM_OVERRIDES_MAX 64

/// Chooses overrides of the config for the next episodes of some or all envs: they hold from the
/// next reset of an env, or its next automatic one, until others are chosen. Compiles the config
/// with these overrides, unless the handle still has it: a handle keeps 64 different sets and
/// replaces the one that no env uses. Overridden keys are not drawn by the list `randomise`.
/// @param sim The handle.
/// @param keys [count] paths as of hftsim_set(): "market_config.volatility", "seats[0].parent_qty".
/// @param values [count] values, as YAML.
/// @param count Their number, 0 .. #HFTSIM_OVERRIDES_MAX; 0: the config's own values again.
/// @param mask [num_envs] bytes: an env is concerned if its byte is not 0. Null: all envs.
/// @return #HFTSIM_OK; #HFTSIM_CONFIG if a key or value is wrong, or the arrays would have another
///   shape, names or larger bounds, or an env more memory; #HFTSIM_LIMIT if envs use 64 other sets;
///   #HFTSIM_BAD_ARGUMENT before the start, or if one of these envs is under way.
HFTSIM_API int hftsim_override(hftsim *sim, const char *const *keys, const char *const *values,
                               int count, const uint8_t *mask);

/// Steps all envs with the actions in the arrays "action/<role>", and writes the results. With
/// #HFTSIM_SAME_STEP, where an episode ends, "obs" and "state" are the first of the next episode,
/// and the finals hold the last of the ended one.
/// @param sim The handle.
/// @return #HFTSIM_OK; #HFTSIM_NOT_RESET; #HFTSIM_BAD_ACTION; #HFTSIM_BAD_ARGUMENT before the start
///   or if an env is under way.
HFTSIM_API int hftsim_step(hftsim *sim);

/// Returns the number of episodes that ended in the last hftsim_step() or hftsim_recv(): the number
/// of rows of the finals.
/// @param sim The handle. May be null.
/// @return The number; 0 after a reset and before the start.
HFTSIM_API int hftsim_ended_count(const hftsim *sim);
/// @}

/// @name Stepping some of the envs
/// Instead of stepping all envs at once, a caller sends some and receives those that are done. An
/// env is under way from hftsim_send() until the hftsim_recv() that returns it. While an env is
/// under way, its rows must be neither read nor written, and it cannot be reset, saved, loaded or
/// forked.
/// @{

/// Begins a step of some envs, with their rows of the actions. Returns without waiting for it.
/// @param sim The handle.
/// @param envs [count] indices of envs.
/// @param count Their number.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ACTION; #HFTSIM_BAD_ARGUMENT before the start, or if an index is
///   out of range or occurs twice, or if an env has never been reset or is under way.
HFTSIM_API int hftsim_send(hftsim *sim, const int32_t *envs, int count);

/// Waits until at least `least` of the envs under way are done, and receives all that are done, as
/// far as there is room. With one thread, envs are received in the order in which they were sent;
/// with more, in any order.
/// @param sim The handle.
/// @param[out] envs [room] the indices of the envs received.
/// @param least The number to wait for, 1 .. the smaller of `room` and hftsim_under_way_count().
/// @param room The largest number to receive.
/// @return The number of envs received; #HFTSIM_BAD_ARGUMENT before the start or out of range.
HFTSIM_API int hftsim_recv(hftsim *sim, int32_t *envs, int least, int room);

/// Returns the number of envs under way.
/// @param sim The handle. May be null.
/// @return The number; 0 before the start.
HFTSIM_API int hftsim_under_way_count(const hftsim *sim);
/// @}

/// @name Saves and forks
/// A save is the whole state of one env with its rows of the results. An env that has been loaded
/// or forked continues bit for bit as the original would.
/// @{

/// Returns the size of a save. It is the same for all envs of all handles of a config.
/// @param sim The handle. May be null.
/// @return Bytes; 0 before the start.
HFTSIM_API size_t hftsim_env_bytes(const hftsim *sim);

/// Saves an env.
/// @param sim The handle.
/// @param env The index of the env.
/// @param[out] bytes [size] memory of the caller.
/// @param size hftsim_env_bytes().
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT before the start, out of range, of another size, or if
///   the env is under way or has never been reset.
HFTSIM_API int hftsim_save_env(hftsim *sim, int env, void *bytes, size_t size);

/// Replaces an env by a saved one, of any handle of the same config. An env that had overrides can
/// be loaded only by a handle that has the same ones. Damage is detected, malice is not: load only
/// saves that you trust, as you would a program.
/// @param sim The handle.
/// @param env The index of the env.
/// @param bytes [size] the save.
/// @param size hftsim_env_bytes().
/// @return #HFTSIM_OK; #HFTSIM_BAD_SAVE if the bytes are not a save, are damaged, or come from
///   another config, version or revision; #HFTSIM_BAD_ARGUMENT before the start, out of range, of
///   another size, if the env is under way, or if the saved episode has ended and the autoreset of
///   this handle is #HFTSIM_SAME_STEP.
HFTSIM_API int hftsim_load_env(hftsim *sim, int env, const void *bytes, size_t size);

/// Tells whether hftsim_load_env() would accept a save, without loading it.
/// @param sim The handle.
/// @param bytes [size] the save.
/// @param size hftsim_env_bytes().
/// @return The same as hftsim_load_env() for an env that is not under way.
HFTSIM_API int hftsim_check_save(hftsim *sim, const void *bytes, size_t size);

/// Copies env `from` over each of the envs to[0] .. to[count - 1]. Where the actions of one seat
/// differ between the copies, and those of the others do not, the difference of its returns is what
/// that seat's action was worth.
/// @param sim The handle.
/// @param from The index of the env to copy.
/// @param to [count] the indices of the envs to replace, distinct and without `from`.
/// @param count The number of copies. 0: nothing happens.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT before the start, out of range, if `from` is in `to` or
///   an index occurs twice, if one of the envs is under way, or if `from` has never been reset. No
///   env has changed then.
HFTSIM_API int hftsim_fork_env(hftsim *sim, int from, const int32_t *to, int count);
/// @}

/// @name Arrays
/// Actions and results are named arrays in C order. They lie in three slabs, which are allocated at
/// the start and freed with the handle. Some of them, for N envs, S seats of a role and E episodes
/// that ended:
///
///     action/<role>  f32 [N, S, A]; i32 where all are choices (not mixed)
///     obs/<role>     f32 [N, S, D]
///     reward/<role>  f32 [N, S]
///     mask/<role>    u8  [N, S, M]
///     ended          u8  [N]
///     state          f32 [N, K]
///     drawn          f32 [N, R], where the config has a list `randomise`
///     env            i32 [E]
///     return/<role>  f32 [E, S]
///
/// Before hftsim_start() there are no arrays.
/// @{
#define HFTSIM_ACTIONS 0     ///< Slab of the actions, which the caller writes.
#define HFTSIM_RESULTS 1     ///< Slab of the results of the last reset or step.
#define HFTSIM_FINALS 2      ///< Slab of the finals: of the episodes that ended in the last step.
#define HFTSIM_SLAB_COUNT 3  ///< Number of slabs.

#define HFTSIM_F32 0  ///< Element type: float.
#define HFTSIM_U8 1   ///< Element type: uint8_t, for flags and masks.
#define HFTSIM_I32 2  ///< Element type: int32_t.

/// Returns the number of arrays of all slabs.
/// @param sim The handle. May be null.
/// @return The number; 0 before the start.
HFTSIM_API int hftsim_array_count(const hftsim *sim);

/// Finds an array by its name.
/// @param sim The handle. May be null.
/// @param name The name, "obs/maker".
/// @return The index of the array, 0 .. hftsim_array_count() - 1; -1 if there is none.
HFTSIM_API int hftsim_array_find(const hftsim *sim, const char *name);

/// Returns the name of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @return The name, owned by the handle and valid until hftsim_free(); null if out of range.
HFTSIM_API const char *hftsim_array_name(const hftsim *sim, int array);

/// Returns the slab that holds an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @return #HFTSIM_ACTIONS, #HFTSIM_RESULTS or #HFTSIM_FINALS; -1 if out of range.
HFTSIM_API int hftsim_array_slab(const hftsim *sim, int array);

/// Returns the element type of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @return #HFTSIM_F32, #HFTSIM_U8 or #HFTSIM_I32; -1 if out of range.
HFTSIM_API int hftsim_array_type(const hftsim *sim, int array);

/// Returns the number of dimensions of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @return 1 .. 3; 0 if out of range.
HFTSIM_API int hftsim_array_dim_count(const hftsim *sim, int array);

/// Returns the length of a dimension of an array. The first dimension of the finals is
/// hftsim_ended_count(); all others are constant.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param dim The dimension, 0 .. hftsim_array_dim_count() - 1.
/// @return The length in elements; 0 if out of range.
HFTSIM_API int64_t hftsim_array_dim(const hftsim *sim, int array, int dim);

/// Returns the elements of an array, aligned to 64 bytes.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @return The elements, owned by the handle; null if out of range. Valid until hftsim_free();
/// those
///   of the finals move with hftsim_ended_count() and are valid until the next step, hftsim_recv()
///   or reset. Only the actions may be written.
HFTSIM_API void *hftsim_array_data(const hftsim *sim, int array);

/// Returns the name of number `i` along the last dimension of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param i The index along the last dimension.
/// @return The name, owned by the handle and valid until hftsim_free(); null if out of range, or if
///   the numbers of this array have no names, as those of a reward, whose last dimension is the
///   seats.
HFTSIM_API const char *hftsim_index_name(const hftsim *sim, int array, int i);

/// Returns the unit of number `i` along the last dimension of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param i The index along the last dimension.
/// @return The unit, "lots", under the same conditions as hftsim_index_name().
HFTSIM_API const char *hftsim_index_unit(const hftsim *sim, int array, int i);

/// Returns the meaning of number `i` along the last dimension of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param i The index along the last dimension.
/// @return A sentence, under the same conditions as hftsim_index_name().
HFTSIM_API const char *hftsim_index_help(const hftsim *sim, int array, int i);

/// Finds a number along the last dimension of an array by its name.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param name The name.
/// @return The index along the last dimension; -1 if there is none.
HFTSIM_API int hftsim_index_find(const hftsim *sim, int array, const char *name);

/// Returns the number of choices of number `i` of an action. The array "mask/<role>" tells which
/// choices are allowed now: one byte for each choice of each number in turn.
/// @param sim The handle. May be null.
/// @param array The index of an array "action/<role>".
/// @param i The index along the last dimension.
/// @return n, where the choices are 0 .. n - 1; 0 if the action is a number in [-1, 1], or out of
///   range.
HFTSIM_API int hftsim_index_choices(const hftsim *sim, int array, int i);

/// Returns the lower bound of number `i` along the last dimension of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param i The index along the last dimension.
/// @return The smallest possible value: 0 for choices, -INFINITY if there is no bound (reward terms
///   have none); NAN if the number has no name and no choices.
HFTSIM_API double hftsim_index_low(const hftsim *sim, int array, int i);

/// Returns the upper bound of number `i` along the last dimension of an array.
/// @param sim The handle. May be null.
/// @param array The index of the array.
/// @param i The index along the last dimension.
/// @return The largest possible value: the last choice, INFINITY if there is no bound (reward terms
///   have none); NAN if the number has no name and no choices.
HFTSIM_API double hftsim_index_high(const hftsim *sim, int array, int i);

/// Returns the memory of a whole slab. Its arrays begin at multiples of 64 bytes.
/// @param sim The handle. May be null.
/// @param slab #HFTSIM_ACTIONS, #HFTSIM_RESULTS or #HFTSIM_FINALS.
/// @param[out] bytes The size of the slab; 0 if there is none. May be null.
/// @return The memory, owned by the handle and valid until hftsim_free(); null before the start or
///   if `slab` is out of range.
HFTSIM_API void *hftsim_slab(const hftsim *sim, int slab, size_t *bytes);
/// @}

/// @name Descriptions
/// @{

/// Returns the description of the arrays that a server sends to its clients: MessagePack
/// (docs/protocol.md, "The spec").
/// @param sim The handle. May be null.
/// @param[out] bytes The size of the description; 0 before the start. May be null.
/// @return The bytes, owned by the handle and valid until hftsim_free(); null before the start.
HFTSIM_API const void *hftsim_spec(const hftsim *sim, size_t *bytes);

/// Returns a digest of hftsim_spec().
/// @param sim The handle. May be null.
/// @return The digest in hexadecimal digits, owned by the handle and valid until hftsim_free();
///   null before the start.
HFTSIM_API const char *hftsim_spec_hash(const hftsim *sim);

/// Returns a digest of the spaces: the names, units and bounds of all numbers, the roles, their
/// seats, the kind of actions and what the ends of their axes mean. It does not depend on the
/// number of envs or the seed, and on the market only by the scales in units, which follow from its
/// volatility. A trained policy fits if the digest is the one with which it was trained.
/// @param sim The handle. May be null.
/// @return The digest in hexadecimal digits, owned by the handle and valid until hftsim_free();
///   null before the start.
HFTSIM_API const char *hftsim_spaces_hash(const hftsim *sim);

/// Describes what an env looks like now: its books, trades, accounts and orders, as a server sends
/// them to its clients: MessagePack (docs/protocol.md, "render").
/// @param sim The handle.
/// @param env The index of the env.
/// @param levels The number of price levels a side, 1 .. 100.
/// @param[out] picture The bytes, owned by the handle and valid until the next call of this
///   function.
/// @param[out] bytes The size of the picture.
/// @return #HFTSIM_OK; #HFTSIM_BAD_ARGUMENT before the start, if `env` or `levels` is out of range,
///   or if the env is under way or has never been reset; #HFTSIM_LIMIT.
HFTSIM_API int hftsim_render(hftsim *sim, int env, int levels, const void **picture, size_t *bytes);

/// Describes an env as hftsim_render() does, as JSON with the same keys. Numbers that are not
/// finite are null; "seed" is a string of decimal digits, since it uses all of its 64 bits.
/// @param sim The handle.
/// @param env The index of the env.
/// @param levels The number of price levels a side, 1 .. 100.
/// @param[out] json UTF-8 text that ends with a zero byte, owned by the handle and valid until the
///   next call of this function.
/// @param[out] bytes The length without the zero byte. May be null.
/// @return The same as hftsim_render().
HFTSIM_API int hftsim_render_json(hftsim *sim, int env, int levels, const char **json,
                                  size_t *bytes);
/// @}

#ifdef __cplusplus
}
#endif

#endif
