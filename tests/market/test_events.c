// Long runs of random agents, compared event by event with a reference market.
#include <stdlib.h>

#include "tests/support/shadow.h"

static const char monkeys[] =
    "market_config: {window_ticks: 128, fundamental: constant}\n"
    "agents:\n"
    "- {kind: monkey, rate: 30, reach: 4}\n"
    "- {kind: monkey, rate: 60}\n"
    "- {kind: monkey, rate: 20, reach: 30, open_orders_max: 7}\n"
    "- {kind: monkey, rate: 10, reach: 2, open_orders_max: 1}\n";

static const char crowd[] =
    "market_config: {window_ticks: 512, fundamental: jump, jump_rate: 50000}\n"
    "populations:\n"
    "- {kind: noise, open_orders_max: 120, opening_orders: 30}\n"
    "- {kind: value, open_orders_max: 40, rate: 8}\n"
    "- {kind: maker}\n"
    "agents:\n"
    "- {kind: monkey, reach: 10}\n"
    "- {kind: monkey, reach: 3}\n";

static void monkeys_leave_no_fault(void **state) {
  (void)state;
  int64_t kinds[SHADOW_KINDS] = {0}, reasons[SHADOW_REASONS] = {0};
  shadow_market *shadow = malloc(sizeof *shadow);
  assert_non_null(shadow);
  for (uint64_t seed = 0; seed < 8; seed++) {
    shadow_session(shadow, monkeys, seed, 60, 250 * HFT_MILLISECOND);
    for (int i = 0; i < SHADOW_KINDS; i++) kinds[i] += shadow->kind_count[i];
    for (int i = 0; i < SHADOW_REASONS; i++) reasons[i] += shadow->reason_count[i];
  }
  // They did all there is to do without rules.
  for (int i = 1; i < SHADOW_KINDS; i++) assert_true(kinds[i] > 300);
  for (int i = 0; i <= HFT_REASON_NOT_FILLABLE; i++) {
    if (i != HFT_REASON_LEVEL_FULL) assert_true(reasons[i] > 100);
  }
  free(shadow);
}

static void a_crowd_leaves_no_fault(void **state) {
  (void)state;
  shadow_market *shadow = malloc(sizeof *shadow);
  assert_non_null(shadow);
  for (uint64_t seed = 0; seed < 3; seed++) {
    shadow_session(shadow, crowd, seed, 120, HFT_SECOND);
    assert_true(shadow->kind_count[HFT_EVENT_TRADE] > 500);
  }
  free(shadow);
}

static void names_and_words_are_known(void **state) {
  (void)state;
  assert_string_equal(hft_event_name(HFT_EVENT_ADD), "ADD");
  assert_string_equal(hft_event_name(HFT_EVENT_TRADE), "TRADE");
  assert_string_equal(hft_event_name(HFT_EVENT_CANCEL), "CANCEL");
  assert_string_equal(hft_event_name(HFT_EVENT_REDUCE), "REDUCE");
  assert_string_equal(hft_event_name(HFT_EVENT_EXPIRE), "EXPIRE");
  assert_string_equal(hft_event_name(HFT_EVENT_REJECT), "REJECT");
  assert_string_equal(hft_event_name((hft_event_kind)0), "?");
  assert_string_equal(hft_event_name((hft_event_kind)99), "?");
  for (int i = 0; i < SHADOW_REASONS; i++) {
    assert_true(hft_reason_text((hft_reason)i)[0] != '\0');
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(hft_reason_text((hft_reason)i), hft_reason_text((hft_reason)j));
    }
  }
  assert_string_equal(hft_reason_text((hft_reason)99), "unknown reason");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(monkeys_leave_no_fault),
      cmocka_unit_test(a_crowd_leaves_no_fault),
      cmocka_unit_test(names_and_words_are_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
