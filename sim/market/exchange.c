#include "sim/market/exchange.h"

#include <string.h>

#include "sim/market/auction.h"
#include "sim/market/report.h"
#include "sim/market/risk.h"
#include "sim/market/settle.h"
#include "sim/market/slots.h"

#define NO_ORDER ((hft_order_id){0, 0})

// An order that has arrived.
typedef struct incoming {
  hft_order order;
  uint32_t number;
  uint32_t slot;     // held for it, or HFT_NO_SLOT
  uint32_t latency;  // ns that it had travelled
} incoming;

// Updates the mid after a request. It stays during an auction, when the visible book is empty, and
// after the close.
static inline void note_mid(const hft_desk *desk, const hft_book *book) {
  if (HFT_UNLIKELY(desk->model->rules.has_auctions) &&
      hft_instrument_auction(desk->model, desk->instrument_state)->phase == HFT_PHASE_CLOSED) {
    return;
  }
  hft_instrument_note_mid(desk->instrument_state, book);
}

static inline bool in_auction(const hft_desk *desk) {
  return hft_instrument_in_auction(desk->model, desk->instrument_state);
}

// The book in which the order of a slot rests.
static inline hft_book *book_of(const hft_desk *desk, uint32_t slot) {
  return hft_instrument_book_of(desk->model, desk->instrument_state, slot);
}

static inline bool regulated(const hft_desk *desk) {
  return desk->participant->regulated;
}

// ---- leaving ---------------------------------------------------------------------------------

// Reports a cancellation of all lots, hidden ones included.
static HFT_COLD void tell_leaving(const hft_desk *desk, const hft_book *book, uint32_t slot,
                                  hft_reason reason) {
  hft_report_tell_resting(desk, book, slot, HFT_EVENT_CANCEL, reason,
                          hft_resting_qty(desk, book, slot), 0);
}

// Removes an order from its book. Its slot remains its owner's.
static inline void lift(const hft_desk *desk, hft_book *book, uint32_t slot, hft_reason reason) {
  if (hft_report_begin(desk)) tell_leaving(desk, book, slot, reason);
  hft_book_remove(book, slot);
}

// Removes an order from its book and frees its slot.
static inline void take_out(const hft_desk *desk, hft_book *book, uint32_t slot,
                            hft_reason reason) {
  lift(desk, book, slot, reason);
  hft_slot_release(desk, slot);
}

void hft_exchange_expel(const hft_desk *home, hft_reason reason) {
  for (int i = 0; i < home->model->instrument_count; i++) {
    const hft_desk desk = hft_desk_make_at(home, i);
    const uint32_t *own =
        hft_instrument_own(desk.model, desk.instrument_state) + desk.participant->slot_base;
    const hft_resting *resting = hft_instrument_resting(desk.model, desk.instrument_state);
    for (uint32_t k = hft_instrument_own_counts(desk.model, desk.instrument_state)[desk.self];
         k-- > 0;) {
      uint32_t slot = own[k];
      if ((resting[slot].flags & HFT_RESTING_WAY) != 0) continue;
      take_out(&desk, book_of(&desk, slot), slot, reason);
    }
    note_mid(&desk, hft_instrument_book(desk.model, desk.instrument_state));
  }
}

// ---- checks ----------------------------------------------------------------------------------

// What an incoming order would trade with a queue, as matching walks it.
typedef struct feasible {
  int64_t found;  // lots
  bool stopped;   // self-trade prevention would end the order
} feasible;

// Visible lots trade first, in the order of the queue; the owner's own orders are removed or end
// the walk. Hidden lots follow. If the next part of an iceberg finds no room in its level, its
// hidden lots are lost.
static void walk_level(const hft_desk *desk, const hft_book *book, int32_t tick, hft_qty wanted,
                       feasible *walk) {
  const hft_node *nodes = hft_book_nodes(book);
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  bool guard = regulated(desk) && desk->model->rules.self_trade != HFT_SELF_TRADE_OFF;
  int64_t hidden = 0, level = nodes[tick].qty;
  for (uint32_t i = nodes[tick].next; i >= book->ticks && walk->found < wanted; i = nodes[i].next) {
    uint32_t slot = i - book->ticks;
    hft_qty shown = hft_book_order_qty(book, slot);
    level -= shown;
    if (guard && resting[slot].owner == desk->self) {
      walk->stopped = desk->model->rules.self_trade != HFT_SELF_TRADE_CANCEL_OLDEST;
      if (walk->stopped) return;
      continue;
    }
    walk->found += shown;
    if ((resting[slot].flags & HFT_RESTING_ICEBERG) == 0) continue;
    const hft_hidden *berg = &hft_instrument_hidden(desk->model, desk->instrument_state)[slot];
    hft_qty next = berg->qty < berg->display ? berg->qty : berg->display;
    if (level + next > INT32_MAX) continue;
    level += next;
    hidden += berg->qty;
  }
  walk->found += hidden;
}

