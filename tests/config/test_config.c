// YAML texts merged into a config: what they change, and the place and words of each error.
#include "sim/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/config/expect.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static const char FULL[] =
    "# a comment\n"
    "market:\n"
    "  symbol: XYZ\n"
    "  volatility: 0.5   # more\n"
    "  fundamental: jump\n"
    "  halted: true\n"
    "  rates: [3, 2.5, 1e-3]\n"
    "populations:\n"
    "  - kind: noise\n"
    "    headcount: 5\n"
    "  - {kind: value, rate: 7}\n"
    "  - {kind: noise}\n";

static void merge(hft_config *config, const char *text) {
  hft_error error = {0};
  if (sample_merge(config, text, &error) != HFT_OK) fail_msg("%s: %s", error.where, error.text);
}

static void a_text_changes_what_it_names(void **state) {
  (void)state;
  hft_config *config = sample_config();
  assert_int_equal(hft_config_count(config, "populations"), 0);
  merge(config, FULL);
  const sample_market *market = sample_market_of(config);
  assert_string_equal(market->symbol.text, "XYZ");
  assert_true(market->volatility == 0.5);
  assert_int_equal(market->window_ticks, 8192);
  assert_int_equal(market->fundamental, 2);
  assert_true(market->halted);
  assert_int_equal(market->rates.count, 3);
  assert_int_equal(hft_config_count(config, "populations"), 3);
  const hft_section *section;
  const sample_noise *noise = hft_config_item(config, "populations", 0, &section);
  assert_string_equal(section->name, "noise");
  assert_int_equal(noise->headcount, 5);
  assert_true(noise->rate == 1);
  const sample_value *value = hft_config_item(config, "populations", 1, &section);
  assert_string_equal(section->name, "value");
  assert_true(value->rate == 7 && value->informed);
  noise = hft_config_item(config, "populations", 2, &section);
  assert_int_equal(noise->headcount, 10);
  hft_config_free(config);
}

static void maps_merge_and_lists_are_replaced(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  merge(config, "market: {window_ticks: 100}\n");
  assert_true(sample_market_of(config)->volatility == 0.5);
  assert_int_equal(sample_market_of(config)->window_ticks, 100);
  assert_int_equal(hft_config_count(config, "populations"), 3);
  merge(config, "populations:\n  - kind: value\n");
  assert_int_equal(hft_config_count(config, "populations"), 1);
  merge(config, "market: {rates: [9]}\npopulations: []\n");
  assert_int_equal(sample_market_of(config)->rates.count, 1);
  assert_int_equal(hft_config_count(config, "populations"), 0);
  hft_config_free(config);
}

static void empty_texts_change_nothing(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  char *before = hft_config_print(config, 0);
  static const char *const empty[] = {"",
                                      "\n\n",
                                      "# only a comment\n",
                                      "---\n",
                                      "{}\n",
                                      "market:\n",
                                      "market: ~\n",
                                      "market: null\n",
                                      "market: # volatility: 1\n",
                                      "market: {}\n"};
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
    merge(config, empty[i]);
    char *after = hft_config_print(config, 0);
    assert_string_equal(before, after);
    free(after);
  }
  free(before);
  hft_config_free(config);
}

static void unknown_names_are_refused_with_the_nearest(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  expect_refused(config, "market:\n  symbol: A\n  volatilty: 1\n", 3, "volatilty", "'volatility'",
                 NULL);
  expect_refused(config, "\n\nmarkets: {symbol: A}\n", 3, "markets", "'market'", NULL);
  expect_refused(config, "populations:\n  - kind: nois\n", 2, "nois", "'noise'", NULL);
  expect_refused(config, "populations:\n  - kind: noise\n    head_count: 1\n", 3, "head_count",
                 "'headcount'", NULL);
  // A key of another kind is not one of this kind.
  expect_refused(config, "populations:\n  - {kind: noise, informed: true}\n", 2, "informed", NULL);
  expect_refused(config, "market: {entirely_different: 1}\n", 1, "entirely_different", NULL);
  hft_config_free(config);
}

