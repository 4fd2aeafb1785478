// Values of keys: which are accepted, the errors for all others, and that a printed value parses to
// itself.
#include "sim/config/key.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/sample_schema.h"

static const hft_key *key_of(const char *name) {
  const hft_key *key = hft_section_find(&sample_market_section, name);
  assert_non_null(key);
  return key;
}

// Expects the refusal of a value, in words that hold the key's name and `word`.
static void refuse(const char *name, const char *text, const char *word) {
  sample_market params, before;
  hft_section_defaults(&sample_market_section, &params);
  before = params;
  hft_error error = {0};
  hft_status status = hft_key_parse(key_of(name), text, &params, "here", &error);
  if (status != HFT_ECONFIG) fail_msg("%s took '%s'", name, text);
  assert_string_equal(error.where, "here");
  assert_string_equal(error.where, "here");
  assert_null(strstr(error.text, name));
  if (strstr(error.text, word) == NULL) fail_msg("'%s' is not in: %s", word, error.text);
  assert_memory_equal(&params, &before, sizeof params);
}

static sample_market take(const char *name, const char *text) {
  sample_market params;
  hft_section_defaults(&sample_market_section, &params);
  hft_error error = {0};
  if (hft_key_parse(key_of(name), text, &params, "here", &error) != HFT_OK) {
    fail_msg("%s refused '%s': %s", name, text, error.text);
  }
  return params;
}

static void defaults_are_the_presets(void **state) {
  (void)state;
  sample_market params;
  memset(&params, 0x5a, sizeof params);
  hft_section_defaults(&sample_market_section, &params);
  assert_string_equal(params.symbol.text, "SYMA");
  assert_true(params.volatility == 0.02);
  assert_int_equal(params.window_ticks, 8192);
  assert_int_equal(params.fundamental, 1);
  assert_false(params.halted);
  assert_int_equal(params.rates.count, 2);
  assert_true(params.rates.value[0] == 1 && params.rates.value[1] == 0.5);
}

static void whole_numbers_are_strict(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    " ",
                                    "1 ",
                                    " 1",
                                    "+1",
                                    "01",
                                    "-01",
                                    "00",
                                    "0x10",
                                    "0b1",
                                    "010",
                                    "1.0",
                                    "1.",
                                    "1e3",
                                    "1.5abc",
                                    "12a",
                                    "--1",
                                    "-",
                                    "1_000",
                                    "1,000",
                                    "nan",
                                    "inf",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "99999999999999999999999999999",
                                    "true",
                                    "\t1",
                                    "1\n",
                                    "½"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int64_t value = 77;
    if (hft_parse_int(bad[i], &value)) fail_msg("'%s' is taken as %lld", bad[i], (long long)value);
    assert_int_equal(value, 77);
    bool is_long = strlen(bad[i]) > 18;
    refuse("window_ticks", bad[i], is_long ? "out of range [64, 1048576]" : "whole number");
  }
  static const struct {
    const char *text;
    int64_t value;
  } good[] = {{"0", 0},
              {"-0", 0},
              {"7", 7},
              {"-7", -7},
              {"9223372036854775807", INT64_MAX},
              {"-9223372036854775808", INT64_MIN}};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    int64_t value;
    assert_true(hft_parse_int(good[i].text, &value));
    assert_true(value == good[i].value);
  }
}

static void numbers_are_strict(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",     " ",     "1.5abc", "1e400", "-1e400", "nan", "NaN",  "inf", "-inf",  "infinity",
      "0x10", "0x1p3", "010",    "00",    "-010",   "1e",  "1e+",  "e5",  ".",     "-",
      "+",    "+-1",   "1..5",   "1,5",   "1 ",     " 1",  "\t1",  "1\n", "1_000", "1e5.5",
      "1f",   "1d",    "true",   "0x",    "1nan",   "- 1", "1e 5", "½",   "nan(1)"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double value = 77;
    if (hft_parse_real(bad[i], &value)) fail_msg("'%s' is taken as %g", bad[i], value);
    assert_true(value == 77);
    refuse("drift", bad[i], strstr(bad[i], "e400") != NULL ? "out of range" : "number");
  }
  static const struct {
    const char *text;
    double value;
  } good[] = {{"0", 0},    {"1", 1},         {"-1", -1},   {"+1", 1},      {"0.5", 0.5},
              {".5", 0.5}, {"5.", 5},        {"1e5", 1e5}, {"1E-5", 1e-5}, {"-2.5e+3", -2500},
              {"0.0", 0},  {"1e308", 1e308}, {"0.1", 0.1}};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    double value;
    if (!hft_parse_real(good[i].text, &value)) fail_msg("'%s' is refused", good[i].text);
    assert_true(value == good[i].value);
  }
}

