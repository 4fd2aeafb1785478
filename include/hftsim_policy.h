/// @file
/// Trained policies: opens a checkpoint of `hftsim train`, acts with its actors, and reads,
/// replaces and writes their weights. The guide is docs/c_api.md; docs/checkpoints.md describes the
/// files.
///
/// @code
///   hftsim_policy *policy;
///   char error[256];
///   int status = hftsim_policy_open("maker.h5", &policy, error, sizeof error);
///   int maker = hftsim_policy_find(policy, "maker", -1);
///   hftsim_actor actor = {.bytes = sizeof actor};
///   hftsim_policy_actor(policy, maker, &actor);
///   float *state = calloc(rows * actor.state_dim + 1, sizeof *state);
///   hftsim_policy_act(policy, maker, rows, obs, NULL, state, NULL, action, error, sizeof error);
///   hftsim_policy_close(policy);
/// @endcode
///
/// **Errors.** A function that can fail returns #HFTSIM_OK (0) or a negative status of hftsim.h,
/// and writes a text to `error`: the argument, file or element at fault, a colon, and the rule. The
/// text is "" after a success, and cut to `error_bytes`; `error` may be null. A call that fails
/// changes nothing. Every such function can return #HFTSIM_BAD_ARGUMENT for a null pointer that it
/// needs.
///
/// **Threads.** A policy is constant but for hftsim_policy_set_tensor(): any number of threads may
/// call the other functions with the same policy at the same time. It may be used after a fork().
///
/// **Determinism.** The same policy, observations, state and seed give the same bits on every
/// machine, whatever the other rows of a call are.
///
/// **ABI.** Functions, and members at the end of structs, are only ever added.
#ifndef HFTSIM_INCLUDE_HFTSIM_POLICY_H
#define HFTSIM_INCLUDE_HFTSIM_POLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Marks a function that the shared library exports.
#define HFTSIM_POLICY_API __attribute__((visibility("default")))

/// Most hidden layers of a network.
#define HFTSIM_POLICY_HIDDEN_MAX 8

/// Opaque handle: the actors and texts of a checkpoint.
typedef struct hftsim_policy hftsim_policy;

/// The shape of networks. Zero all members, then set those that are needed.
typedef struct hftsim_network {
  size_t bytes;                          ///< sizeof(hftsim_network), as the program was compiled.
  int hidden_count;                      ///< Hidden layers, 0 .. #HFTSIM_POLICY_HIDDEN_MAX.
  int hidden[HFTSIM_POLICY_HIDDEN_MAX];  ///< Units of each, 1 .. 1024.
  int gru;                               ///< Units of the GRU, 0 .. 256; 0: none.
  int layer_norm;                        ///< 1: layer normalisation before each activation.
  const char *activation;                ///< "tanh", "relu" or "elu"; null: "tanh".
  const char *density;                   ///< "gaussian", "squashed" or "beta"; null: "gaussian".
  double deviation;                      ///< Initial, of gaussian and squashed; 0: 0.3.
} hftsim_network;

/// An actor of a policy. Strings are owned by the policy, and valid until it is closed.
typedef struct hftsim_actor {
  size_t bytes;            ///< sizeof(hftsim_actor), as the program was compiled.
  const char *role;        ///< For which it acts: "maker".
  int seat;                ///< Its seat of the role; -1: all.
  int obs_dim;             ///< Numbers of an observation.
  int axis_count;          ///< Named axes of the action, which `discrete` encodes in one number.
  int action_dim;          ///< Numbers of an action, as it is sent.
  int action_is_float;     ///< 1: actions are float; 0: int32_t.
  int mask_dim;            ///< Bytes of a mask; 0: actions have no choices.
  int state_dim;           ///< Numbers that a seat remembers, which are 0 when an episode begins.
  int tensor_count;        ///< Of hftsim_policy_tensor().
  const char *space;       ///< "box", "multi_discrete", "discrete" or "mixed".
  hftsim_network network;  ///< Its shape.
} hftsim_actor;

