#include "sim/env/features/queue.h"

#include <string.h>

// An order, and the most lots that may be ahead of it. Number 0: none.
typedef struct estimate {
  hft_order_id id;
  int64_t ahead;
} estimate;

// Of a seat at one instrument.
typedef struct estimates {
  estimate order[HFT_SEAT_ORDERS];
} estimates;

size_t hft_queue_bytes(void) {
  return sizeof(estimates);
}

static estimates *estimates_of(const hft_seat_view *view, int instrument) {
  estimates *all = (estimates *)((uintptr_t)view->env + view->seat_model->queue_at);
  return &all[instrument - view->seat_model->instrument];
}

static const estimate *find(const estimates *known, hft_order_id id) {
  for (int i = 0; i < HFT_SEAT_ORDERS; i++) {
    const estimate *e = &known->order[i];
    if (e->id.number == id.number && e->id.slot1 == id.slot1) return e;
  }
  return NULL;
}

// The other lots of an order's level, less those of the seat that came after it.
static int64_t others_at(const hft_desk *desk, hft_order_id id, hft_price price) {
  int64_t lots = hft_book_level(hft_desk_book(desk), price).qty;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    hft_order_id own = hft_desk_open(desk, k);
    hft_order order;
    if (own.number < id.number || !hft_desk_rests(desk, own)) continue;
    if (hft_desk_order(desk, own, &order) && order.price == price) lots -= order.qty;
  }
  return lots > 0 ? lots : 0;
}

static void note_at(const hft_desk *desk, estimates *known) {
  const estimates before = *known;
  bool published = hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS;
  int count = 0;
  memset(known, 0, sizeof *known);
  for (uint32_t k = 0; k < hft_desk_open_count(desk) && count < HFT_SEAT_ORDERS; k++) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_rests(desk, id) || !hft_desk_order(desk, id, &order)) continue;
    const estimate *old = find(&before, id);
    // The orders of a call are not published.
    if (!published && old == NULL) continue;
    estimate now = {id, published ? others_at(desk, id, order.price) : old->ahead};
    if (old != NULL && old->ahead < now.ahead) now.ahead = old->ahead;
    known->order[count++] = now;
  }
}

void hft_queue_note(const hft_seat_view *view) {
  const hft_seat_model *seat = view->seat_model;
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    note_at(&desk, estimates_of(view, seat->instrument + k));
  }
}

void hft_queue_observe(const hft_seat_view *view, hft_fields *fields) {
  hft_queue_note(view);
  hft_seat_view seen = *view;
  seen.estimates = true;
  hft_role_class_of(seen.seat_model->role)
      ->observe(&seen, seen.seat_model->instrument_count, fields);
}

int64_t hft_queue_estimate(const hft_seat_view *view, const hft_desk *desk, hft_order_id id) {
  const estimate *known = find(estimates_of(view, desk->instrument), id);
  return known != NULL && id.number != 0 ? known->ahead : -1;
}
