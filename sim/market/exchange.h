// The exchange: checks each request of a participant, matches it on the book, updates the accounts
// and reports the result as events. Here requests arrive at once.
#ifndef HFTSIM_SIM_MARKET_EXCHANGE_H
#define HFTSIM_SIM_MARKET_EXCHANGE_H

#include "sim/market/state.h"

// As hft_desk_submit (sim/market/agent.h).
hft_order_id hft_exchange_submit(const hft_desk *desk, const hft_order *order);
// As hft_desk_cancel.
bool hft_exchange_cancel(const hft_desk *desk, hft_order_id id);
// As hft_desk_reduce.
bool hft_exchange_reduce(const hft_desk *desk, hft_order_id id, hft_qty by);
// As hft_desk_replace.
hft_order_id hft_exchange_replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                  hft_qty qty);

// Carries out a request on its arrival.
void hft_exchange_arrive(const hft_desk *desk, const hft_request *request);

// Removes all resting orders of the desk's owner, at every instrument, with CANCEL events of this
// reason.
void hft_exchange_expel(const hft_desk *desk, hft_reason reason);

#endif
