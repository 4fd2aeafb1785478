// Closing a position: its cost against a plain computation lot by lot, on frozen books in every
// phase of trading; and by hand for an empty side, at the edge of the window, and with requests
// under way.
#include "sim/market/close.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "tests/market/stage.h"

#define CLOSER 1
#define FEE_UNITS 10000

// ---- frozen books ------------------------------------------------------------------------------

// How the instrument trades when the position is closed.
typedef enum phase { TRADING, BANDED, HALTED, CLOSING, CLOSED } phase;

typedef struct situation {
  const char *name, *exchange;
  phase phase;
  double fee;  // taker's, share of the value
} situation;

static const situation situations[] = {
    {"trading", "", TRADING, 0},
    {"fees", "taker_fee_bps: 20, maker_fee_bps: -5", TRADING, 0.002},
    {"latency", "latency_us: 50000, latency_jitter_us: 90000", TRADING, 0},
    {"limits", "max_inventory: 1, max_position_value: 1, message_rate_max: 1", TRADING, 0},
    {"prevention", "self_trade: cancel_both", TRADING, 0},
    {"band", "halt_band_bps: 12, halt_s: 60", BANDED, 0},
    {"halted", "halt_band_bps: 3, halt_s: 60, taker_fee_bps: 20", HALTED, 0.002},
    {"closing call", "closing_auction_s: 10, latency_us: 1000", CLOSING, 0},
    {"closed", "closing_auction_s: 10", CLOSED, 0},
};
#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static uint64_t draw(uint64_t *stream, uint64_t below) {
  *stream += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = *stream;
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (z ^ z >> 31) % below;
}

// Lots by distance from the mid, of each side; hidden ones included.
#define REACH 24
typedef struct depths {
  int64_t lots[2][REACH];
} depths;

// Orders of seat 0, some of them icebergs, from 4 ticks off the mid on.
static depths fill_book(stage *s, uint64_t *stream) {
  depths d = {0};
  hft_desk desk = s->desk[0];
  desk.direct = true;
  for (int side = 0; side < 2; side++) {
    for (int k = 0; k < 4; k++) {
      int away = 4 + (int)draw(stream, REACH - 4);
      hft_qty qty = 1 + (hft_qty)draw(stream, 9);
      hft_qty display = draw(stream, 3) == 0 ? 1 + (hft_qty)draw(stream, (uint64_t)qty) : 0;
      hft_price price = 10000 - hft_side_sign((hft_side)side) * away;
      hft_desk_submit(&desk, &(hft_order){(hft_side)side, HFT_GTC, price, qty, display});
      d.lots[side][away] += qty;
    }
  }
  return d;
}

// Brings the instrument into the phase; what others do in a call does not count.
static void enter(stage *s, const situation *at, uint64_t *stream) {
  if (at->phase == HALTED) {
    hft_desk other = s->desk[2];
    other.direct = true;
    hft_desk_submit(&other, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1, 0});
    assert_int_equal(hft_desk_phase(&other), HFT_PHASE_HALTED);
  }
  hft_time end = hft_desk_instrument(&s->desk[0])->duration;
  if (at->phase == CLOSING) stage_run(s, end - 8 * HFT_SECOND);
  if (at->phase == HALTED || at->phase == CLOSING) {
    hft_desk desk = s->desk[0];
    desk.direct = true;
    while (hft_desk_open_count(&desk) > 0) hft_desk_cancel(&desk, hft_desk_open(&desk, 0));
    hft_price price = 9990 + (hft_price)draw(stream, 20);
    hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, price, 70, 0});
  }
  if (at->phase == CLOSED) stage_run(s, end);
  s->read = s->record.count;
}

// The price of each lot in turn, by the plainest reckoning.
static int64_t price_of_lot(const depths *d, hft_side side, int64_t lot) {
  const int64_t *lots = d->lots[hft_side_other(side)];
  int first = 0, last = 0;
  int64_t total = 0, before = 0;
  for (int away = 1; away < REACH; away++) {
    if (lots[away] == 0) continue;
    if (first == 0) first = away;
    last = away;
    total += lots[away];
  }
  for (int away = 1; away < REACH; away++) {
    before += lots[away];
    if (lot < before) return 10000 + hft_side_sign(side) * away;
  }
  int64_t each = total / (last - first + 1);
  if (each < 1) each = 1;
  int64_t price = 10000 + hft_side_sign(side) * (last + 1 + (lot - total) / each);
  return price > STAGE_HIGH ? STAGE_HIGH : price < STAGE_LOW ? STAGE_LOW : price;
}

