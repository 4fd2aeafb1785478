#include "baselines/execution/execution.h"

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

hft_status hft_execution_compile(const hft_execution_keys *keys, const hft_list *weights,
                                 const hft_instrument *instrument, const char *where,
                                 hft_execution *out, hft_error *error) {
  hft_status status =
      hft_span_compile(keys->start_s, keys->horizon_s, instrument, where, &out->span, error);
  if (status != HFT_OK) return status;
  if (out->span.end - out->span.start < keys->slices) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "slices: more slices than the horizon has nanoseconds");
  }
  out->side = keys->side == 0 ? HFT_BID : HFT_ASK;
  out->quantity = keys->quantity;
  out->slices = keys->slices;
  out->passive = keys->style == 0;
  out->refresh = hft_span_time(keys->refresh_ms * 1e-3);
  return compile_curve(weights, where, out, error);
}

hft_time hft_execution_time(const hft_execution *execution, int64_t i) {
  // At most 86400e9 ns x 100000 slices, which an int64 holds.
  hft_time length = execution->span.end - execution->span.start;
  return execution->span.start + length * i / execution->slices;
}

int64_t hft_execution_target(const hft_execution *execution, int64_t i) {
  if (i >= execution->slices) return execution->quantity;
  if (execution->bucket_count == 1) return execution->quantity * i / execution->slices;
  int64_t scaled = i * execution->bucket_count;
  int64_t bucket = scaled / execution->slices;
  double part = (double)(scaled % execution->slices) / (double)execution->slices;
  double share =
      execution->curve[bucket] + part * (execution->curve[bucket + 1] - execution->curve[bucket]);
  return (int64_t)((double)execution->quantity * share + 0.5);
}

// ---- child orders ------------------------------------------------------------------------------

// Lots of the parent order that are done; the agent trades nothing else.
static int64_t done(const hft_execution *execution, const hft_desk *desk) {
  const hft_account *account = hft_desk_account(desk);
  return execution->side == HFT_BID ? account->bought : account->sold;
}

// Lots that are neither done nor may be done by orders that rest or are under way. No more than
// these are ever sent, so the parent order is never exceeded, in whatever order messages arrive.
static int64_t uncovered(const hft_execution *execution, const hft_desk *desk, int64_t target) {
  return target - done(execution, desk) - hft_desk_exposed(desk, execution->side);
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

// The best price of the parent's own side; one tick off the other side where that is empty.
static hft_price near_touch(const hft_execution *execution, const hft_desk *desk) {
  const hft_book *book = hft_desk_book(desk);
  hft_price price = hft_book_best_price(book, execution->side);
  if (price != 0) return price;
  price = hft_book_best_price(book, hft_side_other(execution->side));
  if (price == 0) price = (hft_price)(hft_desk_mid2(desk) / 2);
  return price - hft_side_sign(execution->side);
}

// Sends market orders for the lots missing to the target, or enlarges one that waits for an
// auction.
static void cross(const hft_execution *execution, const hft_desk *desk, int64_t target) {
  int64_t left = uncovered(execution, desk, target);
  if (left <= 0) return;
  hft_order_id id;
  hft_order waiting;
  if (find_live(desk, HFT_IOC, &id, &waiting)) {
    hft_desk_replace(desk, id, waiting.price, child_qty(desk, waiting.qty + left));
    return;
  }
  while (left > 0) {
    hft_order order = {execution->side, HFT_IOC, HFT_PRICE_MARKET, child_qty(desk, left)};
    hft_desk_submit(desk, &order);
    int64_t now_left = uncovered(execution, desk, target);
    if (now_left > left - order.qty) return;  // the book is exhausted, or the order was refused
    left = now_left;
  }
}

static void withdraw(const hft_desk *desk) {
  hft_order_id id;
  hft_order child;
  if (find_live(desk, HFT_POST_ONLY, &id, &child)) hft_desk_cancel(desk, id);
}

// Posts a passive child, or moves the live one to the near touch.
static void follow_touch(const hft_execution *execution, const hft_desk *desk, int64_t target) {
  hft_price price = near_touch(execution, desk);
  hft_order_id id;
  hft_order child;
  if (find_live(desk, HFT_POST_ONLY, &id, &child)) {
    if (child.price != price) hft_desk_replace(desk, id, price, child.qty);
    return;
  }
  if (hft_desk_phase(desk) != HFT_PHASE_CONTINUOUS) return;  // during an auction what is due waits
  int64_t left = uncovered(execution, desk, target);
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

// Withdraws the passive child before its slice ends; its remainder crosses once it has left.
static void work_passive(const hft_execution *execution, const hft_desk *desk, int64_t border,
                         bool turned, bool ends) {
  if (turned || ends) {
    withdraw(desk);
    int64_t due = ends ? border : border - 1;
    cross(execution, desk, hft_execution_target(execution, due));
  }
  if (!ends) follow_touch(execution, desk, hft_execution_target(execution, border));
}

void hft_execution_wake(const hft_execution *execution, hft_execution_state *state,
                        hft_desk *desk) {
  const lead early = lead_of(desk);
  hft_time now = hft_desk_now(desk), end = execution->span.end;
  int64_t before = state->boundary, last = execution->slices;
  while (state->boundary <= last && now >= before_border(execution, state->boundary, early.cross)) {
    state->boundary++;
  }
  int64_t border = state->boundary;
  bool turned = border != before, over = border > last;
  hft_time withdraws = before_border(execution, border, early.withdraw);
  bool ends = over || (execution->passive && now >= withdraws);
  if (execution->passive) {
    work_passive(execution, desk, border, turned, ends);
  } else if (turned || over) {
    cross(execution, desk, hft_execution_target(execution, border));
  }
  hft_time next = over ? end : before_border(execution, border, early.cross);
  if (ends) {
    next = earlier(next, now + early.look);
  } else if (execution->passive) {
    next = earlier(next, withdraws);
    if (execution->refresh > 0) next = earlier(next, now + execution->refresh);
  }
  hft_desk_wake_at(desk, over && now >= end ? HFT_TIME_NEVER : next);
}
