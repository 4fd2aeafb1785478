#include "sim/env/features/queue.h"

// An order, and the most lots that may be ahead of it.
typedef struct estimate {
  hft_order_id id;
  int64_t ahead;
} estimate;

// Of a seat at one instrument.
typedef struct estimates {
  int64_t count;
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
  for (int64_t i = 0; i < known->count; i++) {
    const estimate *e = &known->order[i];
    if (e->id.number == id.number && e->id.slot1 == id.slot1) return e;
  }
  return NULL;
}

// The other lots of an order's level, less those of the seat that came after it.
static int64_t others_at(const hft_place *places, int count, const hft_place *place) {
  int64_t lots = (int64_t)place->level_qty - place->qty;
  for (int i = 0; i < count; i++) {
    bool later = places[i].id.number > place->id.number;
    if (later && places[i].price == place->price) lots -= places[i].qty;
  }
  return lots;
}

static void note_at(const hft_desk *desk, bool published, estimates *known) {
  hft_place places[HFT_SEAT_ORDERS];
  estimates now;
  int count = hft_desk_places(desk, places, HFT_SEAT_ORDERS);
  now.count = 0;
  for (int i = 0; i < count; i++) {
    const estimate *old = find(known, places[i].id);
    // The orders of an auction are not published.
    if (!published && old == NULL) continue;
    int64_t ahead = published ? others_at(places, count, &places[i]) : old->ahead;
    if (old != NULL && old->ahead < ahead) ahead = old->ahead;
    now.order[now.count++] = (estimate){places[i].id, ahead};
  }
  known->count = now.count;
  for (int64_t i = 0; i < now.count; i++) known->order[i] = now.order[i];
}

// What is published of one instrument.
static void note_desk(const hft_seat_view *view, const hft_desk *desk) {
  bool published = !view->model->has_auctions || hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS;
  note_at(desk, published, estimates_of(view, desk->instrument));
}

void hft_queue_note(const hft_seat_view *view) {
  note_desk(view, &view->desk);
  for (int k = 1; k < view->seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    note_desk(view, &desk);
  }
}

int64_t hft_queue_estimate(const hft_seat_view *view, const hft_desk *desk, hft_order_id id) {
  const estimate *known = find(estimates_of(view, desk->instrument), id);
  return known != NULL ? known->ahead : -1;
}
