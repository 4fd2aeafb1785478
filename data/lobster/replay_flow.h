// Recorded LOBSTER messages as the flow of a market: the agent class of the kind `replay`, in which
// agents trade inside a recorded day.
//
// The population holds every order that the tape has, and moves it as the tape says. Alone in its
// market, it gives the recorded book after every message. Where agents trade, this holds at all
// times: what rests of a tape's order is at most what the tape has left of it, and less only where
// an agent has taken of it. How each message is met is told in docs/replay.md.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_FLOW_H
#define HFTSIM_DATA_LOBSTER_REPLAY_FLOW_H

#include "sim/market/agent.h"

// X(agent_class): the populations of this layer.
#define HFT_TAPE_MAP(X) X(hft_replay_class)

#define X(agent_class) extern const hft_agent_class agent_class;
HFT_TAPE_MAP(X)
#undef X

// When a session opened, since the tape's first that may be (start_s, or the first message): of the
// state of an agent of this class after its reset.
hft_time hft_replay_open_time(const void *state);

#endif