/// A tensor of an actor, row-major.
typedef struct hftsim_tensor {
  size_t bytes;         ///< sizeof(hftsim_tensor), as the program was compiled.
  const char *name;     ///< "hidden0.weight", "head.params", "obs.shift".
  int64_t rows;         ///< Of a weight: its inputs; of a vector: 1.
  int64_t cols;         ///< Of a weight: its outputs; of a vector: its size.
  const float *values;  ///< [rows][cols], owned by the policy.
} hftsim_tensor;

/// Opens a checkpoint.
/// @param path The file.
/// @param[out] out The policy; the caller closes it with hftsim_policy_close(). Null after an
/// error.
/// @param[out] error See above.
/// @param error_bytes The size of `error`.
/// @return 0; #HFTSIM_BAD_FILE if there is no such file, or it is no checkpoint, is damaged, or of
/// a
///   later version; #HFTSIM_LIMIT if out of memory.
HFTSIM_POLICY_API int hftsim_policy_open(const char *path, hftsim_policy **out, char *error,
                                         size_t error_bytes);

/// Creates a policy with an actor for each role of a config's external seats, all of the same shape
/// of network. Weights are drawn; observations are not standardised (shift 0, factor 1).
/// @param config A config in YAML, merged into the preset "default", as of hftsim_load_text(): the
///   effective config of hftsim_config(), for instance.
/// @param config_bytes The length of `config`.
/// @param network The shape.
/// @param seed Of the weights.
/// @param[out] out The policy; the caller closes it with hftsim_policy_close(). Null after an
/// error.
/// @param[out] error See above.
/// @param error_bytes The size of `error`.
/// @return 0; #HFTSIM_CONFIG if the config is invalid or has no external seats;
/// #HFTSIM_BAD_ARGUMENT
///   if the shape is invalid; #HFTSIM_LIMIT if out of memory.
HFTSIM_POLICY_API int hftsim_policy_create(const char *config, size_t config_bytes,
                                           const hftsim_network *network, uint64_t seed,
                                           hftsim_policy **out, char *error, size_t error_bytes);

/// Closes a policy and frees it.
/// @param policy The policy. Null is ignored.
HFTSIM_POLICY_API void hftsim_policy_close(hftsim_policy *policy);

/// Writes the actors and texts of a policy as a checkpoint, which replaces a file of that name once
/// it is complete. The state of a training is not kept: `hftsim train --resume` needs the original.
/// @param policy The policy.
/// @param path The file.
/// @param[out] error See above.
/// @param error_bytes The size of `error`.
/// @return 0; #HFTSIM_BAD_FILE if it cannot be written; #HFTSIM_LIMIT if out of memory.
HFTSIM_POLICY_API int hftsim_policy_write(const hftsim_policy *policy, const char *path,
                                          char *error, size_t error_bytes);

/// Returns a text of a policy.
/// @param policy The policy. May be null.
/// @param name "algorithm", "config" (the effective config of the training, YAML) or "training"
///   (its own keys, YAML).
/// @return The text, owned by the policy; "" if there is none; null for another name.
HFTSIM_POLICY_API const char *hftsim_policy_text(const hftsim_policy *policy, const char *name);

/// Returns how long a policy was trained.
/// @param policy The policy. May be null.
/// @return Agent steps; 0 for null.
HFTSIM_POLICY_API int64_t hftsim_policy_steps(const hftsim_policy *policy);

/// Returns the number of actors.
/// @param policy The policy. May be null.
/// @return The number; 0 for null.
HFTSIM_POLICY_API int hftsim_policy_actor_count(const hftsim_policy *policy);

/// Finds the actor of a seat.
/// @param policy The policy. May be null.
/// @param role The role; null: that of the first actor.
/// @param seat The seat of the role; -1: the role's first actor.
/// @return Its number; -1 if no actor acts for the seat.
HFTSIM_POLICY_API int hftsim_policy_find(const hftsim_policy *policy, const char *role, int seat);

