#include "data/calibrate/arrivals.h"

#include <stdlib.h>

void hft_arrivals_free(hft_arrivals *arrivals) {
  free(arrivals->order);
  *arrivals = (hft_arrivals){0};
}

// Closes the gaps once they are half of the list.
static void compact(hft_arrivals *arrivals) {
  size_t kept = 0;
  for (size_t i = 0; i < arrivals->count; i++) {
    if (arrivals->order[i].slot != HFT_NO_SLOT) arrivals->order[kept++] = arrivals->order[i];
  }
  arrivals->count = kept;
}

hft_status hft_arrivals_add(hft_arrivals *arrivals, uint32_t slot, hft_price price,
                            hft_error *error) {
  if (arrivals->count > 2 * arrivals->live + 64) compact(arrivals);
  if (arrivals->count == arrivals->room) {
    size_t room = 2 * arrivals->room + 256;
    hft_arrival *moved = realloc(arrivals->order, room * sizeof *moved);
    if (moved == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    arrivals->order = moved;
    arrivals->room = room;
  }
  arrivals->order[arrivals->count++] = (hft_arrival){slot, price};
  arrivals->live++;
  return HFT_OK;
}

void hft_arrivals_remove(hft_arrivals *arrivals, uint32_t slot) {
  for (size_t i = arrivals->count; i-- > 0;) {
    if (arrivals->order[i].slot != slot) continue;
    arrivals->order[i].slot = HFT_NO_SLOT;
    arrivals->live--;
    return;
  }
}

static int class_of(const int64_t *first, int classes, int64_t value) {
  int k = 0;
  while (k + 1 < classes && value >= first[k + 1]) k++;
  return k;
}

static int rank_class(size_t rank) {
  static const int64_t first[HFT_FLOW_RANKS] = HFT_FLOW_RANK_FIRST;
  return class_of(first, HFT_FLOW_RANKS, (int64_t)rank);
}

static int distance_class(int64_t distance) {
  static const int64_t first[HFT_FLOW_DISTANCES] = HFT_FLOW_DISTANCE_FIRST;
  return class_of(first, HFT_FLOW_DISTANCES, distance);
}

static int size_class(const hft_cancelled *cancelled, uint32_t slot) {
  hft_qty qty =
      slot == cancelled->slot ? cancelled->qty : hft_book_order_qty(cancelled->book, slot);
  int k = 0;
  while (k < HFT_FLOW_SIZES - 1 && qty >= cancelled->size_edges[k]) k++;
  return k;
}

void hft_arrivals_count_behind(const hft_arrivals *arrivals, const hft_cancelled *cancelled,
                               hft_cancel_counts *counts) {
  size_t rank = 0;
  for (size_t i = arrivals->count; i-- > 0;) {
    const hft_arrival *order = &arrivals->order[i];
    if (order->slot == HFT_NO_SLOT) continue;
    int64_t distance = (int64_t)hft_side_sign(cancelled->side) * (cancelled->best - order->price);
    if (distance > 0) {
      int r = rank_class(rank), d = distance_class(distance);
      int z = size_class(cancelled, order->slot);
      counts->exposed[r][d][z]++;
      if (order->slot == cancelled->slot) counts->cancelled[r][d][z]++;
    }
    rank++;
  }
}

void hft_arrivals_count_best(const hft_arrivals *arrivals, const hft_cancelled *cancelled,
                             hft_cancel_best_counts *counts) {
  size_t rank = 0;
  for (size_t i = arrivals->count; i-- > 0;) {
    const hft_arrival *order = &arrivals->order[i];
    if (order->slot == HFT_NO_SLOT || order->price != cancelled->best) continue;
    int r = rank_class(rank), z = size_class(cancelled, order->slot);
    counts->exposed[r][z]++;
    if (order->slot == cancelled->slot) counts->cancelled[r][z]++;
    rank++;
  }
}
