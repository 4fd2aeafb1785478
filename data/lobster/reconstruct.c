#include "data/lobster/reconstruct.h"

#include <inttypes.h>
#include <stdlib.h>

#include "data/lobster/reconstruct_state.h"

static bool is_visible(const hft_lobster_message *message) {
  return message->kind <= HFT_LOBSTER_EXECUTE;
}

static hft_price ticks_of(const hft_reconstruct *r, int64_t price) {
  return (hft_price)(price / r->window.tick);
}

static bool fits(const hft_reconstruct *r, int64_t price) {
  return hft_price_window_fit(&r->window, price) == HFT_PRICE_FITS;
}

// ---- making ----------------------------------------------------------------------------------

static hft_status create_book(hft_reconstruct *r, const hft_reconstruct_source *source,
                              hft_error *error) {
  size_t orders = 1;
  for (size_t i = 0; i < source->messages->count; i++) {
    orders += source->messages->message[i].kind == HFT_LOBSTER_ADD;
  }
  if (source->first != NULL) orders += 2 * (size_t)source->first->levels;
  if (source->resting != NULL) orders += source->resting->count;
  size_t named = orders;
  size_t ticks = (size_t)((r->window.high - r->window.low) / r->window.tick) + 1;
  if (source->rows) orders += ticks;  // an older order may appear at each price
  if (orders > HFT_BOOK_ORDERS_MAX) {
    return hft_fail(error, HFT_EFULL, "", "%zu orders exceed the book's maximum of %u", orders,
                    HFT_BOOK_ORDERS_MAX);
  }
  hft_book_config config = {.price_min = ticks_of(r, r->window.low),
                            .ticks = (uint32_t)ticks,
                            .order_max = (uint32_t)orders};
  size_t size = hft_book_size(&config);
  HFT_CHECK(size > 0);
  r->memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (r->memory == NULL || !hft_id_map_init(&r->slots, named)) {
    return hft_fail(error, HFT_ENOMEM, "", "out of memory for %zu orders", orders);
  }
  return hft_book_init(&config, r->memory, size, &r->book);
}

hft_status hft_reconstruct_name(hft_reconstruct *r, int64_t id, uint32_t *slot, hft_error *error) {
  if (r->slot_count == r->book->order_max) {
    return hft_fail(error, HFT_EFULL, "", "more than %u orders", r->book->order_max);
  }
  if (!hft_id_map_put(&r->slots, id, r->slot_count)) {
    return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  }
  *slot = r->slot_count++;
  return HFT_OK;
}

hft_status hft_reconstruct_rest(hft_reconstruct *r, uint32_t slot, hft_side side, hft_price price,
                                hft_qty qty, hft_error *error) {
  if (hft_book_insert(r->book, slot, side, price, qty)) return HFT_OK;
  return hft_fail(error, HFT_EDATA, "", "more than %" PRId32 " shares at the price %" PRId64,
                  INT32_MAX, (int64_t)price * r->window.tick);
}

static hft_status rest_new(hft_reconstruct *r, int64_t id, hft_side side, int64_t price,
                           hft_qty size, hft_error *error) {
  uint32_t slot = HFT_NO_SLOT;
  hft_status status = hft_reconstruct_name(r, id, &slot, error);
  if (status != HFT_OK) return status;
  return hft_reconstruct_rest(r, slot, side, ticks_of(r, price), size, error);
}

// The order of the first message is already in the first book: it is last in its level's queue.
static hft_status fill_level(hft_reconstruct *r, const hft_reconstruct_source *source,
                             hft_side side, const hft_lobster_level *level, bool *found,
                             hft_error *error) {
  const hft_lobster_message *message = &source->messages->message[0];
  hft_qty older = level->size;
  if (source->resting != NULL) {
    older -= (hft_qty)hft_lobster_resting_size(source->resting, side, level->price);
  }
  bool own = message->kind == HFT_LOBSTER_ADD && message->side == side &&
             message->price == level->price && message->size <= older;
  if (own) older -= message->size;
  hft_status status = HFT_OK;
  if (older > 0) {
    status = rest_new(r, hft_older_id(level->price), side, level->price, older, error);
  }
  if (status != HFT_OK || !own) return status;
  *found = true;
  return rest_new(r, message->id, side, message->price, message->size, error);
}

// The best price of a row's side within the window; 0: none.
static int64_t best_in_window(const hft_reconstruct *r, const hft_lobster_book *book, int side) {
  for (int i = 0; i < book->levels && book->side[side][i].price != 0; i++) {
    if (fits(r, book->side[side][i].price)) return book->side[side][i].price;
  }
  return 0;
}

