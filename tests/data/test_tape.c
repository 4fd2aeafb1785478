// Tapes of few levels: the rows of the orderbook file decide, for the reconstruction and for a
// market. And prices that are outside any market.
#include "data/lobster/tape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/facts/facts_source.h"
#include "data/lobster/replay.h"
#include "tests/data/level_view.h"
#include "tests/data/tape_market.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

typedef struct paths {
  char messages[512], orderbook[512];
} paths;

static paths paths_in(const char *folder) {
  paths p;
  snprintf(p.messages, sizeof p.messages, "%s", path_in(folder, "T_message_n.csv"));
  snprintf(p.orderbook, sizeof p.orderbook, "%s", path_in(folder, "T_orderbook_n.csv"));
  return p;
}

// The whole book is the row: all its levels, and no others. Prices in units of 1/10,000 USD.
static void expect_levels(const hft_book *book, int64_t tick, const hft_lobster_book *row,
                          int64_t at) {
  for (int side = 0; side < 2; side++) {
    hft_level level[HFT_LOBSTER_LEVELS_MAX];
    int found = hft_book_depth(book, (hft_side)side, level, HFT_LOBSTER_LEVELS_MAX);
    int shown = 0;
    while (shown < row->levels && row->side[side][shown].price != 0) shown++;
    if (found != shown) fail_msg("row %" PRId64 ": %d levels, not %d", at, found, shown);
    for (int i = 0; i < found; i++) {
      int64_t price = level[i].price * tick;
      if (price != row->side[side][i].price || level[i].qty != row->side[side][i].size) {
        fail_msg("row %" PRId64 ", side %d, level %d: %d at %" PRId64 ", not %d at %" PRId64, at,
                 side, i, level[i].qty, price, row->side[side][i].size, row->side[side][i].price);
      }
    }
  }
}

// ---- by hand ---------------------------------------------------------------------------------

#define LEFT_MESSAGES           \
  "34200.1,1,11,10,1000000,1\n" \
  "34200.2,1,12,10,1000100,1\n" \
  "34200.3,3,12,10,1000100,1\n" \
  "34200.4,1,13,5,1000000,-1\n" \
  "34200.5,1,14,5,999900,-1\n"  \
  "34200.6,4,14,5,999900,-1\n"
#define LEFT_ROWS           \
  "1000200,50,1000000,10\n" \
  "1000200,50,1000100,10\n" \
  "1000200,50,999800,30\n"  \
  "1000000,5,999800,30\n"   \
  "999900,5,999800,30\n"    \
  "1000000,5,999800,30\n"

// An order leaves the view of a file of one level, is cancelled there, and its level is not what
// comes up.
static void levels_that_leave_the_view_are_dropped(void **state) {
  const paths p = paths_in(*state);
  write_text(p.messages, LEFT_MESSAGES);
  write_text(p.orderbook, LEFT_ROWS);
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result result;
  hft_error error = {0};
  hft_status status = hft_replay_run(&files, &result, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(result.rows_compared, 6);
  assert_int_equal(result.rows_equal, 6);
  assert_int_equal(result.counts.crossing, 0);
  assert_int_equal(result.counts.levels_in, 2);   // the bid at 99.98, the offer at 100.00
  assert_int_equal(result.counts.levels_out, 3);  // 100.00, then the offers of 50 and 5
  assert_int_equal(result.counts.levels_wrong, 0);
}

// The book in the market after each second of the same tape.
static void a_market_follows_the_view(void **state) {
  const paths p = paths_in(*state);
  write_text(p.messages, LEFT_MESSAGES);
  write_text(p.orderbook, LEFT_ROWS);
  char yaml[1200];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 1, fundamental: constant}\n"
           "populations: [{kind: replay, messages: '%s'}]\n",
           p.messages);
  tape_market m;
  tape_market_open(&m, yaml);
  static const struct {
    hft_price bid;
    hft_qty bid_qty;
    hft_price ask;
    hft_qty ask_qty;
  } touch[] = {{10000, 10, 10002, 50}, {10001, 10, 10002, 50}, {9998, 30, 10002, 50},
               {9998, 30, 10000, 5},   {9998, 30, 9999, 5},    {9998, 30, 10000, 5}};
  for (int i = 0; i < 6; i++) {
    tape_market_run(&m, i * HFT_SECOND / 10);
    tape_market_expect(&m, .bid = touch[i].bid, .bid_qty = touch[i].bid_qty, .ask = touch[i].ask,
                       .ask_qty = touch[i].ask_qty);
    assert_int_equal(hft_desk_open_count(&m.tape), 2);
  }
  assert_int_equal(m.trades, 1);
  tape_market_close(&m);
}

