// The metrics of the C API: an episode by hand, and what it refuses.
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "include/hftsim.h"
#include "include/hftsim_metrics.h"
#include "tests/support/check.h"

#define S ((int64_t)1000000000)
enum { VALUES_MAX = 64 };

// A maker buys 10 at 99 and sells 4 at 102 with the mid at 100 and 101, then the mid falls to 98.
// Fees: -2 ticks x lots. The episode has 4 steps of 5 s.
static const int64_t fill_time[] = {2 * S, 7 * S}, lots[] = {10, -4}, price[] = {99, 102};
static const int64_t fee[] = {-15000, -5000}, queue_time[] = {S, 3 * S};
static const int64_t mid_time[] = {0, 2 * S + 1, 12 * S}, mid2[] = {200, 202, 196};

static hftsim_trading by_hand(void) {
  return (hftsim_trading){.bytes = sizeof(hftsim_trading),
                          .tick_size = 0.5,
                          .end = 20 * S,
                          .step = 5 * S,
                          .fill_count = 2,
                          .fill_time = fill_time,
                          .fill_lots = lots,
                          .fill_price = price,
                          .fill_fee = fee,
                          .fill_queue_time = queue_time,
                          .mid_count = 3,
                          .mid_time = mid_time,
                          .mid2 = mid2,
                          .market_lots = 140,
                          .market_notional = 14000,
                          .orders = 7};
}

typedef struct row {
  const char *name;
  double value;
} row;

static void expect_rows(const hftsim_trading *trading, const row *rows, size_t count) {
  double value[VALUES_MAX];
  char where[256] = "x";
  assert_int_equal(hftsim_metrics(trading, value, VALUES_MAX, where, sizeof where), HFTSIM_OK);
  assert_string_equal(where, "");
  for (size_t i = 0; i < count; i++) {
    int m = hftsim_metric_find(rows[i].name);
    assert_in_range(m, 0, hftsim_metric_count() - 1);
    bool right = isnan(rows[i].value) ? isnan(value[m])
                                      : fabs(value[m] - rows[i].value) <= 1e-9 * fabs(value[m]);
    if (!right) fail_msg("%s: %.17g, not %.17g", rows[i].name, value[m], rows[i].value);
  }
}

// Equity before fees at the ends of steps: 10 x (101 - 99) = 20; after the sale 4 x 102 - 990 + 6 x
// 101 = 24; then 6 lots fall by 3 each: 6. Fees add 1.5 and 2. So 21.5, 26, 8, 8.
static void an_episode_by_hand(void **context) {
  (void)context;
  const hftsim_trading trading = by_hand();
  double mean = 2, squares = 19.5 * 19.5 + 2.5 * 2.5 + 20 * 20 + 4, year = sqrt(5896800 / 5.0);
  const row rows[] = {
      {"pnl", 4},
      {"spread_captured", 7},  // 10 x 1 + 4 x 1 ticks x lots
      {"inventory_pnl", -4},   // 10 x (98 - 100) - 4 x (98 - 101)
      {"fees", -1},
      {"adverse_selection_100ms", -5},  // 10 lots by one tick, in their favour
      {"adverse_selection_1s", -5},
      {"adverse_selection_10s", 10 - 6},  // 10 x 2 against the first, 4 x 3 for the second
      {"adverse_selection_60s", NAN},
      {"turnover", 0.5 * (990 + 408)},
      {"queue_time_s", 22.0 / 14},
      {"hit_rate", 2.0 / 3},
      {"max_drawdown", 9},
      {"drawdown_s", 10},
      {"sharpe_ratio", mean / sqrt(squares / 3) * year},
      {"sortino_ratio", mean / sqrt(18.0 * 18 / 4) * year},
      {"calmar_ratio", 4 / 20.0 * 5896800 / 9},
      {"var_95", NAN},
      {"cvar_95", NAN},
      {"inventory_max_lots", 10},
      {"inventory_mean_lots", 7},
      {"inventory_end_lots", 6},
      {"inventory_sd_lots", sqrt(3)},
      {"inventory_flat_ratio", 0},
      {"inventory_long_ratio", 1},
      {"traded_lots", 14},
      {"maker_ratio", 1},
      {"fills", 2},
      {"orders", 7},
      {"shortfall_bps", NAN},
  };
  expect_rows(&trading, rows, sizeof rows / sizeof rows[0]);
}

