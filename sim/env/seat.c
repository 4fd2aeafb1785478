#include "sim/env/state.h"

const hft_role_class *hft_role_class_of(hft_role role) {
  static const hft_role_class *const classes[HFT_ROLE_COUNT] = {
      &hft_role_maker_class, &hft_role_executor_class, &hft_role_taker_class,
      &hft_role_portfolio_class};
  return classes[role];
}

hft_price hft_seat_price(const hft_desk *desk, hft_side side, hft_tif tif, double price) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  const hft_book *book = hft_desk_book(desk);
  hft_price placed = instrument->price_min;
  if (price >= instrument->price_max) {
    placed = instrument->price_max;
  } else if (price > instrument->price_min) {
    placed = (hft_price)price;
  }
  if (tif == HFT_POST_ONLY && hft_book_crosses(book, side, placed)) {
    placed = hft_book_best_price(book, hft_side_other(side)) - hft_side_sign(side);
  }
  return placed;
}

int64_t hft_seat_position(const hft_seat_view *view, int k) {
  (void)k;
  return hft_desk_account(&view->desk)->position;
}

hft_qty hft_seat_order_qty(const hft_desk *desk, int64_t qty) {
  int64_t most = hft_model_market_config(desk->model)->order_qty_max;
  return (hft_qty)(qty < most ? qty : most);
}

void hft_seat_quote(const hft_desk *desk, hft_order_id *quote, hft_side side, hft_tif tif,
                    double price, int64_t qty) {
  hft_order resting;
  bool live = hft_desk_order(desk, *quote, &resting);
  if (qty == 0) {
    if (live) hft_desk_cancel(desk, *quote);
    return;
  }
  hft_order order = {side, tif, hft_seat_price(desk, side, tif, price),
                     hft_seat_order_qty(desk, qty), 0};
  if (!live) {
    *quote = hft_desk_submit(desk, &order);
  } else if (resting.price != order.price || resting.qty > order.qty) {
    *quote = hft_desk_replace(desk, *quote, order.price, order.qty);
  }
}

hft_seat_orders hft_seat_standing(const hft_desk *desk, hft_side side) {
  hft_seat_orders sum = {0, -1};
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_order(desk, id, &order) || order.side != side) continue;
    sum.qty += order.qty;
    int64_t ahead = hft_desk_queue_ahead(desk, id);
    if (ahead >= 0 && (sum.ahead < 0 || ahead < sum.ahead)) sum.ahead = ahead;
  }
  return sum;
}

// The seat's order of a side that came last. False: it has none.
static bool find_last(const hft_desk *desk, hft_side side, hft_order_id *last, hft_order *order) {
  bool found = false;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order open;
    if (!hft_desk_order(desk, id, &open) || open.side != side) continue;
    if (found && id.number < last->number) continue;
    found = true;
    *last = id;
    *order = open;
  }
  return found;
}

// Takes lots off the orders of a side, those that came last first.
static void take_off(const hft_desk *desk, hft_side side, int64_t excess) {
  hft_order_id last;
  hft_order order;
  while (excess > 0 && find_last(desk, side, &last, &order)) {
    hft_desk_reduce(desk, last, (hft_qty)(excess < order.qty ? excess : order.qty));
    excess -= order.qty;
  }
}

// `more` lots at the same price: an order of its own, so that the others keep their places; where
// there are too many, the last one makes room.
static void top_up(const hft_desk *desk, hft_side side, hft_price price, int64_t more) {
  hft_order_id last;
  hft_order order;
  if (hft_desk_open_count(desk) < HFT_SEAT_ORDERS) {
    order = (hft_order){side, HFT_GTC, price, hft_seat_order_qty(desk, more), 0};
    hft_desk_submit(desk, &order);
  } else if (find_last(desk, side, &last, &order)) {
    hft_desk_replace(desk, last, price, hft_seat_order_qty(desk, order.qty + more));
  }
}

void hft_seat_work(const hft_desk *desk, hft_side side, double price, int64_t qty) {
  hft_price at = hft_seat_price(desk, side, HFT_GTC, price);
  int64_t standing = 0;
  for (uint32_t k = hft_desk_open_count(desk); k-- > 0;) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_order(desk, id, &order) || order.side != side) continue;
    if (order.price == at && qty > 0) {
      standing += order.qty;
    } else {
      hft_desk_cancel(desk, id);
    }
  }
  if (qty < standing) take_off(desk, side, standing - qty);
  if (qty > standing) top_up(desk, side, at, qty - standing);
}

void hft_seat_trade(const hft_desk *desk, hft_side side, int64_t qty) {
  while (qty > 0) {
    int64_t before = hft_desk_account(desk)->position;
    hft_order order = {side, HFT_IOC, HFT_PRICE_MARKET, hft_seat_order_qty(desk, qty), 0};
    hft_desk_submit(desk, &order);
    int64_t traded = hft_side_sign(side) * (hft_desk_account(desk)->position - before);
    if (traded == 0 || hft_desk_open_count(desk) > 0) return;
    qty -= traded;
  }
}
