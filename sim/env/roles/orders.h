// Inside of sim/env: what roles share: from an axis to prices and lots, and the orders of a seat.
#ifndef HFTSIM_SIM_ENV_ROLES_ORDERS_H
#define HFTSIM_SIM_ENV_ROLES_ORDERS_H

#include <math.h>

#include "sim/env/state.h"

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
