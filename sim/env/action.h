// Inside of sim/env: from what a learner writes to numbers in [-1, 1], one an axis.
#ifndef HFTSIM_SIM_ENV_ACTION_H
#define HFTSIM_SIM_ENV_ACTION_H

#include "sim/env/state.h"

// Reads a seat's row of actions into numbers[axis_count].
void hft_action_read(const hft_seat_view *view, const void *row, float *numbers);

// Writes which choices a seat may make: mask[mask_dim].
void hft_action_mask(const hft_seat_view *view, uint8_t *mask);

#endif
