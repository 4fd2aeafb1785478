#include "baselines/making/quotes.h"

#include <math.h>

#include "baselines/others.h"
#include "sim/market/model.h"

#define PRICE_MAX (INT32_MAX - 1)  // one less, so that an ask fits above it

static hft_price to_price(double ticks) {
  if (!(ticks >= 1)) return 1;
  return ticks < (double)PRICE_MAX ? (hft_price)ticks : PRICE_MAX;
}

hft_quote_prices hft_quotes_round(double bid, double ask) {
  hft_quote_prices prices = {to_price(floor(bid)), to_price(ceil(ask))};
  if (prices.ask <= prices.bid) prices.ask = prices.bid + 1;
  return prices;
}

int64_t hft_quotes_mid2(const hft_desk *desk) {
  hft_price bid = hft_best_of_others(desk, HFT_BID), ask = hft_best_of_others(desk, HFT_ASK);
  return bid != 0 && ask != 0 ? (int64_t)bid + ask : hft_desk_mid2(desk);
}

double hft_quotes_reference_price(const hft_desk *desk, hft_quotes_reference reference) {
  if (reference == HFT_QUOTES_FUNDAMENTAL) return hft_desk_fundamental(desk);
  return (double)hft_quotes_mid2(desk) / 2;
}

// The wanted price, moved off the other side and into the window.
static hft_price place(const hft_desk *desk, hft_side side, hft_price wanted) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  hft_price far = hft_best_of_others(desk, hft_side_other(side));
  if (side == HFT_BID) {
    if (far != 0 && wanted >= far) wanted = far - 1;
    return wanted < instrument->price_max ? wanted : instrument->price_max;
  }
  if (far != 0 && wanted <= far) wanted = far + 1;
  return wanted > instrument->price_min ? wanted : instrument->price_min;
}

// The quote of a side as the owner knows it; qty 0: none.
typedef struct standing {
  hft_order_id id;
  hft_order order;
} standing;

// Reads the live quotes rather than remembering them, since a replacement that is refused on
// arrival leaves its order unchanged. A second order of a side is cancelled.
static void read_own(const hft_desk *desk, standing own[2]) {
  own[0] = own[1] = (standing){0};
  for (uint32_t k = hft_desk_open_count(desk); k-- > 0;) {
    hft_order_id id = hft_desk_open(desk, k);
    hft_order order;
    if (!hft_desk_order(desk, id, &order)) continue;
    if (own[order.side].order.qty > 0) {
      hft_desk_cancel(desk, id);
    } else {
      own[order.side] = (standing){id, order};
    }
  }
}

// The largest quote of a side that keeps the position within the limit, together with everything
// else that rests or is under way, whatever arrives and trades first.
static int64_t room(const hft_desk *desk, hft_side side, const standing *own, int64_t quote_qty,
                    int64_t max_inventory) {
  int64_t position = hft_side_sign(side) * hft_desk_account(desk)->position;
  int64_t others = hft_desk_exposed(desk, side) - own->order.qty;
  int64_t left = max_inventory - position - others;
  int64_t most = hft_model_market_config(desk->model)->order_qty_max;
  if (quote_qty > most) quote_qty = most;
  if (left < 0) return 0;
  return left < quote_qty ? left : quote_qty;
}

// Moves one side's quote to a price and size.
static void update_side(const hft_desk *desk, hft_side side, const standing *own, hft_price price,
                        int64_t qty) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  bool in_window = price >= instrument->price_min && price <= instrument->price_max;
  if (qty == 0 || !in_window) {
    if (own->order.qty > 0) hft_desk_cancel(desk, own->id);
  } else if (own->order.qty == 0) {
    hft_desk_submit(desk, &(hft_order){side, HFT_POST_ONLY, price, (hft_qty)qty, 0});
  } else if (own->order.price != price) {
    hft_desk_replace(desk, own->id, price, (hft_qty)qty);
  } else if (own->order.qty > qty) {
    hft_desk_reduce(desk, own->id, (hft_qty)(own->order.qty - qty));
  }
}

void hft_quotes_update(const hft_desk *desk, hft_quote_prices prices, int64_t quote_qty,
                       int64_t max_inventory) {
  standing own[2];
  read_own(desk, own);
  hft_price price[2] = {place(desk, HFT_BID, prices.bid), place(desk, HFT_ASK, prices.ask)};
  // When quotes move up, the ask moves first, so that no quote meets the old one of the other side.
  bool up = own[HFT_ASK].order.qty > 0 && price[HFT_ASK] > own[HFT_ASK].order.price;
  for (int i = 0; i < 2; i++) {
    hft_side side = (hft_side)(up ? 1 - i : i);
    int64_t qty = room(desk, side, &own[side], quote_qty, max_inventory);
    update_side(desk, side, &own[side], price[side], qty);
  }
}

bool hft_quotes_withdraw(const hft_desk *desk) {
  hft_desk_cancel_all(desk);
  hft_order order;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    if (hft_desk_order(desk, hft_desk_open(desk, k), &order)) return false;
  }
  return true;
}
