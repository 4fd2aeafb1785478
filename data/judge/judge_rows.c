#include "data/judge/judge_rows.h"

#include <inttypes.h>
#include <stdlib.h>

#include "data/lobster/id_map.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/book/book.h"

#define RESTING_MAX (1u << 20)  // orders resting at once

struct hft_judge_stream {
  hft_judge_rows rows;
  hft_book *book[2];  // of the bids and of the asks, which may cross in an auction
  void *memory[2];    // of the books
  bool call;          // an auction is open or the market is closed
  bool started;
  hft_time last;
  hft_id_map orders;    // the number of the order with an id
  uint32_t *slot;       // [capacity] by an order's number; HFT_NO_SLOT: not resting
  size_t capacity;      // of `slot`
  uint32_t *free_slot;  // [free_slots]; the slots from next_slot on are free too
  uint32_t *number_of;  // [RESTING_MAX] the number of the order in a slot
  uint32_t free_slots, next_slot;
  hft_status status;
  hft_error error;
};

static void fail(hft_judge_stream *s, hft_status status, const char *text) {
  if (s->status == HFT_OK) s->status = hft_fail(&s->error, status, "", "%s", text);
}

void hft_judge_rows_free(hft_judge_rows *rows) {
  free(rows->row);
  *rows = (hft_judge_rows){0};
}

void hft_judge_rows_cut(hft_judge_rows *rows, hft_time duration) {
  if (duration == 0) return;
  while (rows->count > 0 && rows->row[rows->count - 1].time > rows->begin + duration) rows->count--;
}

double hft_judge_flow(const hft_judge_row *a, const hft_judge_row *b) {
  const hft_price *was = a->best, *is = b->best;
  double flow = 0;
  if (is[HFT_BID] >= was[HFT_BID]) flow += b->touch[HFT_BID];
  if (is[HFT_BID] <= was[HFT_BID]) flow -= a->touch[HFT_BID];
  if (is[HFT_ASK] <= was[HFT_ASK]) flow -= b->touch[HFT_ASK];
  if (is[HFT_ASK] >= was[HFT_ASK]) flow += a->touch[HFT_ASK];
  return flow;
}

// ---- orders ----------------------------------------------------------------------------------

// The number of the order with this id, which is new if it was not known. HFT_NO_SLOT if out of
// memory.
static uint32_t number_of_id(hft_judge_stream *s, int64_t id, bool make) {
  uint32_t number = hft_id_map_find(&s->orders, id);
  if (number != HFT_NO_SLOT || !make) return number;
  if (s->rows.orders == s->capacity) {
    size_t capacity = 2 * s->capacity;
    uint32_t *moved = realloc(s->slot, capacity * sizeof *moved);
    if (moved == NULL) {
      fail(s, HFT_ENOMEM, "out of memory");
      return HFT_NO_SLOT;
    }
    s->slot = moved;
    s->capacity = capacity;
  }
  number = s->rows.orders;
  if (number == HFT_NO_SLOT || !hft_id_map_put(&s->orders, id, number)) {
    fail(s, HFT_ENOMEM, "out of memory");
    return HFT_NO_SLOT;
  }
  s->slot[number] = HFT_NO_SLOT;
  s->rows.orders++;
  return number;
}

static void remove_slot(hft_judge_stream *s, uint32_t slot) {
  hft_book_remove(s->book[hft_book_is_live(s->book[HFT_BID], slot) ? HFT_BID : HFT_ASK], slot);
  s->slot[s->number_of[slot]] = HFT_NO_SLOT;
  s->free_slot[s->free_slots++] = slot;
}

// An order of `side` at `price` is certain: what it crosses cannot rest any more.
static void uncross(hft_judge_stream *s, hft_side side, hft_price price) {
  hft_book *other = s->book[hft_side_other(side)];
  while (hft_book_crosses(other, side, price)) {
    remove_slot(s, hft_book_front(other, hft_side_other(side)));
  }
}

// Adds an order. False if it cannot be.
static bool add(hft_judge_stream *s, const hft_judge_message *m, uint32_t number) {
  if (m->qty < 1 || s->slot[number] != HFT_NO_SLOT) return false;
  if (!s->call) uncross(s, (hft_side)m->side, m->price);
  if (s->free_slots == 0 && s->next_slot == RESTING_MAX) {
    fail(s, HFT_EFULL, "more than 1048576 orders rest at once");
    return false;
  }
  uint32_t slot = s->free_slots > 0 ? s->free_slot[s->free_slots - 1] : s->next_slot;
  if (!hft_book_insert(s->book[m->side], slot, (hft_side)m->side, m->price, m->qty)) return false;
  if (s->free_slots > 0) {
    s->free_slots--;
  } else {
    s->next_slot++;
  }
  s->slot[number] = slot;
  s->number_of[slot] = number;
  return true;
}

// ---- rows ------------------------------------------------------------------------------------

// The number of a price's level: 1 is the best.
static uint8_t level_of(const hft_book *book, hft_side side, hft_price price) {
  hft_walk walk = hft_book_walk_begin(book, side);
  uint8_t level = 1;
  int32_t tick = price - book->price_min;
  while (level < HFT_JUDGE_LEVEL_BEYOND && hft_book_walk(book, side, &walk) && walk.tick != tick) {
    level++;
  }
  return level;
}

