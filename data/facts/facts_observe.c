#include "data/facts/facts_observe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/book/book.h"

#define ORDERS_MAX (1u << 20)     // resting at once
#define NUMBERS_AHEAD (1u << 20)  // how far an order's number may be ahead of the events seen
#define NUMBERS_MAX (1u << 30)    // orders of a session
#define SAMPLES_MAX ((hft_time)1 << 24)  // samples of a session

// Consecutive executions of the same incoming order.
typedef struct market_order {
  hft_time time;
  uint32_t number;
  double sign, size;  // size 0: none
} market_order;

struct hft_observer {
  hft_observer_config config;
  hft_observed seen;
  hft_book *book[2];  // of the bids and of the asks, which may cross in an auction
  void *memory[2];    // of the books
  bool call;          // an auction is open or the market is closed
  uint32_t *slot1;    // [numbers] by an order's number: its slot + 1; 0: not resting
  size_t numbers;
  uint32_t *free_slot;  // [free_slots]; the slots from next_slot on are free too
  uint32_t free_slots, next_slot;
  hft_time *added;  // [ORDERS_MAX] by slot: when the order was added
  hft_time next_sample, last_time;
  double mid;               // ticks; 0: not known yet
  double volume, arrivals;  // of the current interval
  market_order order;
  hft_time last_order;  // time of the previous market order; HFT_TIME_NEVER: none
  hft_status status;
  hft_error error;
};

// ---- notes -----------------------------------------------------------------------------------

static void fail(hft_observer *o, hft_status status, const char *text) {
  if (o->status != HFT_OK) return;
  o->status = hft_fail(&o->error, status, "", "event %" PRId64 ": %s", o->seen.events, text);
}

static void push(hft_observer *o, hft_doubles *array, double value) {
  if (!hft_doubles_push(array, value)) fail(o, HFT_ENOMEM, "out of memory");
}

void hft_observed_free(hft_observed *observed) {
  hft_doubles *arrays[] = {&observed->mid,    &observed->spread_bps, &observed->depth,
                           &observed->volume, &observed->arrivals,   &observed->sign,
                           &observed->size,   &observed->gap_s,      &observed->lifetime_s};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) free(arrays[i]->value);
  *observed = (hft_observed){0};
}

static bool begun(const hft_observer *o) {
  return o->seen.mid.count > 0;
}

static hft_price best_price(const hft_observer *o, hft_side side) {
  return hft_book_best_price(o->book[side], side);
}

// During an auction the book is not visible.
static bool two_sided(const hft_observer *o) {
  return !o->call && best_price(o, HFT_BID) != 0 && best_price(o, HFT_ASK) != 0;
}

static void update_mid(hft_observer *o) {
  if (!two_sided(o)) return;
  o->mid = 0.5 * ((double)best_price(o, HFT_BID) + (double)best_price(o, HFT_ASK));
}

static void note_book(hft_observer *o) {
  double spread = (double)best_price(o, HFT_ASK) - (double)best_price(o, HFT_BID);
  push(o, &o->seen.spread_bps, spread / o->mid * 1e4);
  hft_level level[2][HFT_OBSERVED_LEVELS];
  int count[2];
  for (int side = 0; side < 2; side++) {
    count[side] = hft_book_depth(o->book[side], (hft_side)side, level[side], HFT_OBSERVED_LEVELS);
  }
  for (int i = 0; i < HFT_OBSERVED_LEVELS; i++) {
    double lots = 0;
    for (int side = 0; side < 2; side++) lots += i < count[side] ? level[side][i].qty : 0;
    push(o, &o->seen.depth, 0.5 * lots);
  }
}

// Samples the book at a sample's time, before later events.
static void sample(hft_observer *o) {
  if (o->mid == 0) return;
  if (begun(o)) {
    push(o, &o->seen.volume, o->volume);
    push(o, &o->seen.arrivals, o->arrivals);
  } else {
    o->seen.begin = o->next_sample;
  }
  o->volume = o->arrivals = 0;
  push(o, &o->seen.mid, o->mid);
  if (two_sided(o)) note_book(o);
}

