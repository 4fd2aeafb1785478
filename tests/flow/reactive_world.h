// Markets with the population `reactive`, for its tests.
#ifndef HFTSIM_TESTS_FLOW_REACTIVE_WORLD_H
#define HFTSIM_TESTS_FLOW_REACTIVE_WORLD_H

#include "sim/flow/reactive_turn.h"
#include "tests/support/market_world.h"

// Built-in tables, in static memory until the next call; fails the test if there are none of that
// name.
const hft_flow_tables *reactive_tables(const char *name);

// The state of a participant that is a population `reactive`.
hft_reactive_state *reactive_of(const world *w, hft_owner owner);

// Fails the test unless the population's own list of orders agrees with the market's: every order
// that it knows is in the list, on its side, and without latency or an auction the list has no
// other.
void reactive_check_list(const world *w, hft_owner owner, bool exact);

// The spread of the first instrument, ticks; 0 if a side is empty.
int32_t reactive_spread(const world *w);

// Sends an order from the world's seat.
hft_order_id reactive_send(const world *w, hft_side side, hft_tif tif, hft_price price,
                           hft_qty qty);

#endif
