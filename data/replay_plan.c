#include "data/replay_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "data/lobster.h"
#include "data/reconstruct.h"
#include "sim/base/check.h"

#define USD 10000.0  // LOBSTER's units of price

typedef struct planner {
  const hft_replay_source *source;
  const hft_instrument *instrument;
  const char *where;
  hft_error *error;
  hft_lobster_messages messages;
  hft_reconstruct *reconstruct;
  hft_time start;
  int32_t scale;        // ticks of the instrument in one of the reconstruction
  uint32_t *place;      // by slot of the reconstruction; HFT_NO_SLOT: beyond the window
  uint32_t *free;       // places that orders have left
  uint32_t free_count;  // how many
  hft_price low, high;  // of the best prices in the session, ticks; 0: none
  hft_replay_plan plan;
} planner;

// ---- the part of the tape that the session sees ------------------------------------------------

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

// Finds the session's start, and forgets the messages after its end.
static hft_status cut(planner *p) {
  hft_lobster_messages *messages = &p->messages;
  hft_time first = messages->message[0].time, last = messages->message[messages->count - 1].time;
  p->start = p->source->start != 0 ? p->source->start : first;
  hft_time end = p->start + p->instrument->duration;
  if (p->start > last || end < first) {
    return hft_fail(p->error, HFT_ECONFIG, p->where,
                    "start_s: nothing happens in the session; the tape lasts from %.3f to %.3f s",
                    seconds(first), seconds(last));
  }
  while (messages->message[messages->count - 1].time > end) messages->count--;
  return HFT_OK;
}

// ---- the instrument --------------------------------------------------------------------------

static hft_status fit_tick(planner *p) {
  int32_t tick = hft_reconstruct_tick(p->reconstruct);
  double unit = round(p->instrument->tick_size * USD);
  bool whole = unit >= 1 && fabs(p->instrument->tick_size * USD - unit) < 1e-6;
  if (!whole || unit > tick || tick % (int32_t)unit != 0) {
    return hft_fail(p->error, HFT_ECONFIG, p->where,
                    "market_config.tick_size: %.12g does not divide the tape's prices; %.12g does",
                    p->instrument->tick_size, tick / USD);
  }
  p->scale = tick / (int32_t)unit;
  return HFT_OK;
}

static bool in_window(const planner *p, hft_price price) {
  return price >= p->instrument->price_min && price <= p->instrument->price_max;
}

static hft_status fit_window(const planner *p) {
  const hft_instrument *instrument = p->instrument;
  if (p->high == 0 || (in_window(p, p->low) && in_window(p, p->high))) return HFT_OK;
  int64_t initial = instrument->initial_price;
  if (initial < p->low || initial > p->high) initial = ((int64_t)p->low + p->high) / 2;
  int64_t below = initial - p->low, above = p->high - initial + 1;
  int64_t ticks = 2 * (below > above ? below : above);
  double tick = instrument->tick_size;
  return hft_fail(
      p->error, HFT_ECONFIG, p->where,
      "the tape's best prices, %.12g to %.12g, leave the window of %.12g to %.12g; with "
      "market_config.initial_price: %.12g they need window_ticks: %" PRId64 " or more",
      p->low * tick, p->high * tick, instrument->price_min * tick, instrument->price_max * tick,
      (double)initial * tick, ticks > 64 ? ticks : 64);
}

static hft_status fit_sizes(const planner *p) {
  hft_qty largest = 0;
  for (size_t i = 0; i < p->plan.count; i++) {
    if (p->plan.step[i].qty > largest) largest = p->plan.step[i].qty;
  }
  if (largest <= p->instrument->order_qty_max) return HFT_OK;
  return hft_fail(p->error, HFT_ECONFIG, p->where,
                  "market_config.order_qty_max: the tape has an order of %" PRId32
                  ", more than the %" PRId32 " allowed",
                  largest, p->instrument->order_qty_max);
}

// ---- steps -----------------------------------------------------------------------------------

static hft_price price_of(const planner *p, uint32_t slot) {
  return hft_book_order_price(hft_reconstruct_book(p->reconstruct), slot) * p->scale;
}

static void plan_add(planner *p, hft_time time, uint32_t slot, hft_side side) {
  p->place[slot] = HFT_NO_SLOT;
  if (!in_window(p, price_of(p, slot))) return;
  uint32_t place = p->free_count > 0 ? p->free[--p->free_count] : p->plan.place_count++;
  p->place[slot] = place;
  hft_qty qty = hft_book_order_qty(hft_reconstruct_book(p->reconstruct), slot);
  p->plan.step[p->plan.count++] = (hft_replay_step){.time = time,
                                                    .place = place,
                                                    .price = price_of(p, slot),
                                                    .qty = qty,
                                                    .left = qty,
                                                    .side = (uint8_t)side,
                                                    .kind = HFT_REPLAY_ADD};
}

// The orders of a side, best price and first in the queue first.
static void plan_opening_side(planner *p, hft_side side) {
  const hft_book *book = hft_reconstruct_book(p->reconstruct);
  const hft_node *nodes = hft_book_nodes(book);
  for (int32_t tick = book->best[side]; (uint32_t)tick < book->ticks;
       tick = side == HFT_BID ? hft_book_below(book, (uint32_t)tick)
                              : hft_book_above(book, (uint32_t)tick)) {
    for (uint32_t i = nodes[tick].next; i >= book->ticks; i = nodes[i].next) {
      plan_add(p, 0, i - book->ticks, side);
    }
  }
}

