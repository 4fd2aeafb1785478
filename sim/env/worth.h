// Inside of sim/env: what seats are worth, and the gain against which rewards are measured.
#ifndef HFTSIM_SIM_ENV_WORTH_H
#define HFTSIM_SIM_ENV_WORTH_H

#include "sim/env/view.h"

// Finds what the reward keys need: whether the ends of books are noted and a twin runs, whose
// orders marks leave out. The seats and the market's model are complete. ECONFIG.
hft_status hft_worth_compile(hft_env_model *model, hft_error *error);

// Notes the prices at which positions are valued at the start of an episode.
void hft_worth_start(const hft_env_model *model, hft_env *env);
// Notes the books for marks at the end: at the start of an episode, before any seat acts, and then
// every HFT_DEPTH_STEPS steps.
void hft_worth_note_book(const hft_env_model *model, hft_env *env);
// Notes what the seats hold before a step, and what the fundamental values are expected to be
// after it, for `baseline: fundamental`.
void hft_worth_note_held(const hft_step_state *step);

// Notes the prices of the last step at which positions are valued, from the books before any
// position is closed.
void hft_worth_end(hft_step_state *step);
// Values seat s: step->worth[s].
void hft_worth_value(hft_step_state *step, int s);

#endif
