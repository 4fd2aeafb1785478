// Inside of sim/env: frame stacking. With env_config.stack k > 1 an observation is the last k
// frames, oldest first; before the k-th, the first one repeated. A frame is what the seat would
// observe with k = 1. Frames lie in the env's memory, in rings.
#ifndef HFTSIM_SIM_ENV_FEATURES_STACK_H
#define HFTSIM_SIM_ENV_FEATURES_STACK_H

#include "sim/env/view.h"

// Bytes of the rings of all seats of a group, or 0.
size_t hft_stack_bytes(const hft_env_model *model, int group);

// Keeps the frame at the end of a seat's row of observations, and writes those before it.
void hft_stack_push(const hft_env_model *model, hft_env *env, int seat, float *row);

// Names the numbers of the older frames, given those of the newest at the end of `index`.
void hft_stack_names(const hft_env_model *model, int group, hft_index *index);

#endif
