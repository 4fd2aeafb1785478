// What the population `replay` refuses before a session (files that are not tapes, tapes that do
// not fit the instrument), and what it skips.
#include <string.h>

#include "tests/data/tape_market.h"
#include "tests/support/files.h"
#include "tests/support/market.h"

static void expect_refused(const char *yaml, hft_status status, const char *where,
                           const char *words) {
  hft_error error = {0};
  if (tape_model(yaml, 0, &error) != NULL) fail_msg("not refused: %s", yaml);
  expect_error(&error, status, where, words);
}

static void a_tape_that_does_not_fit_is_refused(void **state) {
  (void)state;
#define TAPE "populations: [{kind: replay, messages: " TAPE_SAMPLE "message_5.csv}]\n"
  static const struct {
    const char *yaml, *words;
  } cases[] = {
      {"market_config: {tick_size: 0.03}\n" TAPE, "0.01 does"},
      {"market_config: {tick_size: 0.02}\n" TAPE, "0.01 does"},
      {"market_config: {tick_size: 0.00001, initial_price: 0.1}\n" TAPE, "0.01 does"},
      {"market_config: {window_ticks: 64, initial_price: 103}\n" TAPE,
       "the tape's best prices, 99.94 to 100.03, exceed the price window [102.68, 103.31]; with "
       "market_config.initial_price: 99.98 they need window_ticks: 64 or more"},
      {"market_config: {order_qty_max: 20}\n" TAPE, "order_qty_max"},
      {"market_config: {instruments: 2}\n" TAPE, "market_config.instruments to 1"},
      {"populations: [{kind: replay}]\n", "messages: give the path"},
      {"populations: [{kind: replay, messages: /dev/null}]\n", "orderbook: give its path"},
      {"populations: [{kind: replay, messages: /x_message_1/none.csv}]\n",
       "orderbook: give its path"},
      {"populations: [{kind: replay, start_s: 40000, messages: " TAPE_SAMPLE "message_5.csv}]\n",
       "start_s: the session has no messages; the tape is from 34200.004 to 34799."},
      {"market_config: {duration_s: 1}\n"
       "populations: [{kind: replay, start_s: 10, messages: " TAPE_SAMPLE "message_5.csv}]\n",
       "start_s: the session has no messages"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    expect_refused(cases[i].yaml, HFT_ECONFIG, "populations.0 (replay)", cases[i].words);
  }
  // What was loaded before the fault is freed (the address sanitizer sees it).
  expect_refused(TAPE "agents: [{kind: replay}]\n", HFT_ECONFIG, "agents.0", "messages: give");
  expect_refused("populations: [{kind: replay, messages: nosuch_message_1.csv}]\n", HFT_EIO,
                 "nosuch_message_1.csv", "a relative path starts at the working directory");
}

static void a_small_window_leaves_out_what_is_deep(void **state) {
  tape_market m;
  write_text(path_in(*state, "messages.csv"), TAPE_FIRST
             "101,1,2,5,10000,1\n"
             "102,2,2,2,10000,1\n"
             "103,1,3,5,1000000,1\n"
             "104,3,2,3,10000,1\n"
             "105,3,3,5,1000000,1\n");
  write_text(path_in(*state, "book0.csv"), "1010000,50,990000,30,20000000,70,980000,40\n");
  tape_market_open(&m, tape_config(*state));
  assert_int_equal(hft_desk_open_count(&m.tape), 4);  // 30 are two orders; the ask at 2000 is out
  tape_market_second(&m, 3);
  tape_market_expect(&m, .bid = 10000, .bid_qty = 5, .ask = 10100, .ask_qty = 50);
  assert_int_equal(hft_desk_open_count(&m.tape), 5);
  tape_market_second(&m, 5);
  tape_market_expect(&m, .bid = 9900, .bid_qty = 30, .ask = 10100, .ask_qty = 50);
  tape_market_close(&m);
}

static void hostile_files_are_refused_by_line(void **state) {
  static const struct {
    const char *messages, *book0, *where, *words;
  } cases[] = {
      {"", TAPE_BOOK0, "messages.csv", "empty"},
      {TAPE_FIRST, "", "book0.csv", "empty"},
      {TAPE_FIRST "101,1,2,5,1000", TAPE_BOOK0, "messages.csv:2", ""},
      {TAPE_FIRST "101,1,2,5\n", TAPE_BOOK0, "messages.csv:2", "4 columns"},
      {TAPE_FIRST "nan,1,2,5,1000000,1\n", TAPE_BOOK0, "messages.csv:2", "time"},
      {TAPE_FIRST "101,1,2,nan,1000000,1\n", TAPE_BOOK0, "messages.csv:2", "size"},
      {TAPE_FIRST "101,1,2,5,99999999999999999999,1\n", TAPE_BOOK0, "messages.csv:2", "price"},
      {TAPE_FIRST "101,1,2,5,1e6,1\n", TAPE_BOOK0, "messages.csv:2", "price"},
      {TAPE_FIRST "101,8,2,5,1000000,1\n", TAPE_BOOK0, "messages.csv:2", "type"},
      {TAPE_FIRST "99,1,2,5,1000000,1\n", TAPE_BOOK0, "messages.csv:2", "time goes back"},
      {TAPE_FIRST "101,1,1,5,1000000,1\n", TAPE_BOOK0, "messages.csv:2", "added twice"},
      {TAPE_FIRST "101,3,1,10,980000,1\n", TAPE_BOOK0, "messages.csv:2", "another price or side"},
      {TAPE_FIRST "101,1,2,2147483647,990000,1\n", TAPE_BOOK0, "messages.csv:2",
       "more than 2147483647"},
      {TAPE_FIRST, "990000,1,990000,30\n", "book0.csv:1", "crossed"},
      {TAPE_FIRST, "1010000,50,980000,30\n", "book0.csv:1", "belong together"},
      {TAPE_FIRST, "1010000,nan,990000,30\n", "book0.csv:1", "ask size"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_text(path_in(*state, "messages.csv"), cases[i].messages);
    write_text(path_in(*state, "book0.csv"), cases[i].book0);
    expect_refused(tape_config(*state), HFT_EDATA, cases[i].where, cases[i].words);
  }
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tape_that_does_not_fit_is_refused),
      IN_FOLDER(hostile_files_are_refused_by_line),
      IN_FOLDER(a_small_window_leaves_out_what_is_deep),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
