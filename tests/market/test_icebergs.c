// Iceberg orders: the displayed and the hidden lots, and refills.
#include <string.h>

#include "sim/base/dist.h"
#include "tests/market/stage.h"

// Sends an ask that shows `display` of its lots at 10001.
static hft_order_id send_ask(stage *s, int who, hft_qty qty, hft_qty display) {
  hft_order_id id = stage_send_iceberg(s, who, HFT_ASK, 10001, qty, display);
  const hft_event *event = stage_expect(s, HFT_EVENT_ADD, who, 10001, display);
  assert_int_equal(event->reason, HFT_REASON_NONE);
  assert_int_equal(stage_qty(s, who, id), qty);
  return id;
}

// The next event: so much of that order comes to light.
static void expect_refreshed(stage *s, int who, hft_order_id id, hft_qty qty) {
  const hft_event *event = stage_expect(s, HFT_EVENT_ADD, who, 10001, qty);
  assert_int_equal(event->reason, HFT_REASON_REFRESHED);
  assert_int_equal(event->side, HFT_ASK);
  assert_true(stage_is_same(event->order, id));
}

static void take(stage *s, hft_qty qty) {
  stage_send(s, 2, HFT_BID, HFT_IOC, 10001, qty);
}

static void expect_level(const stage *s, hft_qty qty, int32_t order_count) {
  hft_level level = stage_level(s, 10001);
  assert_int_equal(level.qty, qty);
  assert_int_equal(level.order_count, order_count);
  hft_level depth[4];
  assert_int_equal(hft_book_depth(stage_book(s), HFT_ASK, depth, 4), qty > 0);
  if (qty > 0) assert_int_equal(depth[0].qty, qty);
}

// The next event: the order of seat 0 was reduced by so much, and shows so much.
static void expect_reduced(stage *s, hft_qty by, hft_qty shown, hft_reason reason) {
  const hft_event *event = stage_expect(s, HFT_EVENT_REDUCE, 0, 10001, by);
  assert_int_equal(event->left, shown);
  assert_int_equal(event->reason, reason);
}

static void display_has_bounds(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  const hft_qty bad[] = {-1, 11, INT32_MIN, INT32_MAX};
  const hft_tif resting[] = {HFT_GTC, HFT_POST_ONLY, HFT_POST_SLIDE};
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < 3; k++) {
      const hft_order order = {HFT_ASK, resting[k], 10001, 10, bad[i]};
      stage_expect_order_refused(&s, 0, &order, HFT_REASON_DISPLAY);
    }
  }
  send_ask(&s, 0, 10, 10);
  send_ask(&s, 0, 10, 1);
  stage_send_iceberg(&s, 0, HFT_ASK, 10001, 10, 0);  // all of it
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 10);
  expect_level(&s, 21, 3);
  stage_close(&s);
}

static void refreshed_parts_queue_anew(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id berg = send_ask(&s, 0, 10, 4);
  hft_order_id plain = stage_rest(&s, 1, HFT_ASK, 10001, 3);
  expect_level(&s, 7, 2);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], plain), 4);
  take(&s, 3);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 3, .left = 1);
  expect_level(&s, 4, 2);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], berg), 0);
  take(&s, 1);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 1);
  expect_refreshed(&s, 0, berg, 4);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], berg), 3);
  assert_int_equal(stage_qty(&s, 0, berg), 6);
  expect_level(&s, 7, 2);
  take(&s, 20);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 3);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 4);
  expect_refreshed(&s, 0, berg, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
  stage_expect(&s, HFT_EVENT_EXPIRE, 2, 10001, 11);
  assert_false(stage_is_live(&s, 0, berg));
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  assert_int_equal(stage_account(&s, 0)->position, -10);
  assert_int_equal(stage_account(&s, 0)->fill_count, 4);
  stage_close(&s);
}

// Two of them take turns.
static void icebergs_alternate(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id a = send_ask(&s, 0, 5, 2), b = send_ask(&s, 1, 3, 1);
  take(&s, 7);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
  expect_refreshed(&s, 0, a, 2);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 1);
  expect_refreshed(&s, 1, b, 1);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
  expect_refreshed(&s, 0, a, 1);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 1);
  expect_refreshed(&s, 1, b, 1);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 1);
  expect_level(&s, 1, 1);
  assert_int_equal(stage_qty(&s, 1, b), 1);
  stage_close(&s);
}

// What does not trade at once rests, and only that is hidden.
static void incoming_iceberg_trades_first(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 1, HFT_BID, 10001, 6);
  hft_order_id id = stage_send_iceberg(&s, 0, HFT_ASK, 10001, 20, 5);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10001, .qty = 6);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
  assert_int_equal(stage_qty(&s, 0, id), 14);
  expect_level(&s, 5, 1);
  stage_close(&s);
}

