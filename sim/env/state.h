// Inside of sim/env: what an env model and an env are made of.
#ifndef HFTSIM_SIM_ENV_STATE_H
#define HFTSIM_SIM_ENV_STATE_H

#include "sim/base/drawdown.h"
#include "sim/env/env.h"
#include "sim/env/roles/role.h"
#include "sim/market/mark.h"
#include "sim/market/model.h"

#define HFT_STREAM_SEAT_ORDER 0x50000u
#define HFT_PASTS 64          // past observations that an env remembers: a power of two
#define HFT_SIZES_TABLE 4096  // logarithms of sizes below this come from a table

// What a scaled number of an observation is measured in (sim/env/features/scale.h).
typedef enum hft_measure {
  HFT_MEASURE_DISTANCE,    // ticks: from the reference price to prices of the book
  HFT_MEASURE_RETURN,      // ticks: of the reference price in up to 32 steps
  HFT_MEASURE_VOLATILITY,  // ticks: root mean square return of a step
  HFT_MEASURE_DRIFT,       // ticks: of the reference price since the start of the episode
  HFT_MEASURE_GAIN,        // ticks x lots / the seat's own size: P&L since the start
  HFT_MEASURE_COUNT
} hft_measure;

// An item of the config's list `seats`. Its seats share it. The model owns the memory.
typedef struct hft_seat_item {
  hft_role role;
  hft_control control;
  hft_control place;  // control of its group: its own, or its place in the base model
  int index;          // in the config's list
  char where[160];    // of its params, in errors: "e.yaml:5: seats[1].params"
  void *keys;         // keys of the role
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
  int shares_at;         // index of its first instrument in hft_seat_shares
  int64_t holding;       // lots of each instrument that it holds at the start
  // holding minus the parent order (lots to buy; negative: to sell). With this initial position,
  // the value of an executor is minus its implementation shortfall (Perold 1988) against the
  // reference price at the start: the cost of the executed lots plus the price change of the
  // remaining ones.
  int64_t begun;
  double lambda_inventory, lambda_risk;  // its own, or those of reward_config
  const void *keys;                      // keys of its role
  const hft_seat_item *item;
  hft_control control;
  bool observes;                // has an observation and axes: external, or of policies
  int forecast;                 // 1 + index of its forecast in the model; 0: none
  bool acts;                    // by actions: external, or a policy
  bool counts;                  // the episode ends when all seats that count are out
  size_t policy_at;             // offset of its policy's state in the env
  size_t queue_at;              // offset of its estimates of queues in the env
  int64_t note_own, note_mask;  // index of its own numbers and of its mask in a note of the feed
} hft_seat_model;

// Episodes from number `from` on, up to the next stage, run in variants first .. first + count - 1;
// count 0: in the model itself.
typedef struct hft_stage {
  uint32_t from;
  int first, count;
} hft_stage;

typedef struct hft_forecast hft_forecast;

// The delay of market data (sim/env/features/feed.h).
typedef struct hft_feed_model {
  hft_time delay;                       // 0: none, and all else is 0
  int64_t steps;                        // whole steps of it
  hft_time rest;                        // of it, below a step
  size_t ring_at, history_at;           // offsets in an env: of the notes, of their histories
  size_t note_size;                     // bytes of a note
  size_t seen_at, numbers_at, mask_at;  // offsets in a note
} hft_feed_model;

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
  int state_depth;                     // levels per side in the state
  int market_dim;                      // numbers of an instrument in an observation
  int features_dim;                    // of these, the numbers that are not levels
  double scale[HFT_MEASURE_COUNT];     // of observed numbers, by hft_measure
  int scale_power[HFT_MEASURE_COUNT];  // k of each scale 10^-k
  int state_part;  // numbers of an instrument in the state, without its fundamental value
  int common_at;   // index in the state of the time features, behind the instruments' numbers
  int common_dim;  // number of time features; observations have them too
  int own_dim[HFT_GROUPS_MAX];      // numbers in which a seat of a group observes itself
  int frame_dim[HFT_GROUPS_MAX];    // numbers of an observation before it is stacked
  size_t stack_at[HFT_GROUPS_MAX];  // offsets in the env of a group's past frames
  bool estimates;                   // places in queues are observed as estimates
  hft_feed_model feed;
  hft_forecast *forecast;  // [forecast_count] (sim/env/features/forecast.h)
  int forecast_count;
  bool forecasts[HFT_GROUPS_MAX];       // whether seats of a group observe forecasts
  int observing_count;                  // seats that observe
  int counted_seats;                    // seats that count: the initial value of `alive`
  bool policies;                        // whether there are groups of policies
  size_t inside_at[HFT_GROUPS_MAX][3];  // offsets in the env of a policy group's obs, mask, action
  int last_dim;                         // axes of all seats together
  bool has_auctions;                    // whether there are auctions or halts
  bool marks_book;                      // whether positions are marked by the book at the end
  bool has_twin;                        // whether a market in which no seat acts runs beside
  int share_count;                      // instruments of all seats together
  size_t history_at, quote_at, last_at, shares_at, market_at, twin_at, size;  // layout of an env
  size_t bytes;                                                               // of the model itself
  hft_seat_item item[HFT_CONFIG_ITEMS_MAX];
  int item_count;
  hft_index *indices;               // descriptions of all numbers of the spec
  int32_t *choices;                 // choices of all axes of the spec
  hft_axis_range *ranges;           // of the same
  float *nothing;                   // the actions of all groups that do nothing
  int seat_of_rank[HFT_SEATS_MAX];  // 0, 1, ...: the order that draw_order permutes
  hft_index *drawn_index;           // of spec.drawn; null: nothing is drawn
  float drawn[HFT_DRAWN_MAX];       // values of these keys
  hft_env_model **variant;          // null: there are none; a variant has none
  int variant_count, stage_count;
  hft_stage *stage;  // [stage_count], by `from`
  size_t room;       // hft_env_room
  float log_size[HFT_SIZES_TABLE];
  uint8_t left_out[HFT_PARTICIPANTS_MAX];  // 1: a seat that acts; its orders move no mark
  hft_seat_model seat[HFT_SEATS_MAX];
};

