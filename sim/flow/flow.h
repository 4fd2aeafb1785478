// The background populations: each is one agent that stands for a crowd. One clock serves the whole
// population and the trader is drawn when it fires, so cost does not grow with headcount.
#ifndef HFTSIM_SIM_FLOW_FLOW_H
#define HFTSIM_SIM_FLOW_FLOW_H

#include "sim/market/agent.h"

// Zero-intelligence order flow (Cont, Stoikov, Talreja 2010): limit orders by distance from the
// opposite best price, market orders, and cancellations in proportion to what rests.
extern const hft_agent_class hft_noise_class;
// Traders who see the fundamental value with an error: they take what is mispriced beyond a
// threshold and otherwise bid below, or offer above, their estimate.
extern const hft_agent_class hft_value_class;
// Market makers who keep a ladder of quotes around their estimate at a target spread.
extern const hft_agent_class hft_maker_class;
// Trend followers: they take in the direction of recent changes of the mid.
extern const hft_agent_class hft_trend_class;
// Parent orders of power-law sizes, several at once, each split into children over time (Lillo,
// Mike and Farmer 2005): the signs of trades have a long memory. State: sim/flow/metaorder.h.
extern const hft_agent_class hft_metaorder_class;
// Takers whose limits reach exponentially far beyond the fundamental value, so that a quote's
// chance to be filled falls exponentially with its distance (Avellaneda and Stoikov 2008).
extern const hft_agent_class hft_reach_class;

// A price moved into the instrument's window.
static inline hft_price hft_flow_clamp(const hft_instrument *instrument, hft_price price) {
  if (price < instrument->price_min) return instrument->price_min;
  return price < instrument->price_max ? price : instrument->price_max;
}

// The same, rounded to a tick that is not better for the other side. Prices are positive, so the
// cast rounds down.
static inline hft_price hft_flow_round(const hft_instrument *instrument, hft_side side,
                                       double price) {
  double low = instrument->price_min, high = instrument->price_max;
  price = price > low ? price : low;
  price = price < high ? price : high;
  hft_price down = (hft_price)price;
  return down + (side == HFT_ASK && price > down);
}

#endif
