// The takers of Avellaneda and Stoikov, "High-frequency trading in a limit order book",
// Quantitative Finance 8(3), 2008, section 3.3: a quote at distance d from the value is filled in a
// step of dt with probability min(1, A exp(-k d) dt), on each side.
//
// On each side one taker arrives per step. Its limit lies R = ln(A dt / U) / k beyond the value,
// with U uniform on (0, 1]: P(R >= d) is that probability, also for quotes on the far side of the
// value, where d < 0. A Poisson clock of rate A would lose a tenth of the fills, since the law
// counts at most one per step. Takers arrive in the middle of the step: quotes placed at its
// beginning have arrived, and the value has not moved.

#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/flow/flow.h"

// clang-format off
#define REACH_KEYS(X)                                                                             \
  X(REAL, intensity, "140", 1e-6, 1e9, "1/s", "A: rate of fills of a quote at the value")         \
  X(REAL, decay, "1.5", 1e-9, 1e9, "1/currency", "k: decay of the fill rate with distance")       \
  X(REAL, step_ms, "5", 0.001, 3600000, "ms", "dt: one taker per side arrives in each step")      \
  X(INT, qty, "1", 1, 1000000, "lots", "size of a taker's order")
// clang-format on

typedef struct reach_keys {
  REACH_KEYS(HFT_KEY_MEMBER)
} reach_keys;

typedef struct reach_params {
  reach_keys keys;
  hft_time step;
  double often;  // A dt
  double ticks;  // 1 / k
} reach_params;

#define HFT_KEY_STRUCT reach_keys
static const hft_key keys[] = {REACH_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  (void)where, (void)error;
  reach_params *reach = params;
  reach->step = (hft_time)(reach->keys.step_ms * 1e6);
  reach->often = reach->keys.intensity * reach->keys.step_ms * 1e-3;
  reach->ticks = 1 / (reach->keys.decay * instrument->tick_size);
  return HFT_OK;
}

// The limits of 95% of the takers lie within this distance of the value (e^-3 = 5%).
static double reach_of(const void *params, const hft_instrument *instrument) {
  (void)instrument;
  const reach_params *reach = params;
  double most = (hft_log(reach->often) + 3) * reach->ticks;
  return most > 0 ? most : 0;
}

static void take(const reach_params *reach, const hft_desk *desk, hft_side side) {
  double u = 1 - hft_uniform(hft_desk_rng(desk));
  double beyond = hft_log(reach->often / u) * reach->ticks;
  double limit = hft_desk_fundamental(desk) + hft_side_sign(side) * beyond;
  hft_order order = {side, HFT_IOC, hft_flow_round(hft_desk_instrument(desk), side, limit),
                     (hft_qty)reach->keys.qty, 0};
  hft_desk_submit(desk, &order);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  (void)state;
  const reach_params *reach = params;
  hft_desk_wake_at(desk, reach->step / 2);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  (void)state;
  const reach_params *reach = params;
  take(reach, desk, HFT_BID);
  take(reach, desk, HFT_ASK);
  hft_desk_wake_at(desk, hft_desk_now(desk) + reach->step);
}

static const hft_section section = {
    "reach", "takers whose limit prices are exponentially distributed beyond the fundamental value",
    keys, sizeof keys / sizeof keys[0], sizeof(reach_keys)};

const hft_agent_class hft_reach_class = {
    .section = &section,
    .params_size = sizeof(reach_params),
    .state_size = 0,
    .open_orders_max = 1,
    .compile = compile,
    .reach = reach_of,
    .reset = reset,
    .wake = wake,
};