static void wrong_values_are_refused_where_they_stand(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  expect_refused(config, "market:\n  volatility: 11\n", 2, "volatility", "[0, 10]", NULL);
  expect_refused(config, "market:\n  symbol: A\n  volatility: 1.5abc\n", 3, "1.5abc", NULL);
  expect_refused(config, "market:\n  volatility: 1e400\n", 2, "1e400", NULL);
  expect_refused(config, "market:\n  volatility: .nan\n", 2, "volatility", NULL);
  expect_refused(config, "market:\n  volatility: .inf\n", 2, "volatility", NULL);
  expect_refused(config, "market:\n  window_ticks: 010\n", 2, "010", NULL);
  expect_refused(config, "market:\n  window_ticks: 0x100\n", 2, "0x100", NULL);
  expect_refused(config, "market:\n  window_ticks: 100.0\n", 2, "whole number", NULL);
  expect_refused(config, "market:\n  halted: yes\n", 2, "true or false", NULL);
  expect_refused(config, "market:\n  fundamental: levy\n", 2, "constant|ou|jump", NULL);
  expect_refused(config, "market:\n  rates: [1,\n    200]\n", 0, "200", "out of range", NULL);
  expect_refused(config, "market:\n  rates: []\n", 2, "empty", NULL);
  expect_refused(config, "market:\n  volatility:\n", 2, "volatility", NULL);
  expect_refused(config, "populations:\n  - kind: noise\n  - kind: noise\n    rate: -1\n", 4,
                 "rate", NULL);
  hft_config_free(config);
}

static void wrong_shapes_are_refused(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  expect_refused(config, "just text\n", 1, NULL);
  expect_refused(config, "- market\n", 1, NULL);
  expect_refused(config, "market: 5\n", 1, "market", NULL);
  expect_refused(config, "market: ''\n", 1, "market", NULL);
  expect_refused(config, "market: 'null'\n", 1, "market", NULL);
  expect_refused(config, "market: [1, 2]\n", 1, "market", NULL);
  expect_refused(config, "populations:\n", 1, "populations", "[]", NULL);
  expect_refused(config, "market:\n  volatility: [1]\n", 2, "volatility", NULL);
  expect_refused(config, "market:\n  volatility: {a: 1}\n", 2, "volatility", NULL);
  expect_refused(config, "market:\n  rates: 1\n", 2, "rates", NULL);
  expect_refused(config, "market:\n  rates: {a: 1}\n", 2, "rates", NULL);
  expect_refused(config, "market:\n  rates: [[1]]\n", 2, "rates", NULL);
  expect_refused(config, "populations: noise\n", 1, "populations", NULL);
  expect_refused(config, "populations: {kind: noise}\n", 1, "populations", NULL);
  expect_refused(config, "populations:\n  - noise\n", 2, NULL);
  expect_refused(config, "populations:\n  - [noise]\n", 2, NULL);
  expect_refused(config, "populations:\n  - rate: 1\n", 2, "kind", NULL);
  expect_refused(config, "populations:\n  - kind: [noise]\n", 2, "kind", NULL);
  hft_config_free(config);
}

static void keys_occur_once(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  expect_refused(config, "market:\n  volatility: 1\n  symbol: A\n  volatility: 2\n", 4,
                 "volatility", NULL);
  expect_refused(config, "market: {symbol: A}\npopulations: []\nmarket: {symbol: B}\n", 3, "market",
                 NULL);
  expect_refused(config, "populations:\n  - kind: noise\n    kind: value\n", 3, "kind", NULL);
  hft_config_free(config);
}

static void a_print_makes_the_same_config(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      FULL,
      "market: {symbol: '-', volatility: 0.1, drift: -1e-300, rates: [0, 100, "
      "0.30000000000000004]}\n",
      "market: {symbol: 'null'}\n",
      "market: {symbol: '123'}\n",
      "market: {symbol: 'true'}\n",
      "market: {symbol: '---'}\n",
      "market: {symbol: '.'}\n",
      "market: {tape: /a/b.csv}\n",
      "market: {tape: 'null'}\n",
      "market: {tape: \"it''s 'a' #1: {x} \xc3\xa4\\\\ \"}\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    hft_config *config = sample_config();
    merge(config, texts[i]);
    for (int comments = 0; comments < 2; comments++) {
      char *print = hft_config_print(config, comments);
      assert_non_null(print);
      hft_config *again = sample_config();
      merge(again, print);
      assert_memory_equal(sample_market_of(config), sample_market_of(again), sizeof(sample_market));
      char *second = hft_config_print(again, comments);
      assert_string_equal(print, second);
      free(print);
      free(second);
      hft_config_free(again);
    }
    hft_config_free(config);
  }
}

