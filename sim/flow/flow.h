// The background populations. Each is one agent for many traders: one clock serves the whole
// population and the trader is drawn when it fires, so cost does not grow with headcount.
#ifndef HFTSIM_SIM_FLOW_FLOW_H
#define HFTSIM_SIM_FLOW_FLOW_H

#include "sim/market/agent.h"

// Zero-intelligence order flow (Cont, Stoikov, Talreja 2010): limit orders by distance from the
// opposite best price, market orders, and cancellations proportional to the number of resting
// orders.
extern const hft_agent_class hft_noise_class;
// Traders who observe the fundamental value with an error: they take orders mispriced by more than
// a threshold and otherwise bid below, or offer above, their estimate.
extern const hft_agent_class hft_value_class;
// Market makers who keep a ladder of quotes around their estimate at a target spread.
extern const hft_agent_class hft_maker_class;
// Trend followers: they take in the direction of recent changes of the mid.
extern const hft_agent_class hft_momentum_flow_class;
// Parent orders with power-law sizes, several at once, each split into children over time (Lillo,
// Mike and Farmer 2005): the signs of trades have a long memory. State: sim/flow/metaorder.h.
extern const hft_agent_class hft_metaorder_class;
// Takers whose limits lie exponentially far beyond the fundamental value, so that a quote's fill
// probability falls exponentially with its distance (Avellaneda and Stoikov 2008).
extern const hft_agent_class hft_reach_class;

// The price, or the nearest price in the instrument's window.
static inline hft_price hft_flow_clamp(const hft_instrument *instrument, hft_price price) {
  if (price < instrument->price_min) return instrument->price_min;
  return price < instrument->price_max ? price : instrument->price_max;
}

// The price moved into the instrument's window and rounded to a tick, down for a bid and up for an
// ask. Prices are positive, so the cast rounds down.
static inline hft_price hft_flow_round(const hft_instrument *instrument, hft_side side,
                                       double price) {
  double low = instrument->price_min, high = instrument->price_max;
  price = price > low ? price : low;
  price = price < high ? price : high;
  hft_price down = (hft_price)price;
  return down + (side == HFT_ASK && price > down);
}

#endif