static void bounds_are_inclusive(void **state) {
  (void)state;
  assert_int_equal(take("window_ticks", "64").window_ticks, 64);
  assert_int_equal(take("window_ticks", "1048576").window_ticks, 1048576);
  refuse("window_ticks", "63", "[64, 1048576] ticks");
  refuse("window_ticks", "1048577", "out of range");
  refuse("window_ticks", "9223372036854775807", "out of range");
  assert_true(take("volatility", "0").volatility == 0);
  assert_true(take("volatility", "10").volatility == 10);
  refuse("volatility", "-0.001", "[0, 10]");
  refuse("volatility", "10.001", "out of range");
}

static void flags_are_true_or_false(void **state) {
  (void)state;
  assert_true(take("halted", "true").halted);
  assert_false(take("halted", "false").halted);
  static const char *const bad[] = {"", "yes", "no", "on", "True", "FALSE", "1", "0", "true "};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) refuse("halted", bad[i], "true or false");
}

static void choices_are_matched_by_their_full_name(void **state) {
  (void)state;
  assert_int_equal(take("fundamental", "constant").fundamental, 0);
  assert_int_equal(take("fundamental", "jump").fundamental, 2);
  static const char *const bad[] = {"", "o", "oux", "ou|jump", "|", "OU", "2", "jum", "constantou"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    refuse("fundamental", bad[i], "constant|ou|jump");
  }
}

static void texts_are_names(void **state) {
  (void)state;
  assert_string_equal(take("symbol", "A.b-c_9").symbol.text, "A.b-c_9");
  assert_string_equal(take("symbol", "ABCDEFGHIJKLMNOP").symbol.text, "ABCDEFGHIJKLMNOP");
  refuse("symbol", "", "the value is missing: 1 to 16 characters");
  refuse("symbol", "ABCDEFGHIJKLMNOPQ", "length 17 out");
  static const char *const bad[] = {"a b", "a/b", "../x", "a\n", "é", "a:b", "#", "'", "a\"b"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) refuse("symbol", bad[i], "characters");
}

static void lists_are_strict(void **state) {
  (void)state;
  hft_list list = take("rates", "[1, 2.5,3 , 4e1]").rates;
  assert_int_equal(list.count, 4);
  assert_true(list.value[1] == 2.5 && list.value[3] == 40);
  assert_int_equal(take("rates", "[0]").rates.count, 1);
  static const char *const bad[] = {
      "",      "1",   "[",     "]",      "[1",    "1]",      "[1,]",  "[,1]", "[,]",  "[1,,2]",
      "[1 2]", "[a]", "[[1]]", "[1][2]", "[nan]", "[1e400]", "[010]", "{1}",  "[1];", "[ 1 , ]"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    refuse("rates", bad[i], strstr(bad[i], "e400") != NULL ? "out of range" : "list of numbers");
  refuse("rates", "[]", "empty");
  refuse("rates", "[ ]", "empty");
  refuse("rates", "[1, 101]", "101 out of range");
  char many[8 * HFT_LIST_MAX] = "[0";
  for (int i = 1; i < HFT_LIST_MAX; i++) strncat(many, ", 1", 4);
  char more[sizeof many + 8];
  snprintf(more, sizeof more, "%s, 1]", many);
  refuse("rates", more, "more than 32");
  strncat(many, "]", 2);
  assert_int_equal(take("rates", many).rates.count, HFT_LIST_MAX);
}

static void paths_are_any_bytes_but_control_characters(void **state) {
  (void)state;
  static const char *const good[] = {"", "a.csv", "/a b/it's #1: {x}", "\xc3\xa4/\xe2\x82\xac.csv"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_string_equal(take("tape", good[i]).tape.text, good[i]);
  }
  refuse("tape", "a\nb", "control");
  refuse("tape", "\x7f", "control");
  char text[HFT_PATH_MAX + 1];
  memset(text, 'x', sizeof text);
  text[HFT_PATH_MAX] = '\0';
  refuse("tape", text, "[0, 1023] bytes");
  text[HFT_PATH_MAX - 1] = '\0';
  assert_string_equal(take("tape", text).tape.text, text);
}

static void names_in_the_unit_are_no_files(void **state) {
  (void)state;
  static const hft_key key = {"tables", HFT_KEY_PATH, 0, "", 0, 1023, "large|small", "a file"};
  static const hft_key plain = {"tape", HFT_KEY_PATH, 0, "", 0, 1023, "", "a file"};
  static const char *const names[] = {"", "large", "small"};
  static const char *const files[] = {"smal", "smaller", "./small", "large|small", "|", "small "};
  for (int i = 0; i < 3; i++) assert_false(hft_key_names_file(&key, names[i]));
  for (int i = 0; i < 6; i++) assert_true(hft_key_names_file(&key, files[i]));
  assert_false(hft_key_names_file(&plain, ""));
  assert_true(hft_key_names_file(&plain, "small"));
}

static void a_printed_value_parses_to_itself(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(9, 9);
  const hft_key *drift = key_of("drift"), *window = key_of("window_ticks"),
                *rates = key_of("rates");
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = hft_rng_u64(&rng);
    sample_market params, again;
    hft_section_defaults(&sample_market_section, &params);
    again = params;
    memcpy(&params.drift, &bits, sizeof bits);
    if (!(params.drift >= drift->low && params.drift <= drift->high)) continue;
    params.window_ticks = 64 + (int64_t)(bits % 1000000);
    params.rates.count = 1 + (int64_t)(bits % HFT_LIST_MAX);
    memset(params.rates.value, 0, sizeof params.rates.value);
    for (int64_t k = 0; k < params.rates.count; k++) {
      params.rates.value[k] = (double)hft_rng_u64(&rng) * 0x1p-64 * 100;
    }
    const hft_key *keys[] = {drift, window, rates};
    for (int k = 0; k < 3; k++) {
      char text[2048];
      hft_error error = {0};
      hft_key_print(keys[k], &params, text, sizeof text);
      if (hft_key_parse(keys[k], text, &again, "here", &error) != HFT_OK)
        fail_msg("%s", error.text);
    }
    assert_memory_equal(&params.drift, &again.drift, sizeof params.drift);
    assert_int_equal(params.window_ticks, again.window_ticks);
    assert_memory_equal(&params.rates, &again.rates, sizeof params.rates);
  }
}

