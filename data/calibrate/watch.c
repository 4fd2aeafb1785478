#include "data/calibrate/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "stats/stats.h"

#define SAMPLE_NS HFT_SECOND  // between samples of the resting book
#define OPEN_EVERY 15         // samples between those kept order by order
#define OPEN_ROOM_MAX ((size_t)1 << 22)
#define DOLLAR 10000        // USD x 10,000
#define TICK_LEAST 50       // of prices above a dollar, USD x 10,000
#define PART_LEAST_S 60     // of each part of a tape
#define REPORT_EVERY 4096   // messages
#define UNMATCHED_MAX 0.01  // share of messages that may contradict the book

// Seconds over which the mid's moves are measured.
static const int64_t move_s[HFT_MOVE_SCALES] = {30, 60};

// The division of a tape's time. All in ns after midnight.
typedef struct division {
  hft_holdout holdout;
  hft_time begin;  // after the warm-up
  hft_time end;    // time of the last message
  hft_time block;  // length of a block
} division;

// A tape being read.
typedef struct watcher {
  hft_tape_reader tape;
  hft_watched *out;
  hft_arrivals side[2];
  division division;
  hft_time next_sample, next_move[HFT_MOVE_SCALES];
  size_t sample;                      // number of samples so far
  double move_from[HFT_MOVE_SCALES];  // mid at the last point of the grid of moves; NaN: none
  hft_tape_event before;              // the book before the message
  bool fresh;                         // no event before the next one is known
  int64_t events;                     // of this tape
} watcher;

void hft_watched_free(hft_watched *watched) {
  free(watched->event);
  free(watched->open_distance);
  free(watched->open_size);
  free(watched->mid);
  *watched = (hft_watched){0};
}

// ---- the division of a tape ------------------------------------------------------------------

// The part of a time.
static hft_part_of_tape part_at(const division *d, hft_time time) {
  if (time < d->begin) return HFT_TAPE_WARMUP;
  hft_time since = time - d->begin;
  bool held_out = false;
  if (d->holdout == HFT_HOLDOUT_ODD_BLOCKS) {
    held_out = since / d->block % 2 == 1;
  } else if (d->holdout == HFT_HOLDOUT_LAST_THIRD) {
    held_out = since / 2 > (d->end - d->begin) / 3;
  }
  return held_out ? HFT_TAPE_HELD_OUT : HFT_TAPE_TRAIN;
}

// The seconds of a part.
static double seconds_of(const division *d, hft_part_of_tape part) {
  double all = (double)(d->end - d->begin) / (double)HFT_SECOND;
  if (all <= 0 || part == HFT_TAPE_WARMUP) return 0;
  double held_out = 0;
  if (d->holdout == HFT_HOLDOUT_ODD_BLOCKS) {
    double block = (double)d->block / (double)HFT_SECOND;
    double pairs = floor(all / (2 * block));
    held_out = pairs * block + fmax(0, all - 2 * block * pairs - block);
  } else if (d->holdout == HFT_HOLDOUT_LAST_THIRD) {
    held_out = all / 3;
  }
  return part == HFT_TAPE_HELD_OUT ? held_out : all - held_out;
}

// The part of the day of a time; times outside the session belong to the nearest.
static int day_part(hft_time time) {
  const hft_time open = 34200 * HFT_SECOND, part = 23400 / HFT_DAY_PARTS * HFT_SECOND;
  hft_time k = time < open ? 0 : (time - open) / part;
  return k < HFT_DAY_PARTS ? (int)k : HFT_DAY_PARTS - 1;
}

// ---- samples ---------------------------------------------------------------------------------

static hft_status out_of_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
}

// Makes room for one more value of several arrays of one length.
static hft_status grow(double **array[], int arrays, size_t count, size_t *room, hft_error *error) {
  if (count < *room) return HFT_OK;
  size_t larger = 2 * *room + 1024;
  for (int i = 0; i < arrays; i++) {
    double *moved = realloc(*array[i], larger * sizeof *moved);
    if (moved == NULL) return out_of_memory(error);
    *array[i] = moved;
  }
  *room = larger;
  return HFT_OK;
}

