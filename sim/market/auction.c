#include "sim/market/auction.h"

#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/report.h"
#include "sim/market/schedule.h"
#include "sim/market/settle.h"
#include "sim/market/slots.h"

static hft_auction *auction_of(const hft_desk *desk) {
  return hft_instrument_auction(desk->model, desk->instrument_state);
}

static hft_book *book_of(const hft_desk *desk, hft_side side) {
  return hft_instrument_auction_book(desk->model, desk->instrument_state, side);
}

static hft_time earlier(hft_time a, hft_time b) {
  return a < b ? a : b;
}

// The start of the closing auction.
static hft_time closing_time(const hft_desk *desk) {
  if (desk->model->rules.closing == 0) return HFT_TIME_NEVER;
  return desk->model->instrument.duration - desk->model->rules.closing;
}

// ---- what would trade ------------------------------------------------------------------------

// A range of prices.
typedef struct bounds {
  int32_t low, high;
} bounds;

static int32_t clamp(int32_t tick, bounds within) {
  if (tick < within.low) return within.low;
  return tick < within.high ? tick : within.high;
}

// The prices within a distance of price2 / 2.
static bounds band(int64_t price2, int64_t milli_bps) {
  int64_t width2 = price2 * milli_bps / 10000000;
  return (bounds){(int32_t)((price2 - width2 + 1) / 2), (int32_t)((price2 + width2) / 2)};
}

// The allowed prices. The mid does not move during an auction, so it is the mid before it.
static bounds collar_of(const hft_desk *desk) {
  const hft_instrument *instrument = &desk->model->instrument;
  bounds all = {instrument->price_min, instrument->price_max};
  if (desk->model->rules.collar_milli_bps == 0) return all;
  bounds collar = band(desk->instrument_state->mid2, desk->model->rules.collar_milli_bps);
  return (bounds){clamp(collar.low, all), clamp(collar.high, all)};
}

static int32_t lesser(int32_t a, int32_t b) {
  return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b) {
  return a > b ? a : b;
}

// The range of prices to choose from, in ticks of the auction's books. Without market orders
// nothing trades outside best ask to best bid. With them the range goes from the lowest to the
// highest of all limits and the mid.
static bounds choices(const hft_book *bids, const hft_book *asks, int32_t middle) {
  int32_t last = (int32_t)bids->ticks - 1, low = asks->best[HFT_ASK], high = bids->best[HFT_BID];
  if (low == 0) {
    low = lesser(hft_book_above(bids, 0), hft_book_above(asks, 0));
    low = lesser(low, middle);
  }
  if (high == last) {
    high = greater(hft_book_below(bids, (uint32_t)last), hft_book_below(asks, (uint32_t)last));
    high = greater(high, middle);
  }
  return (bounds){low, high};
}

// The best prices found so far.
typedef struct finding {
  int64_t qty, surplus;
  bounds at;          // the prices, all with this qty and surplus
  bool bids_over;     // bids are left over at the lowest of them
  int32_t asks_over;  // asks are left over from this price on
} finding;

// Considers the prices from `first` to `last`, which all trade the same. The prices that trade most
// and leave the least surplus are adjacent: demand falls and supply grows with the price.
static void consider(finding *best, int32_t first, int32_t last, int64_t bid_qty, int64_t ask_qty) {
  int64_t qty = bid_qty < ask_qty ? bid_qty : ask_qty;
  int64_t surplus = bid_qty > ask_qty ? bid_qty - ask_qty : ask_qty - bid_qty;
  if (qty < best->qty || (qty == best->qty && surplus > best->surplus)) return;
  if (qty > best->qty || surplus < best->surplus) {
    *best = (finding){qty, surplus, {first, last}, bid_qty > ask_qty, INT32_MAX};
  }
  best->at.high = last;
  if (ask_qty > bid_qty) best->asks_over = lesser(best->asks_over, first);
}

// Chooses among prices with the same quantity and surplus. If the surplus is on one side, the price
// farthest in its direction; if it changes sides, one of the two prices where it does; without a
// surplus, any. Of the remaining choices the one nearest to the mid.
static int32_t choose(const finding *best, int32_t middle) {
  bool bids_over = best->bids_over, asks_over = best->asks_over <= best->at.high;
  if (bids_over != asks_over) return bids_over ? best->at.high : best->at.low;
  if (!bids_over) return clamp(middle, best->at);
  return clamp(middle, (bounds){best->asks_over - 1, best->asks_over});
}

