#include "sim/market/close.h"

#include "sim/base/check.h"
#include "sim/market/auction.h"
#include "sim/market/ladder.h"
#include "sim/market/report.h"

int64_t hft_close_depth(const hft_desk *desk, hft_side side) {
  return hft_ladder_measure(desk, side, NULL).depth;
}

void hft_depth_note(hft_depth *depth, const hft_desk *desk) {
  for (int side = 0; side < 2; side++) {
    int64_t seen = hft_close_depth(desk, (hft_side)side);
    if (seen > 0) depth->side[side] = seen;
  }
}

// ---- closing -----------------------------------------------------------------------------------

static hft_price window_end(const hft_desk *desk, hft_side side) {
  const hft_instrument *instrument = &desk->model->instrument;
  return side == HFT_BID ? instrument->price_max : instrument->price_min;
}

static hft_price within(int64_t price, const hft_instrument *instrument) {
  if (price < instrument->price_min) return instrument->price_min;
  return price < instrument->price_max ? (hft_price)price : instrument->price_max;
}

// Trades with the book, but not at a price that would halt trading. Returns the lots traded.
static int64_t trade(const hft_desk *desk, hft_side side, int64_t lots) {
  hft_price limit = window_end(desk, side);
  if (desk->model->rules.halt_milli_bps != 0) {
    const hft_auction *auction = hft_instrument_auction(desk->model, desk->instrument_state);
    limit = within(side == HFT_BID ? auction->high : auction->low, &desk->model->instrument);
  }
  const hft_account *account = hft_desk_account(desk);
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  int64_t done = 0, most = desk->model->config.order_qty_max;
  while (done < lots) {
    // A best price beyond the other edge of the band would halt trading as well.
    hft_price best = hft_book_best_price(book, hft_side_other(side));
    if (desk->model->rules.halt_milli_bps != 0 && !hft_auction_allows(desk, best)) break;
    int64_t qty = lots - done < most ? lots - done : most, before = account->position;
    hft_desk_submit(desk, &(hft_order){side, HFT_IOC, limit, (hft_qty)qty, 0});
    int64_t traded = hft_side_sign(side) * (account->position - before);
    done += traded;
    if (traded < qty) break;
  }
  return done;
}

// Transfers at.lots between the owner and the exchange, `each` of them at every price from at.price
// on, and all that are left at the end of the window.
static void transfer_part(const hft_desk *desk, hft_side side, hft_rung at, int64_t each,
                          hft_reason reason) {
  int sign = hft_side_sign(side);
  int64_t steps = at.lots / each, room = sign * (int64_t)(window_end(desk, side) - at.price);
  if (steps > room) steps = room;
  int64_t rest = at.lots - steps * each;
  int64_t notional = each * (steps * at.price + sign * (steps * (steps - 1) / 2)) +
                     rest * (at.price + sign * steps);
  hft_tape *tape = &desk->instrument_state->tape;
  hft_account *account = &hft_instrument_accounts(desk->model, desk->instrument_state)[desk->self];
  int64_t fee = hft_fee_on(&desk->model->rules.taker_fee, notional, at.lots);
  account->position += sign * at.lots;
  account->transferred += sign * at.lots;
  account->cash -= sign * notional;
  account->fees += fee;
  account->taker_edge2 += sign * (at.lots * desk->instrument_state->mid2 - 2 * notional);
  tape->transferred -= sign * at.lots;
  tape->transferred_cash += sign * notional;
  tape->fees += fee;
  if (reason == HFT_REASON_UNFILLED) account->unfilled += at.lots;
  hft_report(desk, (hft_event){.kind = HFT_EVENT_TRANSFER,
                               .reason = (uint8_t)reason,
                               .owner = desk->self,
                               .taker_owner = HFT_OWNER_NONE,
                               .side = (uint8_t)side,
                               .price = at.price,
                               .qty = (hft_qty)at.lots,
                               .left = (hft_qty)(each < at.lots ? each : at.lots)});
}

