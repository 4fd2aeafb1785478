#include "baselines/execution/execution.h"

#include <math.h>

#include "baselines/others.h"
#include "sim/market/model.h"

// Computes the share of the weights' sum that comes before each weight.
static hft_status compile_curve(const hft_list *weights, const char *where, hft_execution *out,
                                hft_error *error) {
  double sum = 0;
  for (int64_t i = 0; i < weights->count; i++) sum += weights->value[i];
  if (!(sum > 0))
    return hft_fail(error, HFT_ECONFIG, where,
                    "profile: the weights sum to 0; at least one must be positive");
  double before = 0;
  for (int64_t i = 0; i < weights->count; i++) {
    out->curve[i] = before / sum;
    before += weights->value[i];
  }
  out->curve[weights->count] = 1;
  out->bucket_count = weights->count;
  return HFT_OK;
}

// Checks the limit price, which would be one by accident outside the window.
static hft_status compile_limit(const hft_execution_keys *keys, const hft_instrument *instrument,
                                const char *where, hft_execution *out, hft_error *error) {
  out->limit_ticks = keys->limit_ticks;
  out->limit = (hft_price)keys->limit_price;
  if (out->limit == 0) return HFT_OK;
  if (out->limit >= instrument->price_min && out->limit <= instrument->price_max) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where,
                  "limit_price: %d out of range [%d, %d], the prices of the instrument in ticks; 0 "
                  "sets none",
                  out->limit, instrument->price_min, instrument->price_max);
}

static int64_t curve_target(const hft_execution *execution, const hft_execution_state *state,
                            const hft_desk *desk, int64_t i) {
  (void)state;
  (void)desk;
  return hft_execution_target(execution, i);
}

hft_status hft_execution_compile(const hft_execution_keys *keys, const hft_list *weights,
                                 const hft_instrument *instrument, const char *where,
                                 hft_execution *out, hft_error *error) {
  static const hft_list flat = {1, {1}};
  hft_status status =
      hft_span_compile(keys->start_s, keys->horizon_s, instrument, where, &out->span, error);
  if (status == HFT_OK) status = compile_limit(keys, instrument, where, out, error);
  if (status != HFT_OK) return status;
  if (out->span.end - out->span.start < keys->slices) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "slices: more slices than the horizon has nanoseconds");
  }
  out->side = keys->side == 0 ? HFT_BID : HFT_ASK;
  out->quantity = keys->quantity;
  out->slices = keys->slices;
  out->style = (hft_execution_style)keys->style;
  out->refresh = hft_span_time(keys->refresh_ms * 1e-3);
  out->pegs_mid = keys->peg == 1;
  out->peg_offset = keys->peg_offset;
  out->spreads = keys->catch_up == 1;
  out->target = curve_target;
  return compile_curve(weights != NULL ? weights : &flat, where, out, error);
}

hft_time hft_execution_time(const hft_execution *execution, int64_t i) {
  // At most 86400e9 ns x 100000 slices, which an int64 holds.
  hft_time length = execution->span.end - execution->span.start;
  return execution->span.start + length * i / execution->slices;
}

int64_t hft_execution_lots(const hft_execution *execution, double share) {
  if (!(share > 0)) return 0;
  if (share >= 1) return execution->quantity;
  return (int64_t)((double)execution->quantity * share + 0.5);
}

int64_t hft_execution_target(const hft_execution *execution, int64_t i) {
  if (i >= execution->slices) return execution->quantity;
  if (execution->bucket_count == 1) return execution->quantity * i / execution->slices;
  int64_t scaled = i * execution->bucket_count;
  int64_t bucket = scaled / execution->slices;
  double part = (double)(scaled % execution->slices) / (double)execution->slices;
  double share =
      execution->curve[bucket] + part * (execution->curve[bucket + 1] - execution->curve[bucket]);
  return hft_execution_lots(execution, share);
}

