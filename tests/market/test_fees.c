// Fees and rebates, against sums computed independently.
#include <stdio.h>

#include "sim/base/dist.h"
#include "tests/market/stage.h"

__extension__ typedef __int128 wide;

// In 1/10000 of ticks x lots; the share of the value is rounded half away from 0.
static int64_t fee_of(int64_t milli_bps, int64_t per_lot, int64_t price, int64_t qty) {
  wide share = (wide)price * qty * milli_bps;
  int64_t rounded = (int64_t)((2 * (share < 0 ? -share : share) + 1000) / 2000);
  return (share < 0 ? -rounded : rounded) + per_lot * qty;
}

static void fee_is_rounded_half_away_from_0(void **state) {
  (void)state;
  const struct {
    int64_t milli_bps;
    hft_price price;
    int64_t fee;
  } row[] = {{500, 1, 1},    {-500, 1, -1},  {499, 1, 0},  {-499, 1, 0},  {501, 1, 1},
             {1500, 1, 2},   {-1500, 1, -2}, {500, 3, 2},  {-500, 3, -2}, {1, 499, 0},
             {1, 500, 1},    {-1, 500, -1},  {1, 1499, 1}, {1, 1500, 2},  {-1, 1500, -2},
             {1000, 42, 42}, {0, 42, 0}};
  for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
    const hft_fee fee = {row[i].milli_bps, 0};
    assert_int_equal(hft_fee_of(&fee, row[i].price, 1), row[i].fee);
    assert_int_equal(fee_of(row[i].milli_bps, 0, row[i].price, 1), row[i].fee);
  }
  // By the lot it is exact.
  assert_int_equal(hft_fee_of(&(hft_fee){0, 3}, 5, 7), 21);
  assert_int_equal(hft_fee_of(&(hft_fee){-500, 3}, 1, 1), 2);
}

static void fee_is_exact(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(5, 0);
  for (int i = 0; i < 300000; i++) {
    hft_price price = 1 + (hft_price)hft_bounded(&rng, 1u << hft_bounded(&rng, 31));
    hft_qty qty = 1 + (hft_qty)hft_bounded(&rng, 1u << hft_bounded(&rng, 30));
    if ((double)price * qty > 9e14) continue;
    int64_t milli_bps = (int64_t)hft_bounded(&rng, 200001) - 100000;
    if (hft_bounded(&rng, 2) == 0) milli_bps = (milli_bps / 1000) * 500;
    int64_t per_lot = hft_bounded(&rng, 2) == 0 ? 0 : (int64_t)hft_bounded(&rng, 2000) - 1000;
    const hft_fee fee = {milli_bps, per_lot};
    assert_int_equal(hft_fee_of(&fee, price, qty), fee_of(milli_bps, per_lot, price, qty));
  }
}

static void expect_fees(const stage *s, int who, int64_t fees) {
  assert_int_equal(stage_account(s, who)->fees, fees);
}

static void each_side_pays_its_own(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {maker_fee_bps: -0.125, maker_fee_per_lot: 0.01,"
                  " taker_fee_bps: 0.25, taker_fee_per_lot: 0.3}");
  stage_rest(&s, 0, HFT_ASK, 10001, 7);
  expect_fees(&s, 0, 0);  // to rest costs nothing
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 7);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 7);
  // 70007 ticks x lots: a quarter bps of them is 1.750175, 7 lots are 2.1 more.
  expect_fees(&s, 1, 17502 + 21000);
  // -1/8 bps is -0.8750875, rounded to 1/10000: -8751; 7 lots are 0.07.
  expect_fees(&s, 0, -8751 + 700);
  assert_int_equal(hft_desk_tape(&s.desk[0])->fees, 17502 + 21000 - 8751 + 700);
  // Cash and the edge are before fees, the value is after them.
  const hft_account *taker = stage_account(&s, 1);
  assert_int_equal(taker->cash, -70007);
  assert_int_equal(hft_account_value2(taker, 2 * 10003), 2 * 7 * 2);
  assert_true(hft_account_value(taker, 10003) == 14 - 1e-4 * 38502);
  assert_true(hft_account_value(stage_account(&s, 0), 10003) == -14 + 1e-4 * 8051);
  stage_close(&s);
}

