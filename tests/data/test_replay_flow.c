// Recorded messages as order flow: alone in its market the tape reproduces the recorded book; with
// agents, every way in which they can meet it, on tapes worked out by hand.
#include "data/lobster/replay_flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lobster/lobster.h"
#include "data/lobster/replay_plan.h"
#include "sim/base/dist.h"
#include "tests/data/tape_market.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define SAMPLE_ROWS 2016
#define MS (HFT_SECOND / 1000)

// Opens a market of TAPE_BOOK0 and the messages after TAPE_FIRST, whose times are seconds after
// 100.
static void open_tape(tape_market *m, void **state, const char *messages) {
  char text[4096];
  snprintf(text, sizeof text, TAPE_FIRST "%s", messages);
  write_text(path_in(*state, "messages.csv"), text);
  write_text(path_in(*state, "book0.csv"), TAPE_BOOK0);
  tape_market_open(m, tape_config(*state));
}

typedef struct quote {
  hft_price price;
  hft_qty qty;
} quote;

// The best bid in each second from that one on; offered are TAPE_BOOK0's 50 at 101.00.
static void expect_bids(tape_market *m, int64_t second, const quote *bid, int count) {
  for (int i = 0; i < count; i++) {
    tape_market_second(m, second + i);
    tape_market_expect(m, .bid = bid[i].price, .bid_qty = bid[i].qty, .ask = 10100, .ask_qty = 50);
  }
}

// ---- the tape alone --------------------------------------------------------------------------

static void every_kind_of_message_moves_the_book(void **state) {
  tape_market m;
  open_tape(&m, state,
            "101,1,2,5,1000000,1\n"    // a better bid
            "102,2,2,2,1000000,1\n"    // of which 2 are cancelled
            "103,4,2,3,1000000,1\n"    // and the rest trades
            "104,4,900,15,990000,1\n"  // an older order trades: first in its queue
            "105,4,901,5,990000,1\n"   // the older ones are gone,
            "106,4,1,4,990000,1\n"     // so the first message's order is next
            "107,3,1,6,990000,1\n"     // and is deleted
            "108,5,0,7,1005000,-1\n"   // hidden
            "109,6,-1,7,1005000,-1\n"  // a cross
            "110,7,0,0,-1,-1\n"        // a halt
            "111,3,902,50,1010000,-1\n"
            "112,3,903,5,970000,1\n");  // an order that no file shows
  tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 10100, .ask_qty = 50);
  static const hft_qty sizes[] = {30, 5, 3, 30, 15, 10, 6, 40, 40, 40, 40, 40, 40};
  static const hft_price bids[] = {9900, 10000, 10000, 9900, 9900, 9900, 9900,
                                   9800, 9800,  9800,  9800, 9800, 9800};
  for (int second = 0; second <= 12; second++) {
    tape_market_second(&m, second);
    bool gone = second >= 11;
    tape_market_expect(&m, .bid = bids[second], .bid_qty = sizes[second],
                       .ask = gone ? 10200 : 10100, .ask_qty = gone ? 70 : 50);
  }
  assert_int_equal(m.trades, 4);
  tape_market_close(&m);
}

// What a tape takes is counted with the model that has read it: here two more messages.
static void the_model_tells_of_the_tapes_memory(void **state) {
  tape_market m;
  open_tape(&m, state, "101,1,2,5,1000000,1\n");
  size_t before = hft_model_bytes(m.model);
  tape_market_close(&m);
  open_tape(&m, state, "101,1,2,5,1000000,1\n102,2,2,2,1000000,1\n103,4,2,3,1000000,1\n");
  assert_int_equal(hft_model_bytes(m.model) - before, 2 * sizeof(hft_replay_step));
  tape_market_close(&m);
}

// A file of the sample's messages, one in each millisecond: so that each row is seen alone.
static void write_spaced(const char *from, const char *to) {
  hft_lobster_messages messages;
  assert_int_equal(hft_lobster_read_messages(from, &messages, NULL), HFT_OK);
  FILE *file = fopen(to, "w");
  assert_non_null(file);
  for (size_t i = 0; i < messages.count; i++) {
    const hft_lobster_message *m = &messages.message[i];
    fprintf(file, "%.3f,%d,%" PRId64 ",%" PRId32 ",%" PRId64 ",%d\n", 34200 + 0.001 * (double)i,
            m->kind, m->id, m->size, m->price, hft_side_sign(m->side));
  }
  assert_int_equal(fclose(file), 0);
  hft_lobster_messages_free(&messages);
}