static void reduce_takes_hidden_lots_first(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id id = send_ask(&s, 0, 10, 4);
  stage_rest(&s, 1, HFT_ASK, 10001, 1);
  assert_true(hft_desk_reduce(&s.desk[0], id, 5));
  expect_reduced(&s, 5, 4, HFT_REASON_REQUESTED);  // of what is hidden
  assert_int_equal(stage_qty(&s, 0, id), 5);
  expect_level(&s, 5, 2);
  assert_true(hft_desk_reduce(&s.desk[0], id, 3));  // one hidden, two that show
  expect_reduced(&s, 3, 2, HFT_REASON_REQUESTED);
  assert_int_equal(stage_qty(&s, 0, id), 2);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], id), 0);
  take(&s, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001,
                     .qty = 2);  // nothing comes after it
  assert_false(stage_is_live(&s, 0, id));
  expect_level(&s, 1, 1);
  // All of it, hidden lots counted: it leaves.
  id = send_ask(&s, 0, 10, 4);
  assert_true(hft_desk_reduce(&s.desk[0], id, 10));
  stage_expect_cancel(&s, 0, 10001, 10, HFT_REASON_REQUESTED);
  assert_false(stage_is_live(&s, 0, id));
  stage_close(&s);
}

static void cancel_takes_what_is_hidden_too(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id id = send_ask(&s, 0, 10, 4);
  assert_true(hft_desk_cancel(&s.desk[0], id));
  stage_expect_cancel(&s, 0, 10001, 10, HFT_REASON_REQUESTED);
  expect_level(&s, 0, 0);
  // The next order in its slot hides nothing.
  hft_order_id next = stage_rest(&s, 0, HFT_ASK, 10001, 3);
  assert_int_equal(next.slot1, id.slot1);
  assert_int_equal(stage_qty(&s, 0, next), 3);
  take(&s, 4);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 3);
  stage_expect(&s, HFT_EVENT_EXPIRE, 2, 10001, 1);
  stage_close(&s);
}

static void replace_keeps_an_iceberg_one(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id id = send_ask(&s, 0, 10, 4);
  stage_rest(&s, 1, HFT_ASK, 10001, 1);
  // Smaller at its price: as a reduce.
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], id, 10001, 7), id));
  expect_reduced(&s, 3, 4, HFT_REASON_REPLACED);
  assert_int_equal(stage_qty(&s, 0, id), 7);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], id), 0);
  // Larger: at the end of the queue, showing as much as before.
  id = hft_desk_replace(&s.desk[0], id, 10001, 30);
  stage_expect_cancel(&s, 0, 10001, 7, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 4);
  assert_int_equal(stage_qty(&s, 0, id), 30);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], id), 1);
  // Less than it shows: all of it shows, and as much as ever when it grows again.
  id = hft_desk_replace(&s.desk[0], id, 10002, 3);
  stage_expect_cancel(&s, 0, 10001, 30, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10002, 3);
  hft_order order;
  assert_true(hft_desk_order(&s.desk[0], id, &order));
  assert_int_equal(order.display, 4);
  id = hft_desk_replace(&s.desk[0], id, 10001, 9);
  stage_expect_cancel(&s, 0, 10002, 3, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 4);
  assert_int_equal(stage_qty(&s, 0, id), 9);
  stage_close(&s);
}

// An order that showed all of what was left when it came to rest is an iceberg still.
static void the_rest_of_an_iceberg_is_an_iceberg(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 1, HFT_BID, 10001, 6);
  hft_order_id id = stage_send_iceberg(&s, 0, HFT_ASK, 10001, 9, 5);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10001, .qty = 6);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 3);
  id = hft_desk_replace(&s.desk[0], id, 10001, 8);
  stage_expect_cancel(&s, 0, 10001, 3, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
  assert_int_equal(stage_qty(&s, 0, id), 8);
  stage_close(&s);
}

