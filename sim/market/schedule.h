// What happens next: a tournament tree over the participants' wakes and the arrivals of their
// requests, ordered by time, then by who was set first.
#ifndef HFTSIM_SIM_MARKET_SCHEDULE_H
#define HFTSIM_SIM_MARKET_SCHEDULE_H

#include "sim/market/state.h"

// Nobody wakes.
void hft_schedule_clear(const hft_model *model, hft_market *market);
// Sets the next wake of a participant in place of the one before.
void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner, hft_time time);
// Sets when the next request of a participant with a mailbox arrives.
void hft_schedule_set_mail(const hft_model *model, hft_market *market, hft_owner owner,
                           hft_time time);

// What comes first: a participant wakes (`mail` false), or a request of its arrives. `time` is
// HFT_TIME_NEVER where nothing does.
typedef struct hft_due {
  hft_time time;
  hft_owner owner;
  bool mail;
} hft_due;
hft_due hft_schedule_first(const hft_model *model, const hft_market *market);

#endif
