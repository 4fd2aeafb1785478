// Inside of sim/env: the parts of observations and of the state.
#ifndef HFTSIM_SIM_ENV_FEATURES_PARTS_H
#define HFTSIM_SIM_ENV_FEATURES_PARTS_H

#include "sim/env/view.h"

// Bounds of a distance from the reference price, in ticks times `scale`.
hft_bounds hft_observe_reach(const hft_env_model *model, double scale);
// Bounds of the position in 10 orders of `size` lots, of a seat that max_inventory limits; one
// order may pass the limit.
hft_bounds hft_observe_held(const hft_env_model *model, int64_t size);

// ---- the parts of an observation, in their order; env null: their names ------------------------

// An instrument as it is now, with `depth` levels a side; `histories` are of all instruments.
void hft_observe_instrument(const hft_env_model *model, const hft_env *env,
                            const hft_instrument_history *histories, int instrument, int depth,
                            hft_fields *fields);
// The fundamental value of an instrument; part of the state only.
void hft_observe_fundamental(const hft_env_model *model, const hft_env *env, int instrument,
                             hft_fields *fields);
void hft_observe_time(const hft_env_model *model, const hft_env *env, hft_fields *fields);
// The last actions and messages of all other seats.
void hft_observe_others(const hft_env_model *model, const hft_env *env, int seat,
                        hft_fields *fields);

#endif
