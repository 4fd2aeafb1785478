// Inside of sim/env: from an env to its market and to what a seat needs.
#ifndef HFTSIM_SIM_ENV_VIEW_H
#define HFTSIM_SIM_ENV_VIEW_H

#include "sim/env/state.h"

static inline hft_market *hft_env_market_of(const hft_env_model *model, const hft_env *env) {
  return (hft_market *)((uintptr_t)env + model->market_at);
}

static inline hft_desk hft_env_desk(const hft_env_model *model, const hft_env *env, int seat) {
  return hft_market_desk(model->market, hft_env_market_of(model, env), model->seat[seat].owner);
}

static inline hft_seat_view hft_seat_view_of(const hft_env_model *model, hft_env *env, int seat) {
  const hft_seat_model *of = &model->seat[seat];
  return (hft_seat_view){
      .model = model,
      .env = env,
      .seat_model = of,
      .seat = &env->seat[seat],
      .watch = &hft_env_watches(model, env)[of->instrument],
      .quote = (hft_order_id *)((uintptr_t)env + model->quote_at) + 2 * seat,
      .desk = hft_env_desk(model, env, seat),
  };
}

// The price of reference of an instrument now, in ticks.
static inline double hft_env_mark(const hft_env_model *model, const hft_env *env, int instrument) {
  hft_market *market = hft_env_market_of(model, env);
  if (model->env.reference == HFT_REFERENCE_MID) {
    return 0.5 * (double)hft_market_mid2(market, instrument);
  }
  return hft_market_fundamental(model->market, market, instrument);
}

#endif
