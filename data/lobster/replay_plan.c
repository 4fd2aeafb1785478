#include "data/lobster/replay_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "data/lobster/tape.h"
#include "sim/base/check.h"

#define USD 10000.0     // LOBSTER's price units
#define MARK_STEPS 256  // minimum distance of marks

typedef struct planner {
  const hft_replay_source *source;
  const hft_instrument *instrument;
  const char *where;
  hft_error *error;
  hft_tape_reader tape;
  hft_time start, end;
  int32_t scale;        // ticks of the instrument per tick of the tape
  uint32_t *place;      // by slot of the reconstruction; HFT_NO_SLOT: outside the window
  uint32_t *free;       // places of orders that have left
  uint32_t free_count;  // how many
  // By place: the first and the last step of the order there.
  hft_replay_resting *course;
  size_t step_max, mark_max, resting_max;
  hft_price low, high;  // of the best prices in the session, ticks; 0: none
  hft_replay_plan plan;
} planner;

// ---- the part of the tape that sessions use --------------------------------------------------

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

// Determines the start and the end of the plan.
static hft_status choose_span(planner *p) {
  const hft_lobster_messages *messages = &p->tape.messages;
  hft_time first = messages->message[0].time, last = messages->message[messages->count - 1].time;
  hft_time duration = p->instrument->duration;
  p->start = p->source->start != 0 ? p->source->start : first;
  p->end = p->start + duration;
  p->plan.duration = duration;
  if (p->start > last || p->end < first) {
    return hft_fail(p->error, HFT_ECONFIG, p->where,
                    "start_s: the session has no messages; the tape is from %.3f to %.3f s",
                    seconds(first), seconds(last));
  }
  if (p->start > first) p->plan.history = p->start - first;
  if (!p->source->any_start) return HFT_OK;
  if (p->start < first) p->start = first;
  p->plan.span = last - p->start - duration;
  p->end = last;
  if (p->plan.span >= 0) return HFT_OK;
  return hft_fail(p->error, HFT_ECONFIG, p->where,
                  "window: the remaining %.3f s of the tape are shorter than a session; set "
                  "market_config.duration_s to %.12g or less, or window to fixed",
                  seconds(last - p->start), floor(seconds(last - p->start)));
}

// ---- the instrument --------------------------------------------------------------------------

static hft_status fit_tick(planner *p) {
  int32_t tick = hft_reconstruct_window(p->tape.book)->tick;
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

static bool in_window(const planner *p, int64_t price) {
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
      "the tape's best prices, %.12g to %.12g, exceed the price window [%.12g, %.12g]; with "
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
                  " lots, above the limit of %" PRId32,
                  largest, p->instrument->order_qty_max);
}

// ---- steps -----------------------------------------------------------------------------------

// The array, grown if needed for one more element; null, with the error set and the array kept, on
// failure.
static void *grow(planner *p, void *array, size_t size, size_t count, size_t *max) {
  if (count < *max) return array;
  size_t room = 2 * *max + 1024;
  // Indices have 32 bits.
  void *moved = room < UINT32_MAX ? realloc(array, room * size) : NULL;
  if (moved != NULL) {
    *max = room;
  } else {
    (void)hft_fail(p->error, HFT_ENOMEM, p->where, "out of memory for %zu steps", room);
  }
  return moved;
}

static hft_status plan_step(planner *p, const hft_replay_step *step) {
  hft_replay_plan *plan = &p->plan;
  hft_replay_step *steps = grow(p, plan->step, sizeof *plan->step, plan->count, &p->step_max);
  if (steps == NULL) return HFT_ENOMEM;
  plan->step = steps;
  uint32_t index = (uint32_t)plan->count++;
  plan->step[index] = *step;
  hft_replay_resting *course = &p->course[step->place];
  if (step->kind == HFT_REPLAY_ADD) {
    course->add = index;
  } else {
    plan->step[course->last].next = index;
  }
  course->last = index;
  return HFT_OK;
}

static hft_status plan_add(planner *p, hft_time time, uint32_t slot, hft_side side, int64_t price,
                           hft_qty qty) {
  p->place[slot] = HFT_NO_SLOT;
  if (!in_window(p, price)) return HFT_OK;
  uint32_t place = p->free_count > 0 ? p->free[--p->free_count] : p->plan.place_count++;
  p->place[slot] = place;
  const hft_replay_step step = {.time = time,
                                .place = place,
                                .price = (hft_price)price,
                                .qty = qty,
                                .left = qty,
                                .side = (uint8_t)side,
                                .kind = HFT_REPLAY_ADD};
  return plan_step(p, &step);
}

