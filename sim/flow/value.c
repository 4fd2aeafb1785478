#include "sim/base/dist.h"
#include "sim/flow/crowd.h"
#include "sim/flow/flow.h"
#include "sim/process/clock.h"

// clang-format off
#define VALUE_KEYS(X)                                                                             \
  X(REAL, rate, "6", 1e-9, 1e6, "1/s", "arrival rate")                                            \
  X(REAL, noise_ticks, "0.5", 0, 1e6, "ticks", "standard deviation of a trader's error")          \
  X(REAL, threshold_ticks, "0", 0, 1e6, "ticks", "mispricing above which a trader takes")         \
  X(REAL, offset_ticks, "40", 0, 1e6, "ticks",                                                    \
    "mean distance of passive orders from the estimate")                                          \
  X(REAL, lifetime_s, "2", 1e-3, 1e6, "s", "mean lifetime of a passive order")                    \
  X(REAL, size_mean, "25", 1, 1e6, "lots", "mean order size (geometric)")                         \
  X(INT, size_max, "100", 1, 1000000, "lots", "largest order")                                    \
  X(INT, open_orders_max, "512", 1, 1000000, "orders", "limit on resting orders")                 \
  HFT_CROWD_KEYS(X)                                                                               \
  HFT_CLOCK_KEYS(X)
// clang-format on

typedef struct value_keys {
  VALUE_KEYS(HFT_KEY_MEMBER)
} value_keys;

typedef struct value_params {
  value_keys keys;
  hft_clock_model clock;
  double size_scale;
} value_params;

typedef struct value_state {
  hft_clock clock;
  uint32_t orders;  // own orders that the clock counts
} value_state;

#define HFT_KEY_STRUCT value_keys
static const hft_key keys[] = {VALUE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  hft_status status = hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
  if (status != HFT_OK) return status;
  value_params *value = params;
  value->size_scale = hft_geometric_scale(value->keys.size_mean);
  hft_clock_spec spec = HFT_CLOCK_SPEC(&value->keys, value->keys.rate, instrument->duration);
  return hft_clock_compile(&spec, where, &value->clock, error);
}

// Errors of three standard deviations, and passive orders up to three times their mean distance.
static double reach(const void *params, const hft_instrument *instrument) {
  (void)instrument;
  const value_keys *value = params;
  return value->threshold_ticks + 3 * (value->noise_ticks + value->offset_ticks);
}

static void set_clock(const value_params *value, value_state *state, const hft_desk *desk) {
  state->orders = hft_desk_open_count(desk);
  double ends = (double)state->orders / value->keys.lifetime_s;
  hft_desk_wake_at(desk, hft_clock_set(&value->clock, &state->clock, ends, hft_desk_now(desk),
                                       hft_desk_rng(desk)));
}

// A trader arrives: it takes mispriced orders or else rests an order on a random side.
static void trade(const value_params *value, const hft_desk *desk) {
  hft_rng *rng = hft_desk_rng(desk);
  const hft_book *book = hft_desk_book(desk);
  const hft_instrument *instrument = hft_desk_instrument(desk);
  double estimate = hft_desk_fundamental(desk) + value->keys.noise_ticks * hft_normal(rng);
  double offset = value->keys.offset_ticks * hft_exponential(rng);
  hft_qty qty = hft_geometric(rng, value->size_scale, (int32_t)value->keys.size_max);
  hft_side side = (hft_rng_u32(rng) >> 31) != 0 ? HFT_ASK : HFT_BID;
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  hft_order order;
  if (ask != 0 && estimate - ask > value->keys.threshold_ticks) {
    order = (hft_order){HFT_BID, HFT_IOC, hft_flow_round(instrument, HFT_BID, estimate), qty};
  } else if (bid != 0 && bid - estimate > value->keys.threshold_ticks) {
    order = (hft_order){HFT_ASK, HFT_IOC, hft_flow_round(instrument, HFT_ASK, estimate), qty};
  } else {
    double price = estimate - hft_side_sign(side) * offset;
    order = (hft_order){side, HFT_POST_ONLY, hft_flow_round(instrument, side, price), qty};
    if (hft_book_crosses(book, side, order.price)) {
      order.price = side == HFT_BID ? ask - 1 : bid + 1;
    }
  }
  hft_desk_submit(desk, &order);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const value_params *value = params;
  value_state *self = state;
  hft_clock_start(&value->clock, &self->clock);
  set_clock(value, self, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const value_params *value = params;
  value_state *self = state;
  double mark;
  hft_firing firing = hft_clock_fire(&value->clock, &self->clock, hft_desk_now(desk), &mark);
  if (firing == HFT_FIRING_ARRIVAL) {
    trade(value, desk);
  } else if (firing == HFT_FIRING_OTHER && self->orders > 0) {
    uint32_t pick = hft_bounded(hft_desk_rng(desk), self->orders);
    if (pick < hft_desk_open_count(desk)) hft_desk_cancel(desk, hft_desk_open(desk, pick));
  }
  set_clock(value, self, desk);
}

static const hft_section section = {"value", "traders who know the fundamental value with an error",
                                    keys, sizeof keys / sizeof keys[0], sizeof(value_keys)};

const hft_agent_class hft_value_class = {
    .section = &section,
    .params_size = sizeof(value_params),
    .key = {.open_orders_max = HFT_PARAM(value_keys, open_orders_max)},
    .state_size = sizeof(value_state),
    .compile = compile,
    .reach = reach,
    .reset = reset,
    .wake = wake,
};