// The market order is complete: another one or the end of the session has come.
static void note_order(hft_observer *o) {
  market_order *order = &o->order;
  if (order->size > 0 && begun(o)) {
    push(o, &o->seen.sign, order->sign);
    push(o, &o->seen.size, order->size);
    if (o->last_order != HFT_TIME_NEVER) {
      push(o, &o->seen.gap_s, (double)(order->time - o->last_order) * 1e-9);
    }
    o->last_order = order->time;
    o->arrivals++;
    o->volume += order->size;
  }
  order->size = 0;
}

// Takes the samples due before an event at `time`; events at a sample's own time belong before it.
static void advance(hft_observer *o, hft_time time) {
  if ((time - o->config.open) / o->config.interval > SAMPLES_MAX) {
    fail(o, HFT_EDATA, "its time is too far from the open: too many samples");
  }
  while (o->next_sample < time && o->status == HFT_OK) {
    note_order(o);
    sample(o);
    o->next_sample += o->config.interval;
  }
}

// ---- the book --------------------------------------------------------------------------------

static void reject(hft_observer *o, const char *text) {
  if (o->config.lenient) {
    o->seen.left_out++;
  } else {
    fail(o, HFT_EDATA, text);
  }
}

// Makes room for an order's number. False, with the error set, if the number is implausible.
static bool admit(hft_observer *o, const hft_event *event) {
  uint32_t number = event->order.number;
  if (number < o->numbers) return true;
  uint64_t told = (uint64_t)o->seen.events;  // events that may each have named a new order
  if (event->sequence > told) told = event->sequence;
  if (number >= NUMBERS_MAX || number > told + NUMBERS_AHEAD) {
    fail(o, HFT_EDATA, "its order number is far above earlier ones");
    return false;
  }
  size_t numbers = o->numbers == 0 ? 65536 : 2 * o->numbers;
  while (numbers <= number) numbers *= 2;
  uint32_t *moved = realloc(o->slot1, numbers * sizeof *moved);
  if (moved == NULL) {
    fail(o, HFT_ENOMEM, "out of memory");
    return false;
  }
  memset(moved + o->numbers, 0, (numbers - o->numbers) * sizeof *moved);
  o->slot1 = moved;
  o->numbers = numbers;
  return true;
}

// Would the order have traded instead of resting?
static bool crosses(const hft_observer *o, hft_side side, hft_price price) {
  hft_side other = hft_side_other(side);
  return !o->call && hft_book_crosses(o->book[other], side, price);
}

// A market order that waits for an auction is added at the best price of the window.
static void add(hft_observer *o, const hft_event *event) {
  uint32_t number = event->order.number;
  if (!admit(o, event)) return;
  hft_side side = (hft_side)event->side;
  hft_book *book = o->book[side];
  hft_price price = event->price;
  if (price == 0 && o->call) price = side == HFT_BID ? o->config.price_max : o->config.price_min;
  if (number == 0 || o->slot1[number] != 0) {
    reject(o, "an order is added that is already resting");
  } else if (event->qty < 1 || !hft_book_in_window(book, price)) {
    reject(o, "an order is added without a size or outside the price range");
  } else if (crosses(o, side, price)) {
    reject(o, "an order is added that would have traded");
  } else if (o->free_slots == 0 && o->next_slot == ORDERS_MAX) {
    fail(o, HFT_EFULL, "too many resting orders");
  } else {
    uint32_t slot = o->free_slots > 0 ? o->free_slot[o->free_slots - 1] : o->next_slot;
    if (!hft_book_insert(book, slot, side, price, event->qty)) {
      reject(o, "too many lots at one price");
      return;
    }
    if (o->free_slots > 0) {
      o->free_slots--;
    } else {
      o->next_slot++;
    }
    o->slot1[number] = slot + 1;
    o->added[slot] = event->time;
  }
}

// An order that an event names, and the change to it.
typedef struct removal {
  uint32_t number;
  uint8_t side;
  hft_price price;  // 0: any
  hft_qty qty;
  bool all;  // remove the whole order; qty may exceed its displayed size by hidden lots
} removal;

