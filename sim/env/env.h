// The environment of one market: seats that observe, act and are rewarded in steps of decision_ms.
// Seats are grouped by role and by who controls them; all seats of a group have arrays of the same
// shape. The spec names every number. Equations: docs/environment.md.
#ifndef HFTSIM_SIM_ENV_ENV_H
#define HFTSIM_SIM_ENV_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/config/config.h"
#include "sim/env/roles/list.h"
#include "sim/market/market.h"

#define HFT_SEATS_MAX 256
#define HFT_AXES_MAX 256       // of a role's action
#define HFT_CHOICES_MAX 65536  // of a discrete action
#define HFT_NUMBERS_MAX 65536  // in an observation, or in the state
#define HFT_TERMS_MAX 8        // of a role's reward
#define HFT_TOTALS_MAX 16      // of a seat's episode
#define HFT_SEAT_ORDERS 8      // open orders of a seat at each of its instruments
#define HFT_NAME_SIZE 48

typedef enum hft_action_space {
  HFT_ACTION_BOX,             // each axis a number in [-1, 1]
  HFT_ACTION_MULTI_DISCRETE,  // each axis one of its choices
  HFT_ACTION_DISCRETE         // one choice, for all axes together
} hft_action_space;

// Who acts for a seat.
typedef enum hft_control {
  HFT_CONTROL_EXTERNAL,  // whoever steps the env: a learner
  HFT_CONTROL_POLICY,    // a policy in this process, by the seat's observation and action
  HFT_CONTROL_STRATEGY,  // a strategy in this process, by orders of its own on the seat's account
  HFT_CONTROL_COUNT
} hft_control;

// Seats are grouped by role and control.
#define HFT_GROUPS_MAX (HFT_CONTROL_COUNT * HFT_ROLE_COUNT)

typedef enum hft_reference { HFT_REFERENCE_MID, HFT_REFERENCE_FUNDAMENTAL } hft_reference;
typedef enum hft_feed { HFT_FEED_LEVEL2, HFT_FEED_LEVEL3 } hft_feed;
typedef enum hft_relative { HFT_RELATIVE_NONE, HFT_RELATIVE_HOLD } hft_relative;
typedef enum hft_team { HFT_TEAM_ROLE, HFT_TEAM_ALL } hft_team;

// clang-format off
#define HFT_ENV_KEYS(X)                                                                           \
  X(REAL, warmup_s, "10", 0, 86400, "s",                                                          \
    "time that the market runs before the first observation")                                     \
  X(INT, episode_len, "600", 1, 10000000, "steps",                                                \
    "length of an episode, which is then truncated")                                              \
  X(INT, depth, "5", 1, 20, "levels", "levels per side in an observation")                        \
  X(INT, state_depth, "10", 1, 50, "levels",                                                      \
    "levels per side in the state; at least `depth`")                                             \
  X(INT, stack, "1", 1, 64, "frames",                                                             \
    "an observation is the last so many frames, the oldest first; masks and the state are of now") \
  X(REAL, feed_latency_us, "0", 0, 1e7, "us",                                                     \
    "age of what seats see of the market, their accounts and their orders")                       \
  X(CHOICE, feed, "level2", 0, 0, "level2|level3",                                                \
    "how seats know their places in queues: estimated from the lots of the level, or exactly")    \
  X(CHOICE, reference, "mid", 0, 0, "mid|fundamental",                                            \
    "price from which seats measure distances and at which their positions are valued")           \
  X(CHOICE, action_space, "box", 0, 0, "box|multi_discrete|discrete",                             \
    "actions are real numbers, one choice per axis, or one choice for all axes together")         \
  X(INT, action_choices, "11", 3, 101, "choices",                                                 \
    "choices per axis, evenly spaced over [-1, 1]; odd, so that 0 is one of them "                \
    "(multi_discrete, discrete)")                                                                 \
  X(BOOL, see_actions, "false", 0, 0, "", "seats observe the last actions of all other seats")    \
  X(INT, message_dim, "0", 0, 16, "numbers",                                                      \
    "numbers in [-1, 1] that each seat sends with its action and all other seats observe")

#define HFT_RISK_KEYS(X)                                                                          \
  X(INT, max_inventory, "200", 1, 1000000000, "lots",                                             \
    "a larger position, long or short, ends the episode of a maker or taker")                     \
  X(REAL, max_drawdown, "1e9", 0, 1e15, "currency x lots",                                        \
    "a larger fall of the P&L from its maximum ends the seat's episode")                          \
  X(REAL, max_position_value, "1e12", 0, 1e15, "currency x lots",                                 \
    "a position of a larger value ends the seat's episode")

