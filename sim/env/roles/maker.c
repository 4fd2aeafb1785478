// The role `maker`: quotes both sides.
#include "sim/env/features/parts.h"
#include "sim/env/features/queue.h"
#include "sim/env/features/scale.h"
#include "sim/env/roles/orders.h"

// clang-format off
#define MAKER_KEYS(X)                                                                             \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote; with `sizes` the largest")     \
  X(CHOICE, quoting, "offsets", 0, 0, "offsets|centre",                                           \
    "actions set the distance of each quote from the reference price, or the middle of both "     \
    "quotes and half their distance")                                                             \
  X(CHOICE, offset_unit, "spread", 0, 0, "spread|ticks",                                          \
    "unit of the next three keys: the mean spread of the last 32 steps in whole ticks, or ticks") \
  X(REAL, offset_min, "0", -1e6, 1e6, "offset_unit",                                              \
    "smallest distance of a quote from the reference price, or from the middle")                  \
  X(REAL, offset_max, "1", -1e6, 1e6, "offset_unit", "largest distance of a quote from it")       \
  X(REAL, centre_max, "1", 0, 1e6, "offset_unit",                                                 \
    "largest distance of the middle from the reference price (quoting: centre)")                  \
  X(BOOL, withdraw, "true", 0, 0, "",                                                             \
    "actions have an axis for each quote that withdraws it; otherwise both always stand")         \
  X(BOOL, sizes, "false", 0, 0, "", "actions have an axis for the size of each quote")            \
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

enum { OFFSETS, CENTRE };     // quoting
enum { SPREAD, TICKS };       // offset_unit
enum { MIDDLE, HALF_WIDTH };  // axes of CENTRE
#define PRICES 2              // axes that set prices: bid and offer, or MIDDLE and HALF_WIDTH
#define OFF (-0.5f)           // an axis bid_on or ask_on below it withdraws the quote

static bool is_on(float action) {
  return action >= OFF;
}

// The index of the axis bid_on, which ask_on follows. The axes of sizes, if there are any, come
// before; all axes of offers have odd indices.
static int switches_at(const maker_keys *maker) {
  return PRICES + (maker->sizes ? 2 : 0);
}

static hft_axis onoff(const char *name, const char *help) {
  return (hft_axis){name, "", help, 0, 1, .choices = 2, .idle = -1};
}

static void write_price_axes(const maker_keys *maker, hft_axis *axes) {
  const char *unit = maker->offset_unit == TICKS ? "ticks" : "spreads";
  double low = maker->offset_min, high = maker->offset_max, reach = maker->centre_max;
  if (maker->quoting == CENTRE) {
    axes[MIDDLE] =
        hft_axis_number("centre", unit, -reach, reach, HFT_AXIS_ALWAYS,
                        "distance of the middle of both quotes above the reference price");
    axes[HALF_WIDTH] = hft_axis_number("half_width", unit, low, high, HFT_AXIS_ALWAYS,
                                       "distance of both quotes from that middle");
  } else {
    axes[HFT_BID] = hft_axis_number("bid_offset", unit, low, high, HFT_AXIS_ALWAYS,
                                    "distance of the bid below the reference price");
    axes[HFT_ASK] = hft_axis_number("ask_offset", unit, low, high, HFT_AXIS_ALWAYS,
                                    "distance of the offer above the reference price");
  }
}

static int write_axes(const void *keys, hft_axis axes[HFT_ROLE_AXES_MAX]) {
  const maker_keys *maker = keys;
  double most = (double)maker->quote_qty;
  write_price_axes(maker, axes);
  int count = PRICES;
  if (maker->sizes) {
    axes[count++] =
        hft_axis_number("bid_size", "lots", 1, most, HFT_AXIS_ALWAYS, "size of the bid");
    axes[count++] =
        hft_axis_number("ask_size", "lots", 1, most, HFT_AXIS_ALWAYS, "size of the offer");
  }
  if (maker->withdraw) {
    axes[count++] = onoff("bid_on", "whether there is a bid; as a number: from -0.5 on");
    axes[count++] = onoff("ask_on", "whether there is an offer; as a number: from -0.5 on");
  }
  return count;
}

static hft_status check(const void *keys, const char *where, hft_error *error) {
  const maker_keys *maker = keys;
  if (maker->offset_min >= maker->offset_max) {
    return hft_fail(error, HFT_ECONFIG, where, "offset_min, %g, must be below offset_max, %g",
                    maker->offset_min, maker->offset_max);
  }
  if (maker->quoting == CENTRE && maker->offset_min < 0) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "offset_min: %g with quoting: centre, where it is the smallest half-width: "
                    "at least 0",
                    maker->offset_min);
  }
  return HFT_OK;
}

static const maker_keys *keys_of(const hft_seat_view *view) {
  return view->seat_model->keys;
}

// Ticks of an offset_unit.
static double unit_of(const hft_seat_view *view) {
  double spread = floor(view->history->spread_seen + 0.5);
  return keys_of(view)->offset_unit == TICKS || spread < 1 ? 1 : spread;
}

