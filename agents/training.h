// A training: the preset or config, the algorithm and its keys, as configs/training/*.yaml say it.
#ifndef HFTSIM_AGENTS_TRAINING_H
#define HFTSIM_AGENTS_TRAINING_H

#include "agents/learner.h"
#include "sim/config/config.h"

// clang-format off
#define HFT_TRAINING_KEYS(X)                                                                      \
  X(PATH, config, "", 0, 1023, "", "the preset, or a config file, in which seats learn")          \
  X(TEXT, task, "", 0, 63, "",                                                                    \
    "leaderboard task by which it is evaluated, or several, with commas; empty: by the return")   \
  X(TEXT, algorithm, "mappo", 1, 63, "", "mappo or ippo")                                         \
  X(INT, steps, "5000000", 1, 1000000000000, "agent steps", "length of the training")             \
  X(REAL, seconds, "0", 0, 1e9, "s", "stop after this time, whatever the steps; 0: never")        \
  X(INT, seed, "0", 0, 999999999, "", "of networks, worlds and exploration")                      \
  X(INT, num_envs, "128", 1, 65536, "envs", "environments")                                       \
  X(INT, threads, "0", 0, 256, "threads", "0: one a core; results do not depend on it")           \
  X(INT, rollout_steps, "100", 1, 100000, "steps", "steps of each env between two updates")       \
  X(INT, evaluate_every, "20", 0, 1000000000, "updates", "0: only at the end")                    \
  X(INT, evaluate_episodes, "128", 2, 100000, "episodes", "of an evaluation, on validation seeds")\
  X(INT, patience, "0", 0, 1000000, "evaluations",                                                \
    "stop after so many without a better score; 0: never")
// An item of the list `overrides`: a key of the env's config that holds in training alone.
#define HFT_TRAINING_OVERRIDE_KEYS(X)                                                             \
  X(TEXT, key, "", 0, 63, "", "as `--set` names it: reward_config.baseline")                      \
  X(TEXT, value, "", 0, 63, "", "its value in training")
// An item of the list `baselines`: what the learner is compared with.
#define HFT_TRAINING_BASELINE_KEYS(X)                                                             \
  X(TEXT, name, "", 0, 63, "", "a strategy or policy that can hold the seats")                    \
  X(TEXT, task, "", 0, 63, "", "in this task alone; empty: in all")                               \
  X(PARAMS, params, "{}", 0, 0, "", "its keys; others have the task's values, or their defaults")
// clang-format on
// Sections of a training file: `training`, `network` (agents/learner.h), one for each algorithm
// (agents/mappo.h), of which that of training.algorithm counts, and the lists `overrides`, items of
// kind `override`, and `baselines`, items of kind `strategy`.
typedef struct hft_training_keys {
  HFT_TRAINING_KEYS(HFT_KEY_MEMBER)
} hft_training_keys;
typedef struct hft_training_override {
  HFT_TRAINING_OVERRIDE_KEYS(HFT_KEY_MEMBER)
} hft_training_override;
typedef struct hft_training_baseline {
  HFT_TRAINING_BASELINE_KEYS(HFT_KEY_MEMBER)
} hft_training_baseline;

#define HFT_TRAINING_OVERRIDES_MAX 32
#define HFT_TRAINING_BASELINES_MAX 16
#define HFT_TRAINING_TASKS_MAX 4
#define HFT_TRAINING_SEEDS_END 1000000000  // of the range for training

// Opaque handle: the keys of a training. Not for concurrent use.
typedef struct hft_training hft_training;

// Creates a training with all defaults. The caller frees it by hft_training_free. ENOMEM.
hft_status hft_training_create(hft_training **out, hft_error *error);
// A deep copy. The caller frees it. ENOMEM.
hft_status hft_training_copy(const hft_training *training, hft_training **out, hft_error *error);
// Null is ignored.
void hft_training_free(hft_training *training);
// Whether `length` bytes of YAML are a training file rather than an env's config: a section of a
// training is at the top level. False where the text is no YAML.
bool hft_training_is_file(const char *text, size_t length);
// Merges a text or a file, as hft_config_merge does. ECONFIG: the error names the text, the line,
// the key and the nearest one; EIO; ENOMEM. On failure the training is unchanged.
hft_status hft_training_merge(hft_training *training, const char *text, size_t length,
                              const char *where, hft_error *error);
hft_status hft_training_merge_file(hft_training *training, const char *path, hft_error *error);
// Whether an assignment "path=value" is of a training: its first name is a section of one.
bool hft_training_owns(const char *assignment);
// Applies an assignment that a training owns: "mappo.lr_actor=1e-3". ECONFIG, ENOMEM.
hft_status hft_training_set(hft_training *training, const char *assignment, hft_error *error);
// Checks what no single key tells: that the algorithm exists, that items have names, that `tasks`
// are at most HFT_TRAINING_TASKS_MAX and different. ECONFIG at `where`.
hft_status hft_training_check(const hft_training *training, const char *where, hft_error *error);

// The parts of a training that hft_training_check accepts; they belong to it.
const hft_training_keys *hft_training_values(const hft_training *training);
const hft_network_keys *hft_training_network(const hft_training *training);
const hft_algorithm *hft_training_algorithm(const hft_training *training);
const void *hft_training_algorithm_keys(const hft_training *training);
int hft_training_override_count(const hft_training *training);
int hft_training_baseline_count(const hft_training *training);
const hft_training_baseline *hft_training_baseline_at(const hft_training *training, int index);
// Splits training.task at its commas. Returns the number of names; 0: no task.
int hft_training_tasks(const hft_training *training,
                       char names[HFT_TRAINING_TASKS_MAX][HFT_TEXT_MAX]);
// The env's config in training: a copy of `config` with the overrides. The caller frees *out.
// ECONFIG at the item of `overrides`; ENOMEM.
hft_status hft_training_config(const hft_training *training, const hft_config *config,
                               hft_config **out, hft_error *error);

// The effective training as YAML: merging it into a new training gives an equal one. `comments`:
// with units and help. The caller frees it; null if out of memory.
char *hft_training_print(const hft_training *training, bool comments);
// Whether two trainings differ in no key but training.steps, seconds, threads and patience, which
// do not change what is learned up to a step. ECONFIG at `where` names the first other key.
hft_status hft_training_same(const hft_training *before, const hft_training *now, const char *where,
                             hft_error *error);

#endif
