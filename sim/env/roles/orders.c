#include "sim/env/roles/orders.h"

#include "sim/env/features/queue.h"

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

int64_t hft_seat_most(const hft_seat_view *view, hft_side side, int64_t qty) {
  int64_t most = view->model->risk.max_inventory;
  int64_t after = hft_side_sign(side) * view->seat->seen + qty;
  return after > most ? after : most;
}

// `own` of the lots that may still trade are those of the order whose place the new one takes.
static int64_t room_for(const hft_desk *desk, hft_side side, int64_t qty, int64_t most,
                        int64_t own) {
  int64_t held = hft_side_sign(side) * hft_desk_account(desk)->position;
  int64_t room = most - held - (hft_desk_exposed(desk, side) - own);
  if (room < 0) room = 0;
  return qty < room ? qty : room;
}

int64_t hft_seat_room(const hft_desk *desk, hft_side side, int64_t qty, int64_t most) {
  return room_for(desk, side, qty, most, 0);
}

void hft_seat_quote(const hft_desk *desk, hft_order_id *quote, hft_side side, double price,
                    hft_seat_size size) {
  hft_order resting;
  int64_t qty = size.qty;
  bool live = hft_desk_order(desk, *quote, &resting);
  // Each of the seat's orders holds one of its slots: with room for as many of the largest there is
  // nothing to add up.
  int64_t held = hft_side_sign(side) * hft_desk_account(desk)->position;
  if (qty > 0 && size.most - held < (HFT_SEAT_ORDERS + 1) * size.largest) {
    qty = room_for(desk, side, qty, size.most, live ? resting.qty : 0);
  }
  if (qty == 0) {
    if (live) hft_desk_cancel(desk, *quote);
    return;
  }
  hft_order order = {side, HFT_POST_ONLY, hft_seat_price(desk, side, HFT_POST_ONLY, price),
                     hft_seat_order_qty(desk, qty), 0};
  if (!live) {
    *quote = hft_desk_submit(desk, &order);
  } else if (resting.price != order.price || resting.qty > order.qty ||
             (size.grows && resting.qty < order.qty)) {
    *quote = hft_desk_replace(desk, *quote, order.price, order.qty);
  }
}

hft_seat_orders hft_seat_standing(const hft_seat_view *view, const hft_desk *desk, hft_side side) {
  hft_seat_orders sum = {0, -1};
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_order(desk, id, &order) || order.side != side) continue;
    sum.qty += order.qty;
    int64_t ahead = hft_queue_ahead(view, desk, id);
    if (ahead >= 0 && (sum.ahead < 0 || ahead < sum.ahead)) sum.ahead = ahead;
  }
  return sum;
}

// ---- orders of a side at one price -------------------------------------------------------------

typedef struct standing {
  hft_order_id id;
  hft_order order;
  int64_t qty;  // that it is to have
} standing;

// The seat's live orders of a side, those that came first first. Returns how many.
static int collect(const hft_desk *desk, hft_side side, standing *found) {
  int count = 0;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    standing next = {.id = hft_desk_open(desk, k)};
    if (!hft_desk_order(desk, next.id, &next.order) || next.order.side != side) continue;
    next.qty = next.order.qty;
    int at = count++;
    for (; at > 0 && found[at - 1].id.number > next.id.number; at--) found[at] = found[at - 1];
    found[at] = next;
  }
  return count;
}

// What a seat's orders at an instrument may still do, and what they have done of it.
typedef struct budget {
  const hft_desk *desk;
  hft_side side;
  hft_seat_limit limit;
  int64_t position, fees;  // before
  hft_cash cash;
} budget;

// Lots for which there is cash at a price, in the place of an order that may still trade before
// they arrive. Those lots are paid for already, up to a better price.
static double affordable(double cash, double each, const hft_stake *own) {
  double more = each - own->cheapest;
  if (more <= 0) return (double)own->lots + cash / each;
  double lots = cash / more;
  if (lots <= (double)own->lots) return lots;
  return (double)own->lots + (cash - more * (double)own->lots) / each;
}

