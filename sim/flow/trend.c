// The trend signal is the current mid minus its exponentially weighted average, which equals the
// sum of all changes of the mid weighted by exp(-age / horizon). The average is exact in continuous
// time, however rarely traders arrive: it has a closed form between two changes of the mid, and the
// market reports every change.
#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/flow/crowd.h"
#include "sim/flow/flow.h"
#include "sim/process/clock.h"

// clang-format off
#define TREND_KEYS(X)                                                                             \
  X(REAL, rate, "1", 1e-9, 1e6, "1/s", "arrival rate")                                            \
  X(REAL, horizon_s, "30", 1e-3, 1e6, "s", "changes of the mid have weight exp(-age / horizon)")  \
  X(REAL, threshold_ticks, "4", 0, 1e6, "ticks", "weighted change above which a trader follows")  \
  X(REAL, noise_ticks, "2", 0, 1e6, "ticks", "standard deviation of a trader's error in it")      \
  X(REAL, size_mean, "5", 1, 1e6, "lots", "mean order size (geometric)")                          \
  X(INT, size_max, "100", 1, 1000000, "lots", "largest order")                                    \
  X(INT, open_orders_max, "2048", 1, 1000000, "orders",                                           \
    "orders waiting for an auction; only with auctions or halts")                                 \
  HFT_CROWD_KEYS(X)                                                                               \
  HFT_CLOCK_KEYS(X)
// clang-format on

typedef struct trend_keys {
  TREND_KEYS(HFT_KEY_MEMBER)
} trend_keys;

typedef struct trend_params {
  trend_keys keys;
  hft_clock_model clock;
  double size_scale;
  bool has_auctions;
} trend_params;

typedef struct trend_state {
  hft_clock clock;
  hft_time updated;  // time of the last update of the average, ns
  double average;    // of the mid, ticks
} trend_state;

#define HFT_KEY_STRUCT trend_keys
static const hft_key keys[] = {TREND_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  hft_status status = hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
  if (status != HFT_OK) return status;
  trend_params *trend = params;
  trend->size_scale = hft_geometric_scale(trend->keys.size_mean);
  trend->has_auctions = instrument->has_auctions;
  hft_clock_spec spec = HFT_CLOCK_SPEC(&trend->keys, trend->keys.rate, instrument->duration);
  return hft_clock_compile(&spec, where, &trend->clock, error);
}

// In continuous trading an order never rests.
static hft_needs measure(const void *params) {
  const trend_params *trend = params;
  return (hft_needs){sizeof(trend_state), trend->has_auctions ? trend->keys.open_orders_max : 1, 0};
}

static void set_clock(const trend_params *trend, trend_state *state, const hft_desk *desk) {
  hft_desk_wake_at(
      desk, hft_clock_set(&trend->clock, &state->clock, 0, hft_desk_now(desk), hft_desk_rng(desk)));
}

// Updates the average to now, given that the mid has not changed since the last update.
static void update_average(const trend_params *trend, trend_state *state, const hft_desk *desk,
                           int64_t mid2) {
  double mid = 0.5 * (double)mid2;
  double age = (double)(hft_desk_now(desk) - state->updated) * 1e-9;
  state->updated = hft_desk_now(desk);
  state->average = mid + (state->average - mid) * hft_exp(-age / trend->keys.horizon_s);
}

static void mid(const void *params, void *state, const hft_desk *desk, int64_t before2) {
  update_average(params, state, desk, before2);
}

static void trade(const trend_params *trend, trend_state *state, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  int64_t mid2 = hft_desk_mid2(desk);
  update_average(trend, state, desk, mid2);
  double signal = 0.5 * (double)mid2 - state->average + trend->keys.noise_ticks * hft_normal(rng);
  hft_qty qty = hft_geometric(rng, trend->size_scale, (int32_t)trend->keys.size_max);
  if (signal <= trend->keys.threshold_ticks && -signal <= trend->keys.threshold_ticks) return;
  hft_order order = {.side = signal > 0 ? HFT_BID : HFT_ASK,
                     .tif = HFT_IOC,
                     .price = HFT_PRICE_MARKET,
                     .qty = qty};
  hft_desk_submit(desk, &order);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const trend_params *trend = params;
  trend_state *self = state;
  self->average = 0.5 * (double)hft_desk_mid2(desk);
  self->updated = hft_desk_now(desk);
  hft_clock_start(&trend->clock, &self->clock);
  set_clock(trend, self, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const trend_params *trend = params;
  trend_state *self = state;
  double mark;
  hft_firing firing = hft_clock_fire(&trend->clock, &self->clock, hft_desk_now(desk), &mark);
  if (firing == HFT_FIRING_ARRIVAL) trade(trend, self, desk);
  set_clock(trend, self, desk);
}

static const hft_section section = {"trend", "traders who follow recent changes of the mid", keys,
                                    sizeof keys / sizeof keys[0], sizeof(trend_keys)};

const hft_agent_class hft_trend_class = {
    .section = &section,
    .params_size = sizeof(trend_params),
    .state_size = sizeof(trend_state),
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
    .mid = mid,
};
