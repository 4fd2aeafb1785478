// The background populations. Each is one agent for many traders: one clock serves the whole
// population and the trader is drawn when it fires, so cost does not grow with headcount.
#ifndef HFTSIM_SIM_FLOW_FLOW_H
#define HFTSIM_SIM_FLOW_FLOW_H

#include "sim/market/agent.h"

// clang-format off
// X(agent_class): all populations, in the order in which they are listed. A population is a file
// that defines its class, and a line here.
//   noise      zero-intelligence order flow (Cont, Stoikov, Talreja 2010): limit orders by distance
//              from the opposite best price, market orders, and cancellations in proportion to what
//              rests
//   value      traders who see the fundamental value with an error: they take what is mispriced
//              beyond a threshold and otherwise bid below, or offer above, their estimate
//   maker      market makers who keep a ladder of quotes around their estimate at a target spread
//   trend      trend followers: they take in the direction of recent changes of the mid
//   metaorder  parent orders of power-law sizes, several at once, each split into children over
//              time (Lillo, Mike and Farmer 2005): the signs of trades have a long memory. State:
//              sim/flow/metaorder.h
//   reach      takers whose limits reach exponentially far beyond the fundamental value, so that a
//              quote's chance to be filled falls exponentially with its distance (Avellaneda and
//              Stoikov 2008)
//   reactive   the whole flow of a market, fitted to a tape: events that depend on the book and on
//              the last events, and that answer to trades (docs/reactive.md)
#define HFT_FLOW_MAP(X)                                                                           \
  X(hft_noise_class)                                                                              \
  X(hft_value_class)                                                                              \
  X(hft_maker_class)                                                                              \
  X(hft_trend_class)                                                                              \
  X(hft_metaorder_class)                                                                          \
  X(hft_reach_class)                                                                              \
  X(hft_reactive_class)
// clang-format on

#define X(agent_class) extern const hft_agent_class agent_class;
HFT_FLOW_MAP(X)
#undef X

// Returns the price moved into the instrument's window.
static inline hft_price hft_flow_clamp(const hft_instrument *instrument, hft_price price) {
  if (price < instrument->price_min) return instrument->price_min;
  return price < instrument->price_max ? price : instrument->price_max;
}

// Returns the price in the instrument's window, rounded away from the other side: down for a bid,
// up for an ask. Prices are positive, so the cast rounds down.
static inline hft_price hft_flow_round(const hft_instrument *instrument, hft_side side,
                                       double price) {
  double low = instrument->price_min, high = instrument->price_max;
  price = price > low ? price : low;
  price = price < high ? price : high;
  hft_price down = (hft_price)price;
  return down + (side == HFT_ASK && price > down);
}

#endif