// ---- made-up markets -------------------------------------------------------------------------

static const int all_levels[] = {1, 2, 3, 5, 10, 20};
#define LEVELS_COUNT ((int)(sizeof all_levels / sizeof all_levels[0]))

static int write_view(const paths *p, int levels, uint64_t seed) {
  const level_view view = {.levels = levels,
                           .operations = 3000,
                           .seed = seed,
                           .tick = 100,
                           .middle = 10000,
                           .messages = p->messages,
                           .orderbook = p->orderbook};
  return level_view_write(&view);
}

static void every_row_of_few_levels_is_the_book(void **state) {
  const paths p = paths_in(*state);
  const hft_tape_files files = {.messages = p.messages, .book0 = p.orderbook};
  for (int k = 0; k < 4 * LEVELS_COUNT; k++) {
    int count = write_view(&p, all_levels[k / 4], (uint64_t)k);
    hft_lobster_reader reader;
    static hft_lobster_book row;
    hft_tape_reader tape;
    hft_error error = {0};
    if (hft_tape_open(&files, &tape, &error) != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    assert_int_equal(hft_lobster_open(&reader, p.orderbook, NULL), HFT_OK);
    assert_true(tape.has_rows && !tape.deep);
    const hft_lobster_message *message;
    for (int i = 0; i < count; i++) {
      bool more;
      if (hft_tape_next(&tape, &message, &error) != HFT_OK) fail_msg("%s", error.text);
      assert_non_null(message);
      assert_int_equal(hft_lobster_next_book(&reader, &row, &more, NULL), HFT_OK);
      expect_levels(hft_reconstruct_book(tape.book), 100, &row, i);
      assert_null(hft_book_verify(hft_reconstruct_book(tape.book)));
    }
    assert_int_equal(hft_tape_next(&tape, &message, &error), HFT_OK);
    assert_null(message);
    // The messages explain each row, but for what came into its view.
    const hft_reconstruct_counts *counts = hft_reconstruct_counts_of(tape.book);
    assert_int_equal(tape.rows_compared, count);
    assert_int_equal(tape.rows_equal, count);
    assert_int_equal(counts->levels_wrong, 0);
    assert_int_equal(counts->crossing + counts->unknown, 0);
    hft_lobster_close(&reader);
    hft_tape_close(&tape);
  }
}

static void a_market_of_few_levels_is_each_row(void **state) {
  const paths p = paths_in(*state);
  char yaml[1200];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 1, fundamental: constant}\n"
           "populations: [{kind: replay, messages: '%s'}]\n",
           p.messages);
  for (int k = 0; k < LEVELS_COUNT; k++) {
    int count = write_view(&p, all_levels[k], 100 + (uint64_t)k);
    hft_lobster_messages messages;
    hft_lobster_reader reader;
    static hft_lobster_book row;
    assert_int_equal(hft_lobster_read_messages(p.messages, &messages, NULL), HFT_OK);
    assert_int_equal(messages.count, count);
    assert_int_equal(hft_lobster_open(&reader, p.orderbook, NULL), HFT_OK);
    tape_market m;
    tape_market_open(&m, yaml);
    int64_t executions = 0;
    for (int i = 0; i < count; i++) {
      bool more;
      assert_int_equal(hft_lobster_next_book(&reader, &row, &more, NULL), HFT_OK);
      tape_market_run(&m, messages.message[i].time - messages.message[0].time);
      expect_levels(hft_desk_book(&m.tape), 100, &row, i);
      executions += i > 0 && messages.message[i].kind == HFT_LOBSTER_EXECUTE;
    }
    assert_int_equal(m.trades, executions);  // each recorded trade once, and no others
    hft_lobster_close(&reader);
    hft_lobster_messages_free(&messages);
    tape_market_close(&m);
  }
}

