// TWAP, the time-weighted average price: trades the parent order in equal slices at equal
// intervals, so that its average price is near the average of the price over time. After the n-th
// of N slices, floor(quantity n / N) lots are done: slices differ by at most one lot and sum to the
// quantity.
//
// The schedule that minimises expected cost where impact is linear and the trader is
// risk-neutral: D. Bertsimas and A. Lo, "Optimal control of execution costs", Journal of Financial
// Markets 1, 1998; R. Almgren and N. Chriss, "Optimal execution of portfolio transactions", Journal
// of Risk 3, 2001 (the limit of no risk aversion).
#include "baselines/classes.h"
#include "baselines/execution/execution.h"

#define HFT_KEY_STRUCT hft_execution_keys
static const hft_key keys[] = {HFT_EXECUTION_KEYS(HFT_KEY_ROW, "passive")};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "twap",
    .help = "executes a parent order in equal slices over time",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(hft_execution_keys),
};

typedef struct twap_params {
  hft_execution_keys keys;
  hft_execution execution;
} twap_params;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  twap_params *twap = params;
  return hft_execution_compile(&twap->keys, NULL, instrument, where, &twap->execution, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const twap_params *)params)->execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const twap_params *)params)->execution, state, desk);
}

const hft_agent_class hft_twap_class = {
    .section = &section,
    .params_size = sizeof(twap_params),
    .key = {.latency_us = HFT_PARAM(hft_execution_keys, latency_us),
            .start_s = HFT_PARAM(hft_execution_keys, start_s),
            .horizon_s = HFT_PARAM(hft_execution_keys, horizon_s),
            .side = HFT_PARAM(hft_execution_keys, side),
            .quantity = HFT_PARAM(hft_execution_keys, quantity),
            .slices = HFT_PARAM(hft_execution_keys, slices)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
