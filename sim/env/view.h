// Inside of sim/env: access to the parts of an env, and the state of a step.
#ifndef HFTSIM_SIM_ENV_VIEW_H
#define HFTSIM_SIM_ENV_VIEW_H

#include "sim/env/state.h"

// The market in an env's memory.
static inline hft_market *hft_env_market_of(const hft_env_model *model, const hft_env *env) {
  return (hft_market *)((uintptr_t)env + model->market_at);
}

// The market in which no seat acts; only where the model has one.
static inline hft_market *hft_env_twin_of(const hft_env_model *model, const hft_env *env) {
  return (hft_market *)((uintptr_t)env + model->twin_at);
}

// The desk of a seat at its first instrument.
static inline hft_desk hft_env_desk(const hft_env_model *model, const hft_env *env, int seat) {
  return hft_market_desk(model->market, hft_env_market_of(model, env), model->seat[seat].owner);
}

// Fills a view field by field: copying a whole struct would stall until all its fields are stored.
static inline void hft_seat_view_init(hft_seat_view *view, const hft_env_model *model, hft_env *env,
                                      int seat) {
  const hft_seat_model *of = &model->seat[seat];
  view->model = model;
  view->env = env;
  view->seat_model = of;
  view->seat = &env->seat[seat];
  view->history = &hft_env_histories(model, env)[of->instrument];
  view->quote = (hft_order_id *)((uintptr_t)env + model->quote_at) + (size_t)2 * (size_t)seat;
  const hft_desk desk = hft_env_desk(model, env, seat);
  view->desk.model = desk.model;
  view->desk.market = desk.market;
  view->desk.instrument_state = desk.instrument_state;
  view->desk.participant = desk.participant;
  view->desk.sink = desk.sink;
  view->desk.wake = desk.wake;
  view->desk.self = desk.self;
  view->desk.instrument = desk.instrument;
  view->desk.direct = desk.direct;
  view->estimates = model->estimates;
}

// The value of a seat relative to the start of the episode, and the edges of its accounts.
typedef struct hft_seat_worth {
  double value;                      // ticks x lots, fees paid
  double baseline;                   // the sum of the terms `baseline`, ticks x lots
  int64_t maker_edge2, taker_edge2;  // half ticks x lots
} hft_seat_worth;

// The state of a step, shared by its parts.
typedef struct hft_step_state {
  const hft_env_model *model;
  hft_env *env;
  const hft_env_io *io;  // the caller's, or `inside`
  hft_seat_view view[HFT_SEATS_MAX];
  hft_seat_worth worth[HFT_SEATS_MAX];  // of seats that are not out, after the market has run
  int order[HFT_SEATS_MAX];             // in which seats act and are settled
  hft_env_io inside;                    // the caller's arrays, and those of policies in the env
  bool marked;                          // the last step: positions are valued at their end prices
} hft_step_state;

// Makes the step read and write observations and masks of groups of policies in the env's memory.
HFT_COLD void hft_env_place_policies(hft_step_state *step, const hft_env_io *io);

// Begins a step, or the end of an interrupted one.
static inline void hft_step_state_begin(hft_step_state *step, const hft_env_model *model,
                                        hft_env *env, const hft_env_io *io) {
  step->model = model;
  step->env = env;
  step->io = io;
  step->marked = false;
  if (HFT_UNLIKELY(model->policies)) hft_env_place_policies(step, io);
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_view_init(&step->view[s], model, env, s);
  }
}

// The reference price of an instrument in a market of the env, in ticks.
static inline double hft_env_mark_in(const hft_env_model *model, hft_market *market,
                                     int instrument) {
  if (model->env.reference == HFT_REFERENCE_MID) {
    return 0.5 * (double)hft_market_mid2(market, instrument);
  }
  return hft_market_fundamental(model->market, market, instrument);
}

// The reference price of an instrument now, in ticks.
static inline double hft_env_mark(const hft_env_model *model, const hft_env *env, int instrument) {
  return hft_env_mark_in(model, hft_env_market_of(model, env), instrument);
}

// A seat's P&L since the start at the reference price, fees paid, ticks x lots.
double hft_worth_gain(const hft_seat_view *view);

// The P&L that a seat observes: at the reference price, since it must not tell the fundamental
// value by which `mark: fundamental` rewards it.
static inline double hft_seat_gain(const hft_seat_view *view) {
  if (HFT_UNLIKELY(view->model->reward.mark != HFT_MARK_REFERENCE)) return hft_worth_gain(view);
  return view->seat->value;
}

#endif
