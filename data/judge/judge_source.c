#include "data/judge/judge_source.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/lobster/id_map.h"
#include "data/lobster/price_window.h"
#include "sim/base/check.h"
#include "sim/book/book.h"

// ---- a tape ----------------------------------------------------------------------------------

// A tape under work.
typedef struct tape {
  const hft_lobster_messages *messages;
  hft_judge_tape told;
  hft_id_map ids;           // index of an order in `open`
  hft_judge_message *open;  // [opens] orders that the messages name
  bool *added;              // [opens] does a message add it?
  size_t opens;
} tape;

static bool visible(const hft_lobster_message *m) {
  return m->kind >= HFT_LOBSTER_ADD && m->kind <= HFT_LOBSTER_EXECUTE;
}

// A price in ticks of the window: outside of 1 .. HFT_JUDGE_WINDOW - 2 it is far from the market.
static int64_t ticks_of(const tape *t, int64_t price) {
  return price / t->told.tick - t->told.base;
}

static bool near(const tape *t, int64_t price) {
  int64_t ticks = ticks_of(t, price);
  return ticks > 0 && ticks < HFT_JUDGE_WINDOW - 1;
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

// The median price in ticks of the visible executions; without any, of all visible messages.
static hft_status find_middle(const tape *t, int64_t *middle, hft_error *error) {
  const hft_lobster_messages *messages = t->messages;
  int64_t *price = malloc((messages->count + 1) * sizeof *price);
  if (price == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  size_t count = 0;
  for (int pass = 0; pass < 2 && count == 0; pass++) {
    for (size_t i = 0; i < messages->count; i++) {
      const hft_lobster_message *m = &messages->message[i];
      bool wanted = pass == 0 ? m->kind == HFT_LOBSTER_EXECUTE : visible(m);
      if (wanted) price[count++] = m->price / t->told.tick;
    }
  }
  hft_status status = HFT_OK;
  if (count > 0) {
    qsort(price, count, sizeof *price, compare);
    *middle = (price[(count - 1) / 2] + price[count / 2]) / 2;
  } else {
    status = hft_fail(error, HFT_EDATA, "", "no message is about a visible order");
  }
  free(price);
  return status;
}

static hft_status choose_window(tape *t, hft_error *error) {
  hft_price_notes notes;
  hft_status status = hft_price_notes_begin(&notes, error);
  if (status != HFT_OK) return status;
  t->told.tick = hft_price_window_choose(&notes, t->messages).tick;
  hft_price_notes_end(&notes);
  int64_t middle = 0;
  status = find_middle(t, &middle, error);
  t->told.base = (hft_price)(middle - HFT_JUDGE_WINDOW / 2);
  return status;
}

// Notes each order, and how much of it leaves by messages.
static hft_status survey(tape *t, hft_error *error) {
  size_t count = t->messages->count;
  t->open = malloc((count + 1) * sizeof *t->open);
  t->added = calloc(count + 1, sizeof *t->added);
  if (t->open == NULL || t->added == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  for (size_t i = 0; i < count; i++) {
    const hft_lobster_message *m = &t->messages->message[i];
    t->told.hidden += m->kind == HFT_LOBSTER_HIDDEN;
    if (!visible(m)) continue;
    if (!near(t, m->price)) {
      t->told.far++;
      continue;
    }
    uint32_t order = hft_id_map_find(&t->ids, m->id);
    if (order == HFT_NO_SLOT) {
      order = (uint32_t)t->opens++;
      if (!hft_id_map_put(&t->ids, m->id, order)) {
        return hft_fail(error, HFT_ENOMEM, "", "out of memory");
      }
      t->open[order] = (hft_judge_message){
          .id = m->id, .price = (hft_price)ticks_of(t, m->price), .side = (uint8_t)m->side};
    }
    t->added[order] |= m->kind == HFT_LOBSTER_ADD;
    if (__builtin_add_overflow(t->open[order].qty, m->size, &t->open[order].qty)) {
      t->open[order].qty = INT32_MAX;
    }
  }
  return HFT_OK;
}

static int by_id(const void *a, const void *b) {
  int64_t x = ((const hft_judge_message *)a)->id, y = ((const hft_judge_message *)b)->id;
  return (x > y) - (x < y);
}

// Keeps the orders that no message adds, in the order of their ids, which is that of their arrival.
static void keep_resting(tape *t) {
  size_t kept = 0;
  for (size_t i = 0; i < t->opens; i++) {
    if (!t->added[i]) t->open[kept++] = t->open[i];
  }
  t->opens = kept;
  qsort(t->open, kept, sizeof *t->open, by_id);
}

// The lots of a level of the first book that the orders in `open` do not explain. The book is the
// one after the first message, which the stream will apply.
static int64_t unexplained(const tape *t, hft_side side, const hft_lobster_level *level) {
  int64_t ticks = ticks_of(t, level->price), lots = level->size;
  for (size_t i = 0; i < t->opens; i++) {
    if (t->open[i].side == side && t->open[i].price == ticks) lots -= t->open[i].qty;
  }
  const hft_lobster_message *first = &t->messages->message[0];
  if (visible(first) && first->side == side && ticks_of(t, first->price) == ticks) {
    lots += first->kind == HFT_LOBSTER_ADD ? -first->size : first->size;
  }
  return lots;
}

// Puts the orders that rest before the first message into the stream.
static void rest(tape *t, const hft_lobster_book *first, hft_judge_stream *stream) {
  for (size_t i = 0; i < t->opens; i++) hft_judge_stream_rest(stream, &t->open[i]);
  t->told.resting = (int64_t)t->opens;
  hft_judge_message m = {.id = -2};  // LOBSTER's ids are above
  for (int k = 0; first != NULL && k < first->levels; k++) {
    for (int side = 1; side >= 0; side--) {
      const hft_lobster_level *level = &first->side[side][k];
      if (level->price == 0 || !near(t, level->price)) continue;
      int64_t lots = unexplained(t, (hft_side)side, level);
      if (lots <= 0) continue;
      m.side = (uint8_t)side;
      m.price = (hft_price)ticks_of(t, level->price);
      m.qty = lots < INT32_MAX ? (hft_qty)lots : INT32_MAX;
      hft_judge_stream_rest(stream, &m);
      m.id--;
      t->told.resting++;
    }
  }
}

static void replay(const tape *t, hft_judge_stream *stream) {
  static const uint8_t kind[] = {[HFT_LOBSTER_ADD] = HFT_JUDGE_LIMIT,
                                 [HFT_LOBSTER_REDUCE] = HFT_JUDGE_REDUCE,
                                 [HFT_LOBSTER_DELETE] = HFT_JUDGE_CANCEL,
                                 [HFT_LOBSTER_EXECUTE] = HFT_JUDGE_EXECUTE};
  for (size_t i = 0; i < t->messages->count && hft_judge_stream_well(stream); i++) {
    const hft_lobster_message *m = &t->messages->message[i];
    if (!visible(m) || !near(t, m->price)) continue;
    hft_judge_stream_message(stream, &(hft_judge_message){.time = m->time,
                                                          .id = m->id,
                                                          .price = (hft_price)ticks_of(t, m->price),
                                                          .qty = m->size,
                                                          .kind = kind[m->kind],
                                                          .side = (uint8_t)m->side});
  }
}

static hft_status make_rows(tape *t, const hft_lobster_book *first, hft_judge_rows *out,
                            hft_error *error) {
  hft_status status = choose_window(t, error);
  if (status == HFT_OK) status = survey(t, error);
  if (status != HFT_OK) return status;
  keep_resting(t);
  hft_judge_stream *stream;
  status = hft_judge_stream_create(1, HFT_JUDGE_WINDOW - 2, &stream, error);
  if (status != HFT_OK) return status;
  rest(t, first, stream);
  replay(t, stream);
  status = hft_judge_stream_finish(stream, out, error);
  hft_judge_stream_free(stream);
  return status;
}

hft_status hft_judge_rows_of_messages(const hft_lobster_messages *messages,
                                      const hft_lobster_book *first, hft_judge_rows *out,
                                      hft_judge_tape *told, hft_error *error) {
  *out = (hft_judge_rows){0};
  tape t = {.messages = messages};
  hft_status status = HFT_OK;
  if (messages->count == 0) return hft_fail(error, HFT_EDATA, "", "there are no messages");
  if (!hft_id_map_init(&t.ids, messages->count)) {
    status = hft_fail(error, HFT_ENOMEM, "", "out of memory");
  }
  if (status == HFT_OK) status = make_rows(&t, first, out, error);
  if (status == HFT_OK && told != NULL) *told = t.told;
  hft_id_map_free(&t.ids);
  free(t.open);
  free(t.added);
  return status;
}

// Adds the source to an error of the stream, which does not know it.
static hft_status add_where(const char *where, hft_status status, hft_error *error) {
  if (status != HFT_OK && error != NULL && error->where[0] == '\0') {
    snprintf(error->where, sizeof error->where, "%.150s", where);
  }
  return status;
}

hft_status hft_judge_rows_of_tape(const char *messages, const char *book0, hft_judge_rows *out,
                                  hft_judge_tape *told, hft_error *error) {
  *out = (hft_judge_rows){0};
  hft_lobster_messages read = {0};
  hft_lobster_book *first = NULL;
  hft_status status = hft_lobster_read_messages(messages, &read, error);
  if (status == HFT_OK && book0 != NULL) {
    first = malloc(sizeof *first);
    status = first != NULL ? hft_lobster_read_first_book(book0, first, error)
                           : hft_fail(error, HFT_ENOMEM, book0, "out of memory");
  }
  if (status == HFT_OK) {
    status = hft_judge_rows_of_messages(&read, first, out, told, error);
    status = add_where(messages, status, error);
  }
  hft_lobster_messages_free(&read);
  free(first);
  return status;
}

// ---- events ----------------------------------------------------------------------------------

static hft_status begin(void *context, hft_price price_min, hft_price price_max, hft_error *error) {
  hft_judge_listener *listener = context;
  return hft_judge_stream_create(price_min, price_max, &listener->stream, error);
}

static void on_event(void *context, const hft_event *event) {
  hft_judge_stream_event(((hft_judge_listener *)context)->stream, event);
}

static bool well(const void *context) {
  return hft_judge_stream_well(((const hft_judge_listener *)context)->stream);
}

hft_watcher hft_judge_watcher(hft_judge_listener *listener) {
  return (hft_watcher){begin, on_event, well, listener};
}

static hft_status finish(hft_judge_listener *listener, const char *where, hft_status status,
                         hft_judge_rows *out, hft_error *error) {
  if (status == HFT_OK) status = hft_judge_stream_finish(listener->stream, out, error);
  hft_judge_stream_free(listener->stream);
  return add_where(where, status, error);
}

hft_status hft_judge_rows_of_market(const hft_model *model, int instrument, uint64_t seed,
                                    hft_time end, const hft_progress *progress, hft_judge_rows *out,
                                    hft_error *error) {
  *out = (hft_judge_rows){0};
  hft_judge_listener listener = {0};
  const hft_watcher watcher = hft_judge_watcher(&listener);
  const hft_watchers watchers = {&watcher, 1};
  hft_time last;
  hft_status status =
      hft_feed_market(model, instrument, seed, end, &watchers, progress, &last, error);
  return finish(&listener, "market", status, out, error);
}

hft_status hft_judge_rows_of_dataset(const char *path, const char *session, hft_time end,
                                     const hft_progress *progress, hft_judge_rows *out,
                                     hft_error *error) {
  *out = (hft_judge_rows){0};
  hft_judge_listener listener = {0};
  const hft_watcher watcher = hft_judge_watcher(&listener);
  const hft_watchers watchers = {&watcher, 1};
  hft_time last;
  hft_status status = hft_feed_dataset(path, session, end, &watchers, progress, &last, error);
  return finish(&listener, path, status, out, error);
}
