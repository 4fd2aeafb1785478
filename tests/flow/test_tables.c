// The tables of the population `reactive`: what is written is read back, and every fault is refused
// with its line and its key.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow/tables.h"
#include "tests/support/check.h"
#include "tests/support/market.h"

static const hft_flow_text *builtin(const char *name) {
  for (int i = 0; i < hft_flow_text_count; i++) {
    if (strcmp(hft_flow_texts[i].name, name) == 0) return &hft_flow_texts[i];
  }
  fail_msg("there are no tables %s", name);
  return NULL;
}

static hft_flow_tables *read_good(const char *text, size_t length) {
  hft_flow_tables *tables = malloc(sizeof *tables);
  assert_non_null(tables);
  hft_error error = {0};
  expect_ok(hft_flow_tables_read(text, length, "good.yaml", tables, &error), &error);
  return tables;
}

// A print is read back, and its print is the same text.
static void prints_are_read_back(void **state) {
  (void)state;
  assert_true(hft_flow_text_count >= 2);
  for (int i = 0; i < hft_flow_text_count; i++) {
    hft_flow_tables *first = read_good(hft_flow_texts[i].text, hft_flow_texts[i].length);
    char *print = hft_flow_tables_print(first, "a comment\nof two lines");
    assert_non_null(print);
    assert_memory_equal(print, "# a comment\n# of two lines\nschema: 1\n", 37);
    hft_flow_tables *second = read_good(print, strlen(print));
    char *again = hft_flow_tables_print(second, "a comment\nof two lines");
    assert_string_equal(print, again);
    // Up to the printed digits: four of most numbers.
    const double *x = (const double *)first, *y = (const double *)second;
    for (size_t k = 0; k < sizeof *first / sizeof *x; k++) {
      if (!(fabs(x[k] - y[k]) <= 5.1e-4 * fabs(x[k]))) fail_msg("%zu: %g, %g", k, x[k], y[k]);
    }
    free(again);
    free(second);
    free(print);
    free(first);
  }
}

// ---- faults ------------------------------------------------------------------------------------

typedef struct edited {
  char *text;
  int line;  // of the key that was changed
} edited;

// The good text with the value of `key` replaced (null: the whole entry is left out). Values of
// several lines are replaced whole.
static edited edit(const char *key, const char *value) {
  const hft_flow_text *good = builtin("small_tick");
  char *out = malloc(good->length + 8192), *to = out;
  assert_non_null(out);
  edited result = {out, 0};
  bool inside = false;
  int line = 0;
  size_t length = strlen(key);
  for (const char *at = good->text; *at != '\0';) {
    size_t row = strcspn(at, "\n") + 1;
    bool begins = strncmp(at, key, length) == 0 && at[length] == ':';
    if (begins || (at[0] != ' ' && at[0] != '-')) inside = begins;
    if (!inside) {
      memcpy(to, at, row);
      to += row;
      line++;
    } else if (begins) {
      result.line = line + 1;
      if (value != NULL) to += sprintf(to, "%s: %s\n", key, value);
      line += value != NULL;
    }
    at += row;
  }
  *to = '\0';
  if (result.line == 0) fail_msg("no %s", key);
  return result;
}

static void expect_refused(const char *text, size_t length, int line, const char *words) {
  hft_flow_tables *tables = malloc(sizeof *tables);
  assert_non_null(tables);
  hft_error error = {0};
  hft_status status = hft_flow_tables_read(text, length, "bad.yaml", tables, &error);
  if (status != HFT_ECONFIG) fail_msg("not refused: %s", words);
  char where[64];
  snprintf(where, sizeof where, line > 0 ? "bad.yaml:%d" : "bad.yaml", line);
  if (strcmp(error.where, where) != 0 || strstr(error.text, words) == NULL) {
    fail_msg("'%s: %s' is not '%s: ...%s...'", error.where, error.text, where, words);
  }
  free(tables);
}

typedef struct fault {
  const char *key, *value;
  int rows_down;  // the line of the error after that of the key
  const char *words;
} fault;

