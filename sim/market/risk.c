#include "sim/market/risk.h"

#include "sim/base/drawdown.h"

static hft_risk_state *risk_state_of(const hft_desk *desk) {
  return &hft_market_risk_states(desk->model, desk->market)[desk->self];
}

hft_reason hft_risk_request(const hft_desk *desk) {
  hft_risk_state *state = risk_state_of(desk);
  if (state->killed != 0) return HFT_REASON_KILLED;
  int64_t most = desk->model->rules.message_rate_max;
  if (most == 0) return HFT_REASON_NONE;
  int64_t second = desk->market->now / HFT_SECOND;
  if (second != state->second) {
    state->second = second;
    state->requests = 0;
  }
  return ++state->requests > most ? HFT_REASON_MESSAGE_RATE : HFT_REASON_NONE;
}

int64_t hft_risk_open_lots(const hft_desk *desk, hft_side side) {
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  const uint32_t *own =
      hft_instrument_own(desk->model, desk->instrument_state) + desk->participant->slot_base;
  const hft_book *book = hft_instrument_book(desk->model, desk->instrument_state);
  bool in_auction = hft_instrument_in_auction(desk->model, desk->instrument_state);
  int64_t total = 0;
  for (uint32_t k = hft_instrument_own_counts(desk->model, desk->instrument_state)[desk->self];
       k-- > 0;) {
    uint32_t slot = own[k];
    uint8_t flags = resting[slot].flags;
    if ((flags & HFT_RESTING_WAY) != 0) continue;
    if (in_auction) book = hft_instrument_book_of(desk->model, desk->instrument_state, slot);
    if (hft_book_order_side(book, slot) != side) continue;
    total += hft_book_order_qty(book, slot);
    if ((flags & HFT_RESTING_ICEBERG) == 0) continue;
    total += hft_instrument_hidden(desk->model, desk->instrument_state)[slot].qty;
  }
  return total;
}

// The value of all the owner's accounts, ticks x lots.
static double total_value(const hft_desk *desk) {
  double total = 0;
  for (int i = 0; i < desk->model->instrument_count; i++) {
    const hft_instrument_state *instrument_state = hft_market_instrument(desk->market, i);
    const hft_account *account =
        &hft_instrument_accounts(desk->model, instrument_state)[desk->self];
    total += hft_account_value(account, 0.5 * (double)instrument_state->mid2);
  }
  return total;
}

bool hft_risk_kills(const hft_desk *desk) {
  hft_risk_state *state = risk_state_of(desk);
  if (state->killed != 0) return false;
  double fall = hft_peak_note(&state->best_value, total_value(desk));
  if (fall <= desk->model->rules.max_drawdown) return false;
  state->killed = 1;
  return true;
}

hft_reason hft_risk_order(const hft_desk *desk, const hft_order *order) {
  const hft_rules *rules = &desk->model->rules;
  const hft_account *account =
      &hft_instrument_accounts(desk->model, desk->instrument_state)[desk->self];
  if (rules->max_inventory == 0 && rules->max_position_value == 0) return HFT_REASON_NONE;
  int64_t position = hft_side_sign(order->side) * account->position;
  int64_t after = position + hft_risk_open_lots(desk, order->side) + order->qty;
  if (rules->max_inventory > 0 && after > rules->max_inventory) return HFT_REASON_POSITION;
  double value = 0.5 * (double)after * (double)desk->instrument_state->mid2;
  if (rules->max_position_value > 0 && value > rules->max_position_value) {
    return HFT_REASON_POSITION_VALUE;
  }
  return HFT_REASON_NONE;
}