// Returns the order's slot, or HFT_NO_SLOT if it is not in the known book.
static uint32_t remove_lots(hft_observer *o, const removal *t) {
  uint32_t slot1 = t->number < o->numbers ? o->slot1[t->number] : 0;
  if (slot1 == 0) {
    reject(o, "its order is not resting");
    return HFT_NO_SLOT;
  }
  uint32_t slot = slot1 - 1;
  hft_book *book = o->book[hft_book_is_live(o->book[HFT_BID], slot) ? HFT_BID : HFT_ASK];
  hft_qty left = hft_book_order_qty(book, slot);
  bool elsewhere = t->price != 0 && hft_book_order_price(book, slot) != t->price;
  bool wrong_size = t->qty < 1 || (t->all ? t->qty < left : t->qty > left);
  if (book != o->book[t->side] || elsewhere || wrong_size) {
    reject(o, "its side, price or size contradicts its order");
    if (!o->config.lenient) return HFT_NO_SLOT;
  }
  if (!t->all && t->qty < left) {
    hft_book_reduce(book, slot, t->qty);
    return slot;
  }
  hft_book_remove(book, slot);
  o->slot1[t->number] = 0;
  o->free_slot[o->free_slots++] = slot;
  return slot;
}

static uint32_t remove_by_event(hft_observer *o, const hft_event *event, bool all) {
  const removal t = {event->order.number, event->side, event->price, event->qty, all};
  return remove_lots(o, &t);
}

// A market's event has the displayed size after the change, as hidden lots leave first; a tape,
// which has no hidden lots in its orders, has none.
static void reduce(hft_observer *o, const hft_event *event) {
  uint32_t number = event->order.number;
  uint32_t slot1 = number < o->numbers ? o->slot1[number] : 0;
  hft_qty by = event->qty;
  if (event->left > 0 && slot1 != 0) {
    bool in_bids = hft_book_is_live(o->book[HFT_BID], slot1 - 1);
    const hft_book *book = o->book[in_bids ? HFT_BID : HFT_ASK];
    hft_qty seen = hft_book_order_qty(book, slot1 - 1) - event->left;
    if (seen == 0) return;
    if (seen < by) by = seen;
  }
  remove_lots(o, &(removal){number, event->side, event->price, by, false});
}

static void cancel(hft_observer *o, const hft_event *event) {
  uint32_t slot = remove_by_event(o, event, true);
  if (slot == HFT_NO_SLOT || !begun(o) || o->added[slot] < o->seen.begin) return;
  push(o, &o->seen.lifetime_s, (double)(event->time - o->added[slot]) * 1e-9);
}

// In an auction both orders rested: there is no market order.
static void trade_in_auction(hft_observer *o, const hft_event *event) {
  remove_lots(o, &(removal){event->order.number, HFT_BID, 0, event->qty, false});
  remove_lots(o, &(removal){event->taker.number, HFT_ASK, 0, event->qty, false});
}

static void trade(hft_observer *o, const hft_event *event) {
  market_order *order = &o->order;
  double sign = -(double)hft_side_sign((hft_side)event->side);
  if (order->number != event->taker.number || order->time != event->time || order->sign != sign) {
    note_order(o);
    *order = (market_order){event->time, event->taker.number, sign, 0};
  }
  order->size += event->qty;
  if (event->order.number != 0) remove_by_event(o, event, false);
}

// An expiring incoming order never rested, except one that waited for an auction.
static void expire(hft_observer *o, const hft_event *event) {
  uint32_t number = event->order.number;
  if (number < o->numbers && o->slot1[number] != 0) remove_by_event(o, event, true);
}