// A parent order of 20 lots to buy: 4 as taker at 101, 6 as maker at 100, 5 closed at 104, and 5
// that nobody traded. The mid: 100, 101 when the first order arrives; 102 after it; 103; 103 at the
// end.
static void an_execution_by_hand(void **context) {
  (void)context;
  static const int64_t at[] = {2 * S, 6 * S, 10 * S}, bought[] = {4, 6, 5};
  static const int64_t paid[] = {101, 102, 104}, before2[] = {202, 206, 206};
  static const int64_t cost[] = {10000, 0, 30000};
  static const uint8_t role[] = {HFTSIM_FILL_TAKER, HFTSIM_FILL_MAKER, HFTSIM_FILL_TRANSFER};
  static const uint8_t closing[] = {0, 0, 1};
  static const int64_t times[] = {0, S, 2 * S, 5 * S}, mids2[] = {200, 202, 204, 206};
  const hftsim_trading trading = {.bytes = sizeof trading,
                                  .tick_size = 0.01,
                                  .end = 10 * S,
                                  .step = S,
                                  .fill_count = 3,
                                  .fill_time = at,
                                  .fill_lots = bought,
                                  .fill_price = paid,
                                  .fill_fee = cost,
                                  .fill_mid2 = before2,
                                  .fill_role = role,
                                  .fill_closing = closing,
                                  .mid_count = 4,
                                  .mid_time = times,
                                  .mid2 = mids2,
                                  .parent_side = 1,
                                  .parent_lots = 20,
                                  .market_lots = 50,
                                  .market_notional = 5050,
                                  .unfilled_lots = 2};
  double bps = 1e4 / 2000;
  double total = 4 + 12 + 20 + 15 + 4;
  const row rows[] = {
      {"delay_bps", 10 * bps},        // 10 lots by 1
      {"spread_bps", -6 * bps},       // 4 x 0 - 6 x 1
      {"impact_bps", 6 * bps},        // the first order moved the mid by 1
      {"timing_bps", 6 * bps},        // and something else by 1 more
      {"opportunity_bps", 35 * bps},  // 5 x 4 closed and 5 x 3 never traded
      {"fees_bps", 4 * bps},
      {"shortfall_bps", total * bps},
      {"arrival_slippage_bps", 16 * 1e4 / 1000},
      {"close_slippage_bps", (4 * -2 - 6 + 5 + 4) * 1e4 / 2060},
      {"vwap_slippage_bps", (0 + 6 + 15 + 10 + 4) * 1e4 / 2020},
      {"fill_ratio", 0.5},
      {"participation_ratio", 0.2},
      {"unfilled_lots", 2},
      {"traded_lots", 10},
      {"sharpe_ratio", NAN},
  };
  expect_rows(&trading, rows, sizeof rows / sizeof rows[0]);
}

static void without_fills(void **context) {
  (void)context;
  hftsim_trading trading = by_hand();
  trading.fill_count = 0;
  trading.fill_time = trading.fill_lots = trading.fill_price = NULL;
  const row rows[] = {{"pnl", 0},
                      {"spread_captured", 0},
                      {"adverse_selection_60s", 0},
                      {"sharpe_ratio", NAN},
                      {"maker_ratio", NAN},
                      {"queue_time_s", NAN},
                      {"hit_rate", NAN},
                      {"max_drawdown", 0},
                      {"inventory_flat_ratio", 1}};
  expect_rows(&trading, rows, sizeof rows / sizeof rows[0]);
}

// ---- what is refused ---------------------------------------------------------------------------

static void refuses(const hftsim_trading *trading, const char *member) {
  double value[VALUES_MAX];
  char where[256];
  int status = hftsim_metrics(trading, value, VALUES_MAX, where, sizeof where);
  assert_int_equal(status, HFTSIM_BAD_ARGUMENT);
  if (strncmp(where, member, strlen(member)) != 0) fail_msg("'%s', not %s", where, member);
}

#define REFUSED(change, member)         \
  do {                                  \
    hftsim_trading trading = by_hand(); \
    int64_t bad[] = {2 * S, 7 * S, 0};  \
    (void)bad;                          \
    change;                             \
    refuses(&trading, member);          \
  } while (0)