// The indication if nothing trades: the market orders, which only one side can have, are the
// surplus.
static hft_indication one_sided(const hft_book *bids, const hft_book *asks) {
  hft_indication found = {.side = HFT_SIDE_NONE};
  int64_t buys = hft_book_nodes(bids)[bids->ticks - 1].qty, sells = hft_book_nodes(asks)[0].qty;
  found.surplus = buys > 0 ? buys : sells;
  if (found.surplus > 0) found.side = buys > 0 ? HFT_BID : HFT_ASK;
  return found;
}

// Counts the work of looking at orders.
static void reckon(const hft_desk *desk, uint64_t orders) {
  desk->market->auction_work += orders;
}

// The price that trades most; among several the one with the least surplus; among these the highest
// with a surplus of bids or the lowest with a surplus of asks, so that nobody who would have paid
// more, or accepted less, is left over. If both exist, or no price leaves a surplus, the one
// nearest to the mid, the lower of two. Euronext and Xetra determine auction prices in this way
// (Xetra Market Model Equities, "Price determination in auctions"; Euronext Trading Manual,
// "Determination of the auction price").
static hft_indication indicate(const hft_desk *desk) {
  const hft_book *bids = book_of(desk, HFT_BID), *asks = book_of(desk, HFT_ASK);
  if (asks->best[HFT_ASK] > bids->best[HFT_BID]) return one_sided(bids, asks);
  reckon(desk, (uint64_t)bids->live + asks->live);
  const bounds prices = collar_of(desk);
  const bounds collar = {prices.low - bids->price_min, prices.high - bids->price_min};
  int32_t middle = clamp((int32_t)(desk->instrument_state->mid2 / 2) - bids->price_min, collar);
  bounds range = choices(bids, asks, middle);
  range = (bounds){clamp(range.low, collar), clamp(range.high, collar)};
  int64_t bid_qty = 0, ask_qty = 0;  // lots of each side that would trade at the tick
  int32_t tick = bids->best[HFT_BID];
  for (; tick >= range.low; tick = hft_book_below(bids, (uint32_t)tick)) {
    bid_qty += hft_resting_lots_at(desk, bids, tick);
  }
  for (tick = asks->best[HFT_ASK]; tick <= range.low; tick = hft_book_above(asks, (uint32_t)tick)) {
    ask_qty += hft_resting_lots_at(desk, asks, tick);
  }
  finding best = {.surplus = INT64_MAX};
  for (tick = range.low;;) {
    consider(&best, tick, tick, bid_qty, ask_qty);
    bid_qty -= hft_resting_lots_at(desk, bids, tick);
    int32_t next =
        lesser(hft_book_above(bids, (uint32_t)tick), hft_book_above(asks, (uint32_t)tick));
    int32_t last = lesser(next - 1, range.high);
    if (last > tick) consider(&best, tick + 1, last, bid_qty, ask_qty);
    if (next > range.high) break;
    tick = next;
    ask_qty += hft_resting_lots_at(desk, asks, tick);
  }
  if (best.qty == 0) return one_sided(bids, asks);
  int32_t at = choose(&best, middle);
  hft_side over = at < best.asks_over ? HFT_BID : HFT_ASK;
  return (hft_indication){bids->price_min + at, best.surplus > 0 ? over : HFT_SIDE_NONE, best.qty,
                          best.surplus};
}

// ---- phases ----------------------------------------------------------------------------------

// Sets the next time in the schedule.
static void set_timer(const hft_desk *desk) {
  const hft_auction *auction = auction_of(desk);
  hft_time next = HFT_TIME_NEVER;
  if (hft_instrument_in_auction(desk->model, desk->instrument_state)) {
    next = earlier(auction->ends, auction->publishes);
  } else if (auction->phase == HFT_PHASE_CONTINUOUS) {
    next = earlier(closing_time(desk), auction->renews);
  }
  hft_schedule_set_auction(desk->model, desk->market, desk->instrument, next);
}

// Sets the band of halts around a reference price, and the time of its renewal.
static void set_reference(const hft_desk *desk, int64_t price2) {
  const hft_rules *rules = &desk->model->rules;
  hft_auction *auction = auction_of(desk);
  auction->renews = HFT_TIME_NEVER;
  if (rules->halt_milli_bps == 0) return;
  const bounds allowed = band(price2, rules->halt_milli_bps);
  auction->low = allowed.low;
  auction->high = allowed.high;
  auction->renews = (desk->market->now / rules->halt_reference + 1) * rules->halt_reference;
}

