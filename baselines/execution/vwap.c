// VWAP, the volume-weighted average price: trades the parent order in slices that follow a curve of
// expected volume, so that its average price is near the market's. After the n-th of N slices,
// quantity x V(n / N) lots are done, rounded to the nearest lot, where V is the share of the span's
// volume expected by then. V is linear within each bucket of `profile`.
//
// The curve is static, a forecast made before the start: S. Berkowitz, D. Logue and E. Noser, "The
// total cost of transactions on the NYSE", Journal of Finance 43, 1988, for the benchmark; H.
// Konishi, "Optimal slice of a VWAP trade", Journal of Financial Markets 5, 2002, for why a static
// curve of expected volume is optimal where volume and price changes are independent.
#include "baselines/classes.h"
#include "baselines/execution/execution.h"

// clang-format off
#define HFT_VWAP_KEYS(X)                                                                          \
  HFT_EXECUTION_KEYS(X, "passive")                                                                \
  X(LIST, profile, "[1.7, 1.2, 1, 0.9, 0.8, 0.75, 0.75, 0.8, 0.9, 1, 1.3, 1.9]", 0, 1e6, "",      \
    "relative expected volume in equal parts of the horizon; [1] is flat")
// clang-format on

typedef struct vwap_keys {
  HFT_VWAP_KEYS(HFT_KEY_MEMBER)
} vwap_keys;

#define HFT_KEY_STRUCT vwap_keys
static const hft_key keys[] = {HFT_VWAP_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "vwap",
    .help = "executes a parent order along a curve of expected volume",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(vwap_keys),
};

typedef struct vwap_params {
  vwap_keys keys;
  hft_execution execution;
} vwap_params;

#define HFT_KEY_FROM (&vwap->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  vwap_params *vwap = params;
  const hft_execution_keys shared = {HFT_EXECUTION_KEYS(HFT_KEY_COPY, "")};
  return hft_execution_compile(&shared, &vwap->keys.profile, instrument, where, &vwap->execution,
                               error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const vwap_params *)params)->execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const vwap_params *)params)->execution, state, desk);
}

const hft_agent_class hft_vwap_class = {
    .section = &section,
    .params_size = sizeof(vwap_params),
    .key = {.latency_us = HFT_PARAM(vwap_keys, latency_us),
            .start_s = HFT_PARAM(vwap_keys, start_s),
            .horizon_s = HFT_PARAM(vwap_keys, horizon_s),
            .side = HFT_PARAM(vwap_keys, side),
            .quantity = HFT_PARAM(vwap_keys, quantity),
            .slices = HFT_PARAM(vwap_keys, slices),
            .volume_curve = HFT_PARAM(vwap_keys, profile)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