// Whether the whole order can trade at once, at `limit` or better, without a halt.
static bool can_fill(const hft_desk *desk, const hft_book *book, const hft_order *order,
                     hft_price limit) {
  hft_side side = hft_side_other(order->side);
  feasible all = {0, false};
  for (hft_walk walk = hft_book_walk_begin(book, side); hft_book_walk(book, side, &walk);) {
    hft_price price = book->price_min + walk.tick;
    if (order->side == HFT_BID ? price > limit : price < limit) break;
    if (desk->model->rules.halt_milli_bps != 0 && !hft_auction_allows(desk, price)) break;
    walk_level(desk, book, walk.tick, order->qty, &all);
    if (all.stopped || all.found >= order->qty) break;
  }
  return !all.stopped && all.found >= order->qty;
}

// Moves an order that would trade to one tick off the best opposite price. False: that price is
// outside the window.
static bool slide(const hft_book *book, hft_order *order) {
  if (!hft_book_crosses(book, order->side, order->price)) return true;
  hft_price opposite = hft_book_best_price(book, hft_side_other(order->side));
  hft_price price = opposite - hft_side_sign(order->side);
  if (!hft_book_in_window(book, price)) return false;
  order->price = price;
  return true;
}

// The limit of an order; of a market order the end of the window.
static inline hft_price limit_of(const hft_desk *desk, const hft_order *order) {
  if (order->price != HFT_PRICE_MARKET) return order->price;
  return order->side == HFT_BID ? desk->model->instrument.price_max
                                : desk->model->instrument.price_min;
}

static inline bool is_immediate(const hft_order *order) {
  return order->tif == HFT_IOC || order->tif == HFT_FOK;
}

// The checks that depend only on the order and the book.
static hft_reason check_shape(const hft_desk *desk, const hft_book *book, const hft_order *order) {
  if (hft_instrument_phase(desk->model, desk->instrument_state) == HFT_PHASE_CLOSED)
    return HFT_REASON_CLOSED;
  if (order->qty < 1 || order->qty > desk->model->config.order_qty_max) {
    return HFT_REASON_ORDER_SIZE;
  }
  if (order->price == HFT_PRICE_MARKET) {
    return is_immediate(order) ? HFT_REASON_NONE : HFT_REASON_PRICE_WINDOW;
  }
  if (!hft_book_in_window(book, order->price)) return HFT_REASON_PRICE_WINDOW;
  if (is_immediate(order)) return HFT_REASON_NONE;
  if (order->display < 0 || order->display > order->qty) return HFT_REASON_DISPLAY;
  if (order->tif == HFT_POST_ONLY && hft_book_crosses(book, order->side, order->price)) {
    return HFT_REASON_WOULD_CROSS;
  }
  return HFT_REASON_NONE;
}

// Whether the order could trade more than the volume limit of the instrument.
static bool is_too_much(const hft_desk *desk, const hft_book *book, const hft_order *order) {
  const hft_tape *tape = &desk->instrument_state->tape;
  if (HFT_LIKELY(tape->buy_qty + tape->sell_qty + order->qty <= desk->model->volume_max)) {
    return false;
  }
  return in_auction(desk) || hft_book_crosses(book, order->side, limit_of(desk, order));
}

// All checks of an order before it reaches the book. Sets the price of a sliding order.
static hft_reason check_order(const hft_desk *desk, const hft_book *book, incoming *in) {
  hft_reason reason = check_shape(desk, book, &in->order);
  if (reason != HFT_REASON_NONE) return reason;
  bool may_rest = !is_immediate(&in->order) || in_auction(desk);
  if (may_rest && in->slot == HFT_NO_SLOT && !hft_slot_any(desk)) return HFT_REASON_OPEN_ORDERS;
  if (in->order.tif == HFT_POST_SLIDE && !slide(book, &in->order)) return HFT_REASON_WOULD_CROSS;
  if (is_too_much(desk, book, &in->order)) return HFT_REASON_VOLUME;
  if (regulated(desk) && desk->model->rules.checks && !desk->direct) {
    reason = hft_risk_order(desk, &in->order);
    if (reason != HFT_REASON_NONE) return reason;
  }
  if (in->order.tif == HFT_FOK && !can_fill(desk, book, &in->order, limit_of(desk, &in->order))) {
    return HFT_REASON_NOT_FILLABLE;
  }
  return HFT_REASON_NONE;
}

