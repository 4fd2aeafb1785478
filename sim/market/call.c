#include "sim/market/call.h"

#include <string.h>

#include "sim/market/report.h"
#include "sim/market/schedule.h"
#include "sim/market/settle.h"
#include "sim/market/slots.h"

static hft_call *call_of(const hft_desk *desk) {
  return hft_listing_call(desk->model, desk->listing);
}

static hft_book *book_of(const hft_desk *desk, hft_side side) {
  return hft_listing_call_book(desk->model, desk->listing, side);
}

static hft_time earlier(hft_time a, hft_time b) {
  return a < b ? a : b;
}

// When the closing call begins.
static hft_time closing_time(const hft_desk *desk) {
  if (desk->model->rules.closing == 0) return HFT_TIME_NEVER;
  return desk->model->instrument.duration - desk->model->rules.closing;
}

// ---- what would trade ------------------------------------------------------------------------

// Lots at a tick, hidden ones included: they come to light in the uncross.
static int64_t lots_at(const hft_desk *desk, const hft_book *book, int32_t tick) {
  const hft_node *nodes = hft_book_nodes(book);
  const hft_resting *resting = hft_listing_resting(desk->model, desk->listing);
  int64_t total = nodes[tick].qty;
  for (uint32_t i = nodes[tick].next; i >= book->ticks; i = nodes[i].next) {
    uint32_t slot = i - book->ticks;
    if ((resting[slot].flags & HFT_RESTING_ICEBERG) == 0) continue;
    total += hft_listing_hidden(desk->model, desk->listing)[slot].qty;
  }
  return total;
}

static int64_t distance2(int64_t mid2, hft_price price) {
  int64_t difference = 2 * (int64_t)price - mid2;
  return difference < 0 ? -difference : difference;
}

// Takes the price where it is better than the best one found, among lower ones.
static void consider(hft_indication *best, int64_t mid2, hft_price price, int64_t bid_qty,
                     int64_t ask_qty) {
  bool bids_left = bid_qty > ask_qty;
  hft_indication here = {.price = price,
                         .side = bids_left ? HFT_BID : HFT_ASK,
                         .qty = bids_left ? ask_qty : bid_qty,
                         .surplus = bids_left ? bid_qty - ask_qty : ask_qty - bid_qty};
  if (here.qty < best->qty) return;
  if (here.qty == best->qty) {
    if (here.surplus > best->surplus) return;
    bool nearer = distance2(mid2, price) < distance2(mid2, best->price);
    if (here.surplus == best->surplus && !nearer) return;
  }
  *best = here;
}

// From the best ask up to the best bid; elsewhere nothing trades. Between two ticks with orders
// all prices trade the same, so the one nearest to the mid stands for them.
hft_indication hft_call_indicate(const hft_desk *desk) {
  const hft_book *bids = book_of(desk, HFT_BID), *asks = book_of(desk, HFT_ASK);
  hft_indication best = {0};
  int32_t low = asks->best[HFT_ASK], high = bids->best[HFT_BID];
  if (low > high) return best;
  int64_t mid2 = desk->listing->mid2;
  int32_t mid = (int32_t)(mid2 / 2 - bids->price_min);
  int64_t bid_qty = 0, ask_qty = 0;  // that would trade at the tick
  for (int32_t tick = high; tick >= low; tick = hft_book_below(bids, (uint32_t)tick)) {
    bid_qty += lots_at(desk, bids, tick);
  }
  for (int32_t tick = low;;) {
    ask_qty += lots_at(desk, asks, tick);
    consider(&best, mid2, bids->price_min + tick, bid_qty, ask_qty);
    if (tick == high) return best;
    bid_qty -= lots_at(desk, bids, tick);
    int32_t bid = hft_book_above(bids, (uint32_t)tick), ask = hft_book_above(asks, (uint32_t)tick);
    int32_t next = bid < ask ? bid : ask;
    if (next > tick + 1) {
      int32_t between = mid <= tick ? tick + 1 : mid >= next ? next - 1 : mid;
      consider(&best, mid2, bids->price_min + between, bid_qty, ask_qty);
    }
    tick = next;
  }
}

// ---- phases ----------------------------------------------------------------------------------