static int64_t traded_by_all(const hft_desk *desk) {
  const hft_tape *tape = hft_desk_tape(desk);
  return tape->buy_qty + tape->sell_qty;
}

int64_t hft_execution_volume(const hft_execution_state *state, const hft_desk *desk) {
  const hft_account *account = hft_desk_account(desk);
  return traded_by_all(desk) - state->volume - account->bought - account->sold;
}

// ---- prices ------------------------------------------------------------------------------------

// A price in ticks, rounded away from the other side and kept within the window.
static hft_price to_window(const hft_execution *execution, const hft_desk *desk, double price) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  double rounded = execution->side == HFT_BID ? floor(price) : ceil(price);
  if (!(rounded > (double)instrument->price_min)) return instrument->price_min;
  if (rounded >= (double)instrument->price_max) return instrument->price_max;
  return (hft_price)rounded;
}

// Is a price beyond the limit, too high for a buy or too low for a sale? Price 0 is not.
static bool beyond(const hft_execution *execution, const hft_execution_state *state,
                   hft_price price) {
  if (state->limit == 0 || price == 0) return false;
  return execution->side == HFT_BID ? price > state->limit : price < state->limit;
}

// The tighter of the limit price and the limit distance from the mid at the start.
static hft_price limit_of(const hft_execution *execution, const hft_execution_state *state,
                          const hft_desk *desk) {
  if (execution->limit_ticks < 0) return execution->limit;
  double distance = hft_side_sign(execution->side) * execution->limit_ticks;
  hft_price price = to_window(execution, desk, 0.5 * (double)state->mid2 + distance);
  const hft_execution_state fixed = {.limit = execution->limit};
  return beyond(execution, &fixed, price) ? execution->limit : price;
}

// The best price of the parent's own side; one tick off the other side where that is empty.
static hft_price near_touch(const hft_execution *execution, const hft_desk *desk) {
  const hft_book *book = hft_desk_book(desk);
  hft_price price = hft_book_best_price(book, execution->side);
  if (price != 0) return price;
  price = hft_book_best_price(book, hft_side_other(execution->side));
  if (price == 0) price = (hft_price)(hft_desk_mid2(desk) / 2);
  return price - hft_side_sign(execution->side);
}

// The peg less its offset, before the other side's best price; where that side is empty, not beyond
// the last mid.
static hft_price pegged_price(const hft_execution *execution, const hft_desk *desk) {
  double sign = hft_side_sign(execution->side), mid = 0.5 * (double)hft_desk_mid2(desk);
  hft_price near = hft_best_of_others(desk, execution->side);
  hft_price far = hft_book_best_price(hft_desk_book(desk), hft_side_other(execution->side));
  double most = far != 0 ? far - sign : mid;
  if (near != 0 && far != 0) mid = 0.5 * ((double)near + far);
  double touch = near != 0 ? near : near_touch(execution, desk);
  double price = (execution->pegs_mid ? mid : touch) - sign * execution->peg_offset;
  if (sign * price > sign * most) price = most;
  return to_window(execution, desk, price);
}

static hft_price resting_price(const hft_execution *execution, const hft_execution_state *state,
                               const hft_desk *desk) {
  bool pegged = execution->style == HFT_EXECUTION_PEGGED;
  hft_price price = pegged ? pegged_price(execution, desk) : near_touch(execution, desk);
  return beyond(execution, state, price) ? state->limit : price;
}

// ---- child orders ------------------------------------------------------------------------------

// Lots of the parent order that are done; the agent trades nothing else.
static int64_t done(const hft_execution *execution, const hft_desk *desk) {
  const hft_account *account = hft_desk_account(desk);
  return execution->side == HFT_BID ? account->bought : account->sold;
}

// Lots that are done, or may be done by orders that rest or are under way. No more than the others
// are ever sent, so the parent order is never exceeded, in whatever order messages arrive.
static int64_t covered(const hft_execution *execution, const hft_desk *desk) {
  return done(execution, desk) + hft_desk_exposed(desk, execution->side);
}

