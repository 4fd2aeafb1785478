// A quiet market of a few seats, and the events of what a test does there, read one by one.
#ifndef HFTSIM_TESTS_MARKET_STAGE_H
#define HFTSIM_TESTS_MARKET_STAGE_H

#include "tests/support/market_world.h"

#define STAGE_SEATS 3
#define STAGE_DESKS 6   // at most
#define STAGE_LOW 9936  // the window
#define STAGE_HIGH 10063
#define STAGE_QTY_MAX 1000000000

typedef struct stage {
  world w;
  event_record record;
  hft_sink sink;
  hft_desk desk[STAGE_DESKS];  // by owner; below, `who` is one of them
  int count;                   // of desks
  size_t read;                 // events looked at
} stage;

void stage_open(stage *s);
// As stage_open, with more of a config: an exchange_config, and populations of kind seat, which
// come before the seats.
void stage_open_with(stage *s, const char *yaml);
// As stage_open_with, with other agents in place of the seats.
void stage_open_agents(stage *s, const char *yaml, const hft_extra_agent *extra, int extra_count);
// Closes a stage; fails the test if events are left that were not expected.
void stage_close(stage *s);

// Runs the market to a time.
void stage_run(stage *s, hft_time until);

hft_order_id stage_send(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                        hft_qty qty);
// Sends a GTC iceberg order that displays `display` lots.
hft_order_id stage_send_iceberg(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                                hft_qty display);
// Sends a GTC order and expects it to rest completely.
hft_order_id stage_rest(stage *s, int who, hft_side side, hft_price price, hft_qty qty);

// Returns the next event, which must have this kind, owner, price and size.
const hft_event *stage_expect(stage *s, hft_event_kind kind, int who, hft_price price, hft_qty qty);
// The next event must be a trade, given by name:
//   stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
typedef struct stage_trade {
  int maker, taker;  // seats
  hft_price price;
  hft_qty qty;
  hft_qty left;  // lots of the maker's order that still show
} stage_trade;
#define stage_expect_trade(s, ...) stage_expect_trade_of(s, &(const stage_trade){__VA_ARGS__})
const hft_event *stage_expect_trade_of(stage *s, const stage_trade *trade);
// The same for a trade of an auction, whose maker is the buyer.
#define stage_expect_auction_trade(s, ...) \
  stage_expect_auction_trade_of(s, &(const stage_trade){__VA_ARGS__})
void stage_expect_auction_trade_of(stage *s, const stage_trade *trade);
// The next event must be an order that leaves the book, for this reason.
void stage_expect_cancel(stage *s, int who, hft_price price, hft_qty qty, hft_reason reason);
void stage_expect_reject(stage *s, int who, hft_reason reason);
// Fails the test if an event is left or the market has a fault.
void stage_expect_quiet(stage *s);

// Sends an order that must be refused for this reason and change nothing but the count of orders.
void stage_expect_refused(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                          hft_qty qty, hft_reason reason);
// As stage_expect_refused, for any order.
void stage_expect_order_refused(stage *s, int who, const hft_order *order, hft_reason reason);

const hft_account *stage_account(const stage *s, int who);
const hft_book *stage_book(const stage *s);
hft_level stage_level(const stage *s, hft_price price);
bool stage_is_null(hft_order_id id);
bool stage_is_same(hft_order_id a, hft_order_id b);
bool stage_is_live(const stage *s, int who, hft_order_id id);
// Lots of a live order, with hidden ones; fails the test if it is not live.
hft_qty stage_qty(const stage *s, int who, hft_order_id id);

#endif
