// The resting orders of one side in the order of their arrival, so that the k-th latest is found in
// a few steps: an array of ids with a bitmap of the live ones and the number of live ones of each
// of its words. Orders are appended at the end; when too many dead ones have gathered, the live
// ones move to the front.
//
// A table from an order's slot to its place is shared by both sides. The slots of one agent's
// orders are contiguous, so the low bits of a slot tell its orders apart.
#ifndef HFTSIM_SIM_FLOW_RECENCY_H
#define HFTSIM_SIM_FLOW_RECENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sim/base/inline.h"
#include "sim/base/units.h"

#define HFT_RECENCY_PAD 4  // counts of 0 before the first word's; a window reads 3 of them

// One side.
typedef struct hft_recency_side {
  uint32_t end;   // places in use, dead ones included
  uint32_t live;  // live orders
} hft_recency_side;

// Both sides of an agent with at most `orders` open orders; without pointers, so that it can be
// copied.
typedef struct hft_recency {
  uint32_t size;  // places of a side, a multiple of 64
  uint32_t mask;  // of the low bits of a slot
  hft_recency_side side[2];
  // uint64_t word[2][size / 64]; hft_order_id id[2][size]; uint32_t place[mask + 1];
  // uint16_t count[2][HFT_RECENCY_PAD + size / 64]
  uint64_t memory[];
} hft_recency;

// Places of a side for `orders` open orders.
static inline uint32_t hft_recency_places(uint32_t orders) {
  return (2 * orders + 127) & ~63u;
}

// 2^k - 1 >= orders - 1
static inline uint32_t hft_recency_mask(uint32_t orders) {
  uint32_t mask = 63;
  while (mask < orders - 1) mask = 2 * mask + 1;
  return mask;
}

// Size in bytes for `orders` open orders, 1 .. 2^24.
static inline size_t hft_recency_size(uint32_t orders) {
  size_t places = hft_recency_places(orders), words = places / 64;
  size_t size = sizeof(hft_recency) + 2 * words * sizeof(uint64_t) +
                2 * places * sizeof(hft_order_id) +
                ((size_t)hft_recency_mask(orders) + 1) * sizeof(uint32_t) +
                2 * (HFT_RECENCY_PAD + words) * sizeof(uint16_t);
  return (size + 7) & ~(size_t)7;
}

// Internal: the bitmap and the ids of a side, the table of places, and the counts of a side.
HFT_INLINE uint64_t *hft_recency_words(hft_recency *r, hft_side side) {
  return r->memory + (size_t)side * (r->size / 64);
}
HFT_INLINE hft_order_id *hft_recency_ids(hft_recency *r, hft_side side) {
  return (hft_order_id *)(r->memory + 2 * (size_t)(r->size / 64)) + (size_t)side * r->size;
}
HFT_INLINE uint32_t *hft_recency_table(hft_recency *r) {
  return (uint32_t *)(hft_recency_ids(r, HFT_ASK) + r->size);
}
HFT_INLINE uint16_t *hft_recency_counts(hft_recency *r, hft_side side) {
  return (uint16_t *)(hft_recency_table(r) + r->mask + 1) +
         (size_t)side * (HFT_RECENCY_PAD + r->size / 64) + HFT_RECENCY_PAD;
}

// Makes an empty list in memory of hft_recency_size(orders) bytes, all zero.
static inline void hft_recency_init(hft_recency *r, uint32_t orders) {
  r->size = hft_recency_places(orders);
  r->mask = hft_recency_mask(orders);
}

