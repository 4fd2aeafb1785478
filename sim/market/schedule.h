// When each participant wakes next: a tournament tree over the participants, ordered by time, then
// by who set the wake first.
#ifndef HFTSIM_SIM_MARKET_SCHEDULE_H
#define HFTSIM_SIM_MARKET_SCHEDULE_H

#include "sim/market/state.h"

// Nobody wakes.
void hft_schedule_clear(const hft_model *model, hft_market *market);
// Sets the next wake of a participant in place of the one before.
void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner, hft_time time);
// The participant that wakes first; *time is HFT_TIME_NEVER where nobody does.
hft_owner hft_schedule_first(const hft_model *model, const hft_market *market, hft_time *time);

#endif