// ---- matching --------------------------------------------------------------------------------

// Applies self-trade prevention to the owner's own order at the front of the queue. True: the
// incoming order goes on.
static bool meet_self(const hft_desk *desk, hft_book *book, uint32_t front) {
  hft_self_trade mode = desk->model->rules.self_trade;
  if (mode != HFT_SELF_TRADE_CANCEL_NEWEST) take_out(desk, book, front, HFT_REASON_SELF_TRADE);
  return mode == HFT_SELF_TRADE_CANCEL_OLDEST;
}

typedef enum outcome {
  MATCHED,
  MET_SELF,  // self-trade prevention has ended the order
  MUST_HALT  // the next trade would be beyond the band
} outcome;

// Matches an order with the book.
static outcome match(const hft_desk *desk, hft_book *book, const incoming *in, hft_qty *left) {
  const hft_taking taking = {in->order.side, in->number, in->latency, desk->instrument_state->mid2};
  hft_price limit = limit_of(desk, &in->order);
  bool guard = regulated(desk) && desk->model->rules.self_trade != HFT_SELF_TRADE_OFF;
  bool halts = desk->model->rules.halt_milli_bps != 0;
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  hft_fill fill;
  while (*left > 0) {
    if (guard && hft_book_crosses(book, taking.side, limit)) {
      uint32_t front = hft_book_front(book, hft_side_other(taking.side));
      if (resting[front].owner == desk->self) {
        if (!meet_self(desk, book, front)) return MET_SELF;
        continue;
      }
    }
    if (halts && hft_book_crosses(book, taking.side, limit) &&
        !hft_auction_allows(desk, hft_book_best_price(book, hft_side_other(taking.side)))) {
      return MUST_HALT;
    }
    if (!hft_book_match(book, taking.side, limit, left, &fill)) break;
    hft_settle(desk, book, &taking, &fill);
  }
  return MATCHED;
}

// Puts `left` lots of an order into the queue at a price, `shown` of them visible. in->slot must be
// taken.
HFT_INLINE hft_order_id enter(const hft_desk *desk, hft_book *book, const incoming *in,
                              hft_price price, hft_qty left, hft_qty shown) {
  const hft_order *order = &in->order;
  hft_qty ahead = hft_book_nodes(book)[price - book->price_min].qty;
  if (HFT_UNLIKELY(!hft_book_insert(book, in->slot, order->side, price, shown))) {
    hft_slot_release(desk, in->slot);
    hft_report_order(desk, HFT_EVENT_REJECT, HFT_REASON_LEVEL_FULL, (hft_order_id){0, in->number},
                     order, left);
    return NO_ORDER;
  }
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[in->slot];
  resting->number = in->number;
  resting->tif = (uint8_t)order->tif;
  resting->flags = 0;
  resting->ahead = ahead;
  resting->entered = desk->market->now;
  resting->latency = in->latency;
  hft_order_id id = {in->slot + 1, in->number};
  hft_report_order(desk, HFT_EVENT_ADD, HFT_REASON_NONE, id, order, shown);
  return id;
}

static inline hft_qty shown_of(hft_qty display, hft_qty qty) {
  return display > 0 && display < qty ? display : qty;
}

// Rests the lots that did not trade. During an auction market orders rest before all limits.
static hft_order_id rest(const hft_desk *desk, hft_book *book, incoming *in, hft_qty left) {
  if (in->slot == HFT_NO_SLOT) in->slot = hft_slot_take(desk);
  hft_qty display = in->order.display;
  hft_qty shown = shown_of(display, left);
  hft_order_id id = enter(desk, book, in, hft_auction_price(desk, &in->order), left, shown);
  if (display > 0 && id.slot1 != 0) {
    hft_instrument_resting(desk->model, desk->instrument_state)[in->slot].flags =
        HFT_RESTING_ICEBERG;
    hft_instrument_hidden(desk->model, desk->instrument_state)[in->slot] =
        (hft_hidden){left - shown, display};
  }
  return id;
}

