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
#define HFT_DRAWN_MAX 64                    // keys that the list `randomise` names
#define HFT_VARIANTS_MAX 4096               // of a model, over all stages of its schedule
#define HFT_VARIANTS_BYTES_MAX (1LL << 29)  // of the variants of a model together

typedef enum hft_action_space {
  HFT_ACTION_BOX,             // each axis a number in [-1, 1]
  HFT_ACTION_MULTI_DISCRETE,  // each axis one of its choices
  HFT_ACTION_DISCRETE,        // one choice, for all axes together
  HFT_ACTION_MIXED            // axes that are choices by nature: one of these; the others: numbers
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
typedef enum hft_relative {
  HFT_RELATIVE_NONE,
  HFT_RELATIVE_FUNDAMENTAL,
  HFT_RELATIVE_HOLD,
  HFT_RELATIVE_TWIN
} hft_relative;
typedef enum hft_mark { HFT_MARK_REFERENCE, HFT_MARK_FUNDAMENTAL } hft_mark;
typedef enum hft_end { HFT_END_DEPTH, HFT_END_CLOSE, HFT_END_REFERENCE } hft_end;
typedef enum hft_feed { HFT_FEED_LEVEL2, HFT_FEED_LEVEL3 } hft_feed;
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
    "price from which seats measure distances; see also reward_config.mark")                      \
  X(CHOICE, action_space, "box", 0, 0, "box|multi_discrete|discrete|mixed",                       \
    "actions are real numbers; one choice per axis; one choice for all axes together; or choices " \
    "on the axes that are choices by nature and real numbers on the others")                      \
  X(INT, action_choices, "11", 3, 101, "choices",                                                 \
    "choices per axis, evenly spaced over [-1, 1]; odd, so that 0 is one of them "                \
    "(multi_discrete, discrete)")                                                                 \
  X(BOOL, see_actions, "false", 0, 0, "", "seats observe the last actions of all other seats")    \
  X(INT, message_dim, "0", 0, 16, "numbers",                                                      \
    "numbers in [-1, 1] that each seat sends with its action and all other seats observe")        \
  X(BOOL, reseat, "false", 0, 0, "",                                                              \
    "a reset may give external seats to a strategy or policy; the array `controlled` tells which")\
  X(INT, variants, "64", 1, 1024, "",                                                             \
    "sets of values that the list `randomise` is drawn from, evenly spread over its ranges; each " \
    "is compiled once")                                                                           \
  X(INT, variants_seed, "0", 0, 4294967295, "", "seed of these sets of values")

// An item of the list `randomise`.
#define HFT_RANDOMISE_KEYS(X)                                                                     \
  X(TEXT, key, "", 0, 47, "",                                                                     \
    "the key that is drawn, as `--set` names it: market_config.volatility, seats.0.parent_qty")   \
  X(REAL, low, "0", -1e18, 1e18, "of the key", "smallest value")                                  \
  X(REAL, high, "0", -1e18, 1e18, "of the key", "largest value; equal to `low`: no draw")         \
  X(INT, from_episode, "0", 0, 4294967295, "episodes",                                            \
    "the range holds from this episode of an env on, counted from its seed, instead of earlier "  \
    "ranges of the key")

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
  X(CHOICE, baseline, "none", 0, 0, "none|fundamental|hold|twin",                                 \
    "gain that is subtracted: fundamental: of what the seat held before the step, by the "        \
    "unexpected change of the fundamental value; hold: of a portfolio's initial holdings; twin: " \
    "of doing nothing, in a world in which no seat acts")                                         \
  X(CHOICE, mark, "reference", 0, 0, "reference|fundamental",                                     \
    "price at which positions are valued: env_config.reference, or the fundamental value, which " \
    "actors do not see")                                                                          \
  X(CHOICE, end, "depth", 0, 0, "depth|close|reference",                                          \
    "value of a position at the end of the episode, but for executors: depth: at a price for "    \
    "all its lots that no quote moves; close: it is closed against the book; reference: at the "  \
    "price of the steps before")                                                                  \
  X(CHOICE, team, "role", 0, 0, "role|all", "which seats form a team for team_weight")            \
  X(REAL, team_weight, "0", -1, 1, "",                                                            \
    "0: individual rewards; 1: the team's mean for all; between: a mixture; below 0: rivals, "    \
    "whose reward is reduced by that share of the mean")
// clang-format on

typedef struct hft_env_config {
  HFT_ENV_KEYS(HFT_KEY_MEMBER)
} hft_env_config;
typedef struct hft_randomise_config {
  HFT_RANDOMISE_KEYS(HFT_KEY_MEMBER)
} hft_randomise_config;
typedef struct hft_risk_config {
  HFT_RISK_KEYS(HFT_KEY_MEMBER)
} hft_risk_config;
typedef struct hft_reward_config {
  HFT_REWARD_KEYS(HFT_KEY_MEMBER)
} hft_reward_config;