// Holds a market's best levels, as many as the file has, to a row of it.
static void expect_row(const tape_market *m, const hft_lobster_book *row, int number) {
  for (int side = 0; side < 2; side++) {
    hft_level level[HFT_LOBSTER_LEVELS_MAX];
    int found = hft_book_depth(hft_desk_book(&m->tape), (hft_side)side, level, row->levels);
    for (int i = 0; i < row->levels; i++) {
      hft_price price = i < found ? level[i].price * 100 : 0;
      hft_qty qty = i < found ? level[i].qty : 0;
      if (price != row->side[side][i].price || qty != row->side[side][i].size) {
        fail_msg("row %d, side %d, level %d: %d of %d, recorded %lld of %d", number, side, i, price,
                 qty, (long long)row->side[side][i].price, row->side[side][i].size);
      }
    }
  }
}

// Runs a spaced tape and holds the book to the truth's file after every message.
static void expect_recorded(tape_market *m, const char *truth, int rows) {
  hft_lobster_reader reader;
  assert_int_equal(hft_lobster_open(&reader, truth, NULL), HFT_OK);
  hft_lobster_book *book = malloc(sizeof *book);
  assert_non_null(book);
  for (int row = 0; row < rows; row++) {
    bool more;
    assert_int_equal(hft_lobster_next_book(&reader, book, &more, NULL), HFT_OK);
    assert_true(more);
    hft_market_run(m->model, m->market, row * MS, &m->sink);
    expect_row(m, book, row);
  }
  tape_market_run(m, rows * MS);
  free(book);
  hft_lobster_close(&reader);
}

static void the_sample_alone_gives_its_book_after_every_message(void **state) {
  write_spaced(TAPE_SAMPLE "message_5.csv", path_in(*state, "messages.csv"));
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 60}\n"
           "populations: [{kind: replay, messages: '%s', orderbook: " TAPE_SAMPLE
           "orderbook_5.csv}]\n",
           path_in(*state, "messages.csv"));
  tape_market m;
  tape_market_open(&m, yaml);
  expect_recorded(&m, TAPE_SAMPLE "orderbook_5.csv", SAMPLE_ROWS);
  assert_int_equal(m.trades, 388);
  tape_market_close(&m);
}

// Half an hour of NASDAQ's messages.
static void the_recorded_day_alone_gives_its_best_prices(void **state) {
  char yaml[2048], messages[512];
  snprintf(messages, sizeof messages, "%s", path_in(*state, "messages.csv"));
  const char *book0 = shared_file(AAPL_BOOK0), *truth = shared_file(AAPL_BEST);
  write_spaced(shared_file(AAPL_MESSAGES), messages);
  snprintf(yaml, sizeof yaml,
           "market_config: {initial_price: 585.33, duration_s: 60}\n"
           "populations: [{kind: replay, messages: '%s', orderbook: '%s'}]\n",
           messages, book0);
  tape_market m;
  tape_market_open(&m, yaml);
  expect_recorded(&m, truth, 45000);
  // All executions of visible orders but the few out of turn.
  assert_in_range(m.trades, 2200, 2260);
  tape_market_close(&m);
}

static void a_session_may_begin_within_the_tape(void **state) {
  (void)state;
  // The book just before, at and after some times of the tape, from its real times.
  hft_lobster_messages messages;
  hft_lobster_reader reader;
  assert_int_equal(hft_lobster_read_messages(TAPE_SAMPLE "message_5.csv", &messages, NULL), HFT_OK);
  assert_int_equal(hft_lobster_open(&reader, TAPE_SAMPLE "orderbook_5.csv", NULL), HFT_OK);
  tape_market m;
  tape_market_open(&m,
                   "market_config: {duration_s: 200}\n"
                   "populations: [{kind: replay, start_s: 34500,\n"
                   "               messages: " TAPE_SAMPLE "message_5.csv}]\n");
  const hft_time start = 34500 * HFT_SECOND;
  hft_lobster_book book;
  int compared = 0;
  for (size_t i = 0; i < messages.count; i++) {
    bool more;
    assert_int_equal(hft_lobster_next_book(&reader, &book, &more, NULL), HFT_OK);
    hft_time time = messages.message[i].time;
    bool last = i + 1 == messages.count || messages.message[i + 1].time > time;
    if (!last || time >= start + 200 * HFT_SECOND) continue;
    // The last row before the start is the opening book.
    if (time < start && messages.message[i + 1].time < start) continue;
    if (time >= start) tape_market_run(&m, time - start);
    expect_row(&m, &book, (int)i);
    compared++;
  }
  assert_true(compared > 400);
  hft_lobster_close(&reader);
  hft_lobster_messages_free(&messages);
  tape_market_close(&m);
}

