// The schedule of baselines/execution/obizhaeva_wang.h in slices: the first block crosses at the
// start, the last one at the end, and the lots between them are divided evenly among the slices.
#include "baselines/execution/obizhaeva_wang.h"

#include "baselines/classes.h"
#include "baselines/execution/execution.h"

// clang-format off
#define HFT_OW_KEYS(X)                                                                            \
  HFT_EXECUTION_KEYS(X, "aggressive")                                                             \
  X(REAL, rho, "0.7", 0, 1e9, "1/s",                                                              \
    "resilience: the rate at which the displacement of the price by a trade decays")
// clang-format on

typedef struct ow_keys {
  HFT_OW_KEYS(HFT_KEY_MEMBER)
} ow_keys;

#define HFT_KEY_STRUCT ow_keys
static const hft_key keys[] = {HFT_OW_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "obizhaeva-wang",
    .help =
        "executes a parent order by Obizhaeva and Wang (2013): a block, an even pace, and a block",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(ow_keys),
};

typedef struct ow_plan {
  hft_execution execution;  // the first: hft_schedule_target gets it
  double rho, horizon;
  int64_t block;  // lots of the last block
} ow_plan;

typedef struct ow_params {
  ow_keys keys;
  ow_plan plan;
} ow_params;

double hft_ow_block(double rho, double horizon) {
  return 1 / (rho * horizon + 2);
}

double hft_ow_share(double rho, double horizon, double time) {
  return (1 + rho * time) / (rho * horizon + 2);
}

static int64_t target(const hft_execution *execution, const hft_execution_state *state,
                      const hft_desk *desk, int64_t i) {
  const ow_plan *plan = (const ow_plan *)(const void *)execution;
  (void)state;
  (void)desk;
  if (i > execution->slices) return execution->quantity;
  // The blocks have the same lots, but for rho = 0 and an odd quantity: the last has one more.
  int64_t most = execution->quantity - plan->block;
  double time = plan->horizon * (double)i / (double)execution->slices;
  int64_t lots = hft_execution_lots(execution, hft_ow_share(plan->rho, plan->horizon, time));
  return i == execution->slices || lots > most ? most : lots;
}

#define HFT_KEY_FROM (&ow->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  ow_params *ow = params;
  ow_plan *plan = &ow->plan;
  const hft_execution_keys shared = {HFT_EXECUTION_KEYS(HFT_KEY_COPY, "")};
  hft_execution *execution = &plan->execution;
  hft_status status = hft_execution_compile(&shared, NULL, instrument, where, execution, error);
  if (status != HFT_OK) return status;
  execution->target = target;
  plan->rho = ow->keys.rho;
  plan->horizon = (double)(execution->span.end - execution->span.start) / (double)HFT_SECOND;
  plan->block = hft_execution_lots(execution, hft_ow_block(plan->rho, plan->horizon));
  return HFT_OK;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const ow_params *)params)->plan.execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const ow_params *)params)->plan.execution, state, desk);
}

const hft_agent_class hft_obizhaeva_wang_class = {
    .section = &section,
    .params_size = sizeof(ow_params),
    .key = {.latency_us = HFT_PARAM(ow_keys, latency_us),
            .start_s = HFT_PARAM(ow_keys, start_s),
            .horizon_s = HFT_PARAM(ow_keys, horizon_s),
            .side = HFT_PARAM(ow_keys, side),
            .quantity = HFT_PARAM(ow_keys, quantity),
            .slices = HFT_PARAM(ow_keys, slices),
            .rho = HFT_PARAM(ow_keys, rho)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
