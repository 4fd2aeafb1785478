#include "sim/market/settle.h"

#include "sim/market/report.h"
#include "sim/market/slots.h"

// Books a fill to an account. Returns twice the spread captured against the mid, ticks x lots.
static hft_cash book_fill(hft_account *account, hft_side side, const hft_fill *fill, int64_t mid2) {
  int64_t signed_qty = (int64_t)hft_side_sign(side) * fill->qty;
  account->position += signed_qty;
  account->cash -= signed_qty * fill->price;
  account->fill_count++;
  account->bought += side == HFT_BID ? fill->qty : 0;
  account->sold += side == HFT_BID ? 0 : fill->qty;
  return signed_qty * (mid2 - 2 * (int64_t)fill->price);
}

// An account pays its fee to the exchange.
static inline void charge(hft_tape *tape, hft_account *account, const hft_fee *fee,
                          const hft_fill *fill) {
  int64_t due = hft_fee_of(fee, fill->price, fill->qty);
  account->fees += due;
  tape->fees += due;
}

static void note_on_tape(hft_tape *tape, hft_side side, const hft_fill *fill) {
  tape->trade_count++;
  tape->notional += (int64_t)fill->qty * fill->price;
  tape->last_price = fill->price;
  tape->buy_qty += side == HFT_BID ? fill->qty : 0;
  tape->sell_qty += side == HFT_BID ? 0 : fill->qty;
}

// An auction has no taker: half of the lots count as bought and half as sold, an odd lot in turns.
static void note_auction(hft_tape *tape, const hft_fill *fill) {
  hft_fill bought = *fill;
  bought.qty = (hft_qty)((fill->qty + (tape->trade_count & 1)) / 2);
  note_on_tape(tape, HFT_ASK, fill);
  tape->buy_qty += bought.qty;
  tape->sell_qty -= bought.qty;
}

static inline bool hears(const hft_desk *desk, hft_owner owner) {
  return desk->model->participant[owner].agent_class->fill != NULL;
}

static void tell_fill(const hft_desk *desk, hft_owner owner, const hft_event *event) {
  const hft_participant *participant = &desk->model->participant[owner];
  if (participant->agent_class->fill == NULL) return;
  hft_desk door = *desk;
  if (owner != desk->self) door.wake = NULL;
  door.self = owner;
  door.participant = participant;
  door.direct = false;
  participant->agent_class->fill(
      participant->params, hft_market_state_of(desk->model, desk->market, owner), &door, event);
}

// Shows the next part of an iceberg at the end of the queue; false if nothing is left.
static bool refresh(const hft_desk *desk, hft_book *book, hft_side side, const hft_fill *fill) {
  hft_resting *resting = &hft_instrument_resting(desk->model, desk->instrument_state)[fill->slot];
  hft_hidden *hidden = &hft_instrument_hidden(desk->model, desk->instrument_state)[fill->slot];
  hft_qty qty = hidden->qty < hidden->display ? hidden->qty : hidden->display;
  if (qty == 0) return false;
  hft_qty ahead = hft_book_level(book, fill->price).qty;
  if (!hft_book_insert(book, fill->slot, side, fill->price, qty)) {
    hft_report(desk, (hft_event){.kind = HFT_EVENT_REJECT,
                                 .reason = HFT_REASON_LEVEL_FULL,
                                 .order = {fill->slot + 1, resting->number},
                                 .owner = resting->owner,
                                 .taker_owner = HFT_OWNER_NONE,
                                 .side = (uint8_t)side,
                                 .price = fill->price,
                                 .qty = hidden->qty});
    return false;
  }
  hidden->qty -= qty;
  resting->ahead = ahead;
  resting->entered = desk->market->now;
  hft_report_resting(desk, book, fill->slot, HFT_EVENT_ADD, HFT_REASON_REFRESHED, qty, 0);
  return true;
}

// After a fill of a resting order: if no lots are shown any more, refreshes it or frees its slot.
static inline void take_from(const hft_desk *desk, hft_book *book, hft_side side,
                             const hft_fill *fill) {
  if (fill->left > 0) return;
  uint8_t flags = hft_instrument_resting(desk->model, desk->instrument_state)[fill->slot].flags;
  bool iceberg = (flags & HFT_RESTING_ICEBERG) != 0;
  if (!iceberg || !refresh(desk, book, side, fill)) hft_slot_release(desk, fill->slot);
}

