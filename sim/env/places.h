// Inside of sim/env: models whose seats have the places of another one's (hft_env_model_create_as).
#ifndef HFTSIM_SIM_ENV_PLACES_H
#define HFTSIM_SIM_ENV_PLACES_H

#include "sim/env/controller.h"

// Seats of an item.
static inline int64_t hft_seat_count(const hft_seat_item *item) {
  return ((const hft_seat_keys *)item->keys)->count;
}

// Gives the items of a model the places that those of the base model have; null: they keep their
// own. ECONFIG where the base has no arrays for a controller, or other seats.
hft_status hft_places_take(hft_env_model *model, const hft_env_model *base,
                           const hft_config *config, hft_error *error);

// Widens the room of a model to that of any model with its places, whichever of the known
// controllers hold its external seats, with their default params. One that needs params gets no
// room.
void hft_places_make_room(hft_env_model *model, const hft_controllers *known);

#endif
