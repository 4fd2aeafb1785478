// Replaying messages on the book: small files worked out by hand, then a recorded day.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lobster/replay.h"
#include "data/lobster/tape.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

// After the first message, the bid of 30 at 99.00 is 20 older shares and the 10 of order 1.
#define BOOK0 "1010000,50,990000,30,1020000,70,980000,40\n"

static hft_status replay(const char *folder, const char *messages, const char *book0,
                         const char *truth, hft_replay_result *result, hft_error *error) {
  const hft_replay_files files = {path_in(folder, "messages.csv"), path_in(folder, "book0.csv"),
                                  path_in(folder, "truth.csv")};
  write_text(files.messages, messages);
  write_text(files.book0, book0);
  write_text(files.truth, truth);
  *error = (hft_error){0};
  return hft_replay_run(&files, result, error);
}

static void every_kind_of_message_moves_the_book(void **state) {
  hft_replay_result result;
  hft_error error;
  assert_int_equal(replay(*state,
                          "1,1,1,10,990000,1\n"     // the order that the first book holds
                          "2,1,2,5,1000000,1\n"     // a better bid
                          "3,2,2,2,1000000,1\n"     // of which 2 are cancelled
                          "4,4,2,3,1000000,1\n"     // and the rest trades
                          "5,4,900,15,990000,1\n"   // an older order trades: first in its queue
                          "6,4,901,5,990000,1\n"    // the older ones are gone,
                          "7,4,1,4,990000,1\n"      // so the first message's order is next
                          "8,3,1,6,990000,1\n"      // and is deleted
                          "9,5,0,7,1005000,-1\n"    // hidden: nothing shows
                          "10,6,-1,7,1005000,-1\n"  // a cross: nothing shows
                          "11,7,0,0,-1,-1\n"        // a halt: nothing shows
                          "12,3,902,50,1010000,-1\n",
                          BOOK0,
                          "1010000,50,990000,30\n"
                          "1010000,50,1000000,5\n"
                          "1010000,50,1000000,3\n"
                          "1010000,50,990000,30\n"
                          "1010000,50,990000,15\n"
                          "1010000,50,990000,10\n"
                          "1010000,50,990000,6\n"
                          "1010000,50,980000,40\n"
                          "1010000,50,980000,40\n"
                          "1010000,50,980000,40\n"
                          "1010000,50,980000,40\n"
                          "1020000,70,980000,40\n",
                          &result, &error),
                   HFT_OK);
  assert_false(result.differs);
  assert_int_equal(result.rows_compared, 12);
  assert_int_equal(result.rows_equal, 12);
  assert_int_equal(result.window.tick, 10000);
  assert_int_equal(result.counts.messages, 12);
  assert_int_equal(result.counts.executions, 4);
  assert_int_equal(result.counts.out_of_turn, 0);
  assert_int_equal(result.counts.older, 3);
  assert_int_equal(result.counts.unknown, 0);
}

static void an_execution_out_of_turn_is_counted(void **state) {
  hft_replay_result result;
  hft_error error;
  assert_int_equal(replay(*state,
                          "1,1,1,10,990000,1\n"
                          "2,4,1,10,990000,1\n"     // although the older 20 came first
                          "3,4,900,40,980000,1\n",  // although 99.00 is better
                          BOOK0,
                          "1010000,50,990000,30\n"
                          "1010000,50,990000,20\n"
                          "1010000,50,990000,20\n",
                          &result, &error),
                   HFT_OK);
  assert_int_equal(result.rows_equal, 3);
  assert_int_equal(result.counts.executions, 2);
  assert_int_equal(result.counts.out_of_turn, 2);
}

