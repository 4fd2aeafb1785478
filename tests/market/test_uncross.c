// Auctions of thousands of random sets of orders, compared with the definition (crossing.h): price,
// size and surplus, who trades with whom, the remaining orders, and the accounts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/market/crossing.h"
#include "tests/support/market_world.h"

#define TRIALS 5000
#define OWNERS 3
#define LOW 9968  // the window
#define HIGH 10031
#define CLOSING (6 * HFT_SECOND)
#define END (10 * HFT_SECOND)
#define FEE_PER_LOT 2500

typedef struct trader_state {
  int64_t fills, bought, sold;
} trader_state;

static void note_fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  trader_state *self = state;
  self->fills++;
  assert_int_equal(event->reason, HFT_REASON_AUCTION);
  assert_int_equal(hft_desk_phase(desk), HFT_PHASE_CLOSING);
  if (event->owner == desk->self) self->bought += event->qty;
  if (event->taker_owner == desk->self) self->sold += event->qty;
}

static const hft_section section = {"trader", "", NULL, 0, 0};
static const hft_agent_class trader_class = {.section = &section,
                                             .state_size = sizeof(trader_state),
                                             .open_orders_max = 64,
                                             .fill = note_fill};

typedef struct trial {
  world w;
  hft_rng rng;
  hft_desk desk[OWNERS];
  event_record record;
  hft_sink sink;
  hft_price reach;  // of the prices, from the middle
  hft_qty qty_max;
  crossing book;
  hft_account before[OWNERS];
  hft_price low, high;                              // of the auction
  int crossed, icebergs_traded, expired, collared;  // of all trials
} trial;

static bool is_market(const crossing_order *order) {
  return order->price == 0 || order->price == INT32_MAX;
}

static uint32_t draw(trial *t, uint32_t bound) {
  return hft_bounded(&t->rng, bound);
}

static hft_price draw_price(trial *t) {
  return 10000 + (hft_price)draw(t, 2 * (uint32_t)t->reach + 1) - t->reach;
}

// Sends an order and notes it, where it rests.
static void send(trial *t, hft_order order) {
  int who = (int)draw(t, OWNERS);
  hft_order_id id = hft_desk_submit(&t->desk[who], &order);
  if (id.slot1 == 0) return;  // has its maximum of open orders
  bool iceberg = order.display > 0 && order.display < order.qty;
  hft_qty shown = iceberg ? order.display : order.qty;
  hft_price price = order.price;
  if (price == HFT_PRICE_MARKET) price = order.side == HFT_BID ? INT32_MAX : 0;
  crossing_add(&t->book, (crossing_order){id, (hft_owner)who, order.side, order.tif, price, shown,
                                          order.qty - shown, order.display, 0});
}

static void send_any(trial *t) {
  static const hft_tif tif[] = {HFT_GTC, HFT_GTC, HFT_GTC, HFT_IOC, HFT_POST_ONLY, HFT_POST_SLIDE};
  hft_order order = {draw(t, 2) ? HFT_ASK : HFT_BID, tif[draw(t, 6)], draw_price(t),
                     1 + (hft_qty)draw(t, (uint32_t)t->qty_max), 0};
  if (order.tif == HFT_IOC && draw(t, 3) == 0) order.price = HFT_PRICE_MARKET;
  if (order.tif == HFT_GTC && draw(t, 4) == 0) order.display = 1 + (hft_qty)draw(t, 3);
  if (order.display > order.qty) order.display = order.qty;
  send(t, order);
}

static void reduce(trial *t, crossing_order *order, hft_qty by) {
  hft_qty unseen = by < order->hidden ? by : order->hidden;
  order->hidden -= unseen;
  order->shown -= by - unseen;
  if (order->shown <= 0) crossing_remove(&t->book, order);
}

static void replace(trial *t, crossing_order *order, hft_price price, hft_qty qty) {
  crossing_order new = *order;
  const hft_desk *desk = &t->desk[order->owner];
  bool market = price == 0 || price == INT32_MAX;
  hft_order_id id = hft_desk_replace(desk, order->id, market ? HFT_PRICE_MARKET : price, qty);
  if (price == order->price && qty <= order->shown + order->hidden) {
    reduce(t, order, order->shown + order->hidden - qty);
    assert_int_equal(id.number, new.id.number);
    return;
  }
  crossing_remove(&t->book, order);
  assert_int_not_equal(id.slot1, 0);
  new.id = id;
  new.price = price;
  new.shown = new.display > 0 && new.display < qty ? new.display : qty;
  new.hidden = qty - new.shown;
  crossing_add(&t->book, new);
}

