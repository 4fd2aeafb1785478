// Inside of sim/env: observations, masks and the state.
#ifndef HFTSIM_SIM_ENV_FEATURES_OBSERVE_H
#define HFTSIM_SIM_ENV_FEATURES_OBSERVE_H

#include "sim/env/view.h"

// Notes all instruments after a step, or at the start of an episode.
void hft_observe_note(const hft_env_model *model, hft_env *env);
// Writes obs, masks and state of the step.
void hft_observe(const hft_step_state *step);

#endif
