// Long runs of random agents under the exchange's rules, compared event by event with a reference
// market that knows the rules only from the config.
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/shadow.h"

static const char monkeys[] =
    "market_config: {window_ticks: 128, fundamental: constant}\n"
    "agents:\n"
    "- {kind: monkey, rate: 30, reach: 4, icebergs: 0.4}\n"
    "- {kind: monkey, rate: 60, icebergs: 0.2}\n"
    "- {kind: monkey, rate: 20, reach: 30, open_orders_max: 7, icebergs: 0.8}\n"
    "- {kind: monkey, rate: 10, reach: 2, open_orders_max: 1}\n";

// As populations, for which the rules other than the fees are none, beside two agents.
static const char mixed[] =
    "market_config: {window_ticks: 128, fundamental: constant}\n"
    "populations:\n"
    "- {kind: monkey, rate: 30, reach: 4, icebergs: 0.4}\n"
    "- {kind: monkey, rate: 30, reach: 5}\n"
    "agents:\n"
    "- {kind: monkey, rate: 60, reach: 4, icebergs: 0.4}\n"
    "- {kind: monkey, rate: 40, reach: 10}\n";

static const char fees[] =
    "maker_fee_bps: -0.125, taker_fee_bps: 0.301, maker_fee_per_lot: 0.0007, taker_fee_per_lot: "
    "0.3";

typedef struct tally {
  int64_t kind[SHADOW_KINDS], reason[SHADOW_REASONS];
} tally;

// Some sessions of a crowd under rules; what happened in them.
static tally run(const char *crowd, const char *rules) {
  char yaml[2048];
  int length = snprintf(yaml, sizeof yaml, "%sexchange_config: {%s}\n", crowd, rules);
  assert_in_range(length, 1, sizeof yaml - 1);
  shadow_market *shadow = malloc(sizeof *shadow);
  assert_non_null(shadow);
  tally sum = {{0}, {0}};
  for (uint64_t seed = 0; seed < 6; seed++) {
    shadow_session(shadow, yaml, seed, 60, 250 * HFT_MILLISECOND);
    for (int i = 0; i < SHADOW_KINDS; i++) sum.kind[i] += shadow->kind_count[i];
    for (int i = 0; i < SHADOW_REASONS; i++) sum.reason[i] += shadow->reason_count[i];
  }
  free(shadow);
  return sum;
}

static void icebergs_leave_no_fault(void **state) {
  (void)state;
  tally sum = run(monkeys, fees);
  assert_true(sum.reason[HFT_REASON_REFRESHED] > 200);
  assert_true(sum.reason[HFT_REASON_DISPLAY] > 100);
  assert_int_equal(sum.reason[HFT_REASON_SELF_TRADE], 0);
}

static void self_trade_modes_leave_no_fault(void **state) {
  (void)state;
  static const char *const modes[] = {"cancel_newest", "cancel_oldest", "cancel_both"};
  for (int i = 0; i < 3; i++) {
    char rules[256];
    snprintf(rules, sizeof rules, "self_trade: %s, %s", modes[i], fees);
    tally sum = run(monkeys, rules);
    assert_true(sum.reason[HFT_REASON_SELF_TRADE] > 200);
    assert_true(sum.reason[HFT_REASON_REFRESHED] > 100);
    sum = run(mixed, rules);
    assert_true(sum.reason[HFT_REASON_SELF_TRADE] > 50);
  }
}

static void limits_leave_no_fault(void **state) {
  (void)state;
  tally sum = run(mixed, "max_inventory: 30, message_rate_max: 45");
  assert_true(sum.reason[HFT_REASON_POSITION] > 200);
  assert_true(sum.reason[HFT_REASON_MESSAGE_RATE] > 200);
  sum = run(mixed, "max_position_value: 2000, max_drawdown: 8");
  assert_true(sum.reason[HFT_REASON_POSITION_VALUE] > 20);
  assert_true(sum.reason[HFT_REASON_KILLED] > 50);
}

static void latency_leaves_no_fault(void **state) {
  (void)state;
  tally sum = run(monkeys, "latency_us: 30000");
  tally none = run(monkeys, "latency_us: 0");
  assert_true(sum.kind[HFT_EVENT_TRADE] > 1000);
  assert_true(sum.reason[HFT_REASON_STALE_ORDER] > 100);
  assert_int_equal(none.reason[HFT_REASON_IN_FLIGHT], 0);
  sum = run(mixed, "latency_us: 20000, latency_jitter_us: 30000");
  assert_true(sum.kind[HFT_EVENT_TRADE] > 1000);
}

static void all_rules_together_leave_no_fault(void **state) {
  (void)state;
  static const char *const modes[] = {"off", "cancel_newest", "cancel_oldest", "cancel_both"};
  for (int i = 0; i < 4; i++) {
    char rules[512];
    snprintf(rules, sizeof rules,
             "self_trade: %s, %s, latency_us: 10000, latency_jitter_us: 20000, max_inventory: 40, "
             "max_position_value: 10000, message_rate_max: 60, max_drawdown: 200",
             modes[i], fees);
    const tally of[2] = {run(monkeys, rules), run(mixed, rules)};
    for (int k = 0; k < 2; k++) {
      for (int kind = 1; kind < SHADOW_KINDS; kind++) assert_true(of[k].kind[kind] > 50);
      assert_true(of[k].reason[HFT_REASON_POSITION] > 20);
      assert_true(of[k].reason[HFT_REASON_REFRESHED] > 20);
    }
  }
}

static void flow_under_rules_leaves_no_fault(void **state) {
  (void)state;
  static const char crowd[] =
      "market_config: {window_ticks: 512, fundamental: jump, jump_rate: 50000}\n"
      "populations:\n"
      "- {kind: noise, open_orders_max: 120, opening_orders: 30}\n"
      "- {kind: value, open_orders_max: 40, rate: 8}\n"
      "- {kind: maker}\n"
      "agents:\n"
      "- {kind: monkey, reach: 10, icebergs: 0.3}\n"
      "- {kind: monkey, reach: 3}\n";
  char rules[256];
  snprintf(rules, sizeof rules, "self_trade: cancel_oldest, latency_us: 5000, %s", fees);
  tally sum = run(crowd, rules);
  assert_true(sum.kind[HFT_EVENT_TRADE] > 1500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(icebergs_leave_no_fault),
      cmocka_unit_test(self_trade_modes_leave_no_fault),
      cmocka_unit_test(limits_leave_no_fault),
      cmocka_unit_test(latency_leaves_no_fault),
      cmocka_unit_test(all_rules_together_leave_no_fault),
      cmocka_unit_test(flow_under_rules_leaves_no_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