static void comments_tell_units_and_help(void **state) {
  (void)state;
  hft_config *config = sample_config();
  char *bare = hft_config_print(config, 0);
  char *told = hft_config_print(config, 1);
  assert_null(strchr(bare, '#'));
  assert_non_null(strstr(told, "standard deviation"));
  assert_non_null(strstr(told, "1/sqrt(day)"));
  assert_non_null(strstr(told, "constant|ou|jump"));
  free(bare);
  free(told);
  hft_config_free(config);
}

static void a_copy_is_its_own(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, FULL);
  char *before = hft_config_print(config, 0);
  hft_config *copy = hft_config_copy(config);
  char *same = hft_config_print(copy, 0);
  assert_string_equal(before, same);
  merge(config, "market: {volatility: 3}\npopulations: []\n");
  char *after = hft_config_print(copy, 0);
  assert_string_equal(before, after);
  hft_config_free(config);
  assert_true(sample_market_of(copy)->volatility == 0.5);
  hft_config_free(copy);
  free(before);
  free(same);
  free(after);
}

static void a_sealed_config_takes_no_paths(void **state) {
  (void)state;
  hft_config *config = sample_config();
  merge(config, "market: {tape: ours.csv}\n");
  hft_config_seal_paths(config);
  expect_refused(config, "market:\n  tape: /etc/passwd\n", 2, "tape", "a path is not allowed",
                 NULL);
  hft_error error = {0};
  assert_int_equal(hft_config_set(config, "market.tape=/etc/passwd", &error), HFT_ECONFIG);
  assert_string_equal(error.where, "market.tape");
  merge(config, "market: {volatility: 0.5}\n");
  hft_config *copy = hft_config_copy(config);
  assert_int_equal(hft_config_set(copy, "market.tape=x", &error), HFT_ECONFIG);
  assert_string_equal(sample_market_of(copy)->tape.text, "ours.csv");
  assert_true(sample_market_of(copy)->volatility == 0.5);
  hft_config_free(copy);
  hft_config_free(config);
}

static void files_are_read_and_named(void **state) {
  const char *path = path_in(*state, "full.yaml");
  write_text(path, FULL);
  hft_config *config = sample_config();
  hft_error error = {0};
  assert_int_equal(hft_config_merge_file(config, path, &error), HFT_OK);
  assert_true(sample_market_of(config)->volatility == 0.5);
  char text[sizeof FULL + 16];
  snprintf(text, sizeof text, "%swhat: 1\n", FULL);
  write_text(path, text);
  assert_int_equal(hft_config_merge_file(config, path, &error), HFT_ECONFIG);
  char place[512];
  snprintf(place, sizeof place, "%s:13", path);
  assert_string_equal(error.where, place);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(hft_config_merge_file(config, path, &error), HFT_EIO);
  assert_string_equal(error.where, path);
  assert_int_equal(hft_config_merge_file(config, "/tmp", &error), HFT_EIO);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_text_changes_what_it_names),
      cmocka_unit_test(maps_merge_and_lists_are_replaced),
      cmocka_unit_test(empty_texts_change_nothing),
      cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
      cmocka_unit_test(wrong_values_are_refused_where_they_stand),
      cmocka_unit_test(wrong_shapes_are_refused),
      cmocka_unit_test(keys_occur_once),
      cmocka_unit_test(a_sealed_config_takes_no_paths),
      cmocka_unit_test(a_print_makes_the_same_config),
      cmocka_unit_test(comments_tell_units_and_help),
      cmocka_unit_test(a_copy_is_its_own),
      cmocka_unit_test_setup_teardown(files_are_read_and_named, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
