// The environment of one market: seats (learners' chairs) that observe, act and are rewarded in
// steps of decision_ms. Seats are grouped by role; within a group all arrays have the same shape.
#ifndef HFTSIM_SIM_ENV_ENV_H
#define HFTSIM_SIM_ENV_ENV_H

#include <stdint.h>

#include "sim/config/config.h"
#include "sim/market/market.h"

#define HFT_SEATS_MAX 256
#define HFT_NAMES_MAX 512  // observation indices of a role, or indices of the state
#define HFT_ACTIONS_MAX 8  // action indices of a role
#define HFT_TERMS_MAX 8    // reward terms of a role
#define HFT_NAME_SIZE 48

typedef enum hft_role { HFT_ROLE_MAKER, HFT_ROLE_EXECUTOR, HFT_ROLE_COUNT } hft_role;

// clang-format off
#define HFT_ENV_KEYS(X)                                                                           \
  X(REAL, warmup_s, "10", 0, 86400, "s", "the market runs alone before the first observation")    \
  X(INT, episode_len, "600", 1, 10000000, "steps", "an episode is truncated after so many")       \
  X(INT, depth, "5", 1, 20, "levels", "levels per side in an observation")

#define HFT_RISK_KEYS(X)                                                                          \
  X(INT, max_inventory, "200", 1, 1000000000, "lots",                                             \
    "a larger position, long or short, ends the seat's episode (executors: see parent_qty)")      \
  X(REAL, max_drawdown, "1e9", 0, 1e15, "currency x lots",                                        \
    "a larger fall of P&L from its highest ends the seat's episode")                              \
  X(REAL, max_position_value, "1e12", 0, 1e15, "currency x lots",                                 \
    "a position worth more ends the seat's episode")

#define HFT_REWARD_KEYS(X)                                                                        \
  X(REAL, scale, "1", 1e-9, 1e9, "", "all rewards are multiplied by this")                        \
  X(REAL, lambda_inventory, "0.0001", 0, 1e6, "1/lots",                                           \
    "penalty a step: times the position squared, in ticks")

#define HFT_MAKER_KEYS(X)                                                                         \
  X(INT, count, "1", 1, 256, "seats", "seats of this role")                                       \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(REAL, offset_max, "10", 1, 10000, "ticks", "furthest quote from the mid")                     \
  X(REAL, latency_us, "-1", -1, 1e9, "us",                                                        \
    "in place of exchange_config.latency_us; negative: that one")

#define HFT_EXECUTOR_KEYS(X)                                                                      \
  X(INT, count, "1", 1, 256, "seats", "seats of this role")                                       \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "side of the parent order")                            \
  X(INT, parent_qty, "200", 1, 1000000000, "lots", "size of the parent order")                    \
  X(REAL, offset_max, "10", 1, 10000, "ticks", "furthest limit price from the touch")             \
  X(REAL, latency_us, "-1", -1, 1e9, "us",                                                        \
    "in place of exchange_config.latency_us; negative: that one")
// clang-format on

typedef struct hft_env_config {
  HFT_ENV_KEYS(HFT_KEY_MEMBER)
} hft_env_config;
typedef struct hft_risk_config {
  HFT_RISK_KEYS(HFT_KEY_MEMBER)
} hft_risk_config;
typedef struct hft_reward_config {
  HFT_REWARD_KEYS(HFT_KEY_MEMBER)
} hft_reward_config;

extern const hft_section hft_env_section, hft_risk_section, hft_reward_section;
extern const hft_section *const hft_seat_sections[HFT_ROLE_COUNT];

// The seats of one role, and what each index of their arrays means.
typedef struct hft_group {
  hft_role role;
  const char *role_name;
  int seat_count;
  int first_seat;  // among all seats of the env
  int obs_dim, action_dim, term_dim;
  char obs_name[HFT_NAMES_MAX][HFT_NAME_SIZE];
  char action_name[HFT_ACTIONS_MAX][HFT_NAME_SIZE];
  char term_name[HFT_TERMS_MAX][HFT_NAME_SIZE];
} hft_group;

typedef struct hft_env_spec {
  int group_count;  // roles that have seats
  int seat_count;
  int state_dim;
  int64_t episode_len;
  hft_time decision;  // of a step
  hft_group group[HFT_ROLE_COUNT];
  char state_name[HFT_NAMES_MAX][HFT_NAME_SIZE];
} hft_env_spec;

// A config compiled for environments: the model with its seats, and the spec. Constant, shared.
typedef struct hft_env_model hft_env_model;

hft_status hft_env_model_create(const hft_config *config, const hft_agent_class *const *classes,
                                int class_count, hft_env_model **out, hft_error *error);
void hft_env_model_free(hft_env_model *model);
const hft_env_spec *hft_env_model_spec(const hft_env_model *model);
const hft_model *hft_env_model_market(const hft_env_model *model);

// Where one env reads and writes; per group g arrays of [seat_count][dim]. The caller owns them.
typedef struct hft_env_io {
  const float *action[HFT_ROLE_COUNT];  // [seats][action_dim], in [-1, 1] (clipped); not NaN
  float *obs[HFT_ROLE_COUNT];           // [seats][obs_dim]
  float *reward[HFT_ROLE_COUNT];        // [seats]
  float *term[HFT_ROLE_COUNT];          // [seats][term_dim]: the parts that sum to reward / scale
  uint8_t *terminated[HFT_ROLE_COUNT];  // [seats]: 1 in the step in which a risk limit ended it
  uint8_t *truncated;                   // [1]: 1 in the step that reached episode_len
  uint8_t *ended;                       // [1]: 1 where the episode is over for all seats
  float *state;                         // [state_dim]
} hft_env_io;

// An env in the caller's memory, copied by memcpy like a market.
typedef struct hft_env hft_env;
size_t hft_env_size(const hft_env_model *model);
hft_status hft_env_init(const hft_env_model *model, void *memory, size_t size, hft_env **out);
// Begins an episode in the world (seed, env index): writes obs and state; zeroes the rest.
void hft_env_reset(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                   const hft_env_io *io);
// One step; the env must not have ended. A seat that has terminated is observed on, rewarded 0, and
// its action is ignored.
void hft_env_step(const hft_env_model *model, hft_env *env, const hft_env_io *io);
hft_market *hft_env_market(const hft_env_model *model, hft_env *env);
// Sum of rewards of a seat, and steps done, in the episode.
float hft_env_return(const hft_env *env, int seat);
int64_t hft_env_steps(const hft_env *env);

#endif
