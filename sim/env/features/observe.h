// Inside of sim/env: what seats and critics see.
#ifndef HFTSIM_SIM_ENV_FEATURES_OBSERVE_H
#define HFTSIM_SIM_ENV_FEATURES_OBSERVE_H

#include "sim/env/view.h"

// Bounds of a distance from the reference price, in ticks times `scale`.
hft_bounds hft_observe_reach(const hft_env_model *model, double scale);
// Of the position of a seat that max_inventory holds for, divided by the size of its orders: one of
// these may pass it.
hft_bounds hft_observe_held(const hft_env_model *model, int64_t size);

// Fills the tables that observations are looked up in.
void hft_observe_compile(hft_env_model *model);

// ---- the parts of an observation, in their order; env null: their names ------------------------

// An instrument, with so many levels a side.
void hft_observe_instrument(const hft_env_model *model, const hft_env *env, int instrument,
                            int depth, hft_fields *fields);
// In the state alone: its fundamental value.
void hft_observe_fundamental(const hft_env_model *model, const hft_env *env, int instrument,
                             hft_fields *fields);
void hft_observe_time(const hft_env_model *model, const hft_env *env, hft_fields *fields);
// What a seat sees of all others: their last actions, their messages.
void hft_observe_others(const hft_env_model *model, const hft_env *env, int seat,
                        hft_fields *fields);

// ---- a whole step ------------------------------------------------------------------------------

// The market has moved on by a step, or begun: notes marks, returns and trade flow.
void hft_observe_note(const hft_env_model *model, hft_env *env);
// Writes obs, masks and state.
void hft_observe(const hft_step_state *step);

// The root mean square change of an instrument's mark a step, over the last steps, in ticks.
double hft_observe_volatility(const hft_env_model *model, const hft_env *env, int instrument);

#endif
