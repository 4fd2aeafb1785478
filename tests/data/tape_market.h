// A market whose order flow is a tape, and agents that do nothing by themselves, through whose
// desks a test acts.
#ifndef HFTSIM_TESTS_DATA_TAPE_MARKET_H
#define HFTSIM_TESTS_DATA_TAPE_MARKET_H

#include "data/lobster/lobster.h"
#include "sim/market/market.h"

#define TAPE_SAMPLE "data/sample/SYMA_2026-01-02_34200000_34800000_"
// After the first message, at second 100: bids of 30 at 99.00 (20 older shares, then the 10 of
// order 1) and 40 at 98.00; asks of 50 at 101.00 and 70 at 102.00.
#define TAPE_BOOK0 "1010000,50,990000,30,1020000,70,980000,40\n"
#define TAPE_FIRST "100,1,1,10,990000,1\n"
#define TAPE_HANDS 2

typedef struct tape_market {
  hft_model *model;
  hft_market *market;
  hft_desk tape;              // the population's
  hft_desk hand[TAPE_HANDS];  // the agents'
  int64_t rejects, trades;    // events seen
  hft_sink sink;
} tape_market;

// The config of a folder's messages.csv and book0.csv, in a static buffer.
const char *tape_config(const char *folder);
// The model of a YAML config with populations of the kind `replay`, and `hands` agents; null, with
// the error, if it is refused.
hft_model *tape_model(const char *yaml, int hands, hft_error *error);
// Opens a market of such a config and TAPE_HANDS hands, and resets it; fails the test if it is
// refused.
void tape_market_open(tape_market *m, const char *yaml);
void tape_market_close(tape_market *m);

// Runs to a time; fails the test if the market has a fault.
void tape_market_run(tape_market *m, hft_time until);

void tape_market_second(tape_market *m, int64_t second);

// Submits a GTC order of a hand.
hft_order_id tape_market_rest(tape_market *m, int hand, hft_side side, hft_price price,
                              hft_qty qty);
// Submits an IOC order of a hand.
void tape_market_take(tape_market *m, int hand, hft_side side, hft_price price, hft_qty qty);
int64_t tape_market_position(const tape_market *m, int hand);

// Fails the test unless these are the best prices, in ticks (0: none), and their lots:
//   tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 10100, .ask_qty = 50);
typedef struct tape_touch {
  hft_price bid;
  hft_qty bid_qty;
  hft_price ask;
  hft_qty ask_qty;
} tape_touch;
#define tape_market_expect(m, ...) tape_market_expect_touch(m, &(const tape_touch){__VA_ARGS__})
void tape_market_expect_touch(const tape_market *m, const tape_touch *expected);
// Lots at a price, and those of them that belong to the population.
hft_qty tape_market_level(const tape_market *m, hft_price price);
hft_qty tape_market_own(const tape_market *m, hft_price price);

#endif