// What the events since say that the closer paid, and got, ticks x lots.
typedef struct told {
  int64_t paid, lots, unfilled;
} told;

static told read_events(const stage *s, const event_record *record) {
  told sum = {0};
  (void)s;
  for (size_t i = 0; i < record->count; i++) {
    const hft_event *e = &record->events[i];
    if (e->kind == HFT_EVENT_TRADE && e->taker_owner == CLOSER) {
      int sign = hft_side_sign(hft_side_other((hft_side)e->side));
      sum.paid += (int64_t)sign * e->qty * e->price;
      sum.lots += e->qty;
    }
    if (e->kind != HFT_EVENT_TRANSFER) continue;
    assert_int_equal(e->owner, CLOSER);
    int sign = hft_side_sign((hft_side)e->side);
    for (int lot = 0; lot < e->qty; lot++) {
      int64_t price = e->price + sign * (lot / e->left);
      if (price > STAGE_HIGH) price = STAGE_HIGH;
      if (price < STAGE_LOW) price = STAGE_LOW;
      sum.paid += sign * price;
    }
    sum.lots += e->qty;
    assert_in_set(e->reason, ((uint64_t[]){HFT_REASON_NO_TRADING, HFT_REASON_UNFILLED}), 2);
    if (e->reason == HFT_REASON_UNFILLED) sum.unfilled += e->qty;
  }
  return sum;
}

// Closes so many lots on a copy of the market; what it paid, fees apart.
static int64_t close_on_copy(const stage *s, const situation *at, const depths *d, hft_side side,
                             int64_t lots) {
  const hft_model *model = s->w.model;
  size_t size = hft_align(hft_market_size(model));
  hft_market *copy = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(copy);
  memcpy(copy, s->w.market, hft_market_size(model));
  event_record record = {0};
  const hft_sink sink = event_record_sink(&record);
  hft_desk desk = hft_market_desk(model, copy, CLOSER);
  desk.sink = &sink;
  const hft_account before = *hft_desk_account(&desk);
  hft_closing closing = hft_close_lots(&desk, side, lots, 0);
  const hft_account *account = hft_desk_account(&desk);
  int64_t total = 0, paid = before.cash - account->cash;
  for (int away = 1; away < REACH; away++) total += d->lots[hft_side_other(side)][away];
  assert_int_equal(closing.traded + closing.transferred + closing.unfilled, lots);
  assert_int_equal(closing.unfilled, lots > total ? lots - total : 0);
  if (at->phase == TRADING) assert_int_equal(closing.transferred, 0);
  if (at->phase > BANDED) assert_int_equal(closing.traded, 0);
  assert_int_equal(account->position, hft_side_sign(side) * lots);
  assert_int_equal(account->unfilled, closing.unfilled);
  assert_int_equal(hft_side_sign(side) * account->transferred, lots - closing.traded);
  assert_int_equal(hft_desk_open_count(&desk), 0);
  const told sum = read_events(s, &record);
  assert_int_equal(sum.paid, paid);
  assert_int_equal(sum.lots, lots);
  assert_int_equal(sum.unfilled, closing.unfilled);
  // One rounding a fill.
  double fee = at->fee * (double)(paid < 0 ? -paid : paid) * FEE_UNITS;
  double off = fee - (double)(account->fees - before.fees);
  assert_true(off < 20 && off > -20);
  const char *fault = hft_market_verify(model, copy);
  if (fault != NULL) fail_msg("%s", fault);
  event_record_free(&record);
  free(copy);
  return paid;
}