extern const hft_section hft_env_section, hft_risk_section, hft_reward_section;
// The keys of a seat, for each role: the kinds of the config's list `seats`.
extern const hft_section *const hft_seat_sections[HFT_ROLE_COUNT];
// The kinds of the config's list `randomise`: uniform, log_uniform.
#define HFT_RANDOMISE_KINDS 2
extern const hft_section *const hft_randomise_sections[HFT_RANDOMISE_KINDS];

// What one number of an array is.
typedef struct hft_index {
  char name[HFT_NAME_SIZE];  // unique in its array
  const char *unit;          // with its scale: "0.1 x ticks"
  const char *help;
  // Bounds of its values in every market of the config; -INFINITY, INFINITY: unbounded, or a term.
  // Of an axis: [-1, 1], or the range of its choices, [0, n - 1].
  float low, high;
} hft_index;

// What an axis of an action means.
typedef struct hft_axis_range {
  // What its lowest and its highest value mean, in its unit. NAN where seats of the group differ.
  double low, high;
  // The value with which the axis does nothing, whatever the other axes say: in [-1, 1], or a
  // choice. NAN: there is none.
  float idle;
} hft_axis_range;

// The seats of one role and control, and what each index of their arrays means. Those of strategies
// neither observe nor act: obs_dim, axis_count, action_dim and mask_dim are 0. With
// env_config.reseat, `control` is who may act for the seats; in one episode a seat may be held by
// another (hft_env_model_create_as).
typedef struct hft_group {
  hft_role role;
  const char *role_name;
  hft_control control;
  int seat_count;
  int first_seat;  // among all seats of the env
  int obs_dim, term_dim, total_dim;
  int axis_count;               // of an action
  int role_axes;                // of these, those of the role at one instrument
  int action_dim;               // numbers that a seat writes: one for each axis; discrete: 1
  int mask_dim;                 // the sum of choice_count; discrete: their product
  const hft_index *obs;         // [obs_dim]
  const hft_index *term;        // [term_dim]
  const hft_index *total;       // [total_dim]
  const hft_index *axis;        // [axis_count]
  const int32_t *choice_count;  // [axis_count]; 0: the axis is a number, as all are in a box
  const hft_axis_range *range;  // [axis_count]
  // [action_dim]: the action that does nothing, choices as whole numbers. Null: the role's keys
  // allow none.
  const float *nothing;
} hft_group;

// Whether actions are float; otherwise they are int32_t.
static inline bool hft_action_is_float(hft_action_space space) {
  return space == HFT_ACTION_BOX || space == HFT_ACTION_MIXED;
}

