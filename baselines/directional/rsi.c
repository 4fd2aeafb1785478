// The relative strength index: buys what is oversold and sells what is overbought.
//
// J. W. Wilder, "New Concepts in Technical Trading Systems", 1978: with U and D the smoothed gains
// and losses of `period` samples of the mid (indicators.h has his smoothing),
//
//   RSI = 100 - 100 / (1 + U / D)
//
// Below 50 - `entry` the position is long, above 50 + `entry` short; his lines at 30 and 70 are an
// entry of 20. It is closed where the index comes nearer to 50 than `exit`.
#include "baselines/classes.h"
#include "baselines/directional/directional.h"
#include "baselines/directional/indicators.h"

// clang-format off
#define RSI_KEYS(X)                                                                               \
  HFT_DIRECTIONAL_KEYS(X, "1000")                                                                 \
  X(INT, period, "14", 1, 1000000, "samples", "number of changes that are averaged")              \
  HFT_DIRECTIONAL_SIGNAL_KEYS(X, "20", "0", "points", "the index's distance from 50")
// clang-format on

typedef struct rsi_keys {
  RSI_KEYS(HFT_KEY_MEMBER)
} rsi_keys;

#define HFT_KEY_STRUCT rsi_keys
static const hft_key keys[] = {RSI_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "rsi",
    .help = "buys at a low relative strength index, sells at a high one",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(rsi_keys),
};

typedef struct rsi_params {
  rsi_keys keys;
  hft_directional common;
} rsi_params;

typedef struct rsi_state {
  hft_directional_state common;
  hft_rsi rsi;  // of twice the mid: the index does not depend on the unit
} rsi_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  rsi_params *p = params;
  const hft_directional_signal signal = HFT_DIRECTIONAL_SIGNAL(&p->keys);
  return hft_directional_compile_signal(&signal, instrument, where, &p->common, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const rsi_params *p = params;
  rsi_state *s = state;
  hft_rsi_add(&s->rsi, p->keys.period, (double)hft_desk_mid2(desk));
  hft_directional_reset(&p->common, &s->common, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const rsi_params *p = params;
  rsi_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  hft_rsi_add(&s->rsi, p->keys.period, (double)hft_desk_mid2(desk));
  double signal = 50 - hft_rsi_value(&s->rsi, p->keys.period);
  hft_directional_follow_signal(&p->common, &s->common, desk, signal);
}

const hft_agent_class hft_rsi_class = {
    .section = &section,
    .params_size = sizeof(rsi_params),
    .key = {.latency_us = HFT_PARAM(rsi_keys, latency_us),
            .start_s = HFT_PARAM(rsi_keys, start_s),
            .horizon_s = HFT_PARAM(rsi_keys, horizon_s)},
    .state_size = sizeof(rsi_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
