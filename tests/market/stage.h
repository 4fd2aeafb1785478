// A quiet market of a few seats and the events of what a test does there, read one by one.
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
// The same under more of a config: an exchange_config; populations of kind seat, which come first.
void stage_open_with(stage *s, const char *yaml);
// The same with other agents in place of the seats.
void stage_open_agents(stage *s, const char *yaml, const hft_extra_agent *extra, int extra_count);
// Fails the test where events are left that nobody expected.
void stage_close(stage *s);

// The clock moves on to that time, and all that comes until then happens.
void stage_run(stage *s, hft_time until);

hft_order_id stage_send(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                        hft_qty qty);
// Sends a GTC order of which so many lots show.
hft_order_id stage_send_iceberg(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                                hft_qty display);
// Sends a GTC order and expects it to rest whole.
hft_order_id stage_rest(stage *s, int who, hft_side side, hft_price price, hft_qty qty);

// The next event, which must be of that kind about an order of that seat.
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
// The same for an order that leaves, for that reason.
void stage_expect_cancel(stage *s, int who, hft_price price, hft_qty qty, hft_reason reason);
void stage_expect_reject(stage *s, int who, hft_reason reason);
// No event is left, and the market has no fault.
void stage_expect_quiet(stage *s);

// Sends an order that must be refused, for that reason, and change nothing but the count of orders.
void stage_expect_refused(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                          hft_qty qty, hft_reason reason);
// The same of any order.
void stage_expect_order_refused(stage *s, int who, const hft_order *order, hft_reason reason);

const hft_account *stage_account(const stage *s, int who);
const hft_book *stage_book(const stage *s);
hft_level stage_level(const stage *s, hft_price price);
bool stage_is_null(hft_order_id id);
bool stage_is_same(hft_order_id a, hft_order_id b);
bool stage_is_live(const stage *s, int who, hft_order_id id);
// Lots of a live order, hidden ones included; fails the test where it is not live.
hft_qty stage_qty(const stage *s, int who, hft_order_id id);

#endif
