// Overrides of single values, and items added to lists.
#include <stdlib.h>
#include <string.h>

#include "sim/config/config.h"
#include "tests/config/expect.h"
#include "tests/support/check.h"

static hft_config *three_populations(void) {
  hft_config *config = sample_config();
  hft_error error = {0};
  assert_int_equal(hft_config_append(config, "populations", "noise", &error), HFT_OK);
  assert_int_equal(hft_config_append(config, "populations", "value", &error), HFT_OK);
  assert_int_equal(hft_config_append(config, "populations", "noise", &error), HFT_OK);
  return config;
}

static void set(hft_config *config, const char *assignment) {
  hft_error error = {0};
  if (hft_config_set(config, assignment, &error) != HFT_OK) {
    fail_msg("%s: %s: %s", assignment, error.where, error.text);
  }
}

// Expects a refusal whose place or words hold `word`, and no change.
static void refuse(hft_config *config, const char *assignment, const char *word) {
  char *before = hft_config_print(config, 0);
  hft_error error = {0};
  hft_status status = hft_config_set(config, assignment, &error);
  if (status != HFT_ECONFIG) fail_msg("status %d for '%s'", status, assignment);
  assert_true(strlen(error.text) > 0);
  if (strstr(error.text, word) == NULL && strstr(error.where, word) == NULL) {
    fail_msg("'%s' is not in: %s: %s", word, error.where, error.text);
  }
  char *after = hft_config_print(config, 0);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

static void maps_are_set(void **state) {
  (void)state;
  hft_config *config = sample_config();
  set(config, "market.volatility=0.5");
  set(config, "market.symbol=X");
  set(config, "market.rates=[4, 5]");
  set(config, "market.halted=true");
  set(config, "market.fundamental=jump");
  const sample_market *market = sample_market_of(config);
  assert_true(market->volatility == 0.5);
  assert_string_equal(market->symbol.text, "X");
  assert_int_equal(market->rates.count, 2);
  assert_true(market->halted);
  assert_int_equal(market->fundamental, 2);
  hft_error error = {0};
  assert_int_equal(hft_config_set_value(config, "market.window_ticks", "99", &error), HFT_OK);
  assert_int_equal(sample_market_of(config)->window_ticks, 99);
  hft_config_free(config);
}

static void items_are_set_by_kind_and_by_index(void **state) {
  (void)state;
  hft_config *config = three_populations();
  const hft_section *section;
  set(config, "populations.noise.rate=3");
  assert_true(((const sample_noise *)hft_config_item(config, "populations", 0, &section))->rate ==
              3);
  assert_true(((const sample_value *)hft_config_item(config, "populations", 1, &section))->rate ==
              2);
  assert_true(((const sample_noise *)hft_config_item(config, "populations", 2, &section))->rate ==
              3);
  set(config, "populations.2.rate=8");
  assert_true(((const sample_noise *)hft_config_item(config, "populations", 0, &section))->rate ==
              3);
  assert_true(((const sample_noise *)hft_config_item(config, "populations", 2, &section))->rate ==
              8);
  set(config, "populations.1.informed=false");
  assert_false(
      ((const sample_value *)hft_config_item(config, "populations", 1, &section))->informed);
  hft_config_free(config);
}

static void wrong_assignments_are_refused(void **state) {
  (void)state;
  hft_config *config = three_populations();
  refuse(config, "", "");
  refuse(config, "=", "");
  refuse(config, "market", "");
  refuse(config, "market.volatility", "=");
  refuse(config, "market=1", "market");
  refuse(config, "market.=1", "market");
  refuse(config, ".volatility=1", "");
  refuse(config, "market.volatilty=1", "'volatility'");
  refuse(config, "markets.volatility=1", "'market'");
  refuse(config, "market.volatility.x=1", "");
  refuse(config, "market.volatility=", "volatility");
  refuse(config, "market.volatility=abc", "abc");
  refuse(config, "market.volatility=11", "[0, 10]");
  refuse(config, "market.volatility= 1", "volatility");
  refuse(config, "populations=1", "populations");
  refuse(config, "populations.noise=1", "populations");
  refuse(config, "populations.nois.rate=1", "'noise'");
  refuse(config, "populations.noise.rat=1", "'rate'");
  refuse(config, "populations.noise.rate=-1", "rate");
  refuse(config, "populations.noise.kind=value", "kind");
  refuse(config, "populations.3.rate=1", "3");
  refuse(config, "populations.-1.rate=1", "-1");
  refuse(config, "populations.00.rate=1", "00");
  refuse(config, "populations.99999999999999999999.rate=1", "9");
  refuse(config, "populations.0.informed=true", "informed");
  char *longer = malloc(100001);
  assert_non_null(longer);
  memset(longer, 'm', 100000);
  longer[100000] = '\0';
  refuse(config, longer, "");
  longer[50000] = '.';
  longer[70000] = '=';
  refuse(config, longer, "");
  memcpy(longer, "market.symbol=", 14);
  longer[50000] = longer[70000] = 'm';
  refuse(config, longer, "symbol");
  free(longer);
  hft_config_free(config);
}

// An index in brackets is the same path.
static void an_index_may_be_in_brackets(void **state) {
  (void)state;
  hft_config *a = three_populations(), *b = three_populations();
  set(a, "populations.2.rate=0.75");
  set(b, "populations[2].rate=0.75");
  char *text = hft_config_print(a, 0), *other = hft_config_print(b, 0);
  assert_string_equal(text, other);
  free(text);
  free(other);
  static const char *const wrong[] = {
      "populations[3].rate=1", "populations[].rate=1",   "populations[-1].rate=1",
      "populations[0]rate=1",  "populations[0=1",        "populations[noise].rate=1",
      "populations[0][1].x=1", "market[0].volatility=1", "[0].rate=1",
      "populations.[0].rate=1"};
  for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) refuse(b, wrong[k], "");
  hft_config_free(a);
  hft_config_free(b);
}

