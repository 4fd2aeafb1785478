// Inside of sim/env: what a step was worth, and whom it ends.
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

// The terms of every role.
void hft_reward_names(hft_fields *fields);

// Values the seats, ends those that have broken a limit, and at the horizon settles what is left to
// do; in the order of seats of the step. That trades, so nobody's reward is counted before all of
// it is done, and then all are valued again.
void hft_reward_end_seats(hft_step_state *step);

// Writes the rewards of all seats, from what they are worth; 0 for those that are out.
void hft_reward_all(hft_step_state *step);
// At the start of an episode: 0 for all.
void hft_reward_none(const hft_step_state *step);

#endif
