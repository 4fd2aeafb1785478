// A leaderboard task: a preset, the seats in it that are scored, who holds the other seats, the
// worlds, and the metric. A task is frozen: it records the hash of the preset's effective config,
// and a task whose episodes or score change gets a new version. Files: configs/tasks/.
#ifndef HFTSIM_EVAL_TASK_H
#define HFTSIM_EVAL_TASK_H

#include <stddef.h>

#include "sim/config/config.h"
#include "sim/env/env.h"

#define HFT_TASK_OPPONENTS_MAX 8
#define HFT_TASK_FIXED_MAX 32
#define HFT_TASK_SEED_MAX 9007199254740992  // 2^53: every seed is exact in JSON
#define HFT_TASK_HASH_SIZE 17

// clang-format off
// X(CODE, name, unit, help): how an episode is scored, by the totals of a seat and not by its
// reward. A higher score is better. Several scored seats: the mean over them.
#define HFT_TASK_METRIC_MAP(X)                                                                    \
  X(PNL_LESS_RISK, "pnl_less_risk", "ticks x lots",                                               \
    "P&L net of fees, less the task's risk charge; the last position is closed at the best price") \
  X(SHORTFALL, "shortfall_per_lot", "ticks",                                                      \
    "minus the implementation shortfall, fees included, per lot of the parent order")             \
  X(BEYOND_HOLDING, "pnl_beyond_holding", "ticks x lots",                                         \
    "P&L at the fundamental value, less that of holding still in the same world")

#define HFT_TASK_KEYS(X)                                                                          \
  X(INT, version, "0", 0, 1000000, "",                                                            \
    "from 1 on; raised where the episodes or the score change: scores of different versions are " \
    "not comparable")                                                                             \
  X(PATH, preset, "", 0, 1023, "",                                                                \
    "the preset that the task runs, or a config file; of a task in a file, relative to it")       \
  X(TEXT, config_hash, "", 0, 16, "",                                                             \
    "config_hash of the preset, as `hftsim config check PRESET --json` prints it")                \
  X(CHOICE, role, "maker", 0, 0, "maker|executor|taker|portfolio",                                \
    "the preset's external seats of this role are scored")                                        \
  X(CHOICE, metric, "pnl_less_risk", 0, 0, "pnl_less_risk|shortfall_per_lot|pnl_beyond_holding",  \
    "how an episode is scored")                                                                   \
  X(BOOL, reward, "true", 0, 0, "", "whether the return of the seat's rewards is shown, too")     \
  X(INT, episodes, "500", 2, 100000, "episodes", "length of a run: the first seeds of a range")

// The end of a range is its first seed that does not belong to it.
#define HFT_TASK_SEED_KEYS(X)                                                                     \
  X(INT, train_first, "0", 0, 9007199254740992, "", "first seed for training")                    \
  X(INT, train_end, "1000000000", 0, 9007199254740992, "", "end of that range, exclusive")        \
  X(INT, validation_first, "1000000000", 0, 9007199254740992, "",                                 \
    "first seed for choosing between policies")                                                   \
  X(INT, validation_end, "1100000000", 0, 9007199254740992, "", "end of that range, exclusive")   \
  X(INT, test_first, "2000000000", 0, 9007199254740992, "",                                       \
    "first seed of the leaderboard: not for choosing parameters")                                 \
  X(INT, test_end, "2100000000", 0, 9007199254740992, "", "end of that range, exclusive")

// An item of `opponents`; its kind is the role of the seats.
#define HFT_TASK_OPPONENT_KEYS(X)                                                                 \
  X(TEXT, controller, "do-nothing", 1, 63, "",                                                    \
    "the strategy or policy that holds the preset's external seats of this role")                 \
  X(PARAMS, params, "{}", 0, 0, "", "keys of that strategy or policy")

// An item of `strategies`.
#define HFT_TASK_FIXED_KEYS(X)                                                                    \
  X(TEXT, name, "", 0, 63, "", "a strategy that may hold the scored seats")                       \
  X(PARAMS, params, "{}", 0, 0, "", "its keys in this task, in place of its own defaults")
// clang-format on

typedef enum hft_task_metric {
#define X(code, name, unit, help) HFT_TASK_##code,
  HFT_TASK_METRIC_MAP(X)
#undef X
      HFT_TASK_METRIC_COUNT
} hft_task_metric;

typedef struct hft_task_metric_info {
  const char *name, *unit, *help;
} hft_task_metric_info;

extern const hft_task_metric_info hft_task_metric_table[HFT_TASK_METRIC_COUNT];

typedef struct hft_task_keys {
  HFT_TASK_KEYS(HFT_KEY_MEMBER)
} hft_task_keys;
typedef struct hft_task_seed_keys {
  HFT_TASK_SEED_KEYS(HFT_KEY_MEMBER)
} hft_task_seed_keys;
typedef struct hft_task_opponent_keys {
  HFT_TASK_OPPONENT_KEYS(HFT_KEY_MEMBER)
} hft_task_opponent_keys;
typedef struct hft_task_fixed_keys {
  HFT_TASK_FIXED_KEYS(HFT_KEY_MEMBER)
} hft_task_fixed_keys;

// A split of a task's seeds.
typedef enum hft_split { HFT_SPLIT_TRAIN, HFT_SPLIT_VALIDATION, HFT_SPLIT_TEST } hft_split;
#define HFT_SPLIT_COUNT 3
// "train", "validation", "test".
extern const char *const hft_split_names[HFT_SPLIT_COUNT];

// Who holds the preset's external seats of a role that is not scored.
typedef struct hft_task_opponent {
  hft_role role;
  hft_task_opponent_keys keys;
} hft_task_opponent;

// A task as read. Plain data: no pointers.
typedef struct hft_task {
  hft_task_keys keys;
  hft_task_seed_keys seeds;
  int opponent_count;
  hft_task_opponent opponent[HFT_TASK_OPPONENTS_MAX];
  int fixed_count;
  hft_task_fixed_keys fixed[HFT_TASK_FIXED_MAX];
} hft_task;

// Reads a task from `length` bytes of YAML. `where` names the text in errors. ECONFIG: the error
// names the text, the line where there is one, the key and what is allowed; ENOMEM.
hft_status hft_task_read(const char *text, size_t length, const char *where, hft_task *out,
                         hft_error *error);
// The same from a file; also EIO.
hft_status hft_task_read_file(const char *path, hft_task *out, hft_error *error);

// The role whose seats are scored, and the metric.
hft_role hft_task_role(const hft_task *task);
hft_task_metric hft_task_metric_of(const hft_task *task);
// "maker", "executor", "taker", "portfolio".
const char *hft_task_role_name(hft_role role);

// The keys of a strategy in the task: an empty map where the task fixes none.
const hft_params *hft_task_params(const hft_task *task, const char *strategy);

// The range [*first, *end) of a split.
void hft_task_seeds(const hft_task *task, hft_split split, int64_t *first, int64_t *end);

// Writes the hash of an effective config, 16 hexadecimal digits: the `config_hash` of results.
// ENOMEM.
hft_status hft_task_hash(const hft_config *config, char hash[HFT_TASK_HASH_SIZE], hft_error *error);
// Checks that a config is the one that the task was made for. ECONFIG: another hash; the error
// tells both.
hft_status hft_task_check_config(const hft_task *task, const hft_config *config, const char *where,
                                 hft_error *error);

#endif
