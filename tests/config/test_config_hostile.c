// Hostile YAML texts: each is refused with an error, in bounded time and memory.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/config/config.h"
#include "tests/config/expect.h"
#include "tests/support/check.h"

static void broken_syntax(void **state) {
  (void)state;
  hft_config *config = sample_config();
  static const char *const texts[] = {"market: {volatility: 1",
                                      "market: [",
                                      "market: \"abc",
                                      "market:\n\t- x: 1\n",
                                      "a: b: c\n",
                                      "{",
                                      "}",
                                      "*nowhere",
                                      "&a",
                                      "%YAML 9.9\n---\n",
                                      "market: {volatility: 1}}",
                                      "? \n: - -\n",
                                      "!<",
                                      "market: |\n volatility\n",
                                      "'",
                                      "\"\\",
                                      "--- {}\n--- {}\n",
                                      "@",
                                      "`",
                                      "market: %x\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect_refused(config, texts[i], 0, NULL);
  }
  expect_refused(config, "market:\n  symbol: A\n  {\n", 0, NULL);
  expect_refused(config, "? [market]\n: {symbol: A}\n", 1, NULL);
  expect_refused(config, "--- {}\n---\nmarket: {symbol: A}\n", 0, "document", NULL);
  hft_config_free(config);
}

// Every start of a good text is taken or refused, and never half taken.
static void truncated_texts(void **state) {
  (void)state;
  static const char text[] =
      "market:\n  volatility: 0.5\n  rates: [3, 2.5]\npopulations:\n  - kind: noise\n"
      "    headcount: 5\n  - {kind: value, rate: 7}\n";
  hft_config *config = sample_config();
  for (size_t length = 0; length < sizeof text; length++) {
    char *before = hft_config_print(config, 0);
    hft_error error = {0};
    // A copy without anything behind it, so that reading on is found.
    char *piece = malloc(length > 0 ? length : 1);
    assert_non_null(piece);
    memcpy(piece, text, length);
    hft_status status = hft_config_merge(config, piece, length, "test.yaml", &error);
    free(piece);
    assert_true(status == HFT_OK || status == HFT_ECONFIG);
    if (status != HFT_OK) {
      char *after = hft_config_print(config, 0);
      assert_string_equal(before, after);
      assert_true(strlen(error.text) > 0);
      free(after);
    }
    free(before);
  }
  hft_config_free(config);
}

static void references_do_not_multiply(void **state) {
  (void)state;
  hft_config *config = sample_config();
  char text[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; i++) {
    char line[128];
    snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
             i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    strncat(text, line, sizeof text - strlen(text) - 1);
  }
  expect_refused(config, text, 0, NULL);
  expect_refused(config, "market: &m {symbol: A}\npopulations: *m\n", 0, NULL);
  expect_refused(config, "market: &m {symbol: *m}\n", 0, NULL);
  expect_refused(config, "market:\n  <<: {symbol: A}\n", 2, NULL);
  hft_config_free(config);
}

static void deep_nesting(void **state) {
  (void)state;
  hft_config *config = sample_config();
  const size_t depth = 100000;
  char *text = malloc(2 * depth + 1);
  assert_non_null(text);
  memset(text, '[', depth);
  text[depth] = '\0';
  expect_refused(config, text, 0, NULL);
  memset(text, ']', 2 * depth);
  memset(text, '[', depth);
  text[2 * depth] = '\0';
  expect_refused(config, text, 0, NULL);
  for (size_t i = 0; i < depth; i++) memcpy(text + 2 * i, "- ", 2);
  expect_refused(config, text, 0, NULL);
  free(text);
  hft_config_free(config);
}

