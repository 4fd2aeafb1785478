// An agent that does anything: orders of every kind near the mid, far off and outside the window,
// sizes good and bad, cancels, reduces and replaces of its own orders, of others' and of none, and
// wakes ahead, now and in the past.
#ifndef HFTSIM_TESTS_SUPPORT_MONKEY_H
#define HFTSIM_TESTS_SUPPORT_MONKEY_H

#include "sim/market/agent.h"

extern const hft_agent_class monkey_class;

#endif
