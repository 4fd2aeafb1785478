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

// Whether a config may name the class as a controller.
bool hft_controller_exists(const hft_controllers *known, const hft_agent_class *agent_class);

// Finds the controller that an item's keys name, and reads its params. For a strategy it also sets
// the keys that follow from the seat: parent order, latency, instrument, and start_s and horizon_s
// where the params leave them open. The episode lasts from `begin`, the time of the first
// observation, to `end`. Whatever the result, the caller frees the item by hft_controller_free.
// ECONFIG; ENOMEM.
hft_status hft_controller_find(const hft_controllers *known, hft_seat_item *item, hft_time begin,
                               hft_time end, hft_error *error);
// Frees the keys and params of an item.
void hft_controller_free(hft_seat_item *item);

// The participant that the market's model gets for a seat of the item.
hft_extra_agent hft_controller_agent(const hft_seat_item *item);

// Compiles the policies of a model whose market and spec are complete. ECONFIG; ENOMEM.
hft_status hft_controller_compile(hft_env_model *model, hft_error *error);

// Calls the policy of seat s. Returns the action, which lies in the env's memory.
HFT_COLD const void *hft_controller_act(const hft_step_state *step, int s);

// Stops the strategy of a seat that is out and has no orders left: its next wake is removed. The
// strategy gets no other callback from then on (hft_controller_exists).
HFT_COLD void hft_controller_stop(const hft_seat_view *view);

#endif
