// Each participant's own slots of the order pool: own[slot_base ...] holds the open orders' slots
// first, then the free ones.
#ifndef HFTSIM_SIM_MARKET_SLOTS_H
#define HFTSIM_SIM_MARKET_SLOTS_H

#include "sim/market/state.h"

static inline bool hft_slot_any(const hft_desk *desk) {
  return hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self] <
         desk->participant->slot_count;
}

// Takes a free slot, which there must be, for the desk's owner. The slot released last comes first.
// What the exchange knows of its order, beside the owner, is the caller's to set.
static inline uint32_t hft_slot_take(const hft_desk *desk) {
  const hft_participant *self = desk->participant;
  uint32_t index = self->slot_base +
                   hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self]++;
  uint32_t slot = hft_instrument_own(desk->model, desk->instrument_state)[index];
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  resting->own_index = index;
  resting->owner = desk->self;
  return slot;
}

// Frees a slot, whosever it is: the owner's last open order takes its place in the owner's list.
static inline void hft_slot_release(const hft_desk *desk, uint32_t slot) {
  hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  uint32_t *own = hft_instrument_own(desk->model, desk->instrument_state);
  hft_owner owner = resting[slot].owner;
  uint32_t last = desk->model->participant[owner].slot_base +
                  --hft_instrument_own_counts(desk->model, desk->instrument_state)[owner];
  uint32_t index = resting[slot].own_index;
  own[index] = own[last];
  resting[own[index]].own_index = index;
  own[last] = slot;
  resting[slot].number = 0;
}

// The slot of an order of the desk's owner, or HFT_NO_SLOT.
static inline uint32_t hft_slot_find(const hft_desk *desk, hft_order_id id) {
  if (id.slot1 - 1 >= desk->model->slot_count) return HFT_NO_SLOT;  // 0 is out, too
  const hft_resting *resting =
      &hft_instrument_resting(desk->model, desk->instrument_state)[id.slot1 - 1];
  if (resting->number != id.number || id.number == 0 || resting->owner != desk->self) {
    return HFT_NO_SLOT;
  }
  return id.slot1 - 1;
}

// The same of an order that rests; one on its way has a slot, too.
static inline uint32_t hft_slot_find_resting(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = hft_slot_find(desk, id);
  if (slot == HFT_NO_SLOT) return slot;
  uint8_t flags = hft_instrument_resting(desk->model, desk->instrument_state)[slot].flags;
  return (flags & HFT_RESTING_WAY) != 0 ? HFT_NO_SLOT : slot;
}

#endif