static void faults_name_line_and_key(void **state) {
  (void)state;
  static const fault faults[] = {
      {"spread_mean", "many", 0, "spread_mean: expected a number"},
      {"spread_mean", "[3]", 0, "spread_mean: expected a number"},
      {"spread_mean", ".nan", 0, "spread_mean"},
      {"spread_mean", "nan", 0, "spread_mean"},
      {"spread_mean", ".inf", 0, "spread_mean"},
      {"spread_mean", "1e400", 0, "spread_mean"},
      {"spread_mean", "0.5", 0, "spread_mean: 0.5 is outside 1 .. 1e+06"},
      {"activity_gain", "-0.1", 0, "activity_gain: -0.1 is outside 0 .. 1"},
      {"base", "7", 0, "base: expected a list of 6 numbers"},
      {"base", "[1, 2, 3, 4, 5]", 0, "base: expected a list of 6 numbers, found 5"},
      {"base", "[1, 2, 3, 4, 5, 6, 7]", 0, "base: expected a list of 6 numbers, found 7"},
      {"base", "[1, 2, 3, 4, 5, nan]", 0, "base"},
      {"base", "[1, 2, 3, 4, 5, 21]", 0, "base: 21 is outside -20 .. 20"},
      {"base", "{a: 1}", 0, "base: expected a list of 6 numbers"},
      {"before", "[1, 2]", 0, "before: expected a list of 6 rows, found 2"},
      {"spread_edges", "[2, 3, 4, 5, 6, 7, 8, 9, 9]", 0,
       "spread_edges: 9 after 9; values must increase"},
      {"spread_edges", "[2, 3, 4, 5, 6, 7, 8, 10, 9]", 0, "spread_edges: 9 after 10"},
      {"open_size", "[3]", 0, "open_size: expected a list of 2 to 257 numbers"},
      {"open_size", "[1, 3, 2]", 0, "open_size: 2 after 3; values must not decrease"},
      {"market_split",
       "\n- [1, 0, 0]\n- [1, 0, 0]\n- [1, 0, 0]\n- [1, 0, 0]\n- [1, 0, 0]\n- [0.5, 0.5, 0.1]", 6,
       "market_split: the probabilities of a row sum to 1.1, not to 1"},
      {"market_split",
       "\n- [1, 0, 0]\n- [-1, 1, 1]\n- [1, 0, 0]\n- [1, 0, 0]\n- [1, 0, 0]\n- [1, 0, 0]", 2,
       "market_split: -1 is outside 0 .. 1"},
      {"schema", "2", 0, "schema: this version reads tables of schema 1"},
      {"schema", "one", 0, "schema: this version reads tables of schema 1"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    edited bad = edit(faults[i].key, faults[i].value);
    expect_refused(bad.text, strlen(bad.text), bad.line + faults[i].rows_down, faults[i].words);
    free(bad.text);
  }
}

// Faults that no single value shows.
static void faults_of_the_whole_are_refused(void **state) {
  (void)state;
  static const fault faults[] = {
      {"spread_cap", "2", 0, "spread_cap: 2 is below spread_mean"},
      {"cancel_distance", "[1, 1, 1, 1, 1, 1, 1, 1, 1, 0]", 0,
       "cancel_distance: no order of distance class 9 could ever be cancelled"},
      {"cancel_rank", "\n- [1, 1, 1, 1, 1, 1, 1, 1, 1]\n- [1, 1, 0, 1, 1, 1, 1, 1, 1]", 0,
       "no order of rank class 2 could ever be cancelled"},
      {"cancel_best_rank", "\n- [1, 1, 1, 1, 1, 1, 1, 1, 0]\n- [1, 1, 1, 1, 1, 1, 1, 1, 1]", 0,
       "no order of rank class 8 could ever be cancelled"},
      {"schema", NULL, 0, "schema: missing"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    edited bad = edit(faults[i].key, faults[i].value);
    expect_refused(bad.text, strlen(bad.text), 0, faults[i].words);
    free(bad.text);
  }
}

// Each entry, one after the other, is missing, doubled, misspelt or empty.
static void each_entry_is_needed_once(void **state) {
  (void)state;
  const char *good = builtin("small_tick")->text;
  int entries = 0;
  for (const char *at = good; *at != '\0'; at += strcspn(at, "\n") + 1) {
    size_t length = strcspn(at, ":\n");
    if (at[length] != ':' || strchr("# -", at[0]) != NULL) continue;
    char key[64], words[200], name[80];
    snprintf(key, sizeof key, "%.*s", (int)length, at);
    edited bad = edit(key, NULL);
    snprintf(words, sizeof words, "%s: missing", key);
    expect_refused(bad.text, strlen(bad.text), 0, words);
    free(bad.text);
    bad = edit(key, "");
    expect_refused(bad.text, strlen(bad.text), bad.line, key);
    size_t end = strlen(bad.text);
    snprintf(name, sizeof name, "%sx: 1\n", key);
    char *misspelt = malloc(end + sizeof name);
    assert_non_null(misspelt);
    snprintf(misspelt, end + sizeof name, "%s%s", name, bad.text);
    snprintf(words, sizeof words, "unknown table '%sx'; did you mean '%s'?", key, key);
    expect_refused(misspelt, strlen(misspelt), 1, words);
    free(misspelt);
    free(bad.text);
    entries++;
  }
  assert_true(entries > 30);
}

static void texts_that_are_no_tables_are_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"", "\n", "# a comment\n", "7", "[1, 2]", "a"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect_refused(texts[i], strlen(texts[i]), 0, "expected a map of tables");
  }
  expect_refused("{}", 2, 0, "schema: missing");
  size_t size = HFT_FLOW_TABLES_BYTES_MAX + 1;
  char *text = malloc(size);
  assert_non_null(text);
  memset(text, '#', size);
  expect_refused(text, size, 0, "longer than 65536 bytes");
  expect_refused(text, size - 1, 0, "expected a map");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prints_are_read_back),
      cmocka_unit_test(faults_name_line_and_key),
      cmocka_unit_test(faults_of_the_whole_are_refused),
      cmocka_unit_test(each_entry_is_needed_once),
      cmocka_unit_test(texts_that_are_no_tables_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