static void the_session_may_outlast_the_tape(void **state) {
  tape_market m;
  open_tape(&m, state, "101,1,2,5,1000000,1\n");
  tape_market_second(&m, 59);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 5, .ask = 10100, .ask_qty = 50);
  tape_market_close(&m);
}

// ---- agents within the tape ------------------------------------------------------------------

static void an_agent_ahead_in_the_queue_is_filled_first(void **state) {
  tape_market m;
  open_tape(&m, state,
            "102,1,2,50,1000000,1\n"    // a bid behind the agent's 20 at the same price
            "103,4,2,30,1000000,1\n"    // trades 30: 20 are the agent's, 10 the tape's
            "104,4,2,20,1000000,1\n");  // and the rest of it
  tape_market_second(&m, 1);
  tape_market_rest(&m, 0, HFT_BID, 10000, 20);
  tape_market_second(&m, 2);
  assert_int_equal(tape_market_level(&m, 10000), 70);
  tape_market_second(&m, 3);
  assert_int_equal(tape_market_position(&m, 0), 20);
  // The tape has 20 left of its order, and so has the market: not the 40 that did not trade.
  assert_int_equal(tape_market_own(&m, 10000), 20);
  assert_int_equal(tape_market_level(&m, 10000), 20);
  tape_market_second(&m, 4);
  tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 10100, .ask_qty = 50);
  tape_market_close(&m);
}

static void an_agent_behind_in_the_queue_waits(void **state) {
  tape_market m;
  open_tape(&m, state,
            "101,1,2,50,1000000,1\n"
            "103,4,2,30,1000000,1\n"
            "104,4,2,20,1000000,1\n"
            "105,1,3,5,1000000,1\n"    // comes behind the agent
            "106,4,3,5,1000000,1\n");  // so that the agent trades first
  tape_market_second(&m, 2);
  tape_market_rest(&m, 0, HFT_BID, 10000, 20);
  tape_market_second(&m, 4);
  assert_int_equal(tape_market_position(&m, 0), 0);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 20, .ask = 10100, .ask_qty = 50);
  tape_market_second(&m, 6);
  assert_int_equal(tape_market_position(&m, 0), 5);
  // The tape's order is gone by the tape: what did not trade of it does not stay for ever.
  assert_int_equal(tape_market_own(&m, 10000), 0);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 15, .ask = 10100, .ask_qty = 50);
  tape_market_close(&m);
}

static void what_an_agent_took_cannot_be_cancelled_again(void **state) {
  tape_market m;
  open_tape(&m, state,
            "101,1,2,50,1000000,1\n"
            "103,2,2,15,1000000,1\n"    // 15 of 50 leave: of the 20 there 5 stay
            "104,2,2,30,1000000,1\n"    // 30 more: nothing stays, 5 by the tape
            "105,3,2,5,1000000,1\n"     // nothing is there to delete
            "106,1,3,10,1000000,1\n");  // the place is free for another order
  tape_market_second(&m, 2);
  tape_market_take(&m, 0, HFT_ASK, 10000, 30);
  assert_int_equal(tape_market_position(&m, 0), -30);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 20, .ask = 10100, .ask_qty = 50);
  const quote bids[] = {{10000, 5}, {9900, 30}, {9900, 30}, {10000, 10}};
  expect_bids(&m, 3, bids, 4);
  tape_market_close(&m);
}

