// Inside of sim/env: what an env remembers of past observations of an instrument, and the numbers
// that follow from it: returns, volatility, trade flow and imbalance over windows. Each takes O(1)
// a step.
#ifndef HFTSIM_SIM_ENV_FEATURES_HISTORY_H
#define HFTSIM_SIM_ENV_FEATURES_HISTORY_H

#include "sim/env/view.h"

// The windows of returns, trade flow and imbalance, in steps.
#define HFT_WINDOWS 3
static const int hft_window_steps[HFT_WINDOWS] = {1, 8, 32};

// Notes an instrument as it is now. `starts`: the episode starts, and all before is forgotten.
void hft_history_note(const hft_env_model *model, const hft_env *env, int instrument, bool starts,
                      hft_instrument_history *history);

// (bid - ask) / (bid + ask) of the lots at the best prices; 0 where a side is empty.
double hft_history_imbalance(const hft_book *book);

// The change of the mark over the last `steps` steps, or since the start, in ticks.
double hft_history_return(const hft_instrument_history *history, int steps);
// The root mean square change of the mark a step, over up to 32 steps, in ticks.
double hft_history_volatility(const hft_instrument_history *history);
// (bought - sold) / (bought + sold) of the takers' lots over the last `steps` steps, or since the
// start; 0 where nothing traded.
double hft_history_flow(const hft_instrument_history *history, int steps);
// The mean imbalance of up to `steps` last observations.
double hft_history_mean_imbalance(const hft_instrument_history *history, int steps);

#endif