void hft_settle(const hft_desk *desk, hft_book *book, const hft_taking *taking,
                const hft_fill *fill) {
  hft_market *market = desk->market;
  hft_account *accounts = hft_instrument_accounts(desk->model, desk->instrument_state);
  const hft_resting maker = hft_instrument_resting(desk->model, desk->instrument_state)[fill->slot];
  hft_side maker_side = hft_side_other(taking->side);
  hft_account *making = &accounts[maker.owner], *taker = &accounts[desk->self];
  making->maker_edge2 += book_fill(making, maker_side, fill, taking->mid2);
  taker->taker_edge2 += book_fill(taker, taking->side, fill, taking->mid2);
  making->maker_qty += fill->qty;
  taker->taker_qty += fill->qty;
  if (desk->model->has_fees) {
    charge(&desk->instrument_state->tape, making, &desk->model->rules.maker_fee, fill);
    charge(&desk->instrument_state->tape, taker, &desk->model->rules.taker_fee, fill);
  }
  note_on_tape(&desk->instrument_state->tape, taking->side, fill);
  if (!hft_report_begin(desk) && !hears(desk, maker.owner) && !hears(desk, desk->self)) {
    take_from(desk, book, maker_side, fill);
    return;
  }
  const hft_event event = {.time = market->now,
                           .sequence = market->event_sequence,
                           .kind = HFT_EVENT_TRADE,
                           .order = {fill->slot + 1, maker.number},
                           .taker = {0, taking->number},
                           .rested = market->now - maker.entered,
                           .ahead = maker.ahead,
                           .latency = maker.latency,
                           .taker_latency = taking->latency,
                           .owner = maker.owner,
                           .taker_owner = desk->self,
                           .side = (uint8_t)maker_side,
                           .price = fill->price,
                           .qty = fill->qty,
                           .left = fill->left,
                           .instrument = desk->instrument};
  if (desk->sink != NULL) hft_report_tell(desk, event);
  take_from(desk, book, maker_side, fill);
  tell_fill(desk, maker.owner, &event);
  if (desk->self != maker.owner) tell_fill(desk, desk->self, &event);
}

void hft_settle_auction(const hft_desk *desk, hft_price price, const hft_fill *bid,
                        const hft_fill *ask) {
  const hft_model *model = desk->model;
  hft_instrument_state *instrument_state = desk->instrument_state;
  hft_account *accounts = hft_instrument_accounts(model, instrument_state);
  const hft_fill *part[2] = {bid, ask};
  const hft_fill fill = {.price = price, .qty = bid->qty};
  hft_resting order[2];
  for (int side = 0; side < 2; side++) {
    order[side] = hft_instrument_resting(model, instrument_state)[part[side]->slot];
    hft_account *account = &accounts[order[side].owner];
    account->maker_edge2 += book_fill(account, (hft_side)side, &fill, instrument_state->mid2);
    account->maker_qty += fill.qty;
    if (model->has_fees) charge(&instrument_state->tape, account, &model->rules.maker_fee, &fill);
  }
  note_auction(&instrument_state->tape, &fill);
  const hft_event event = {.time = desk->market->now,
                           .sequence = desk->market->event_sequence + 1,
                           .kind = HFT_EVENT_TRADE,
                           .reason = HFT_REASON_AUCTION,
                           .order = {bid->slot + 1, order[HFT_BID].number},
                           .taker = {ask->slot + 1, order[HFT_ASK].number},
                           .rested = desk->market->now - order[HFT_BID].entered,
                           .ahead = order[HFT_BID].ahead,
                           .latency = order[HFT_BID].latency,
                           .taker_latency = order[HFT_ASK].latency,
                           .owner = order[HFT_BID].owner,
                           .taker_owner = order[HFT_ASK].owner,
                           .side = HFT_BID,
                           .price = price,
                           .qty = fill.qty,
                           .left = bid->left,
                           .instrument = desk->instrument};
  hft_report(desk, event);
  for (int side = 0; side < 2; side++) {
    hft_book *book = hft_instrument_auction_book(model, instrument_state, (hft_side)side);
    take_from(desk, book, (hft_side)side, part[side]);
  }
  tell_fill(desk, event.owner, &event);
  if (event.taker_owner != event.owner) tell_fill(desk, event.taker_owner, &event);
}