static void what_an_agent_took_cannot_trade_again(void **state) {
  tape_market m;
  open_tape(&m, state,
            "101,1,2,50,1000000,1\n"
            "101,1,3,40,1000000,1\n"    // behind it
            "103,4,2,50,1000000,1\n"    // 20 are left of it, so that 30 trade with the next
            "104,4,3,40,1000000,1\n");  // of which 10 are left
  tape_market_second(&m, 2);
  tape_market_take(&m, 0, HFT_ASK, 10000, 30);
  tape_market_second(&m, 3);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 10, .ask = 10100, .ask_qty = 50);
  assert_int_equal(m.trades, 3);
  tape_market_second(&m, 4);
  tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 10100, .ask_qty = 50);
  assert_int_equal(m.trades, 4);
  tape_market_close(&m);
}

static void what_an_agent_took_of_older_orders_is_gone(void **state) {
  tape_market m;
  open_tape(&m, state,
            "102,3,900,15,990000,1\n"  // of the 8 older shares left
            "103,4,901,5,990000,1\n"   // order 1 takes their place
            "104,3,1,10,990000,1\n");
  tape_market_second(&m, 1);
  tape_market_take(&m, 0, HFT_ASK, 9900, 12);
  tape_market_expect(&m, .bid = 9900, .bid_qty = 18, .ask = 10100, .ask_qty = 50);
  const quote bids[] = {{9900, 10}, {9900, 5}, {9800, 40}};
  expect_bids(&m, 2, bids, 3);
  tape_market_close(&m);
}

static void an_agent_inside_the_spread_meets_the_tapes_orders(void **state) {
  tape_market m;
  open_tape(&m, state,
            "102,1,2,50,1000000,1\n"  // a bid at 100.00 meets the agent's offer of 20 at 99.95
            "103,4,2,10,1000000,1\n"  // 40 of it by the tape are the 30 in the market
            "104,4,2,40,1000000,1\n");
  tape_market_second(&m, 1);
  tape_market_rest(&m, 0, HFT_ASK, 9995, 20);
  tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 9995, .ask_qty = 20);
  tape_market_second(&m, 2);
  assert_int_equal(tape_market_position(&m, 0), -20);
  assert_int_equal(hft_desk_account(&m.hand[0])->cash, 20 * 9995);
  const quote bids[] = {{10000, 30}, {10000, 20}, {9900, 30}};
  expect_bids(&m, 2, bids, 3);
  tape_market_close(&m);
}

static void a_better_quote_takes_the_flow(void **state) {
  tape_market m;
  open_tape(&m, state,
            "102,4,900,20,990000,1\n"  // all of the older order
            "103,4,1,10,990000,1\n");  // and of order 1
  tape_market_second(&m, 1);
  tape_market_rest(&m, 0, HFT_BID, 9950, 25);
  tape_market_second(&m, 2);
  // The agent bought the 20 at its own price; the maker by the tape is gone without them.
  assert_int_equal(tape_market_position(&m, 0), 20);
  assert_int_equal(hft_desk_account(&m.hand[0])->cash, -20 * 9950);
  assert_int_equal(tape_market_level(&m, 9900), 10);
  tape_market_second(&m, 3);
  assert_int_equal(tape_market_position(&m, 0), 25);
  tape_market_expect(&m, .bid = 9800, .bid_qty = 40, .ask = 10100, .ask_qty = 50);
  tape_market_close(&m);
}

static void an_execution_out_of_turn_meets_better_quotes_alone(void **state) {
  tape_market m;
  open_tape(&m, state,
            "102,4,1,4,990000,1\n"       // although the older 20 came first
            "103,4,901,30,980000,1\n");  // although 99.00 is better
  tape_market_second(&m, 1);
  tape_market_rest(&m, 0, HFT_BID, 9900, 8);  // behind order 1
  tape_market_rest(&m, 1, HFT_BID, 9901, 3);
  tape_market_second(&m, 2);
  assert_int_equal(tape_market_position(&m, 1), 3);
  assert_int_equal(tape_market_position(&m, 0), 0);
  assert_int_equal(tape_market_own(&m, 9900), 26);
  tape_market_second(&m, 3);
  assert_int_equal(tape_market_position(&m, 0), 0);
  assert_int_equal(tape_market_own(&m, 9900), 26);
  assert_int_equal(tape_market_own(&m, 9800), 10);
  tape_market_close(&m);
}

