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
      fail_msg("%s: %.4g is not in [%.4g, %.4g]", name, e->value, e->interval.low,
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

// ---- by hand ---------------------------------------------------------------------------------

enum { ROWS_MAX = 13000 };

static hft_judge_row row_at(hft_time time, hft_price bid, hft_price spread) {
  return (hft_judge_row){.time = time,
                         .best = {bid, bid + spread},
                         .best_before = {bid, bid + spread},
                         .touch = {10, 10},
                         .kind = HFT_JUDGE_LIMIT,
                         .level = HFT_JUDGE_LEVEL_BEYOND};
}

// A message every 10 ms; the prices go up a tick each second, with a spread of two ticks; a buy in
// the middle of each second. 129 moves in 1299 intervals of 100 ms give a volatility below 1.
static void a_market_that_climbs(void **unused) {
  (void)unused;
  static hft_judge_row row[ROWS_MAX];
  for (int k = 0; k < ROWS_MAX; k++) {
    row[k] = row_at((hft_time)k * 10 * HFT_MILLISECOND, 1000 + k / 100, 2);
    if (k % 100 == 50) {
      row[k].kind = HFT_JUDGE_EXECUTE;
      row[k].side = HFT_ASK;
      row[k].price = row[k].best[HFT_ASK];
      row[k].qty = 1 + k % 7;
    }
  }
  const hft_judge_rows rows = {.row = row, .count = ROWS_MAX, .orders = 1};
  hft_estimate out[HFT_DYNAMIC_COUNT];
  estimate(&rows, 0, 0, HFT_JUDGE_ALL, out);
  static const recorded expected[] = {
      {HFT_DYNAMIC_RESPONSE_0, 0},
      {HFT_DYNAMIC_RESPONSE_1MS, 0},
      {HFT_DYNAMIC_RESPONSE_100MS, 0},
      {HFT_DYNAMIC_RESPONSE_1S, 1},
      {HFT_DYNAMIC_RESPONSE_10S, 10},
      {HFT_DYNAMIC_RESPONSE_30S, 30},
      {HFT_DYNAMIC_EFFECTIVE_SPREAD, 1},
      {HFT_DYNAMIC_REALISED_SPREAD_1S, 0},
      {HFT_DYNAMIC_REALISED_SPREAD_10S, -9},
      {HFT_DYNAMIC_ADVERSE_SELECTION_10S, 10},
      {HFT_DYNAMIC_MAKER_KEEPS_1S, 0},
      {HFT_DYNAMIC_MAKER_KEEPS_10S, -9},
      {HFT_DYNAMIC_MESSAGE_FANO_1S, 0},
      {HFT_DYNAMIC_REACTION_1MS, 0},
      {HFT_DYNAMIC_VOLATILITY_100MS, 0.9965297755378347},
      {HFT_DYNAMIC_VOLATILITY_1S, 1},
      {HFT_DYNAMIC_VOLATILITY_10S, 3.1622776601683795},
      {HFT_DYNAMIC_SPREAD_TIME, 2},
      {HFT_DYNAMIC_SIGNATURE, 0.12909944487358055},
  };
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    assert_near(out[expected[i].dynamic].value, expected[i].value, 1e-9);
  }
  // All signs are equal, and all moves: there is no variance.
  assert_true(isnan(out[HFT_DYNAMIC_SIGN_LAG_1].value));
  assert_true(isnan(out[HFT_DYNAMIC_KURTOSIS_1S].value));
  assert_true(isnan(out[HFT_DYNAMIC_ABS_RETURN_LAG_1].value));
  assert_int_equal(out[HFT_DYNAMIC_RESPONSE_0].count, 130);
}

