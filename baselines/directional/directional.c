#include "baselines/directional/directional.h"

hft_status hft_directional_compile(hft_directional_times times, const hft_instrument *instrument,
                                   const char *where, hft_directional *d, hft_error *error) {
  d->sample = hft_span_time(times.sample_ms * 1e-3);
  d->close = hft_span_time(times.close_s);
  return hft_span_compile(times.start_s, times.horizon_s, instrument, where, &d->span, error);
}

hft_status hft_directional_compile_signal(const hft_directional_signal *signal,
                                          const hft_instrument *instrument, const char *where,
                                          hft_directional *d, hft_error *error) {
  if (signal->exit > signal->entry) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "exit: %.12g is above entry, %.12g: a position would be closed where it is "
                    "opened; lower exit or raise entry",
                    signal->exit, signal->entry);
  }
  d->entry = signal->entry;
  d->exit = signal->exit;
  d->max_inventory = signal->max_inventory;
  return hft_directional_compile(signal->times, instrument, where, d, error);
}

void hft_directional_reset(const hft_directional *d, hft_directional_state *s,
                           const hft_desk *desk) {
  s->next_sample = d->sample;
  hft_desk_wake_at(desk, s->next_sample);
}

static bool is_exposed(const hft_desk *desk) {
  return hft_desk_exposed(desk, HFT_BID) + hft_desk_exposed(desk, HFT_ASK) > 0;
}

// Sends what is missing to a position, unless an order may still trade.
static void trade(const hft_desk *desk, int64_t target) {
  if (is_exposed(desk)) return;
  int64_t lots = target - hft_desk_account(desk)->position;
  if (lots == 0) return;
  int64_t most = hft_desk_instrument(desk)->order_qty_max;
  hft_side side = lots > 0 ? HFT_BID : HFT_ASK;
  if (lots < 0) lots = -lots;
  hft_qty qty = (hft_qty)(lots < most ? lots : most);
  hft_desk_submit(desk, &(hft_order){side, HFT_IOC, HFT_PRICE_MARKET, qty, 0});
}

// Closes the position. Returns the next wake.
static hft_time close_position(const hft_directional *d, const hft_desk *desk, hft_time now) {
  hft_time latency = hft_desk_latency_bound(desk), end = d->span.end;
  trade(desk, 0);
  if (now < end - 2 * latency) {
    return now + d->sample < end - 2 * latency ? now + d->sample : end - 2 * latency;
  }
  if (now < end - latency) return end - latency;
  if (now < end) return end;
  bool flat = hft_desk_account(desk)->position == 0 && !is_exposed(desk);
  return flat ? HFT_TIME_NEVER : now + d->sample;
}

static hft_time close_time(const hft_directional *d, const hft_desk *desk) {
  return d->span.end - 2 * hft_desk_latency_bound(desk) - d->close;
}

static void wake_for_sample(const hft_directional *d, const hft_directional_state *s,
                            const hft_desk *desk) {
  hft_time close = close_time(d, desk);
  hft_desk_wake_at(desk, s->next_sample < close ? s->next_sample : close);
}

bool hft_directional_due(const hft_directional *d, hft_directional_state *s, const hft_desk *desk) {
  hft_time now = hft_desk_now(desk);
  if (now >= close_time(d, desk)) {
    if (s->target != 0) hft_desk_cancel_all(desk);
    s->target = 0;
    hft_desk_wake_at(desk, close_position(d, desk, now));
    return false;
  }
  if (now < s->next_sample) {
    wake_for_sample(d, s, desk);
    return false;
  }
  s->next_sample += d->sample;
  return true;
}

void hft_directional_follow(const hft_directional *d, hft_directional_state *s,
                            const hft_desk *desk, int64_t target) {
  if (hft_desk_now(desk) >= d->span.start) {
    if (target != s->target) hft_desk_cancel_all(desk);
    s->target = target;
    trade(desk, target);
  }
  wake_for_sample(d, s, desk);
}

void hft_directional_follow_signal(const hft_directional *d, hft_directional_state *s,
                                   const hft_desk *desk, double signal) {
  int held = (s->target > 0) - (s->target < 0);
  int side = (signal > d->entry) - (signal < -d->entry);
  if (side == 0 && held * signal >= d->exit) side = held;
  hft_directional_follow(d, s, desk, side * d->max_inventory);
}