// ---- any agents ------------------------------------------------------------------------------

static void act_at_random(tape_market *m, hft_rng *rng) {
  int hand = (int)hft_bounded(rng, TAPE_HANDS);
  hft_side side = hft_bounded(rng, 2) == 0 ? HFT_BID : HFT_ASK;
  hft_price mid = (hft_price)(hft_desk_mid2(&m->tape) / 2);
  hft_price price = mid - hft_side_sign(side) * ((hft_price)hft_bounded(rng, 6) - 2);
  hft_qty qty = 1 + (hft_qty)hft_bounded(rng, 60);
  uint32_t open = hft_desk_open_count(&m->hand[hand]);
  if (open > 24) {
    m->hand[hand].sink = &m->sink;
    hft_desk_cancel(&m->hand[hand], hft_desk_open(&m->hand[hand], hft_bounded(rng, open)));
  } else if (hft_bounded(rng, 3) == 0) {
    tape_market_take(m, hand, side, price, qty);
  } else {
    tape_market_rest(m, hand, side, price, qty);
  }
}

// No order of the tape is larger than the tape says, whatever agents do: by price, the population
// has at most what the file shows, of the prices that it shows.
static void expect_at_most(const tape_market *m, const hft_lobster_book *row) {
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < row->levels && row->side[side][i].price != 0; i++) {
      hft_price price = (hft_price)(row->side[side][i].price / 100);
      assert_true(tape_market_own(m, price) <= row->side[side][i].size);
    }
  }
  int64_t bid = row->side[HFT_BID][0].price / 100, ask = row->side[HFT_ASK][0].price / 100;
  for (uint32_t k = 0; k < hft_desk_open_count(&m->tape); k++) {
    hft_order order;
    assert_true(hft_desk_order(&m->tape, hft_desk_open(&m->tape, k), &order));
    assert_true(order.side == HFT_BID ? order.price <= bid : order.price >= ask);
  }
}

static void with_any_agents_the_tape_has_no_more_than_it_says(void **state) {
  write_spaced(TAPE_SAMPLE "message_5.csv", path_in(*state, "messages.csv"));
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 60}\n"
           "populations: [{kind: replay, messages: '%s', orderbook: " TAPE_SAMPLE
           "orderbook_5.csv}]\n",
           path_in(*state, "messages.csv"));
  tape_market m;
  tape_market_open(&m, yaml);
  hft_lobster_reader reader;
  hft_lobster_book book;
  hft_rng rng = hft_rng_stream(7, 0, 0);
  assert_int_equal(hft_lobster_open(&reader, TAPE_SAMPLE "orderbook_5.csv", NULL), HFT_OK);
  for (int row = 0; row < SAMPLE_ROWS; row++) {
    bool more;
    assert_int_equal(hft_lobster_next_book(&reader, &book, &more, NULL), HFT_OK);
    tape_market_run(&m, row * MS);
    expect_at_most(&m, &book);
    act_at_random(&m, &rng);
    expect_at_most(&m, &book);
  }
  assert_true(hft_desk_account(&m.hand[0])->fill_count > 100);
  assert_true(hft_desk_account(&m.hand[0])->maker_qty > 0);
  hft_lobster_close(&reader);
  tape_market_close(&m);
}

static void a_fork_continues_identically(void **state) {
  (void)state;
  tape_market m;
  tape_market_open(&m,
                   "market_config: {duration_s: 600}\n"
                   "populations: [{kind: replay, messages: " TAPE_SAMPLE "message_5.csv}]\n");
  tape_market_run(&m, 200 * HFT_SECOND);
  tape_market_rest(&m, 0, HFT_BID, (hft_price)(hft_desk_mid2(&m.tape) / 2) - 1, 100);
  size_t size = hft_align(hft_market_size(m.model));
  hft_market *fork = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(fork);
  memcpy(fork, m.market, hft_market_size(m.model));
  tape_market_run(&m, 600 * HFT_SECOND);
  assert_true(tape_market_position(&m, 0) > 0);
  hft_market_run(m.model, fork, 600 * HFT_SECOND, NULL);
  assert_int_equal(hft_market_hash(m.model, fork), hft_market_hash(m.model, m.market));
  // A second session is the first one again.
  hft_market_reset(m.model, fork, 0, 0, NULL);
  hft_market_run(m.model, fork, 600 * HFT_SECOND, NULL);
  hft_market_reset(m.model, m.market, 0, 0, NULL);
  hft_market_run(m.model, m.market, 600 * HFT_SECOND, NULL);
  assert_int_equal(hft_market_hash(m.model, fork), hft_market_hash(m.model, m.market));
  free(fork);
  tape_market_close(&m);
}

