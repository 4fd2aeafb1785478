// Requests of a participant with latency, on their way to the exchange. What is sent later arrives
// later: a request is due after its own latency, but not before the one sent before it.
//
// An agent acts at the moment that its data shows, and its orders carry the latency of data and
// order together: to see what was d ago and send what arrives e later is the same as to see what is
// and send what arrives d + e later, with the agent's clock set back by d.
#ifndef HFTSIM_SIM_MARKET_MAILBOX_H
#define HFTSIM_SIM_MARKET_MAILBOX_H

#include "sim/market/state.h"

// Empty mailboxes; their streams of random latencies begin.
void hft_mailbox_clear(const hft_model *model, hft_market *market);

// The mailbox through which the desk's requests go, or null where they arrive at once.
static inline hft_mailbox *hft_mailbox_of(const hft_desk *desk) {
  int index = desk->participant->mailbox;
  if (index < 0 || desk->direct) return NULL;
  return hft_market_mailbox(desk->model, desk->market, index);
}

// As the functions of the desk, see sim/market/agent.h.
hft_order_id hft_mailbox_submit(const hft_desk *desk, hft_mailbox *box, const hft_order *order);
bool hft_mailbox_cancel(const hft_desk *desk, hft_mailbox *box, hft_order_id id);
bool hft_mailbox_reduce(const hft_desk *desk, hft_mailbox *box, hft_order_id id, hft_qty by);
hft_order_id hft_mailbox_replace(const hft_desk *desk, hft_mailbox *box, hft_order_id id,
                                 hft_price price, hft_qty qty);

// The order as the agent knows it: what rests, or what is on its way.
bool hft_mailbox_order(const hft_desk *desk, const hft_mailbox *box, hft_order_id id,
                       hft_order *order);
// The id that stands for the order in a slot, once all that is under way has arrived.
hft_order_id hft_mailbox_latest(const hft_mailbox *box, hft_order_id id);

// The first request arrives: its time has come.
void hft_mailbox_deliver(const hft_desk *desk);
// All that is under way is lost; the slots held for it are free.
void hft_mailbox_drop(const hft_desk *desk);

#endif