// The largest distance of a quote from the reference price, in offset_unit.
static double range_of(const maker_keys *maker) {
  double range = fmax(fabs(maker->offset_min), fabs(maker->offset_max));
  return maker->quoting == CENTRE ? range + maker->centre_max : range;
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  (void)instrument_count;
  double inventory = 0, quote[2] = {0, 0}, ahead[2] = {0, 0};
  hft_bounds held = HFT_BOUNDS_ANY, reach = HFT_BOUNDS_ANY, queue = HFT_SCALE_QUEUE_BOUNDS;
  if (view != NULL) {
    const maker_keys *maker = keys_of(view);
    double range = range_of(maker) * unit_of(view);
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
    double range = range_of(maker);
    held = hft_observe_held(fields->model, maker->quote_qty);
    reach = hft_observe_reach(fields->model, 1 / range);
    reach = (hft_bounds){fmin(1 + reach.low, 0), 1 + reach.high};
  }
  hft_fields_put(fields, "inventory", "0.1 x lots / quote_qty", "position", held, inventory);
  hft_fields_put(fields, "bid_quote", "",
                 "1 + distance of the resting bid from the reference price / the largest that the "
                 "action can ask for; 0: none",
                 reach, quote[HFT_BID]);
  hft_fields_put(fields, "ask_quote", "", "the same of the resting offer", reach, quote[HFT_ASK]);
  hft_fields_put(fields, "bid_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the bid in its queue; -0.2: none rests", queue, ahead[HFT_BID]);
  hft_fields_put(fields, "ask_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the offer in its queue; -0.2: none rests", queue, ahead[HFT_ASK]);
}

// The prices that an action asks for.
static void read_prices(const hft_seat_view *view, const float *action, double price[2]) {
  const maker_keys *maker = keys_of(view);
  double unit = unit_of(view), low = maker->offset_min, high = maker->offset_max;
  double middle = view->history->mark, span = unit * (high - low);
  bool centre = maker->quoting == CENTRE;
  if (centre) {
    double reach = unit * maker->centre_max;
    middle += hft_axis_between(action[MIDDLE], -reach, reach);
    span += 2 * reach;
  }
  for (int side = 0; side < 2; side++) {
    double away = unit * hft_axis_between(action[centre ? HALF_WIDTH : side], low, high);
    price[side] =
        hft_axis_price((hft_side)side, middle - hft_side_sign((hft_side)side) * away, span);
  }
}

// Lots on an axis of sizes: 1 at -1, quote_qty at 1; halves are rounded up.
static int64_t lots_of(const maker_keys *maker, float action) {
  double most = (double)maker->quote_qty;
  return (int64_t)floor(hft_axis_between(action, 1, most) + 0.5 + HFT_AXIS_ROUNDING * most);
}

// Lots that an action asks for on a side; 0: the quote is withdrawn.
static int64_t read_size(const maker_keys *maker, const float *action, int side) {
  if (maker->withdraw && !is_on(action[switches_at(maker) + side])) return 0;
  return maker->sizes ? lots_of(maker, action[PRICES + side]) : maker->quote_qty;
}

static void act(const hft_seat_view *view, const float *action) {
  const maker_keys *maker = keys_of(view);
  double price[2];
  read_prices(view, action, price);
  // A bid that would meet the seat's own old offer waits until that has moved.
  hft_order offer;
  bool meets =
      hft_desk_order(&view->desk, view->quote[HFT_ASK], &offer) && price[HFT_BID] >= offer.price;
  for (int step = 0; step < 2; step++) {
    int side = meets ? 1 - step : step;
    hft_seat_size size = {
        .qty = read_size(maker, action, side), .largest = maker->quote_qty, .grows = maker->sizes};
    // A quote that cannot be withdrawn is no choice of the seat: it is cut to the limit.
    size.most = maker->withdraw ? hft_seat_most(view, (hft_side)side, size.qty)
                                : view->model->risk.max_inventory;
    hft_seat_quote(&view->desk, &view->quote[side], (hft_side)side, price[side], size);
  }
}

// No quote, and no size, whose fill would pass max_inventory.
static bool allows(const hft_seat_view *view, int k, int axis, float value) {
  (void)k;
  const maker_keys *maker = keys_of(view);
  if (axis < PRICES) return true;
  int64_t lots = maker->sizes ? 1 : maker->quote_qty;
  if (axis < switches_at(maker)) {
    if (value <= -1) return true;
    lots = lots_of(maker, value);
  } else if (!is_on(value)) {
    return true;
  }
  int64_t held = hft_side_sign((hft_side)(axis % 2)) * hft_desk_account(&view->desk)->position;
  return held + lots <= view->model->risk.max_inventory;
}

static int64_t size_of(const void *keys) {
  const maker_keys *maker = keys;
  return maker->quote_qty;
}

const hft_role_class hft_role_maker_class = {
    .section = {"maker", "seats that quote both sides", key_table,
                sizeof key_table / sizeof key_table[0], sizeof(maker_keys)},
    .agent_class = &seat_class,
    .axes = write_axes,
    .check = check,
    .observe = observe,
    .act = act,
    .allows = allows,
    .exposure = hft_seat_position,
    .size = size_of,
    .inventory_limited = true,
};