static hft_qty child_qty(const hft_desk *desk, int64_t qty) {
  int64_t most = hft_model_market_config(desk->model)->order_qty_max;
  return (hft_qty)(qty < most ? qty : most);
}

// Finds the live order with a time in force; the agent has at most one of each. False: none.
static bool find_live(const hft_desk *desk, hft_tif tif, hft_order_id *id, hft_order *order) {
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    *id = hft_desk_open(desk, k);
    if (hft_desk_order(desk, *id, order) && order->tif == tif) return true;
  }
  return false;
}

// Sends market orders for the lots missing to the target, or enlarges one that waits for an
// auction. With a limit they are limit orders that expire, and none is sent that cannot trade.
static void cross(const hft_execution *execution, const hft_execution_state *state,
                  const hft_desk *desk, int64_t target) {
  int64_t left = target - covered(execution, desk);
  if (left <= 0) return;
  hft_order_id id;
  hft_order waiting;
  if (find_live(desk, HFT_IOC, &id, &waiting)) {
    hft_desk_replace(desk, id, waiting.price, child_qty(desk, waiting.qty + left));
    return;
  }
  hft_price price = state->limit != 0 ? state->limit : HFT_PRICE_MARKET;
  hft_side other = hft_side_other(execution->side);
  while (left > 0) {
    if (beyond(execution, state, hft_book_best_price(hft_desk_book(desk), other))) return;
    hft_order order = {execution->side, HFT_IOC, price, child_qty(desk, left)};
    hft_desk_submit(desk, &order);
    int64_t now_left = target - covered(execution, desk);
    if (now_left > left - order.qty) return;  // the book is exhausted, or the order was refused
    left = now_left;
  }
}

static void withdraw(const hft_desk *desk) {
  hft_order_id id;
  hft_order child;
  if (find_live(desk, HFT_POST_ONLY, &id, &child)) hft_desk_cancel(desk, id);
}

// Posts a resting child, or moves the live one to its price.
static void follow(const hft_execution *execution, const hft_execution_state *state,
                   const hft_desk *desk, int64_t target) {
  bool continuous = hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS;
  // A peg has nothing to follow during an auction.
  if (!continuous && execution->style == HFT_EXECUTION_PEGGED) return;
  hft_price price = resting_price(execution, state, desk);
  hft_order_id id;
  hft_order child;
  if (find_live(desk, HFT_POST_ONLY, &id, &child)) {
    if (child.price != price) hft_desk_replace(desk, id, price, child.qty);
    return;
  }
  if (!continuous) return;  // during an auction what is due waits
  int64_t left = target - covered(execution, desk);
  if (left <= 0) return;
  hft_order order = {execution->side, HFT_POST_ONLY, price, child_qty(desk, left)};
  hft_desk_submit(desk, &order);
}

// ---- when --------------------------------------------------------------------------------------

// How long before a boundary a message has to be sent to arrive by then.
typedef struct lead {
  hft_time cross;     // a market order
  hft_time withdraw;  // a cancellation, and a market order after its arrival
  hft_time look;      // interval of checks for its arrival
} lead;

static lead lead_of(const hft_desk *desk) {
  hft_time fixed = hft_desk_latency(desk), bound = hft_desk_latency_bound(desk);
  hft_time look = bound / 16 > 0 ? bound / 16 : 1;
  if (bound == 0) return (lead){0, 0, look};
  // The sum of two random parts is longer than 12 of their means with probability 13 exp(-12),
  // 8e-5.
  hft_time random = (bound - fixed) / 10;
  return (lead){bound, 2 * fixed + 12 * random + 2 * look, look};
}

static hft_time before_border(const hft_execution *execution, int64_t i, hft_time early) {
  hft_time time = hft_execution_time(execution, i) - early;
  return i == 0 || time < execution->span.start ? execution->span.start : time;
}

static hft_time earlier(hft_time a, hft_time b) {
  return a < b ? a : b;
}

