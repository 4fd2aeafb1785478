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
#define MOMENTUM_KEYS(X)                                                                          \
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

typedef struct momentum_keys {
  MOMENTUM_KEYS(HFT_KEY_MEMBER)
} momentum_keys;

typedef struct momentum_params {
  momentum_keys keys;
  hft_clock_model clock;
  double size_scale;
  bool has_auctions;
} momentum_params;

typedef struct momentum_state {
  hft_clock clock;
  hft_time updated;  // time of the last update of the average, ns
  double average;    // of the mid, ticks
} momentum_state;

#define HFT_KEY_STRUCT momentum_keys
static const hft_key keys[] = {MOMENTUM_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  hft_status status = hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
  if (status != HFT_OK) return status;
  momentum_params *momentum = params;
  momentum->size_scale = hft_geometric_scale(momentum->keys.size_mean);
  momentum->has_auctions = instrument->has_auctions;
  hft_clock_spec spec = HFT_CLOCK_SPEC(&momentum->keys, momentum->keys.rate, instrument->duration);
  return hft_clock_compile(&spec, where, &momentum->clock, error);
}

// In continuous trading an order never rests.
static hft_needs measure(const void *params) {
  const momentum_params *momentum = params;
  return (hft_needs){sizeof(momentum_state),
                     momentum->has_auctions ? momentum->keys.open_orders_max : 1, 0};
}

static void set_clock(const momentum_params *momentum, momentum_state *state,
                      const hft_desk *desk) {
  hft_desk_wake_at(desk, hft_clock_set(&momentum->clock, &state->clock, 0, hft_desk_now(desk),
                                       hft_desk_rng(desk)));
}

// Updates the average to now, given that the mid has not changed since the last update.
static void update_average(const momentum_params *momentum, momentum_state *state,
                           const hft_desk *desk, int64_t mid2) {
  double mid = 0.5 * (double)mid2;
  double age = (double)(hft_desk_now(desk) - state->updated) * 1e-9;
  state->updated = hft_desk_now(desk);
  state->average = mid + (state->average - mid) * hft_exp(-age / momentum->keys.horizon_s);
}

static void mid(const void *params, void *state, const hft_desk *desk, int64_t before2) {
  update_average(params, state, desk, before2);
}

static void trade(const momentum_params *momentum, momentum_state *state, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  int64_t mid2 = hft_desk_mid2(desk);
  update_average(momentum, state, desk, mid2);
  double trend = 0.5 * (double)mid2 - state->average + momentum->keys.noise_ticks * hft_normal(rng);
  hft_qty qty = hft_geometric(rng, momentum->size_scale, (int32_t)momentum->keys.size_max);
  if (trend <= momentum->keys.threshold_ticks && -trend <= momentum->keys.threshold_ticks) return;
  hft_order order = {
      .side = trend > 0 ? HFT_BID : HFT_ASK, .tif = HFT_IOC, .price = HFT_PRICE_MARKET, .qty = qty};
  hft_desk_submit(desk, &order);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const momentum_params *momentum = params;
  momentum_state *self = state;
  self->average = 0.5 * (double)hft_desk_mid2(desk);
  self->updated = hft_desk_now(desk);
  hft_clock_start(&momentum->clock, &self->clock);
  set_clock(momentum, self, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const momentum_params *momentum = params;
  momentum_state *self = state;
  double mark;
  hft_firing firing =
      hft_clock_fire(&momentum->clock, &self->clock, hft_desk_now(desk), hft_desk_rng(desk), &mark);
  if (firing == HFT_FIRING_ARRIVAL) trade(momentum, self, desk);
  set_clock(momentum, self, desk);
}

static const hft_section section = {"momentum", "traders who follow recent changes of the mid",
                                    keys, sizeof keys / sizeof keys[0], sizeof(momentum_keys)};

const hft_agent_class hft_momentum_flow_class = {
    .section = &section,
    .params_size = sizeof(momentum_params),
    .state_size = sizeof(momentum_state),
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
    .mid = mid,
};