// What two paths have in common.
static void paths_are_compared(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    hft_config_relation relation;
  } cases[] = {
      {"market.volatility", "market.volatility", HFT_CONFIG_SAME},
      {"market.volatility", "market.window_ticks", HFT_CONFIG_APART},
      {"populations.0.rate", "populations[0].rate", HFT_CONFIG_SAME},
      {"populations.0.rate", "populations.2.rate", HFT_CONFIG_APART},
      {"populations.0.rate", "populations.noise.rate", HFT_CONFIG_MEET},
      {"populations.noise.rate", "populations.2.rate", HFT_CONFIG_MEET},
      {"populations.1.informed", "populations.value.informed", HFT_CONFIG_SAME},
      {"populations.noise.rate", "populations.noise.headcount", HFT_CONFIG_APART},
  };
  hft_config *config = three_populations();
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    hft_config_target a, b;
    hft_error error = {0};
    assert_int_equal(hft_config_find(config, cases[k].a, &a, &error), HFT_OK);
    assert_int_equal(hft_config_find(config, cases[k].b, &b, &error), HFT_OK);
    assert_int_equal(hft_config_compare(config, &a, &b), cases[k].relation);
    assert_int_equal(hft_config_compare(config, &b, &a), cases[k].relation);
  }
  hft_config_free(config);
}

static void count_word(const char *text, const char *word, int *count) {
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word)) ++*count;
}

// Place and words together name it once.
static void the_key_at_fault_is_named_once(void **state) {
  (void)state;
  hft_config *config = three_populations();
  static const struct {
    const char *assignment, *place, *word;
  } bad[] = {
      {"market.volatility=abc", "market.volatility", "volatility"},
      {"market.window_ticks=1", "market.window_ticks", "window_ticks"},
      {"market.halted=5", "market.halted", "halted"},
      {"market.fundamental=levy", "market.fundamental", "fundamental"},
      {"market.symbol=a/b", "market.symbol", "symbol"},
      {"market.rates=[]", "market.rates", "rates"},
      {"market.rates=[1,x]", "market.rates", "rates"},
      {"populations.noise.headcount=1001", "populations.noise.headcount", "headcount"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    hft_error error = {0};
    assert_int_equal(hft_config_set(config, bad[i].assignment, &error), HFT_ECONFIG);
    assert_string_equal(error.where, bad[i].place);
    int count = 0;
    count_word(error.where, bad[i].word, &count);
    count_word(error.text, bad[i].word, &count);
    if (count != 1) fail_msg("%d times: %s: %s", count, error.where, error.text);
  }
  hft_config_free(config);
}

static void a_kind_that_is_not_there_is_refused(void **state) {
  (void)state;
  hft_config *config = sample_config();
  refuse(config, "populations.noise.rate=1", "noise");
  refuse(config, "populations.0.rate=1", "0");
  hft_config_free(config);
}

// One bad item among several: none may have been changed.
static void an_override_is_all_or_nothing(void **state) {
  (void)state;
  hft_config *config = three_populations();
  refuse(config, "populations.noise.headcount=1001", "headcount");
  hft_config_free(config);
}

static void lists_grow_to_their_limit(void **state) {
  (void)state;
  hft_config *config = sample_config();
  hft_error error = {0};
  assert_int_equal(hft_config_append(config, "populations", "nothing", &error), HFT_ECONFIG);
  assert_int_equal(hft_config_append(config, "nothing", "noise", &error), HFT_ECONFIG);
  assert_int_equal(hft_config_append(config, "market", "noise", &error), HFT_ECONFIG);
  for (int i = 0; i < HFT_CONFIG_ITEMS_MAX; i++) {
    assert_int_equal(hft_config_append(config, "populations", "noise", &error), HFT_OK);
  }
  assert_int_not_equal(hft_config_append(config, "populations", "noise", &error), HFT_OK);
  assert_int_equal(hft_config_count(config, "populations"), HFT_CONFIG_ITEMS_MAX);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_are_set),
      cmocka_unit_test(items_are_set_by_kind_and_by_index),
      cmocka_unit_test(wrong_assignments_are_refused),
      cmocka_unit_test(an_index_may_be_in_brackets),
      cmocka_unit_test(paths_are_compared),
      cmocka_unit_test(the_key_at_fault_is_named_once),
      cmocka_unit_test(a_kind_that_is_not_there_is_refused),
      cmocka_unit_test(an_override_is_all_or_nothing),
      cmocka_unit_test(lists_grow_to_their_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
