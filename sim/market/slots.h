// Each participant's own slots of the order pool, and the orders that rest in them. own[slot_base
// ...] holds the slots of the open orders first, then the free ones.
#ifndef HFTSIM_SIM_MARKET_SLOTS_H
#define HFTSIM_SIM_MARKET_SLOTS_H

#include "sim/market/state.h"

// Whether the desk's owner has a free slot.
static inline bool hft_slot_any(const hft_desk *desk) {
  return hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self] <
         desk->participant->slot_count;
}

// Takes a free slot, which there must be, for the desk's owner; the slot released last comes first.
// The caller sets the fields of its hft_resting other than the owner.
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

// Frees a slot of any owner. The last open order of that owner takes its place in the list.
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

// The slot of a resting order of the desk's owner, or HFT_NO_SLOT. Orders on their way have slots,
// too, and are not found here.
static inline uint32_t hft_slot_find_resting(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = hft_slot_find(desk, id);
  if (slot == HFT_NO_SLOT) return slot;
  uint8_t flags = hft_instrument_resting(desk->model, desk->instrument_state)[slot].flags;
  return (flags & HFT_RESTING_WAY) != 0 ? HFT_NO_SLOT : slot;
}

// ---- resting orders ----------------------------------------------------------------------------

// Lots of a resting order, hidden ones included.
HFT_INLINE hft_qty hft_resting_qty(const hft_desk *desk, const hft_book *book, uint32_t slot) {
  hft_qty qty = hft_book_order_qty(book, slot);
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  if (HFT_LIKELY((resting->flags & HFT_RESTING_ICEBERG) == 0)) return qty;
  return qty + hft_instrument_hidden(desk->model, desk->instrument_state)[slot].qty;
}

// A resting order as its owner sent it, with the lots that it has left.
HFT_INLINE hft_order hft_resting_order(const hft_desk *desk, uint32_t slot) {
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  hft_price price;
  if (HFT_LIKELY(!desk->model->rules.has_auctions)) {
    price = hft_book_order_price(book, slot);
  } else {
    book = hft_instrument_book_of(desk->model, desk->instrument_state, slot);
    price = hft_instrument_order_price(desk->model, book, slot);
  }
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  hft_order order = {hft_book_order_side(book, slot), (hft_tif)resting->tif, price,
                     hft_book_order_qty(book, slot), 0};
  if (HFT_UNLIKELY((resting->flags & HFT_RESTING_ICEBERG) != 0)) {
    const hft_hidden *hidden = &hft_instrument_hidden(desk->model, desk->instrument_state)[slot];
    order.qty += hidden->qty;
    order.display = hidden->display;
  }
  return order;
}

// Lots at a tick of a book, hidden ones included.
static inline int64_t hft_resting_lots_at(const hft_desk *desk, const hft_book *book,
                                          int32_t tick) {
  const hft_node *nodes = hft_book_nodes(book);
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  int64_t total = nodes[tick].qty;
  for (uint32_t i = nodes[tick].next; i >= book->ticks; i = nodes[i].next) {
    uint32_t slot = i - book->ticks;
    if ((resting[slot].flags & HFT_RESTING_ICEBERG) == 0) continue;
    total += hft_instrument_hidden(desk->model, desk->instrument_state)[slot].qty;
  }
  return total;
}

#endif
