// The reader of LOBSTER files: which files it accepts, and the errors for all others.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lobster/lobster.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define GOOD "34200.004241176,1,16113575,18,5853300,1\n"

static hft_lobster_reader open_text(const char *text, size_t size) {
  FILE *file = fmemopen((void *)(uintptr_t)text, size, "rb");
  assert_non_null(file);
  hft_lobster_reader reader;
  assert_int_equal(hft_lobster_attach(&reader, file, "text.csv", NULL), HFT_OK);
  return reader;
}

// Reads all rows of a text that is `size` bytes long; the status of the last one read.
static hft_status read_messages(const char *text, size_t size, hft_lobster_message *last,
                                int *count, hft_error *error) {
  hft_lobster_reader reader = open_text(text, size);
  bool more = true;
  hft_status status = HFT_OK;
  for (*count = 0; status == HFT_OK && more;) {
    hft_lobster_message message;
    status = hft_lobster_next_message(&reader, &message, &more, error);
    if (status != HFT_OK || !more) break;
    *last = message;
    (*count)++;
  }
  hft_lobster_close(&reader);
  return status;
}

static hft_status read_books(const char *text, hft_lobster_book *last, int *count,
                             hft_error *error) {
  hft_lobster_reader reader = open_text(text, strlen(text));
  bool more = true;
  hft_status status = HFT_OK;
  for (*count = 0; status == HFT_OK;) {
    status = hft_lobster_next_book(&reader, last, &more, error);
    if (status != HFT_OK || !more) break;
    (*count)++;
  }
  hft_lobster_close(&reader);
  return status;
}

static void a_message_is_read_whole(void **unused) {
  (void)unused;
  hft_lobster_message m;
  int count;
  const char *text = GOOD "34200.025551909,3,9223372036854775807,2147483647,4294967295,-1\r\n";
  assert_int_equal(read_messages(text, strlen(text), &m, &count, NULL), HFT_OK);
  assert_int_equal(count, 2);
  assert_true(m.time == INT64_C(34200025551909));
  assert_int_equal(m.kind, HFT_LOBSTER_DELETE);
  assert_true(m.id == INT64_MAX);
  assert_int_equal(m.size, INT32_MAX);
  assert_true(m.price == HFT_LOBSTER_PRICE_MAX);
  assert_int_equal(m.side, HFT_ASK);
}

static void times_are_exact(void **unused) {
  (void)unused;
  static const struct {
    const char *text;
    int64_t time;
  } cases[] = {
      {"0", 0},
      {"0.000000001", 1},
      {"34200", INT64_C(34200000000000)},
      {"34200.1", INT64_C(34200100000000)},
      {"34200.00426064", INT64_C(34200004260640)},
      {"57599.999999999", INT64_C(57599999999999)},
      {"86399.999999999", INT64_C(86399999999999)},
      // The noise of a double: as in the recorded data, and where rounding carries.
      {"35821.088778456004", INT64_C(35821088778456)},
      {"35821.0887784559996", INT64_C(35821088778456)},
      {"1.9999999995", INT64_C(2000000000)},
      {"1.99999999949999", INT64_C(1999999999)},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[128];
    snprintf(line, sizeof line, "%s,1,7,100,5853300,1\n", cases[i].text);
    hft_lobster_message m;
    int count;
    assert_int_equal(read_messages(line, strlen(line), &m, &count, NULL), HFT_OK);
    assert_true(m.time == cases[i].time);
  }
}

static void kinds_without_an_order_need_no_size_or_id(void **unused) {
  (void)unused;
  hft_lobster_message m;
  int count;
  const char *text =
      "1.5,5,0,100,5857950,-1\n"
      "2,6,-1,0,5857900,-1\n"
      "3,7,0,0,-1,-1\n"
      "4,7,0,0,0,-1\n"
      "5,7,0,0,1,-1\n";
  assert_int_equal(read_messages(text, strlen(text), &m, &count, NULL), HFT_OK);
  assert_int_equal(count, 5);
  assert_int_equal(m.price, 1);
}

