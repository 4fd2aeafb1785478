// Inside of sim/env: the forecast of the fundamental value that a seat with forecast_r2 > 0
// observes (sim/process/foresight.h). Seats of one item of the config's list `seats` have the same
// forecast; items have noise of their own. Its state is part of the env only where an item asks for
// it. Where a seat has a forecast, all seats of its group have the number; it is 0 for the others.
#ifndef HFTSIM_SIM_ENV_FEATURES_FORECAST_H
#define HFTSIM_SIM_ENV_FEATURES_FORECAST_H

#include "sim/env/view.h"

// Compiles the forecasts of a model whose seats and market stand, before its spec. ENOMEM.
hft_status hft_forecast_compile(hft_env_model *model, hft_error *error);
// Frees the model's forecasts. A model without any is ignored.
void hft_forecast_free(hft_env_model *model);
// Adds the forecasts' state to the layout of an env.
void hft_forecast_lay_out(hft_env_model *model);

// Starts the forecasts of an episode in the world (seed, index).
void hft_forecast_start(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index);
// Advances them to `now`, which must not decrease. Works until done or the budget is used up, and
// returns true once done; until then it has to be called again with the same `now`.
bool hft_forecast_run_some(const hft_env_model *model, hft_env *env, hft_time now, int64_t *budget);

// Writes the forecasts of a seat for each of its instruments, or with a null env their names;
// nothing for seats of a group without forecasts.
void hft_forecast_observe(const hft_env_model *model, const hft_env *env, int seat,
                          hft_fields *fields);

// What has become known of the value of a seat's k-th instrument since time 0, in ticks: its
// changes beyond what the forecasts knew (hft_foresight_unforeseen), and what forecasts have
// revealed of coming ones (hft_foresight_revealed). Its steps are independent of all that the seat
// knew before them, as a control variate of the seat's gain needs. Only for a seat with a forecast
// (hft_seat_model.forecast > 0).
double hft_forecast_news(const hft_env_model *model, const hft_env *env, int seat, int k);

#endif
