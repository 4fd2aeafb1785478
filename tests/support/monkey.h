// A random agent: orders of every kind near the mid, far away and outside the window, with valid
// and invalid sizes; cancels, reduces and replaces of its own orders, of other agents' and of
// unknown ids; and wakes in the future, now and in the past.
#ifndef HFTSIM_TESTS_SUPPORT_MONKEY_H
#define HFTSIM_TESTS_SUPPORT_MONKEY_H

#include "sim/market/agent.h"

extern const hft_agent_class monkey_class;

#endif
