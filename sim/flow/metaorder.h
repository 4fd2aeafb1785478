// What a population of metaorders is at, for whoever wants to know whose child an order was: its
// state, as hft_market_agent_state gives it.
#ifndef HFTSIM_SIM_FLOW_METAORDER_H
#define HFTSIM_SIM_FLOW_METAORDER_H

#include "sim/market/agent.h"
#include "sim/process/clock.h"

#define HFT_PARENTS_MAX 256

// A large order that is executed in children over time.
typedef struct hft_parent {
  int64_t number;      // 1, 2, 3, ... in its market
  int64_t begin_mid2;  // twice the mid when it came
  int32_t side;        // hft_side
  int32_t children;    // in all
  int32_t sent;        // children that the exchange has taken; while one is sent, that one too
  int32_t zero;
} hft_parent;

typedef struct hft_metaorders {
  hft_clock clock;
  int64_t begun;    // parents since the reset
  uint32_t count;   // parents under way
  uint32_t acting;  // the one that sent a child last
  hft_parent parent[HFT_PARENTS_MAX];
} hft_metaorders;

#endif