static void note_side(const hft_book *book, hft_side side, hft_judge_row *row) {
  hft_level level[HFT_JUDGE_LEVELS];
  int count = hft_book_depth(book, side, level, HFT_JUDGE_LEVELS);
  row->best[side] = level[0].price;
  row->touch[side] = level[0].qty;
  row->deep[side] = 0;
  for (int i = 0; i < count; i++) {
    if (abs(level[i].price - level[0].price) >= HFT_JUDGE_REACH) break;
    row->deep[side] += level[i].qty;
  }
}

static bool two_sided(const hft_judge_stream *s) {
  return hft_book_best_price(s->book[HFT_BID], HFT_BID) != 0 &&
         hft_book_best_price(s->book[HFT_ASK], HFT_ASK) != 0;
}

static void push(hft_judge_stream *s, hft_judge_row *row) {
  if (s->call || !two_sided(s)) return;
  for (int side = 0; side < 2; side++) note_side(s->book[side], (hft_side)side, row);
  hft_judge_rows *rows = &s->rows;
  if (rows->count == rows->capacity) {
    size_t capacity = rows->capacity == 0 ? 4096 : rows->capacity + rows->capacity / 2;
    hft_judge_row *moved = realloc(rows->row, capacity * sizeof *moved);
    if (moved == NULL) {
      fail(s, HFT_ENOMEM, "out of memory");
      return;
    }
    rows->row = moved;
    rows->capacity = capacity;
  }
  rows->row[rows->count++] = *row;
}

// ---- messages --------------------------------------------------------------------------------

static bool apply_limit(hft_judge_stream *s, const hft_judge_message *m, hft_judge_row *row) {
  uint32_t number = number_of_id(s, m->id, true);
  if (number == HFT_NO_SLOT) return false;
  row->order = number;
  row->price = m->price;
  row->qty = m->qty;
  row->ahead = hft_book_level(s->book[m->side], m->price).qty;
  if (!add(s, m, number)) return false;
  row->level = level_of(s->book[m->side], (hft_side)m->side, m->price);
  return true;
}

// Cancels and executions: the order leaves, or becomes smaller.
static bool apply_removal(hft_judge_stream *s, const hft_judge_message *m, hft_judge_row *row) {
  uint32_t number = number_of_id(s, m->id, false);
  uint32_t slot = number == HFT_NO_SLOT ? HFT_NO_SLOT : s->slot[number];
  if (slot == HFT_NO_SLOT || (m->kind != HFT_JUDGE_CANCEL && m->qty < 1)) return false;
  hft_side side = hft_book_is_live(s->book[HFT_BID], slot) ? HFT_BID : HFT_ASK;
  hft_book *book = s->book[side];
  hft_qty left = hft_book_order_qty(book, slot);
  row->order = number;
  row->side = (uint8_t)side;
  row->price = hft_book_order_price(book, slot);
  row->level = level_of(book, side, row->price);
  row->qty = m->kind == HFT_JUDGE_CANCEL ? left : m->qty;
  if (row->qty < left) {
    hft_book_reduce(book, slot, row->qty);
  } else {
    remove_slot(s, slot);
  }
  return true;
}

void hft_judge_stream_message(hft_judge_stream *s, const hft_judge_message *m) {
  if (s->status != HFT_OK) return;
  HFT_CHECK(m->side <= HFT_ASK);
  bool limit = m->kind == HFT_JUDGE_LIMIT;
  if (limit && !hft_book_in_window(s->book[m->side], m->price)) return;
  if (!s->started) s->rows.begin = s->last = m->time;
  s->started = true;
  if (m->time < s->last) {
    fail(s, HFT_EDATA, "time goes back");
    return;
  }
  s->last = m->time;
  hft_judge_row row = {.time = m->time, .kind = m->kind, .side = m->side};
  for (int side = 0; side < 2; side++) {
    row.best_before[side] = hft_book_best_price(s->book[side], (hft_side)side);
  }
  if (limit ? apply_limit(s, m, &row) : apply_removal(s, m, &row)) {
    push(s, &row);
  } else {
    s->rows.left_out++;
  }
}

void hft_judge_stream_rest(hft_judge_stream *s, const hft_judge_message *m) {
  if (s->status != HFT_OK || !hft_book_in_window(s->book[m->side], m->price)) return;
  uint32_t number = number_of_id(s, m->id, true);
  if (number != HFT_NO_SLOT && !add(s, m, number)) s->rows.left_out++;
}

// ---- events ----------------------------------------------------------------------------------

// The displayed lots of a resting order; 0 if it does not rest.
static hft_qty displayed(const hft_judge_stream *s, int64_t id) {
  uint32_t number = hft_id_map_find(&s->orders, id);
  if (number == HFT_NO_SLOT || s->slot[number] == HFT_NO_SLOT) return 0;
  uint32_t slot = s->slot[number];
  return hft_book_order_qty(s->book[hft_book_is_live(s->book[HFT_BID], slot) ? 0 : 1], slot);
}

