// POV, percentage of volume: trades in proportion to what the others trade, so that its own lots
// are the share `rate` of all lots traded since its start. When the others have traded V lots,
//
//   floor(rate / (1 - rate) V)
//
// lots should be done, up to the parent order. Its own lots do not count, so it does not follow
// itself. It looks every `interval_ms`; a resting child has the next interval to fill in. What the
// market's volume has not allowed by the end is left. It knows only what has traded: no forecast.
//
// R. Kissell, "The Science of Algorithmic Trading and Portfolio Management", Academic Press 2013.
#include "baselines/classes.h"
#include "baselines/execution/execution.h"

// clang-format off
#define HFT_POV_KEYS(X)                                                                           \
  HFT_EXECUTION_PARENT_KEYS(X)                                                                    \
  X(REAL, rate, "0.1", 1e-6, 0.999999, "",                                                        \
    "participation rate: its own share of all lots traded")                                       \
  X(REAL, interval_ms, "5000", 0.001, 86400000, "ms",                                             \
    "interval at which it looks at the volume; the horizon is divided into equal ones")           \
  HFT_EXECUTION_CHILD_KEYS(X, "passive")                                                          \
  HFT_EXECUTION_CATCH_UP_KEYS(X)
// clang-format on

typedef struct pov_keys {
  HFT_POV_KEYS(HFT_KEY_MEMBER)
} pov_keys;

#define HFT_KEY_STRUCT pov_keys
static const hft_key keys[] = {HFT_POV_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "pov",
    .help = "executes a parent order as a percentage of the market's volume",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(pov_keys),
};

typedef struct pov_plan {
  hft_execution execution;  // the first: hft_schedule_target gets it
  double ratio;             // own lots for each lot of the others
} pov_plan;

typedef struct pov_params {
  pov_keys keys;
  pov_plan plan;
} pov_params;

static int64_t target(const hft_execution *execution, const hft_execution_state *state,
                      const hft_desk *desk, int64_t i) {
  const pov_plan *plan = (const pov_plan *)(const void *)execution;
  (void)i;  // the lots due are those due now
  // With what rounding may take from a whole number of lots.
  double due = plan->ratio * (double)hft_execution_volume(state, desk) + 1e-9;
  return due < (double)execution->quantity ? (int64_t)due : execution->quantity;
}

#define HFT_KEY_FROM (&pov->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  pov_params *pov = params;
  pov_plan *plan = &pov->plan;
  hft_execution_keys shared = {
      HFT_EXECUTION_PARENT_KEYS(HFT_KEY_COPY) HFT_EXECUTION_CHILD_KEYS(HFT_KEY_COPY, "")
          HFT_EXECUTION_CATCH_UP_KEYS(HFT_KEY_COPY)
              .slices = 1,
  };
  hft_span span;
  hft_status status =
      hft_span_compile(shared.start_s, shared.horizon_s, instrument, where, &span, error);
  if (status != HFT_OK) return status;
  hft_time length = span.end - span.start, interval = hft_span_time(pov->keys.interval_ms * 1e-3);
  shared.slices = (length + interval - 1) / interval;
  if (shared.slices > HFT_EXECUTION_SLICES_MAX) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "interval_ms: %.12g ms make %lld intervals of the horizon, more than %d; raise "
                    "it to at least %.12g",
                    pov->keys.interval_ms, (long long)shared.slices, HFT_EXECUTION_SLICES_MAX,
                    (double)length / HFT_EXECUTION_SLICES_MAX / (double)HFT_MILLISECOND);
  }
  status = hft_execution_compile(&shared, NULL, instrument, where, &plan->execution, error);
  plan->execution.target = target;
  plan->ratio = pov->keys.rate / (1 - pov->keys.rate);
  return status;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const pov_params *)params)->plan.execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const pov_params *)params)->plan.execution, state, desk);
}

const hft_agent_class hft_pov_class = {
    .section = &section,
    .params_size = sizeof(pov_params),
    .key = {.latency_us = HFT_PARAM(pov_keys, latency_us),
            .start_s = HFT_PARAM(pov_keys, start_s),
            .horizon_s = HFT_PARAM(pov_keys, horizon_s),
            .side = HFT_PARAM(pov_keys, side),
            .quantity = HFT_PARAM(pov_keys, quantity)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