// Calls `visit` for the orders of the book: for each side by price, best first, then by queue.
static hft_status for_each_resting(planner *p,
                                   hft_status (*visit)(planner *, uint32_t slot, hft_side)) {
  const hft_book *book = hft_reconstruct_book(p->tape.book);
  const hft_node *nodes = hft_book_nodes(book);
  hft_status status = HFT_OK;
  for (int side = 0; side < 2; side++) {
    hft_walk walk = hft_book_walk_begin(book, (hft_side)side);
    while (status == HFT_OK && hft_book_walk(book, (hft_side)side, &walk)) {
      for (uint32_t i = nodes[walk.tick].next; i >= book->ticks; i = nodes[i].next) {
        status = visit(p, i - book->ticks, (hft_side)side);
        if (status != HFT_OK) break;
      }
    }
  }
  return status;
}

static hft_status plan_opening(planner *p, uint32_t slot, hft_side side) {
  const hft_book *book = hft_reconstruct_book(p->tape.book);
  int64_t price = (int64_t)hft_book_order_price(book, slot) * p->scale;
  return plan_add(p, 0, slot, side, price, hft_book_order_qty(book, slot));
}

// One tick better than the best price of a side, or 0.
static hft_price better_than(const planner *p, hft_price best, hft_side side) {
  int64_t price = (int64_t)best * p->scale + hft_side_sign(side);
  return in_window(p, price) ? (hft_price)price : 0;
}

// Plans the steps for a change of the recorded book.
static hft_status plan_change(planner *p, const hft_book_change *change, hft_time time) {
  int64_t price = (int64_t)change->price * p->scale;
  hft_side side = (hft_side)change->side;
  if (change->kind == HFT_CHANGE_ADD)
    return plan_add(p, time, change->slot, side, price, change->qty);
  if (p->place[change->slot] == HFT_NO_SLOT) return HFT_OK;
  bool executes = change->kind == HFT_CHANGE_EXECUTE;
  bool in_turn = !executes || change->in_turn;
  const hft_replay_step step = {
      .time = time,
      .place = p->place[change->slot],
      .price = in_turn ? (hft_price)price : better_than(p, change->best, side),
      .qty = change->qty,
      .left = change->left,
      .side = change->side,
      .kind = executes ? HFT_REPLAY_EXECUTE : HFT_REPLAY_REDUCE,
  };
  if (step.left == 0) p->free[p->free_count++] = step.place;
  return plan_step(p, &step);
}

// ---- marks -----------------------------------------------------------------------------------

static hft_status mark_order(planner *p, uint32_t slot, hft_side side) {
  (void)side;
  hft_replay_plan *plan = &p->plan;
  if (p->place[slot] == HFT_NO_SLOT) return HFT_OK;
  hft_replay_resting *resting =
      grow(p, plan->resting, sizeof *plan->resting, plan->resting_count, &p->resting_max);
  if (resting == NULL) return HFT_ENOMEM;
  plan->resting = resting;
  plan->resting[plan->resting_count++] = p->course[p->place[slot]];
  return HFT_OK;
}

static hft_status mark(planner *p) {
  hft_replay_plan *plan = &p->plan;
  hft_replay_mark *marks = grow(p, plan->mark, sizeof *plan->mark, plan->mark_count, &p->mark_max);
  if (marks == NULL) return HFT_ENOMEM;
  plan->mark = marks;
  plan->mark[plan->mark_count++] =
      (hft_replay_mark){(uint32_t)plan->count, (uint32_t)plan->resting_count};
  return HFT_OK;
}

// Adds a mark after as many steps as there are resting orders. So marks take no more memory than
// steps, and opening a session takes time proportional to its orders.
static hft_status mark_if_due(planner *p) {
  const hft_replay_plan *plan = &p->plan;
  if (!p->source->any_start) return HFT_OK;
  uint32_t live = hft_reconstruct_book(p->tape.book)->live;
  size_t far = live > MARK_STEPS ? live : MARK_STEPS;
  if (plan->count - plan->mark[plan->mark_count - 1].step < far) return HFT_OK;
  hft_status status = mark(p);
  return status == HFT_OK ? for_each_resting(p, mark_order) : status;
}

// ---- all messages ----------------------------------------------------------------------------

static void note_best(planner *p) {
  for (int side = 0; side < 2; side++) {
    const hft_book *book = hft_reconstruct_book(p->tape.book);
    int64_t price = (int64_t)hft_book_best_price(book, (hft_side)side) * p->scale;
    if (price == 0) continue;
    if (price > INT32_MAX) price = INT32_MAX;  // outside every window
    if (p->low == 0 || price < p->low) p->low = (hft_price)price;
    if (price > p->high) p->high = (hft_price)price;
  }
}