// Begins a phase. `price`: of the trade that caused the halt, else 0.
static void enter(const hft_desk *desk, hft_phase phase, hft_price price) {
  auction_of(desk)->phase = phase;
  if (phase == HFT_PHASE_CONTINUOUS || phase == HFT_PHASE_CLOSED) {
    desk->instrument_state->close_record = (hft_close_record){0};
  }
  hft_report(desk, (hft_event){.kind = HFT_EVENT_PHASE,
                               .reason = (uint8_t)phase,
                               .owner = HFT_OWNER_NONE,
                               .taker_owner = HFT_OWNER_NONE,
                               .price = price});
}

static const hft_indication nothing = {.side = HFT_SIDE_NONE};

static hft_qty clamped(int64_t lots) {
  return lots < INT32_MAX ? (hft_qty)lots : INT32_MAX;
}

static void publish(const hft_desk *desk, hft_indication indication) {
  auction_of(desk)->indication = indication;
  hft_report(desk, (hft_event){.kind = HFT_EVENT_IMBALANCE,
                               .owner = HFT_OWNER_NONE,
                               .taker_owner = HFT_OWNER_NONE,
                               .side = (uint8_t)indication.side,
                               .price = indication.price,
                               .qty = clamped(indication.qty),
                               .left = clamped(indication.surplus)});
}

void hft_auction_publish(const hft_desk *desk) {
  publish(desk, indicate(desk));
}

// Moves the orders of a side into the book of the auction, in the order of their queues.
static void gather(const hft_desk *desk, hft_side side) {
  hft_book *from = hft_instrument_book(desk->model, desk->instrument_state),
           *to = book_of(desk, side);
  for (uint32_t slot; (slot = hft_book_front(from, side)) != HFT_NO_SLOT;) {
    hft_price price = hft_book_order_price(from, slot);
    hft_qty qty = hft_book_order_qty(from, slot);
    hft_book_remove(from, slot);
    HFT_CHECK(hft_book_insert(to, slot, side, price, qty));
  }
}

// Copies the levels of the book, for closing positions during the auction.
static void keep_book(const hft_desk *desk) {
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  int64_t *before = hft_instrument_before(desk->model, desk->instrument_state);
  hft_auction *auction = auction_of(desk);
  memset(before, 0, book->ticks * sizeof *before);
  desk->instrument_state->close_record = (hft_close_record){0};
  for (int side = 0; side < 2; side++) {
    auction->before_best[side] = book->best[side];
    hft_walk walk = hft_book_walk_begin(book, (hft_side)side);
    while (hft_book_walk(book, (hft_side)side, &walk)) {
      before[walk.tick] = hft_resting_lots_at(desk, book, walk.tick);
    }
  }
}

// Begins an auction with the resting orders. The caller publishes the first indication.
static void begin_auction(const hft_desk *desk, hft_phase phase, hft_time ends, hft_price price) {
  hft_auction *auction = auction_of(desk);
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  // Clearing 32 ticks of the window takes the time of one order.
  reckon(desk, 2 * (uint64_t)book->live + book->ticks / 32);
  if (auction->phase != HFT_PHASE_HALTED) keep_book(desk);
  gather(desk, HFT_BID);
  gather(desk, HFT_ASK);
  hft_time random = desk->model->rules.random;
  if (random > 0 && (phase != HFT_PHASE_HALTED || ends < closing_time(desk))) {
    ends -= (hft_time)(hft_uniform(&auction->rng) * (double)random);
  }
  auction->ends = ends > desk->market->now ? ends : desk->market->now;
  auction->publishes = desk->market->now + desk->model->rules.publish;
  enter(desk, phase, price);
}

static void begin_published(const hft_desk *desk, hft_phase phase, hft_time ends) {
  begin_auction(desk, phase, ends, 0);
  hft_auction_publish(desk);
}

// ---- the uncross -----------------------------------------------------------------------------

// Trades `left` lots at one price, in price-time priority on both sides.
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

// Whether an order expires at the uncross, and the reason: it is an IOC order, or its limit is
// beyond the collar, where it could cross an order that the collar has kept from trading.
static bool expires(const hft_desk *desk, const hft_book *book, uint32_t slot, hft_side side,
                    hft_reason *reason) {
  *reason = HFT_REASON_NONE;
  if (hft_instrument_resting(desk->model, desk->instrument_state)[slot].tif == HFT_IOC) return true;
  if (desk->model->rules.collar_milli_bps == 0) return false;
  const bounds collar = collar_of(desk);
  hft_price price = hft_book_order_price(book, slot);
  *reason = HFT_REASON_COLLAR;
  return side == HFT_BID ? price > collar.high : price < collar.low;
}

