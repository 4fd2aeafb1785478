// Inside of sim/env: decoding of actions into numbers in [-1, 1], one for each axis.
#ifndef HFTSIM_SIM_ENV_ACTION_H
#define HFTSIM_SIM_ENV_ACTION_H

#include "sim/env/state.h"

// Decodes a seat's row of actions, of action_dim elements, into numbers[axis_count].
void hft_action_read(const hft_seat_view *view, const void *row, float *numbers);

// Writes mask[mask_dim]: 1 for each choice that the seat may make, otherwise 0; axis by axis, of a
// discrete action for each combination. Axes that are numbers have no flags.
void hft_action_mask(const hft_seat_view *view, uint8_t *mask);

#endif