// Adds the orders that rest when the plan starts.
static hft_status open_plan(planner *p) {
  hft_status status = p->source->any_start ? mark(p) : HFT_OK;
  if (status == HFT_OK) status = for_each_resting(p, plan_opening);
  p->plan.opening = p->plan.count;
  note_best(p);
  return status;
}

static hft_status plan_changes(planner *p, hft_time time) {
  size_t count;
  const hft_book_change *change = hft_reconstruct_changes(p->tape.book, &count);
  hft_status status = HFT_OK;
  for (size_t i = 0; i < count && status == HFT_OK; i++) {
    status = plan_change(p, &change[i], time - p->start);
  }
  if (count > 0) note_best(p);
  return status == HFT_OK ? mark_if_due(p) : status;
}

static hft_status plan_messages(planner *p) {
  bool open = false;
  hft_tape_reader *tape = &p->tape;
  const hft_lobster_message *message;
  hft_status status = hft_tape_next(tape, &message, p->error);  // the first book contains it
  while (status == HFT_OK) {
    bool ended =
        tape->next == tape->messages.count || tape->messages.message[tape->next].time > p->end;
    if (!open && (ended || tape->messages.message[tape->next].time >= p->start)) {
      status = open_plan(p);
      open = true;
    }
    if (ended || status != HFT_OK) break;
    status = hft_tape_next(tape, &message, p->error);
    if (status == HFT_OK && open) status = plan_changes(p, message->time);
  }
  if (status == HFT_OK && p->source->any_start) status = mark(p);
  return status;
}

// ---- the whole -------------------------------------------------------------------------------

static hft_status allocate(planner *p) {
  size_t orders = hft_reconstruct_book(p->tape.book)->order_max;
  p->place = malloc(orders * sizeof *p->place);
  p->free = calloc(orders, sizeof *p->free);
  p->course = calloc(orders, sizeof *p->course);
  if (p->place == NULL || p->free == NULL || p->course == NULL) {
    return hft_fail(p->error, HFT_ENOMEM, p->where, "out of memory for %zu orders", orders);
  }
  for (size_t i = 0; i < orders; i++) p->place[i] = HFT_NO_SLOT;
  return HFT_OK;
}

static void compute_size(hft_replay_plan *plan) {
  plan->bytes = plan->count * sizeof *plan->step + plan->mark_count * sizeof *plan->mark +
                plan->resting_count * sizeof *plan->resting;
}

// Shrinks an array to its used size.
static void *shrink(void *array, size_t size, size_t count) {
  void *moved = count > 0 ? realloc(array, count * size) : NULL;
  return moved != NULL ? moved : array;
}

hft_status hft_replay_plan_create(const hft_replay_source *source, const hft_instrument *instrument,
                                  const char *where, hft_replay_plan *plan, hft_error *error) {
  planner p = {.source = source, .instrument = instrument, .where = where, .error = error};
  const hft_tape_files files = {source->messages, source->book0, NULL, false};
  *plan = (hft_replay_plan){0};
  hft_status status = hft_tape_open(&files, &p.tape, error);
  if (status != HFT_OK) return status;
  p.plan.content = p.tape.content;
  status = choose_span(&p);
  if (status == HFT_OK) status = fit_tick(&p);
  if (status == HFT_OK) status = allocate(&p);
  if (status == HFT_OK) status = plan_messages(&p);
  if (status == HFT_OK) status = hft_tape_check(&p.tape, source->unmatched_max, error);
  if (status == HFT_OK) status = fit_window(&p);
  if (status == HFT_OK) status = fit_sizes(&p);
  free(p.place);
  free(p.free);
  free(p.course);
  hft_tape_close(&p.tape);
  p.plan.step = shrink(p.plan.step, sizeof *p.plan.step, p.plan.count);
  p.plan.mark = shrink(p.plan.mark, sizeof *p.plan.mark, p.plan.mark_count);
  p.plan.resting = shrink(p.plan.resting, sizeof *p.plan.resting, p.plan.resting_count);
  compute_size(&p.plan);
  if (status != HFT_OK) hft_replay_plan_free(&p.plan);
  *plan = p.plan;
  return status;
}

void hft_replay_plan_free(hft_replay_plan *plan) {
  free(plan->step);
  free(plan->mark);
  free(plan->resting);
  *plan = (hft_replay_plan){0};
}

// ---- looking up ------------------------------------------------------------------------------

size_t hft_replay_plan_find(const hft_replay_plan *plan, hft_time time) {
  size_t low = 0, high = plan->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (plan->step[middle].time < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

size_t hft_replay_plan_mark(const hft_replay_plan *plan, size_t step) {
  size_t low = 0, high = plan->mark_count - 1;  // the last one is after all steps
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (plan->mark[middle].step <= step) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}