// ---- auctions and halts ----------------------------------------------------------------------

static void in_a_call_the_tapes_makers_leave_without_a_trade(void **state) {
  (void)state;
  tape_market m;
  tape_market_open(&m,
                   "market_config: {duration_s: 600}\n"
                   "exchange_config: {opening_auction_s: 60, closing_auction_s: 60}\n"
                   "populations: [{kind: replay, messages: " TAPE_SAMPLE "message_5.csv}]\n");
  tape_market_run(&m, 59 * HFT_SECOND);
  assert_int_equal(m.trades, 0);
  // The tape alone does not cross: its auction trades nothing, and the book is the recorded one.
  hft_lobster_messages messages;
  hft_lobster_reader reader;
  hft_lobster_book book;
  assert_int_equal(hft_lobster_read_messages(TAPE_SAMPLE "message_5.csv", &messages, NULL), HFT_OK);
  assert_int_equal(hft_lobster_open(&reader, TAPE_SAMPLE "orderbook_5.csv", NULL), HFT_OK);
  const hft_time at = 70 * HFT_SECOND, start = messages.message[0].time;
  for (size_t i = 0; messages.message[i].time - start <= at; i++) {
    bool more;
    assert_int_equal(hft_lobster_next_book(&reader, &book, &more, NULL), HFT_OK);
  }
  tape_market_run(&m, at);
  expect_row(&m, &book, 0);
  tape_market_run(&m, 600 * HFT_SECOND);
  assert_true(m.trades > 200);
  hft_lobster_close(&reader);
  hft_lobster_messages_free(&messages);
  tape_market_close(&m);
}

static void halts_do_not_stop_the_tape(void **state) {
  (void)state;
  tape_market m;
  tape_market_open(&m,
                   "market_config: {duration_s: 600}\n"
                   "exchange_config: {halt_band_bps: 0.5, halt_s: 5, halt_reference_s: 60}\n"
                   "populations: [{kind: replay, messages: " TAPE_SAMPLE "message_5.csv}]\n");
  hft_rng rng = hft_rng_stream(11, 0, 0);
  int halted = 0;
  for (int second = 0; second < 600; second++) {
    tape_market_run(&m, second * HFT_SECOND);
    if (hft_desk_phase(&m.tape) == HFT_PHASE_HALTED) halted++;
    act_at_random(&m, &rng);
  }
  assert_true(halted > 0 && halted < 500);
  tape_market_close(&m);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(every_kind_of_message_moves_the_book),
      IN_FOLDER(the_sample_alone_gives_its_book_after_every_message),
      IN_FOLDER(the_recorded_day_alone_gives_its_best_prices),
      cmocka_unit_test(a_session_may_begin_within_the_tape),
      IN_FOLDER(the_model_tells_of_the_tapes_memory),
      IN_FOLDER(the_session_may_outlast_the_tape),
      IN_FOLDER(an_agent_ahead_in_the_queue_is_filled_first),
      IN_FOLDER(an_agent_behind_in_the_queue_waits),
      IN_FOLDER(what_an_agent_took_cannot_be_cancelled_again),
      IN_FOLDER(what_an_agent_took_cannot_trade_again),
      IN_FOLDER(what_an_agent_took_of_older_orders_is_gone),
      IN_FOLDER(an_agent_inside_the_spread_meets_the_tapes_orders),
      IN_FOLDER(a_better_quote_takes_the_flow),
      IN_FOLDER(an_execution_out_of_turn_meets_better_quotes_alone),
      IN_FOLDER(with_any_agents_the_tape_has_no_more_than_it_says),
      cmocka_unit_test(a_fork_continues_identically),
      cmocka_unit_test(in_a_call_the_tapes_makers_leave_without_a_trade),
      cmocka_unit_test(halts_do_not_stop_the_tape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
