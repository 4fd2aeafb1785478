// Inside of sim/env: the roles. A role says what a seat observes of itself, what its action means,
// and what it is held to; all else is the same for all seats.
#ifndef HFTSIM_SIM_ENV_ROLES_ROLE_H
#define HFTSIM_SIM_ENV_ROLES_ROLE_H

#include <math.h>

#include "sim/env/env.h"
#include "sim/env/fields.h"

// clang-format off
// What roles have in common: how many seats, of those that trade one instrument which, and latency.
#define HFT_SEAT_KEYS(X)                                                                          \
  X(INT, count, "1", 1, 256, "seats", "seats of this role")
#define HFT_SEAT_INSTRUMENT_KEYS(X)                                                               \
  X(INT, instrument, "0", 0, 63, "", "instrument that the seats trade: 0, 1, ...")
#define HFT_SEAT_LATENCY_KEYS(X)                                                                  \
  X(REAL, latency_us, "-1", -1, 1e9, "us",                                                        \
    "latency in place of exchange_config.latency_us; negative: that one")

#define HFT_MAKER_KEYS(X)                                                                         \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(REAL, offset_min, "0", -1e6, 1e6, "ticks",                                                    \
    "smallest distance of a quote from the reference price")                                      \
  X(REAL, offset_max, "10", -1e6, 1e6, "ticks", "largest distance of a quote from it")            \
  HFT_SEAT_LATENCY_KEYS(X)

#define HFT_EXECUTOR_KEYS(X)                                                                      \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(CHOICE, side, "buy", 0, 0, "buy|sell", "side of the parent order")                            \
  X(INT, parent_qty, "200", 1, 1000000000, "lots", "size of the parent order")                    \
  X(REAL, offset_max, "10", 1, 10000, "ticks",                                                    \
    "largest distance of a limit price from the touch")                                           \
  HFT_SEAT_LATENCY_KEYS(X)

#define HFT_TAKER_KEYS(X)                                                                         \
  HFT_SEAT_KEYS(X)                                                                                \
  HFT_SEAT_INSTRUMENT_KEYS(X)                                                                     \
  X(INT, order_qty, "10", 1, 1000000, "lots", "largest order in a step")                          \
  HFT_SEAT_LATENCY_KEYS(X)

#define HFT_PORTFOLIO_KEYS(X)                                                                     \
  HFT_SEAT_KEYS(X)                                                                                \
  X(REAL, cash, "1e6", 0, 1e15, "currency x lots", "cash at the start")                           \
  X(INT, holding, "0", 0, 1000000000, "lots", "lots of each instrument held at the start")        \
  X(INT, count_max, "10", 1, 1000000, "lots", "largest order in a step, for each instrument")     \
  X(REAL, price_range, "10", 1, 10000, "ticks",                                                   \
    "largest distance of a limit price from the reference price")                                 \
  HFT_SEAT_LATENCY_KEYS(X)

typedef struct hft_maker_keys { HFT_MAKER_KEYS(HFT_KEY_MEMBER) } hft_maker_keys;
typedef struct hft_executor_keys { HFT_EXECUTOR_KEYS(HFT_KEY_MEMBER) } hft_executor_keys;
typedef struct hft_taker_keys { HFT_TAKER_KEYS(HFT_KEY_MEMBER) } hft_taker_keys;
typedef struct hft_portfolio_keys { HFT_PORTFOLIO_KEYS(HFT_KEY_MEMBER) } hft_portfolio_keys;
// clang-format on

// The keys of a seat, by its role.
typedef union hft_seat_keys {
  hft_maker_keys maker;
  hft_executor_keys executor;
  hft_taker_keys taker;
  hft_portfolio_keys portfolio;
} hft_seat_keys;

typedef struct hft_seat_view hft_seat_view;

// One axis of a role's action, at each of the seat's instruments.
typedef struct hft_axis {
  const char *name, *unit, *help;
  int choices;  // where actions are discrete; 0: env_config.action_choices
  float idle;   // does nothing, whatever the other axes say, and is never forbidden
} hft_axis;

