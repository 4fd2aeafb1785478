// Requests of a participant with latency, on their way to the exchange. Requests arrive in the
// order of their sending: each after its own latency, but not before the one sent before it.
//
// An agent acts at the moment that its data shows, and its orders carry the latency of data and
// order together: to see what was d ago and send what arrives e later is the same as to see what is
// and send what arrives d + e later, with the agent's clock set back by d.
#ifndef HFTSIM_SIM_MARKET_MAILBOX_H
#define HFTSIM_SIM_MARKET_MAILBOX_H

#include "sim/market/state.h"

// Empties all mailboxes and restarts their streams of random latencies.
void hft_mailbox_clear(const hft_model *model, hft_market *market);

// The mailbox of the desk's owner, or null if its requests arrive at once.
static inline hft_mailbox *hft_mailbox_of(const hft_desk *desk) {
  int index = desk->participant->mailbox;
  if (index < 0 || desk->direct) return NULL;
  return hft_market_mailbox(desk->model, desk->market, index);
}

// As hft_desk_submit (sim/market/agent.h).
hft_order_id hft_mailbox_submit(const hft_desk *desk, hft_mailbox *box, const hft_order *order);
// As hft_desk_cancel.
bool hft_mailbox_cancel(const hft_desk *desk, hft_mailbox *box, hft_order_id id);
// As hft_desk_reduce.
bool hft_mailbox_reduce(const hft_desk *desk, hft_mailbox *box, hft_order_id id, hft_qty by);
// As hft_desk_replace.
hft_order_id hft_mailbox_replace(const hft_desk *desk, hft_mailbox *box, hft_order_id id,
                                 hft_price price, hft_qty qty);

// As hft_desk_order: the order as the agent knows it, resting or on its way.
bool hft_mailbox_order(const hft_desk *desk, const hft_mailbox *box, hft_order_id id,
                       hft_order *order);
// The id that the order of `id` will have after all requests on their way have arrived.
hft_order_id hft_mailbox_latest(const hft_mailbox *box, hft_order_id id);

// Carries out the first request. Its time must have come.
void hft_mailbox_deliver(const hft_desk *desk);
// Drops all requests on their way and frees the slots held for them.
void hft_mailbox_drop(const hft_desk *desk);

#endif