#define HFT_REWARD_KEYS(X)                                                                        \
  X(REAL, scale, "1", 1e-9, 1e9, "", "factor of all rewards")                                     \
  X(BOOL, per_lot, "false", 0, 0, "",                                                             \
    "rewards are divided by the seat's own size: quote_qty, parent_qty, order_qty or count_max")  \
  X(REAL, lambda_inventory, "0.0001", 0, 1e6, "1/lots",                                           \
    "penalty per step: this times the squared position, in ticks")                                \
  X(REAL, lambda_risk, "0", 0, 1e6, "1/(ticks x lots)",                                           \
    "penalty per step: this times the squared position times the variance of the mid's change "   \
    "in a step")                                                                                  \
  X(REAL, lambda_impact, "0", 0, 1e6, "",                                                         \
    "penalty: this times what the seat paid beyond the mid as a taker")                           \
  X(REAL, lambda_spread, "0", 0, 1e6, "",                                                         \
    "bonus: this times what the seat earned against the mid as a maker")                          \
  X(CHOICE, baseline, "none", 0, 0, "none|hold",                                                  \
    "what the reward is measured against; hold: the initial holdings of a portfolio, held "       \
    "without trading")                                                                            \
  X(CHOICE, team, "role", 0, 0, "role|all", "which seats form a team for team_weight")            \
  X(REAL, team_weight, "0", -1, 1, "",                                                            \
    "0: individual rewards; 1: the team's mean for all; between: a mixture; below 0: rivals, "    \
    "whose reward is reduced by that share of the mean")
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
// The keys of a seat, for each role: the kinds of the config's list `seats`.
extern const hft_section *const hft_seat_sections[HFT_ROLE_COUNT];

// What one number of an array is.
typedef struct hft_index {
  char name[HFT_NAME_SIZE];  // unique in its array
  const char *unit;          // with its scale: "0.1 x ticks"
  const char *help;
  // Bounds of its values in every market of the config; -INFINITY, INFINITY: unbounded, or a term.
  // Of an axis: [-1, 1], or the range of its choices, [0, n - 1].
  float low, high;
} hft_index;

// The seats of one role and control, and what each index of their arrays means. Those of strategies
// neither observe nor act: obs_dim, axis_count, action_dim and mask_dim are 0.
typedef struct hft_group {
  hft_role role;
  const char *role_name;
  hft_control control;
  int seat_count;
  int first_seat;  // among all seats of the env
  int obs_dim, term_dim, total_dim;
  int axis_count;               // of an action
  int action_dim;               // numbers that a seat writes: one for each axis; discrete: 1
  int mask_dim;                 // 0 for a box; the sum of choice_count; discrete: their product
  const hft_index *obs;         // [obs_dim]
  const hft_index *term;        // [term_dim]
  const hft_index *total;       // [total_dim]
  const hft_index *axis;        // [axis_count]
  const int32_t *choice_count;  // [axis_count]; all 0 for a box
} hft_group;

typedef struct hft_env_spec {
  int group_count;      // groups of external seats
  int seat_count;       // external seats
  int all_group_count;  // with the controlled ones, which come after the external ones
  int all_seat_count;   // indices of seats: by role, in a role the external ones first
  int state_dim;
  int stack;  // frames of an observation, each of obs_dim / stack numbers, the oldest first
  hft_action_space action_space;
  int64_t episode_len;
  hft_time decision;  // of a step
  hft_group group[HFT_GROUPS_MAX];
  const hft_index *state;  // [state_dim]: of the market, of external seats and those of policies
} hft_env_spec;

// A config compiled for environments: the market's model with its seats, and the spec. Constant;
// shared by all envs and threads.
typedef struct hft_env_model hft_env_model;

// Checks the keys of the config's seats, their controllers and the params of these, without a
// market: what hft_env_model_create finds in the list `seats` alone. A config without seats passes.
// ECONFIG at the key at fault, ENOMEM.
hft_status hft_env_check_seats(const hft_config *config, const hft_agent_class *const *classes,
                               int class_count, hft_error *error);

// Seats come from the config's list `seats`, their controllers and the market's agents from
// `classes`. A strategy that holds a seat is of a class that `agents` may name, too; a policy is a
// class with `policy` set (sim/env/policy.h). ECONFIG with the key that is at fault; ENOMEM. The
// classes must outlive the model.
hft_status hft_env_model_create(const hft_config *config, const hft_agent_class *const *classes,
                                int class_count, hft_env_model **out, hft_error *error);
// Frees a model that no env uses any more. Null is ignored.
void hft_env_model_free(hft_env_model *model);
// The spec, which belongs to the model.
const hft_env_spec *hft_env_model_spec(const hft_env_model *model);
// The market's model, which belongs to the env's model.
const hft_model *hft_env_model_market(const hft_env_model *model);
// Bytes of the model: its names, and all data that agents and policies have read.
size_t hft_env_model_bytes(const hft_env_model *model);
// Market time before the first observation of an episode.
hft_time hft_env_model_warmup(const hft_env_model *model);
// A digest of the effective config, of the content of the files that it names, and of the program's
// version and revision. Models of equal digest have interchangeable envs: the memory of an env of
// one is a valid env of the other.
uint64_t hft_env_model_digest(const hft_env_model *model);