static void a_frozen_book_costs_ever_more(void **state) {
  (void)state;
  uint64_t stream = 7;
  for (int k = 0; k < COUNT(situations); k++) {
    const situation *at = &situations[k];
    for (int round = 0; round < 6; round++) {
      stage s;
      char yaml[256];
      snprintf(yaml, sizeof yaml, "exchange_config: {%s}\n", at->exchange);
      stage_open_with(&s, yaml);
      depths d = fill_book(&s, &stream);
      enter(&s, at, &stream);
      for (int side = 0; side < 2; side++) {
        int64_t sum = 0, paid = 0, last = 0;
        for (int64_t lots = 1; lots <= 400; lots += lots < 50 ? 1 : 35) {
          int64_t now = close_on_copy(&s, at, &d, (hft_side)side, lots);
          int64_t step = lots <= 50 ? 1 : 35;
          for (int64_t lot = lots - step; lot < lots; lot++) {
            sum += hft_side_sign((hft_side)side) * price_of_lot(&d, (hft_side)side, lot);
          }
          assert_int_equal(now, sum);
          // Each lot costs at least as much as the one before: increasing and convex.
          if (lots <= 50) {
            assert_true(lots == 1 || now - paid >= last);
            assert_true(now > paid || side == HFT_ASK);
            last = now - paid;
          }
          paid = now;
        }
      }
      s.read = s.record.count;
      stage_close(&s);
    }
  }
}

// ---- several who close -------------------------------------------------------------------------

// What two pay one after the other for parts of the lots is what one pays for all.
static void parts_cost_what_the_whole_costs(void **state) {
  (void)state;
  uint64_t stream = 11;
  for (int k = 0; k < COUNT(situations); k++) {
    const situation *at = &situations[k];
    for (int round = 0; round < 30; round++) {
      stage s;
      char yaml[256];
      snprintf(yaml, sizeof yaml, "exchange_config: {%s}\n", at->exchange);
      stage_open_with(&s, yaml);
      depths d = fill_book(&s, &stream);
      enter(&s, at, &stream);
      hft_side side = (hft_side)(round % 2);
      int64_t lots = 1 + (int64_t)draw(&stream, 200);
      int64_t whole = close_on_copy(&s, at, &d, side, lots), paid = 0;
      for (int64_t left = lots, turn = 0; left > 0; turn++) {
        int64_t part = 1 + (int64_t)draw(&stream, (uint64_t)left);
        const hft_desk *desk = &s.desk[1 + turn % 2];
        int64_t before = hft_desk_account(desk)->cash;
        (void)hft_close_lots(desk, side, part, 0);
        paid += before - hft_desk_account(desk)->cash;
        left -= part;
      }
      assert_int_equal(paid, whole);
      s.read = s.record.count;
      stage_close(&s);
    }
  }
}

// A moment later the book is looked at anew, and the other side has its own.
static void each_close_looks_at_the_book_anew(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  for (int k = 0; k < 2; k++) {
    stage_run(&s, k * HFT_SECOND);
    (void)hft_close_lots(&s.desk[CLOSER], HFT_BID, 2, 0);
    stage_expect(&s, HFT_EVENT_EXPIRE, CLOSER, STAGE_HIGH, 2);
    stage_expect(&s, HFT_EVENT_TRANSFER, CLOSER, 10001, 2);
    (void)hft_close_lots(&s.desk[2], HFT_ASK, 2, 0);
    stage_expect(&s, HFT_EVENT_EXPIRE, 2, STAGE_LOW, 2);
    stage_expect(&s, HFT_EVENT_TRANSFER, 2, 9999, 2);
    (void)hft_close_lots(&s.desk[0], HFT_BID, 2, 0);
    stage_expect(&s, HFT_EVENT_EXPIRE, 0, STAGE_HIGH, 2);
    stage_expect(&s, HFT_EVENT_TRANSFER, 0, 10003, 2);
  }
  stage_close(&s);
}

// After an auction the best price may be beyond the band on the side that the closer does not look
// at: that halts nothing, and leaves no order behind.
static void a_close_never_halts(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    stage s;
    stage_open_with(&s, "exchange_config: {halt_band_bps: 2, halt_s: 5}\n");
    // The band is 9998 to 10002: bids above it, or offers below, come as post-only orders may.
    int sign = hft_side_sign((hft_side)side);
    hft_desk desk = s.desk[0];
    hft_desk_submit(&desk,
                    &(hft_order){hft_side_other((hft_side)side), HFT_GTC, 10000 + sign * -8, 5, 0});
    s.read = s.record.count;
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_CONTINUOUS);
    hft_closing closing = hft_close_lots(&s.desk[CLOSER], (hft_side)side, 7, 0);
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_CONTINUOUS);
    assert_int_equal(closing.transferred, 5);
    assert_int_equal(closing.unfilled, 2);
    assert_int_equal(hft_desk_open_count(&s.desk[CLOSER]), 0);
    stage_run(&s, 20 * HFT_SECOND);
    assert_int_equal(stage_account(&s, CLOSER)->position, sign * 7);
    s.read = s.record.count;
    stage_close(&s);
  }
}

