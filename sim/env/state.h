// Inside of sim/env: what an env model and an env are made of, and what each role does.
#ifndef HFTSIM_SIM_ENV_STATE_H
#define HFTSIM_SIM_ENV_STATE_H

#include "sim/env/env.h"

#define HFT_STREAM_SEAT_ORDER 0x50000u
#define HFT_MIDS 64        // past mids that an env remembers: a power of two
#define HFT_SEAT_ORDERS 8  // open orders of a seat

// clang-format off
typedef struct hft_maker_keys { HFT_MAKER_KEYS(HFT_KEY_MEMBER) } hft_maker_keys;
typedef struct hft_executor_keys { HFT_EXECUTOR_KEYS(HFT_KEY_MEMBER) } hft_executor_keys;
// clang-format on

// The keys of a seat, by its role.
typedef union hft_seat_keys {
  hft_maker_keys maker;
  hft_executor_keys executor;
} hft_seat_keys;

typedef struct hft_seat_model {
  hft_role role;
  int group;        // in the spec
  int index;        // within the group
  hft_owner owner;  // its participant
  hft_seat_keys keys;
} hft_seat_model;

struct hft_env_model {
  hft_model *market;
  hft_env_config env;
  hft_risk_config risk;
  hft_reward_config reward;
  hft_env_spec spec;
  hft_time warmup;
  double drawdown_max;        // ticks x lots
  double position_value_max;  // ticks x lots
  size_t market_at, size;
  hft_seat_model seat[HFT_SEATS_MAX];
};

typedef struct hft_seat {
  hft_order_id quote[2];  // maker: its quotes
  double value;           // of the account at the last step, fees paid, ticks x lots
  double peak;            // the highest so far
  double due;             // executor: lots that its pace has asked for
  float total;            // sum of rewards
  uint8_t done;
} hft_seat;

struct hft_env {
  hft_rng order_rng;
  int64_t step;
  int64_t start_mid2;
  int64_t seen_mid2;          // what all seats act on: before any of them has moved it
  hft_price seen_best[2];     // best bid and ask then; 0: none
  int64_t mid2[HFT_MIDS];     // ring, by step
  int64_t buy_qty, sell_qty;  // the tape's at the last step
  float trade_flow;           // of the last step
  int32_t alive;
  hft_seat seat[];
};

// A writer of named numbers: with `name` set it writes names, otherwise values.
typedef struct hft_fields {
  float *value;
  char (*name)[HFT_NAME_SIZE];
  int count;
} hft_fields;

void hft_fields_put(hft_fields *fields, const char *name, double value);
void hft_fields_put_level(hft_fields *fields, const char *name, int level, double value);

// What a seat needs to act and to be observed.
typedef struct hft_seat_view {
  const hft_env_model *model;
  const hft_env *env;
  const hft_seat_model *seat_model;
  hft_seat *seat;
  hft_desk desk;
} hft_seat_view;

// The market as all see it, then what a seat knows of itself; names when market is null.
void hft_observe_market(const hft_env_model *model, const hft_env *env, const hft_market *market,
                        hft_fields *fields);
void hft_observe_time(const hft_env_model *model, const hft_env *env, hft_fields *fields);

// One role: how a seat observes itself, acts, is penalised, and ends.
typedef struct hft_role_class {
  const hft_agent_class *agent_class;  // a seat is an agent that only the env moves
  int action_dim;
  const char *const *action_names;
  void (*observe)(const hft_seat_view *view, hft_fields *fields);  // view null: names
  void (*act)(const hft_seat_view *view, const float *action);
  // Lots whose square is penalised.
  int64_t (*exposure)(const hft_seat_view *view);
  // The episode's last step is done: what has to be settled at market. May be null.
  void (*finish)(const hft_seat_view *view);
} hft_role_class;

extern const hft_section hft_maker_seat_section, hft_executor_seat_section;
extern const hft_role_class hft_role_maker_class, hft_role_executor_class;
const hft_role_class *hft_role_class_of(hft_role role);

static inline const char *hft_role_name(hft_role role) {
  return hft_role_class_of(role)->agent_class->section->name;
}

// An action's index as a distance: -1 .. 1 becomes 0 .. most.
static inline double hft_action_distance(float action, double most) {
  double clipped = action < -1 ? -1 : action > 1 ? 1 : (double)action;
  return 0.5 * (clipped + 1) * most;
}

// The price as an order of the seat may have it: in the window, and where it must not trade, off
// the other side's best.
hft_price hft_seat_price(const hft_seat_view *view, hft_side side, hft_tif tif, double price);

// Places, moves or leaves alone one of the seat's quotes, so that it stands at `price` with `qty`.
// qty 0 withdraws it. An order at that price that is not larger than `qty` keeps its place.
void hft_seat_quote(const hft_seat_view *view, hft_side side, hft_tif tif, double price,
                    int64_t qty);

#endif
