// Requests of an order's owner: cancel, reduce, replace.
#include "tests/market/stage.h"

static void expect_stale(stage *s, int who, hft_order_id id) {
  const hft_book *book = hft_market_book(s->w.model, s->w.market, 0);
  uint64_t hash = hft_book_hash(book);
  assert_false(hft_desk_cancel(&s->desk[who], id));
  stage_expect_reject(s, who, HFT_REASON_STALE_ORDER);
  assert_false(hft_desk_reduce(&s->desk[who], id, 1));
  stage_expect_reject(s, who, HFT_REASON_STALE_ORDER);
  assert_true(stage_is_null(hft_desk_replace(&s->desk[who], id, 9990, 1)));
  stage_expect_reject(s, who, HFT_REASON_STALE_ORDER);
  assert_int_equal(hft_desk_queue_ahead(&s->desk[who], id), -1);
  assert_false(stage_is_live(s, who, id));
  assert_true(hash == hft_book_hash(book));
  stage_expect_quiet(s);
}

static void cancel_takes_an_order_out(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id first = stage_rest(&s, 0, HFT_BID, 9999, 5);
  hft_order_id second = stage_rest(&s, 0, HFT_BID, 9999, 6);
  assert_true(hft_desk_cancel(&s.desk[0], first));
  const hft_event *event = stage_expect(&s, HFT_EVENT_CANCEL, 0, 9999, 5);
  assert_int_equal(event->reason, HFT_REASON_REQUESTED);
  assert_int_equal(event->side, HFT_BID);
  assert_memory_equal(&event->order, &first, sizeof first);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], second), 0);
  assert_int_equal(stage_level(&s, 9999).qty, 6);
  expect_stale(&s, 0, first);
  stage_close(&s);
}

static void only_live_orders_of_ones_own_can_be_changed(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id mine = stage_rest(&s, 0, HFT_BID, 9999, 5);
  expect_stale(&s, 1, mine);
  expect_stale(&s, 0, (hft_order_id){0, 0});
  expect_stale(&s, 0, (hft_order_id){0, mine.number});
  expect_stale(&s, 0, (hft_order_id){mine.slot1, 0});
  expect_stale(&s, 0, (hft_order_id){mine.slot1, mine.number + 1});
  expect_stale(&s, 0, (hft_order_id){mine.slot1 + 1, mine.number});
  expect_stale(&s, 0, (hft_order_id){mine.slot1 + 1, 0});  // a slot where nothing rests
  expect_stale(&s, 0, (hft_order_id){UINT32_MAX, mine.number});
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 9999, 5);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9999, .qty = 5);
  expect_stale(&s, 0, mine);  // filled
  hft_order_id next = stage_rest(&s, 0, HFT_BID, 9999, 5);
  assert_int_equal(next.slot1, mine.slot1);  // its slot is used again, or this shows nothing
  expect_stale(&s, 0, mine);
  assert_true(stage_is_live(&s, 0, next));
  stage_close(&s);
}

static void reduce_keeps_the_place(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id first = stage_rest(&s, 0, HFT_ASK, 10001, 5);
  hft_order_id second = stage_rest(&s, 1, HFT_ASK, 10001, 5);
  assert_true(hft_desk_reduce(&s.desk[0], first, 2));
  const hft_event *event = stage_expect(&s, HFT_EVENT_REDUCE, 0, 10001, 2);
  assert_memory_equal(&event->order, &first, sizeof first);
  assert_int_equal(event->reason, HFT_REASON_REQUESTED);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], second), 3);
  assert_false(hft_desk_reduce(&s.desk[0], first, 0));
  stage_expect_reject(&s, 0, HFT_REASON_ORDER_SIZE);
  assert_false(hft_desk_reduce(&s.desk[0], first, -3));
  stage_expect_reject(&s, 0, HFT_REASON_ORDER_SIZE);
  stage_send(&s, 2, HFT_BID, HFT_IOC, 10001, 4);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 3);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 1, .left = 4);
  assert_true(hft_desk_reduce(&s.desk[1], second, 4));  // all of it
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10001, 4);
  hft_order_id third = stage_rest(&s, 1, HFT_ASK, 10001, 2);
  assert_true(hft_desk_reduce(&s.desk[1], third, INT32_MAX));  // more than all
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10001, 2);
  assert_int_equal(stage_level(&s, 10001).price, 0);
  stage_close(&s);
}

