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

// Lots of the owner's resting orders on a side, hidden ones included.
static int64_t open_qty(const hft_desk *desk, const hft_book *book, hft_side side) {
  const hft_resting *resting = hft_market_resting(desk->model, desk->market);
  const uint32_t *own =
      hft_market_own(desk->model, desk->market) + desk->model->participant[desk->self].slot_base;
  uint32_t count = hft_market_own_counts(desk->model, desk->market)[desk->self];
  int64_t total = 0;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t slot = own[k];
    if ((resting[slot].flags & HFT_RESTING_WAY) != 0) continue;
    if (hft_book_order_side(book, slot) != side) continue;
    total += hft_book_order_qty(book, slot);
    if ((resting[slot].flags & HFT_RESTING_ICEBERG) != 0) {
      total += hft_market_hidden(desk->model, desk->market)[slot].qty;
    }
  }
  return total;
}

// Has the account fallen too far below its best?
static bool drawn_down(const hft_desk *desk, const hft_account *account) {
  double most = desk->model->rules.drawdown_max;
  if (most == 0) return false;
  hft_conduct *conduct = conduct_of(desk);
  double value = hft_account_value(account, desk->market->mid2);
  if (value > conduct->best_value) conduct->best_value = value;
  if (conduct->best_value - value <= most) return false;
  conduct->killed = 1;
  return true;
}

hft_reason hft_risk_order(const hft_desk *desk, const hft_book *book, const hft_order *order) {
  const hft_rules *rules = &desk->model->rules;
  const hft_account *account = &hft_market_accounts(desk->model, desk->market)[desk->self];
  if (drawn_down(desk, account)) return HFT_REASON_KILLED;
  if (rules->position_max == 0 && rules->position_value_max == 0) return HFT_REASON_NONE;
  int64_t position = hft_side_sign(order->side) * account->position;
  int64_t after = position + open_qty(desk, book, order->side) + order->qty;
  if (rules->position_max > 0 && after > rules->position_max) return HFT_REASON_POSITION;
  double value = 0.5 * (double)after * (double)desk->market->mid2;
  if (rules->position_value_max > 0 && value > rules->position_value_max) {
    return HFT_REASON_POSITION_VALUE;
  }
  return HFT_REASON_NONE;
}