// The stylised facts of a tape of few levels are of its rows; what deeper levels would tell is not
// known.
static void facts_are_of_the_rows(void **state) {
  const paths p = paths_in(*state);
  write_view(&p, 5, 7);
  const hft_tape_files files = {.messages = p.messages, .book0 = p.orderbook};
  const hft_observe_plan plan = {0, HFT_SECOND / 1000, 0};
  hft_observed seen;
  hft_error error = {0};
  hft_status status = hft_facts_observe_lobster(&files, 0, &plan, NULL, &seen, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(seen.left_out, 0);
  assert_true(seen.rows > 1000);
  assert_int_equal(seen.rows_equal, seen.rows);
  assert_int_equal(seen.levels, 5);
  assert_int_equal(hft_observed_depths(&seen), 0);
  hft_lobster_messages messages;
  hft_lobster_reader reader;
  static hft_lobster_book row;
  assert_int_equal(hft_lobster_read_messages(p.messages, &messages, NULL), HFT_OK);
  assert_int_equal(hft_lobster_open(&reader, p.orderbook, NULL), HFT_OK);
  size_t next = 0;
  for (size_t k = 0; k < seen.mid.count; k++) {
    hft_time time = seen.begin + (hft_time)k * plan.interval;
    bool more;
    for (; next < messages.count && messages.message[next].time <= time; next++) {
      assert_int_equal(hft_lobster_next_book(&reader, &row, &more, NULL), HFT_OK);
    }
    int64_t bid = row.side[HFT_BID][0].price, ask = row.side[HFT_ASK][0].price;
    if (bid != 0 && ask != 0) assert_near(seen.mid.value[k], 0.5 * (double)(bid + ask), 1e-9);
  }
  hft_lobster_close(&reader);
  hft_lobster_messages_free(&messages);
  hft_observed_free(&seen);
}

// ---- files that contradict each other --------------------------------------------------------

// Without rows, or with those of another tape, the book is wrong: no market and no verdicts.
static void a_wrong_book_is_refused(void **state) {
  const paths p = paths_in(*state);
  write_view(&p, 1, 3);
  const hft_observe_plan plan = {0, HFT_SECOND / 1000, 0};
  hft_observed seen;
  hft_error error = {0};
  hft_tape_files files = {.messages = p.messages};
  assert_int_equal(hft_facts_observe_lobster(&files, 0.01, &plan, NULL, &seen, &error), HFT_EDATA);
  assert_non_null(strstr(error.text, "needs an orderbook file with a row for each message"));
  assert_int_equal(hft_facts_observe_lobster(&files, 1, &plan, NULL, &seen, &error), HFT_OK);
  hft_observed_free(&seen);
  // One row in ten says something else.
  size_t size;
  char *rows = read_bytes(p.orderbook, &size);
  rows[size] = '\0';
  FILE *file = fopen(p.orderbook, "w");
  assert_non_null(file);
  int line = 0;
  for (char *at = strtok(rows, "\n"); at != NULL; at = strtok(NULL, "\n"), line++) {
    char *comma = strchr(at, ',');
    *comma = '\0';
    long long ask_size = strtoll(comma + 1, NULL, 10);
    bool wrong = line > 0 && line % 10 == 0 && ask_size > 0;
    fprintf(file, "%s,%lld%s\n", at, ask_size + (wrong ? 1 : 0), strchr(comma + 1, ','));
  }
  assert_int_equal(fclose(file), 0);
  free(rows);
  files.book0 = p.orderbook;
  assert_int_equal(hft_facts_observe_lobster(&files, 0.01, &plan, NULL, &seen, &error), HFT_EDATA);
  assert_non_null(strstr(error.text, "contradict the messages"));
  char yaml[1200];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 1}\n"
           "populations: [{kind: replay, messages: '%s'}]\n",
           p.messages);
  assert_null(tape_model(yaml, 0, &error));
  assert_int_equal(error.status, HFT_EDATA);
  assert_non_null(strstr(error.text, "contradict the messages"));
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 1}\n"
           "populations: [{kind: replay, messages: '%s', unmatched_max: 0.9}]\n",
           p.messages);
  hft_model *model = tape_model(yaml, 0, &error);
  assert_non_null(model);
  hft_model_free(model);
}

