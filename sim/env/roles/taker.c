// The role `taker`: takes a direction, at market.
#include "sim/env/features/parts.h"
#include "sim/env/features/scale.h"
#include "sim/env/roles/orders.h"

// clang-format off
#define TAKER_KEYS(X)                                                                             \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(INT, order_qty, "10", 1, 1000000, "lots", "largest order in a step")                          \
  HFT_SEAT_LATENCY_KEYS(X)
// clang-format on

typedef struct taker_keys {
  TAKER_KEYS(HFT_KEY_MEMBER)
} taker_keys;

#define HFT_KEY_STRUCT taker_keys
static const hft_key key_table[] = {TAKER_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_agent_class seat_class = {
    .section = &hft_role_taker_class.section,
    .params_size = sizeof(taker_keys),
    .key = {.latency_us = HFT_PARAM(taker_keys, latency_us),
            .instrument = HFT_PARAM(taker_keys, instrument)},
    .open_orders_max = HFT_SEAT_ORDERS,
};

static int write_axes(const void *keys, hft_axis axes[HFT_ROLE_AXES_MAX]) {
  const taker_keys *taker = keys;
  double most = (double)taker->order_qty;
  axes[0] = hft_axis_number("direction", "lots", -most, most, 0,
                            "lots bought at market where positive, sold where negative, rounded "
                            "to whole ones, halves away from 0");
  axes[0].choices = 3;
  return 1;
}

static const taker_keys *keys_of(const hft_seat_view *view) {
  return view->seat_model->keys;
}

static int64_t lots_of(const hft_seat_view *view, float action) {
  return hft_axis_lots(action, keys_of(view)->order_qty);
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  (void)instrument_count;
  static const char *const gains[] = HFT_SCALE_UNITS("ticks x lots / order_qty");
  const char *unit = "";
  double inventory = 0, gain = 0;
  hft_bounds held = HFT_BOUNDS_ANY;
  if (view != NULL) {
    double size = (double)keys_of(view)->order_qty;
    inventory = 0.1 * (double)hft_desk_account(&view->desk)->position / size;
    gain = hft_scale_of(view->model, HFT_MEASURE_GAIN) * hft_seat_gain(view) / size;
  } else if (fields->keys != NULL) {
    const taker_keys *taker = fields->keys;
    held = hft_observe_held(fields->model, taker->order_qty);
    unit = hft_scale_pick(fields->model, HFT_MEASURE_GAIN, gains);
  }
  hft_fields_put(fields, "inventory", "0.1 x lots / order_qty", "position", held, inventory);
  hft_fields_put(fields, "gain", unit, "P&L since the start, fees paid", HFT_BOUNDS_ANY, gain);
}

static void act(const hft_seat_view *view, const float *action) {
  const hft_desk *desk = &view->desk;
  if (hft_desk_open_count(desk) > 0) hft_desk_cancel_all(desk);  // what waited for an auction
  int64_t signed_lots = lots_of(view, action[0]);
  hft_side side = signed_lots < 0 ? HFT_ASK : HFT_BID;
  int64_t lots = signed_lots < 0 ? -signed_lots : signed_lots;
  lots = hft_seat_room(desk, side, lots, hft_seat_most(view, side, lots));
  if (lots == 0) return;
  hft_desk_submit(desk,
                  &(hft_order){side, HFT_IOC, HFT_PRICE_MARKET, hft_seat_order_qty(desk, lots), 0});
}

// No order that would pass max_inventory.
static bool allows(const hft_seat_view *view, int k, int axis, float value) {
  (void)k, (void)axis;
  int64_t lots = lots_of(view, value), after = hft_desk_account(&view->desk)->position + lots;
  int64_t most = view->model->risk.max_inventory;
  return lots == 0 || (lots > 0 ? after <= most : after >= -most);
}

static int64_t size_of(const void *keys) {
  const taker_keys *taker = keys;
  return taker->order_qty;
}

const hft_role_class hft_role_taker_class = {
    .section = {"taker", "seats that buy or sell at market", key_table,
                sizeof key_table / sizeof key_table[0], sizeof(taker_keys)},
    .agent_class = &seat_class,
    .axes = write_axes,
    .observe = observe,
    .act = act,
    .allows = allows,
    .exposure = hft_seat_position,
    .size = size_of,
    .inventory_limited = true,
};
