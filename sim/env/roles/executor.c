// The role `executor`: buys or sells a parent order within the episode.
#include "sim/env/features/parts.h"
#include "sim/env/features/queue.h"
#include "sim/env/features/scale.h"
#include "sim/env/roles/orders.h"

#define DUE_TOLERANCE 1e-9  // lots: what rounding may take from a sum of equal parts

// clang-format off
#define EXECUTOR_KEYS(X)                                                                          \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "side of the parent order")                            \
  X(INT, parent_qty, "200", 1, 1000000000, "lots", "size of the parent order")                    \
  X(REAL, offset_max, "10", 1, 10000, "ticks",                                                    \
    "largest distance of a limit price from the touch")                                           \
  HFT_SEAT_LATENCY_KEYS(X)
// clang-format on

typedef struct executor_keys {
  EXECUTOR_KEYS(HFT_KEY_MEMBER)
} executor_keys;

#define HFT_KEY_STRUCT executor_keys
static const hft_key key_table[] = {EXECUTOR_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_agent_class seat_class = {
    .section = &hft_role_executor_class.section,
    .params_size = sizeof(executor_keys),
    .key = {.latency_us = HFT_PARAM(executor_keys, latency_us),
            .instrument = HFT_PARAM(executor_keys, instrument)},
    .open_orders_max = HFT_SEAT_ORDERS,
};

static int write_axes(const void *keys, hft_axis axes[HFT_ROLE_AXES_MAX]) {
  const executor_keys *executor = keys;
  axes[0] = hft_axis_number("pace", "", 0, 2, -1,
                            "what becomes due: this times what is not due yet, spread evenly over "
                            "the steps left");
  axes[1] = hft_axis_number("offset", "ticks", 0, executor->offset_max, HFT_AXIS_ALWAYS,
                            "limit price of the child orders, from the opposite best price, where "
                            "they trade at once, outwards");
  return 2;
}

static const executor_keys *keys_of(const hft_seat_view *view) {
  return view->seat_model->keys;
}

static hft_side side_of(const hft_seat_view *view) {
  return keys_of(view)->side == 0 ? HFT_BID : HFT_ASK;
}

// Lots executed, and lots left of the parent order.
static int64_t executed(const hft_seat_view *view) {
  return hft_side_sign(side_of(view)) * hft_desk_account(&view->desk)->position;
}

static int64_t remaining(const hft_seat_view *view) {
  return keys_of(view)->parent_qty - executed(view);
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  (void)instrument_count;
  double left = 0, sign = 0, drift = 0, ahead = 0;
  hft_bounds reach = HFT_BOUNDS_ANY;
  const char *ticks = "";
  if (view != NULL) {
    double parent = (double)keys_of(view)->parent_qty;
    sign = hft_side_sign(side_of(view));
    left = (double)remaining(view) / parent;
    drift = hft_scale_of(view->model, HFT_MEASURE_DRIFT) * sign *
            (view->history->mark - view->history->start);
    hft_seat_orders standing = hft_seat_standing(view, &view->desk, side_of(view));
    ahead = hft_scale_queue(view->model, standing.ahead);
  } else if (fields->keys != NULL) {
    reach = hft_observe_reach(fields->model, hft_scale_of(fields->model, HFT_MEASURE_DRIFT));
    ticks = hft_scale_unit(fields->model, HFT_MEASURE_DRIFT);
  }
  hft_fields_put(fields, "side", "", "1 buys, -1 sells", HFT_BOUNDS_SIGN, sign);
  hft_fields_put(fields, "remaining", "lots / parent_qty", "lots left of the parent order",
                 HFT_BOUNDS_SHARE, left);
  hft_fields_put(fields, "mid_since_arrival", ticks,
                 "change of the reference price since the start, against the order where positive",
                 reach, drift);
  hft_fields_put(fields, "queue_ahead", HFT_SCALE_LOTS,
                 "lots before the first of the child orders in its queue; -0.2: none rests",
                 HFT_SCALE_QUEUE_BOUNDS, ahead);
}

static void act(const hft_seat_view *view, const float *action) {
  const executor_keys *executor = keys_of(view);
  int64_t steps_left = view->model->env.episode_len - view->env->step;
  double parent = (double)executor->parent_qty;
  double pace = hft_axis_between(action[0], 0, 2);
  view->seat->due += pace * (parent - view->seat->due) / (double)steps_left;
  if (view->seat->due > parent) view->seat->due = parent;
  int64_t want = (int64_t)floor(view->seat->due + DUE_TOLERANCE) - executed(view);
  hft_side side = side_of(view);
  hft_price opposite = view->history->best[hft_side_other(side)];
  double from = opposite != 0 ? opposite : view->history->mark;
  double behind = hft_axis_between(action[1], 0, executor->offset_max);
  double price = hft_axis_price(side, from - hft_side_sign(side) * behind, executor->offset_max);
  const hft_seat_limit limit = {remaining(view), HFT_SEAT_CASH_ANY};
  hft_seat_work(&view->desk, side, price, want > 0 ? want : 0, limit);
}

// All of the parent order is due: no pace changes anything.
static bool allows(const hft_seat_view *view, int k, int axis, float value) {
  (void)k;
  double parent = (double)keys_of(view)->parent_qty;
  return axis != 0 || value <= -1 || view->seat->due < parent;
}

static int64_t exposure(const hft_seat_view *view, int k) {
  (void)k;
  return remaining(view);
}

static int64_t size_of(const void *keys) {
  const executor_keys *executor = keys;
  return executor->parent_qty;
}

static int64_t parent_of(const void *keys) {
  const executor_keys *executor = keys;
  return executor->side == 0 ? executor->parent_qty : -executor->parent_qty;
}

const hft_role_class hft_role_executor_class = {
    .section = {"executor", "seats that execute a parent order", key_table,
                sizeof key_table / sizeof key_table[0], sizeof(executor_keys)},
    .agent_class = &seat_class,
    .axes = write_axes,
    .observe = observe,
    .act = act,
    .allows = allows,
    .exposure = exposure,
    .size = size_of,
    .parent = parent_of,
};
