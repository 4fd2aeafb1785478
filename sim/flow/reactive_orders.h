// The requests of the population `reactive` (sim/flow/reactive.c): what an event sends to the
// market.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_ORDERS_H
#define HFTSIM_SIM_FLOW_REACTIVE_ORDERS_H

#include "sim/flow/reactive_turn.h"

// Places the orders of the open: both best prices, then orders behind them at random.
void hft_reactive_open(const hft_reactive_turn *turn);
// Sends a limit order: event IMPROVE, JOIN or BEHIND on a side.
void hft_reactive_add(const hft_reactive_turn *turn, hft_flow_event event, hft_side side);
// Cancels one of the own orders at the best price of a side.
void hft_reactive_cancel_best(const hft_reactive_turn *turn, hft_side side);
// Cancels one of the own orders behind the best price of a side.
void hft_reactive_cancel_behind(const hft_reactive_turn *turn, hft_side side);
// Sends a market order against a side.
void hft_reactive_take(const hft_reactive_turn *turn, hft_side side);
// Cancels the oldest own order, of the side that has more: where there is no room for another
// order and the book allows nothing else.
void hft_reactive_make_room(const hft_reactive_turn *turn);
// An event during an auction or a halt.
void hft_reactive_act_in_auction(const hft_reactive_turn *turn, double value);
// After an auction: forgets the orders that have left in it.
void hft_reactive_sweep(const hft_reactive_turn *turn);

#endif
