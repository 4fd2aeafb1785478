// A fill-or-kill order is accepted exactly if the same order as IOC, sent to a copy of the market,
// trades completely without a halt: random books of own and other orders, icebergs and full levels,
// under every rule of self-trade prevention, with and without a price band.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/state.h"
#include "tests/market/stage.h"

#define TRIALS 1500
#define FOKS 8  // of a trial

static hft_rng rng;

static uint32_t draw(uint32_t bound) {
  return hft_bounded(&rng, bound);
}

static hft_market *fork_market(const stage *s) {
  size_t size = hft_align(hft_market_size(s->w.model));
  void *copy = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(copy);
  memcpy(copy, s->w.market, hft_market_size(s->w.model));
  return copy;
}

// Does the order trade whole at once, and nothing halts?
static bool trades_whole(const stage *s, int who, hft_order order) {
  hft_market *fork = fork_market(s);
  const hft_desk desk = hft_market_desk(s->w.model, fork, (hft_owner)who);
  int64_t before = hft_desk_account(&desk)->taker_qty;
  order.tif = HFT_IOC;
  hft_desk_submit(&desk, &order);
  bool whole = hft_desk_account(&desk)->taker_qty - before == order.qty &&
               hft_desk_phase(&desk) == HFT_PHASE_CONTINUOUS;
  free(fork);
  return whole;
}

static void send_any(stage *s) {
  int who = (int)draw(STAGE_SEATS);
  hft_side side = draw(2) ? HFT_ASK : HFT_BID;
  int32_t away = 1 + (int32_t)draw(5);
  hft_order order = {side, HFT_POST_ONLY, 10000 - hft_side_sign(side) * away, 1 + (hft_qty)draw(9),
                     0};
  if (draw(3) == 0) order.qty += STAGE_QTY_MAX - 10;
  bool large = order.qty > 20;  // and then few parts, or it takes long
  if (draw(2) == 0)
    order.display = large ? order.qty / 2 + 1 : 1 + (hft_qty)draw((uint32_t)order.qty);
  hft_desk_submit(&s->desk[who], &order);
}

// The next part of an iceberg finds no room in its level, and what it hides is lost.
static void fill_level(stage *s) {
  int who = (int)draw(STAGE_SEATS), other = (who + 1) % STAGE_SEATS;
  stage_send_iceberg(s, who, HFT_ASK, 10001, 30, 12);
  stage_send(s, other, HFT_BID, HFT_IOC, 10001, 11);
  const hft_qty sizes[] = {STAGE_QTY_MAX, STAGE_QTY_MAX, INT32_MAX - 2 * STAGE_QTY_MAX - 1};
  for (int i = 0; i < 3; i++) stage_send(s, other, HFT_ASK, HFT_GTC, 10001, sizes[i]);
}

static void orders_are_taken_where_they_trade_whole(void **state) {
  (void)state;
  static const char *const modes[] = {"off", "cancel_newest", "cancel_oldest", "cancel_both"};
  rng = hft_rng_seed(5, 5);
  int taken[4] = {0}, refused[4] = {0}, own[4] = {0}, lost = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    int mode = trial % 4;
    stage s;
    char yaml[128];
    snprintf(yaml, sizeof yaml, "exchange_config: {self_trade: %s, halt_band_bps: %d}", modes[mode],
             draw(3) == 0 ? 3 : 0);
    stage_open_with(&s, yaml);
    if (trial % 16 < 4) fill_level(&s);
    for (uint32_t k = 4 + draw(12); k > 0; k--) send_any(&s);
    for (int k = 0; k < FOKS; k++) {
      int who = (int)draw(STAGE_SEATS);
      hft_side side = draw(2) ? HFT_ASK : HFT_BID;
      hft_order order = {side, HFT_FOK, 10000 + hft_side_sign(side) * (int32_t)draw(7),
                         1 + (hft_qty)draw(30), 0};
      if (draw(6) == 0) order.price = HFT_PRICE_MARKET;
      if (draw(3) == 0) order.qty = STAGE_QTY_MAX - (hft_qty)draw(10);
      bool whole = trades_whole(&s, who, order);
      int64_t before = stage_account(&s, who)->taker_qty;
      uint64_t book = hft_book_hash(stage_book(&s));
      s.read = s.record.count;
      hft_desk_submit(&s.desk[who], &order);
      int64_t traded = stage_account(&s, who)->taker_qty - before;
      assert_int_equal(traded, whole ? order.qty : 0);
      if (!whole) {
        assert_true(book == hft_book_hash(stage_book(&s)));
        stage_expect_reject(&s, who, HFT_REASON_NOT_FILLABLE);
        stage_expect_quiet(&s);
        refused[mode]++;
        send_any(&s);
        continue;
      }
      taken[mode]++;
      for (; s.read < s.record.count; s.read++) {
        own[mode] += s.record.events[s.read].kind == HFT_EVENT_CANCEL;
        lost += s.record.events[s.read].reason == HFT_REASON_LEVEL_FULL;
      }
      for (uint32_t more = draw(3); more > 0; more--) send_any(&s);
    }
    s.read = s.record.count;
    stage_close(&s);
  }
  for (int mode = 0; mode < 4; mode++) {
    assert_true(taken[mode] > TRIALS / 8 && refused[mode] > TRIALS / 8);
    assert_int_equal(own[mode] > 50, mode == HFT_SELF_TRADE_CANCEL_OLDEST);
  }
  assert_true(lost > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(orders_are_taken_where_they_trade_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