// Two executions of one order, at different prices; the mid before is that before the first message
// of their time. Afterwards three messages within 1 ms.
static void one_order_that_walks_the_book(void **unused) {
  (void)unused;
  static hft_judge_row row[400];
  for (int k = 0; k < 400; k++) row[k] = row_at(k * HFT_SECOND, 1000, 2);
  for (int k = 200; k < 206; k++)
    row[k] = row_at(200 * HFT_SECOND + (hft_time)(k > 202) * 100, 1000, 4);
  const hft_qty lots[] = {3, 5};
  for (int k = 0; k < 2; k++) {
    hft_judge_row *r = &row[201 + k];
    r->kind = HFT_JUDGE_EXECUTE;
    r->side = HFT_ASK;
    r->price = 1002 + k;
    r->qty = lots[k];
  }
  for (int k = 206; k < 400; k++) row[k].best[HFT_ASK] = 1004;
  const hft_judge_rows rows = {.row = row, .count = 400, .orders = 1};
  hft_estimate out[HFT_DYNAMIC_COUNT];
  estimate(&rows, 0, 0, HFT_JUDGE_ALL, out);
  // One observation has no interval, and no estimate: two are made of the same rows.
  assert_true(isnan(out[HFT_DYNAMIC_RESPONSE_1S].value));
  hft_dynamics dynamics = {0};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(hft_dynamics_add(&rows, &(hft_judge_part){0}, &dynamics), HFT_OK);
  }
  assert_int_equal(hft_dynamics_estimate(&dynamics, 1, out), HFT_OK);
  assert_near(out[HFT_DYNAMIC_RESPONSE_0].value, 1, 1e-12);
  assert_near(out[HFT_DYNAMIC_RESPONSE_1S].value, 1, 1e-12);
  assert_near(out[HFT_DYNAMIC_EFFECTIVE_SPREAD].value, (3 * 1 + 5 * 2) / 8.0, 1e-12);
  assert_near(out[HFT_DYNAMIC_REALISED_SPREAD_1S].value, (3 * 0 + 5 * 1) / 8.0, 1e-12);
  assert_near(out[HFT_DYNAMIC_REACTION_1MS].value, 3 / (400.0 * 0.001 / 399), 1e-9);
  hft_dynamics_free(&dynamics);
}

// Orders join a queue of 10 lots on average, with 0 to 29 lots ahead; what happens to them first
// counts, and orders without an end do not.
static void places_in_queues(void **unused) {
  (void)unused;
  static hft_judge_row row[1200];
  double filled[5] = {0}, all[5] = {0};
  for (int k = 0; k < 1200; k++) {
    row[k] = row_at(k * HFT_SECOND, 1000, 2);
    row[k].order = (uint32_t)(k / 4);
    int ahead = k / 4 % 30;
    bool trades = k / 4 % (2 + ahead / 6) == 0;
    if (k % 4 == 0) {
      row[k].level = 1;
      row[k].ahead = ahead;
    } else {  // what comes first, then something else
      row[k].kind = (k % 4 == 1) == trades ? HFT_JUDGE_EXECUTE
                    : k % 3 == 0           ? HFT_JUDGE_REDUCE
                                           : HFT_JUDGE_CANCEL;
      row[k].side = HFT_BID;
      row[k].price = 1000;
      row[k].qty = 1;
    }
    if (k % 4 == 1) {
      int place = ahead == 0 ? 0 : ahead <= 5 ? 1 : ahead <= 10 ? 2 : ahead <= 20 ? 3 : 4;
      all[place]++;
      filled[place] += trades;
    }
  }
  row[0].level = 2;  // one that does not join the best
  all[0]--;
  filled[0]--;
  const hft_judge_rows rows = {.row = row, .count = 1200, .orders = 300};
  hft_estimate out[HFT_DYNAMIC_COUNT];
  estimate(&rows, 0, 0, HFT_JUDGE_ALL, out);
  for (int i = 0; i < 5; i++) {
    assert_true(all[i] > 0);
    assert_near(out[HFT_DYNAMIC_FILL_FRONT + i].value, filled[i] / all[i], 1e-12);
  }
  double front = (filled[1] + filled[2]) / (all[1] + all[2]);
  double back = (filled[3] + filled[4]) / (all[3] + all[4]);
  assert_near(out[HFT_DYNAMIC_QUEUE_VALUE].value, front - back, 1e-12);
  assert_int_equal(out[HFT_DYNAMIC_FILL_FRONT].count, 299);
}