static void prints_are_short_and_cut(void **state) {
  (void)state;
  sample_market params;
  hft_section_defaults(&sample_market_section, &params);
  params.drift = 0.1;
  static const char *const expected[][2] = {
      {"symbol", "SYMA"},    {"volatility", "0.02"}, {"drift", "0.1"},     {"window_ticks", "8192"},
      {"fundamental", "ou"}, {"halted", "false"},    {"rates", "[1, 0.5]"}};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    char text[64];
    hft_key_print(key_of(expected[i][0]), &params, text, sizeof text);
    assert_string_equal(text, expected[i][1]);
    for (size_t size = 1; size <= strlen(expected[i][1]); size++) {
      memset(text, 0x7f, sizeof text);
      hft_key_print(key_of(expected[i][0]), &params, text, size);
      assert_int_equal(strlen(text), size - 1);
      assert_memory_equal(text, expected[i][1], size - 1);
      assert_int_equal(text[size], 0x7f);
    }
  }
}

static void suggestions_are_near(void **state) {
  (void)state;
  assert_string_equal(hft_section_nearest(&sample_market_section, "volatilty"), "volatility");
  assert_string_equal(hft_section_nearest(&sample_market_section, "Volatility"), "volatility");
  assert_string_equal(hft_section_nearest(&sample_market_section, "windowticks"), "window_ticks");
  assert_string_equal(hft_section_nearest(&sample_market_section, "rate"), "rates");
  assert_null(hft_section_nearest(&sample_market_section, "temperature"));
  assert_null(hft_section_nearest(&sample_market_section, "xyz"));
  char longer[5000];
  memset(longer, 'v', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  (void)hft_section_nearest(&sample_market_section, longer);
  assert_null(hft_section_find(&sample_market_section, "volatilit"));
  assert_null(hft_section_find(&sample_market_section, ""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_the_presets),
      cmocka_unit_test(whole_numbers_are_strict),
      cmocka_unit_test(numbers_are_strict),
      cmocka_unit_test(bounds_are_inclusive),
      cmocka_unit_test(flags_are_true_or_false),
      cmocka_unit_test(choices_are_matched_by_their_full_name),
      cmocka_unit_test(texts_are_names),
      cmocka_unit_test(lists_are_strict),
      cmocka_unit_test(paths_are_any_bytes_but_control_characters),
      cmocka_unit_test(names_in_the_unit_are_no_files),
      cmocka_unit_test(a_printed_value_parses_to_itself),
      cmocka_unit_test(prints_are_short_and_cut),
      cmocka_unit_test(suggestions_are_near),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
