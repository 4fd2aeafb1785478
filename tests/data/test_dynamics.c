// The dynamics of the judge: the numbers that another implementation, in Python on arrays, gave for
// the same files, and small streams by hand.
#include "data/judge/dynamics.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/judge/judge_source.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define MSFT_MESSAGES "lobster/MSFT_2012-06-21_34200000_36000000_message_50.csv"

// Estimates over all that comes after `skip` seconds, in one stretch or in blocks.
static void estimate(const hft_judge_rows *rows, int skip_s, int block_s, hft_judge_blocks blocks,
                     hft_estimate out[HFT_DYNAMIC_COUNT]) {
  hft_dynamics dynamics = {0};
  const hft_judge_part part = {skip_s * HFT_SECOND, block_s * HFT_SECOND, (uint8_t)blocks};
  assert_int_equal(hft_dynamics_add(rows, &part, &dynamics), HFT_OK);
  assert_int_equal(hft_dynamics_estimate(&dynamics, 7, out), HFT_OK);
  hft_dynamics_free(&dynamics);
}

typedef struct recorded {
  hft_dynamic dynamic;
  double value;
} recorded;

static void check_recorded(const hft_judge_rows *rows, int skip_s, const recorded *expected,
                           size_t count) {
  hft_estimate out[HFT_DYNAMIC_COUNT];
  estimate(rows, skip_s, 0, HFT_JUDGE_ALL, out);
  for (size_t i = 0; i < count; i++) {
    const hft_estimate *e = &out[expected[i].dynamic];
    const char *name = hft_dynamic_table[expected[i].dynamic].name;
    if (!(fabs(e->value - expected[i].value) <= 1e-6 * fmax(1, fabs(e->value)))) {
      fail_msg("%s is %.9g, not %.9g", name, e->value, expected[i].value);
    }
    if (!(e->interval.low <= e->value && e->value <= e->interval.high)) {
      print_message("%s: %.4g is not in [%.4g, %.4g]\n", name, e->value, e->interval.low,
                    e->interval.high);
    }
  }
}

static void a_small_tick_tape(void **unused) {
  (void)unused;
  static const recorded expected[] = {
      {HFT_DYNAMIC_RESPONSE_0, 2.4776348},          {HFT_DYNAMIC_RESPONSE_1MS, 3.41881127},
      {HFT_DYNAMIC_RESPONSE_100MS, 5.54447853},     {HFT_DYNAMIC_RESPONSE_1S, 6.98956415},
      {HFT_DYNAMIC_RESPONSE_10S, 8.09563863},       {HFT_DYNAMIC_RESPONSE_30S, 7.79209512},
      {HFT_DYNAMIC_OFI_R2_1S, 0.159381752},         {HFT_DYNAMIC_OFI_R2_10S, 0.173540761},
      {HFT_DYNAMIC_MESSAGE_FANO_1S, 46.511527},     {HFT_DYNAMIC_MESSAGE_FANO_10S, 123.16708},
      {HFT_DYNAMIC_SIGN_LAG_1, 0.618458323},        {HFT_DYNAMIC_SIGN_LAG_4, 0.290105015},
      {HFT_DYNAMIC_SIGN_LAG_16, 0.0469201403},      {HFT_DYNAMIC_SIGN_LAG_64, 0.0380804527},
      {HFT_DYNAMIC_VOLATILITY_100MS, 5.77842396},   {HFT_DYNAMIC_VOLATILITY_1S, 5.92508594},
      {HFT_DYNAMIC_VOLATILITY_5S, 6.36735021},      {HFT_DYNAMIC_VOLATILITY_10S, 6.17545604},
      {HFT_DYNAMIC_VOLATILITY_30S, 6.09901248},     {HFT_DYNAMIC_VOLATILITY_60S, 6.75337217},
      {HFT_DYNAMIC_SPREAD_TIME, 21.1389177},        {HFT_DYNAMIC_ABS_RETURN_LAG_1, 0.151090981},
      {HFT_DYNAMIC_ABS_RETURN_LAG_5, 0.0596379341}, {HFT_DYNAMIC_ABS_RETURN_LAG_30, 0.067275221},
      {HFT_DYNAMIC_KURTOSIS_1S, 18.8849694},        {HFT_DYNAMIC_KURTOSIS_60S, 0.367147752}};
  hft_judge_rows rows;
  assert_int_equal(hft_judge_rows_of_tape(shared_file(AAPL_MESSAGES), shared_file(AAPL_BOOK0),
                                          &rows, NULL, NULL),
                   HFT_OK);
  check_recorded(&rows, 120, expected, sizeof expected / sizeof expected[0]);
  hft_judge_rows_free(&rows);
}

static void a_large_tick_tape(void **unused) {
  (void)unused;
  static const recorded expected[] = {
      {HFT_DYNAMIC_RESPONSE_0, 0.131788079},        {HFT_DYNAMIC_RESPONSE_1MS, 0.252980132},
      {HFT_DYNAMIC_RESPONSE_100MS, 0.521192053},    {HFT_DYNAMIC_RESPONSE_1S, 0.550331126},
      {HFT_DYNAMIC_RESPONSE_10S, 0.545695364},      {HFT_DYNAMIC_RESPONSE_30S, 0.468582888},
      {HFT_DYNAMIC_OFI_R2_1S, 0.732170359},         {HFT_DYNAMIC_OFI_R2_10S, 0.774703413},
      {HFT_DYNAMIC_MESSAGE_FANO_1S, 248.338935},    {HFT_DYNAMIC_MESSAGE_FANO_10S, 396.597606},
      {HFT_DYNAMIC_SIGN_LAG_1, 0.560074434},        {HFT_DYNAMIC_SIGN_LAG_4, 0.215579959},
      {HFT_DYNAMIC_SIGN_LAG_16, 0.0318391814},      {HFT_DYNAMIC_SIGN_LAG_64, 0.0635842676},
      {HFT_DYNAMIC_VOLATILITY_100MS, 0.350725249},  {HFT_DYNAMIC_VOLATILITY_1S, 0.328235422},
      {HFT_DYNAMIC_VOLATILITY_5S, 0.348431747},     {HFT_DYNAMIC_VOLATILITY_10S, 0.365454576},
      {HFT_DYNAMIC_VOLATILITY_30S, 0.344045559},    {HFT_DYNAMIC_VOLATILITY_60S, 0.307318149},
      {HFT_DYNAMIC_SPREAD_TIME, 1.01372056},        {HFT_DYNAMIC_ABS_RETURN_LAG_1, 0.049535609},
      {HFT_DYNAMIC_ABS_RETURN_LAG_5, 0.0222425865}, {HFT_DYNAMIC_ABS_RETURN_LAG_30, 0.00575830195},
      {HFT_DYNAMIC_KURTOSIS_1S, 16.5754067},        {HFT_DYNAMIC_KURTOSIS_60S, 0.215870388}};
  hft_judge_rows rows;
  assert_int_equal(hft_judge_rows_of_tape(shared_file(MSFT_MESSAGES), NULL, &rows, NULL, NULL),
                   HFT_OK);
  check_recorded(&rows, 300, expected, sizeof expected / sizeof expected[0]);
  hft_judge_rows_free(&rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_tick_tape),
      cmocka_unit_test(a_large_tick_tape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