static void change_any(trial *t) {
  if (t->book.count == 0) return;
  crossing_order *order = &t->book.order[draw(t, (uint32_t)t->book.count)];
  const hft_desk *desk = &t->desk[order->owner];
  hft_qty qty = 1 + (hft_qty)draw(t, (uint32_t)t->qty_max);
  switch (draw(t, 4)) {
    case 0:
      assert_true(hft_desk_cancel(desk, order->id));
      crossing_remove(&t->book, order);
      break;
    case 1:
      assert_true(hft_desk_reduce(desk, order->id, qty));
      reduce(t, order, qty < order->shown + order->hidden ? qty : order->shown + order->hidden);
      break;
    case 2:
      replace(t, order, order->price, qty);
      break;
    default:
      replace(t, order, draw_price(t), qty);
  }
}

// Before the call: orders that do not trade, and that leave the mid anywhere, at half ticks too.
static void prepare(trial *t) {
  hft_price bid = draw_price(t), ask = bid + 1 + (hft_price)draw(t, 4);
  const hft_order quote[2] = {{HFT_BID, HFT_GTC, bid, 1, 0}, {HFT_ASK, HFT_GTC, ask, 1, 0}};
  hft_order_id id[2];
  for (int side = 0; side < 2; side++) id[side] = hft_desk_submit(&t->desk[0], &quote[side]);
  for (uint32_t k = draw(t, 8); k > 0; k--) {
    hft_side side = draw(t, 2) ? HFT_ASK : HFT_BID;
    hft_price best = side == HFT_BID ? bid : ask;
    hft_price price = best - hft_side_sign(side) * (hft_price)draw(t, 5);
    hft_qty qty = 1 + (hft_qty)draw(t, 9);
    send(t, (hft_order){side, HFT_GTC, price, qty, draw(t, 2) ? 1 : 0});
  }
  for (int side = 0; side < 2; side++) assert_true(hft_desk_cancel(&t->desk[0], id[side]));
}

static void expect_indication(const trial *t, const hft_indication *wanted) {
  hft_indication found = hft_desk_indication(&t->desk[1]);
  assert_int_equal(found.price, wanted->price);
  assert_int_equal(found.qty, wanted->qty);
  assert_int_equal(found.surplus, wanted->surplus);
  assert_int_equal(found.side, wanted->side);
}

// A few rounds of orders, each looked at by what is published after it.
static void collect(trial *t, int64_t mid2) {
  for (hft_time now = CLOSING + HFT_SECOND; now < END; now += HFT_SECOND) {
    for (uint32_t k = draw(t, 20); k > 0; k--) {
      if (draw(t, 5) == 0) {
        change_any(t);
      } else {
        send_any(t);
      }
    }
    hft_market_run(t->w.model, t->w.market, now, &t->sink);
    hft_indication wanted = crossing_price(&t->book, t->low, t->high, mid2);
    expect_indication(t, &wanted);
    world_verify(&t->w);
  }
}

// The next event, refreshed icebergs apart.
static const hft_event *next(const trial *t, size_t *at) {
  while (*at < t->record.count && t->record.events[*at].kind == HFT_EVENT_ADD) {
    assert_int_equal(t->record.events[(*at)++].reason, HFT_REASON_REFRESHED);
  }
  assert_true(*at < t->record.count);
  return &t->record.events[(*at)++];
}

static void expect_fill(const hft_event *event, const crossing_fill *fill, hft_price price) {
  assert_int_equal(event->kind, HFT_EVENT_TRADE);
  assert_memory_equal(&event->order, &fill->bid, sizeof fill->bid);
  assert_memory_equal(&event->taker, &fill->ask, sizeof fill->ask);
  assert_int_equal(event->owner, fill->bid_owner);
  assert_int_equal(event->taker_owner, fill->ask_owner);
  assert_int_equal(event->price, price);
  assert_int_equal(event->qty, fill->qty);
  assert_int_equal(event->left, fill->left);
  assert_int_equal(event->side, HFT_BID);
  assert_int_equal(event->reason, HFT_REASON_AUCTION);
}

