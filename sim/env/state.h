// Inside of sim/env: what an env model and an env are made of.
#ifndef HFTSIM_SIM_ENV_STATE_H
#define HFTSIM_SIM_ENV_STATE_H

#include "sim/env/env.h"
#include "sim/env/roles/role.h"
#include "sim/market/model.h"

#define HFT_STREAM_SEAT_ORDER 0x50000u
#define HFT_MIDS 64           // past mids that an env remembers: a power of two
#define HFT_SIZES_TABLE 4096  // logarithms of sizes below this are looked up

// An item of the config's list `seats`, and what its seats share. The model owns the memory.
typedef struct hft_seat_item {
  hft_role role;
  hft_control control;
  void *keys;                         // the role's
  const hft_agent_class *controller;  // null: external
  // Of a policy: its compiled parameters. Of a strategy: its keys, and behind them its place.
  void *params;
  hft_agent_class strategy;  // the controller's class, with the seat's latency and instrument
} hft_seat_item;

typedef struct hft_seat_model {
  hft_role role;
  int group;             // in the spec
  int index;             // within the group
  hft_owner owner;       // its participant
  int instrument;        // its first
  int instrument_count;  // how many it trades, from that one on
  int last_at;           // its last action among those of all seats
  int64_t holding;       // lots of each instrument that it holds at the start
  // The same less what it has to buy by the end. Valued so, a parent order is worth minus its
  // implementation shortfall (Perold 1988) against the reference price at the start: what was paid
  // for what is done, and what the price has moved for what is not.
  int64_t begun;
  const void *keys;  // its role's
  const hft_seat_item *item;
  hft_control control;
  bool acts;         // by actions: not a strategy
  bool counts;       // the episode lasts as long as one of these is not out
  size_t policy_at;  // of its policy's state in the env
} hft_seat_model;

struct hft_env_model {
  hft_model *market;
  hft_env_config env;
  hft_risk_config risk;
  hft_reward_config reward;
  hft_env_spec spec;
  uint64_t digest;
  uint64_t content;  // of what policies have read; 0: nothing
  hft_time warmup;
  double drawdown_max;        // ticks x lots
  double position_value_max;  // ticks x lots
  int instrument_count;
  int state_depth;   // levels a side
  int market_dim;    // numbers of an instrument in an observation
  int features_dim;  // those of them that are not levels
  int state_part;    // numbers of an instrument in the state, its fundamental value apart
  int common_at;     // in the state: behind all instruments' parts,
  int common_dim;    // the numbers of the time, which are in observations, too
  int own_dim[HFT_GROUPS_MAX];          // what a seat of a group knows of itself
  int acting_count;                     // seats that act: all but those of strategies
  int counted_seats;                    // that `alive` begins with
  bool policies;                        // there are some
  size_t inside_at[HFT_GROUPS_MAX][3];  // of groups of policies: obs, mask and action in the env
  int last_dim;                         // axes of all seats together
  bool has_auctions;                    // there are auctions or halts
  size_t history_at, quote_at, last_at, market_at, size;
  size_t bytes;                              // of the model itself
  hft_seat_item item[HFT_CONFIG_ITEMS_MAX];  // of the config's items
  int item_count;
  hft_index *indices;               // of all the spec's spaces
  int32_t *choices;                 // of all the spec's axes
  int seat_of_rank[HFT_SEATS_MAX];  // the i-th of the draw: seat i
  float log_size[HFT_SIZES_TABLE];
  hft_seat_model seat[HFT_SEATS_MAX];
};

typedef struct hft_seat {
  double value;                      // gained by the last step, fees paid, ticks x lots
  double still;                      // the same had it held still what it held at the start
  double peak;                       // the highest so far
  double fall;                       // the largest fall from it so far
  double due;                        // executor: lots that its pace has asked for
  int64_t seen;                      // its position when it chose its action
  int64_t maker_edge2, taker_edge2;  // of its accounts at the last step
  float total;                       // sum of rewards
  uint8_t done;
  uint8_t zero[3];
} hft_seat;

// What an env remembers of an instrument.
typedef struct hft_instrument_history {
  double mark;                // ticks: the price of reference, when seats last looked
  double start;               // the same at the start of the episode
  hft_price best[2];          // best bid and ask when seats last looked; 0: none
  int64_t depth[2];           // mean lots a tick of each side, when last seen; 0: never
  int64_t mid2[HFT_MIDS];     // marks in half ticks, by step
  int64_t squares;            // of their last changes, summed
  int64_t buy_qty, sell_qty;  // the tape's at the last step
  double trade_flow;          // of the last step
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

// [last_dim]: what each seat's action was, axis by axis.
static inline float *hft_env_last(const hft_env_model *model, const hft_env *env) {
  return (float *)((uintptr_t)env + model->last_at);
}

// What a seat needs to act and to be observed.
struct hft_seat_view {
  const hft_env_model *model;
  const hft_env *env;
  const hft_seat_model *seat_model;
  hft_seat *seat;
  hft_instrument_history *history;  // of its first instrument
  hft_order_id *quote;              // [2]: a maker's bid and offer
  hft_desk desk;                    // at its first instrument
  double cash_budget;               // of roles that have one, while choices are judged
};

// The desk at the k-th instrument of the seat.
static inline hft_desk hft_seat_desk(const hft_seat_view *view, int k) {
  return k == 0 ? view->desk : hft_desk_at(&view->desk, view->seat_model->instrument + k);
}

#endif
