// The role `executor`: buys or sells a parent order within the episode. Actions: the pace, -1
// nothing, 0 what is left spread evenly over the steps left, 1 twice that; and the limit price of
// the child order, -1 at the opposite best price (trades at once), 1 offset_max ticks behind it.
// What is left after the last step is traded at market.
#include <math.h>

#include "sim/env/state.h"

#define HFT_KEY_STRUCT hft_executor_keys
static const hft_key keys[] = {HFT_EXECUTOR_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
const hft_section hft_executor_seat_section = {"executor", "seats that execute a parent order",
                                               keys, sizeof keys / sizeof keys[0],
                                               sizeof(hft_executor_keys)};

static const hft_agent_class seat_class = {
    .section = &hft_executor_seat_section,
    .params_size = sizeof(hft_executor_keys),
    .open_orders_max = HFT_SEAT_ORDERS,
};

static const char *const action_names[] = {"pace", "offset"};

static hft_side side_of(const hft_seat_view *view) {
  return view->seat_model->keys.executor.side == 0 ? HFT_BID : HFT_ASK;
}

// Lots executed, and lots left of the parent order.
static int64_t executed(const hft_seat_view *view) {
  return hft_side_sign(side_of(view)) * hft_desk_account(&view->desk)->position;
}

static int64_t remaining(const hft_seat_view *view) {
  return view->seat_model->keys.executor.parent_qty - executed(view);
}

static void observe(const hft_seat_view *view, hft_fields *fields) {
  double left = 0, sign = 0, drift = 0, ahead = 0;
  if (view != NULL) {
    double parent = (double)view->seat_model->keys.executor.parent_qty;
    sign = hft_side_sign(side_of(view));
    left = (double)remaining(view) / parent;
    drift = 0.05 * sign * (double)(hft_desk_mid2(&view->desk) - view->env->start_mid2);
    int64_t lots = hft_desk_queue_ahead(&view->desk, view->seat->quote[side_of(view)]);
    ahead = lots < 0 ? -1 : (double)lots / parent;
  }
  hft_fields_put(fields, "side", sign);
  hft_fields_put(fields, "remaining", left);
  hft_fields_put(fields, "mid_since_arrival", drift);
  hft_fields_put(fields, "queue_ahead", ahead);
}

static void act(const hft_seat_view *view, const float *action) {
  const hft_executor_keys *keys_of = &view->seat_model->keys.executor;
  int64_t left = remaining(view);
  int64_t steps_left = view->model->env.episode_len - view->env->step;
  double pace = hft_action_distance(action[0], 2);
  view->seat->due += pace * (double)left / (double)steps_left;
  double parent = (double)keys_of->parent_qty;
  if (view->seat->due > parent) view->seat->due = parent;
  int64_t want = (int64_t)floor(view->seat->due) - executed(view);
  if (want > left) want = left;
  hft_side side = side_of(view);
  hft_price opposite = hft_book_best_price(hft_desk_book(&view->desk), hft_side_other(side));
  double from = opposite != 0 ? opposite : 0.5 * (double)hft_desk_mid2(&view->desk);
  double behind = hft_action_distance(action[1], keys_of->offset_max);
  double price = side == HFT_BID ? floor(from - behind) : ceil(from + behind);
  hft_seat_quote(view, side, HFT_GTC, price, want > 0 ? want : 0);
}

static int64_t exposure(const hft_seat_view *view) {
  return remaining(view);
}

static void finish(const hft_seat_view *view) {
  hft_desk_cancel_all(&view->desk);
  int64_t most = hft_model_market_config(view->model->market)->order_qty_max;
  for (int64_t left = remaining(view); left > 0; left = remaining(view)) {
    int64_t before = left;
    hft_order order = {side_of(view), HFT_IOC, HFT_PRICE_MARKET,
                       (hft_qty)(left < most ? left : most)};
    hft_desk_submit(&view->desk, &order);
    if (remaining(view) == before) return;  // nobody is there to trade with
  }
}

const hft_role_class hft_role_executor_class = {
    .agent_class = &seat_class,
    .action_dim = 2,
    .action_names = action_names,
    .observe = observe,
    .act = act,
    .exposure = exposure,
    .finish = finish,
};
