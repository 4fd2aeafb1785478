#include "baselines/quotes.h"

#include <math.h>

#include "sim/market/model.h"

#define PRICE_MAX (INT32_MAX - 1)  // one less, so that an ask fits above it

static hft_price to_price(double ticks) {
  if (!(ticks >= 1)) return 1;
  return ticks < (double)PRICE_MAX ? (hft_price)ticks : PRICE_MAX;
}

hft_quote_prices hft_quotes_round(double center, double spread) {
  hft_quote_prices prices = {to_price(floor(center - spread / 2)),
                             to_price(ceil(center + spread / 2))};
  if (prices.ask <= prices.bid) prices.ask = prices.bid + 1;
  return prices;
}

// The best price of a side when one's own order `own` (qty 0: none) is left out; 0: none.
static hft_price best_of_others(const hft_book *book, hft_side side, const hft_order *own) {
  hft_level levels[2];
  int count = hft_book_depth(book, side, levels, 2);
  if (count == 0) return 0;
  bool alone = own->qty > 0 && own->price == levels[0].price && levels[0].order_count == 1;
  if (!alone) return levels[0].price;
  return count > 1 ? levels[1].price : 0;
}

// The quotes that rest; qty 0 where there is none.
static void read_own(const hft_quotes *quotes, const hft_desk *desk, hft_order own[2]) {
  for (int side = 0; side < 2; side++) {
    if (!hft_desk_order(desk, quotes->id[side], &own[side])) own[side] = (hft_order){0};
  }
}

int64_t hft_quotes_mid2(const hft_quotes *quotes, const hft_desk *desk) {
  hft_order own[2];
  read_own(quotes, desk, own);
  const hft_book *book = hft_desk_book(desk);
  hft_price bid = best_of_others(book, HFT_BID, &own[HFT_BID]);
  hft_price ask = best_of_others(book, HFT_ASK, &own[HFT_ASK]);
  return bid != 0 && ask != 0 ? (int64_t)bid + ask : hft_desk_mid2(desk);
}

// The wanted price, held off the other side and in the window.
static hft_price place(const hft_desk *desk, hft_side side, hft_price wanted,
                       const hft_order *own_other) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  hft_price far = best_of_others(hft_desk_book(desk), hft_side_other(side), own_other);
  if (side == HFT_BID) {
    if (far != 0 && wanted >= far) wanted = far - 1;
    return wanted < instrument->price_max ? wanted : instrument->price_max;
  }
  if (far != 0 && wanted <= far) wanted = far + 1;
  return wanted > instrument->price_min ? wanted : instrument->price_min;
}

static int64_t room(const hft_desk *desk, hft_side side, int64_t quote_qty, int64_t inventory_max) {
  int64_t position = hft_desk_account(desk)->position;
  int64_t left = inventory_max - hft_side_sign(side) * position;
  int64_t most = hft_model_market_config(desk->model)->order_qty_max;
  if (quote_qty > most) quote_qty = most;
  if (left < 0) return 0;
  return left < quote_qty ? left : quote_qty;
}

void hft_quotes_update(hft_quotes *quotes, const hft_desk *desk, hft_quote_prices prices,
                       int64_t quote_qty, int64_t inventory_max) {
  const hft_instrument *instrument = hft_desk_instrument(desk);
  hft_order own[2];
  read_own(quotes, desk, own);
  hft_price price[2] = {place(desk, HFT_BID, prices.bid, &own[HFT_ASK]),
                        place(desk, HFT_ASK, prices.ask, &own[HFT_BID])};
  int64_t qty[2];
  // Both sides leave before one of them arrives, so that a quote never meets the old other one.
  for (int side = 0; side < 2; side++) {
    qty[side] = room(desk, (hft_side)side, quote_qty, inventory_max);
    if (own[side].qty == 0) continue;
    if (own[side].price != price[side] || qty[side] == 0) {
      hft_desk_cancel(desk, quotes->id[side]);
      own[side].qty = 0;
    } else if (own[side].qty > qty[side]) {
      hft_desk_reduce(desk, quotes->id[side], (hft_qty)(own[side].qty - qty[side]));
    }
  }
  for (int side = 0; side < 2; side++) {
    bool in_window = price[side] >= instrument->price_min && price[side] <= instrument->price_max;
    if (own[side].qty > 0 || qty[side] == 0 || !in_window) continue;
    hft_order order = {(hft_side)side, HFT_POST_ONLY, price[side], (hft_qty)qty[side]};
    quotes->id[side] = hft_desk_submit(desk, &order);
  }
}