typedef struct hft_seat {
  double value;                      // P&L up to the last step, fees included, ticks x lots
  double baseline;                   // sum of the terms `baseline`, ticks x lots
  hft_drawdown drawdown;             // of the value
  double due;                        // executor: lots due so far according to its pace
  int64_t seen;                      // position when the seat chose its action
  int64_t maker_edge2, taker_edge2;  // sums over its accounts at the last step
  float total;                       // sum of rewards
  uint8_t done;
  uint8_t zero[3];
} hft_seat;

// An instrument at one observation. Quantities are sums since the reset, so that a window takes
// one subtraction.
typedef struct hft_past {
  int64_t mid2;          // the mark in half ticks
  int64_t bought, sold;  // of the tape
  int64_t imbalance;     // sum over the observations so far, in 2^-HFT_IMBALANCE_BITS
} hft_past;
#define HFT_IMBALANCE_BITS 30

// Past values of an instrument.
typedef struct hft_instrument_history {
  double mark;               // reference price in ticks at the last observation
  double start;              // reference price at the start of the episode
  double price_start;        // the price at which positions are valued, then
  double expected;           // fundamental value after the step, as expected before it
  double spread;             // mean over the recent steps, in ticks; 0: there was none yet
  double spread_seen;        // the same as the seats last observed it
  hft_price best[2];         // best bid and ask when the seats last acted; 0: none
  hft_depth depth;           // of its book, sampled every 32 steps
  hft_gaps gaps;             // of its book, likewise
  int64_t count;             // observations since the start of the episode
  int64_t squares;           // sum of the squares of the last changes of mid2
  hft_past past[HFT_PASTS];  // of the k-th observation: past[k % HFT_PASTS]
} hft_instrument_history;

// A seat at one of its instruments.
typedef struct hft_seat_share {
  int64_t held;  // lots before the step, with what it holds or owes from the start
  double end;    // price of its position at the end of the episode, ticks
  double news;   // of a seat with a forecast, before the step (hft_forecast_news)
} hft_seat_share;

struct hft_env {
  hft_rng order_rng;
  int64_t step;
  int64_t alive;
  int64_t noted;  // notes of the feed taken in this episode
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
  bool estimates;                   // observe places in queues as a level-2 feed tells them
};

// The seat at each of its instruments: [instrument_count].
static inline hft_seat_share *hft_seat_shares(const hft_seat_view *view) {
  char *shares = (char *)((uintptr_t)view->env + view->model->shares_at);
  return (hft_seat_share *)(void *)shares + view->seat_model->shares_at;
}

// Whether a position of the seat is left at the end of an episode and valued by a mark: not if it
// has a parent order, whose rest is closed.
static inline bool hft_seat_is_marked(const hft_seat_model *seat) {
  return hft_role_class_of(seat->role)->parent == NULL;
}

// The desk of the seat at the k-th of its instruments.
static inline hft_desk hft_seat_desk(const hft_seat_view *view, int k) {
  return k == 0 ? view->desk : hft_desk_at(&view->desk, view->seat_model->instrument + k);
}

#endif
