// The role `portfolio`: for each instrument a signed count of lots, the highest price to bid and
// the lowest to offer. It neither owes shares nor cash.
#include "sim/env/features/queue.h"
#include "sim/env/features/scale.h"
#include "sim/env/roles/orders.h"
#include "sim/env/view.h"
#include "sim/process/basket.h"

// clang-format off
#define PORTFOLIO_KEYS(X)                                                                         \
  HFT_SEAT_KEYS(X)                                                                                \
  X(REAL, cash, "1e6", 0, 1e15, "currency x lots", "cash at the start")                           \
  X(INT, holding, "0", 0, 1000000000, "lots", "lots of each instrument held at the start")        \
  X(INT, count_max, "10", 1, 1000000, "lots", "largest order in a step, for each instrument")     \
  X(REAL, price_range, "10", 1, 10000, "ticks",                                                   \
    "largest distance of a limit price from the reference price")                                 \
  HFT_SEAT_LATENCY_KEYS(X)
// clang-format on

typedef struct portfolio_keys {
  PORTFOLIO_KEYS(HFT_KEY_MEMBER)
} portfolio_keys;

#define HFT_KEY_STRUCT portfolio_keys
static const hft_key key_table[] = {PORTFOLIO_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_agent_class seat_class = {
    .section = &hft_role_portfolio_class.section,
    .params_size = sizeof(portfolio_keys),
    .key = {.latency_us = HFT_PARAM(portfolio_keys, latency_us)},
    .open_orders_max = HFT_SEAT_ORDERS,
};

enum { COUNT, BID_PRICE, OFFER_PRICE, AXES };

static int write_axes(const void *keys, hft_axis axes[HFT_ROLE_AXES_MAX]) {
  const portfolio_keys *portfolio = keys;
  double most = (double)portfolio->count_max, range = portfolio->price_range;
  axes[COUNT] = hft_axis_number("count", "lots", -most, most, 0,
                                "lots to bid for where positive, to offer where negative, rounded "
                                "to whole ones, halves away from 0; 0 holds, and withdraws what "
                                "rests");
  axes[BID_PRICE] = hft_axis_number("bid_price", "ticks", -range, range, HFT_AXIS_ALWAYS,
                                    "highest price to pay, from the reference price up");
  axes[OFFER_PRICE] = hft_axis_number("offer_price", "ticks", -range, range, HFT_AXIS_ALWAYS,
                                      "lowest price to sell at, from the reference price up");
  return AXES;
}

static const portfolio_keys *keys_of(const hft_seat_view *view) {
  return view->seat_model->keys;
}

static int64_t held(const hft_seat_view *view, const hft_desk *desk) {
  return keys_of(view)->holding + hft_desk_account(desk)->position;
}

// Cash at the start, in ticks x lots.
static double start_cash(const hft_seat_view *view) {
  return keys_of(view)->cash / hft_desk_instrument(&view->desk)->tick_size;
}

// Cash now, fees paid.
static double cash_now(const hft_seat_view *view) {
  double cash = start_cash(view);
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    const hft_account *account = hft_desk_account(&desk);
    cash += (double)account->cash - HFT_FEE_UNIT * (double)account->fees;
  }
  return cash;
}

// What the seat was worth at the start, ticks x lots.
static double start_worth(const hft_seat_view *view) {
  double worth = start_cash(view);
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    worth += (double)keys_of(view)->holding * view->history[k].start;
  }
  return worth;
}

static void observe_instrument(const hft_seat_view *view, int k, hft_fields *fields) {
  double have = 0, open[2] = {0, 0}, ahead[2] = {0, 0};
  if (view != NULL) {
    hft_desk desk = hft_seat_desk(view, k);
    double most = (double)keys_of(view)->count_max;
    have = 0.1 * (double)held(view, &desk) / most;
    for (int side = 0; side < 2; side++) {
      hft_seat_orders standing = hft_seat_standing(view, &desk, (hft_side)side);
      open[side] = (double)standing.qty / most;
      ahead[side] = hft_scale_queue(view->model, standing.ahead);
    }
  }
  hft_fields_put(fields, "holding", "0.1 x lots / count_max", "lots held", HFT_BOUNDS_FROM_0, have);
  hft_fields_put(fields, "bid_open", "lots / count_max", "lots bid for", HFT_BOUNDS_FROM_0,
                 open[HFT_BID]);
  hft_fields_put(fields, "offer_open", "lots / count_max", "lots offered", HFT_BOUNDS_FROM_0,
                 open[HFT_ASK]);
  hft_fields_put(fields, "bid_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the first of its bids in their queue; -0.2: none rests",
                 HFT_SCALE_QUEUE_BOUNDS, ahead[HFT_BID]);
  hft_fields_put(fields, "offer_queue_ahead", HFT_SCALE_LOTS,
                 "lots before the first of its offers in their queue; -0.2: none rests",
                 HFT_SCALE_QUEUE_BOUNDS, ahead[HFT_ASK]);
}

