// LOBSTER messages as events.
#include <stdio.h>
#include <stdlib.h>

#include "data/facts_source.h"
#include "data/id_map.h"
#include "data/lobster.h"
#include "sim/book/book.h"

#define BATCH 16384  // messages between two looks at the watch

// Orders go by number, as in a market. What rested before the file begins is known by its level
// alone: each level is one older order, which serves the messages about orders never added.
typedef struct tape {
  const hft_lobster_messages *messages;
  const hft_lobster_book *book0;  // null: not known
  hft_id_map numbers;             // by LOBSTER's id; of an older order: less its price
  uint32_t last_number;
  hft_observer *observer;
} tape;

static int64_t older_id(hft_price price) {
  return -(int64_t)price;
}

static bool is_visible(const hft_lobster_message *message) {
  return message->kind <= HFT_LOBSTER_EXECUTE;
}

static void widen(hft_observer_config *config, hft_price price) {
  if (config->price_min == 0 || price < config->price_min) config->price_min = price;
  if (price > config->price_max) config->price_max = price;
}

// The prices of the visible book, and how many orders there will be to number.
static size_t measure(const tape *t, hft_observer_config *config) {
  size_t orders = 1;
  for (size_t i = 0; i < t->messages->count; i++) {
    const hft_lobster_message *message = &t->messages->message[i];
    if (!is_visible(message)) continue;
    widen(config, message->price);
    if (message->kind == HFT_LOBSTER_ADD) orders++;
  }
  for (int side = 0; side < 2 && t->book0 != NULL; side++) {
    for (int i = 0; i < t->book0->levels && t->book0->side[side][i].price != 0; i++) {
      widen(config, t->book0->side[side][i].price);
      orders++;
    }
  }
  if (config->price_min == 0) widen(config, 1);  // nothing but hidden executions
  return orders;
}

static uint32_t number_of(const tape *t, int64_t id) {
  uint32_t number = hft_id_map_find(&t->numbers, id);
  return number != HFT_NO_SLOT ? number : 0;
}

static void add(tape *t, hft_time time, int64_t id, hft_side side, hft_price price, hft_qty qty) {
  uint32_t number = number_of(t, id);
  if (number == 0) {
    number = ++t->last_number;
    hft_id_map_put(&t->numbers, id, number);
  }
  const hft_event event = {.time = time,
                           .order = {0, number},
                           .price = price,
                           .qty = qty,
                           .kind = HFT_EVENT_ADD,
                           .side = (uint8_t)side};
  hft_observer_event(t->observer, &event);
}

// What the first book holds but for the order of the first message, if that adds one.
static void add_older(tape *t) {
  const hft_lobster_message *first = &t->messages->message[0];
  for (int side = 0; side < 2 && t->book0 != NULL; side++) {
    for (int i = 0; i < t->book0->levels && t->book0->side[side][i].price != 0; i++) {
      const hft_lobster_level *level = &t->book0->side[side][i];
      bool own = first->kind == HFT_LOBSTER_ADD && (int)first->side == side &&
                 first->price == level->price;
      hft_qty older = level->size - (own ? first->size : 0);
      if (older > 0) {
        add(t, first->time, older_id(level->price), (hft_side)side, level->price, older);
      }
    }
  }
}

static void observe_message(tape *t, const hft_lobster_message *message) {
  if (message->kind == HFT_LOBSTER_ADD) {
    add(t, message->time, message->id, message->side, message->price, message->size);
    return;
  }
  if (message->kind == HFT_LOBSTER_CROSS || message->kind == HFT_LOBSTER_HALT) return;
  uint32_t number = is_visible(message) ? number_of(t, message->id) : 0;
  bool known = number != 0;
  if (!known && is_visible(message)) number = number_of(t, older_id(message->price));
  hft_event event = {.time = message->time,
                     .order = {0, number},
                     .price = message->price,
                     .qty = message->size,
                     .kind = HFT_EVENT_TRADE,
                     .side = (uint8_t)message->side};
  if (message->kind == HFT_LOBSTER_REDUCE || message->kind == HFT_LOBSTER_DELETE) {
    // Who takes his order out of a level leaves the rest of the older orders there.
    event.kind = message->kind == HFT_LOBSTER_DELETE && known ? HFT_EVENT_CANCEL : HFT_EVENT_REDUCE;
  }
  hft_observer_event(t->observer, &event);
}

static hft_status observe_all(tape *t, const char *path, hft_time end,
                              const hft_generate_watch *watch, hft_error *error) {
  add_older(t);
  // The first book already holds what the first message did.
  size_t first = t->book0 != NULL && t->messages->message[0].kind != HFT_LOBSTER_ADD ? 1 : 0;
  for (size_t i = first; i < t->messages->count && hft_observer_well(t->observer); i++) {
    const hft_lobster_message *message = &t->messages->message[i];
    if (message->time > end) return HFT_OK;
    observe_message(t, message);
    double done = (double)i / (double)t->messages->count;
    if (i % BATCH == 0 && watch != NULL && !watch->on_progress(watch->context, done)) {
      return hft_fail(error, HFT_EINTR, path, "interrupted");
    }
  }
  return HFT_OK;
}

static hft_status observe_tape(tape *t, const char *path, const hft_observe_plan *plan,
                               const hft_generate_watch *watch, hft_observed *out,
                               hft_error *error) {
  hft_observer_config config = {.open = t->messages->message[0].time,
                                .warmup = plan->warmup,
                                .interval = plan->interval,
                                .lenient = true};
  size_t orders = measure(t, &config);
  hft_time last = t->messages->message[t->messages->count - 1].time;
  bool cut = plan->duration > 0 && plan->duration < last - config.open;
  hft_time end = cut ? config.open + plan->duration : last;
  if (!hft_id_map_init(&t->numbers, orders)) {
    return hft_fail(error, HFT_ENOMEM, path, "out of memory for %zu orders", orders);
  }
  hft_status status = hft_observer_create(&config, &t->observer, error);
  if (status == HFT_OK) status = observe_all(t, path, end, watch, error);
  if (status == HFT_OK) status = hft_observer_finish(t->observer, end, out, error);
  hft_observer_free(t->observer);
  hft_id_map_free(&t->numbers);
  return status;
}

hft_status hft_facts_observe_lobster(const char *path, const char *book0,
                                     const hft_observe_plan *plan, const hft_generate_watch *watch,
                                     hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  hft_lobster_messages messages;
  hft_lobster_book book;
  hft_status status = hft_lobster_read_messages(path, &messages, error);
  if (status != HFT_OK) return status;
  if (book0 != NULL) status = hft_lobster_read_first_book(book0, &book, error);
  if (status == HFT_OK) {
    tape t = {.messages = &messages, .book0 = book0 != NULL ? &book : NULL};
    status = observe_tape(&t, path, plan, watch, out, error);
    if (status != HFT_OK && error != NULL && error->where[0] == '\0') {
      snprintf(error->where, sizeof error->where, "%.150s", path);
    }
  }
  hft_lobster_messages_free(&messages);
  return status;
}