static void set_timer(const hft_desk *desk) {
  const hft_call *call = call_of(desk);
  hft_time next = HFT_TIME_NEVER;
  if (hft_listing_in_call(desk->model, desk->listing)) {
    next = earlier(call->ends, call->publishes);
  } else if (call->phase == HFT_PHASE_CONTINUOUS) {
    next = earlier(closing_time(desk), call->renews);
  }
  hft_schedule_set_call(desk->model, desk->market, desk->instrument, next);
}

// The band around this price, and when the mid takes its place.
static void set_reference(const hft_desk *desk, int64_t price2) {
  const hft_rules *rules = &desk->model->rules;
  hft_call *call = call_of(desk);
  call->renews = HFT_TIME_NEVER;
  if (rules->halt_milli_bps == 0) return;
  int64_t width2 = price2 * rules->halt_milli_bps / 10000000;
  call->low = (hft_price)((price2 - width2 + 1) / 2);
  call->high = (hft_price)((price2 + width2) / 2);
  call->renews = (desk->market->now / rules->halt_reference + 1) * rules->halt_reference;
}

// price: of the trade that halts, else 0.
static void enter(const hft_desk *desk, hft_phase phase, hft_price price) {
  call_of(desk)->phase = phase;
  hft_report(desk, (hft_event){.kind = HFT_EVENT_PHASE,
                               .reason = (uint8_t)phase,
                               .owner = HFT_OWNER_NONE,
                               .taker_owner = HFT_OWNER_NONE,
                               .price = price});
}

static hft_qty clamped(int64_t lots) {
  return lots < INT32_MAX ? (hft_qty)lots : INT32_MAX;
}

static void publish(const hft_desk *desk, hft_indication indication) {
  call_of(desk)->indication = indication;
  hft_report(desk, (hft_event){.kind = HFT_EVENT_IMBALANCE,
                               .owner = HFT_OWNER_NONE,
                               .taker_owner = HFT_OWNER_NONE,
                               .side = (uint8_t)indication.side,
                               .price = indication.price,
                               .qty = clamped(indication.qty),
                               .left = clamped(indication.surplus)});
}

// Orders rest where they rested, in the order of their queues.
static void gather(const hft_desk *desk, hft_side side) {
  hft_book *from = hft_listing_book(desk->model, desk->listing), *to = book_of(desk, side);
  for (uint32_t slot; (slot = hft_book_front(from, side)) != HFT_NO_SLOT;) {
    hft_price price = hft_book_order_price(from, slot);
    hft_qty qty = hft_book_order_qty(from, slot);
    hft_book_remove(from, slot);
    HFT_CHECK(hft_book_insert(to, slot, side, price, qty));
  }
}

// Keeps how the book stands, for positions that are closed during the call.
static void keep_book(const hft_desk *desk) {
  const hft_book *book = hft_listing_book(desk->model, desk->listing);
  int64_t *before = hft_listing_before(desk->model, desk->listing);
  hft_call *call = call_of(desk);
  memset(before, 0, book->ticks * sizeof *before);
  for (int side = 0; side < 2; side++) {
    call->before_best[side] = book->best[side];
    hft_walk walk = hft_book_walk_begin(book, (hft_side)side);
    while (hft_book_walk(book, (hft_side)side, &walk)) {
      before[walk.tick] = lots_at(desk, book, walk.tick);
    }
  }
}

static void begin_call(const hft_desk *desk, hft_phase phase, hft_time ends, hft_price price) {
  hft_call *call = call_of(desk);
  if (call->phase != HFT_PHASE_HALTED) keep_book(desk);
  gather(desk, HFT_BID);
  gather(desk, HFT_ASK);
  call->ends = ends;
  call->publishes = desk->market->now + desk->model->rules.publish;
  enter(desk, phase, price);
  publish(desk, hft_call_indicate(desk));
}

// ---- the uncross -----------------------------------------------------------------------------