static void wrong_episodes(void **context) {
  (void)context;
  static const uint8_t roles[] = {0, 4}, closes[] = {1, 0};
  static const int64_t zero[] = {0, 5}, most[] = {INT64_MAX, INT64_MIN};
  REFUSED(trading.bytes = 8, "bytes");
  REFUSED(trading.tick_size = 0, "tick_size");
  REFUSED(trading.tick_size = NAN, "tick_size");
  REFUSED(trading.tick_size = INFINITY, "tick_size");
  REFUSED(trading.end = 0, "end");
  REFUSED(trading.start = -1, "end");
  REFUSED(trading.start = INT64_MIN, "end");
  REFUSED(trading.step = 0, "step");
  REFUSED(trading.step = 1, "step");
  REFUSED(trading.fill_count = -1, "fill_count");
  REFUSED(trading.mid_count = 0, "mid_count");
  REFUSED(trading.mid2 = NULL, "mid2");
  REFUSED(trading.mid_time = NULL, "mid_time");
  REFUSED(trading.fill_time = NULL, "fill_time");
  REFUSED(trading.fill_lots = NULL, "fill_lots");
  REFUSED(trading.fill_price = NULL, "fill_price");
  REFUSED((bad[0] = 8 * S, trading.fill_time = bad), "fill_time[1]");
  REFUSED((bad[1] = 21 * S, trading.fill_time = bad), "fill_time[1]");
  REFUSED(trading.fill_lots = zero, "fill_lots[0]");
  REFUSED(trading.fill_lots = most, "fill_lots[0]");
  REFUSED(trading.fill_price = zero, "fill_price[0]");
  REFUSED(trading.fill_price = most, "fill_price[0]");
  REFUSED(trading.fill_fee = most, "fill_fee[0]");
  REFUSED(trading.fill_mid2 = zero, "fill_mid[0]");
  REFUSED(trading.fill_queue_time = (bad[0] = -1, bad), "fill_queue_time[0]");
  REFUSED(trading.fill_role = roles, "fill_role[1]");
  REFUSED(trading.fill_closing = closes, "fill_closing[1]");
  REFUSED((bad[0] = 1, trading.mid_time = bad), "mid_time");
  REFUSED((bad[0] = 0, trading.mid_time = bad), "mid_time[2]");
  REFUSED(trading.mid2 = bad, "end_mid");
  REFUSED((bad[0] = 0, bad[2] = 200, trading.mid2 = bad, trading.arrival_mid2 = 200), "mid[0]");
  REFUSED(trading.parent_side = 2, "parent");
  REFUSED(trading.parent_side = 1, "parent");
  REFUSED((trading.parent_side = 1, trading.parent_lots = INT64_MAX), "parent");
  REFUSED(trading.market_lots = -1, "market");
  REFUSED(trading.orders = -1, "market");
  REFUSED(trading.arrival_mid2 = -1, "arrival_mid");
  REFUSED(trading.end_mid2 = INT64_MAX, "end_mid");
  double value[1];
  assert_int_equal(hftsim_metrics(NULL, value, 1, NULL, 0), HFTSIM_BAD_ARGUMENT);
  const hftsim_trading trading = by_hand();
  assert_int_equal(hftsim_metrics(&trading, NULL, 1, NULL, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_metrics(&trading, value, -1, NULL, 0), HFTSIM_BAD_ARGUMENT);
}

static void tables(void **context) {
  (void)context;
  assert_in_range(hftsim_metric_count(), 30, VALUES_MAX);
  for (int m = -1; m <= hftsim_metric_count(); m++) {
    bool exists = m >= 0 && m < hftsim_metric_count();
    assert_int_equal(hftsim_metric_name(m) != NULL, exists);
    assert_int_equal(hftsim_metric_unit(m) != NULL, exists);
    assert_int_equal(hftsim_metric_help(m) != NULL, exists);
    if (exists) assert_int_equal(hftsim_metric_find(hftsim_metric_name(m)), m);
  }
  assert_int_equal(hftsim_metric_find(NULL), -1);
  assert_int_equal(hftsim_metric_find("none"), -1);
  assert_int_equal(hftsim_metric_direction(hftsim_metric_find("pnl")), 1);
  assert_int_equal(hftsim_metric_direction(hftsim_metric_find("cvar_95")), -1);
  assert_int_equal(hftsim_metric_direction(-1), 0);
  for (int a = -1; a <= hftsim_aggregate_count(); a++) {
    bool exists = a >= 0 && a < hftsim_aggregate_count();
    assert_int_equal(hftsim_aggregate_name(a) != NULL, exists);
  }
}

static void aggregates(void **context) {
  (void)context;
  const double values[] = {1, 2, 3, 6, NAN};
  double few[3], all[3 * 8];
  assert_int_equal(hftsim_aggregates(values, 5, 1, few, 1), HFTSIM_OK);
  assert_int_equal(hftsim_aggregates(values, 5, 1, all, 8), HFTSIM_OK);
  assert_memory_equal(few, all, sizeof few);
  assert_true(fabs(few[0] - 3 / sqrt(14.0 / 3)) < 1e-12);
  assert_true(few[1] < few[0] && few[2] > few[0]);
  assert_int_equal(hftsim_aggregates(NULL, 0, 1, few, 1), HFTSIM_OK);
  assert_true(isnan(few[0]) && isnan(few[1]) && isnan(few[2]));
  assert_int_equal(hftsim_aggregates(NULL, 1, 1, few, 1), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_aggregates(values, 5, 1, NULL, 1), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_aggregates(values, 5, 1, few, -1), HFTSIM_BAD_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_episode_by_hand),
      cmocka_unit_test(an_execution_by_hand),
      cmocka_unit_test(without_fills),
      cmocka_unit_test(wrong_episodes),
      cmocka_unit_test(tables),
      cmocka_unit_test(aggregates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