static void replace_keeps_the_place_where_it_may(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id first = stage_rest(&s, 0, HFT_BID, 9999, 5);
  stage_rest(&s, 1, HFT_BID, 9999, 5);
  hft_order_id same = hft_desk_replace(&s.desk[0], first, 9999, 5);
  assert_memory_equal(&same, &first, sizeof first);
  stage_expect_quiet(&s);  // nothing changed, nothing is told
  same = hft_desk_replace(&s.desk[0], first, 9999, 3);
  assert_memory_equal(&same, &first, sizeof first);
  const hft_event *event = stage_expect(&s, HFT_EVENT_REDUCE, 0, 9999, 2);
  assert_int_equal(event->reason, HFT_REASON_REPLACED);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], first), 0);
  assert_int_equal(stage_level(&s, 9999).qty, 8);
  stage_close(&s);
}

// Replaces the first of two orders at 9999 and expects it cancelled and another one to rest.
static void expect_moved(hft_price price, hft_qty qty) {
  stage s;
  stage_open(&s);
  hft_order_id first = stage_rest(&s, 0, HFT_BID, 9999, 5);
  hft_order_id other = stage_rest(&s, 1, HFT_BID, 9999, 5);
  stage_rest(&s, 1, HFT_BID, 9990, 2);
  hft_order_id id = hft_desk_replace(&s.desk[0], first, price, qty);
  const hft_event *event = stage_expect(&s, HFT_EVENT_CANCEL, 0, 9999, 5);
  assert_int_equal(event->reason, HFT_REASON_REPLACED);
  assert_memory_equal(&event->order, &first, sizeof first);
  event = stage_expect(&s, HFT_EVENT_ADD, 0, price, qty);
  assert_memory_equal(&event->order, &id, sizeof id);
  assert_int_equal(event->side, HFT_BID);
  assert_false(stage_is_live(&s, 0, first));
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], other), 0);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], id), stage_level(&s, price).qty - qty);
  stage_close(&s);
}

static void replace_loses_the_place_where_it_must(void **state) {
  (void)state;
  expect_moved(9999, 6);  // larger: behind the other
  expect_moved(9990, 5);  // another price, where another waits
  expect_moved(9990, 1);  // smaller too
  expect_moved(10004, 5);
}

static void replace_is_a_new_order(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 1, HFT_ASK, 10001, 3);
  hft_order_id id = stage_rest(&s, 0, HFT_BID, 9999, 5);
  id = hft_desk_replace(&s.desk[0], id, 10001, 5);  // may trade
  stage_expect(&s, HFT_EVENT_CANCEL, 0, 9999, 5);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10001, .qty = 3);
  const hft_event *add = stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 2);
  assert_memory_equal(&add->order, &id, sizeof id);
  stage_rest(&s, 1, HFT_ASK, 10003, 9);
  id = hft_desk_replace(&s.desk[0], id, 10003, 2);  // whole: nothing rests
  stage_expect(&s, HFT_EVENT_CANCEL, 0, 10001, 2);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10003, .qty = 2, .left = 7);
  assert_false(stage_is_live(&s, 0, id));
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  // What is refused leaves the order as it was: a post-only one does not take.
  id = stage_send(&s, 0, HFT_BID, HFT_POST_ONLY, 9999, 1);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9999, 1);
  static const struct {
    hft_price price;
    hft_qty qty;
    hft_reason reason;
  } refused[] = {{10003, 1, HFT_REASON_WOULD_CROSS},
                 {STAGE_HIGH + 1, 1, HFT_REASON_PRICE_WINDOW},
                 {9999, 0, HFT_REASON_ORDER_SIZE}};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    hft_order_id same = hft_desk_replace(&s.desk[0], id, refused[i].price, refused[i].qty);
    assert_memory_equal(&same, &id, sizeof id);
    stage_expect_reject(&s, 0, refused[i].reason);
    assert_true(stage_is_live(&s, 0, id));
  }
  stage_close(&s);
}

