// The indicators of the directional strategies: Wilder's RSI on published examples, order-flow
// imbalance on every kind of change, and the moving variance against two passes over the window.
#include <stdlib.h>

#include "baselines/directional/indicators.h"
#include "sim/base/dist.h"
#include "tests/support/check.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))
enum { PERIOD = 14 };

static void check_published(const double *price, int prices, const double *published,
                            double tolerance) {
  hft_rsi rsi = {0};
  for (int n = 0; n < prices; n++) {
    hft_rsi_add(&rsi, PERIOD, price[n]);
    double value = hft_rsi_value(&rsi, PERIOD);
    assert_near(value, n < PERIOD ? 50 : published[n - PERIOD], n < PERIOD ? 0 : tolerance);
  }
}

// The worksheet of Wilder's book. All its columns have two decimals, the averages too, so that its
// figures are up to half a point off.
static void wilders_worksheet(void **unused) {
  (void)unused;
  static const double close[] = {
      54.80, 56.80, 57.85, 59.85, 60.57, 61.10, 62.17, 60.60, 62.35, 62.15, 62.35, 61.45, 62.80,
      61.37, 62.50, 62.57, 60.80, 59.37, 60.35, 62.35, 62.17, 62.55, 64.55, 64.37, 65.30, 64.42,
      62.90, 61.60, 62.05, 60.05, 59.70, 60.90, 60.25, 58.27, 58.70, 57.72, 58.10, 58.20};
  static const double printed[] = {74.36, 74.55, 65.75, 59.68, 61.98, 66.44, 65.75, 67.00,
                                   71.43, 70.50, 72.14, 67.95, 60.78, 55.56, 56.71, 49.49,
                                   48.19, 52.38, 50.00, 43.50, 45.36, 42.53, 44.13, 44.75};
  assert_int_equal(COUNT(close), COUNT(printed) + PERIOD);
  check_published(close, COUNT(close), printed, 0.53);
  // The first by hand: gains of 11.80 and losses of 4.10 in 14 days.
  hft_rsi rsi = {0};
  for (int n = 0; n <= PERIOD; n++) hft_rsi_add(&rsi, PERIOD, close[n]);
  assert_near(rsi.gain, 11.80 / 14, 1e-12);
  assert_near(rsi.loss, 4.10 / 14, 1e-12);
  assert_near(hft_rsi_value(&rsi, PERIOD), 100 - 100 / (1 + 11.80 / 4.10), 1e-12);
}

// The example of StockCharts' ChartSchool, printed to eight decimals.
static void chart_schools_example(void **unused) {
  (void)unused;
  static const double close[] = {44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955,
                                 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140, 46.2820,
                                 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122,
                                 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783,
                                 44.2181, 44.5672, 43.4205, 42.6628, 43.1314};
  static const double printed[] = {70.53278948, 66.31856181, 66.54982994, 69.40630534, 66.35516906,
                                   57.97485571, 62.92960675, 63.25714756, 56.05929872, 62.37707144,
                                   54.70757308, 50.42277441, 39.98982315, 41.46048198, 41.86891609,
                                   45.46321245, 37.30404209, 33.07952299, 37.77295211};
  assert_int_equal(COUNT(close), COUNT(printed) + PERIOD);
  check_published(close, COUNT(close), printed, 5e-9);
}

static void extremes_of_the_index(void **unused) {
  (void)unused;
  static const struct { double step, value; } cases[] = {{1, 100}, {-1, 0}, {0, 50}};
  for (int c = 0; c < COUNT(cases); c++) {
    for (int64_t period = 1; period <= 5; period++) {
      hft_rsi rsi = {0};
      for (int n = 0; n < 20; n++) {
        hft_rsi_add(&rsi, period, 1000 + n * cases[c].step);
        assert_near(hft_rsi_value(&rsi, period), n < period ? 50 : cases[c].value, 0);
      }
    }
  }
}

