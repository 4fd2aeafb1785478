#include "baselines/execution.h"

#include "sim/market/model.h"

// From weights to the share of their sum before each of them.
static hft_status compile_curve(const hft_list *weights, const char *where, hft_execution *out,
                                hft_error *error) {
  double sum = 0;
  for (int64_t i = 0; i < weights->count; i++) sum += weights->value[i];
  if (!(sum > 0)) return hft_fail(error, HFT_ECONFIG, where, "profile: the weights sum to 0");
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
    return hft_fail(error, HFT_ECONFIG, where, "slices: more than the horizon has nanoseconds");
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

// Lots of the parent that are done: the agent trades nothing else.
static int64_t done(const hft_execution *execution, const hft_desk *desk) {
  const hft_account *account = hft_desk_account(desk);
  return execution->side == HFT_BID ? account->bought : account->sold;
}

static hft_qty child_qty(const hft_desk *desk, int64_t qty) {
  int64_t most = hft_model_market_config(desk->model)->order_qty_max;
  return (hft_qty)(qty < most ? qty : most);
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

static void cross(const hft_execution *execution, const hft_desk *desk, int64_t qty) {
  while (qty > 0) {
    hft_order order = {execution->side, HFT_IOC, HFT_PRICE_MARKET, child_qty(desk, qty)};
    int64_t before = done(execution, desk);
    hft_desk_submit(desk, &order);
    int64_t traded = done(execution, desk) - before;
    if (traded < order.qty) return;  // the other side of the book is used up
    qty -= traded;
  }
}

// Posts the child where it is not in the book, or moves it to the near touch.
static void follow_touch(const hft_execution *execution, hft_execution_state *state,
                         const hft_desk *desk) {
  hft_price price = near_touch(execution, desk);
  hft_order child;
  if (hft_desk_order(desk, state->child, &child)) {
    if (child.price != price) state->child = hft_desk_replace(desk, state->child, price, child.qty);
    return;
  }
  if (hft_desk_phase(desk) != HFT_PHASE_CONTINUOUS) return;  // what is due waits for an auction
  int64_t left = hft_execution_target(execution, state->boundary) - done(execution, desk);
  if (left <= 0) return;
  hft_order order = {execution->side, HFT_POST_ONLY, price, child_qty(desk, left)};
  state->child = hft_desk_submit(desk, &order);
}

// Ends the slice before the border and begins the one after it.
static void turn_slice(const hft_execution *execution, hft_execution_state *state,
                       const hft_desk *desk) {
  hft_desk_cancel_all(desk);
  int64_t border = state->boundary;
  // An aggressive slice is due when it begins, a passive one when it ends.
  int64_t due = execution->passive ? border : border + 1;
  cross(execution, desk, hft_execution_target(execution, due) - done(execution, desk));
  state->boundary = border + 1;
  if (execution->passive && border < execution->slices) follow_touch(execution, state, desk);
}

void hft_execution_reset(const hft_execution *execution, hft_execution_state *state,
                         hft_desk *desk) {
  (void)state;
  hft_desk_wake_at(desk, execution->span.start);
}

void hft_execution_wake(const hft_execution *execution, hft_execution_state *state,
                        hft_desk *desk) {
  hft_time now = hft_desk_now(desk);
  if (now >= hft_execution_time(execution, state->boundary)) {
    turn_slice(execution, state, desk);
  } else {
    follow_touch(execution, state, desk);
  }
  if (state->boundary > execution->slices) {
    hft_desk_wake_at(desk, HFT_TIME_NEVER);
    return;
  }
  hft_time next = hft_execution_time(execution, state->boundary);
  bool follows = execution->passive && execution->refresh > 0;
  if (follows && now + execution->refresh < next) next = now + execution->refresh;
  hft_desk_wake_at(desk, next);
}
