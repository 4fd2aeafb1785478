// Inside of sim/env: what an env model and an env are made of.
#ifndef HFTSIM_SIM_ENV_STATE_H
#define HFTSIM_SIM_ENV_STATE_H

#include "sim/base/drawdown.h"
#include "sim/env/env.h"
#include "sim/env/roles/role.h"
#include "sim/market/close.h"
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
  bool acts;                    // by actions: external, or a policy
  bool counts;                  // the episode ends when all seats that count are out
  size_t policy_at;             // offset of its policy's state in the env
  size_t queue_at;              // offset of its estimates of queues in the env
  int64_t note_own, note_mask;  // index of its own numbers and of its mask in a note of the feed
} hft_seat_model;

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
  hft_price best[2];         // best bid and ask when the seats last acted; 0: none
  hft_depth depth;           // of its book, sampled every 32 steps
  int64_t count;             // observations since the start of the episode
  int64_t squares;           // sum of the squares of the last changes of mid2
  hft_past past[HFT_PASTS];  // of the k-th observation: past[k % HFT_PASTS]
} hft_instrument_history;

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

// The desk of the seat at the k-th of its instruments.
static inline hft_desk hft_seat_desk(const hft_seat_view *view, int k) {
  return k == 0 ? view->desk : hft_desk_at(&view->desk, view->seat_model->instrument + k);
}

#endif
