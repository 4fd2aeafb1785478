// Recorded LOBSTER messages as order flow: the agent class of kind `replay`, with which other
// agents trade inside a recorded day.
//
// The population owns every order of the tape and changes it as recorded. Alone in its market, it
// reproduces the recorded book after every message. With other agents, at most the recorded rest of
// an order is in the book, and less only if an agent has traded with it. docs/replay.md describes
// how each message is applied.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_FLOW_H
#define HFTSIM_DATA_LOBSTER_REPLAY_FLOW_H

#include "sim/market/agent.h"

// The class of kind `replay`.
extern const hft_agent_class hft_replay_class;

// The open of the session, in ns after the earliest possible open (start_s, or the first message).
// `state` is the state of an agent of this class after its reset.
hft_time hft_replay_open_time(const void *state);

#endif
