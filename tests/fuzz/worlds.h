// The markets that are fuzzed: every combination of rules of the exchange and of what else trades.
#ifndef HFTSIM_TESTS_FUZZ_WORLDS_H
#define HFTSIM_TESTS_FUZZ_WORLDS_H

#include "sim/market/model.h"
#include "tests/fuzz/tape.h"

#define WORLD_LOW 9968  // the window
#define WORLD_TICKS 64
#define WORLD_QTY_MAX 1000000000
#define WORLD_OPEN_ORDERS 12  // of a puppet
#define WORLD_AGENTS 3        // they come after the populations

// One byte of them.
enum {
  RULE_SELF_TRADE = 3,
  RULE_AUCTIONS = 4,
  RULE_HALTS = 8,
  RULE_LATENCY = 16,
  RULE_LIMITS = 32,  // positions, messages a second, kill switch
  RULE_FEES = 64,
  RULE_SEVERAL = 128  // instruments
};

// Another one.
enum {
  FLOW_NOISE = 1,
  FLOW_TAKERS = 2,  // value and trend
  FLOW_MAKER = 4,
  FLOW_METAORDER = 8,
  FLOW_REACH = 16,
  FLOW_REPLAY = 32,  // a tape; where there are several instruments, the population reactive
  FLOW_CLOCKS = 64,  // Hawkes clocks with a profile, in place of plain ones
  FLOW_JUMPS = 128   // of the fundamental value
};

// A model of the first population and WORLD_AGENTS agents of a class, which needs the keys
// `open_orders_max` and `latency_us`, and of what the bytes ask for.
hft_model *world_create(uint8_t rules, uint8_t flows, const hft_agent_class *puppet);

// What is played where there is a replay.
const tape *world_tape(void);

#endif
