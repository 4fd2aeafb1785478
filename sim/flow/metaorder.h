// The state of a population of metaorders, as hft_market_agent_state returns it, for callers that
// attribute orders to their parents.
#ifndef HFTSIM_SIM_FLOW_METAORDER_H
#define HFTSIM_SIM_FLOW_METAORDER_H

#include "sim/market/agent.h"
#include "sim/process/clock.h"

#define HFT_PARENTS_MAX 256

// A large order that is executed in children over time.
typedef struct hft_parent {
  int64_t number;      // 1, 2, 3, ... per market
  int64_t begin_mid2;  // twice the mid at its arrival
  int32_t side;        // hft_side
  int32_t children;    // in total
  int32_t sent;        // children accepted by the exchange; includes one that is being sent
  int32_t zero;
} hft_parent;

// The state of the population.
typedef struct hft_metaorders {
  hft_clock clock;
  int64_t begun;    // parents since the reset, in total
  uint32_t count;   // active parents
  uint32_t acting;  // the parent that sent the last child
  hft_parent parent[HFT_PARENTS_MAX];
} hft_metaorders;

#endif