// A row that is crossed is no book: it is counted, and what the messages say stays.
static void a_crossed_row_corrects_nothing(void **state) {
  const paths p = paths_in(*state);
  write_text(p.messages,
             "1,1,1,10,990000,1\n"
             "2,1,2,5,1000000,1\n"
             "3,3,2,5,1000000,1\n");
  write_text(p.orderbook,
             "1010000,50,990000,10\n"
             "1000000,50,1000000,5\n"
             "1010000,50,990000,10\n");
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result result;
  assert_int_equal(hft_replay_run(&files, &result, NULL), HFT_OK);
  assert_int_equal(result.rows_equal, 2);
  assert_int_equal(result.first.row, 1);
  assert_int_equal(result.counts.levels_wrong, 0);
}

// ---- prices ----------------------------------------------------------------------------------

static const char *const stubs[] = {
    ",1,900001,100,4294967295,-1",  // the highest price that there is
    ",1,900002,100,1999999900,-1",  // and NASDAQ's stub quotes
    ",1,900003,100,1,1",
    ",5,0,7,1000033,1",  // a hidden order at a part of a cent
    ",3,900001,100,4294967295,-1",
    ",3,900002,100,1999999900,-1",
    ",3,900003,100,1,1",
};
#define STUB_COUNT ((int)(sizeof stubs / sizeof stubs[0]))

// Stub quotes far from the market change neither tick nor window, and no row: the result is the one
// without them.
static void stub_quotes_change_nothing(void **state) {
  const paths p = paths_in(*state);
  level_view view = {.levels = 5,
                     .operations = 3000,
                     .seed = 5,
                     .tick = 100,
                     .middle = 10000,
                     .messages = p.messages,
                     .orderbook = p.orderbook};
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result plain, planted;
  hft_error error = {0};
  int count = level_view_write(&view);
  assert_int_equal(hft_replay_run(&files, &plain, &error), HFT_OK);
  assert_int_equal(plain.counts.outside + plain.counts.odd, 0);
  view.planted = stubs;
  view.planted_count = STUB_COUNT;
  assert_int_equal(level_view_write(&view), count + STUB_COUNT);
  hft_status status = hft_replay_run(&files, &planted, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(planted.rows_compared, count + STUB_COUNT);
  assert_int_equal(planted.rows_equal, count + STUB_COUNT);
  assert_int_equal(planted.counts.outside, 6);
  assert_int_equal(planted.counts.odd, 0);
  assert_true(planted.window.low == plain.window.low && planted.window.high == plain.window.high);
  assert_int_equal(planted.window.tick, 100);
  planted.counts.messages = plain.counts.messages;
  planted.counts.outside = 0;
  assert_memory_equal(&planted.counts, &plain.counts, sizeof plain.counts);
  // The market of the tape is there as well.
  char yaml[1200];
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 1}\npopulations: [{kind: replay, messages: '%s'}]\n",
           p.messages);
  hft_model *model = tape_model(yaml, 0, &error);
  if (model == NULL) fail_msg("%s: %s", error.where, error.text);
  hft_model_free(model);
}