// Each fill is rounded, not their sum.
static void each_fill_pays(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {taker_fee_bps: 0.05}");
  stage_rest(&s, 0, HFT_ASK, 10001, 1);
  stage_rest(&s, 0, HFT_ASK, 10001, 1);
  stage_rest(&s, 0, HFT_ASK, 10010, 2);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10010, 4);
  // 500.05 and 500.05, each 500; 2 x 10010 x 0.05 is 1001.
  expect_fees(&s, 1, 500 + 500 + 1001);
  expect_fees(&s, 0, 0);
  s.read = s.record.count;
  stage_close(&s);
}

static void a_self_trade_pays_both_fees(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {maker_fee_per_lot: 1, taker_fee_per_lot: 2.5}");
  stage_rest(&s, 0, HFT_ASK, 10001, 3);
  stage_send(&s, 0, HFT_BID, HFT_IOC, 10001, 3);
  expect_fees(&s, 0, 3 * 10000 + 3 * 25000);
  assert_int_equal(hft_desk_tape(&s.desk[0])->fees, 105000);
  s.read = s.record.count;
  stage_close(&s);
}

static void populations_pay_too(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {maker_fee_per_lot: -1, taker_fee_per_lot: 1.5}\n"
                  "populations: [{kind: seat}]");
  stage_rest(&s, 0, HFT_ASK, 10001, 3);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 2);
  expect_fees(&s, 0, -20000);
  expect_fees(&s, 1, 30000);
  s.read = s.record.count;
  stage_rest(&s, 1, HFT_BID, 9999, 1);
  stage_send(&s, 0, HFT_ASK, HFT_IOC, 9999, 1);
  expect_fees(&s, 0, -20000 + 15000);
  expect_fees(&s, 1, 30000 - 10000);
  s.read = s.record.count;
  stage_close(&s);
}

static void a_session_begins_without_fees(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {maker_fee_per_lot: 1, taker_fee_per_lot: 1}");
  stage_rest(&s, 0, HFT_ASK, 10001, 3);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 2);
  expect_fees(&s, 0, 20000);
  hft_market_reset(s.w.model, s.w.market, 1, 1, &s.sink);
  expect_fees(&s, 0, 0);
  expect_fees(&s, 1, 0);
  assert_int_equal(hft_desk_tape(&s.desk[0])->fees, 0);
  s.read = s.record.count;
  stage_close(&s);
}

// A key more, and the fees of each side change as it says and no other.
static void keys_have_their_units(void **state) {
  (void)state;
  static const char *const keys[] = {"maker_fee_bps", "taker_fee_bps", "maker_fee_per_lot",
                                     "taker_fee_per_lot"};
  const double presets[] = {100, -100, 0.001, 1000, -1000, 0.0001};
  for (int i = 0; i < 24; i++) {
    int key = i % 4;
    double rate = presets[i / 4];
    bool bps = key < 2;
    if (bps && (rate > 100 || rate < -100)) continue;
    char yaml[128];
    snprintf(yaml, sizeof yaml, "exchange_config: {%s: %g}", keys[key], rate);
    stage s;
    stage_open_with(&s, yaml);
    stage_rest(&s, 0, HFT_BID, 9987, 900);
    stage_send(&s, 1, HFT_ASK, HFT_IOC, 9987, 900);
    double exact = bps ? rate * 1e-4 * 9987 * 900 : rate * 900;  // ticks x lots
    double paid = 1e-4 * (double)stage_account(&s, key % 2)->fees;
    double off = paid - exact;
    // A rate is held to 1/1000 of a bps, or 1/10000 of a tick.
    double slack = bps && rate == 0.0001 ? 9987 * 900 * 1e-7 : 1e-4;
    assert_true(off <= slack && off >= -slack);
    expect_fees(&s, 1 - key % 2, 0);
    s.read = s.record.count;
    stage_close(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fee_is_rounded_half_away_from_0), cmocka_unit_test(fee_is_exact),
      cmocka_unit_test(each_side_pays_its_own),          cmocka_unit_test(each_fill_pays),
      cmocka_unit_test(a_self_trade_pays_both_fees),     cmocka_unit_test(populations_pay_too),
      cmocka_unit_test(a_session_begins_without_fees),   cmocka_unit_test(keys_have_their_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