// Moves the orders that are left to the visible book, where they do not cross, or lets them expire.
// The mid has not moved yet, so the collar is still that of the auction.
static void release(const hft_desk *desk, hft_side side) {
  hft_book *from = book_of(desk, side),
           *to = hft_instrument_book(desk->model, desk->instrument_state);
  for (uint32_t slot; (slot = hft_book_front(from, side)) != HFT_NO_SLOT;) {
    hft_price price = hft_book_order_price(from, slot);
    hft_qty qty = hft_book_order_qty(from, slot);
    hft_reason reason;
    bool leaves = expires(desk, from, slot, side, &reason);
    if (leaves) {
      hft_report_resting(desk, from, slot, HFT_EVENT_EXPIRE, reason,
                         hft_resting_qty(desk, from, slot), 0);
    }
    hft_book_remove(from, slot);
    if (leaves) {
      hft_slot_release(desk, slot);
    } else {
      HFT_CHECK(hft_book_insert(to, slot, side, price, qty));
    }
  }
}

// Trades at the auction price. A second round trades something only if a refreshed part of an
// iceberg was refused because its level was full.
static void uncross(const hft_desk *desk) {
  hft_indication found = indicate(desk);
  publish(desk, found);
  hft_price price = found.price;
  while (found.qty > 0) {
    trade(desk, found.price, found.qty);
    found = indicate(desk);
  }
  reckon(desk, (uint64_t)book_of(desk, HFT_BID)->live + book_of(desk, HFT_ASK)->live);
  release(desk, HFT_BID);
  release(desk, HFT_ASK);
  hft_auction *auction = auction_of(desk);
  auction->indication = nothing;
  hft_instrument_state *instrument_state = desk->instrument_state;
  if (price != 0) instrument_state->mid2 = 2 * (int64_t)price;
  bool marks = auction->phase == HFT_PHASE_CLOSING && price != 0;  // for good
  if (!marks)
    hft_instrument_note_mid(instrument_state, hft_instrument_book(desk->model, instrument_state));
  set_reference(desk, price != 0 ? 2 * (int64_t)price : instrument_state->mid2);
}

// Ends an auction. A halt that would end during the closing auction becomes it.
static void end_auction(const hft_desk *desk) {
  hft_phase phase = auction_of(desk)->phase;
  if (phase == HFT_PHASE_HALTED && desk->market->now >= closing_time(desk)) {
    begin_published(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration);
    return;
  }
  uncross(desk);
  enter(desk, phase == HFT_PHASE_CLOSING ? HFT_PHASE_CLOSED : HFT_PHASE_CONTINUOUS, 0);
}

// ---- entry points ----------------------------------------------------------------------------

void hft_auction_open(const hft_desk *desk) {
  const hft_market *market = desk->market;
  uint32_t stream = HFT_STREAM_AUCTIONS + desk->instrument;
  *auction_of(desk) = (hft_auction){.rng = hft_rng_stream(market->seed, market->env, stream),
                                    .indication = nothing};
  set_reference(desk, desk->instrument_state->mid2);
  if (desk->model->rules.opening > 0) {
    begin_published(desk, HFT_PHASE_OPENING, desk->model->rules.opening);
  } else if (closing_time(desk) == 0) {
    begin_published(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration);
  } else {
    enter(desk, HFT_PHASE_CONTINUOUS, 0);
  }
  set_timer(desk);
}

void hft_auction_halt(const hft_desk *desk, hft_price price) {
  hft_time ends = earlier(desk->market->now + desk->model->rules.halt, closing_time(desk));
  begin_auction(desk, HFT_PHASE_HALTED, ends, price);
  set_timer(desk);
}

void hft_auction_wake(const hft_desk *desk) {
  hft_auction *auction = auction_of(desk);
  hft_time now = desk->market->now;
  if (auction->phase == HFT_PHASE_CONTINUOUS) {
    if (now >= auction->renews) set_reference(desk, desk->instrument_state->mid2);
    if (now >= closing_time(desk)) {
      begin_published(desk, HFT_PHASE_CLOSING, desk->model->instrument.duration);
    }
  } else if (now >= auction->ends) {
    end_auction(desk);
  } else {
    hft_auction_publish(desk);
    auction->publishes = now + desk->model->rules.publish;
  }
  set_timer(desk);
}
