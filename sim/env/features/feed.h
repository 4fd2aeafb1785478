// Inside of sim/env: the delay of market data. With env_config.feed_latency_us L > 0 seats see the
// market, their accounts and their orders as they stood L ago. The market stops at the time that
// the next observation shows, and what seats will see of it is noted; notes wait in a ring in the
// env's memory until their observation is due. Rewards and the state are of now.
//
// L is `steps` decisions and a rest. The note of observation k is taken `rest` before the end of
// step k - steps (below 0: of the warm-up); at the end itself if the rest is 0.
#ifndef HFTSIM_SIM_ENV_FEATURES_FEED_H
#define HFTSIM_SIM_ENV_FEATURES_FEED_H

#include "sim/env/view.h"

#define HFT_FEED_STEPS_MAX 64

// Sets the delay of a model. ECONFIG if it is more than HFT_FEED_STEPS_MAX decisions.
hft_status hft_feed_compile(hft_env_model *model, hft_error *error);
// Lays out the notes of an env. The spec and the numbers of all parts are set.
void hft_feed_lay_out(hft_env_model *model);

// Runs the market to `until`, the end of a step or of the warm-up, and takes the notes that come
// before. Returns false if the budget was used up first; then it has to be called again.
bool hft_feed_run(const hft_env_model *model, hft_env *env, hft_time until, int64_t *budget);
// Takes the note that is due at the end of a step or of the warm-up, if there is one.
void hft_feed_note_end(const hft_env_model *model, hft_env *env);

// Writes what a seat sees: the market and itself from the note of this observation, the time from
// the state. Returns the end of what is written. `mask` may be null.
float *hft_feed_show(const hft_env_model *model, const hft_env *env, int seat, const float *state,
                     float *obs, uint8_t *mask);

// Sets marks, best prices and positions to those that the seats have last seen, on which they act.
void hft_feed_look(const hft_env_model *model, hft_env *env);

#endif
