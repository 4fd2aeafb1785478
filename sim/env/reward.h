// Inside of sim/env: rewards of a step, and risk limits that end seats.
#ifndef HFTSIM_SIM_ENV_REWARD_H
#define HFTSIM_SIM_ENV_REWARD_H

#include "sim/env/view.h"

typedef enum hft_term {
  HFT_TERM_PNL,
  HFT_TERM_INVENTORY,
  HFT_TERM_RISK,
  HFT_TERM_IMPACT,
  HFT_TERM_SPREAD,
  HFT_TERM_BASELINE,
  HFT_TERM_TEAM,
  HFT_TERM_COUNT
} hft_term;

// Writes the names of the terms, which are the same for all roles.
void hft_reward_names(hft_fields *fields);

// Values the seats, closes those that have broken a risk limit, and in the last step closes the
// rest of parent orders, in the step's order of seats. Closing trades and moves prices, so all
// seats are valued again afterwards, before any reward is computed.
void hft_reward_end_seats(hft_step_state *step);

// Writes the rewards and terms of all seats from their values; 0 for those that are out.
void hft_reward_all(hft_step_state *step);
// Writes rewards and terms of 0 at the start of an episode.
void hft_reward_none(const hft_step_state *step);

// The P&L of a seat since the start at the reference price of now: ticks x lots, fees paid.
double hft_reward_value(const hft_seat_view *view);

#endif
