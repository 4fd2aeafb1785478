// Inside of sim/env: what a seat's episode has come to so far.
#ifndef HFTSIM_SIM_ENV_TOTALS_H
#define HFTSIM_SIM_ENV_TOTALS_H

#include "sim/env/view.h"

// The totals of every role. hft_env_totals writes their values: an env keeps no sums for them but
// those of its accounts, so a step pays nothing.
void hft_totals_names(hft_fields *fields);

// Notes a seat's value after a step, or before its positions are closed.
static inline void hft_totals_note(hft_seat *seat, double value) {
  hft_drawdown_note(&seat->drawdown, value);
}

#endif