static void expect_accounts(trial *t, const crossing_fill *fills, int count, hft_price price,
                            int64_t mid2) {
  trader_state told[OWNERS] = {0};
  for (int i = 0; i < count; i++) {
    const crossing_fill *f = &fills[i];
    hft_account *bid = &t->before[f->bid_owner], *ask = &t->before[f->ask_owner];
    bid->position += f->qty, bid->bought += f->qty, bid->cash -= (int64_t)f->qty * price;
    ask->position -= f->qty, ask->sold += f->qty, ask->cash += (int64_t)f->qty * price;
    bid->maker_edge2 += f->qty * (mid2 - 2 * (int64_t)price);
    ask->maker_edge2 -= f->qty * (mid2 - 2 * (int64_t)price);
    bid->maker_qty += f->qty, bid->fees += FEE_PER_LOT * f->qty, bid->fill_count++;
    ask->maker_qty += f->qty, ask->fees += FEE_PER_LOT * f->qty, ask->fill_count++;
    told[f->bid_owner].fills++;
    told[f->ask_owner].fills += f->ask_owner != f->bid_owner;
    told[f->bid_owner].bought += f->qty;
    told[f->ask_owner].sold += f->qty;
  }
  for (hft_owner i = 0; i < OWNERS; i++) {
    assert_memory_equal(hft_desk_account(&t->desk[i]), &t->before[i], sizeof t->before[i]);
    const void *state = hft_market_agent_state(t->w.model, t->w.market, i);
    assert_memory_equal(state, &told[i], sizeof told[i]);
  }
}

// Of an odd size the half that counts as bought is the smaller one, and the larger one, in turns.
static void expect_tape(const trial *t, const crossing_fill *fills, int count,
                        const hft_indication *found) {
  int64_t bought = 0;
  for (int i = 0; i < count; i++) bought += fills[i].qty / 2 + (fills[i].qty % 2 && i % 2);
  const hft_tape *tape = hft_market_tape(t->w.market, 0);
  assert_int_equal(tape->trade_count, count);
  assert_int_equal(tape->buy_qty + tape->sell_qty, found->qty);
  assert_int_equal(tape->buy_qty, bought);
  assert_int_equal(tape->notional, found->qty * found->price);
  assert_int_equal(tape->last_price, found->price);
  assert_int_equal(tape->fees, 2 * FEE_PER_LOT * found->qty);
}

// The orders left rest in the book, each behind those that came before.
static void expect_left(trial *t) {
  const hft_book *book = hft_market_book(t->w.model, t->w.market, 0);
  assert_int_equal(book->live, t->book.count);
  for (int i = 0; i < t->book.count; i++) {
    const crossing_order *order = &t->book.order[i];
    hft_order found;
    assert_true(hft_desk_order(&t->desk[order->owner], order->id, &found));
    assert_int_equal(found.side, order->side);
    assert_int_equal(found.price, order->price);
    assert_int_equal(found.qty, order->shown + order->hidden);
    int64_t ahead = 0;
    for (int k = 0; k < t->book.count; k++) {
      const crossing_order *other = &t->book.order[k];
      bool before = other->price == order->price && other->place < order->place;
      if (before) ahead += other->shown;
    }
    assert_int_equal(hft_desk_queue_ahead(&t->desk[order->owner], order->id), ahead);
  }
}

// What the auction did, event by event.
static void expect_auction(trial *t, int64_t mid2) {
  static crossing_fill fills[CROSSING_FILLS_MAX];
  const hft_indication found = crossing_price(&t->book, t->low, t->high, mid2);
  size_t at = 0;
  const hft_event *event = next(t, &at);
  assert_int_equal(event->kind, HFT_EVENT_IMBALANCE);
  assert_int_equal(event->price, found.price);
  assert_int_equal(event->qty, found.qty);
  assert_int_equal(event->left, found.surplus);
  assert_int_equal(event->side, found.side);
  int count = crossing_trade(&t->book, found.qty, fills);
  for (int i = 0; i < count; i++) {
    expect_fill(next(t, &at), &fills[i], found.price);
  }
  t->icebergs_traded += at > (size_t)count + 1;
  t->crossed += count > 0;
  while ((event = next(t, &at))->kind == HFT_EVENT_EXPIRE) {
    crossing_order *order = crossing_find(&t->book, event->order);
    assert_non_null(order);
    if (event->reason == HFT_REASON_COLLAR) {
      assert_int_not_equal(order->tif, HFT_IOC);
      assert_true(order->side == HFT_BID ? order->price > t->high : order->price < t->low);
      t->collared++;
    } else {
      assert_int_equal(event->reason, HFT_REASON_NONE);
      assert_int_equal(order->tif, HFT_IOC);
    }
    assert_int_equal(event->price, is_market(order) ? HFT_PRICE_MARKET : order->price);
    assert_int_equal(event->qty, order->shown + order->hidden);
    assert_int_equal(event->left, 0);
    crossing_remove(&t->book, order);
    t->expired++;
  }
  assert_int_equal(event->kind, HFT_EVENT_PHASE);
  assert_int_equal(event->reason, HFT_REASON_CLOSED);
  assert_int_equal(at, t->record.count);
  for (int i = 0; i < t->book.count; i++) {
    const crossing_order *order = &t->book.order[i];
    assert_int_not_equal(order->tif, HFT_IOC);
    assert_true(order->side == HFT_BID ? order->price <= t->high : order->price >= t->low);
    // Nobody who would have paid more, or taken less, is left behind.
    if (found.price == 0 || found.side != order->side || found.price == t->high ||
        found.price == t->low) {
      continue;
    }
    assert_true(order->side == HFT_BID ? order->price <= found.price : order->price >= found.price);
  }
  expect_accounts(t, fills, count, found.price, mid2);
  expect_tape(t, fills, count, &found);
  expect_left(t);
  hft_price bid = hft_book_best_price(hft_desk_book(&t->desk[0]), HFT_BID);
  hft_price ask = hft_book_best_price(hft_desk_book(&t->desk[0]), HFT_ASK);
  // The auction's price is the mark, whatever rests, whoever leaves.
  int64_t last2 = bid != 0 && ask != 0 ? (int64_t)bid + ask : mid2;
  if (count > 0) last2 = 2 * (int64_t)found.price;
  assert_int_equal(hft_desk_mid2(&t->desk[0]), last2);
  hft_desk_cancel_all(&t->desk[draw(t, OWNERS)]);
  assert_int_equal(hft_desk_mid2(&t->desk[0]), last2);
}