// ---- by hand -----------------------------------------------------------------------------------

static void expect_transfer(stage *s, hft_side side, hft_price price, hft_qty qty, hft_qty each,
                            hft_reason reason) {
  const hft_event *event = stage_expect(s, HFT_EVENT_TRANSFER, CLOSER, price, qty);
  assert_int_equal(event->side, side);
  assert_int_equal(event->left, each);
  assert_int_equal(event->reason, reason);
  assert_int_equal(event->taker_owner, HFT_OWNER_NONE);
}

// Nobody ever was there: prices begin at the mid, and one lot moves them by a tick.
static void an_empty_book(void **state) {
  (void)state;
  static const int64_t seen[] = {0, 3};
  for (int k = 0; k < 2; k++) {
    stage s;
    stage_open(&s);
    hft_closing closing = hft_close_lots(&s.desk[CLOSER], HFT_BID, 4, seen[k]);
    assert_int_equal(closing.unfilled, 4);
    stage_expect(&s, HFT_EVENT_EXPIRE, CLOSER, STAGE_HIGH, 4);
    expect_transfer(&s, HFT_BID, 10001, 4, k == 0 ? 1 : 3, HFT_REASON_UNFILLED);
    int64_t paid = k == 0 ? 10001 + 10002 + 10003 + 10004 : 3 * 10001 + 10002;
    assert_int_equal(stage_account(&s, CLOSER)->cash, -paid);
    assert_int_equal(stage_account(&s, CLOSER)->position, 4);
    assert_int_equal(stage_account(&s, CLOSER)->fill_count, 0);
    stage_close(&s);
  }
}

// Prices of a side that has been swept begin where the last of it traded.
static void a_side_that_was_swept(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9999, 5);
  stage_rest(&s, 0, HFT_ASK, 10001, 5);
  stage_rest(&s, 0, HFT_ASK, 10006, 5);
  assert_int_equal(hft_close_depth(&s.desk[CLOSER], HFT_ASK), 10 / 6);
  assert_int_equal(hft_close_depth(&s.desk[CLOSER], HFT_BID), 5);
  stage_send(&s, 2, HFT_BID, HFT_IOC, 10006, 10);
  s.read = s.record.count;
  assert_int_equal(hft_close_depth(&s.desk[CLOSER], HFT_ASK), 0);
  hft_close_lots(&s.desk[CLOSER], HFT_BID, 2, 2);
  stage_expect(&s, HFT_EVENT_EXPIRE, CLOSER, STAGE_HIGH, 2);
  expect_transfer(&s, HFT_BID, 10007, 2, 2, HFT_REASON_UNFILLED);
  stage_close(&s);
}

// The depth of a side is kept while it is empty, and a position is closed towards 0 with it.
static void positions_are_closed_with_the_depth_last_seen(void **state) {
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    stage s;
    stage_open(&s);
    hft_depth depth = {{0}};
    hft_depth_note(&depth, &s.desk[CLOSER]);
    assert_int_equal(depth.side[HFT_BID] + depth.side[HFT_ASK], 0);
    stage_rest(&s, 0, HFT_BID, 9999, 4);
    stage_rest(&s, 0, HFT_ASK, 10001, 6);
    hft_depth_note(&depth, &s.desk[CLOSER]);
    hft_desk_cancel_all(&s.desk[0]);
    hft_depth_note(&depth, &s.desk[CLOSER]);
    assert_int_equal(depth.side[HFT_BID], 4);
    assert_int_equal(depth.side[HFT_ASK], 6);
    hft_closing closing = hft_close_position(&s.desk[CLOSER], sign * 9, &depth);
    assert_int_equal(closing.unfilled, 9);
    assert_int_equal(hft_desk_account(&s.desk[CLOSER])->position, -sign * 9);
    int64_t cash = sign > 0 ? 4 * 9999 + 4 * 9998 + 9997 : -(6 * 10001 + 3 * 10002);
    assert_int_equal(stage_account(&s, CLOSER)->cash, cash);
    s.read = s.record.count;
    stage_close(&s);
  }
}

