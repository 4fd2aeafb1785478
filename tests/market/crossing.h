// An auction by its definition, without regard to speed: every possible price is tried, and orders
// trade one after the other from a list.
#ifndef HFTSIM_TESTS_MARKET_CROSSING_H
#define HFTSIM_TESTS_MARKET_CROSSING_H

#include "sim/market/agent.h"

#define CROSSING_ORDERS_MAX 256
#define CROSSING_FILLS_MAX 4096
#define CROSSING_PRICES_MAX 16384  // a price is below this

typedef struct crossing_order {
  hft_order_id id;
  hft_owner owner;
  hft_side side;
  hft_tif tif;
  hft_price price;
  hft_qty shown, hidden, display;
  uint64_t place;  // in time: the lower, the earlier
} crossing_order;

typedef struct crossing {
  crossing_order order[CROSSING_ORDERS_MAX];
  int count;
  uint64_t places;  // given so far
} crossing;

typedef struct crossing_fill {
  hft_order_id bid, ask;
  hft_owner bid_owner, ask_owner;
  hft_qty qty, left;  // left: of the bid, shown
} crossing_fill;

// Adds an order at the end of its queue.
void crossing_add(crossing *c, crossing_order order);
crossing_order *crossing_find(crossing *c, hft_order_id id);
void crossing_remove(crossing *c, crossing_order *order);

// What would trade, of all prices from `low` to `high`, a window without the collar's outside.
// Market orders stand beyond the window, where price is INT32_MAX for a bid, 0 for an ask.
hft_indication crossing_price(const crossing *c, hft_price low, hft_price high, int64_t mid2);
// Trades that many lots and removes them from the orders. Returns the number of fills.
int crossing_trade(crossing *c, int64_t qty, crossing_fill *fills);

#endif