static hft_status keep_order(hft_watched *out, int64_t distance, hft_qty size, hft_error *error) {
  if (out->open_count >= OPEN_ROOM_MAX) return HFT_OK;
  double **const arrays[] = {&out->open_distance, &out->open_size};
  hft_status status = grow((double ***)arrays, 2, out->open_count, &out->open_room, error);
  if (status != HFT_OK) return status;
  out->open_distance[out->open_count] = (double)distance;
  out->open_size[out->open_count++] = size;
  return HFT_OK;
}

static hft_status sample_side(watcher *w, hft_side side, const hft_price best[2], bool keep,
                              hft_error *error) {
  const hft_book *book = hft_reconstruct_book(w->tape.book);
  const hft_arrivals *orders = &w->side[side];
  int32_t sign = hft_side_sign(side);
  for (size_t i = 0; i < orders->count; i++) {
    const hft_arrival *order = &orders->order[i];
    if (order->slot == HFT_NO_SLOT) continue;
    int64_t opposite = (int64_t)sign * (best[1 - side] - order->price);
    w->out->opposite[opposite < HFT_OPPOSITE_MAX ? opposite : HFT_OPPOSITE_MAX]++;
    if (!keep) continue;
    hft_status status = keep_order(w->out, (int64_t)sign * (best[side] - order->price),
                                   hft_book_order_qty(book, order->slot), error);
    if (status != HFT_OK) return status;
  }
  w->out->sampled_orders += (double)orders->live;
  return HFT_OK;
}

static hft_status sample_book(watcher *w, const hft_price best[2], hft_error *error) {
  hft_watched *out = w->out;
  double **const arrays[] = {&out->mid};
  hft_status status = grow((double ***)arrays, 1, out->samples, &out->sample_room, error);
  if (status != HFT_OK) return status;
  out->mid[out->samples++] = (double)(best[HFT_BID] + best[HFT_ASK]) / 2;
  bool keep = w->sample++ % OPEN_EVERY == 0;
  for (int side = 0; side < 2 && status == HFT_OK; side++) {
    status = sample_side(w, (hft_side)side, best, keep, error);
  }
  return status;
}

static double sum_of(const hft_price best[2]) {
  return (double)(best[HFT_BID] + best[HFT_ASK]) / 2;
}

// Adds the moves of the mid up to a time over one of the scales.
static void sample_moves(watcher *w, int scale, hft_time time, double mid) {
  while (w->next_move[scale] <= time) {
    double move = mid - w->move_from[scale];
    if (!isnan(move) && part_at(&w->division, w->next_move[scale]) == HFT_TAPE_TRAIN) {
      w->out->move_square[scale] += move * move / (double)move_s[scale];
      w->out->moves[scale]++;
    }
    w->move_from[scale] = mid;
    w->next_move[scale] += move_s[scale] * HFT_SECOND;
  }
}