// The definition, written as Cont, Kukanov and Stoikov have it: with indicators.
static int64_t definition(const hft_best_quotes *was, const hft_best_quotes *is) {
  int64_t bid_up = is->bid >= was->bid, bid_down = is->bid <= was->bid;
  int64_t ask_down = is->ask <= was->ask, ask_up = is->ask >= was->ask;
  return bid_up * is->bid_qty - bid_down * was->bid_qty - ask_down * is->ask_qty +
         ask_up * was->ask_qty;
}

static void imbalance_of_every_change(void **unused) {
  (void)unused;
  const hft_best_quotes was = {100, 103, 7, 11};
  // The changes of the bid alone and of the ask alone, worked out by hand.
  static const struct {
    hft_best_quotes now;
    int64_t e;
  } cases[] = {
      {{100, 103, 7, 11}, 0},                           // nothing
      {{100, 103, 10, 11}, 3},                          // a bid joins
      {{100, 103, 2, 11}, -5},                          // a sale trades, or a bid leaves
      {{101, 103, 4, 11}, 4},  {{99, 103, 9, 11}, -7},  // a better bid; the bid is gone
      {{100, 103, 7, 15}, -4}, {{100, 103, 7, 1}, 10},  // an ask joins; a purchase trades
      {{100, 102, 7, 5}, -5},  {{100, 104, 7, 5}, 11},  // a better ask; the ask is gone
      {{101, 104, 4, 5}, 15},  {{99, 102, 9, 5}, -12},
      {{0, 103, 0, 11}, 0},    {{100, 0, 7, 0}, 0},  // a side is empty
  };
  for (int c = 0; c < COUNT(cases); c++) {
    assert_int_equal(hft_ofi_event(&was, &cases[c].now), cases[c].e);
    if (cases[c].now.bid != 0 && cases[c].now.ask != 0) {
      assert_int_equal(hft_ofi_event(&cases[c].now, &was), definition(&cases[c].now, &was));
    }
  }
  const hft_best_quotes most = {100, 101, INT32_MAX, 1}, least = {99, 101, 1, INT32_MAX};
  assert_int_equal(hft_ofi_event(&most, &least), 1 - 2 * (int64_t)INT32_MAX);
}

// Random windows, with steps up to the bounds of what a window may hold.
static void variance_of_a_window(void **unused) {
  (void)unused;
  static const struct {
    int64_t base, spread;
  } cases[] = {{0, 3}, {1000, 40}, {-33554000, 2}, {33554430, 1}, {0, 33554431}, {5, 0}};
  static const int sizes[] = {2, 7, 60, 10000};
  static int64_t ring[10000];
  hft_rng rng = hft_rng_stream(7, 0, 0);
  for (int c = 0; c < COUNT(cases); c++) {
    for (int k = 0; k < COUNT(sizes); k++) {
      int n = sizes[k];
      hft_window_sums sums = {0};
      for (int i = 0; i < 3 * n; i++) {
        uint32_t range = (uint32_t)(2 * cases[c].spread + 1);
        int64_t x = cases[c].base - cases[c].spread + (int64_t)hft_bounded(&rng, range);
        if (i >= n) hft_window_remove(&sums, ring[i % n]);
        ring[i % n] = x;
        hft_window_add(&sums, x);
        if (i < n - 1 || (n > 100 && i % 997 != 0)) continue;
        long double mean = 0, variance = 0;
        for (int j = 0; j < n; j++) mean += ring[j];
        mean /= n;
        for (int j = 0; j < n; j++) variance += (ring[j] - mean) * (ring[j] - mean);
        variance /= n;
        assert_near(hft_window_variance(&sums, n), (double)variance,
                    1e-9 * (double)variance + 1e-12);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wilders_worksheet),     cmocka_unit_test(chart_schools_example),
      cmocka_unit_test(extremes_of_the_index), cmocka_unit_test(imbalance_of_every_change),
      cmocka_unit_test(variance_of_a_window),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
