// Inside of sim/env: what an env model and an env are made of.
#ifndef HFTSIM_SIM_ENV_STATE_H
#define HFTSIM_SIM_ENV_STATE_H

#include "sim/base/drawdown.h"
#include "sim/env/env.h"
#include "sim/env/roles/role.h"
#include "sim/market/close.h"
#include "sim/market/model.h"

#define HFT_STREAM_SEAT_ORDER 0x50000u
#define HFT_MIDS 64           // past mids that an env remembers: a power of two
#define HFT_SIZES_TABLE 4096  // logarithms of sizes below this come from a table

// An item of the config's list `seats`. Its seats share it. The model owns the memory.
typedef struct hft_seat_item {
  hft_role role;
  hft_control control;
  char where[160];                    // of its params, in errors: "e.yaml:5: seats[1].params"
  void *keys;                         // keys of the role
  const hft_agent_class *controller;  // null: external
  // Policy: its compiled parameters. Strategy: its keys, followed by the seat's latency and
  // instrument.
  void *params;
  // Strategy: a copy of its class in which the keys latency_us and instrument are those of the
  // seat.
  hft_agent_class strategy;
} hft_seat_item;

typedef struct hft_seat_model {
  hft_role role;
  int group;             // in the spec
  int index;             // within the group
  hft_owner owner;       // its participant
  int instrument;        // index of its first instrument
  int instrument_count;  // it trades this many, from the first on
  int last_at;           // index of its last action in hft_env_last
  int64_t holding;       // lots of each instrument that it holds at the start
  // holding minus the parent order (lots to buy; negative: to sell). With this initial position,
  // the value of an executor is minus its implementation shortfall (Perold 1988) against the
  // reference price at the start: the cost of the executed lots plus the price change of the
  // remaining ones.
  int64_t begun;
  const void *keys;  // keys of its role
  const hft_seat_item *item;
  hft_control control;
  bool acts;         // by actions: external, or a policy
  bool counts;       // the episode ends when all seats that count are out
  size_t policy_at;  // offset of its policy's state in the env
} hft_seat_model;

struct hft_env_model {
  hft_model *market;
  hft_env_config env;
  hft_risk_config risk;
  hft_reward_config reward;
  hft_env_spec spec;
  uint64_t digest;
  uint64_t content;  // digest of the files that policies have read; 0: none
  hft_time warmup;
  double max_drawdown;        // ticks x lots
  double max_position_value;  // ticks x lots
  int instrument_count;
  int state_depth;   // levels per side in the state
  int market_dim;    // numbers of an instrument in an observation
  int features_dim;  // of these, the numbers that are not levels
  int state_part;    // numbers of an instrument in the state, without its fundamental value
  int common_at;     // index in the state of the time features, behind the instruments' numbers
  int common_dim;    // number of time features; observations have them too
  int own_dim[HFT_GROUPS_MAX];          // numbers in which a seat of a group observes itself
  int acting_count;                     // seats that act
  int counted_seats;                    // seats that count: the initial value of `alive`
  bool policies;                        // whether policies act for some seats
  size_t inside_at[HFT_GROUPS_MAX][3];  // offsets in the env of a policy group's obs, mask, action
  int last_dim;                         // axes of all seats together
  bool has_auctions;                    // whether there are auctions or halts
  size_t history_at, quote_at, last_at, market_at, size;  // layout of an env
  size_t bytes;                                           // of the model itself
  hft_seat_item item[HFT_CONFIG_ITEMS_MAX];
  int item_count;
  hft_index *indices;               // descriptions of all numbers of the spec
  int32_t *choices;                 // choices of all axes of the spec
  hft_axis_range *ranges;           // of the same
  float *nothing;                   // the actions of all groups that do nothing
  int seat_of_rank[HFT_SEATS_MAX];  // 0, 1, ...: the order that draw_order permutes
  float log_size[HFT_SIZES_TABLE];
  hft_seat_model seat[HFT_SEATS_MAX];
};

typedef struct hft_seat {
  double value;                      // P&L up to the last step, fees included, ticks x lots
  double still;                      // the same of the initial holdings, held without trading
  hft_drawdown drawdown;             // of the value
  double due;                        // executor: lots due so far according to its pace
  int64_t seen;                      // position when the seat chose its action
  int64_t maker_edge2, taker_edge2;  // sums over its accounts at the last step
  float total;                       // sum of rewards
  uint8_t done;
  uint8_t zero[3];
} hft_seat;

// Past values of an instrument.
typedef struct hft_instrument_history {
  double mark;                // reference price in ticks at the last observation
  double start;               // reference price at the start of the episode
  hft_price best[2];          // best bid and ask when the seats last acted; 0: none
  hft_depth depth;            // of its book, sampled every 32 steps
  int64_t mid2[HFT_MIDS];     // marks in half ticks, by step
  int64_t squares;            // sum of the squares of their last changes
  int64_t buy_qty, sell_qty;  // of the tape at the last step
  double trade_flow;          // of the last step
  double spread;              // mean over the recent steps, in ticks; 0: there was none yet
} hft_instrument_history;

struct hft_env {
  hft_rng order_rng;
  int64_t step;
  int64_t alive;
  hft_seat seat[];
};

static inline hft_instrument_history *hft_env_histories(const hft_env_model *model,
                                                        const hft_env *env) {
  return (hft_instrument_history *)((uintptr_t)env + model->history_at);
}

// The last actions of all seats, axis by axis: [last_dim].
static inline float *hft_env_last(const hft_env_model *model, const hft_env *env) {
  return (float *)((uintptr_t)env + model->last_at);
}

// One seat of an env: the data from which it acts and is observed.
struct hft_seat_view {
  const hft_env_model *model;
  const hft_env *env;
  const hft_seat_model *seat_model;
  hft_seat *seat;
  hft_instrument_history *history;  // of its first instrument
  hft_order_id *quote;              // [2]: a maker's bid and ask
  hft_desk desk;                    // at its first instrument
  double cash_budget;               // set before hft_role_class.allows is called
};

// The desk of the seat at the k-th of its instruments.
static inline hft_desk hft_seat_desk(const hft_seat_view *view, int k) {
  return k == 0 ? view->desk : hft_desk_at(&view->desk, view->seat_model->instrument + k);
}

#endif