// Rests the remaining lots of an order of any kind in the book of the auction.
static hft_order_id join_auction(const hft_desk *desk, incoming *in, hft_qty left) {
  if (in->slot == HFT_NO_SLOT && !hft_slot_any(desk)) {
    hft_order_id id = {0, in->number};
    hft_report_order(desk, HFT_EVENT_EXPIRE, HFT_REASON_OPEN_ORDERS, id, &in->order, left);
    return id;
  }
  if (is_immediate(&in->order)) in->order.display = 0;
  return rest(desk,
              hft_instrument_auction_book(desk->model, desk->instrument_state, in->order.side), in,
              left);
}

// Whether an order takes the fast path, as most do: no rule but fees applies to it, it does not
// trade and it is shown whole. It needs only the last step of `place`, and `check_order` would
// accept it. The caller checks that there is a free slot.
static inline bool just_rests(const hft_desk *desk, const hft_book *book, const hft_order *order) {
  return desk->participant->plain && (order->tif == HFT_GTC || order->tif == HFT_POST_ONLY) &&
         order->display == 0 && order->qty >= 1 &&
         order->qty <= desk->model->config.order_qty_max &&
         hft_book_in_window(book, order->price) &&
         !hft_book_crosses(book, order->side, order->price);
}

// Trades an order that has passed all checks, and rests the lots left.
static hft_order_id place(const hft_desk *desk, incoming *in) {
  hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  hft_order_id id = {0, in->number};
  hft_qty left = in->order.qty;
  if (in_auction(desk)) return join_auction(desk, in, left);
  outcome end = match(desk, book, in, &left);
  if (end == MUST_HALT) {
    hft_auction_halt(desk, hft_book_best_price(book, hft_side_other(in->order.side)));
    id = join_auction(desk, in, left);
    hft_auction_publish(desk);
    return id;
  }
  if (left > 0 && end == MATCHED && !is_immediate(&in->order)) {
    id = rest(desk, book, in, left);
  } else {
    if (left > 0) {
      hft_reason why = end == MET_SELF ? HFT_REASON_SELF_TRADE : HFT_REASON_NONE;
      hft_report_order(desk, HFT_EVENT_EXPIRE, why, id, &in->order, left);
    }
    if (in->slot != HFT_NO_SLOT) hft_slot_release(desk, in->slot);
  }
  note_mid(desk, book);
  return id;
}

// ---- requests --------------------------------------------------------------------------------

// Counts a request and checks it against the limits on requests.
static inline hft_reason take_request(const hft_desk *desk) {
  desk->market->messages++;
  if (!regulated(desk) || !desk->model->rules.checks || desk->direct) return HFT_REASON_NONE;
  return hft_risk_request(desk);
}

static inline void count_order(const hft_desk *desk) {
  hft_instrument_accounts(desk->model, desk->instrument_state)[desk->self].order_count++;
}

// Submits an order of any kind. `reason`: the result of take_request.
static HFT_COLD hft_order_id submit(const hft_desk *desk, incoming *in, hft_reason reason) {
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  if (reason == HFT_REASON_NONE) reason = check_order(desk, book, in);
  if (reason == HFT_REASON_NONE) return place(desk, in);
  hft_refuse(desk, (hft_order_id){0, in->number}, &in->order, reason);
  if (in->slot != HFT_NO_SLOT) hft_slot_release(desk, in->slot);
  return NO_ORDER;
}

hft_order_id hft_exchange_submit(const hft_desk *desk, const hft_order *order) {
  hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  uint32_t number = hft_market_number(desk->market);
  count_order(desk);
  hft_reason reason = take_request(desk);
  if (HFT_LIKELY(just_rests(desk, book, order) && hft_slot_any(desk))) {
    const incoming in = {*order, number, hft_slot_take(desk), 0};
    hft_order_id id = enter(desk, book, &in, order->price, order->qty, order->qty);
    hft_instrument_note_mid(desk->instrument_state, book);
    return id;
  }
  incoming in = {*order, number, HFT_NO_SLOT, 0};
  return submit(desk, &in, reason);
}

// The slot of the order that a request names. HFT_NO_SLOT, with a rejection, if it is not live.
static inline uint32_t find_live(const hft_desk *desk, hft_order_id id) {
  uint32_t slot = hft_slot_find_resting(desk, id);
  if (HFT_UNLIKELY(slot == HFT_NO_SLOT)) {
    hft_refuse(desk, id, &(hft_order){0}, HFT_REASON_STALE_ORDER);
  }
  return slot;
}

