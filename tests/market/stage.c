#include "tests/market/stage.h"

#include <stdio.h>
#include <string.h>

void stage_open_agents(stage *s, const char *yaml, const hft_extra_agent *extra, int extra_count) {
  memset(s, 0, sizeof *s);
  char text[1024];
  int length =
      snprintf(text, sizeof text,
               "market_config: {window_ticks: 128, fundamental: constant, order_qty_max: %d}\n%s\n",
               STAGE_QTY_MAX, yaml);
  assert_in_range(length, 1, sizeof text - 1);
  s->w = world_create_with(text, extra, extra_count);
  s->sink = event_record_sink(&s->record);
  s->count = hft_model_participant_count(s->w.model);
  assert_in_range(s->count, 1, STAGE_DESKS);
  for (int i = 0; i < s->count; i++) {
    s->desk[i] = hft_market_desk(s->w.model, s->w.market, (hft_owner)i);
    s->desk[i].sink = &s->sink;
  }
}

void stage_open_with(stage *s, const char *yaml) {
  const hft_extra_agent seat = {&world_seat_class, NULL};
  const hft_extra_agent extra[STAGE_SEATS] = {seat, seat, seat};
  stage_open_agents(s, yaml, extra, STAGE_SEATS);
}

void stage_open(stage *s) {
  stage_open_with(s, "");
}

void stage_close(stage *s) {
  stage_expect_quiet(s);
  event_record_free(&s->record);
  world_free(&s->w);
}

void stage_run(stage *s, hft_time until) {
  hft_market_run(s->w.model, s->w.market, until, &s->sink);
}

hft_order_id stage_send(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                        hft_qty qty) {
  const hft_order order = {side, tif, price, qty};
  return hft_desk_submit(&s->desk[who], &order);
}

hft_order_id stage_send_iceberg(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                                hft_qty display) {
  return hft_desk_submit(&s->desk[who], &(hft_order){side, HFT_GTC, price, qty, display});
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
  assert_int_equal(event->owner, who);
  assert_int_equal(event->price, price);
  assert_int_equal(event->qty, qty);
  return event;
}

const hft_event *stage_expect_trade_of(stage *s, const stage_trade *trade) {
  const hft_event *event = stage_expect(s, HFT_EVENT_TRADE, trade->maker, trade->price, trade->qty);
  assert_int_equal(event->taker_owner, trade->taker);
  assert_int_equal(event->left, trade->left);
  return event;
}

void stage_expect_auction_trade_of(stage *s, const stage_trade *trade) {
  const hft_event *event = stage_expect_trade_of(s, trade);
  assert_int_equal(event->reason, HFT_REASON_AUCTION);
  assert_int_equal(event->side, HFT_BID);
}

void stage_expect_cancel(stage *s, int who, hft_price price, hft_qty qty, hft_reason reason) {
  const hft_event *event = stage_expect(s, HFT_EVENT_CANCEL, who, price, qty);
  assert_string_equal(hft_reason_text((hft_reason)event->reason), hft_reason_text(reason));
}

void stage_expect_reject(stage *s, int who, hft_reason reason) {
  assert_true(s->read < s->record.count);
  const hft_event *event = &s->record.events[s->read++];
  assert_int_equal(event->kind, HFT_EVENT_REJECT);
  assert_int_equal(event->owner, who);
  assert_string_equal(hft_reason_text((hft_reason)event->reason), hft_reason_text(reason));
}

void stage_expect_quiet(stage *s) {
  assert_int_equal(s->read, s->record.count);
  world_verify(&s->w);
}

void stage_expect_order_refused(stage *s, int who, const hft_order *order, hft_reason reason) {
  uint64_t book_hash = hft_book_hash(stage_book(s));
  int64_t mid2 = hft_desk_mid2(&s->desk[who]);
  hft_account before[STAGE_DESKS];
  for (int i = 0; i < s->count; i++) before[i] = *stage_account(s, i);
  const hft_tape tape = *hft_desk_tape(&s->desk[who]);
  assert_true(stage_is_null(hft_desk_submit(&s->desk[who], order)));
  stage_expect_reject(s, who, reason);
  const hft_event *event = &s->record.events[s->read - 1];
  assert_int_equal(event->side, order->side);
  assert_int_equal(event->price, order->price);
  assert_int_equal(event->qty, order->qty);
  before[who].order_count++;
  for (int i = 0; i < s->count; i++) {
    assert_memory_equal(&before[i], stage_account(s, i), sizeof before[i]);
  }
  assert_memory_equal(&tape, hft_desk_tape(&s->desk[who]), sizeof tape);
  assert_true(book_hash == hft_book_hash(stage_book(s)));
  assert_int_equal(mid2, hft_desk_mid2(&s->desk[who]));
  stage_expect_quiet(s);
}

void stage_expect_refused(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                          hft_qty qty, hft_reason reason) {
  stage_expect_order_refused(s, who, &(hft_order){side, tif, price, qty}, reason);
}

const hft_account *stage_account(const stage *s, int who) {
  return hft_desk_account(&s->desk[who]);
}

const hft_book *stage_book(const stage *s) {
  return hft_desk_book(&s->desk[0]);
}

hft_level stage_level(const stage *s, hft_price price) {
  return hft_book_level(stage_book(s), price);
}

bool stage_is_null(hft_order_id id) {
  return stage_is_same(id, (hft_order_id){0, 0});
}

bool stage_is_same(hft_order_id a, hft_order_id b) {
  return a.slot1 == b.slot1 && a.number == b.number;
}

bool stage_is_live(const stage *s, int who, hft_order_id id) {
  hft_order order;
  return hft_desk_order(&s->desk[who], id, &order);
}

hft_qty stage_qty(const stage *s, int who, hft_order_id id) {
  hft_order order = {.qty = 0};
  assert_true(hft_desk_order(&s->desk[who], id, &order));
  return order.qty;
}