static void malformed_messages_are_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *where, *words;
  } cases[] = {
      {"", "text.csv", "the file is empty"},
      {"\n", "text.csv:1", "empty"},
      {"\r\n", "text.csv:1", "empty"},
      {GOOD "\n", "text.csv:2", "empty"},
      {GOOD "34200.1,1,16113575,18,5853300,1", "text.csv:2", "cut off"},
      {GOOD "34200.1,1,161", "text.csv:2", "cut off"},
      {"34200.1,1,7,18,5853300\n", "text.csv:1", "5 columns"},
      {"34200.1,1,7,18,5853300,1,9\n", "text.csv:1", "7 columns"},
      {"34200.1,1,7,18,5853300,1,\n", "text.csv:1", "7 columns"},
      {"34200.1;1;7;18;5853300;1\n", "text.csv:1", "1 columns"},
      {"time,type,id,size,price,direction\n", "text.csv:1", "column 1 (time): 'time'"},
      {"34200.1,1,7,eighteen,5853300,1\n", "text.csv:1", "column 4 (size): 'eighteen'"},
      {"34200.1,1,7,18.5,5853300,1\n", "text.csv:1", "column 4 (size): '18.5'"},
      {"34200.1,1,7,,5853300,1\n", "text.csv:1", "column 4 (size): ''"},
      {"34200.1,1,7,1e3,5853300,1\n", "text.csv:1", "'1e3'"},
      {"34200.1,1,7, 18,5853300,1\n", "text.csv:1", "' 18'"},
      {"34200.1,1,7,+18,5853300,1\n", "text.csv:1", "'+18'"},
      {"34200.1,1,7,0x12,5853300,1\n", "text.csv:1", "'0x12'"},
      {"34200.1,1,7,-,5853300,1\n", "text.csv:1", "'-'"},
      {"34200.1,1,7,18,5853300,1 \n", "text.csv:1", "'1 '"},
      {"34200.1,1,7,0,5853300,1\n", "text.csv:1", "0 out of range"},
      {"34200.1,1,7,-18,5853300,1\n", "text.csv:1", "-18 out of range"},
      {"34200.1,1,7,2147483648,5853300,1\n", "text.csv:1", "[1, 2147483647]"},
      {"34200.1,1,7,99999999999999999999999,5853300,1\n", "text.csv:1", "out of range"},
      {"34200.1,1,9223372036854775808,18,5853300,1\n", "text.csv:1", "column 3 (order id)"},
      {"34200.1,1,0,18,5853300,1\n", "text.csv:1", "column 3 (order id)"},
      {"34200.1,1,-9223372036854775808,18,5853300,1\n", "text.csv:1", "column 3 (order id)"},
      {"34200.1,1,7,18,0,1\n", "text.csv:1", "column 5 (price)"},
      {"34200.1,1,7,18,4294967296,1\n", "text.csv:1", "[1, 4294967295]"},
      {"34200.1,1,7,18,-9999999999,1\n", "text.csv:1", "column 5 (price)"},
      {"34200.1,7,0,0,2,1\n", "text.csv:1", "column 5 (price)"},
      {"34200.1,0,7,18,5853300,1\n", "text.csv:1", "column 2 (type)"},
      {"34200.1,8,7,18,5853300,1\n", "text.csv:1", "column 2 (type)"},
      {"34200.1,1,7,18,5853300,0\n", "text.csv:1", "column 6 (direction)"},
      {"34200.1,1,7,18,5853300,2\n", "text.csv:1", "column 6 (direction)"},
      {"-1.5,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {"34200.,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {".5,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {"34200.1.2,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {"3.42e4,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {"nan,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {"86400,1,7,18,5853300,1\n", "text.csv:1", "below 86400"},
      {"99999999999999999999999,1,7,18,5853300,1\n", "text.csv:1", "below 86400"},
      {"1.0123456789012345,1,7,18,5853300,1\n", "text.csv:1", "column 1 (time)"},
      {GOOD "34200.004241175,1,8,18,5853300,1\n", "text.csv:2", "goes back"},
      {"\x7f"
       "ELF\x02\x01\n",
       "text.csv:1", "1 columns"},
      {"\x1b[2J,1,7,18,5853300,1\n", "text.csv:1", "'?[2J'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    hft_lobster_message m;
    int count;
    hft_error error = {0};
    hft_status status = read_messages(cases[i].text, strlen(cases[i].text), &m, &count, &error);
    if (status != HFT_EDATA || strcmp(error.where, cases[i].where) != 0 ||
        strstr(error.text, cases[i].words) == NULL) {
      fail_msg("'%s' gave %d, %s: %s", cases[i].text, status, error.where, error.text);
    }
  }
}

static void bytes_that_are_no_text_are_refused(void **unused) {
  (void)unused;
  hft_lobster_message m;
  int count;
  hft_error error = {0};
  const char text[] = "34200.1,1,7,18\0,5853300,1\n";
  assert_int_equal(read_messages(text, sizeof text - 1, &m, &count, &error), HFT_EDATA);
  assert_non_null(strstr(error.text, "not text"));
}

static void endless_lines_are_refused(void **unused) {
  (void)unused;
  hft_lobster_message m;
  int count;
  for (int newline = 0; newline < 2; newline++) {
    for (size_t size = HFT_CSV_LINE_MAX + 1; size < 6 * (size_t)HFT_CSV_LINE_MAX; size *= 2) {
      char *text = malloc(size);
      assert_non_null(text);
      memset(text, '1', size);
      if (newline) text[size - 1] = '\n';
      hft_error error = {0};
      assert_int_equal(read_messages(text, size, &m, &count, &error), HFT_EDATA);
      assert_string_equal(error.where, "text.csv:1");
      assert_non_null(strstr(error.text, "longer than"));
      free(text);
    }
  }
}

static void lines_across_the_buffer_are_whole(void **unused) {
  (void)unused;
  // Enough rows of varying length that line ends fall on every place around the buffer's end.
  enum { ROWS = 40000 };
  char *text = malloc((size_t)ROWS * 64), *at = text;
  assert_non_null(text);
  for (int i = 0; i < ROWS; i++) {
    at += sprintf(at, "%d.%d,1,%d,%d,%d,%d\n", i, i % 10, i + 1, i % 977 + 1, 1000 + i,
                  i % 2 == 0 ? 1 : -1);
  }
  hft_lobster_reader reader = open_text(text, (size_t)(at - text));
  for (int i = 0; i < ROWS; i++) {
    hft_lobster_message m;
    bool more;
    assert_int_equal(hft_lobster_next_message(&reader, &m, &more, NULL), HFT_OK);
    assert_true(more);
    assert_true(m.time == i * HFT_SECOND + i % 10 * (HFT_SECOND / 10));
    assert_true(m.id == i + 1 && m.size == i % 977 + 1 && m.price == 1000 + i);
    assert_true(m.side == (i % 2 == 0 ? HFT_BID : HFT_ASK));
  }
  bool more;
  hft_lobster_message m;
  assert_int_equal(hft_lobster_next_message(&reader, &m, &more, NULL), HFT_OK);
  assert_false(more);
  hft_lobster_close(&reader);
  free(text);
}

static void a_book_is_read_whole(void **unused) {
  (void)unused;
  hft_lobster_book book;
  int count;
  assert_int_equal(read_books("5859400,200,5853300,18,5859800,100,-9999999999,0\n"
                              "9999999999,0,-9999999999,0,9999999999,0,-9999999999,0\n",
                              &book, &count, NULL),
                   HFT_OK);
  assert_int_equal(count, 2);
  assert_int_equal(
      read_books("5859400,200,5853300,18,5859800,100,-9999999999,0\n", &book, &count, NULL),
      HFT_OK);
  assert_int_equal(book.levels, 2);
  assert_int_equal(book.side[HFT_ASK][0].price, 5859400);
  assert_int_equal(book.side[HFT_ASK][0].size, 200);
  assert_int_equal(book.side[HFT_BID][0].price, 5853300);
  assert_int_equal(book.side[HFT_BID][0].size, 18);
  assert_int_equal(book.side[HFT_ASK][1].price, 5859800);
  assert_int_equal(book.side[HFT_BID][1].price, 0);
  assert_int_equal(book.side[HFT_BID][1].size, 0);
}

static void malformed_books_are_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *text, *where, *words;
  } cases[] = {
      {"", "text.csv", "empty"},
      {"5859400,200,5853300\n", "text.csv:1", "3 columns"},
      {"5859400,200,5853300,18", "text.csv:1", "cut off"},
      {"5859400,200,5853300,18\n5859400,200,5853300,18,1,1,1,1\n", "text.csv:2", "8 columns"},
      {"x,200,5853300,18\n", "text.csv:1", "column 1 (ask price)"},
      {"5859400,0,5853300,18\n", "text.csv:1", "column 2 (ask size)"},
      {"9999999999,5,5853300,18\n", "text.csv:1", "column 2 (ask size)"},
      {"-9999999999,0,5853300,18\n", "text.csv:1", "column 1 (ask price)"},
      {"5859400,200,9999999999,0\n", "text.csv:1", "column 3 (bid price)"},
      {"0,0,5853300,18\n", "text.csv:1", "column 1 (ask price)"},
      {"5859400,200,5853300,99999999999\n", "text.csv:1", "column 4 (bid size)"},
      {"5859400,200,5853300,18,5859400,1,5853200,1\n", "text.csv:1", "column 5 (ask price)"},
      {"5859400,200,5853300,18,5859500,1,5853400,1\n", "text.csv:1", "column 7 (bid price)"},
      {"9999999999,0,5853300,18,5859500,1,5853200,1\n", "text.csv:1", "column 5 (ask price)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    hft_lobster_book book;
    int count;
    hft_error error = {0};
    hft_status status = read_books(cases[i].text, &book, &count, &error);
    if (status != HFT_EDATA || strcmp(error.where, cases[i].where) != 0 ||
        strstr(error.text, cases[i].words) == NULL) {
      fail_msg("'%s' gave %d, %s: %s", cases[i].text, status, error.where, error.text);
    }
  }
}

static void a_book_has_at_most_200_levels(void **unused) {
  (void)unused;
  for (int levels = HFT_LOBSTER_LEVELS_MAX; levels <= HFT_LOBSTER_LEVELS_MAX + 1; levels++) {
    char text[(HFT_LOBSTER_LEVELS_MAX + 1) * 32], *at = text;
    for (int i = 0; i < levels; i++) {
      at += sprintf(at, "%s%d,1,%d,1", i > 0 ? "," : "", 5000 + i, 4000 - i);
    }
    strcpy(at, "\n");
    hft_lobster_book book;
    int count;
    hft_status status = read_books(text, &book, &count, NULL);
    assert_int_equal(status, levels <= HFT_LOBSTER_LEVELS_MAX ? HFT_OK : HFT_EDATA);
    if (status == HFT_OK) assert_int_equal(book.side[HFT_BID][levels - 1].price, 4001 - levels);
  }
}

static void files_that_cannot_be_read_are_named(void **state) {
  hft_lobster_messages messages;
  hft_error error = {0};
  const char *missing = path_in(*state, "missing.csv");
  assert_int_equal(hft_lobster_read_messages(missing, &messages, &error), HFT_EIO);
  assert_string_equal(error.where, missing);
  assert_null(messages.message);
  assert_int_equal(hft_lobster_read_messages(*state, &messages, &error), HFT_EIO);
  hft_lobster_book book;
  assert_int_equal(hft_lobster_read_first_book(missing, &book, &error), HFT_EIO);
}

static void the_line_survives_a_long_path(void **state) {
  char name[200];
  memset(name, 'x', sizeof name);
  strcpy(name + sizeof name - 9, "last.csv");
  const char *path = path_in(*state, name);
  write_text(path, GOOD "junk\n");
  hft_lobster_messages messages;
  hft_error error = {0};
  assert_int_equal(hft_lobster_read_messages(path, &messages, &error), HFT_EDATA);
  assert_non_null(strstr(error.where, "xlast.csv:2"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_is_read_whole),
      cmocka_unit_test(times_are_exact),
      cmocka_unit_test(kinds_without_an_order_need_no_size_or_id),
      cmocka_unit_test(malformed_messages_are_refused),
      cmocka_unit_test(bytes_that_are_no_text_are_refused),
      cmocka_unit_test(endless_lines_are_refused),
      cmocka_unit_test(lines_across_the_buffer_are_whole),
      cmocka_unit_test(a_book_is_read_whole),
      cmocka_unit_test(malformed_books_are_refused),
      cmocka_unit_test(a_book_has_at_most_200_levels),
      cmocka_unit_test_setup_teardown(files_that_cannot_be_read_are_named, folder_setup,
                                      folder_teardown),
      cmocka_unit_test_setup_teardown(the_line_survives_a_long_path, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