// The arrays that one env reads and writes, by group, of shape [seat_count][dim]. The caller owns
// them. Groups that are controlled in this process have only reward, term, terminated and unfilled;
// their other pointers are not read.
typedef struct hft_env_io {
  // [seats][action_dim]. Of a box: float, clipped to [-1, 1], not NaN. Otherwise int32_t, clipped
  // to the range of choices; a choice that the mask forbids does nothing.
  const void *action[HFT_GROUPS_MAX];
  float *obs[HFT_GROUPS_MAX];           // [seats][obs_dim]
  uint8_t *mask[HFT_GROUPS_MAX];        // [seats][mask_dim]: 1: the choice may be made
  float *reward[HFT_GROUPS_MAX];        // [seats]
  float *term[HFT_GROUPS_MAX];          // [seats][term_dim]: the parts that sum to reward / scale
  uint8_t *terminated[HFT_GROUPS_MAX];  // [seats]: 1 in the step in which a risk limit ended it
  // [seats]: lots of a position closed in this step that were beyond the book (sim/market/close.h)
  float *unfilled[HFT_GROUPS_MAX];
  uint8_t *truncated;  // [1]: 1 in the step that reached episode_len
  // [1]: 1 where the episode is over: for all external seats, or where there is none for all seats.
  uint8_t *ended;
  float *state;  // [state_dim]
} hft_env_io;

// An env in the caller's memory, which may be copied by memcpy like a market. Functions of one env
// may be called from any thread, one at a time.
typedef struct hft_env hft_env;
// Bytes of an env's memory.
size_t hft_env_size(const hft_env_model *model);
// Makes an env in memory[size], which must be aligned to HFT_CACHE_LINE. The env has to be reset
// before its first step. EINVAL: alignment; ENOMEM: size is below hft_env_size.
hft_status hft_env_init(const hft_env_model *model, void *memory, size_t size, hft_env **out);
// Begins an episode in the world (seed, index): runs the warm-up, writes obs, mask and state, and
// zeroes all other arrays.
void hft_env_reset(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                   const hft_env_io *io);
// Does one step; the episode must not have ended. The action of a seat that has terminated is
// ignored; its observation is still written, its reward is 0.
void hft_env_step(const hft_env_model *model, hft_env *env, const hft_env_io *io);

// Making, resetting and stepping an env in pieces. Each call works until it is done or the budget
// (sim/market/market.h) is used up, and returns true once it is done. Until then it has to be
// called again with the same arguments; meanwhile no other function of the env may be called, and
// its arrays are unfinished. The result does not depend on the pieces.

// Where such a function was interrupted. Zero it before the first call; it is zero again once done.
typedef struct hft_env_progress {
  size_t at;          // in making or resetting the market
  uint32_t stage;     // 0: nothing has begun
  uint32_t zero;      // padding
  hft_rng order_rng;  // of a step: the stream from which the order of its seats is drawn
} hft_env_progress;
// As hft_env_init, in memory that fits.
bool hft_env_make_some(const hft_env_model *model, void *memory, hft_env_progress *progress,
                       int64_t *budget);
// As hft_env_reset.
bool hft_env_reset_some(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                        const hft_env_io *io, hft_env_progress *progress, int64_t *budget);
// As hft_env_step.
bool hft_env_step_some(const hft_env_model *model, hft_env *env, const hft_env_io *io,
                       hft_env_progress *progress, int64_t *budget);

// The market of an env.
hft_market *hft_env_market(const hft_env_model *model, hft_env *env);

// A seat at one of its instruments, for reading only: no request may be sent from the desk.
typedef struct hft_seat_look {
  hft_desk desk;     // desk.instrument: index of the instrument
  int64_t position;  // lots, including what the seat held at the start
} hft_seat_look;
// A seat at the k-th of its instruments, k in [0, hft_env_seat_instruments - 1].
hft_seat_look hft_env_look(const hft_env_model *model, hft_env *env, int seat, int k);
// The name of a seat's controller: "external", "twap", ...
const char *hft_env_seat_controller(const hft_env_model *model, int seat);
// The number of instruments that a seat trades.
int hft_env_seat_instruments(const hft_env_model *model, int seat);
// Whether a risk limit has ended the seat's episode.
bool hft_env_seat_done(const hft_env *env, int seat);
// The sum of a seat's rewards in the episode so far.
float hft_env_return(const hft_env *env, int seat);
// The number of steps of the episode so far.
int64_t hft_env_steps(const hft_env *env);
// Writes the totals of a seat's episode so far, or up to the risk limit that ended it:
// totals[total_dim of the seat's group].
void hft_env_totals(const hft_env_model *model, hft_env *env, int seat, float *totals);

#endif