// A participant over its message rate may still cancel and reduce. A killed one has no orders.
bool hft_exchange_cancel(const hft_desk *desk, hft_order_id id) {
  (void)take_request(desk);
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  bool has_auctions = desk->model->rules.has_auctions;
  hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  if (HFT_UNLIKELY(has_auctions)) book = book_of(desk, slot);
  take_out(desk, book, slot, HFT_REASON_REQUESTED);
  if (HFT_LIKELY(!has_auctions)) {
    hft_instrument_note_mid(desk->instrument_state, book);
  } else {
    note_mid(desk, book);
  }
  return true;
}

// Reduces an order, hidden lots first; it keeps its place in the queue.
static void shrink(const hft_desk *desk, hft_book *book, uint32_t slot, hft_qty by,
                   hft_reason reason) {
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  hft_qty seen = by;
  if ((resting->flags & HFT_RESTING_ICEBERG) != 0) {
    hft_hidden *hidden = &hft_instrument_hidden(desk->model, desk->instrument_state)[slot];
    hft_qty unseen = by < hidden->qty ? by : hidden->qty;
    hidden->qty -= unseen;
    seen -= unseen;
  }
  if (seen > 0) hft_book_reduce(book, slot, seen);
  hft_report_resting(desk, book, slot, HFT_EVENT_REDUCE, reason, by,
                     hft_book_order_qty(book, slot));
}

bool hft_exchange_reduce(const hft_desk *desk, hft_order_id id, hft_qty by) {
  (void)take_request(desk);
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return false;
  hft_book *book = book_of(desk, slot);
  if (by < 1) {
    hft_refuse(desk, id, &(hft_order){.qty = by}, HFT_REASON_ORDER_SIZE);
    return false;
  }
  if (by >= hft_resting_qty(desk, book, slot)) {
    take_out(desk, book, slot, HFT_REASON_REQUESTED);
  } else {
    shrink(desk, book, slot, by, HFT_REASON_REQUESTED);
  }
  note_mid(desk, book);
  return true;
}

// The request of a replacement.
typedef struct replacement {
  hft_order_id id;
  hft_price price;
  hft_qty qty;
  uint32_t number;   // promised to the owner together with the order's slot; 0: none was promised,
                     // and the new order has the next number
  uint32_t latency;  // ns that it has travelled
  hft_qty left;  // lots that would be left if none had traded on its way; 0: it was sent at once
} replacement;

// Whether a level would pass its size limit with `shown` more lots in place of the order of the
// slot.
static inline bool is_level_full(const hft_book *book, uint32_t slot, hft_price price,
                                 hft_qty shown) {
  int64_t total = (int64_t)hft_book_nodes(book)[price - book->price_min].qty + shown;
  if (HFT_LIKELY(total <= INT32_MAX)) return false;
  bool here = hft_book_order_price(book, slot) == price;
  return total - (here ? hft_book_order_qty(book, slot) : 0) > INT32_MAX;
}

// The checks of a new order that replaces the one in `in->slot`, whose lots do not count towards
// the limits. If they pass, nothing refuses the new order later: an order that trades and has lots
// left finds its own level empty.
static HFT_COLD hft_reason check_replacement(const hft_desk *desk, const hft_book *book,
                                             incoming *in) {
  const hft_book *seen = hft_instrument_book(desk->model, desk->instrument_state);
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[in->slot];
  hft_qty display = in->order.display;
  if (display > in->order.qty) in->order.display = in->order.qty;
  uint8_t flags = resting->flags;
  resting->flags |= HFT_RESTING_WAY;
  hft_reason reason = check_order(desk, seen, in);
  resting->flags = flags;
  in->order.display = display;
  if (reason != HFT_REASON_NONE) return reason;
  if (hft_book_crosses(seen, in->order.side, limit_of(desk, &in->order))) return reason;
  hft_price price = hft_auction_price(desk, &in->order);
  bool full = is_level_full(book, in->slot, price, shown_of(display, in->order.qty));
  return full ? HFT_REASON_LEVEL_FULL : HFT_REASON_NONE;
}

// The new order: the replacement with the side, kind and display of the old order.
static inline incoming renew(const hft_desk *desk, const hft_book *book, uint32_t slot,
                             const replacement *wanted) {
  const hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  bool iceberg = (resting->flags & HFT_RESTING_ICEBERG) != 0;
  return (incoming){
      {hft_book_order_side(book, slot), (hft_tif)resting->tif, wanted->price, wanted->qty,
       iceberg ? hft_instrument_hidden(desk->model, desk->instrument_state)[slot].display : 0},
      wanted->number,
      slot,
      wanted->latency};
}