static void orders_that_no_file_shows_change_nothing(void **state) {
  hft_replay_result result;
  hft_error error;
  assert_int_equal(replay(*state,
                          "1,1,1,10,990000,1\n"
                          "2,3,900,5,970000,1\n"  // deeper than the first book
                          "3,1,3,5,1015000,1\n"   // would trade with the ask as known
                          "4,3,3,5,1015000,1\n",
                          BOOK0,
                          "1010000,50,990000,30\n"
                          "1010000,50,990000,30\n"
                          "1010000,50,990000,30\n"
                          "1010000,50,990000,30\n",
                          &result, &error),
                   HFT_OK);
  assert_int_equal(result.rows_equal, 4);
  assert_int_equal(result.counts.crossing, 1);
  assert_int_equal(result.counts.unknown, 2);
}

static void an_emptied_side_is_the_files_empty_level(void **state) {
  hft_replay_result result;
  hft_error error;
  assert_int_equal(replay(*state, "1,1,1,10,990000,1\n2,3,1,10,990000,1\n3,1,2,1,1000000,-1\n",
                          "9999999999,0,990000,10\n",
                          "9999999999,0,990000,10\n"
                          "9999999999,0,-9999999999,0\n"
                          "1000000,1,-9999999999,0\n",
                          &result, &error),
                   HFT_OK);
  assert_int_equal(result.rows_equal, 3);
}

static void the_first_difference_is_told(void **state) {
  hft_replay_result result;
  hft_error error;
  assert_int_equal(replay(*state,
                          "1,1,1,10,990000,1\n"
                          "2.000000003,1,2,5,1000000,1\n"
                          "3,2,2,2,1000000,1\n"
                          "4,3,2,3,1000000,1\n",
                          BOOK0,
                          "1010000,50,990000,30\n"
                          "1010000,50,1000000,6\n"
                          "1010000,50,1000000,4\n"
                          "1010000,50,990000,30\n",
                          &result, &error),
                   HFT_OK);
  assert_int_equal(result.rows_compared, 4);
  assert_int_equal(result.rows_equal, 2);
  assert_true(result.differs);
  assert_int_equal(result.first.row, 1);
  assert_true(result.first.message.time == 2 * HFT_SECOND + 3);
  assert_int_equal(result.first.expected.best[HFT_BID].size, 6);
  assert_int_equal(result.first.got.best[HFT_BID].size, 5);
  assert_int_equal(result.first.got.best[HFT_BID].price, 1000000);
  assert_int_equal(result.first.got.best[HFT_ASK].price, 1010000);
}