/// Describes an actor.
/// @param policy The policy.
/// @param actor 0 .. hftsim_policy_actor_count() - 1.
/// @param[in,out] out Its `bytes` set; the other members are written.
/// @return 0; #HFTSIM_BAD_ARGUMENT for a number out of range or wrong `bytes`.
HFTSIM_POLICY_API int hftsim_policy_actor(const hftsim_policy *policy, int actor,
                                          hftsim_actor *out);

/// Names a number of an actor's observations.
/// @param policy The policy. May be null.
/// @param actor The actor.
/// @param index 0 .. obs_dim - 1.
/// @return The name, owned by the policy; null if a number is out of range.
HFTSIM_POLICY_API const char *hftsim_policy_obs_name(const hftsim_policy *policy, int actor,
                                                     int index);

/// Names an axis of an actor's actions.
/// @param policy The policy. May be null.
/// @param actor The actor.
/// @param axis 0 .. axis_count - 1.
/// @return The name, owned by the policy; null if a number is out of range.
HFTSIM_POLICY_API const char *hftsim_policy_axis_name(const hftsim_policy *policy, int actor,
                                                      int axis);

/// Returns the number of choices of a number of an action.
/// @param policy The policy. May be null.
/// @param actor The actor.
/// @param index 0 .. action_dim - 1.
/// @return The choices; 0: it is a number in [-1, 1]; -1 if a number is out of range.
HFTSIM_POLICY_API int hftsim_policy_choices(const hftsim_policy *policy, int actor, int index);

/// Acts for a batch of rows: seats of any envs.
/// @param policy The policy.
/// @param actor The actor.
/// @param rows The number of rows, at least 0.
/// @param obs [rows][obs_dim], finite.
/// @param mask [rows][mask_dim], 1: the choice is allowed; where all choices of an axis are
///   forbidden, all are allowed. Null: all are.
/// @param[in,out] state [rows][state_dim]: what each row remembers; zero a row when its episode
///   begins. Not read if state_dim is 0.
/// @param seed Null: acts without exploring. Else row i draws from the stream (*seed, i): give each
///   call another seed.
/// @param[out] action [rows][action_dim], float or int32_t as action_is_float tells; numbers are
/// not
///   clipped to [-1, 1], which the environment does.
/// @param[out] error See above.
/// @param error_bytes The size of `error`.
/// @return 0; #HFTSIM_BAD_ARGUMENT with the first element that is not finite, `obs[3, 0]`.
HFTSIM_POLICY_API int hftsim_policy_act(const hftsim_policy *policy, int actor, int64_t rows,
                                        const float *obs, const uint8_t *mask, float *state,
                                        const uint64_t *seed, void *action, char *error,
                                        size_t error_bytes);

/// Describes a tensor of an actor: those of the network in their order, then "head.params" (the
/// logarithms of the standard deviations; absent if there are none), "obs.shift" and "obs.factor"
/// (the network sees clip((obs - shift) factor, -8, 8)).
/// @param policy The policy.
/// @param actor The actor.
/// @param tensor 0 .. tensor_count - 1.
/// @param[in,out] out Its `bytes` set; the other members are written.
/// @return 0; #HFTSIM_BAD_ARGUMENT for a number out of range or wrong `bytes`.
HFTSIM_POLICY_API int hftsim_policy_tensor(const hftsim_policy *policy, int actor, int tensor,
                                           hftsim_tensor *out);

/// Replaces the values of a tensor.
/// @param policy The policy.
/// @param actor The actor.
/// @param name Of the tensor.
/// @param values [count], row-major, finite.
/// @param count rows x cols of the tensor.
/// @param[out] error See above.
/// @param error_bytes The size of `error`.
/// @return 0; #HFTSIM_BAD_ARGUMENT for an unknown name, another size, or a value that is not
/// finite.
HFTSIM_POLICY_API int hftsim_policy_set_tensor(hftsim_policy *policy, int actor, const char *name,
                                               const float *values, int64_t count, char *error,
                                               size_t error_bytes);

#ifdef __cplusplus
}
#endif

#endif
