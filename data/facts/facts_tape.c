// LOBSTER messages as events.
#include <stdio.h>
#include <stdlib.h>

#include "data/facts/facts_source.h"
#include "data/lobster/tape.h"
#include "sim/book/book.h"

#define BATCH 16384  // messages between two progress callbacks

// Orders are numbered by their slot in the reconstruction + 1. Prices are in ticks of the tape's
// price window until the observation ends.
typedef struct observation {
  hft_tape_reader tape;
  hft_observer *observer;
} observation;

static void send(const observation *o, hft_event event, hft_time time) {
  event.time = time;
  hft_observer_event(o->observer, &event);
}

// Adds the orders of the first book. If the first message adds an order, that is the last one and
// is left out.
static void add_opening(const observation *o, hft_time time) {
  const hft_book *book = hft_reconstruct_book(o->tape.book);
  const hft_node *nodes = hft_book_nodes(book);
  for (int side = 0; side < 2; side++) {
    hft_walk walk = hft_book_walk_begin(book, (hft_side)side);
    while (hft_book_walk(book, (hft_side)side, &walk)) {
      for (uint32_t i = nodes[walk.tick].next; i >= book->ticks; i = nodes[i].next) {
        uint32_t slot = i - book->ticks;
        send(o,
             (hft_event){.order = {0, slot + 1},
                         .price = book->price_min + walk.tick,
                         .qty = hft_book_order_qty(book, slot),
                         .kind = HFT_EVENT_ADD,
                         .side = (uint8_t)side},
             time);
      }
    }
  }
}

// The change of a row: no message reports it, so there is no cancellation or trade.
static void observe_row(const observation *o, const hft_book_change *change, hft_time time) {
  send(o,
       (hft_event){.order = {0, change->slot + 1},
                   .price = change->price,
                   .qty = change->qty,
                   .kind = change->kind == HFT_CHANGE_ADD ? HFT_EVENT_ADD : HFT_EVENT_REDUCE,
                   .side = change->side},
       time);
}

// Sends the event of a message and its change of the book (null: none). If they contradict the
// known book, the observer counts it.
static void observe_message(const observation *o, const hft_lobster_message *message,
                            const hft_book_change *change) {
  if (message->kind == HFT_LOBSTER_CROSS || message->kind == HFT_LOBSTER_HALT) return;
  bool visible = message->kind <= HFT_LOBSTER_EXECUTE;
  const hft_price_window *window = hft_reconstruct_window(o->tape.book);
  if (visible && hft_price_window_fit(window, message->price) != HFT_PRICE_FITS) return;
  hft_event event = {.order = {0, change != NULL ? change->slot + 1 : 0},
                     .price = change != NULL ? change->price : 0,
                     .qty = message->size,
                     .kind = HFT_EVENT_TRADE,
                     .side = (uint8_t)message->side};
  if (message->kind == HFT_LOBSTER_ADD) {
    event.kind = HFT_EVENT_ADD;
  } else if (message->kind == HFT_LOBSTER_REDUCE) {
    event.kind = HFT_EVENT_REDUCE;
  } else if (message->kind == HFT_LOBSTER_DELETE) {
    // Cancelling one order of a level keeps the remaining older orders there.
    event.kind = change != NULL && change->named ? HFT_EVENT_CANCEL : HFT_EVENT_REDUCE;
  }
  send(o, event, message->time);
}

static void observe(const observation *o, const hft_lobster_message *message, bool first) {
  size_t count;
  const hft_book_change *change = hft_reconstruct_changes(o->tape.book, &count);
  bool by_message = count > 0 && !change[0].by_row;
  // The first book already includes the first message.
  if (first && o->tape.files.book0 != NULL) {
    add_opening(o, message->time);
    return;
  }
  observe_message(o, message, by_message ? &change[0] : NULL);
  for (size_t i = by_message ? 1 : 0; i < count; i++) observe_row(o, &change[i], message->time);
}

static hft_status observe_all(observation *o, hft_time end, const hft_progress *watch,
                              hft_error *error) {
  hft_tape_reader *tape = &o->tape;
  while (hft_observer_well(o->observer)) {
    if (tape->next < tape->messages.count && tape->messages.message[tape->next].time > end) break;
    const hft_lobster_message *message;
    size_t i = tape->next;
    hft_status status = hft_tape_next(tape, &message, error);
    if (status != HFT_OK) return status;
    if (message == NULL) break;
    observe(o, message, i == 0);
    double done = (double)i / (double)tape->messages.count;
    if (i % BATCH == 0 && watch != NULL && !watch->on_progress(watch->context, done)) {
      return hft_fail(error, HFT_EINTR, tape->files.messages, "interrupted");
    }
  }
  return HFT_OK;
}

static hft_status observe_tape(observation *o, const hft_observe_plan *plan,
                               const hft_progress *watch, hft_observed *out, hft_error *error) {
  const hft_lobster_messages *messages = &o->tape.messages;
  const hft_price_window *window = hft_reconstruct_window(o->tape.book);
  const hft_observer_config config = {.open = messages->message[0].time,
                                      .warmup = plan->warmup,
                                      .interval = plan->interval,
                                      .price_min = (hft_price)(window->low / window->tick),
                                      .price_max = (hft_price)(window->high / window->tick),
                                      .lenient = true};
  hft_time last = messages->message[messages->count - 1].time;
  bool cut = plan->duration > 0 && plan->duration < last - config.open;
  hft_time end = cut ? config.open + plan->duration : last;
  hft_status status = hft_observer_create(&config, &o->observer, error);
  if (status != HFT_OK) return status;
  status = observe_all(o, end, watch, error);
  if (status == HFT_OK) status = hft_observer_finish(o->observer, end, out, error);
  hft_observer_free(o->observer);
  for (size_t i = 0; status == HFT_OK && i < out->mid.count; i++) out->mid.value[i] *= window->tick;
  return status;
}

hft_status hft_facts_observe_lobster(const hft_tape_files *files, double unmatched_max,
                                     const hft_observe_plan *plan, const hft_progress *watch,
                                     hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  observation o = {0};
  hft_status status = hft_tape_open(files, &o.tape, error);
  if (status != HFT_OK) return status;
  status = observe_tape(&o, plan, watch, out, error);
  if (status == HFT_OK) {
    const hft_reconstruct_counts *counts = hft_reconstruct_counts_of(o.tape.book);
    out->rows = o.tape.rows_compared;
    out->rows_equal = o.tape.rows_equal;
    out->levels_in = counts->levels_in;
    out->levels_wrong = counts->levels_wrong;
    out->dropped = counts->outside + counts->odd;
    if (o.tape.has_rows && !o.tape.deep) out->levels = o.tape.row->levels;
    status = hft_tape_check(&o.tape, unmatched_max, error);
    if (status != HFT_OK) hft_observed_free(out);
  }
  if (status != HFT_OK && error != NULL && error->where[0] == '\0') {
    snprintf(error->where, sizeof error->where, "%.150s", files->messages);
  }
  hft_tape_close(&o.tape);
  return status;
}