typedef struct hft_role_class {
  const hft_agent_class *agent_class;  // a seat is an agent that only the env moves
  bool all_instruments;                // it trades all, not one
  int axis_count;                      // at each instrument
  const hft_axis *axes;
  // Checks the keys; may be null.
  hft_status (*check)(const hft_seat_keys *keys, const char *where, hft_error *error);
  // What the seat knows of itself. view null: names alone, for so many instruments.
  void (*observe)(const hft_seat_view *view, int instrument_count, hft_fields *fields);
  // Acts on numbers in [-1, 1], [instrument][axis].
  void (*act)(const hft_seat_view *view, const float *action);
  // What the seat may spend, ticks x lots, which becomes its view's `purse` before it is asked what
  // it may choose. Null: nobody asks.
  double (*cash_budget)(const hft_seat_view *view);
  // May this value be chosen on an axis at the k-th instrument? Null: always.
  bool (*allows)(const hft_seat_view *view, int k, int axis, float value);
  // Lots at the k-th instrument that penalties count.
  int64_t (*exposure)(const hft_seat_view *view, int k);
  // Lots by which rewards are divided per lot.
  int64_t (*size)(const hft_seat_keys *keys);
  // Lots of each instrument held at the start, beside its account. Null: none.
  int64_t (*holding)(const hft_seat_keys *keys);
  bool inventory_limited;  // risk_config.max_inventory holds for it
  // Lots that it has to buy (negative: to sell) by the end of the episode, when what is left of
  // them is closed. Null: none.
  int64_t (*parent)(const hft_seat_keys *keys);
} hft_role_class;

extern const hft_section hft_maker_seat_section, hft_executor_seat_section, hft_taker_seat_section,
    hft_portfolio_seat_section;
extern const hft_role_class hft_role_maker_class, hft_role_executor_class, hft_role_taker_class,
    hft_role_portfolio_class;
const hft_role_class *hft_role_class_of(hft_role role);

static inline const char *hft_role_name(hft_role role) {
  return hft_role_class_of(role)->agent_class->section->name;
}

// ---- what roles share --------------------------------------------------------------------------

// An axis as a distance: -1 .. 1 becomes low .. high.
static inline double hft_axis_between(float action, double low, double high) {
  return low + 0.5 * ((double)action + 1) * (high - low);
}

// What rounding to a float may take from a number in [-1, 1]: 0.2 of ten ticks are two.
#define HFT_AXIS_ROUNDING 0x1p-25

// An axis as a signed count of lots, -`most` .. `most`, halves rounded away from 0.
static inline int64_t hft_axis_lots(float action, int64_t most) {
  double lots = floor((fabs((double)action) + HFT_AXIS_ROUNDING) * (double)most + 0.5);
  return (int64_t)(action < 0 ? -lots : lots);
}

// A price that an axis of so many ticks has led to, in whole ticks: none above it for a bid, none
// below it for an offer.
static inline double hft_axis_price(hft_side side, double price, double ticks) {
  double lost = HFT_AXIS_ROUNDING * ticks;
  return side == HFT_BID ? floor(price + lost) : ceil(price - lost);
}

// The price as an order may have it: in the window, and where it must not trade, off the other
// side's best.
hft_price hft_seat_price(const hft_desk *desk, hft_side side, hft_tif tif, double price);

// The seat's position at its first instrument, whichever k is: the exposure of a seat with one.
int64_t hft_seat_position(const hft_seat_view *view, int k);

// So many lots as one order may have.
hft_qty hft_seat_order_qty(const hft_desk *desk, int64_t qty);

// The largest position, long or short, that an order of so many lots may lead to: max_inventory, or
// what it leads to by itself from the position that the seat saw, where that is more: that is its
// own choice, and ends its episode.
int64_t hft_seat_most(const hft_seat_view *view, hft_side side, int64_t qty);

// Cuts a new order so that it does not take the position beyond `most`, together with whatever
// else of the side may still trade, orders under way included.
int64_t hft_seat_room(const hft_desk *desk, hft_side side, int64_t qty, int64_t most);

// Places, moves or leaves alone one of the seat's quotes, post-only, so that it stands at `price`
// with `qty`, cut likewise. qty 0 withdraws it. An order at that price that is not larger than
// `qty` keeps its place.
void hft_seat_quote(const hft_desk *desk, hft_order_id *quote, hft_side side, double price,
                    int64_t qty, int64_t most);

// The seat's orders of a side, taken together.
typedef struct hft_seat_orders {
  int64_t qty;    // lots
  int64_t ahead;  // lots before the first of them in its queue; -1: none rests
} hft_seat_orders;
hft_seat_orders hft_seat_standing(const hft_desk *desk, hft_side side);

// What a seat's orders at an instrument may still do, all together and whenever those under way
// arrive.
typedef struct hft_seat_limit {
  int64_t lots;  // of the side that may still trade
  double cash;   // ticks x lots that may still be paid, fees included; HFT_SEAT_CASH_ANY: any
} hft_seat_limit;
#define HFT_SEAT_CASH_ANY 1e300

// Makes the seat's orders of a side so many lots at `price`, as far as the limit allows. What
// stands there keeps its place: what is missing joins the queue behind, what is too much is taken
// off the orders that came last. Of those elsewhere the first moves there by a replacement, so that
// its lots are never there twice, and the others leave.
void hft_seat_work(const hft_desk *desk, hft_side side, double price, int64_t qty,
                   hft_seat_limit limit);

// Cuts the seat's orders of a side to so many lots in all, those that came last first.
void hft_seat_cut(const hft_desk *desk, hft_side side, int64_t qty);

#endif
