// The exchange: checks each request of a participant, matches it on the book, keeps the accounts,
// and tells what happened as events.
#ifndef HFTSIM_SIM_MARKET_EXCHANGE_H
#define HFTSIM_SIM_MARKET_EXCHANGE_H

#include "sim/market/state.h"

// As the functions of the same names of the desk, see sim/market/agent.h, at once.
hft_order_id hft_exchange_submit(const hft_desk *desk, const hft_order *order);
bool hft_exchange_cancel(const hft_desk *desk, hft_order_id id);
bool hft_exchange_reduce(const hft_desk *desk, hft_order_id id, hft_qty by);
hft_order_id hft_exchange_replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                  hft_qty qty);

// What a request that has travelled does on its arrival.
void hft_exchange_arrive(const hft_desk *desk, const hft_request *request);

// All of the owner's resting orders leave, at every instrument.
void hft_exchange_expel(const hft_desk *desk, hft_reason reason);

#endif