// The blocks' observations together are those of one block less what reaches over their ends; time
// between blocks counts nowhere. Nothing at all has no value.
static void blocks_are_apart(void **unused) {
  (void)unused;
  static hft_judge_row row[ROWS_MAX];
  for (int k = 0; k < ROWS_MAX; k++) {
    // The spread is 2 in the odd blocks of 10 s, else 6.
    row[k] = row_at((hft_time)k * 10 * HFT_MILLISECOND, 1000, k / 1000 % 2 == 0 ? 2 : 6);
  }
  const hft_judge_rows rows = {.row = row, .count = ROWS_MAX, .orders = 1};
  hft_estimate odd[HFT_DYNAMIC_COUNT], even[HFT_DYNAMIC_COUNT];
  estimate(&rows, 0, 10, HFT_JUDGE_ODD, odd);
  estimate(&rows, 0, 10, HFT_JUDGE_EVEN, even);
  assert_near(odd[HFT_DYNAMIC_SPREAD_TIME].value, 2, 1e-12);
  assert_near(even[HFT_DYNAMIC_SPREAD_TIME].value, 6, 1e-12);
  assert_int_equal(odd[HFT_DYNAMIC_SPREAD_TIME].count, 7 * 999);
  assert_near(odd[HFT_DYNAMIC_VOLATILITY_1S].value, 0, 0);  // the mid moves between blocks alone
  const hft_judge_rows none = {0};
  estimate(&none, 0, 0, HFT_JUDGE_ALL, odd);
  for (int i = 0; i < HFT_DYNAMIC_COUNT; i++) {
    assert_true(isnan(odd[i].value) && odd[i].count == 0);
  }
}

// The tolerance is a share of the value or a difference; the tape's own difference can be more.
static void what_a_tape_allows(void **unused) {
  (void)unused;
  hft_estimate tape[HFT_DYNAMIC_COUNT], odd[HFT_DYNAMIC_COUNT], even[HFT_DYNAMIC_COUNT];
  for (int i = 0; i < HFT_DYNAMIC_COUNT; i++) {
    tape[i] = odd[i] = even[i] = (hft_estimate){.value = 5};
  }
  tape[HFT_DYNAMIC_REALISED_SPREAD_10S].value = 0;
  tape[HFT_DYNAMIC_VOLATILITY_1S].value = -2;
  even[HFT_DYNAMIC_SIGN_LAG_4].value = 6;
  even[HFT_DYNAMIC_RESPONSE_1S].value = NAN;
  tape[HFT_DYNAMIC_KURTOSIS_1S].value = NAN;
  static const recorded expected[] = {
      {HFT_DYNAMIC_SPREAD_TIME, 0.5},   {HFT_DYNAMIC_REALISED_SPREAD_10S, 1.5},
      {HFT_DYNAMIC_VOLATILITY_1S, 0.4}, {HFT_DYNAMIC_SIGN_LAG_4, 1.5},
      {HFT_DYNAMIC_SIGN_LAG_1, 0.1},    {HFT_DYNAMIC_RESPONSE_1S, 1.5},
  };
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    assert_near(hft_dynamic_allowed(expected[i].dynamic, tape, odd, even), expected[i].value,
                1e-12);
  }
  assert_true(isnan(hft_dynamic_allowed(HFT_DYNAMIC_KURTOSIS_1S, tape, odd, even)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_tick_tape),    cmocka_unit_test(a_large_tick_tape),
      cmocka_unit_test(a_market_that_climbs), cmocka_unit_test(one_order_that_walks_the_book),
      cmocka_unit_test(places_in_queues),     cmocka_unit_test(blocks_are_apart),
      cmocka_unit_test(what_a_tape_allows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
