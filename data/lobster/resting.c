#include "data/lobster/resting.h"

#include <stdlib.h>

#include "data/lobster/id_map.h"
#include "sim/book/book.h"

// The orders that the messages add; found ones get the index of their entry in `out`.
static hft_status note_added(const hft_lobster_messages *messages, hft_id_map *added,
                             hft_error *error) {
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    if (message->kind != HFT_LOBSTER_ADD) continue;
    if (hft_id_map_find(added, message->id) != HFT_NO_SLOT) continue;
    if (!hft_id_map_put(added, message->id, 0)) {
      return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    }
  }
  return HFT_OK;
}

static hft_status append(hft_lobster_resting *resting, size_t *room,
                         const hft_lobster_message *message, hft_error *error) {
  if (resting->count == *room) {
    *room = 2 * *room + 64;
    hft_lobster_resting_order *moved = realloc(resting->order, *room * sizeof *moved);
    if (moved == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    resting->order = moved;
  }
  resting->order[resting->count++] =
      (hft_lobster_resting_order){message->id, message->price, 0, message->side};
  return HFT_OK;
}

static bool takes(const hft_lobster_message *message) {
  return message->kind == HFT_LOBSTER_REDUCE || message->kind == HFT_LOBSTER_DELETE ||
         message->kind == HFT_LOBSTER_EXECUTE;
}

// In the order in which the messages name them.
static hft_status collect(const hft_lobster_messages *messages, size_t first,
                          const hft_id_map *added, hft_id_map *found, hft_lobster_resting *resting,
                          hft_error *error) {
  size_t room = 0;
  for (size_t i = first; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    if (!takes(message) || hft_id_map_find(added, message->id) != HFT_NO_SLOT) continue;
    uint32_t at = hft_id_map_find(found, message->id);
    if (at == HFT_NO_SLOT) {
      at = (uint32_t)resting->count;
      hft_status status = append(resting, &room, message, error);
      if (status != HFT_OK) return status;
      if (!hft_id_map_put(found, message->id, at)) {
        return hft_fail(error, HFT_ENOMEM, "", "out of memory");
      }
    }
    hft_lobster_resting_order *order = &resting->order[at];
    if (order->size <= INT32_MAX - message->size) order->size += message->size;
  }
  return HFT_OK;
}

static void drop_crossing(hft_lobster_resting *resting) {
  int64_t best[2] = {0, INT64_MAX};
  size_t kept = 0;
  for (size_t i = 0; i < resting->count; i++) {
    hft_lobster_resting_order order = resting->order[i];
    bool bid = order.side == HFT_BID;
    if (bid ? order.price >= best[HFT_ASK] : order.price <= best[HFT_BID]) continue;
    if (bid && order.price > best[HFT_BID]) best[HFT_BID] = order.price;
    if (!bid && order.price < best[HFT_ASK]) best[HFT_ASK] = order.price;
    resting->order[kept++] = order;
  }
  resting->count = kept;
}

static int compare_ids(const void *a, const void *b) {
  const hft_lobster_resting_order *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

hft_status hft_lobster_resting_find(const hft_lobster_messages *messages, size_t first,
                                    hft_lobster_resting *resting, hft_error *error) {
  *resting = (hft_lobster_resting){0};
  hft_id_map added = {0}, found = {0};
  hft_status status = HFT_OK;
  if (!hft_id_map_init(&added, messages->count) || !hft_id_map_init(&found, 1024)) {
    status = hft_fail(error, HFT_ENOMEM, "", "out of memory");
  }
  if (status == HFT_OK) status = note_added(messages, &added, error);
  if (status == HFT_OK) status = collect(messages, first, &added, &found, resting, error);
  hft_id_map_free(&added);
  hft_id_map_free(&found);
  if (status != HFT_OK) {
    free(resting->order);
    *resting = (hft_lobster_resting){0};
    return status;
  }
  drop_crossing(resting);
  if (resting->count > 0) {
    qsort(resting->order, resting->count, sizeof resting->order[0], compare_ids);
  }
  return HFT_OK;
}

// What a row leaves for resting orders at a price, shares: any size beyond its last level.
static int64_t room_at(const hft_lobster_book *book, const hft_lobster_message *message,
                       hft_side side, int64_t price) {
  const hft_lobster_level *level = book->side[side];
  int count = 0;
  while (count < book->levels && level[count].price != 0) {
    if (level[count].price == price) {
      bool own = message->kind == HFT_LOBSTER_ADD && message->side == side &&
                 message->price == price && message->size <= level[count].size;
      return level[count].size - (own ? message->size : 0);
    }
    count++;
  }
  if (count == 0) return 0;
  int64_t worst = level[count - 1].price;
  bool beyond = side == HFT_BID ? price < worst : price > worst;
  return beyond ? INT64_MAX : 0;
}

void hft_lobster_resting_fit(hft_lobster_resting *resting, const hft_lobster_book *book,
                             const hft_lobster_message *message) {
  size_t kept = 0;
  const size_t count = resting->count;
  for (size_t i = 0; i < count; i++) {
    hft_lobster_resting_order order = resting->order[i];
    resting->count = kept;  // those that hold a place already
    int64_t held = hft_lobster_resting_size(resting, order.side, order.price);
    if (held + order.size > room_at(book, message, order.side, order.price)) continue;
    resting->order[kept++] = order;
  }
  resting->count = kept;
}

int64_t hft_lobster_resting_size(const hft_lobster_resting *resting, hft_side side, int64_t price) {
  int64_t size = 0;
  for (size_t i = 0; i < resting->count; i++) {
    const hft_lobster_resting_order *order = &resting->order[i];
    if (order->side == side && order->price == price) size += order->size;
  }
  return size;
}