// The same in a tape of a few messages, of which half are stubs.
static void stub_quotes_do_not_hide_the_view(void **state) {
  const paths p = paths_in(*state);
  char messages[2000] = "", rows[2000] = "";
  const char *message = LEFT_MESSAGES, *row = LEFT_ROWS;
  for (int i = 0; i < 6; i++) {
    int length = (int)strcspn(message, "\n") + 1, row_length = (int)strcspn(row, "\n") + 1;
    size_t at = strlen(messages), row_at = strlen(rows);
    snprintf(messages + at, sizeof messages - at, "%.*s34200.%d%s\n", length, message, i + 1,
             stubs[i]);
    snprintf(rows + row_at, sizeof rows - row_at, "%.*s%.*s", row_length, row, row_length, row);
    message += length;
    row += row_length;
  }
  write_text(p.messages, messages);
  write_text(p.orderbook, rows);
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result result;
  hft_error error = {0};
  hft_status status = hft_replay_run(&files, &result, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(result.rows_compared, 12);
  assert_int_equal(result.rows_equal, 12);
  assert_int_equal(result.counts.outside, 5);
  assert_int_equal(result.counts.levels_in, 2);
  assert_int_equal(result.counts.levels_wrong, 0);
}

// Rows whose deepest levels are stubs: as if they were not there.
static void stub_levels_are_left_out_of_rows(void **state) {
  const paths p = paths_in(*state);
  write_text(p.messages,
             "1,1,1,10,990000,1\n"
             "2,3,1,10,990000,1\n"
             "3,3,900,50,1010000,-1\n"
             "4,1,3,5,1000000,-1\n"
             "5,5,0,5,1000000,-1\n");
  write_text(p.orderbook,
             "1010000,50,990000,10,4294967295,1,980000,5\n"
             "1010000,50,980000,5,4294967295,1,1,3\n"
             "4294967295,1,980000,5,9999999999,0,1,3\n"
             "1000000,5,980000,5,4294967295,1,1,3\n"
             "1000000,5,980000,5,4294967295,1,1,3\n");
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result result;
  hft_error error = {0};
  hft_status status = hft_replay_run(&files, &result, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  if (result.rows_equal != 5) fail_msg("row %lld differs", (long long)result.first.row);
}

// The tick follows the bulk of the prices, in any part of NASDAQ's range.
static void the_tick_is_that_of_the_bulk(void **state) {
  const paths p = paths_in(*state);
  static const struct {
    int64_t tick, middle, got;
  } cases[] = {{100, 10000, 100},     // a stock of $100
               {1, 4567, 1},          // of 46 cents, in hundredths of a cent
               {50, 20000, 50},       // of half-cents
               {500, 5000, 500},      // of five cents
               {100, 41000000, 100},  // of $410,000, beyond 31 bits
               {10000, 60, 10000}};   // of whole dollars
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const level_view view = {.levels = 5,
                             .operations = 2000,
                             .seed = 11,
                             .tick = cases[i].tick,
                             .middle = cases[i].middle,
                             .messages = p.messages,
                             .orderbook = p.orderbook};
    int count = level_view_write(&view);
    const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
    hft_replay_result result;
    hft_error error = {0};
    hft_status status = hft_replay_run(&files, &result, &error);
    if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    if (result.window.tick != cases[i].got) fail_msg("case %zu: tick %d", i, result.window.tick);
    assert_int_equal(result.rows_equal, count);
    assert_int_equal(result.counts.outside + result.counts.odd, 0);
    int64_t market = cases[i].tick * cases[i].middle;
    assert_true(result.window.low < market && result.window.high > market);
  }
}

// One visible order in some hundreds at a part of a cent is left out, and told.
static void a_few_odd_prices_are_left_out(void **state) {
  const paths p = paths_in(*state);
  static const char *const odd[] = {",1,900001,100,995033,1", ",3,900001,100,995033,1"};
  const level_view view = {.levels = 1,
                           .operations = 6000,
                           .seed = 5,
                           .tick = 100,
                           .middle = 10000,
                           .messages = p.messages,
                           .orderbook = p.orderbook,
                           .planted = odd,
                           .planted_count = 2};
  int count = level_view_write(&view);
  const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
  hft_replay_result result;
  assert_int_equal(hft_replay_run(&files, &result, NULL), HFT_OK);
  assert_int_equal(result.rows_equal, count);
  assert_int_equal(result.window.tick, 100);
  assert_int_equal(result.counts.odd, 2);
}

// Half an hour of MSFT has an order at $2,000, and no orderbook file.
static void a_real_tape_with_a_stub_is_observed(void **unused) {
  (void)unused;
  const char *path = shared_file("lobster/MSFT_2012-06-21_34200000_36000000_message_50.csv");
  const hft_tape_files files = {.messages = path};
  const hft_observe_plan plan = {60 * HFT_SECOND, HFT_SECOND, 0};
  hft_observed seen;
  hft_error error = {0};
  hft_status status = hft_facts_observe_lobster(&files, 0.01, &plan, NULL, &seen, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  assert_int_equal(seen.dropped, 1);
  assert_true(seen.sign.count > 1000);
  for (size_t i = 0; i < seen.mid.count; i++) {
    assert_true(seen.mid.value[i] > 300000 && seen.mid.value[i] < 320000);
  }
  hft_observed_free(&seen);
}

// Writes the lines of a real tape that N levels show: where the best N levels change, or a hidden
// order trades. Returns how many.
static int cut_real(const char *messages, const char *books, int levels, const paths *p) {
  FILE *in[2] = {fopen(messages, "r"), fopen(books, "r")};
  FILE *out[2] = {fopen(p->messages, "w"), fopen(p->orderbook, "w")};
  static char message[256], row[16384], before[16384];
  int written = 0;
  before[0] = '\0';
  while (fgets(message, sizeof message, in[0]) && fgets(row, sizeof row, in[1])) {
    char *end = row;
    for (int comma = 0; comma < 4 * levels && end != NULL; comma++) end = strchr(end + 1, ',');
    if (end != NULL) *end = '\0';
    row[strcspn(row, "\r\n")] = '\0';
    bool hidden = message[strcspn(message, ",") + 1] == '5';
    bool first = before[0] == '\0';
    if (strcmp(row, before) != 0 || (hidden && !first)) {
      fputs(message, out[0]);
      fprintf(out[1], "%s\n", row);
      written++;
    }
    memcpy(before, row, sizeof row);
  }
  for (int k = 0; k < 2; k++) {
    fclose(in[k]);
    assert_int_equal(fclose(out[k]), 0);
  }
  return written;
}

// AAPL's first 672 rows, of which a file of N levels would tell: all rows follow.
static void a_real_tape_cut_to_few_levels(void **state) {
  const paths p = paths_in(*state);
  const char *messages = shared_file(AAPL_MESSAGES), *books = shared_file(AAPL_BOOK0);
  for (int k = 0; k < LEVELS_COUNT; k++) {
    int count = cut_real(messages, books, all_levels[k], &p);
    const hft_replay_files files = {p.messages, p.orderbook, p.orderbook};
    hft_replay_result result;
    hft_error error = {0};
    hft_status status = hft_replay_run(&files, &result, &error);
    if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    assert_true(count > 200);
    assert_int_equal(result.rows_compared, count);
    assert_int_equal(result.rows_equal, count);
    assert_int_equal(result.counts.levels_wrong, 0);
    assert_int_equal(result.counts.out_of_turn, 0);
  }
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(levels_that_leave_the_view_are_dropped),
      IN_FOLDER(a_market_follows_the_view),
      IN_FOLDER(every_row_of_few_levels_is_the_book),
      IN_FOLDER(a_market_of_few_levels_is_each_row),
      IN_FOLDER(facts_are_of_the_rows),
      IN_FOLDER(a_wrong_book_is_refused),
      IN_FOLDER(a_crossed_row_corrects_nothing),
      IN_FOLDER(stub_quotes_change_nothing),
      IN_FOLDER(stub_quotes_do_not_hide_the_view),
      IN_FOLDER(stub_levels_are_left_out_of_rows),
      IN_FOLDER(the_tick_is_that_of_the_bulk),
      IN_FOLDER(a_few_odd_prices_are_left_out),
      cmocka_unit_test(a_real_tape_with_a_stub_is_observed),
      IN_FOLDER(a_real_tape_cut_to_few_levels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
