// Inside of sim/env: totals of a seat's episode.
#ifndef HFTSIM_SIM_ENV_TOTALS_H
#define HFTSIM_SIM_ENV_TOTALS_H

#include "sim/env/view.h"

// Writes the names of the totals, which are the same for all roles. hft_env_totals computes the
// values from the accounts on demand, so they cost nothing in a step.
void hft_totals_names(hft_fields *fields);

// Updates a seat's peak and drawdown by its value after a step, or before its position is closed.
static inline void hft_totals_note(hft_seat *seat, double value) {
  if (value > seat->peak) seat->peak = value;
  if (seat->peak - value > seat->fall) seat->fall = seat->peak - value;
}

#endif