// The largest size that an order at a price may have; `replaced`: whose place it takes, or null.
static int64_t allowed(const budget *b, hft_price price, const standing *replaced) {
  const hft_account *now = hft_desk_account(b->desk);
  bool travels = hft_desk_latency_bound(b->desk) > 0;
  bool pays = b->limit.cash < HFT_SEAT_CASH_ANY;
  hft_stake own = {0, 0, 0};
  if (replaced != NULL) {
    own.lots = replaced->order.qty;
    if (travels || pays) own = hft_desk_stake(b->desk, replaced->id);
  }
  int64_t traded = hft_side_sign(b->side) * (now->position - b->position);
  int64_t lots = b->limit.lots - traded - hft_desk_exposed(b->desk, b->side) + own.lots;
  double each = pays ? hft_desk_outlay(b->desk, b->side, price) : 0;
  if (each > 0) {
    double paid = (double)(b->cash - now->cash) + HFT_FEE_UNIT * (double)(now->fees - b->fees);
    double cash = b->limit.cash - paid - hft_desk_committed(b->desk);
    if (!travels) {  // it leaves before the new one comes
      cash += own.cash;
      own.lots = 0;
    }
    double most = floor(affordable(cash, each, &own));
    if (most < (double)lots) lots = (int64_t)most;
  }
  return lots > 0 ? lots : 0;
}

// Gives an order a price and a size, within the budget. It keeps its place where it can.
static void amend(const budget *b, const standing *s, hft_price price) {
  int64_t qty = s->qty;
  if (price != s->order.price || qty > s->order.qty) {
    int64_t most = allowed(b, price, s);
    if (qty > most) qty = most;
  }
  if (qty == 0) {
    hft_desk_cancel(b->desk, s->id);
  } else if (price != s->order.price || qty != s->order.qty) {
    hft_desk_replace(b->desk, s->id, price, hft_seat_order_qty(b->desk, qty));
  }
}

// An order of its own, so that the others keep their places; where there are too many, the last one
// makes room.
static void top_up(const budget *b, hft_price price, int64_t more) {
  if (hft_desk_open_count(b->desk) < HFT_SEAT_ORDERS) {
    int64_t most = allowed(b, price, NULL);
    if (more > most) more = most;
    if (more == 0) return;
    hft_desk_submit(b->desk,
                    &(hft_order){b->side, HFT_GTC, price, hft_seat_order_qty(b->desk, more), 0});
    return;
  }
  standing found[HFT_SEAT_ORDERS];
  int count = collect(b->desk, b->side, found);
  if (count == 0) return;
  found[count - 1].qty += more;
  amend(b, &found[count - 1], price);
}

void hft_seat_work(const hft_desk *desk, hft_side side, double price, int64_t qty,
                   hft_seat_limit limit) {
  const hft_account *account = hft_desk_account(desk);
  const budget b = {desk, side, limit, account->position, account->fees, account->cash};
  hft_price at = hft_seat_price(desk, side, HFT_GTC, price);
  standing found[HFT_SEAT_ORDERS], *mover = NULL;
  int count = collect(desk, side, found);
  int64_t more = qty;
  for (int i = 0; i < count; i++) {
    if (found[i].order.price != at) continue;
    if (found[i].qty > more) found[i].qty = more;
    more -= found[i].qty;
    amend(&b, &found[i], at);
  }
  for (int i = 0; i < count; i++) {
    if (found[i].order.price == at) continue;
    if (mover == NULL && more > 0) {
      mover = &found[i];
    } else {
      hft_desk_cancel(desk, found[i].id);
    }
  }
  if (mover != NULL) {
    mover->qty = more;
    amend(&b, mover, at);
  } else if (more > 0) {
    top_up(&b, at, more);
  }
}

void hft_seat_cut(const hft_desk *desk, hft_side side, int64_t qty) {
  standing found[HFT_SEAT_ORDERS];
  int count = collect(desk, side, found);
  for (int i = 0; i < count; i++) {
    int64_t keep = found[i].order.qty < qty ? found[i].order.qty : qty;
    qty -= keep;
    if (keep == 0) {
      hft_desk_cancel(desk, found[i].id);
    } else if (keep < found[i].order.qty) {
      hft_desk_reduce(desk, found[i].id, (hft_qty)(found[i].order.qty - keep));
    }
  }
}