static void observe(const hft_seat_view *view, int instrument_count, hft_fields *fields) {
  static const char *const gains[] = HFT_SCALE_UNITS("ticks x lots / (count_max x instruments)");
  const char *unit = "";
  double cash = 0, gain = 0;
  if (view != NULL) {
    double worth = start_worth(view);
    cash = worth > 0 ? cash_now(view) / worth : 0;
    double size = (double)keys_of(view)->count_max * instrument_count;
    gain = hft_scale_of(view->model, HFT_MEASURE_GAIN) * hft_seat_gain(view) / size;
  } else if (fields->model != NULL) {
    unit = hft_scale_pick(fields->model, HFT_MEASURE_GAIN, gains);
  }
  const char *before = fields->prefix;
  for (int k = 0; k < instrument_count; k++) {
    char prefix[HFT_NAME_SIZE];
    if (fields->index != NULL && instrument_count > 1) {
      hft_fields_prefix(prefix, "%si%d_", before != NULL ? before : "", k);
      fields->prefix = prefix;
    }
    observe_instrument(view, k, fields);
  }
  fields->prefix = before;
  hft_fields_put(fields, "cash", "share of the worth at the start", "cash, fees paid",
                 HFT_BOUNDS_ANY, cash);
  hft_fields_put(fields, "gain", unit, "net worth since the start", HFT_BOUNDS_ANY, gain);
}

// The price that an axis means, before it is put into the window.
static double price_of(const hft_seat_view *view, int k, hft_side side, float action) {
  double range = keys_of(view)->price_range;
  return hft_axis_price(side, view->history[k].mark + range * (double)action, range);
}

// What an action asks for at an instrument: lots to bid for or to offer, and at which price.
typedef struct request {
  int64_t bid, offer;
  double price;
} request;

// Lots that `cash` pays for at once, fees included, at worst.
static int64_t affordable(const hft_desk *desk, double price, double cash) {
  double each = hft_desk_outlay(desk, HFT_BID, hft_seat_price(desk, HFT_BID, HFT_GTC, price));
  if (each <= 0) return INT64_MAX;
  double lots = floor(cash / each);
  return lots > 0 ? (int64_t)(lots < 0x1p62 ? lots : 0x1p62) : 0;
}

// As the instruments come, each bids for at most what is left of the cash.
static request read_request(const hft_seat_view *view, int k, const float *action, double *cash) {
  hft_desk desk = hft_seat_desk(view, k);
  int64_t count = hft_axis_lots(action[COUNT], keys_of(view)->count_max);
  hft_side side = count > 0 ? HFT_BID : HFT_ASK;
  request asked = {.price = price_of(view, k, side, action[count > 0 ? BID_PRICE : OFFER_PRICE])};
  if (count > 0) {
    int64_t most = affordable(&desk, asked.price, *cash);
    asked.bid = count < most ? count : most;
    *cash -= (double)asked.bid *
             hft_desk_outlay(&desk, HFT_BID, hft_seat_price(&desk, HFT_BID, HFT_GTC, asked.price));
  } else {
    int64_t have = held(view, &desk);
    asked.offer = -count < have ? -count : have > 0 ? have : 0;
  }
  return asked;
}

// Cash that is left where all orders have taken what they could, those of one instrument apart.
static double free_cash(const hft_seat_view *view, int but) {
  double cash = cash_now(view);
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    if (k != but) cash -= hft_desk_committed(&desk);
  }
  return cash;
}

// First all that is too much leaves, so that its cash is free and nothing meets the seat's own
// orders; then the rest comes, each within the cash that no other order could still take.
static void act(const hft_seat_view *view, const float *action) {
  request asked[HFT_BASKET_MAX];
  double cash = cash_now(view);
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    asked[k] = read_request(view, k, action + (ptrdiff_t)AXES * k, &cash);
    hft_desk desk = hft_seat_desk(view, k);
    hft_seat_cut(&desk, HFT_BID, asked[k].bid);
    hft_seat_cut(&desk, HFT_ASK, asked[k].offer);
  }
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    if (asked[k].bid + asked[k].offer == 0) continue;
    hft_desk desk = hft_seat_desk(view, k);
    hft_side side = asked[k].bid > 0 ? HFT_BID : HFT_ASK;
    int64_t lots = side == HFT_BID ? INT64_MAX / 4 : held(view, &desk);
    hft_seat_work(&desk, side, asked[k].price, asked[k].bid + asked[k].offer,
                  (hft_seat_limit){lots, free_cash(view, k)});
  }
}

// No offers of what is not held, no bids of which not one lot could be paid at any price.
static bool allows(const hft_seat_view *view, int k, int axis, float value) {
  if (axis != COUNT) return true;
  int64_t lots = hft_axis_lots(value, keys_of(view)->count_max);
  hft_desk desk = hft_seat_desk(view, k);
  if (lots < 0) return held(view, &desk) > 0;
  return lots == 0 || affordable(&desk, price_of(view, k, HFT_BID, -1), view->cash_budget) > 0;
}

static int64_t exposure(const hft_seat_view *view, int k) {
  hft_desk desk = hft_seat_desk(view, k);
  return held(view, &desk);
}

static int64_t size_of(const void *keys) {
  const portfolio_keys *portfolio = keys;
  return portfolio->count_max;
}

static int64_t holding_of(const void *keys) {
  const portfolio_keys *portfolio = keys;
  return portfolio->holding;
}

const hft_role_class hft_role_portfolio_class = {
    .section = {"portfolio", "seats that hold cash and all instruments", key_table,
                sizeof key_table / sizeof key_table[0], sizeof(portfolio_keys)},
    .agent_class = &seat_class,
    .all_instruments = true,
    .axes = write_axes,
    .observe = observe,
    .act = act,
    .cash_budget = cash_now,
    .allows = allows,
    .exposure = exposure,
    .size = size_of,
    .holding = holding_of,
};
