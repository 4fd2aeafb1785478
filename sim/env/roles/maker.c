// The role `maker`: quotes both sides.
#include "sim/env/features/parts.h"
#include "sim/env/features/queue.h"
#include "sim/env/features/scale.h"
#include "sim/env/roles/orders.h"

// clang-format off
#define MAKER_KEYS(X)                                                                             \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(REAL, offset_min, "0", -1e6, 1e6, "ticks",                                                    \
    "smallest distance of a quote from the reference price")                                      \
  X(REAL, offset_max, "10", -1e6, 1e6, "ticks", "largest distance of a quote from it")            \
  HFT_SEAT_LATENCY_KEYS(X)
// clang-format on

typedef struct maker_keys {
  MAKER_KEYS(HFT_KEY_MEMBER)
} maker_keys;

#define HFT_KEY_STRUCT maker_keys
static const hft_key key_table[] = {MAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_agent_class seat_class = {
    .section = &hft_role_maker_class.section,
    .params_size = sizeof(maker_keys),
    .key = {.latency_us = HFT_PARAM(maker_keys, latency_us),
            .instrument = HFT_PARAM(maker_keys, instrument)},
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

static hft_status check(const void *keys, const char *where, hft_error *error) {
  const maker_keys *maker = keys;
  if (maker->offset_min < maker->offset_max) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where, "offset_min, %g, must be below offset_max, %g",
                  maker->offset_min, maker->offset_max);
}

static const maker_keys *keys_of(const hft_seat_view *view) {
  return view->seat_model->keys;
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  (void)instrument_count;
  double inventory = 0, quote[2] = {0, 0}, ahead[2] = {0, 0};
  hft_bounds held = HFT_BOUNDS_ANY, reach = HFT_BOUNDS_ANY, queue = HFT_SCALE_QUEUE_BOUNDS;
  if (view != NULL) {
    const maker_keys *maker = keys_of(view);
    double range = fmax(fabs(maker->offset_min), fabs(maker->offset_max));
    inventory = 0.1 * (double)hft_desk_account(&view->desk)->position / (double)maker->quote_qty;
    for (int side = 0; side < 2; side++) {
      ahead[side] = HFT_SCALE_NO_QUEUE;
      hft_order order;
      if (!hft_desk_order(&view->desk, view->quote[side], &order)) continue;
      double away = hft_side_sign((hft_side)side) * (view->history->mark - order.price);
      quote[side] = 1 + away / range;
      int64_t lots = hft_queue_ahead(view, &view->desk, view->quote[side]);
      ahead[side] = hft_scale_queue(view->model, lots);
    }
  } else if (fields->keys != NULL) {
    const maker_keys *maker = fields->keys;
    double range = fmax(fabs(maker->offset_min), fabs(maker->offset_max));
    held = hft_observe_held(fields->model, maker->quote_qty);
    reach = hft_observe_reach(fields->model, 1 / range);
    reach = (hft_bounds){fmin(1 + reach.low, 0), 1 + reach.high};
  }
  hft_fields_put(fields, "inventory", "0.1 x lots / quote_qty", "position", held, inventory);
  hft_fields_put(fields, "bid_quote", "",
                 "1 + distance of the resting bid from the reference price / offset_max (or "
                 "-offset_min where that is more); 0: none",
                 reach, quote[HFT_BID]);
  hft_fields_put(fields, "ask_quote", "", "the same of the resting offer", reach, quote[HFT_ASK]);
  hft_fields_put(fields, "bid_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the bid in its queue; -0.2: none rests", queue, ahead[HFT_BID]);
  hft_fields_put(fields, "ask_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the offer in its queue; -0.2: none rests", queue, ahead[HFT_ASK]);
}

static void act(const hft_seat_view *view, const float *action) {
  const maker_keys *maker = keys_of(view);
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
                  keys_of(view)->quote_qty;
  return after <= view->model->risk.max_inventory;
}

static int64_t size_of(const void *keys) {
  const maker_keys *maker = keys;
  return maker->quote_qty;
}

const hft_role_class hft_role_maker_class = {
    .section = {"maker", "seats that quote both sides", key_table,
                sizeof key_table / sizeof key_table[0], sizeof(maker_keys)},
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