typedef struct hft_env_spec {
  int group_count;      // groups of external seats
  int seat_count;       // external seats
  int all_group_count;  // with the controlled ones, which come after the external ones
  int all_seat_count;   // indices of seats: by role, in a role the external ones first
  int state_dim;
  int stack;  // frames of an observation, each of obs_dim / stack numbers, the oldest first
  hft_action_space action_space;
  bool reseat;  // env_config.reseat
  int64_t episode_len;
  hft_time decision;  // of a step
  hft_group group[HFT_GROUPS_MAX];
  const hft_index *state;  // [state_dim]: of the market, of external seats and those of policies
  int drawn_dim;           // keys that the list `randomise` names
  const hft_index *drawn;  // [drawn_dim]: their paths, units and help; the bounds of their values
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
// The model of a config whose seats are those of the config of `base`, but for their keys: its
// groups, and so its arrays and spec, are those of `base`, whoever acts for a seat now. An external
// seat of `base` that a strategy or policy holds here keeps its rows: its observation, mask and
// reward are written as ever, its row of the actions is ignored, and `controlled` is 1. Its policy
// writes its actions into the env's memory; its strategy sends orders of its own, and others see 0
// for its actions and messages. It does not count for the end of the episode. `base` is only read.
// Errors as of hft_env_model_create, and ECONFIG where env_config.reseat is false and an external
// seat is given away, where items of `seats` differ in number, role or order, or where a seat would
// need arrays that `base` does not have: what a strategy holds there stays with strategies, and
// what a policy holds there cannot become external. hft_env_model_fits tells whether the arrays
// have the same shapes.
hft_status hft_env_model_create_as(const hft_config *config, const hft_agent_class *const *classes,
                                   int class_count, const hft_env_model *base, hft_env_model **out,
                                   hft_error *error);
// Frees a model that no env uses any more, with its variants. Null is ignored.
void hft_env_model_free(hft_env_model *model);
// The spec, which belongs to the model.
const hft_env_spec *hft_env_model_spec(const hft_env_model *model);
// The market's model, which belongs to the env's model.
const hft_model *hft_env_model_market(const hft_env_model *model);
// Bytes of the model and its variants: names, and all data that agents and policies have read.
size_t hft_env_model_bytes(const hft_env_model *model);
// Market time before the first observation of an episode.
hft_time hft_env_model_warmup(const hft_env_model *model);
// A digest of the effective config, of the content of the files that it names, and of the program's
// version and revision. Models of equal digest have interchangeable envs: the memory of an env of
// one is a valid env of the other.
uint64_t hft_env_model_digest(const hft_env_model *model);

// ---- variants ----------------------------------------------------------------------------------
// A config with a list `randomise` has a model with variants: models of the same config and spec in
// which the listed keys have values drawn from their ranges. Creating the model creates them all.
// Bounds and episode_len of its spec are the widest of all variants.
//
// Values. The list's items are ranges of keys. Of several ranges of a key the last holds whose
// from_episode has come; before the first, the key has the config's value. The distinct
// from_episode divide the episodes of an env into stages. Each stage with a range wider than a
// point has env_config.variants variants: the values of a key are one from each of as many equal
// parts of its range (of its logarithm for log_uniform), in an order drawn for each key (Latin
// hypercube sampling: McKay, Beckman, Conover 1979) from env_config.variants_seed. Values have six
// significant digits; those of whole-numbered keys are rounded, so that each is equally likely.

// The variant in which the market (seed, episode) runs: the same in every pool. The model itself
// where the stage draws nothing. The variants belong to the model.
const hft_env_model *hft_env_model_variant(const hft_env_model *model, uint64_t seed,
                                           uint32_t episode);
// Number of variants, of all stages; 0 without a list.
int hft_env_model_variant_count(const hft_env_model *model);
// The k-th of them, k in [0, hft_env_model_variant_count - 1].
const hft_env_model *hft_env_model_variant_at(const hft_env_model *model, int k);
// The values of the listed keys in a variant, or in the model itself: [spec.drawn_dim].
const float *hft_env_model_drawn(const hft_env_model *model);

// An override of a config: a path as of hft_config_set_value, and its value as text.
typedef struct hft_override {
  const char *path, *value;
} hft_override;
// Copies a config and applies overrides to it; a key that the list `randomise` names is then no
// longer drawn. The caller frees *out. ECONFIG at the path; ENOMEM.
hft_status hft_env_override(const hft_config *config, const hft_override *override, int count,
                            hft_config **out, hft_error *error);
// Can envs of `other` write the arrays that the spec of `model` describes? ECONFIG at `where`: a
// shape, name, choice or bound differs (a bound may be narrower, and an episode shorter), or an env
// needs more memory.
hft_status hft_env_model_fits(const hft_env_model *model, const hft_env_model *other,
                              const char *where, hft_error *error);

// The arrays that one env reads and writes, by group, of shape [seat_count][dim]. The caller owns
// them. Groups that are controlled in this process have only reward, term, terminated and unfilled;
// their other pointers are not read. With env_config.reseat, obs and mask must hold in a step what
// the last step or reset has written: a policy may act on them.
typedef struct hft_env_io {
  // [seats][action_dim]. Of a box: float, clipped to [-1, 1], not NaN. Mixed: float, of a choice
  // its whole number. Otherwise int32_t. Choices are clipped to their range; a choice that the mask
  // forbids does nothing.
  const void *action[HFT_GROUPS_MAX];
  float *obs[HFT_GROUPS_MAX];           // [seats][obs_dim]
  uint8_t *mask[HFT_GROUPS_MAX];        // [seats][mask_dim]: 1: the choice may be made
  float *reward[HFT_GROUPS_MAX];        // [seats]
  float *term[HFT_GROUPS_MAX];          // [seats][term_dim]: the parts that sum to reward / scale
  uint8_t *terminated[HFT_GROUPS_MAX];  // [seats]: 1 in the step in which a risk limit ended it
  // [seats]: lots of a position closed in this step that were beyond the book (sim/market/close.h)
  float *unfilled[HFT_GROUPS_MAX];
  // [seats] of groups of external seats, with env_config.reseat: 1 where a strategy or policy holds
  // the seat in this episode, and its actions are ignored. Written by a reset alone.
  uint8_t *controlled[HFT_GROUPS_MAX];
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
// Bytes that hold an env of the model or of any of its variants.
size_t hft_env_room(const hft_env_model *model);
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
  size_t at;          // in making, resetting or copying the market
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
// Who acts for a seat; not always the control of its group (hft_env_model_create_as).
hft_control hft_env_seat_control(const hft_env_model *model, int seat);
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
