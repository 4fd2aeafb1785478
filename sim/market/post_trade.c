#include "sim/market/post_trade.h"

#include "sim/market/exchange.h"
#include "sim/market/risk.h"

// Checks the kill switch. Removing orders may move mids and so hurt others, so after each kill all
// accounts are checked again. Nobody is killed twice, so this ends.
static void look_at_accounts(const hft_desk *desk, hft_post_trade_mark before) {
  const hft_model *model = desk->model;
  bool all = desk->instrument_state->tape.trade_count != before.trade_count;
  if (!all && desk->instrument_state->mid2 == before.mid2) return;
  for (int i = 0; i < model->participant_count; i++) {
    if (!model->participant[i].regulated) continue;
    if (!all && hft_instrument_accounts(model, desk->instrument_state)[i].position == 0) continue;
    const hft_desk own =
        hft_desk_make(model, desk->market, (hft_owner)i, desk->instrument, desk->sink);
    if (!hft_risk_kills(&own)) continue;
    hft_exchange_expel(&own, HFT_REASON_KILLED);
    all = true;
    i = -1;
  }
}

static void tell_mid(const hft_desk *desk, int64_t before2) {
  const hft_model *model = desk->model;
  for (int i = model->first_mid[desk->instrument]; i >= 0; i = model->participant[i].next_mid) {
    const hft_participant *self = &model->participant[i];
    const hft_desk own =
        hft_desk_make(model, desk->market, (hft_owner)i, desk->instrument, desk->sink);
    self->agent_class->mid(self->params, hft_participant_state(self, desk->market), &own, before2);
  }
}

void hft_post_trade_check(const hft_desk *desk, hft_post_trade_mark before) {
  if (desk->model->rules.max_drawdown != 0) look_at_accounts(desk, before);
  if (desk->instrument_state->mid2 != before.mid2) tell_mid(desk, before.mid2);
}
