// The role `maker`: quotes both sides.
#include <math.h>

#include "sim/env/features/observe.h"

#define HFT_KEY_STRUCT hft_maker_keys
static const hft_key keys[] = {HFT_MAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
const hft_section hft_maker_seat_section = {"maker", "seats that quote both sides", keys,
                                            sizeof keys / sizeof keys[0], sizeof(hft_maker_keys)};

static const hft_agent_class seat_class = {
    .section = &hft_maker_seat_section,
    .params_size = sizeof(hft_maker_keys),
    .open_orders_max = HFT_SEAT_ORDERS,
};

static const hft_axis axes[] = {
    {"bid_offset", "",
     "distance of the bid below the reference price: -1 offset_min, towards 1 offset_max, 1 "
     "itself: "
     "no bid",
     0, 1},
    {"ask_offset", "", "distance of the offer above the reference price, likewise", 0, 1},
};

static hft_status check(const hft_seat_keys *all, const char *where, hft_error *error) {
  const hft_maker_keys *maker = &all->maker;
  if (maker->offset_min < maker->offset_max) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where, "offset_min, %g, must be below offset_max, %g",
                  maker->offset_min, maker->offset_max);
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  (void)instrument_count;
  double inventory = 0, quote[2] = {0, 0}, ahead[2] = {0, 0};
  hft_bounds held = HFT_BOUNDS_ANY, reach = HFT_BOUNDS_ANY, queue = HFT_BOUNDS_ANY;
  if (view != NULL) {
    const hft_maker_keys *maker = &view->seat_model->keys.maker;
    double size = (double)maker->quote_qty;
    double range = fmax(fabs(maker->offset_min), fabs(maker->offset_max));
    inventory = (double)hft_desk_account(&view->desk)->position / size;
    for (int side = 0; side < 2; side++) {
      hft_order order;
      if (!hft_desk_order(&view->desk, view->quote[side], &order)) continue;
      double away = hft_side_sign((hft_side)side) * (view->history->mark - order.price);
      quote[side] = 1 + away / range;
      ahead[side] = (double)hft_desk_queue_ahead(&view->desk, view->quote[side]) / size;
    }
  } else if (fields->keys != NULL) {
    const hft_maker_keys *maker = &fields->keys->maker;
    double range = fmax(fabs(maker->offset_min), fabs(maker->offset_max));
    held = hft_observe_held(fields->model, maker->quote_qty);
    reach = hft_observe_reach(fields->model, 1 / range);
    reach = (hft_bounds){fmin(1 + reach.low, 0), 1 + reach.high};
    queue = (hft_bounds){-1 / (double)maker->quote_qty, INFINITY};
  }
  hft_fields_put(fields, "inventory", "lots / quote_qty", "position", held, inventory);
  hft_fields_put(fields, "bid_quote", "",
                 "1 + distance of the resting bid from the reference price / offset_max (or "
                 "-offset_min where that is more); 0: none",
                 reach, quote[HFT_BID]);
  hft_fields_put(fields, "ask_quote", "", "the same of the resting offer", reach, quote[HFT_ASK]);
  hft_fields_put(fields, "bid_queue_ahead", "lots / quote_qty", "lots before the bid in its queue",
                 queue, ahead[HFT_BID]);
  hft_fields_put(fields, "ask_queue_ahead", "lots / quote_qty",
                 "lots before the offer in its queue", queue, ahead[HFT_ASK]);
}

static void act(const hft_seat_view *view, const float *action) {
  const hft_maker_keys *maker = &view->seat_model->keys.maker;
  double span = maker->offset_max - maker->offset_min, price[2];
  for (int side = 0; side < 2; side++) {
    double away = hft_axis_between(action[side], maker->offset_min, maker->offset_max);
    double asked = view->history->mark - hft_side_sign((hft_side)side) * away;
    price[side] = hft_axis_price((hft_side)side, asked, span);
  }
  // A bid that would meet the seat's own old offer waits until that has moved.
  hft_order offer;
  bool meets =
      hft_desk_order(&view->desk, view->quote[HFT_ASK], &offer) && price[HFT_BID] >= offer.price;
  for (int step = 0; step < 2; step++) {
    int side = meets ? 1 - step : step;
    int64_t qty = action[side] >= 1 ? 0 : maker->quote_qty;
    hft_seat_quote(&view->desk, &view->quote[side], (hft_side)side, price[side], qty,
                   hft_seat_most(view, (hft_side)side, qty));
  }
}

// No quote whose fill would pass max_inventory.
static bool allows(const hft_seat_view *view, int k, int axis, float value) {
  (void)k;
  if (value >= 1) return true;
  int64_t after = hft_side_sign((hft_side)axis) * hft_desk_account(&view->desk)->position +
                  view->seat_model->keys.maker.quote_qty;
  return after <= view->model->risk.max_inventory;
}

static int64_t size_of(const hft_seat_keys *all) {
  return all->maker.quote_qty;
}

const hft_role_class hft_role_maker_class = {
    .agent_class = &seat_class,
    .axis_count = 2,
    .axes = axes,
    .check = check,
    .observe = observe,
    .act = act,
    .allows = allows,
    .exposure = hft_seat_position,
    .size = size_of,
    .inventory_limited = true,
};
