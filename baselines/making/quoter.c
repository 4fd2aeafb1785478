#include "baselines/making/quoter.h"

#include "sim/base/math.h"

hft_status hft_quoter_compile(const hft_quotes_keys *quotes, const hft_sigma_keys *sigma,
                              const hft_instrument *instrument, const char *where, hft_quoter *out,
                              hft_error *error) {
  out->refresh = hft_span_time(quotes->refresh_ms * 1e-3);
  out->quote_qty = quotes->quote_qty;
  out->max_inventory = quotes->max_inventory;
  out->reference = (hft_quotes_reference)quotes->reference;
  if (sigma != NULL && sigma->sigma > 0) {
    out->variance = sigma->sigma * sigma->sigma;
  } else if (sigma != NULL) {
    out->sample = hft_span_time(sigma->sigma_sample_ms * 1e-3);
    out->decay = hft_exp(-sigma->sigma_sample_ms * 1e-3 / sigma->sigma_memory_s);
  }
  return hft_span_compile(quotes->start_s, quotes->horizon_s, instrument, where, &out->span, error);
}

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

static void sample_mid(const hft_quoter *quoter, hft_quoter_state *state, const hft_desk *desk) {
  double mid = hft_quotes_reference_price(desk, quoter->reference);
  double change = mid - state->sampled_mid;
  state->square_sum = state->square_sum * quoter->decay + change * change;
  state->time_sum = state->time_sum * quoter->decay + seconds(quoter->sample);
  state->sampled_mid = mid;
  state->next_sample += quoter->sample;
}

static double variance_of(const hft_quoter *quoter, const hft_quoter_state *state) {
  if (quoter->sample == 0) return quoter->variance;
  return state->time_sum > 0 ? state->square_sum / state->time_sum : 0;
}

static hft_quoter_view view_of(const hft_quoter *quoter, const hft_quoter_state *state,
                               const hft_desk *desk, hft_time now) {
  double unit = (double)quoter->quote_qty;
  return (hft_quoter_view){
      .mid = hft_quotes_reference_price(desk, quoter->reference),
      .inventory = (double)hft_desk_account(desk)->position / unit,
      .most = (double)quoter->max_inventory / unit,
      .variance = variance_of(quoter, state),
      .time_left = seconds(quoter->span.end - now),
      .length = seconds(quoter->span.end - quoter->span.start),
  };
}

void hft_quoter_reset(const hft_quoter *quoter, hft_quoter_state *state, hft_desk *desk) {
  hft_time start = quoter->span.start;
  state->next_refresh = start;
  state->next_sample = quoter->sample > 0 ? quoter->sample : HFT_TIME_NEVER;
  state->sampled_mid = quoter->reference == HFT_QUOTES_FUNDAMENTAL
                           ? hft_desk_fundamental(desk)
                           : (double)hft_desk_mid2(desk) / 2;
  hft_desk_wake_at(desk, state->next_sample < start ? state->next_sample : start);
}

void hft_quoter_wake(const hft_quoter *quoter, hft_quoter_state *state, hft_desk *desk,
                     hft_quoter_formula *formula, const void *params, void *agent_state) {
  hft_time now = hft_desk_now(desk), end = quoter->span.end;
  if (now >= end) {
    hft_desk_wake_at(desk, hft_quotes_withdraw(desk) ? HFT_TIME_NEVER : now + quoter->refresh);
    return;
  }
  if (now >= state->next_sample) sample_mid(quoter, state, desk);
  if (now >= state->next_refresh) {
    const hft_quoter_view view = view_of(quoter, state, desk, now);
    hft_quoter_quote best = formula(params, agent_state, &view);
    hft_quotes_update(desk, hft_quotes_round(best.bid, best.ask), quoter->quote_qty,
                      quoter->max_inventory);
    state->next_refresh = now + quoter->refresh;
  }
  hft_time next =
      state->next_sample < state->next_refresh ? state->next_sample : state->next_refresh;
  hft_desk_wake_at(desk, next < end ? next : end);
}

void hft_quoter_fill(hft_quoter_state *state, const hft_desk *desk, const hft_event *event) {
  state->next_refresh = event->time;
  hft_desk_wake_at(desk, event->time);
}