void hft_observer_event(void *observer, const hft_event *event) {
  hft_observer *o = observer;
  if (o->status != HFT_OK) return;
  o->seen.events++;
  o->seen.window_refusals +=
      event->kind == HFT_EVENT_REJECT && event->reason == HFT_REASON_PRICE_WINDOW;
  if (event->time < o->last_time) fail(o, HFT_EDATA, "time goes back");
  bool none = event->side == HFT_SIDE_NONE && event->kind == HFT_EVENT_IMBALANCE;
  if (event->side > HFT_ASK && !none) {
    fail(o, HFT_EDATA, "its side is invalid");
  }
  advance(o, event->time);
  if (o->status != HFT_OK) return;
  o->last_time = event->time;
  switch (event->kind) {
    case HFT_EVENT_ADD:
      add(o, event);
      break;
    case HFT_EVENT_TRADE:
      if (event->reason == HFT_REASON_AUCTION) {
        trade_in_auction(o, event);
      } else {
        trade(o, event);
      }
      break;
    case HFT_EVENT_CANCEL:
      cancel(o, event);
      break;
    case HFT_EVENT_REDUCE:
      reduce(o, event);
      break;
    case HFT_EVENT_EXPIRE:
      expire(o, event);
      break;
    case HFT_EVENT_PHASE:
      o->call = event->reason != HFT_REASON_CONTINUOUS;
      break;
    default:  // refusals and publications do not change a book
      return;
  }
  update_mid(o);
}

// ---- begin and end ---------------------------------------------------------------------------

static hft_status create_books(hft_observer *o, hft_error *error) {
  const hft_observer_config *c = &o->config;
  int64_t ticks = (int64_t)c->price_max - c->price_min + 1;
  if (c->price_min < 1 || ticks < 1 || ticks > HFT_BOOK_TICKS_MAX) {
    return hft_fail(error, HFT_EDATA, "",
                    "prices from %" PRId32 " to %" PRId32 " exceed the maximum of %u ticks",
                    c->price_min, c->price_max, HFT_BOOK_TICKS_MAX);
  }
  hft_book_config config = {c->price_min, (uint32_t)ticks, ORDERS_MAX};
  size_t size = hft_book_size(&config);
  HFT_CHECK(size > 0);
  for (int side = 0; side < 2; side++) {
    o->memory[side] = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
    if (o->memory[side] == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
    hft_status made = hft_book_init(&config, o->memory[side], size, &o->book[side]);
    HFT_CHECK(made == HFT_OK);
  }
  o->free_slot = malloc(ORDERS_MAX * sizeof *o->free_slot);
  o->added = malloc(ORDERS_MAX * sizeof *o->added);
  if (o->free_slot != NULL && o->added != NULL) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "", "out of memory");
}

hft_status hft_observer_create(const hft_observer_config *config, hft_observer **out,
                               hft_error *error) {
  HFT_CHECK(config->interval > 0 && config->warmup >= 0);
  *out = NULL;
  hft_observer *o = calloc(1, sizeof *o);
  if (o == NULL) return hft_fail(error, HFT_ENOMEM, "", "out of memory");
  o->config = *config;
  o->seen.interval = config->interval;
  o->next_sample = config->open + config->warmup;
  o->last_time = config->open;
  o->last_order = HFT_TIME_NEVER;
  hft_status status = create_books(o, error);
  if (status != HFT_OK) {
    hft_observer_free(o);
    return status;
  }
  *out = o;
  return HFT_OK;
}

void hft_observer_free(hft_observer *observer) {
  if (observer == NULL) return;
  hft_observed_free(&observer->seen);
  for (int side = 0; side < 2; side++) free(observer->memory[side]);
  free(observer->slot1);
  free(observer->free_slot);
  free(observer->added);
  free(observer);
}

bool hft_observer_well(const hft_observer *observer) {
  return observer->status == HFT_OK;
}

hft_status hft_observer_finish(hft_observer *o, hft_time end, hft_observed *observed,
                               hft_error *error) {
  *observed = (hft_observed){0};
  if (o->status == HFT_OK && end < o->last_time)
    fail(o, HFT_EDATA, "it is after the end of the session");
  if (o->status == HFT_OK) advance(o, end);
  if (o->status == HFT_OK && o->next_sample == end) {
    note_order(o);
    sample(o);
  }
  if (o->status == HFT_OK) note_order(o);
  if (o->status != HFT_OK) {
    if (error != NULL) *error = o->error;
    return o->status;
  }
  o->seen.end = end;
  if (!begun(o)) o->seen.begin = end;
  *observed = o->seen;
  o->seen = (hft_observed){0};
  return HFT_OK;
}