// So much trades at one price, in price-time priority of both sides.
static void trade(const hft_desk *desk, hft_price price, int64_t left) {
  hft_book *bids = book_of(desk, HFT_BID), *asks = book_of(desk, HFT_ASK);
  while (left > 0 && hft_book_crosses(bids, HFT_ASK, price) &&
         hft_book_crosses(asks, HFT_BID, price)) {
    hft_qty bid_qty = hft_book_order_qty(bids, hft_book_front(bids, HFT_BID));
    hft_qty ask_qty = hft_book_order_qty(asks, hft_book_front(asks, HFT_ASK));
    hft_qty qty = bid_qty < ask_qty ? bid_qty : ask_qty;
    if (qty > left) qty = (hft_qty)left;
    left -= qty;
    hft_fill bid, ask;
    hft_qty of_bid = qty, of_ask = qty;
    (void)hft_book_match(bids, HFT_ASK, price, &of_bid, &bid);
    (void)hft_book_match(asks, HFT_BID, price, &of_ask, &ask);
    hft_settle_auction(desk, price, &bid, &ask);
  }
}

// What is left goes to the book that everybody sees, and does not cross; IOC orders expire.
static void release(const hft_desk *desk, hft_side side) {
  hft_book *from = book_of(desk, side), *to = hft_listing_book(desk->model, desk->listing);
  const hft_resting *resting = hft_listing_resting(desk->model, desk->listing);
  for (uint32_t slot; (slot = hft_book_front(from, side)) != HFT_NO_SLOT;) {
    hft_price price = hft_book_order_price(from, slot);
    hft_qty qty = hft_book_order_qty(from, slot);
    bool expires = resting[slot].tif == HFT_IOC;
    if (expires) hft_report_resting(desk, from, slot, HFT_EVENT_EXPIRE, HFT_REASON_NONE, qty);
    hft_book_remove(from, slot);
    if (expires) {
      hft_slot_release(desk, slot);
    } else {
      HFT_CHECK(hft_book_insert(to, slot, side, price, qty));
    }
  }
}

// Something is left to trade after the first round only where the refreshed part of an iceberg has
// found no room in its level.
static void uncross(const hft_desk *desk) {
  hft_indication found = hft_call_indicate(desk);
  publish(desk, found);
  hft_price price = found.price;
  while (found.qty > 0) {
    trade(desk, found.price, found.qty);
    found = hft_call_indicate(desk);
  }
  release(desk, HFT_BID);
  release(desk, HFT_ASK);
  call_of(desk)->indication = (hft_indication){0};
  hft_listing *listing = desk->listing;
  if (price != 0) listing->mid2 = 2 * (int64_t)price;
  hft_listing_note_mid(listing, hft_listing_book(desk->model, listing));
  set_reference(desk, price != 0 ? 2 * (int64_t)price : listing->mid2);
}

// A halt that would end in the closing call goes over into it.
static void end_call(const hft_desk *desk) {
  hft_phase phase = call_of(desk)->phase;
  if (phase == HFT_PHASE_HALTED && desk->market->now >= closing_time(desk)) {
    begin_call(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration, 0);
    return;
  }
  uncross(desk);
  enter(desk, phase == HFT_PHASE_CLOSING ? HFT_PHASE_CLOSED : HFT_PHASE_CONTINUOUS, 0);
}

// ---- what the market calls -------------------------------------------------------------------

void hft_call_open(const hft_desk *desk) {
  *call_of(desk) = (hft_call){0};
  hft_book_clear(book_of(desk, HFT_BID));
  hft_book_clear(book_of(desk, HFT_ASK));
  set_reference(desk, desk->listing->mid2);
  if (desk->model->rules.opening > 0) {
    begin_call(desk, HFT_PHASE_OPENING, desk->model->rules.opening, 0);
  } else if (closing_time(desk) == 0) {
    begin_call(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration, 0);
  } else {
    enter(desk, HFT_PHASE_CONTINUOUS, 0);
  }
  set_timer(desk);
}

void hft_call_halt(const hft_desk *desk, hft_price price) {
  hft_time ends = earlier(desk->market->now + desk->model->rules.halt, closing_time(desk));
  begin_call(desk, HFT_PHASE_HALTED, ends, price);
  set_timer(desk);
}

void hft_call_wake(const hft_desk *desk) {
  hft_call *call = call_of(desk);
  hft_time now = desk->market->now;
  if (call->phase == HFT_PHASE_CONTINUOUS) {
    if (now >= call->renews) set_reference(desk, desk->listing->mid2);
    if (now >= closing_time(desk)) {
      begin_call(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration, 0);
    }
  } else if (now >= call->ends) {
    end_call(desk);
  } else {
    publish(desk, hft_call_indicate(desk));
    call->publishes = now + desk->model->rules.publish;
  }
  set_timer(desk);
}