static void too_much(void **state) {
  (void)state;
  hft_config *config = sample_config();
  char *text = malloc(HFT_CONFIG_BYTES_MAX + 2);
  assert_non_null(text);
  memset(text, '#', HFT_CONFIG_BYTES_MAX + 1);
  text[HFT_CONFIG_BYTES_MAX] = '\0';
  hft_error error = {0};
  assert_int_equal(sample_merge(config, text, &error), HFT_OK);
  text[HFT_CONFIG_BYTES_MAX] = '#';
  text[HFT_CONFIG_BYTES_MAX + 1] = '\0';
  expect_refused(config, text, 0, "1048576", NULL);
  // One item more than a list holds.
  size_t used = (size_t)snprintf(text, 100, "populations:\n");
  for (int i = 0; i <= HFT_CONFIG_ITEMS_MAX; i++) {
    used += (size_t)snprintf(text + used, 100, "- kind: noise\n");
  }
  expect_refused(config, text, 0, "256", NULL);
  // A key and a value of half a megabyte each.
  memset(text, 'k', HFT_CONFIG_BYTES_MAX);
  text[0] = '"';
  memcpy(text + 500000, "\": x\n", 6);
  expect_refused(config, text, 0, NULL);
  memcpy(text, "market: {symbol: ", 17);
  memset(text + 17, 'A', 500000);
  memcpy(text + 500017, "}\n", 3);
  expect_refused(config, text, 1, "symbol", NULL);
  // Many keys of a map: in less than quadratic time, or at least not for minutes.
  used = 0;
  for (int i = 0; used < 900000; i++) used += (size_t)snprintf(text + used, 32, "k%d: 1\n", i);
  expect_refused(config, text, 0, NULL);
  free(text);
  hft_config_free(config);
}

static void foreign_bytes(void **state) {
  (void)state;
  hft_config *config = sample_config();
  static const char *const texts[] = {"market: {symbol: \xff}\n",
                                      "market: {symbol: \xc3}\n",
                                      "\x80",
                                      "market: {symbol: A\x01}\n",
                                      "market: {symbol: \xed\xa0\x80}\n",
                                      "\xfe\xff\x00m",
                                      "market: {\xc3\xa9: 1}\n",
                                      "market: {symbol: \"\\0\"}\n",
                                      "market: {symbol: \"A\\0B\"}\n",
                                      "market: {\"symbol\\0x\": A}\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    expect_refused(config, texts[i], 0, NULL);
  }
  // A zero byte in the text itself does not end it early.
  static const char zero[] = "market: {symbol: A}\n\0market: {symbol: B}\n";
  hft_error error = {0};
  assert_int_equal(hft_config_merge(config, zero, sizeof zero - 1, "test.yaml", &error),
                   HFT_ECONFIG);
  assert_string_equal(sample_market_of(config)->symbol.text, "SYMA");
  hft_config_free(config);
}

// Good texts with some bytes changed at random.
static void damaged_texts(void **state) {
  (void)state;
  static const char good[] =
      "market:\n  symbol: XYZ\n  volatility: 0.5\n  rates: [3, 2.5]\n"
      "populations:\n  - kind: noise\n    headcount: 5\n  - {kind: value, rate: 7}\n";
  static const char bytes[] = "\0\n\t #:-[]{}&*!|>'\"%@`,?0aZ\xff\xc3";
  hft_rng rng = hft_rng_seed(5, 5);
  hft_config *config = sample_config();
  for (int i = 0; i < 5000; i++) {
    char text[sizeof good];
    memcpy(text, good, sizeof good);
    uint32_t changes = 1 + hft_bounded(&rng, 4);
    for (uint32_t k = 0; k < changes; k++) {
      text[hft_bounded(&rng, sizeof good - 1)] = bytes[hft_bounded(&rng, sizeof bytes - 1)];
    }
    hft_error error = {0};
    hft_status status = hft_config_merge(config, text, sizeof good - 1, "test.yaml", &error);
    assert_true(status == HFT_OK || status == HFT_ECONFIG);
    if (status != HFT_OK) assert_int_equal(strncmp(error.where, "test.yaml", 9), 0);
  }
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(broken_syntax),
      cmocka_unit_test(truncated_texts),
      cmocka_unit_test(references_do_not_multiply),
      cmocka_unit_test(deep_nesting),
      cmocka_unit_test(too_much),
      cmocka_unit_test(foreign_bytes),
      cmocka_unit_test(damaged_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
