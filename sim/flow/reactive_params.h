// The parameters of the population `reactive` (sim/flow/reactive.c): its keys, and what is compiled
// from them and from its tables.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_PARAMS_H
#define HFTSIM_SIM_FLOW_REACTIVE_PARAMS_H

#include "sim/flow/flow.h"
#include "sim/flow/reactive_model.h"

// clang-format off
#define HFT_REACTIVE_KEYS(X)                                                                      \
  X(PATH, tables, "small_tick", 1, 1023, "large_tick|small_tick",                                 \
    "what happens when: small_tick, large_tick, or a file written by 'hftsim calibrate'")         \
  X(REAL, pace, "1", 1e-3, 1e3, "", "factor on the speed of the flow")                            \
  X(LIST, profile, "[1]", 1e-3, 1e3, "",                                                          \
    "factors on the speed of the flow, one for each of equal parts of the session")               \
  X(REAL, value_pull, "4", 0, 100, "",                                                            \
    "strength of the tilt towards the value, per mean spread of distance")                        \
  X(REAL, informed_share, "1", 0, 1, "", "share of market orders that know the value")            \
  X(REAL, informed_quotes, "0.05", 0, 1, "",                                                      \
    "share of improving orders and cancellations at the best price that know it")                 \
  X(REAL, transient_impact, "0.3", 0, 100, "",                                                    \
    "move of the price by a market order that decays, in standard deviations of 1 s")             \
  X(REAL, permanent_impact, "0.02", 0, 100, "",                                                   \
    "move of the value by a market order, in standard deviations of 1 s")                         \
  X(REAL, parent_impact, "4", 0, 100, "",                                                         \
    "impact of what agents take, relative to a market order of the flow")                         \
  X(REAL, parent_memory_s, "600", 1, 1e6, "s",                                                    \
    "what agents take on a side counts as one order for about this time")                         \
  X(REAL, impact_decay, "0.4", 0.05, 1, "", "the transient part falls as (1 + t / 1 s)^-this")    \
  X(REAL, activity_exponent, "1", 0, 4, "",                                                       \
    "the flow is faster by the value's present volatility, over its mean, to this power")         \
  X(INT, open_orders_max, "2048", 64, 1000000, "orders", "limit on resting orders")
// clang-format on

typedef struct hft_reactive_keys {
  HFT_REACTIVE_KEYS(HFT_KEY_MEMBER)
} hft_reactive_keys;

typedef struct hft_reactive_params {
  hft_reactive_keys keys;
  hft_reactive_model *model;
  float pull;                   // value_pull / spread_mean, 1 / ticks; 0: no tilt
  int32_t beyond_cap;           // a spread beyond the cap, ticks: of a book with an empty side
  double transient, permanent;  // moves by a market order, ticks
  double size_scale;            // 1 / market_size
  hft_time part;                // length of a part of the profile, ns
  int32_t parts;
  double speed[HFT_LIST_MAX];  // of each part: 1e9 / (pace x profile), ns per s of the tables
  uint64_t content;            // digest of the tables' text
} hft_reactive_params;

extern const hft_section hft_reactive_section;

// Callbacks of the class.
hft_status hft_reactive_params_compile(void *params, const hft_instrument *instrument,
                                       const char *where, hft_error *error);
double hft_reactive_params_reach(const void *params, const hft_instrument *instrument);
void hft_reactive_params_release(void *params);

#endif