// Samples the book at the points of the grids up to a time, before the book changes.
static hft_status sample_until(watcher *w, hft_time time, hft_error *error) {
  const hft_book *book = hft_reconstruct_book(w->tape.book);
  const hft_price best[2] = {hft_book_best_price(book, HFT_BID),
                             hft_book_best_price(book, HFT_ASK)};
  bool whole = best[HFT_BID] != 0 && best[HFT_ASK] != 0;
  for (int k = 0; k < HFT_MOVE_SCALES; k++) sample_moves(w, k, time, whole ? sum_of(best) : NAN);
  for (; w->next_sample <= time; w->next_sample += SAMPLE_NS) {
    if (part_at(&w->division, w->next_sample) != HFT_TAPE_TRAIN) continue;
    w->out->day_s[day_part(w->next_sample)]++;
    if (!whole) continue;
    hft_status status = sample_book(w, best, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// ---- events ----------------------------------------------------------------------------------

static void note_book(watcher *w) {
  const hft_book *book = hft_reconstruct_book(w->tape.book);
  for (int side = 0; side < 2; side++) {
    const hft_level level = hft_book_best(book, (hft_side)side);
    w->before.best[side] = level.price;
    w->before.queue[side] = level.qty;
    w->before.orders[side] = (int32_t)w->side[side].live;
  }
}

static int64_t mid2_now(const watcher *w) {
  const hft_book *book = hft_reconstruct_book(w->tape.book);
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  return bid != 0 && ask != 0 ? (int64_t)bid + ask : 0;
}

static hft_flow_event kind_of(const hft_lobster_message *message, int32_t distance) {
  if (message->kind == HFT_LOBSTER_EXECUTE) return HFT_FLOW_MARKET;
  if (message->kind != HFT_LOBSTER_ADD) {
    return distance <= 0 ? HFT_FLOW_CANCEL_BEST : HFT_FLOW_CANCEL_BEHIND;
  }
  if (distance == 0) return HFT_FLOW_JOIN;
  return distance < 0 ? HFT_FLOW_IMPROVE : HFT_FLOW_BEHIND;
}

// Counts whom a cancellation met; before the order leaves the list.
static void count_cancel(watcher *w, const hft_tape_event *event, const hft_book_change *change) {
  hft_watched *out = w->out;
  if (event->part != HFT_TAPE_TRAIN || event->first) return;
  const hft_tape_event *last = &out->event[out->count - 1];
  int after = last->kind <= HFT_FLOW_BEHIND && last->side == event->side;
  const hft_cancelled cancelled = {change->slot,
                                   (hft_side)event->side,
                                   event->best[event->side],
                                   change->qty + change->left,
                                   hft_reconstruct_book(w->tape.book),
                                   out->size_edges};
  const hft_arrivals *orders = &w->side[event->side];
  if (event->kind == HFT_FLOW_CANCEL_BEHIND) {
    hft_arrivals_count_behind(orders, &cancelled, &out->behind[after]);
  } else if (event->kind == HFT_FLOW_CANCEL_BEST) {
    hft_arrivals_count_best(orders, &cancelled, &out->at_best[after]);
  }
}

static hft_status append_event(watcher *w, const hft_tape_event *event, hft_error *error) {
  hft_watched *out = w->out;
  if (event->part == HFT_TAPE_TRAIN) out->day_events[day_part(event->time)]++;
  if (out->count == out->room) {
    size_t room = 2 * out->room + 4096;
    hft_tape_event *moved = realloc(out->event, room * sizeof *moved);
    if (moved == NULL) return out_of_memory(error);
    out->event = moved;
    out->room = room;
  }
  out->event[out->count++] = *event;
  w->fresh = false;
  w->events++;
  return HFT_OK;
}

// The event of a message that changed the book. Executions go on with the market order before them
// if they have its time and side.
static hft_status note_event(watcher *w, const hft_lobster_message *message,
                             const hft_book_change *change, hft_error *error) {
  hft_watched *out = w->out;
  bool executes = message->kind == HFT_LOBSTER_EXECUTE;
  if (executes && !w->fresh && out->count > 0) {
    hft_tape_event *last = &out->event[out->count - 1];
    if (last->kind == HFT_FLOW_MARKET && last->time == message->time &&
        last->side == change->side) {
      last->qty += message->size;
      last->mid2_after = mid2_now(w);
      return HFT_OK;
    }
  }
  hft_tape_event event = w->before;
  if (event.best[HFT_BID] == 0 || event.best[HFT_ASK] == 0) {
    out->one_sided++;
    w->fresh = true;
    return HFT_OK;
  }
  event.time = message->time;
  event.qty = message->size;
  event.side = change->side;
  event.distance = hft_side_sign(message->side) * (event.best[event.side] - change->price);
  event.kind = (uint8_t)kind_of(message, event.distance);
  event.part = (uint8_t)part_at(&w->division, message->time);
  event.first = w->fresh;
  event.mid2_after = mid2_now(w);
  count_cancel(w, &event, change);
  return append_event(w, &event, error);
}

static bool is_far(const watcher *w, hft_side side, hft_price price) {
  hft_price best = w->before.best[side];
  return best != 0 && hft_side_sign(side) * ((int64_t)best - price) > HFT_FAR_TICKS;
}

// Brings the lists of orders up to date with the book. Far orders are not in them.
static hft_status follow(watcher *w, const hft_book_change *change, hft_error *error) {
  hft_arrivals *side = &w->side[change->side];
  if (change->kind == HFT_CHANGE_ADD) {
    if (is_far(w, (hft_side)change->side, change->price)) return HFT_OK;
    return hft_arrivals_add(side, change->slot, change->price, error);
  }
  if (change->left == 0) hft_arrivals_remove(side, change->slot);
  return HFT_OK;
}

static hft_status take_message(watcher *w, const hft_lobster_message *message, hft_error *error) {
  hft_watched *out = w->out;
  out->messages++;
  out->hidden += message->kind == HFT_LOBSTER_HIDDEN;
  out->visible_trades += message->kind == HFT_LOBSTER_EXECUTE;
  if (message->kind == HFT_LOBSTER_HALT) w->fresh = true;
  size_t count;
  const hft_book_change *change = hft_reconstruct_changes(w->tape.book, &count);
  hft_status status = HFT_OK;
  bool far = count > 0 && is_far(w, (hft_side)change[0].side, change[0].price);
  out->far += far;
  if (count > 0 && !change[0].by_row && !far) status = note_event(w, message, &change[0], error);
  for (size_t i = 0; i < count && status == HFT_OK; i++) status = follow(w, &change[i], error);
  note_book(w);
  return status;
}

// ---- a tape ----------------------------------------------------------------------------------

// The orders of the book after the first message.
static hft_status begin_book(watcher *w, hft_error *error) {
  const hft_book *book = hft_reconstruct_book(w->tape.book);
  note_book(w);
  for (uint32_t slot = 0; slot < book->order_max; slot++) {
    if (!hft_book_is_live(book, slot)) continue;
    hft_side side = hft_book_order_side(book, slot);
    hft_price price = hft_book_order_price(book, slot);
    if (is_far(w, side, price)) continue;
    hft_status status = hft_arrivals_add(&w->side[side], slot, price, error);
    if (status != HFT_OK) return status;
  }
  note_book(w);
  return HFT_OK;
}

static hft_status check_tick(watcher *w, const char *path, hft_error *error) {
  const hft_price_window *window = hft_reconstruct_window(w->tape.book);
  if (window->tick < TICK_LEAST && (window->low + window->high) / 2 > DOLLAR) {
    return hft_fail(error, HFT_EDATA, path,
                    "its prices are multiples of %g USD only; NASDAQ's tick is 0.01 or 0.005 "
                    "above 1 USD: are the prices USD x 10,000?",
                    (double)window->tick / DOLLAR);
  }
  double tick = (double)window->tick / DOLLAR;
  if (w->out->tapes > 0 && tick != w->out->tick) {
    return hft_fail(error, HFT_EDATA, path,
                    "its prices have a tick of %g, those of the files before one of %g: only files "
                    "of one instrument can be fitted together",
                    tick, w->out->tick);
  }
  w->out->tick = tick;
  return HFT_OK;
}

// The classes of sizes begin at multiples of the median of new orders.
static hft_status set_size_edges(watcher *w, hft_error *error) {
  static const double multiple[HFT_FLOW_SIZES - 1] = {1, 2, 5, 10, 20};
  const hft_lobster_messages *messages = &w->tape.messages;
  double *size = malloc((messages->count + 1) * sizeof *size);
  if (size == NULL) return out_of_memory(error);
  size_t count = 0;
  for (size_t i = 0; i < messages->count; i++) {
    if (messages->message[i].kind == HFT_LOBSTER_ADD) size[count++] = messages->message[i].size;
  }
  if (count > 0) hft_sort(size, count);
  double median = count > 0 ? size[count / 2] : 2;
  for (int k = 0; k < HFT_FLOW_SIZES - 1; k++) {
    w->out->size_edges[k] = multiple[k] * (median > 2 ? median : 2);
  }
  free(size);
  return HFT_OK;
}

// Each type of message, of either side, must be there at all.
static hft_status check_types(const watcher *w, hft_error *error) {
  static const struct {
    uint8_t kind;
    const char *name;
  } needed[] = {{HFT_LOBSTER_ADD, "new orders (type 1)"},
                {HFT_LOBSTER_DELETE, "cancellations (type 3)"},
                {HFT_LOBSTER_EXECUTE, "executions of visible orders (type 4)"}};
  const hft_lobster_messages *messages = &w->tape.messages;
  size_t of[2][HFT_LOBSTER_HALT + 1] = {{0}};
  for (size_t i = 0; i < messages->count; i++) {
    if (messages->message[i].kind > HFT_LOBSTER_EXECUTE) continue;
    of[messages->message[i].side][messages->message[i].kind]++;
  }
  for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++) {
    size_t bids = of[HFT_BID][needed[k].kind], asks = of[HFT_ASK][needed[k].kind];
    if (bids > 0 && asks > 0) continue;
    return hft_fail(error, HFT_EDATA, w->tape.files.messages,
                    "%zu %s of bids and %zu of asks: a market needs both sides", bids,
                    needed[k].name, asks);
  }
  return HFT_OK;
}

static hft_status begin_tape(watcher *w, const hft_watch_plan *plan, hft_error *error) {
  const hft_lobster_messages *messages = &w->tape.messages;
  hft_time first = messages->message[0].time;
  division *d = &w->division;
  *d = (division){plan->holdout, first + (hft_time)(plan->warmup_s * HFT_SECOND),
                  messages->message[messages->count - 1].time,
                  (hft_time)(plan->block_s * HFT_SECOND)};
  const char *path = w->tape.files.messages;
  hft_status status = check_types(w, error);
  if (status == HFT_OK) status = check_tick(w, path, error);
  if (status == HFT_OK && w->out->tapes == 0) status = set_size_edges(w, error);
  if (status != HFT_OK) return status;
  double seconds = seconds_of(d, HFT_TAPE_TRAIN);
  double held_out = seconds_of(d, HFT_TAPE_HELD_OUT);
  if (seconds < PART_LEAST_S || (plan->holdout != HFT_HOLDOUT_NONE && held_out < PART_LEAST_S)) {
    return hft_fail(error, HFT_EDATA, path,
                    "too short: %.0f s, of which the warm-up leaves %.0f s to fit and %.0f s to "
                    "compare with; a smaller --warmup-s or --holdout none may help",
                    (double)(d->end - first) / (double)HFT_SECOND, seconds, held_out);
  }
  w->out->train_s += seconds;
  w->out->held_out_s += held_out;
  double open_s = (double)first / (double)HFT_SECOND;
  if (w->out->tapes == 0 || open_s < w->out->open_s) w->out->open_s = open_s;
  w->next_sample = d->begin;
  for (int k = 0; k < HFT_MOVE_SCALES; k++) {
    w->next_move[k] = d->begin;
    w->move_from[k] = NAN;
  }
  w->fresh = true;
  return HFT_OK;
}

static hft_status read_messages(watcher *w, const hft_progress *progress, hft_error *error) {
  size_t done = 0, all = w->tape.messages.count;
  const hft_lobster_message *message;
  hft_status status = hft_tape_next(&w->tape, &message, error);
  if (status == HFT_OK) status = begin_book(w, error);
  w->out->messages++;
  if (message != NULL) w->out->hidden += message->kind == HFT_LOBSTER_HIDDEN;
  while (status == HFT_OK) {
    if (done + 1 < all) {
      status = sample_until(w, w->tape.messages.message[done + 1].time, error);
    }
    if (status == HFT_OK) status = hft_tape_next(&w->tape, &message, error);
    if (status != HFT_OK || message == NULL) break;
    status = take_message(w, message, error);
    if (++done % REPORT_EVERY == 0 && !hft_progress_report(progress, (double)done / (double)all)) {
      status = hft_fail(error, HFT_EINTR, w->tape.files.messages, "interrupted");
    }
  }
  return status;
}

hft_status hft_watch_tape(const hft_tape_files *files, const hft_watch_plan *plan,
                          const hft_progress *progress, hft_watched *watched, hft_error *error) {
  watcher w = {.out = watched};
  hft_status status = hft_tape_open(files, &w.tape, error);
  if (status != HFT_OK) return status;
  status = begin_tape(&w, plan, error);
  if (status == HFT_OK) status = read_messages(&w, progress, error);
  if (status == HFT_OK) status = hft_tape_check(&w.tape, UNMATCHED_MAX, error);
  if (status == HFT_OK) {
    const hft_reconstruct_counts *counts = hft_reconstruct_counts_of(w.tape.book);
    watched->far += counts->outside;
    watched->off_tick += counts->odd;
    watched->unknown += counts->unknown;
    watched->crossing += counts->crossing;
    watched->tapes++;
  }
  for (int side = 0; side < 2; side++) hft_arrivals_free(&w.side[side]);
  hft_tape_close(&w.tape);
  return status;
}