// A level's total is an int32: where the next part finds no room, the rest is refused.
static void refreshed_part_may_find_no_room(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id id = send_ask(&s, 0, 10, 4);
  stage_rest(&s, 1, HFT_ASK, 10001, STAGE_QTY_MAX);
  stage_rest(&s, 1, HFT_ASK, 10001, STAGE_QTY_MAX);
  take(&s, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2, .left = 2);
  stage_rest(&s, 1, HFT_ASK, 10001, INT32_MAX - 2 * STAGE_QTY_MAX - 2);
  take(&s, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
  stage_expect_reject(&s, 0, HFT_REASON_LEVEL_FULL);
  const hft_event *event = &s.record.events[s.read - 1];
  assert_true(stage_is_same(event->order, id));
  assert_int_equal(event->price, 10001);
  assert_int_equal(event->side, HFT_ASK);
  assert_int_equal(event->qty, 6);
  assert_false(stage_is_live(&s, 0, id));
  stage_close(&s);
}

// ---- conservation ----------------------------------------------------------------------------

#define NUMBERS_MAX 40000

// What is known of each order from the requests and from the trades: by number.
static struct { hft_qty wanted[NUMBERS_MAX], traded[NUMBERS_MAX], display[NUMBERS_MAX]; } known;

static void read_events(stage *s) {
  for (; s->read < s->record.count; s->read++) {
    const hft_event *event = &s->record.events[s->read];
    uint32_t number = event->order.number;
    assert_in_range(number, 1, NUMBERS_MAX - 1);
    if (event->kind == HFT_EVENT_TRADE) {
      known.traded[number] += event->qty;
      known.traded[event->taker.number] += event->qty;
    } else if (event->kind == HFT_EVENT_ADD) {
      hft_qty left = known.wanted[number] - known.traded[number];
      hft_qty display = known.display[number];
      assert_int_equal(event->qty, display > 0 && display < left ? display : left);
    }
  }
}

// Every live order has left what was wanted of it and has not traded.
static void expect_conserved(const stage *s, int64_t *hidden) {
  for (int who = 0; who < s->count; who++) {
    for (uint32_t k = 0; k < hft_desk_open_count(&s->desk[who]); k++) {
      hft_order_id id = hft_desk_open(&s->desk[who], k);
      hft_qty left = stage_qty(s, who, id);
      assert_int_equal(left, known.wanted[id.number] - known.traded[id.number]);
      hft_qty shown = hft_book_order_qty(stage_book(s), id.slot1 - 1);
      assert_in_range(shown, 1, left);
      hft_qty display = known.display[id.number];
      if (display > 0) assert_in_range(shown, 1, display);
      if (display == 0) assert_int_equal(shown, left);
      *hidden += left - shown;
    }
  }
}

static void act(stage *s, hft_rng *rng, uint32_t *next) {
  int who = (int)hft_bounded(rng, STAGE_SEATS);
  const hft_desk *desk = &s->desk[who];
  hft_qty qty = 1 + (hft_qty)hft_bounded(rng, 30);
  hft_price price = 9998 + (hft_price)hft_bounded(rng, 5);
  uint32_t open = hft_desk_open_count(desk), what = hft_bounded(rng, 10);
  hft_order_id id = open > 0 ? hft_desk_open(desk, hft_bounded(rng, open)) : (hft_order_id){0, 0};
  if (what < 7 || open == 0) {
    hft_order order = {(hft_side)hft_bounded(rng, 2), hft_bounded(rng, 4) == 0 ? HFT_IOC : HFT_GTC,
                       price, qty, 0};
    if (hft_bounded(rng, 2) == 0) order.display = 1 + (hft_qty)hft_bounded(rng, (uint32_t)qty);
    known.wanted[*next] = qty;
    known.display[(*next)++] = order.display;
    hft_desk_submit(desk, &order);
  } else if (what == 7) {
    known.wanted[id.number] -= qty;
    hft_desk_reduce(desk, id, qty);
  } else if (what == 8) {
    hft_qty left = stage_qty(s, who, id);
    if (hft_bounded(rng, 2) == 0) price = hft_book_order_price(stage_book(s), id.slot1 - 1);
    bool stays = price == hft_book_order_price(stage_book(s), id.slot1 - 1) && qty <= left;
    if (stays) {
      known.wanted[id.number] -= left - qty;
    } else {
      known.wanted[*next] = qty;
      known.display[(*next)++] = known.display[id.number];
    }
    hft_desk_replace(desk, id, price, qty);
  } else {
    hft_desk_cancel(desk, id);
  }
}

static void lots_are_conserved(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  memset(&known, 0, sizeof known);
  hft_rng rng = hft_rng_seed(3, 1);
  uint32_t next = 1;
  int64_t hidden = 0;
  for (int i = 0; i < 30000; i++) {
    act(&s, &rng, &next);
    read_events(&s);
    expect_conserved(&s, &hidden);
    if (i % 100 == 0) world_verify(&s.w);
  }
  assert_true(hidden > 100000);  // or it shows nothing
  assert_true(hft_desk_tape(&s.desk[0])->trade_count > 5000);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(display_has_bounds),
      cmocka_unit_test(refreshed_parts_queue_anew),
      cmocka_unit_test(icebergs_alternate),
      cmocka_unit_test(incoming_iceberg_trades_first),
      cmocka_unit_test(reduce_takes_hidden_lots_first),
      cmocka_unit_test(cancel_takes_what_is_hidden_too),
      cmocka_unit_test(replace_keeps_an_iceberg_one),
      cmocka_unit_test(the_rest_of_an_iceberg_is_an_iceberg),
      cmocka_unit_test(refreshed_part_may_find_no_room),
      cmocka_unit_test(lots_are_conserved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