// One tick better than the best price of a side, or 0.
static hft_price better_than_best(const planner *p, hft_side side) {
  const hft_book *book = hft_reconstruct_book(p->reconstruct);
  hft_price price = hft_book_best_price(book, side) * p->scale + hft_side_sign(side);
  return in_window(p, price) ? price : 0;
}

// What the message that the reconstruction applied last asks of a market.
static void plan_message(planner *p, const hft_lobster_message *message) {
  const hft_reconstruct_effect effect = hft_reconstruct_effect_of(p->reconstruct);
  if (effect.slot == HFT_NO_SLOT) return;
  hft_time time = message->time - p->start;
  if (message->kind == HFT_LOBSTER_ADD) {
    plan_add(p, time, effect.slot, message->side);
    return;
  }
  if (p->place[effect.slot] == HFT_NO_SLOT) return;
  bool executes = message->kind == HFT_LOBSTER_EXECUTE;
  hft_price price = price_of(p, effect.slot);
  if (executes && !effect.in_turn) price = better_than_best(p, message->side);
  hft_replay_step step = {
      .time = time,
      .place = p->place[effect.slot],
      .price = price,
      .qty = effect.qty,
      .left = hft_book_order_qty(hft_reconstruct_book(p->reconstruct), effect.slot),
      .side = (uint8_t)message->side,
      .kind = executes ? HFT_REPLAY_EXECUTE : HFT_REPLAY_REDUCE,
  };
  p->plan.step[p->plan.count++] = step;
  if (step.left == 0) p->free[p->free_count++] = step.place;
}

static void note_best(planner *p) {
  for (int side = 0; side < 2; side++) {
    const hft_book *book = hft_reconstruct_book(p->reconstruct);
    hft_price price = hft_book_best_price(book, (hft_side)side) * p->scale;
    if (price == 0) continue;
    if (p->low == 0 || price < p->low) p->low = price;
    if (price > p->high) p->high = price;
  }
}

static hft_status plan_messages(planner *p) {
  bool open = false;
  for (size_t i = 1; i <= p->messages.count; i++) {
    bool ended = i == p->messages.count;
    const hft_lobster_message *message = &p->messages.message[i];
    if (!open && (ended || message->time >= p->start)) {
      plan_opening_side(p, HFT_BID);
      plan_opening_side(p, HFT_ASK);
      p->plan.opening = p->plan.count;
      note_best(p);
      open = true;
    }
    if (ended) break;
    hft_status status = hft_reconstruct_apply(p->reconstruct, message, p->error);
    if (status != HFT_OK) return hft_lobster_at_row(p->source->messages, i, status, p->error);
    if (!open) continue;
    plan_message(p, message);
    note_best(p);
  }
  return HFT_OK;
}

// ---- the whole -------------------------------------------------------------------------------

static hft_status read_files(planner *p) {
  hft_lobster_book *book0 = malloc(sizeof *book0);
  if (book0 == NULL) return hft_fail(p->error, HFT_ENOMEM, p->where, "out of memory");
  hft_status status = hft_lobster_read_messages(p->source->messages, &p->messages, p->error);
  if (status == HFT_OK) status = hft_lobster_read_first_book(p->source->book0, book0, p->error);
  if (status == HFT_OK) status = cut(p);
  if (status == HFT_OK) {
    status = hft_reconstruct_create(&p->messages, book0, &p->reconstruct, p->error);
    if (status != HFT_OK) hft_lobster_at_row(p->source->book0, 0, status, p->error);
  }
  free(book0);
  return status;
}

static hft_status allocate(planner *p) {
  const hft_book *book = hft_reconstruct_book(p->reconstruct);
  size_t orders = book->order_max;
  p->place = calloc(orders, sizeof *p->place);
  p->free = calloc(orders, sizeof *p->free);
  // No opening has more orders than there are, no message more than one step.
  p->plan.step = calloc(orders + p->messages.count, sizeof *p->plan.step);
  if (p->place != NULL && p->free != NULL && p->plan.step != NULL) return HFT_OK;
  return hft_fail(p->error, HFT_ENOMEM, p->where, "out of memory for %zu messages",
                  p->messages.count);
}

hft_status hft_replay_plan_create(const hft_replay_source *source, const hft_instrument *instrument,
                                  const char *where, hft_replay_plan *plan, hft_error *error) {
  planner p = {.source = source, .instrument = instrument, .where = where, .error = error};
  hft_status status = read_files(&p);
  if (status == HFT_OK) status = fit_tick(&p);
  if (status == HFT_OK) status = allocate(&p);
  if (status == HFT_OK) status = plan_messages(&p);
  if (status == HFT_OK) status = fit_window(&p);
  if (status == HFT_OK) status = fit_sizes(&p);
  free(p.place);
  free(p.free);
  hft_reconstruct_free(p.reconstruct);
  hft_lobster_messages_free(&p.messages);
  if (status != HFT_OK) hft_replay_plan_free(&p.plan);
  *plan = p.plan;
  return status;
}

void hft_replay_plan_free(hft_replay_plan *plan) {
  free(plan->step);
  *plan = (hft_replay_plan){0};
}