static hft_status fill_book(hft_reconstruct *r, const hft_reconstruct_source *source,
                            hft_error *error) {
  const hft_lobster_message *message = &source->messages->message[0];
  const hft_lobster_book *first = source->first;
  int64_t bid = best_in_window(r, first, HFT_BID), ask = best_in_window(r, first, HFT_ASK);
  if (bid != 0 && ask != 0 && bid >= ask) {
    return hft_fail(error, HFT_EDATA, "",
                    "the first book is crossed: bid %" PRId64 ", ask %" PRId64, bid, ask);
  }
  bool found = message->kind != HFT_LOBSTER_ADD || !fits(r, message->price);
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < first->levels && first->side[side][i].price != 0; i++) {
      const hft_lobster_level *level = &first->side[side][i];
      if (!fits(r, level->price)) continue;
      hft_status status = fill_level(r, source, (hft_side)side, level, &found, error);
      if (status != HFT_OK) return status;
    }
  }
  if (found) return HFT_OK;
  return hft_fail(error, HFT_EDATA, "",
                  "the first book does not contain the order %" PRId64
                  " that the first message adds: do the files belong together?",
                  message->id);
}

// The named orders join after the older ones.
static hft_status fill_resting(hft_reconstruct *r, const hft_lobster_resting *resting,
                               hft_error *error) {
  for (size_t i = 0; resting != NULL && i < resting->count; i++) {
    const hft_lobster_resting_order *order = &resting->order[i];
    if (!fits(r, order->price)) continue;
    if (hft_book_crosses(r->book, order->side, ticks_of(r, order->price))) continue;
    hft_status status = rest_new(r, order->id, order->side, order->price, order->size, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_reconstruct_create(const hft_reconstruct_source *source, hft_reconstruct **out,
                                  hft_error *error) {
  *out = NULL;
  HFT_CHECK(source->messages->count > 0);
  hft_reconstruct *r = calloc(1, sizeof *r);
  if (r == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  r->window = source->window;
  r->rows = source->rows;
  r->deep = source->deep;
  const hft_lobster_message *message = &source->messages->message[0];
  hft_status status = create_book(r, source, error);
  if (status == HFT_OK && source->first == NULL) {
    status = fill_resting(r, source->resting, error);
    if (status == HFT_OK) status = hft_reconstruct_apply(r, message, error);
  } else if (status == HFT_OK) {
    status = fill_book(r, source, error);
    if (status == HFT_OK) status = fill_resting(r, source->resting, error);
    r->counts.messages = 1;
  }
  if (status != HFT_OK) {
    hft_reconstruct_free(r);
    return status;
  }
  *out = r;
  return HFT_OK;
}

void hft_reconstruct_free(hft_reconstruct *reconstruct) {
  if (reconstruct == NULL) return;
  hft_id_map_free(&reconstruct->slots);
  free(reconstruct->memory);
  free(reconstruct->change);
  free(reconstruct);
}

// ---- messages --------------------------------------------------------------------------------

hft_status hft_reconstruct_note(hft_reconstruct *r, const hft_book_change *change,
                                hft_error *error) {
  if (r->change_count == r->change_max) {
    size_t room = 2 * r->change_max + 16;
    hft_book_change *moved = realloc(r->change, room * sizeof *moved);
    if (moved == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    r->change = moved;
    r->change_max = room;
  }
  hft_book_change *noted = &r->change[r->change_count++];
  *noted = *change;
  noted->left = hft_book_order_qty(r->book, change->slot);
  noted->best = hft_book_best_price(r->book, (hft_side)change->side);
  return HFT_OK;
}

// The slot of a resting order, or HFT_NO_SLOT.
static uint32_t find_live(const hft_reconstruct *r, int64_t id) {
  uint32_t slot = hft_id_map_find(&r->slots, id);
  return slot != HFT_NO_SLOT && hft_book_is_live(r->book, slot) ? slot : HFT_NO_SLOT;
}

static hft_status add(hft_reconstruct *r, const hft_lobster_message *message, hft_error *error) {
  if (hft_id_map_find(&r->slots, message->id) != HFT_NO_SLOT) {
    return hft_fail(error, HFT_EDATA, "", "order %" PRId64 " is added twice", message->id);
  }
  hft_price price = ticks_of(r, message->price);
  if (hft_book_crosses(r->book, message->side, price)) {
    r->counts.crossing++;
    return HFT_OK;
  }
  uint32_t slot = r->slot_count;
  hft_status status = rest_new(r, message->id, message->side, message->price, message->size, error);
  if (status != HFT_OK) return status;
  return hft_reconstruct_note(r,
                              &(hft_book_change){.slot = slot,
                                                 .price = price,
                                                 .qty = message->size,
                                                 .side = (uint8_t)message->side,
                                                 .kind = HFT_CHANGE_ADD,
                                                 .named = true},
                              error);
}

static void reduce(hft_book *book, uint32_t slot, hft_qty size) {
  if (size < hft_book_order_qty(book, slot)) {
    hft_book_reduce(book, slot, size);
  } else {
    hft_book_remove(book, slot);
  }
}

// Matches an incoming order of the opposite side with the first order in the queue. That is this
// order if the market follows price-time priority, as the book does. Returns whether it is.
static bool execute(hft_reconstruct *r, uint32_t slot, hft_side side, hft_qty size) {
  hft_book *book = r->book;
  r->counts.executions++;
  if (slot != hft_book_front(book, side)) {
    r->counts.out_of_turn++;
    reduce(book, slot, size);
    return false;
  }
  hft_fill fill;
  bool matched =
      hft_book_match(book, hft_side_other(side), hft_book_order_price(book, slot), &size, &fill);
  HFT_CHECK(matched && fill.slot == slot);
  return true;
}

// The order that a message refers to: the order it names or, if the files did not add that or rows
// have removed it, the older order at its price.
static uint32_t find_order(hft_reconstruct *r, const hft_lobster_message *message, bool *named) {
  *named = hft_id_map_find(&r->slots, message->id) != HFT_NO_SLOT;
  uint32_t slot = *named ? find_live(r, message->id) : HFT_NO_SLOT;
  if (slot != HFT_NO_SLOT || (*named && !r->rows)) return slot;
  *named = false;
  return find_live(r, hft_older_id(message->price));
}

// Applies a cancel, delete or execution of a resting order.
static hft_status change_order(hft_reconstruct *r, const hft_lobster_message *message,
                               hft_error *error) {
  hft_book *book = r->book;
  bool named;
  uint32_t slot = find_order(r, message, &named);
  if (slot == HFT_NO_SLOT) {
    r->counts.unknown++;
    return HFT_OK;
  }
  hft_price price = hft_book_order_price(book, slot);
  if ((int64_t)price * r->window.tick != message->price ||
      hft_book_order_side(book, slot) != message->side) {
    return hft_fail(error, HFT_EDATA, "", "order %" PRId64 " is named with another price or side",
                    message->id);
  }
  if (!named) r->counts.older++;
  hft_qty before = hft_book_order_qty(book, slot);
  bool in_turn = false;
  if (message->kind == HFT_LOBSTER_EXECUTE) {
    in_turn = execute(r, slot, message->side, message->size);
  } else if (message->kind == HFT_LOBSTER_DELETE && named) {
    hft_book_remove(book, slot);
  } else {
    reduce(book, slot, message->size);
  }
  bool executes = message->kind == HFT_LOBSTER_EXECUTE;
  return hft_reconstruct_note(
      r,
      &(hft_book_change){.slot = slot,
                         .price = price,
                         .qty = before - hft_book_order_qty(book, slot),
                         .side = (uint8_t)message->side,
                         .kind = executes ? HFT_CHANGE_EXECUTE : HFT_CHANGE_LEAVE,
                         .in_turn = in_turn,
                         .named = named},
      error);
}

hft_status hft_reconstruct_apply(hft_reconstruct *r, const hft_lobster_message *message,
                                 hft_error *error) {
  r->change_count = 0;
  hft_price_fit fit =
      is_visible(message) ? hft_price_window_fit(&r->window, message->price) : HFT_PRICE_FITS;
  r->counts.outside += fit == HFT_PRICE_OUTSIDE;
  r->counts.odd += fit == HFT_PRICE_OFF_TICK;
  hft_status status = HFT_OK;
  if (is_visible(message) && fit == HFT_PRICE_FITS) {
    status =
        message->kind == HFT_LOBSTER_ADD ? add(r, message, error) : change_order(r, message, error);
  }
  if (status == HFT_OK) r->counts.messages++;
  return status;
}

// ---- reading the result -----------------------------------------------------------------------

const hft_book_change *hft_reconstruct_changes(const hft_reconstruct *reconstruct, size_t *count) {
  *count = reconstruct->change_count;
  return reconstruct->change;
}

hft_lobster_level hft_reconstruct_best(const hft_reconstruct *reconstruct, hft_side side) {
  hft_level level = hft_book_best(reconstruct->book, side);
  return (hft_lobster_level){(int64_t)level.price * reconstruct->window.tick, level.qty};
}

const hft_reconstruct_counts *hft_reconstruct_counts_of(const hft_reconstruct *reconstruct) {
  return &reconstruct->counts;
}

const hft_book *hft_reconstruct_book(const hft_reconstruct *reconstruct) {
  return reconstruct->book;
}

const hft_price_window *hft_reconstruct_window(const hft_reconstruct *reconstruct) {
  return &reconstruct->window;
}
