// Random quotes: every refresh puts a bid and an ask at distances from the mid that are drawn
// uniformly from 1 .. offset_max ticks, independently. A reference for market makers: what a
// strategy earns beyond it is due to where it quotes.
#include "baselines/classes.h"
#include "baselines/making/quotes.h"
#include "sim/base/dist.h"

// clang-format off
#define HFT_RANDOM_KEYS(X)                                                                        \
  HFT_QUOTES_KEYS(X)                                                                              \
  X(INT, offset_max, "10", 1, 100000, "ticks", "largest distance of a quote from the mid")
// clang-format on

typedef struct random_keys {
  HFT_RANDOM_KEYS(HFT_KEY_MEMBER)
} random_keys;

#define HFT_KEY_STRUCT random_keys
static const hft_key keys[] = {HFT_RANDOM_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "random",
    .help = "quotes both sides at random distances from the mid",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(random_keys),
};

typedef struct random_params {
  random_keys keys;
  hft_span span;
  hft_time refresh;
} random_params;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  random_params *p = params;
  p->refresh = hft_span_time(p->keys.refresh_ms * 1e-3);
  return hft_span_compile(p->keys.start_s, p->keys.horizon_s, instrument, where, &p->span, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const random_params *p = params;
  (void)state;
  hft_desk_wake_at(desk, p->span.start);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const random_params *p = params;
  (void)state;
  hft_time now = hft_desk_now(desk);
  if (now >= p->span.end) {
    hft_desk_wake_at(desk, hft_quotes_withdraw(desk) ? HFT_TIME_NEVER : now + p->refresh);
    return;
  }
  hft_rng *rng = hft_desk_rng(desk);
  uint32_t bid_offset = 1 + hft_bounded(rng, (uint32_t)p->keys.offset_max);
  uint32_t ask_offset = 1 + hft_bounded(rng, (uint32_t)p->keys.offset_max);
  double mid = hft_quotes_reference_price(desk, (hft_quotes_reference)p->keys.reference);
  hft_quote_prices prices = hft_quotes_round(mid - bid_offset, mid + ask_offset);
  hft_quotes_update(desk, prices, p->keys.quote_qty, p->keys.max_inventory);
  hft_time next = now + p->refresh;
  hft_desk_wake_at(desk, next < p->span.end ? next : p->span.end);
}

const hft_agent_class hft_random_class = {
    .section = &section,
    .params_size = sizeof(random_params),
    .key = {.latency_us = HFT_PARAM(random_keys, latency_us),
            .start_s = HFT_PARAM(random_keys, start_s),
            .horizon_s = HFT_PARAM(random_keys, horizon_s)},
    .open_orders_max = HFT_QUOTES_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
