#include "tests/market/stage.h"

#include <string.h>

void stage_open(stage *s) {
  memset(s, 0, sizeof *s);
  s->w = world_create(
      "market_config: {window_ticks: 128, fundamental: constant, order_qty_max: 1000000000}\n",
      STAGE_SEATS);
  s->sink = world_sink(&s->record);
  for (int i = 0; i < STAGE_SEATS; i++) {
    s->desk[i] = hft_market_desk(s->w.model, s->w.market, (hft_owner)(s->w.seat + i));
    s->desk[i].sink = &s->sink;
  }
}

void stage_close(stage *s) {
  stage_expect_quiet(s);
  world_record_free(&s->record);
  world_free(&s->w);
}

hft_order_id stage_send(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                        hft_qty qty) {
  const hft_order order = {side, tif, price, qty};
  return hft_desk_submit(&s->desk[who], &order);
}

hft_order_id stage_rest(stage *s, int who, hft_side side, hft_price price, hft_qty qty) {
  hft_order_id id = stage_send(s, who, side, HFT_GTC, price, qty);
  const hft_event *event = stage_expect(s, HFT_EVENT_ADD, who, price, qty);
  assert_int_equal(event->side, side);
  assert_memory_equal(&event->order, &id, sizeof id);
  assert_true(stage_is_live(s, who, id));
  stage_expect_quiet(s);
  return id;
}

const hft_event *stage_expect(stage *s, hft_event_kind kind, int who, hft_price price,
                              hft_qty qty) {
  assert_true(s->read < s->record.count);
  const hft_event *event = &s->record.events[s->read++];
  assert_string_equal(hft_event_name((hft_event_kind)event->kind), hft_event_name(kind));
  assert_int_equal(event->owner, s->w.seat + who);
  assert_int_equal(event->price, price);
  assert_int_equal(event->qty, qty);
  return event;
}

const hft_event *stage_expect_trade(stage *s, int maker, int taker, hft_price price, hft_qty qty,
                                    hft_qty left) {
  const hft_event *event = stage_expect(s, HFT_EVENT_TRADE, maker, price, qty);
  assert_int_equal(event->taker_owner, s->w.seat + taker);
  assert_int_equal(event->left, left);
  return event;
}

void stage_expect_reject(stage *s, int who, hft_reason reason) {
  assert_true(s->read < s->record.count);
  const hft_event *event = &s->record.events[s->read++];
  assert_int_equal(event->kind, HFT_EVENT_REJECT);
  assert_int_equal(event->owner, s->w.seat + who);
  assert_string_equal(hft_reason_text((hft_reason)event->reason), hft_reason_text(reason));
}

void stage_expect_quiet(stage *s) {
  assert_int_equal(s->read, s->record.count);
  world_verify(&s->w);
}

void stage_expect_refused(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                          hft_qty qty, hft_reason reason) {
  const hft_book *book = hft_market_book(s->w.model, s->w.market, 0);
  uint64_t book_hash = hft_book_hash(book);
  int64_t mid2 = hft_market_mid2(s->w.market, 0);
  hft_account before[STAGE_SEATS];
  for (int i = 0; i < STAGE_SEATS; i++) before[i] = *stage_account(s, i);
  const hft_tape tape = *hft_market_tape(s->w.market, 0);
  assert_true(stage_is_null(stage_send(s, who, side, tif, price, qty)));
  stage_expect_reject(s, who, reason);
  const hft_event *event = &s->record.events[s->read - 1];
  assert_int_equal(event->side, side);
  assert_int_equal(event->price, price);
  assert_int_equal(event->qty, qty);
  before[who].order_count++;
  for (int i = 0; i < STAGE_SEATS; i++) {
    assert_memory_equal(&before[i], stage_account(s, i), sizeof before[i]);
  }
  assert_memory_equal(&tape, hft_market_tape(s->w.market, 0), sizeof tape);
  assert_true(book_hash == hft_book_hash(book));
  assert_int_equal(mid2, hft_market_mid2(s->w.market, 0));
  stage_expect_quiet(s);
}

const hft_account *stage_account(const stage *s, int who) {
  return hft_market_account(s->w.model, s->w.market, (hft_owner)(s->w.seat + who), 0);
}

hft_level stage_level(const stage *s, hft_price price) {
  return hft_book_level(hft_market_book(s->w.model, s->w.market, 0), price);
}

bool stage_is_null(hft_order_id id) {
  return id.slot1 == 0 && id.number == 0;
}

bool stage_is_live(const stage *s, int who, hft_order_id id) {
  hft_order order;
  return hft_desk_order(&s->desk[who], id, &order);
}
