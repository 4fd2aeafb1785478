#include "data/reconstruct.h"

#include <inttypes.h>
#include <stdlib.h>

#include "data/id_map.h"

struct hft_reconstruct {
  hft_book *book;
  void *memory;  // of the book
  hft_id_map slots;
  uint32_t slot_count;
  int32_t tick;
  hft_reconstruct_counts counts;
  hft_reconstruct_effect effect;  // of the last message
};

static bool is_visible(const hft_lobster_message *message) {
  return message->kind <= HFT_LOBSTER_EXECUTE;
}

// LOBSTER's ids are above 0, so the older order at a price can go by the price's negative.
static int64_t older_id(hft_price price) {
  return -(int64_t)price;
}

// What the messages and the first book ask of the reconstruction's book.
typedef struct span {
  hft_price low, high;  // USD x 10,000
  int32_t tick;
  size_t orders;
} span;

static void extend(span *extent, hft_price price) {
  if (extent->low == 0 || price < extent->low) extent->low = price;
  if (price > extent->high) extent->high = price;
  int32_t a = extent->tick;
  for (int32_t b = price; b != 0;) {
    int32_t rest = a % b;
    a = b;
    b = rest;
  }
  extent->tick = a;
}

static span measure(const hft_lobster_messages *messages, const hft_lobster_book *first) {
  span extent = {0};
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    if (!is_visible(message)) continue;
    extend(&extent, message->price);
    if (message->kind == HFT_LOBSTER_ADD) extent.orders++;
  }
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < first->levels && first->side[side][i].price != 0; i++) {
      extend(&extent, first->side[side][i].price);
      extent.orders++;
    }
  }
  // A file may hold only hidden executions beside an empty book.
  if (extent.low == 0) extend(&extent, 1);
  if (extent.orders == 0) extent.orders = 1;
  return extent;
}

static hft_status create_book(hft_reconstruct *reconstruct, const span *extent, hft_error *error) {
  int32_t tick = extent->tick;
  int64_t ticks = (int64_t)(extent->high - extent->low) / tick + 1;
  if (ticks > HFT_BOOK_TICKS_MAX) {
    return hft_fail(error, HFT_EDATA, "",
                    "prices from %" PRId32 " to %" PRId32 " in ticks of %" PRId32
                    " do not fit into a book of %u ticks",
                    extent->low, extent->high, tick, HFT_BOOK_TICKS_MAX);
  }
  if (extent->orders > HFT_BOOK_ORDERS_MAX) {
    return hft_fail(error, HFT_EFULL, "", "%zu orders are more than the %u that a book can hold",
                    extent->orders, HFT_BOOK_ORDERS_MAX);
  }
  hft_book_config config = {.price_min = extent->low / tick,
                            .ticks = (uint32_t)ticks,
                            .order_max = (uint32_t)extent->orders};
  size_t size = hft_book_size(&config);
  HFT_CHECK(size > 0);
  reconstruct->tick = tick;
  reconstruct->memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (reconstruct->memory == NULL || !hft_id_map_init(&reconstruct->slots, extent->orders)) {
    return hft_fail(error, HFT_ENOMEM, "", "out of memory for %zu orders", extent->orders);
  }
  return hft_book_init(&config, reconstruct->memory, size, &reconstruct->book);
}

static hft_status rest(hft_reconstruct *reconstruct, int64_t id, hft_side side, hft_price price,
                       hft_qty size, hft_error *error) {
  uint32_t slot = reconstruct->slot_count;
  if (!hft_book_insert(reconstruct->book, slot, side, price / reconstruct->tick, size)) {
    return hft_fail(error, HFT_EDATA, "", "more than %" PRId32 " shares at the price %" PRId32,
                    INT32_MAX, price);
  }
  hft_id_map_put(&reconstruct->slots, id, slot);
  reconstruct->slot_count++;
  return HFT_OK;
}

// The first message's order is already in the first book: as the last one in its level's queue.
static hft_status fill_level(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                             hft_side side, const hft_lobster_level *level, bool *found,
                             hft_error *error) {
  hft_qty older = level->size;
  bool own = message->kind == HFT_LOBSTER_ADD && message->side == side &&
             message->price == level->price && message->size <= older;
  if (own) older -= message->size;
  hft_status status = HFT_OK;
  if (older > 0) {
    status = rest(reconstruct, older_id(level->price), side, level->price, older, error);
  }
  if (status != HFT_OK || !own) return status;
  *found = true;
  return rest(reconstruct, message->id, side, message->price, message->size, error);
}

static hft_status fill_book(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                            const hft_lobster_book *first, hft_error *error) {
  const hft_lobster_level *bid = &first->side[HFT_BID][0];
  const hft_lobster_level *ask = &first->side[HFT_ASK][0];
  if (bid->price != 0 && ask->price != 0 && bid->price >= ask->price) {
    return hft_fail(error, HFT_EDATA, "",
                    "the first book is crossed: bid %" PRId32 ", ask %" PRId32, bid->price,
                    ask->price);
  }
  bool found = message->kind != HFT_LOBSTER_ADD;
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < first->levels && first->side[side][i].price != 0; i++) {
      hft_status status =
          fill_level(reconstruct, message, (hft_side)side, &first->side[side][i], &found, error);
      if (status != HFT_OK) return status;
    }
  }
  if (!found) {
    return hft_fail(error, HFT_EDATA, "",
                    "the first book does not hold the order %" PRId64
                    " that the first message adds: do the files belong together?",
                    message->id);
  }
  reconstruct->counts.messages = 1;
  reconstruct->effect = (hft_reconstruct_effect){.slot = HFT_NO_SLOT};
  return HFT_OK;
}

