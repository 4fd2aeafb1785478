// Inside of sim/env: the class of a role. A role defines what a seat observes of itself, what its
// action means and which limits hold for it; everything else is the same for all seats.
#ifndef HFTSIM_SIM_ENV_ROLES_ROLE_H
#define HFTSIM_SIM_ENV_ROLES_ROLE_H

#include "sim/env/env.h"
#include "sim/env/fields.h"
#include "sim/env/roles/list.h"

// clang-format off
// The keys that roles share. Every role's keys begin with HFT_SEAT_KEYS.
#define HFT_SEAT_KEYS(X)                                                                          \
  X(INT, count, "1", 1, 256, "seats", "seats of this role")                                       \
  X(TEXT, controller, "external", 1, 63, "",                                                      \
    "who controls the seats: external (a learner), or the name of a strategy or policy")     \
  X(PARAMS, params, "{}", 0, 0, "", "keys of that strategy or policy")                            \
  X(REAL, forecast_r2, "0", 0, 1, "",                                                             \
    "the seats observe a forecast that explains this share of the variance of the fundamental's " \
    "coming change; 0: none")                                                                     \
  X(REAL, forecast_s, "60", 0.001, 86400, "s", "how far that forecast looks ahead")               \
  X(REAL, lambda_inventory, "-1", -1, 1e6, "1/lots",                                              \
    "penalty of these seats' positions; if negative, reward_config.lambda_inventory")             \
  X(REAL, lambda_risk, "-1", -1, 1e6, "1/(ticks x lots)",                                         \
    "penalty of these seats' risk; if negative, reward_config.lambda_risk")
#define HFT_SEAT_INSTRUMENT_KEYS(X)                                                               \
  X(INT, instrument, "0", 0, 63, "", "instrument that the seats trade: 0, 1, ...")
#define HFT_SEAT_LATENCY_KEYS(X)                                                                  \
  X(REAL, latency_us, "-1", -1, 1e9, "us",                                                        \
    "latency; if negative, exchange_config.latency_us")
// clang-format on

typedef struct hft_seat_keys {
  HFT_SEAT_KEYS(HFT_KEY_MEMBER)
} hft_seat_keys;

typedef struct hft_seat_view hft_seat_view;

#define HFT_ROLE_AXES_MAX 8

// One axis of a role's action, at each of the seat's instruments.
typedef struct hft_axis {
  const char *name, *unit, *help;  // in static memory
  double low, high;                // what -1 and 1 mean, in the unit
  int choices;  // it is a choice by nature, of so many; 0: a number, or env_config.action_choices
  // The value in [-1, 1] that does nothing, whatever the other axes say; HFT_AXIS_ALWAYS: none. It
  // is never forbidden; without it, -1 never is.
  float idle;
} hft_axis;
#define HFT_AXIS_ALWAYS NAN

// An axis that is no choice by nature.
static inline hft_axis hft_axis_number(const char *name, const char *unit, double low, double high,
                                       float idle, const char *help) {
  return (hft_axis){name, unit, help, low, high, 0, idle};
}

// `keys` below is the role's own struct of keys, `view` a seat that exists.
typedef struct hft_role_class {
  hft_section section;                 // name, help and keys
  const hft_agent_class *agent_class;  // the seat's participant, an agent that only the env moves
  bool all_instruments;                // the seat trades all instruments, not one
  bool inventory_limited;              // risk_config.max_inventory holds for the seat
  // Writes the axes at each instrument, which the keys select, and returns how many. A seat does
  // nothing where all axes that can are idle; if none can, it always does something.
  int (*axes)(const void *keys, hft_axis axes[HFT_ROLE_AXES_MAX]);
  // Checks the keys. Null: nothing to check.
  hft_status (*check)(const void *keys, const char *where, hft_error *error);
  // Writes what the seat observes of itself. view null: names alone, for so many instruments.
  void (*observe)(const hft_seat_view *view, int instrument_count, hft_fields *fields);
  // Acts on numbers in [-1, 1], [instrument][axis].
  void (*act)(const hft_seat_view *view, const float *action);
  // The cash that the seat may spend, ticks x lots; it becomes the view's `cash_budget` before
  // `allows` is called. Null: `allows` does not need it.
  double (*cash_budget)(const hft_seat_view *view);
  // May this value be chosen on an axis at the k-th instrument? Null: always.
  bool (*allows)(const hft_seat_view *view, int k, int axis, float value);
  // Lots at the k-th instrument that penalties count.
  int64_t (*exposure)(const hft_seat_view *view, int k);
  // Lots by which rewards are divided with reward_config.per_lot.
  int64_t (*size)(const void *keys);
  // Lots of each instrument held at the start, beside the account. Null: none.
  int64_t (*holding)(const void *keys);
  // Lots to buy (negative: to sell) by the end of the episode, when the rest is closed. Null: none.
  int64_t (*parent)(const void *keys);
} hft_role_class;

#define HFT_ROLE_DECLARATION(NAME, name) extern const hft_role_class hft_role_##name##_class;
HFT_ROLES(HFT_ROLE_DECLARATION)
#undef HFT_ROLE_DECLARATION

extern const hft_role_class *const hft_role_classes[HFT_ROLE_COUNT];

static inline const hft_role_class *hft_role_class_of(hft_role role) {
  return hft_role_classes[role];
}

#endif