// transfer_part of any number of lots, in events of at most INT32_MAX.
static void transfer(const hft_desk *desk, hft_side side, hft_rung at, int64_t each,
                     hft_reason reason) {
  if (each > INT32_MAX) each = INT32_MAX;
  while (at.lots > 0) {
    hft_rung part = {at.price, INT32_MAX / each * each};
    if (part.lots > at.lots) part.lots = at.lots;
    transfer_part(desk, side, part, each, reason);
    at.lots -= part.lots;
    if (reason != HFT_REASON_UNFILLED) continue;
    int64_t next = at.price + hft_side_sign(side) * (part.lots / each);
    at.price = within(next, &desk->model->instrument);
  }
}

// The price beyond which lots are transferred if the side is empty.
static hft_price beyond_all(const hft_desk *desk, hft_side side) {
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  int sign = hft_side_sign(side);
  int64_t mid2 = desk->instrument_state->mid2;
  hft_price from = (hft_price)((mid2 + (side == HFT_BID)) / 2);  // rounded against the owner
  hft_price others[2] = {hft_book_best_price(book, side), desk->instrument_state->tape.last_price};
  for (int i = 0; i < 2; i++) {
    if (others[i] != 0 && sign * (others[i] - from) > 0) from = others[i];
  }
  return from;
}

// The lots closed before on this side while the book stood still.
static hft_close_record *close_record_of(const hft_desk *desk, hft_side side, int64_t depth_seen) {
  hft_close_record *close_record = &desk->instrument_state->close_record;
  hft_time now = desk->market->now;
  bool trades = hft_instrument_phase(desk->model, desk->instrument_state) == HFT_PHASE_CONTINUOUS;
  if (trades && close_record->at != now) *close_record = (hft_close_record){.at = now};
  if (close_record->depth[side] > 0) return close_record;
  hft_ladder_shape s = hft_ladder_measure(desk, hft_side_other(side), NULL);
  if (s.depth == 0) s = (hft_ladder_shape){beyond_all(desk, side), depth_seen > 0 ? depth_seen : 1};
  close_record->last[side] = s.last;
  close_record->depth[side] = s.depth;
  return close_record;
}

// Transfers lots beyond the last level, after the first `before` of them.
static void transfer_beyond_book(const hft_desk *desk, hft_side side,
                                 const hft_close_record *close_record, int64_t before,
                                 int64_t lots) {
  int64_t depth = close_record->depth[side], first = close_record->last[side] + hft_side_sign(side);
  for (int64_t part; lots > 0; lots -= part, before += part) {
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): close_record_of sets a depth of at least 1
    int64_t price = first + hft_side_sign(side) * (before / depth), gone = before % depth;
    part = gone > 0 && depth - gone < lots ? depth - gone : lots;
    const hft_rung beyond = {within(price, &desk->model->instrument), part};
    transfer(desk, side, beyond, gone > 0 ? part : depth, HFT_REASON_UNFILLED);
  }
}

hft_closing hft_close_lots(const hft_desk *of, hft_side side, int64_t lots, int64_t depth_seen) {
  HFT_CHECK(lots >= 0);
  hft_desk at = *of;
  at.direct = true;
  const hft_desk *desk = &at;
  hft_desk_cancel_all(desk);
  hft_closing closing = {0};
  if (lots == 0) return closing;
  hft_close_record *close_record = close_record_of(desk, side, depth_seen);
  if (hft_instrument_phase(desk->model, desk->instrument_state) == HFT_PHASE_CONTINUOUS) {
    closing.traded = trade(desk, side, lots);
  }
  int64_t left = lots - closing.traded, gone = close_record->lots[side];
  close_record->lots[side] += left;
  hft_ladder l = hft_ladder_begin(desk, hft_side_other(side), NULL);
  for (hft_rung r; left > 0 && hft_ladder_next(&l, &r);) {
    int64_t skipped = gone < r.lots ? gone : r.lots;
    gone -= skipped;
    r.lots -= skipped;
    if (r.lots > left) r.lots = left;
    if (r.lots == 0) continue;
    transfer(desk, side, r, r.lots, HFT_REASON_NO_TRADING);
    closing.transferred += r.lots;
    left -= r.lots;
  }
  closing.unfilled = left;
  transfer_beyond_book(desk, side, close_record, gone, left);
  return closing;
}

hft_closing hft_close_position(const hft_desk *desk, int64_t position, const hft_depth *depth) {
  hft_side side = position < 0 ? HFT_BID : HFT_ASK;
  return hft_close_lots(desk, side, position < 0 ? -position : position,
                        depth->side[hft_side_other(side)]);
}
