// Inside of sim/env: the controllers of seats, which act in place of a learner outside.
#ifndef HFTSIM_SIM_ENV_CONTROLLER_H
#define HFTSIM_SIM_ENV_CONTROLLER_H

#include "sim/env/view.h"

// The classes that a config may name.
typedef struct hft_controllers {
  const hft_config *config;
  const hft_agent_class *const *classes;
  int class_count;
} hft_controllers;

// Finds the controller that an item's keys name, and reads its params. For a strategy also sets
// what follows from the seat: its parent order, latency and instrument, and as its span the episode
// (`warmup_s` and `length_s`, seconds) where the params leave it open. ECONFIG; ENOMEM.
hft_status hft_controller_find(const hft_controllers *known, hft_seat_item *item, double warmup_s,
                               double length_s, hft_error *error);
void hft_controller_free(hft_seat_item *item);

// The agent that the market has for a seat of the item.
hft_extra_agent hft_controller_agent(const hft_seat_item *item);

// Compiles the policies of a model whose market and spec stand.
hft_status hft_controller_compile(hft_env_model *model, hft_error *error);

// Has the policy of seat s write its action.
HFT_COLD void hft_controller_act(const hft_step_state *step, int s);

// Stops the strategy of a seat that is out and has no orders any more.
HFT_COLD void hft_controller_stop(const hft_seat_view *view);

#endif