// The place of the j-th set bit from the lowest, j from 0, of a word with more than j. Without
// branches: first its byte, then its bit, by sums of all bytes (of bits) below (Vigna 2008,
// "Broadword implementation of rank/select queries").
HFT_INLINE uint32_t hft_recency_select(uint64_t x, uint32_t j) {
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
  uint64_t sums = x - (x >> 1 & UINT64_C(0x5555555555555555));
  sums = (sums & UINT64_C(0x3333333333333333)) + (sums >> 2 & UINT64_C(0x3333333333333333));
  sums = ((sums + (sums >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * ones;
  // The high bit of a byte is set if j reaches its sum.
  uint64_t passed = ((j * ones | highs) - sums) & highs;
  uint32_t byte = (uint32_t)((passed >> 7) * ones >> 56) * 8;
  j -= (uint32_t)(sums << 8 >> byte & 255);
  uint64_t spread = (x >> byte & 255) * ones & UINT64_C(0x8040201008040201);
  uint64_t bits = (((spread + UINT64_C(0x7f7f7f7f7f7f7f7f)) | spread) & highs) >> 7;
  passed = ((j * ones | highs) - bits * ones) & highs;
  return byte + (uint32_t)((passed >> 7) * ones >> 56);
}

// Moves the live orders to the front. O(places in use).
static HFT_COLD void hft_recency_compact(hft_recency *r, hft_side side) {
  hft_recency_side *list = &r->side[side];
  uint64_t *word = hft_recency_words(r, side);
  hft_order_id *id = hft_recency_ids(r, side);
  uint16_t *count = hft_recency_counts(r, side);
  uint32_t *place = hft_recency_table(r), to = 0;
  for (uint32_t from = 0; from < list->end; from++) {
    if ((word[from / 64] >> (from & 63) & 1) == 0) continue;
    id[to] = id[from];
    place[id[to].slot1 & r->mask] = to << 1 | (uint32_t)side;
    to++;
  }
  for (uint32_t i = 0; i < list->end; i += 64) {
    uint32_t left = to > i ? to - i : 0;
    word[i / 64] = left >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;
    count[i / 64] = (uint16_t)(left < 64 ? left : 64);
  }
  list->end = to;
}

// Internal: whether there is a live order at a place of the table whose slot is `slot1`.
HFT_INLINE bool hft_recency_has(hft_recency *r, uint32_t place, uint32_t slot1) {
  hft_side side = (hft_side)(place & 1);
  uint32_t at = place >> 1;
  bool live = (hft_recency_words(r, side)[at / 64] >> (at & 63) & 1) != 0;
  return live && hft_recency_ids(r, side)[at].slot1 == slot1;
}

// Removes the live order at a place of a side.
HFT_INLINE void hft_recency_drop(hft_recency *r, hft_side side, uint32_t at) {
  hft_recency_words(r, side)[at / 64] ^= UINT64_C(1) << (at & 63);
  hft_recency_counts(r, side)[at / 64]--;
  r->side[side].live--;
}

// Appends an order as the latest. An order of the same slot that is still in the list has left the
// market and is removed, so there are never more than `orders` live ones.
HFT_INLINE void hft_recency_add(hft_recency *r, hft_side side, hft_order_id id) {
  hft_recency_side *list = &r->side[side];
  uint32_t *place = &hft_recency_table(r)[id.slot1 & r->mask];
  if (HFT_UNLIKELY(hft_recency_has(r, *place, id.slot1)))
    hft_recency_drop(r, (hft_side)(*place & 1), *place >> 1);
  if (HFT_UNLIKELY(list->end == r->size || list->end > 4 * list->live + 256)) {
    hft_recency_compact(r, side);
  }
  uint32_t at = list->end++;
  list->live++;
  hft_recency_ids(r, side)[at] = id;
  hft_recency_words(r, side)[at / 64] |= UINT64_C(1) << (at & 63);
  hft_recency_counts(r, side)[at / 64]++;
  *place = at << 1 | (uint32_t)side;
}

// Removes an order, if it is in the list.
HFT_INLINE void hft_recency_remove(hft_recency *r, hft_order_id id) {
  uint32_t place = hft_recency_table(r)[id.slot1 & r->mask];
  if (!hft_recency_has(r, place, id.slot1)) return;
  if (hft_recency_ids(r, (hft_side)(place & 1))[place >> 1].number != id.number) return;
  hft_recency_drop(r, (hft_side)(place & 1), place >> 1);
}

// The order of that slot if it is in the list, else null.
HFT_INLINE hft_order_id hft_recency_of_slot(hft_recency *r, uint32_t slot) {
  uint32_t place = hft_recency_table(r)[(slot + 1) & r->mask];
  bool has = hft_recency_has(r, place, slot + 1);
  return has ? hft_recency_ids(r, (hft_side)(place & 1))[place >> 1] : (hft_order_id){0, 0};
}

// Internal: the numbers of live orders of the words at .. at + 3, in 16 bits each, lowest first.
HFT_INLINE uint64_t hft_recency_window(const uint16_t *count, int32_t at) {
  uint16_t four[4];
  memcpy(four, count + at, sizeof four);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint64_t window;
  memcpy(&window, four, sizeof window);
  return window;
#else
  return (uint64_t)four[3] << 48 | (uint64_t)four[2] << 32 | (uint64_t)four[1] << 16 | four[0];
#endif
}

// A side, to look for orders in; valid until an order is added or removed.
typedef struct hft_recency_view {
  const uint64_t *word;
  const uint16_t *count;
  const hft_order_id *id;
  int32_t window;  // first of the last four words
} hft_recency_view;

HFT_INLINE hft_recency_view hft_recency_look(hft_recency *r, hft_side side) {
  return (hft_recency_view){hft_recency_words(r, side), hft_recency_counts(r, side),
                            hft_recency_ids(r, side), (int32_t)((r->side[side].end - 1) / 64) - 3};
}

// The place of the k-th latest live order, k from 0; k must be below the number of live ones.
HFT_INLINE uint32_t hft_recency_find(const hft_recency_view *view, uint32_t k) {
  const uint64_t ones = UINT64_C(0x0001000100010001), highs = UINT64_C(0x8000800080008000);
  // The last four words hold most of those that are looked for. `sums`: live ones up to each word.
  int32_t at = view->window;
  uint64_t sums = hft_recency_window(view->count, at) * ones;
  while (HFT_UNLIKELY(k >= (uint32_t)(sums >> 48))) {
    k -= (uint32_t)(sums >> 48);
    at -= 4;
    sums = hft_recency_window(view->count, at) * ones;
  }
  uint32_t j = (uint32_t)(sums >> 48) - 1 - k;
  uint64_t passed = ((j * ones | highs) - sums) & highs;
  uint32_t word = (uint32_t)((passed >> 15) * ones >> 48);
  j -= (uint32_t)(sums << 16 >> (16 * word) & 0xffff);
  uint32_t place = (uint32_t)(at + (int32_t)word);
  return place * 64 + hft_recency_select(view->word[place], j);
}

// The k-th latest live order of a side, k from 0; k must be below the number of live ones.
HFT_INLINE hft_order_id hft_recency_latest(hft_recency *r, hft_side side, uint32_t k) {
  const hft_recency_view view = hft_recency_look(r, side);
  return view.id[hft_recency_find(&view, k)];
}

#endif