// The collar, in ticks; without one, the window.
static void set_bounds(trial *t, int64_t mid2, int64_t collar_bps) {
  t->low = LOW, t->high = HIGH;
  if (collar_bps == 0) return;
  while (10000 * (mid2 - 2 * (int64_t)t->low) > collar_bps * mid2) t->low++;
  while (10000 * (2 * (int64_t)t->high - mid2) > collar_bps * mid2) t->high--;
}

static void hold_auctions(const char *rules, int64_t collar_bps) {
  static trial t;
  memset(&t, 0, sizeof t);
  const hft_extra_agent trader = {&trader_class, NULL};
  const hft_extra_agent extra[OWNERS] = {trader, trader, trader};
  char yaml[256];
  snprintf(yaml, sizeof yaml,
           "market_config: {window_ticks: 64, fundamental: constant, duration_s: 10}\n"
           "exchange_config: {closing_auction_s: 4, maker_fee_per_lot: 0.25, self_trade: "
           "cancel_both%s}",
           rules);
  t.w = world_create_with(yaml, extra, OWNERS);
  t.sink = event_record_sink(&t.record);
  t.rng = hft_rng_seed(20, 7);
  for (uint32_t seed = 0; seed < TRIALS; seed++) {
    t.reach = 1 + (hft_price)draw(&t, 1u << draw(&t, 5));
    t.qty_max = 1 + (hft_qty)draw(&t, 1u << draw(&t, 6));
    t.book = (crossing){0};
    hft_market_reset(t.w.model, t.w.market, seed, 0, NULL);
    for (hft_owner i = 0; i < OWNERS; i++) {
      t.desk[i] = hft_market_desk(t.w.model, t.w.market, i);
    }
    prepare(&t);
    hft_market_run(t.w.model, t.w.market, CLOSING, NULL);
    int64_t mid2 = hft_market_mid2(t.w.market, 0);
    set_bounds(&t, mid2, collar_bps);
    collect(&t, mid2);
    assert_int_equal(hft_market_mid2(t.w.market, 0), mid2);
    assert_int_equal(hft_market_book(t.w.model, t.w.market, 0)->live, 0);
    for (int i = 0; i < OWNERS; i++) t.before[i] = *hft_desk_account(&t.desk[i]);
    t.record.count = 0;
    hft_market_run(t.w.model, t.w.market, END, &t.sink);
    expect_auction(&t, mid2);
    world_verify(&t.w);
  }
  assert_true(t.crossed > TRIALS / 2 && t.crossed < TRIALS);
  assert_true(collar_bps == 0 ? t.collared == 0 : t.collared > TRIALS / 20);
  assert_true(t.icebergs_traded > TRIALS / 10 && t.expired > TRIALS / 2);
  event_record_free(&t.record);
  world_free(&t.w);
}

static void auctions_do_as_their_definition_says(void **state) {
  (void)state;
  hold_auctions("", 0);
}

static void auctions_keep_within_a_collar(void **state) {
  (void)state;
  hold_auctions(", auction_collar_bps: 4", 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(auctions_do_as_their_definition_says),
                                     cmocka_unit_test(auctions_keep_within_a_collar)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