static void files_that_do_not_fit_are_refused(void **state) {
  static const struct {
    const char *messages, *book0, *truth, *where, *words;
  } cases[] = {
      {"1,1,1,10,990000,1\n2,1,2,1,990000,1\n", BOOK0, "1010000,50,990000,30\n", "truth.csv",
       "only 1 rows for 2 messages"},
      {"1,1,1,10,990000,1\n", BOOK0, "1010000,50,990000,30\n1010000,50,990000,30\n", "truth.csv",
       "2 rows for 1 messages"},
      {"1,1,1,10,960000,1\n", BOOK0, "1010000,50,990000,30\n", "book0.csv:1", "belong together"},
      {"1,1,1,10,1010000,-1\n", "990000,10,1010000,10\n", "990000,10,1010000,10\n", "book0.csv:1",
       "crossed"},
      {"1,1,1,10,990000,1\n2,1,1,5,980000,1\n", BOOK0,
       "1010000,50,990000,30\n1010000,50,990000,30\n", "messages.csv:2", "added twice"},
      {"1,1,1,10,990000,1\n2,3,1,5,980000,1\n", BOOK0,
       "1010000,50,990000,30\n1010000,50,990000,30\n", "messages.csv:2", "another price or side"},
      {"1,1,1,10,990000,1\n2,3,1,5,990000,-1\n", BOOK0,
       "1010000,50,990000,30\n1010000,50,990000,30\n", "messages.csv:2", "another price or side"},
      {"1,1,1,10,990000,1\n2,1,2,2147483647,990000,1\n", BOOK0,
       "1010000,50,990000,30\n1010000,50,990000,30\n", "messages.csv:2", "more than 2147483647"},
      {"1,1,1,10,990000,1\n", "", "1010000,50,990000,30\n", "book0.csv", "empty"},
      {"1,1,1,10,990000,1\n", BOOK0, "", "truth.csv", "empty"},
      {"", BOOK0, "1010000,50,990000,30\n", "messages.csv", "empty"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    hft_replay_result result;
    hft_error error;
    hft_status status =
        replay(*state, cases[i].messages, cases[i].book0, cases[i].truth, &result, &error);
    size_t length = strlen(error.where), tail = strlen(cases[i].where);
    if (status != HFT_EDATA || length < tail ||
        strcmp(error.where + length - tail, cases[i].where) != 0 ||
        strstr(error.text, cases[i].words) == NULL) {
      fail_msg("case %zu gave %d, %s: %s", i, status, error.where, error.text);
    }
  }
}

// An hour of NASDAQ's messages, cut to 45,000: all rows equal.
static void the_recorded_messages_give_the_recorded_book(void **unused) {
  (void)unused;
  const char *messages = shared_file(AAPL_MESSAGES), *book0 = shared_file(AAPL_BOOK0);
  const char *truth = shared_file(AAPL_BEST);
  const hft_replay_files files = {messages, book0, truth};
  hft_replay_result result;
  hft_error error = {0};
  hft_status status = hft_replay_run(&files, &result, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(result.rows_compared, 45000);
  assert_int_equal(result.rows_equal, 45000);
  assert_false(result.differs);
  // Price-time priority holds in the market as it does in the book, but for a few orders.
  assert_true(result.counts.executions > 2000);
  assert_true(result.counts.out_of_turn < result.counts.executions / 50);
}

// The 50-level file has all levels after each of the first 672 messages: the whole visible book.
static void the_recorded_depth_is_rebuilt(void **unused) {
  (void)unused;
  const char *path = shared_file(AAPL_MESSAGES), *books = shared_file(AAPL_BOOK0);
  static hft_lobster_book book;
  hft_lobster_reader reader;
  hft_tape_reader tape;
  const hft_tape_files files = {.messages = path, .book0 = books};
  assert_int_equal(hft_tape_open(&files, &tape, NULL), HFT_OK);
  assert_false(tape.has_rows);  // of all but the first 672 messages there are none
  assert_int_equal(hft_lobster_open(&reader, books, NULL), HFT_OK);
  int rows = 0;
  for (bool more = true; more; rows++) {
    assert_int_equal(hft_lobster_next_book(&reader, &book, &more, NULL), HFT_OK);
    if (!more) break;
    const hft_lobster_message *message;
    assert_int_equal(hft_tape_next(&tape, &message, NULL), HFT_OK);
    assert_null(hft_book_verify(hft_reconstruct_book(tape.book)));
    for (int side = 0; side < 2; side++) {
      hft_level level[25];
      int found = hft_book_depth(hft_reconstruct_book(tape.book), (hft_side)side, level, 25);
      for (int i = 0; i < found && book.side[side][i].price != 0; i++) {
        assert_int_equal(level[i].price * hft_reconstruct_window(tape.book)->tick,
                         book.side[side][i].price);
        assert_int_equal(level[i].qty, book.side[side][i].size);
      }
    }
  }
  assert_int_equal(rows, 672);
  hft_lobster_close(&reader);
  hft_tape_close(&tape);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(every_kind_of_message_moves_the_book),
      IN_FOLDER(an_execution_out_of_turn_is_counted),
      IN_FOLDER(orders_that_no_file_shows_change_nothing),
      IN_FOLDER(an_emptied_side_is_the_files_empty_level),
      IN_FOLDER(the_first_difference_is_told),
      IN_FOLDER(files_that_do_not_fit_are_refused),
      cmocka_unit_test(the_recorded_messages_give_the_recorded_book),
      cmocka_unit_test(the_recorded_depth_is_rebuilt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
