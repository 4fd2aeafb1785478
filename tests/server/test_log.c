// Log lines: one an event, in both formats, with any text.
#include <string.h>

#include "server/log.h"
#include "tests/support/check.h"

static const hft_log_field fields[] = {{"client", "a \"quoted\\name\"\nof two lines \xc3\xa9", 0},
                                       {"envs", NULL, -3},
                                       {NULL, NULL, 0}};

static void json_lines(void **state) {
  (void)state;
  char line[HFT_LOG_LINE_MAX];
  size_t size = hft_log_format_line(HFT_LOG_JSON, 951782399007, "session_opened", fields, line);
  const char *wanted =
      "{\"time\": \"2000-02-28T23:59:59.007Z\", \"event\": \"session_opened\", "
      "\"client\": \"a \\\"quoted\\\\name\\\"?of two lines ??\", \"envs\": -3}\n";
  assert_int_equal(size, strlen(wanted));
  assert_string_equal(line, wanted);
}

static void text_lines(void **state) {
  (void)state;
  char line[HFT_LOG_LINE_MAX];
  hft_log_format_line(HFT_LOG_TEXT, 0, "session_opened", fields, line);
  assert_string_equal(line,
                      "hftsim: session opened: client a \"quoted\\name\"?of two lines ??, "
                      "envs -3\n");
  hft_log_format_line(HFT_LOG_TEXT, 0, "drain", &fields[2], line);
  assert_string_equal(line, "hftsim: drain\n");
}

static void long_lines_end_as_lines(void **state) {
  (void)state;
  char text[3 * HFT_LOG_LINE_MAX], line[HFT_LOG_LINE_MAX];
  for (size_t length = HFT_LOG_LINE_MAX - 100; length < HFT_LOG_LINE_MAX + 10; length++) {
    memset(text, '"', length);
    memset(text, 'x', length / 2);
    text[length] = '\0';
    const hft_log_field field[] = {{"long", text, 0}, {"then", NULL, 7}, {NULL, NULL, 0}};
    for (hft_log_format format = HFT_LOG_TEXT; format <= HFT_LOG_JSON; format++) {
      size_t size = hft_log_format_line(format, 0, "event", field, line);
      assert_in_range(size, 2, HFT_LOG_LINE_MAX - 1);
      assert_int_equal(strlen(line), size);
      assert_ptr_equal(strchr(line, '\n'), line + size - 1);
      if (format != HFT_LOG_JSON) continue;
      assert_int_equal(line[size - 2], '}');
      int quotes = 0;  // an open string would leave an odd number
      for (const char *at = line; *at != '\0'; at++) {
        if (*at == '\\')
          at++;
        else if (*at == '"')
          quotes++;
      }
      assert_int_equal(quotes % 2, 0);
    }
  }
}

static size_t written;
static void count(void *context, const char *line, size_t size) {
  assert_ptr_equal(context, &written);
  assert_int_equal(line[size - 1], '\n');
  written++;
}

static void events_go_where_the_log_says(void **state) {
  (void)state;
  const hft_logger log = {HFT_LOG_JSON, count, &written};
  hft_log_event(&log, "start", fields);
  hft_log_event(NULL, "start", fields);
  assert_int_equal(written, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_lines),
      cmocka_unit_test(text_lines),
      cmocka_unit_test(long_lines_end_as_lines),
      cmocka_unit_test(events_go_where_the_log_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