void hft_execution_reset(const hft_execution *execution, hft_execution_state *state,
                         hft_desk *desk) {
  (void)state;
  hft_desk_wake_at(desk, execution->span.start);
}

static void begin(const hft_execution *execution, hft_execution_state *state,
                  const hft_desk *desk) {
  state->mid2 = hft_desk_mid2(desk);
  state->volume = traded_by_all(desk);
  state->limit = limit_of(execution, state, desk);
}

// The lots wanted, with what earlier parts have missed spread over all lots that were wanted later.
static int64_t caught_up(const hft_execution *execution, const hft_execution_state *state,
                         int64_t want) {
  int64_t later = execution->quantity - state->wanted;
  if (state->done == state->wanted || later <= 0) return want;
  // At most 1e9 lots x 1e9 lots, which an int64 holds.
  return state->done + (execution->quantity - state->done) * (want - state->wanted) / later;
}

// Spreads what was missed by the end of the previous part.
static void spread_missed(const hft_execution *execution, hft_execution_state *state,
                          const hft_desk *desk) {
  int64_t have = covered(execution, desk);
  if (have >= caught_up(execution, state, state->plan[0])) return;
  state->done = have;
  state->wanted = state->plan[0];
}

// Begins the part that ends at the next boundary, `passed` boundaries after the last one. `ends`:
// it ends at once.
static void turn(const hft_execution *execution, hft_execution_state *state, const hft_desk *desk,
                 int64_t passed, bool ends) {
  int64_t border = state->boundary;
  bool first = border == passed, next = passed == 1 && !first;
  state->plan[0] = next ? state->plan[1] : execution->target(execution, state, desk, border - 1);
  state->plan[1] = execution->target(execution, state, desk, border);
  // An aggressive child has tried all that the previous part wanted; a resting one has not.
  bool rests = execution->style != HFT_EXECUTION_AGGRESSIVE;
  if (rests && (!ends || execution->spreads)) {
    withdraw(desk);
    cross(execution, state, desk, caught_up(execution, state, state->plan[0]));
  }
  if (execution->spreads && (rests || !first)) spread_missed(execution, state, desk);
}

// Works on the child of the present part.
static void work(const hft_execution *execution, const hft_execution_state *state,
                 const hft_desk *desk, bool turned, bool ends) {
  int64_t target = caught_up(execution, state, state->plan[1]);
  bool rests = execution->style != HFT_EXECUTION_AGGRESSIVE;
  if (rests && ends) {  // the remainder crosses once the child has left
    withdraw(desk);
    cross(execution, state, desk, target);
  } else if (rests) {
    follow(execution, state, desk, target);
  } else if (turned || ends) {
    cross(execution, state, desk, target);
  }
}

void hft_execution_wake(const hft_execution *execution, hft_execution_state *state,
                        hft_desk *desk) {
  const lead early = lead_of(desk);
  const bool rests = execution->style != HFT_EXECUTION_AGGRESSIVE;
  hft_time now = hft_desk_now(desk), end = execution->span.end;
  int64_t before = state->boundary, last = execution->slices;
  if (before == 0) begin(execution, state, desk);
  while (state->boundary <= last && now >= before_border(execution, state->boundary, early.cross)) {
    state->boundary++;
  }
  bool turned = state->boundary != before, over = state->boundary > last;
  hft_time withdraws = before_border(execution, state->boundary, early.withdraw);
  bool ends = over || (rests && now >= withdraws);
  if (turned) turn(execution, state, desk, state->boundary - before, ends);
  work(execution, state, desk, turned, ends);
  hft_time next = over ? end : before_border(execution, state->boundary, early.cross);
  if (ends) {
    next = earlier(next, now + early.look);
  } else if (rests) {
    next = earlier(next, withdraws);
    if (execution->refresh > 0) next = earlier(next, now + execution->refresh);
  }
  hft_desk_wake_at(desk, over && now >= end ? HFT_TIME_NEVER : next);
}