static void replace_needs_no_room(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id id[WORLD_SEAT_ORDERS];
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) id[i] = stage_rest(&s, 0, HFT_BID, 9990 + i, 1);
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) {
    hft_order_id moved = hft_desk_replace(&s.desk[0], id[i], 9980, 1);
    assert_true(stage_is_live(&s, 0, moved));
    stage_expect(&s, HFT_EVENT_CANCEL, 0, 9990 + i, 1);
    stage_expect(&s, HFT_EVENT_ADD, 0, 9980, 1);
  }
  stage_close(&s);
}

static void cancel_all_takes_ones_own(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  assert_int_equal(hft_desk_cancel_all(&s.desk[0]), 0);
  hft_order_id id[4];
  for (int i = 0; i < 4; i++) {
    id[i] = stage_rest(&s, 0, (hft_side)(i & 1), (i & 1) != 0 ? 10001 + i : 9998 - i, 1);
  }
  hft_order_id other = stage_rest(&s, 1, HFT_BID, 9998, 1);
  assert_true(hft_desk_cancel(&s.desk[0], id[1]));
  stage_expect(&s, HFT_EVENT_CANCEL, 0, 10002, 1);
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 3);
  for (uint32_t k = 0; k < 3; k++) {  // each of the others once
    uint32_t number = hft_desk_open(&s.desk[0], k).number;
    assert_true(number == id[0].number || number == id[2].number || number == id[3].number);
    for (uint32_t j = 0; j < k; j++) {
      assert_int_not_equal(number, hft_desk_open(&s.desk[0], j).number);
    }
  }
  assert_int_equal(hft_desk_cancel_all(&s.desk[0]), 3);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(s.record.events[s.read++].kind, HFT_EVENT_CANCEL);
  }
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  assert_true(stage_is_live(&s, 1, other));
  stage_close(&s);
}

static void a_reset_ends_all_orders(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  for (int i = 0; i < 3; i++) stage_rest(&s, 1, HFT_ASK, 10001, 1);
  hft_order_id id = stage_rest(&s, 0, HFT_BID, 9999, 5);
  hft_market_reset(s.w.model, s.w.market, 0, 0, &s.sink);
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  expect_stale(&s, 0, id);
  hft_order_id next = stage_rest(&s, 0, HFT_BID, 9999, 5);
  assert_int_equal(next.number, 1);
  assert_int_equal(next.slot1, id.slot1);
  expect_stale(&s, 0, id);
  stage_close(&s);
}

static void messages_are_counted(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  uint64_t before = hft_market_messages(s.w.market);
  hft_order_id id = stage_rest(&s, 0, HFT_BID, 9999, 5);
  stage_expect_refused(&s, 0, HFT_BID, HFT_GTC, 9999, 0, HFT_REASON_ORDER_SIZE);
  hft_desk_reduce(&s.desk[0], id, 1);
  hft_desk_replace(&s.desk[0], id, 9999, 2);
  hft_desk_cancel(&s.desk[0], id);
  hft_desk_cancel(&s.desk[0], id);
  assert_int_equal(hft_market_messages(s.w.market) - before, 6);
  s.read = s.record.count;
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cancel_takes_an_order_out),
      cmocka_unit_test(only_live_orders_of_ones_own_can_be_changed),
      cmocka_unit_test(reduce_keeps_the_place),
      cmocka_unit_test(replace_keeps_the_place_where_it_may),
      cmocka_unit_test(replace_loses_the_place_where_it_must),
      cmocka_unit_test(replace_is_a_new_order),
      cmocka_unit_test(replace_needs_no_room),
      cmocka_unit_test(cancel_all_takes_ones_own),
      cmocka_unit_test(a_reset_ends_all_orders),
      cmocka_unit_test(messages_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
