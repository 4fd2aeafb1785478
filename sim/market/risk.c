#include "sim/market/risk.h"

static hft_conduct *conduct_of(const hft_desk *desk) {
  return &hft_market_conducts(desk->model, desk->market)[desk->self];
}

hft_reason hft_risk_request(const hft_desk *desk) {
  hft_conduct *conduct = conduct_of(desk);
  if (conduct->killed != 0) return HFT_REASON_KILLED;
  int64_t most = desk->model->rules.message_rate_max;
  if (most == 0) return HFT_REASON_NONE;
  int64_t second = desk->market->now / HFT_SECOND;
  if (second != conduct->second) {
    conduct->second = second;
    conduct->requests = 0;
  }
  return ++conduct->requests > most ? HFT_REASON_MESSAGE_RATE : HFT_REASON_NONE;
}

int64_t hft_risk_open_lots(const hft_desk *desk, hft_side side) {
  const hft_resting *resting = hft_listing_resting(desk->model, desk->listing);
  const uint32_t *own = hft_listing_own(desk->model, desk->listing) + desk->participant->slot_base;
  const hft_book *book = hft_listing_book(desk->model, desk->listing);
  bool in_call = hft_listing_in_call(desk->model, desk->listing);
  int64_t total = 0;
  for (uint32_t k = hft_listing_own_counts(desk->model, desk->listing)[desk->self]; k-- > 0;) {
    uint32_t slot = own[k];
    uint8_t flags = resting[slot].flags;
    if ((flags & HFT_RESTING_WAY) != 0) continue;
    if (in_call) book = hft_listing_book_of(desk->model, desk->listing, slot);
    if (hft_book_order_side(book, slot) != side) continue;
    total += hft_book_order_qty(book, slot);
    if ((flags & HFT_RESTING_ICEBERG) == 0) continue;
    total += hft_listing_hidden(desk->model, desk->listing)[slot].qty;
  }
  return total;
}

// The value of all the owner's accounts, ticks x lots.
static double total_value(const hft_desk *desk) {
  double total = 0;
  for (int i = 0; i < desk->model->instrument_count; i++) {
    const hft_listing *listing = hft_market_listing(desk->market, i);
    const hft_account *account = &hft_listing_accounts(desk->model, listing)[desk->self];
    total += hft_account_value(account, 0.5 * (double)listing->mid2);
  }
  return total;
}

bool hft_risk_kills(const hft_desk *desk) {
  hft_conduct *conduct = conduct_of(desk);
  if (conduct->killed != 0) return false;
  double value = total_value(desk);
  if (value > conduct->best_value) conduct->best_value = value;
  if (conduct->best_value - value <= desk->model->rules.drawdown_max) return false;
  conduct->killed = 1;
  return true;
}

hft_reason hft_risk_order(const hft_desk *desk, const hft_order *order) {
  const hft_rules *rules = &desk->model->rules;
  const hft_account *account = &hft_listing_accounts(desk->model, desk->listing)[desk->self];
  if (rules->position_max == 0 && rules->position_value_max == 0) return HFT_REASON_NONE;
  int64_t position = hft_side_sign(order->side) * account->position;
  int64_t after = position + hft_risk_open_lots(desk, order->side) + order->qty;
  if (rules->position_max > 0 && after > rules->position_max) return HFT_REASON_POSITION;
  double value = 0.5 * (double)after * (double)desk->listing->mid2;
  if (rules->position_value_max > 0 && value > rules->position_value_max) {
    return HFT_REASON_POSITION_VALUE;
  }
  return HFT_REASON_NONE;
}