// The checks of a replacement. `traded` lots have traded since it was sent and count towards its
// quantity. If they are all of it, in->order.qty becomes 0: the order just leaves.
static HFT_COLD hft_reason check_renewed(const hft_desk *desk, const hft_book *book, incoming *in,
                                         hft_qty traded) {
  if (in->order.qty > traded || traded <= 0) {
    in->order.qty -= traded;
    return check_replacement(desk, book, in);
  }
  hft_order shape = in->order;
  shape.display = 0;
  if (shape.tif == HFT_POST_ONLY) shape.tif = HFT_POST_SLIDE;  // it will not cross
  in->order.qty = 0;
  return check_shape(desk, book, &shape);
}

static hft_order_id replace(const hft_desk *desk, const replacement *wanted) {
  hft_reason reason = take_request(desk);
  hft_order_id id = wanted->id;
  uint32_t slot = find_live(desk, id);
  if (slot == HFT_NO_SLOT) return NO_ORDER;
  hft_book *book = book_of(desk, slot);
  hft_qty before = hft_resting_qty(desk, book, slot), qty = wanted->qty;
  bool promised = wanted->number != 0;
  hft_price resting_price = hft_book_order_price(book, slot);
  if (HFT_UNLIKELY(desk->model->rules.has_auctions)) {
    resting_price = hft_instrument_order_price(desk->model, book, slot);
  }
  if (!promised && wanted->price == resting_price && qty >= 1 && qty <= before) {
    if (qty < before) shrink(desk, book, slot, before - qty, HFT_REASON_REPLACED);
    note_mid(desk, book);
    return id;
  }
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[slot];
  incoming in = renew(desk, book, slot, wanted);
  bool simple =
      just_rests(desk, book, &in.order) && !is_level_full(book, slot, in.order.price, qty);
  if (HFT_UNLIKELY(!simple && reason == HFT_REASON_NONE)) {
    reason = check_renewed(desk, book, &in, promised ? wanted->left - before : 0);
  }
  if (HFT_UNLIKELY(reason != HFT_REASON_NONE)) {
    in.order.price = wanted->price;
    in.order.qty = qty;
    hft_refuse(desk, id, &in.order, reason);
    resting->flags &= (uint8_t)~HFT_RESTING_LEAVING;
    return id;
  }
  lift(desk, book, slot, HFT_REASON_REPLACED);
  if (HFT_UNLIKELY(in.order.qty == 0)) {
    hft_slot_release(desk, slot);
    note_mid(desk, book);
    return NO_ORDER;
  }
  if (!promised) in.number = hft_market_number(desk->market);
  count_order(desk);
  if (HFT_LIKELY(simple)) {
    id = enter(desk, book, &in, in.order.price, qty, qty);
    hft_instrument_note_mid(desk->instrument_state, book);
    return id;
  }
  note_mid(desk, book);
  resting->number = in.number;
  resting->flags = HFT_RESTING_WAY;
  return place(desk, &in);
}

hft_order_id hft_exchange_replace(const hft_desk *desk, hft_order_id id, hft_price price,
                                  hft_qty qty) {
  return replace(desk, &(replacement){.id = id, .price = price, .qty = qty});
}

void hft_exchange_arrive(const hft_desk *desk, const hft_request *request) {
  hft_time travelled = request->due - request->sent;
  uint32_t latency = travelled < UINT32_MAX ? (uint32_t)travelled : UINT32_MAX;
  switch ((hft_request_kind)request->kind) {
    case HFT_REQUEST_SUBMIT: {
      uint32_t slot = request->id.slot1 == 0 ? HFT_NO_SLOT : request->id.slot1 - 1;
      incoming in = {request->order, request->id.number, slot, latency};
      count_order(desk);
      (void)submit(desk, &in, take_request(desk));
      return;
    }
    case HFT_REQUEST_CANCEL:
      (void)hft_exchange_cancel(desk, request->id);
      return;
    case HFT_REQUEST_REDUCE:
      (void)hft_exchange_reduce(desk, request->id, request->order.qty);
      return;
    case HFT_REQUEST_REPLACE:
      (void)replace(desk, &(replacement){request->id, request->order.price, request->order.qty,
                                         request->number, latency, request->left});
      return;
  }
}