// Beyond the window there are no prices: all the rest goes at its end.
static void the_windows_end(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, STAGE_LOW + 1, 1);
  hft_close_lots(&s.desk[CLOSER], HFT_ASK, 10, 0);
  stage_expect_trade(&s, .maker = 0, .taker = CLOSER, .price = STAGE_LOW + 1, .qty = 1);
  stage_expect(&s, HFT_EVENT_EXPIRE, CLOSER, STAGE_LOW, 9);
  expect_transfer(&s, HFT_ASK, STAGE_LOW, 9, 1, HFT_REASON_UNFILLED);
  assert_int_equal(stage_account(&s, CLOSER)->cash, STAGE_LOW + 1 + 9 * STAGE_LOW);
  stage_close(&s);
}

// All that its owner has resting or under way leaves, and trades with nobody.
static void requests_under_way_are_dropped_by_a_close(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {latency_us: 1000}\n");
  hft_desk other = s.desk[0];
  other.direct = true;
  hft_desk_submit(&other, &(hft_order){HFT_ASK, HFT_GTC, 10001, 50, 0});
  stage_send(&s, CLOSER, HFT_BID, HFT_GTC, 9990, 7);
  stage_run(&s, 2 * HFT_MILLISECOND);
  stage_send(&s, CLOSER, HFT_BID, HFT_GTC, 10001, 7);
  stage_send(&s, CLOSER, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 7);
  hft_close_lots(&s.desk[CLOSER], HFT_BID, 3, 0);
  stage_run(&s, HFT_SECOND);
  assert_int_equal(stage_account(&s, CLOSER)->position, 3);
  assert_int_equal(hft_desk_open_count(&s.desk[CLOSER]), 0);
  assert_int_equal(hft_desk_exposed(&s.desk[CLOSER], HFT_BID), 0);
  s.read = s.record.count;
  stage_close(&s);
}

// Nothing to close: the orders leave, and nothing else happens.
static void no_lots(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, CLOSER, HFT_BID, 9990, 7);
  hft_closing closing = hft_close_lots(&s.desk[CLOSER], HFT_ASK, 0, 0);
  assert_int_equal(closing.traded + closing.transferred + closing.unfilled, 0);
  stage_expect_cancel(&s, CLOSER, 9990, 7, HFT_REASON_REQUESTED);
  stage_close(&s);
}

// More lots than an event holds come as several, and all are paid for.
static void very_many_lots(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, STAGE_QTY_MAX);
  const int64_t lots = INT64_C(7000000000);
  hft_closing closing = hft_close_lots(&s.desk[CLOSER], HFT_BID, lots, 0);
  assert_int_equal(closing.traded, STAGE_QTY_MAX);
  assert_int_equal(closing.unfilled, lots - STAGE_QTY_MAX);
  // A level of 10^9 lots, and six more beyond it.
  int64_t paid = 0;
  for (int k = 0; k < 7; k++) paid += INT64_C(1000000000) * (10001 + k);
  assert_int_equal(stage_account(&s, CLOSER)->cash, -paid);
  assert_int_equal(stage_account(&s, CLOSER)->position, lots);
  s.read = s.record.count;
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_frozen_book_costs_ever_more),
      cmocka_unit_test(parts_cost_what_the_whole_costs),
      cmocka_unit_test(each_close_looks_at_the_book_anew),
      cmocka_unit_test(a_close_never_halts),
      cmocka_unit_test(an_empty_book),
      cmocka_unit_test(a_side_that_was_swept),
      cmocka_unit_test(positions_are_closed_with_the_depth_last_seen),
      cmocka_unit_test(the_windows_end),
      cmocka_unit_test(requests_under_way_are_dropped_by_a_close),
      cmocka_unit_test(no_lots),
      cmocka_unit_test(very_many_lots),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