hft_status hft_reconstruct_create(const hft_lobster_messages *messages,
                                  const hft_lobster_book *first, hft_reconstruct **out,
                                  hft_error *error) {
  *out = NULL;
  HFT_CHECK(messages->count > 0);
  hft_reconstruct *reconstruct = calloc(1, sizeof *reconstruct);
  if (reconstruct == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  span extent = measure(messages, first);
  hft_status status = create_book(reconstruct, &extent, error);
  if (status == HFT_OK) status = fill_book(reconstruct, &messages->message[0], first, error);
  if (status != HFT_OK) {
    hft_reconstruct_free(reconstruct);
    return status;
  }
  *out = reconstruct;
  return HFT_OK;
}

void hft_reconstruct_free(hft_reconstruct *reconstruct) {
  if (reconstruct == NULL) return;
  hft_id_map_free(&reconstruct->slots);
  free(reconstruct->memory);
  free(reconstruct);
}

// The slot of a resting order, or HFT_NO_SLOT.
static uint32_t find_live(const hft_reconstruct *reconstruct, int64_t id) {
  uint32_t slot = hft_id_map_find(&reconstruct->slots, id);
  return slot != HFT_NO_SLOT && hft_book_is_live(reconstruct->book, slot) ? slot : HFT_NO_SLOT;
}

static hft_status add(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                      hft_error *error) {
  if (hft_id_map_find(&reconstruct->slots, message->id) != HFT_NO_SLOT) {
    return hft_fail(error, HFT_EDATA, "", "order %" PRId64 " is added twice", message->id);
  }
  if (hft_book_crosses(reconstruct->book, message->side, message->price / reconstruct->tick)) {
    reconstruct->counts.crossing++;
    return HFT_OK;
  }
  reconstruct->effect =
      (hft_reconstruct_effect){.slot = reconstruct->slot_count, .qty = message->size};
  return rest(reconstruct, message->id, message->side, message->price, message->size, error);
}

static void take(hft_book *book, uint32_t slot, hft_qty size) {
  if (size < hft_book_order_qty(book, slot)) {
    hft_book_reduce(book, slot, size);
  } else {
    hft_book_remove(book, slot);
  }
}

// An incoming order of the other side meets the first in the queue: this one, if time and price
// rule in the market as they do in the book.
static void execute(hft_reconstruct *reconstruct, uint32_t slot, hft_side side, hft_qty size) {
  hft_book *book = reconstruct->book;
  reconstruct->counts.executions++;
  reconstruct->effect.in_turn = slot == hft_book_front(book, side);
  if (!reconstruct->effect.in_turn) {
    reconstruct->counts.out_of_turn++;
    take(book, slot, size);
    return;
  }
  hft_fill fill;
  bool matched =
      hft_book_match(book, hft_side_other(side), hft_book_order_price(book, slot), &size, &fill);
  HFT_CHECK(matched && fill.slot == slot);
}

// A cancel, delete or execution of an order that rests.
static hft_status settle(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                         hft_error *error) {
  hft_book *book = reconstruct->book;
  bool known = hft_id_map_find(&reconstruct->slots, message->id) != HFT_NO_SLOT;
  uint32_t slot = find_live(reconstruct, known ? message->id : older_id(message->price));
  if (slot == HFT_NO_SLOT) {
    reconstruct->counts.unknown++;
    return HFT_OK;
  }
  if (hft_book_order_price(book, slot) * reconstruct->tick != message->price ||
      hft_book_order_side(book, slot) != message->side) {
    return hft_fail(error, HFT_EDATA, "", "order %" PRId64 " is named with another price or side",
                    message->id);
  }
  if (!known) reconstruct->counts.older++;
  hft_qty before = hft_book_order_qty(book, slot);
  reconstruct->effect.slot = slot;
  if (message->kind == HFT_LOBSTER_EXECUTE) {
    execute(reconstruct, slot, message->side, message->size);
  } else if (message->kind == HFT_LOBSTER_DELETE && known) {
    hft_book_remove(book, slot);
  } else {
    take(book, slot, message->size);
  }
  reconstruct->effect.qty = before - hft_book_order_qty(book, slot);
  return HFT_OK;
}

hft_status hft_reconstruct_apply(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                                 hft_error *error) {
  hft_status status = HFT_OK;
  reconstruct->effect = (hft_reconstruct_effect){.slot = HFT_NO_SLOT};
  if (message->kind == HFT_LOBSTER_ADD) {
    status = add(reconstruct, message, error);
  } else if (is_visible(message)) {
    status = settle(reconstruct, message, error);
  }
  if (status == HFT_OK) reconstruct->counts.messages++;
  return status;
}

hft_lobster_level hft_reconstruct_best(const hft_reconstruct *reconstruct, hft_side side) {
  hft_level level = hft_book_best(reconstruct->book, side);
  return (hft_lobster_level){level.price * reconstruct->tick, level.qty};
}

hft_reconstruct_effect hft_reconstruct_effect_of(const hft_reconstruct *reconstruct) {
  return reconstruct->effect;
}

const hft_reconstruct_counts *hft_reconstruct_counts_of(const hft_reconstruct *reconstruct) {
  return &reconstruct->counts;
}

const hft_book *hft_reconstruct_book(const hft_reconstruct *reconstruct) {
  return reconstruct->book;
}

int32_t hft_reconstruct_tick(const hft_reconstruct *reconstruct) {
  return reconstruct->tick;
}
