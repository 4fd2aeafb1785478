// The whole parent order at once: a market order at the start, which takes what the book has. What
// it could not take, also because of a limit price, is tried again every `refresh_ms`. As a passive
// or pegged order, the whole rests until the end and then crosses. The extreme of Almgren and
// Chriss (2000) without regard to cost, and the arrival price benchmark's natural opponent: A.
// Perold, "The implementation shortfall: paper versus reality", Journal of Portfolio Management 14,
// 1988.
#include "baselines/classes.h"
#include "baselines/execution/execution.h"

// clang-format off
#define HFT_IMMEDIATE_KEYS(X)                                                                     \
  HFT_EXECUTION_PARENT_KEYS(X)                                                                    \
  HFT_EXECUTION_CHILD_KEYS(X, "aggressive")
// clang-format on

typedef struct immediate_keys {
  HFT_IMMEDIATE_KEYS(HFT_KEY_MEMBER)
} immediate_keys;

#define HFT_KEY_STRUCT immediate_keys
static const hft_key keys[] = {HFT_IMMEDIATE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "immediate",
    .help = "executes a parent order at once",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(immediate_keys),
};

typedef struct immediate_params {
  immediate_keys keys;
  hft_execution execution;
} immediate_params;

static int64_t target(const hft_execution *execution, const hft_execution_state *state,
                      const hft_desk *desk, int64_t i) {
  (void)state;
  (void)desk;
  return i > 0 ? execution->quantity : 0;
}

#define HFT_KEY_FROM (&own->keys)

// A slice is the time until the next trial; a resting child has only one.
static int64_t count_slices(const hft_execution *execution) {
  if (execution->style != HFT_EXECUTION_AGGRESSIVE || execution->refresh == 0) return 1;
  int64_t slices = (execution->span.end - execution->span.start) / execution->refresh;
  if (slices < 1) return 1;
  return slices < HFT_EXECUTION_SLICES_MAX ? slices : HFT_EXECUTION_SLICES_MAX;
}

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  immediate_params *own = params;
  const hft_execution_keys shared = {
      HFT_EXECUTION_PARENT_KEYS(HFT_KEY_COPY) HFT_EXECUTION_CHILD_KEYS(HFT_KEY_COPY, "").slices = 1,
  };
  hft_execution *execution = &own->execution;
  hft_status status = hft_execution_compile(&shared, NULL, instrument, where, execution, error);
  if (status != HFT_OK) return status;
  execution->target = target;
  execution->slices = count_slices(execution);
  return HFT_OK;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const immediate_params *)params)->execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const immediate_params *)params)->execution, state, desk);
}

const hft_agent_class hft_immediate_class = {
    .section = &section,
    .params_size = sizeof(immediate_params),
    .key = {.latency_us = HFT_PARAM(immediate_keys, latency_us),
            .start_s = HFT_PARAM(immediate_keys, start_s),
            .horizon_s = HFT_PARAM(immediate_keys, horizon_s),
            .side = HFT_PARAM(immediate_keys, side),
            .quantity = HFT_PARAM(immediate_keys, quantity)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
