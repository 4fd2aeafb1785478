// Inside of sim/env: functions that roles share. They convert axes to prices and lots, and place
// the orders of a seat.
#ifndef HFTSIM_SIM_ENV_ROLES_ORDERS_H
#define HFTSIM_SIM_ENV_ROLES_ORDERS_H

#include <math.h>

#include "sim/env/state.h"

// Maps an axis linearly from [-1, 1] to [low, high].
static inline double hft_axis_between(float action, double low, double high) {
  return low + 0.5 * ((double)action + 1) * (high - low);
}

// Tolerance for the rounding of a number in [-1, 1] to a float: with it, 0.2 of ten ticks are two
// ticks.
#define HFT_AXIS_ROUNDING 0x1p-25

// Maps an axis from [-1, 1] to a signed number of lots in [-most, most]; halves are rounded away
// from 0.
static inline int64_t hft_axis_lots(float action, int64_t most) {
  double lots = floor((fabs((double)action) + HFT_AXIS_ROUNDING) * (double)most + 0.5);
  return (int64_t)(action < 0 ? -lots : lots);
}

// Rounds a price to whole ticks, down for a bid and up for an offer. `ticks` is the range of the
// axis from which the price was computed; it scales the tolerance.
static inline double hft_axis_price(hft_side side, double price, double ticks) {
  double lost = HFT_AXIS_ROUNDING * ticks;
  return side == HFT_BID ? floor(price + lost) : ceil(price - lost);
}

// Clips a price (ticks) to the window. A post-only price that would trade becomes one tick worse
// than the best price of the other side.
hft_price hft_seat_price(const hft_desk *desk, hft_side side, hft_tif tif, double price);

// The seat's position in lots at its first instrument: `exposure` of roles with one instrument,
// where k is always 0.
int64_t hft_seat_position(const hft_seat_view *view, int k);

// The smaller of `qty` and market_config.order_qty_max, in lots.
hft_qty hft_seat_order_qty(const hft_desk *desk, int64_t qty);

// The largest position in lots, long or short, that an order of `qty` lots may lead to. It is
// max_inventory; or, if larger, the position that the order alone leads to from the one that the
// seat saw when it chose its action. Such an order is allowed: it breaks the limit by the seat's
// own choice and ends its episode.
int64_t hft_seat_most(const hft_seat_view *view, hft_side side, int64_t qty);

// The lots, at most `qty`, that a new order may have so that the position stays within `most` even
// if all other orders of the side trade, those on their way included.
int64_t hft_seat_room(const hft_desk *desk, hft_side side, int64_t qty, int64_t most);

// The size of a quote.
typedef struct hft_seat_size {
  int64_t qty;      // lots; cut as by hft_seat_room; 0 cancels the quote
  int64_t largest;  // lots of the largest order that the seat has ever sent
  int64_t most;     // the largest position, long or short, that fills may lead to
  bool grows;       // a quote that is smaller than `qty` loses its place for the missing lots
} hft_seat_size;

// Places, moves or keeps one of the seat's quotes so that a post-only order rests at `price`
// (ticks). An order that already rests at that price keeps its place in the queue, and its size
// where that is smaller than asked for, unless it `grows`. *quote is the id of the order, before
// and after.
void hft_seat_quote(const hft_desk *desk, hft_order_id *quote, hft_side side, double price,
                    hft_seat_size size);

// Sums over the seat's orders of a side.
typedef struct hft_seat_orders {
  int64_t qty;    // lots
  int64_t ahead;  // lots ahead in the queue of the order that has the fewest; -1: none rests
} hft_seat_orders;
// Sums over the seat's live orders of a side, at the desk of one of its instruments.
hft_seat_orders hft_seat_standing(const hft_seat_view *view, const hft_desk *desk, hft_side side);

// Bounds on all orders of a seat at an instrument together, in whatever order requests on their way
// arrive.
typedef struct hft_seat_limit {
  int64_t lots;  // that may still trade on the side
  double cash;   // ticks x lots that may still be paid, fees included; HFT_SEAT_CASH_ANY: no bound
} hft_seat_limit;
#define HFT_SEAT_CASH_ANY 1e300

// Changes the seat's orders of a side so that together they are `qty` lots at `price` (ticks), as
// far as the limit allows. Orders that rest at that price keep their places: missing lots join the
// end of the queue, surplus lots are taken from the newest orders. Of the orders at other prices
// the oldest is moved by a replacement, so that its lots are never in the market twice; the others
// are cancelled.
void hft_seat_work(const hft_desk *desk, hft_side side, double price, int64_t qty,
                   hft_seat_limit limit);

// Reduces the seat's orders of a side to `qty` lots in all, the newest orders first.
void hft_seat_cut(const hft_desk *desk, hft_side side, int64_t qty);

#endif