// Hidden lots leave first. `left` is what the order still displays. A market order that waits for
// an auction is not displayed.
static void reduce(hft_judge_stream *s, const hft_event *event, hft_judge_message *m) {
  hft_qty shown = displayed(s, m->id);
  if (event->left > 0) m->qty = shown > event->left ? shown - event->left : 0;
  if (shown > 0 && m->qty > 0) hft_judge_stream_message(s, m);
}

// In an auction both orders rested: neither is a market order, and there is no row.
static void trade(hft_judge_stream *s, const hft_event *event, hft_judge_message *m) {
  bool call = s->call, auction = event->reason == HFT_REASON_AUCTION;
  s->call = call || auction;
  if (displayed(s, m->id) > 0) hft_judge_stream_message(s, m);
  m->id = event->taker.number;
  if (auction && displayed(s, m->id) > 0) hft_judge_stream_message(s, m);
  s->call = call;
}

void hft_judge_stream_event(void *stream, const hft_event *event) {
  hft_judge_stream *s = stream;
  s->started = true;
  if (event->kind == HFT_EVENT_PHASE) s->call = event->reason != HFT_REASON_CONTINUOUS;
  if (event->side > HFT_ASK) return;
  hft_judge_message m = {.time = event->time,
                         .id = event->order.number,
                         .price = event->price,
                         .qty = event->qty,
                         .side = event->side};
  switch (event->kind) {
    case HFT_EVENT_ADD:
      // A market order that waits for an auction has no price and is not in the published book.
      m.kind = HFT_JUDGE_LIMIT;
      if (m.price > 0) hft_judge_stream_message(s, &m);
      break;
    case HFT_EVENT_TRADE:
      m.kind = HFT_JUDGE_EXECUTE;
      trade(s, event, &m);
      break;
    case HFT_EVENT_CANCEL:
      m.kind = HFT_JUDGE_CANCEL;
      if (displayed(s, m.id) > 0) hft_judge_stream_message(s, &m);
      break;
    case HFT_EVENT_REDUCE:
      m.kind = HFT_JUDGE_REDUCE;
      reduce(s, event, &m);
      break;
    case HFT_EVENT_EXPIRE:  // it rested only if it waited for an auction
      m.kind = HFT_JUDGE_CANCEL;
      if (displayed(s, m.id) > 0) hft_judge_stream_message(s, &m);
      break;
    default:
      break;
  }
}

// ---- begin and end ---------------------------------------------------------------------------

static hft_status create_books(hft_judge_stream *s, const hft_book_config *config,
                               hft_error *error) {
  size_t size = hft_book_size(config);
  HFT_CHECK(size > 0);
  for (int side = 0; side < 2; side++) {
    s->memory[side] = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
    if (s->memory[side] == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    hft_status made = hft_book_init(config, s->memory[side], size, &s->book[side]);
    HFT_CHECK(made == HFT_OK);
  }
  s->capacity = 4096;
  s->slot = malloc(s->capacity * sizeof *s->slot);
  s->free_slot = malloc(RESTING_MAX * sizeof *s->free_slot);
  s->number_of = malloc(RESTING_MAX * sizeof *s->number_of);
  bool mapped = hft_id_map_init(&s->orders, s->capacity);
  if (mapped && s->slot != NULL && s->free_slot != NULL && s->number_of != NULL) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "", "out of memory");
}

hft_status hft_judge_stream_create(hft_price price_min, hft_price price_max, hft_judge_stream **out,
                                   hft_error *error) {
  *out = NULL;
  int64_t ticks = (int64_t)price_max - price_min + 1;
  if (price_min < 1 || ticks < 1 || ticks > HFT_BOOK_TICKS_MAX) {
    return hft_fail(error, HFT_EDATA, "",
                    "prices from %" PRId32 " to %" PRId32 " exceed the maximum of %u ticks",
                    price_min, price_max, HFT_BOOK_TICKS_MAX);
  }
  hft_judge_stream *s = calloc(1, sizeof *s);
  if (s == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  const hft_book_config config = {price_min, (uint32_t)ticks, RESTING_MAX};
  hft_status status = create_books(s, &config, error);
  if (status != HFT_OK) {
    hft_judge_stream_free(s);
    return status;
  }
  *out = s;
  return HFT_OK;
}

void hft_judge_stream_free(hft_judge_stream *s) {
  if (s == NULL) return;
  hft_judge_rows_free(&s->rows);
  for (int side = 0; side < 2; side++) free(s->memory[side]);
  hft_id_map_free(&s->orders);
  free(s->slot);
  free(s->free_slot);
  free(s->number_of);
  free(s);
}

bool hft_judge_stream_well(const hft_judge_stream *s) {
  return s->status == HFT_OK;
}

hft_status hft_judge_stream_finish(hft_judge_stream *s, hft_judge_rows *rows, hft_error *error) {
  *rows = (hft_judge_rows){0};
  if (s->status != HFT_OK) {
    if (error != NULL) *error = s->error;
    return s->status;
  }
  *rows = s->rows;
  s->rows = (hft_judge_rows){0};
  return HFT_OK;
}
