// One clock runs at the sum of all rates, with every resting order counted at the largest
// cancellation rate. The event is drawn in proportion to the rates, and a cancellation is kept with
// the probability given by its order's distance (thinning). Between two actions of the population
// the number of its orders can only fall, so the bound holds until the next draw.
#include "sim/base/dist.h"
#include "sim/flow/crowd.h"
#include "sim/flow/flow.h"
#include "sim/process/clock.h"

#define GUIDE 64

// clang-format off
#define NOISE_KEYS(X)                                                                             \
  X(LIST, limit_rates,                                                                            \
    "[0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.4, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.2]", 0, 1e6, "1/s",\
    "limit orders per side at 1, 2, ... ticks from the opposite best price")                      \
  X(INT, limit_range, "0", 0, 1000000, "ticks",                                                   \
    "extends limit_rates to this distance at its last rate; 0: no extension")                     \
  X(LIST, cancel_rates, "[0.4]", 0, 1e6, "1/s",                                                   \
    "cancellations per resting order by distance; the last holds beyond")                         \
  X(REAL, market_rate, "0.4", 0, 1e6, "1/s", "market orders per side")                            \
  X(REAL, size_mean, "5", 1, 1e6, "lots", "mean order size (geometric)")                          \
  X(INT, size_max, "100", 1, 1000000, "lots", "largest order")                                    \
  X(INT, opening_orders, "100", 0, 100000, "orders", "limit orders per side at the open")         \
  X(INT, open_orders_max, "2048", 1, 1000000, "orders", "limit on resting orders")                \
  HFT_CROWD_KEYS(X)                                                                               \
  HFT_CLOCK_KEYS(X)
// clang-format on

typedef struct noise_keys {
  NOISE_KEYS(HFT_KEY_MEMBER)
} noise_keys;

typedef struct noise_params {
  noise_keys keys;
  hft_clock_model clock;
  double limit_sum[HFT_LIST_MAX];  // cumulative limit_rates by distance
  uint8_t guide[GUIDE];            // by bucket of limit_side: a lower bound of the distance - 1
  double guide_scale;
  double limit_side;   // 1/s, per side
  double limit_total;  // 1/s, both sides
  double cancel_most;  // 1/s, per order
  double cancel_least;
  double to_pick;  // 1 / cancel_most
  double size_scale;
} noise_params;

typedef struct noise_state {
  hft_clock clock;
  uint32_t orders;  // own orders that the clock counts
} noise_state;

#define HFT_KEY_STRUCT noise_keys
static const hft_key keys[] = {NOISE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

// A table of starting points that keeps the search for a distance short.
static void compile_guide(noise_params *noise) {
  if (noise->limit_side <= 0) return;
  noise->guide_scale =
      (GUIDE - 1) / noise->limit_side;  // u = limit_side, by rounding, stays inside
  uint8_t at = 0;
  for (int i = 0; i < GUIDE; i++) {
    double u = (i - 0.5) / noise->guide_scale;  // below the whole bucket, despite rounding
    while (at < noise->keys.limit_rates.count - 1 && u >= noise->limit_sum[at]) at++;
    noise->guide[i] = at;
  }
}

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  hft_status status = hft_crowd_gather(keys, sizeof keys / sizeof keys[0], params, where, error);
  if (status != HFT_OK) return status;
  noise_params *noise = params;
  const hft_list *rates = &noise->keys.limit_rates;
  for (int64_t i = 0; i < rates->count; i++) {
    noise->limit_sum[i] = noise->limit_side += rates->value[i];
  }
  if (rates->count > 0 && noise->keys.limit_range > rates->count) {
    noise->limit_side +=
        (double)(noise->keys.limit_range - rates->count) * rates->value[rates->count - 1];
  }
  noise->limit_total = 2 * noise->limit_side;
  compile_guide(noise);
  for (int64_t i = 0; i < noise->keys.cancel_rates.count; i++) {
    double rate = noise->keys.cancel_rates.value[i];
    if (rate > noise->cancel_most) noise->cancel_most = rate;
    if (i == 0 || rate < noise->cancel_least) noise->cancel_least = rate;
  }
  noise->to_pick = noise->cancel_most > 0 ? 1 / noise->cancel_most : 0;
  noise->size_scale = hft_geometric_scale(noise->keys.size_mean);
  double arrivals = noise->limit_total + 2 * noise->keys.market_rate;
  if (arrivals <= 0) {
    return hft_fail(error, HFT_ECONFIG, where, "limit_rates and market_rate are all 0");
  }
  hft_clock_spec spec = HFT_CLOCK_SPEC(&noise->keys, arrivals, instrument->duration);
  return hft_clock_compile(&spec, where, &noise->clock, error);
}

static void set_clock(const noise_params *noise, noise_state *state, const hft_desk *desk) {
  state->orders = hft_desk_open_count(desk);
  double cancels = noise->cancel_most * (double)state->orders;
  hft_desk_wake_at(desk, hft_clock_set(&noise->clock, &state->clock, cancels, hft_desk_now(desk),
                                       hft_desk_rng(desk)));
}

// The best price of a side; the last mid if the side is empty.
static hft_price reference(const hft_desk *desk, hft_side side) {
  hft_price best = hft_book_best_price(hft_desk_book(desk), side);
  return best != 0 ? best : (hft_price)(hft_desk_mid2(desk) / 2);
}

static hft_qty draw_size(const noise_params *noise, const hft_desk *desk) {
  return hft_geometric(hft_desk_rng(desk), noise->size_scale, (int32_t)noise->keys.size_max);
}

// The distance that u in [0, limit_side) selects.
static int32_t distance_of(const noise_params *noise, double u) {
  const hft_list *rates = &noise->keys.limit_rates;
  int32_t at = noise->guide[(int32_t)(u * noise->guide_scale)];
  while (at < rates->count - 1 && u >= noise->limit_sum[at]) at++;
  if (noise->keys.limit_range <= rates->count || u < noise->limit_sum[at]) return at + 1;
  double beyond = (u - noise->limit_sum[at]) / rates->value[at];
  int32_t most = (int32_t)noise->keys.limit_range - at - 1;
  return at + 1 + (beyond < most - 1 ? 1 + (int32_t)beyond : most);
}

// u in [0, limit_total) selects both the side and the distance.
static void place_limit(const noise_params *noise, const hft_desk *desk, double u) {
  hft_side side = u < noise->limit_side ? HFT_BID : HFT_ASK;
  if (side == HFT_ASK) u -= noise->limit_side;
  int32_t distance = distance_of(noise, u);
  hft_price opposite = reference(desk, hft_side_other(side));
  hft_price price = opposite - hft_side_sign(side) * distance;
  hft_order order = {side, HFT_GTC, hft_flow_clamp(hft_desk_instrument(desk), price),
                     draw_size(noise, desk)};
  hft_desk_submit(desk, &order);
}

// u in [0, orders x cancel_most) selects the order and, by its fraction, whether it is cancelled.
static void cancel_one(const noise_params *noise, const hft_desk *desk, double u) {
  uint32_t pick = (uint32_t)(u * noise->to_pick);
  double keep = u - pick * noise->cancel_most;
  if (pick >= hft_desk_open_count(desk)) return;
  hft_order_id id = hft_desk_open(desk, pick);
  if (keep < noise->cancel_least) {  // at any distance
    hft_desk_cancel(desk, id);
    return;
  }
  hft_order order;
  if (!hft_desk_order(desk, id, &order)) return;
  hft_price opposite = reference(desk, hft_side_other(order.side));
  int64_t distance = (int64_t)hft_side_sign(order.side) * (opposite - order.price);
  const hft_list *rates = &noise->keys.cancel_rates;
  if (distance < 1) distance = 1;
  if (distance > rates->count) distance = rates->count;
  if (keep < rates->value[distance - 1]) hft_desk_cancel(desk, id);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const noise_params *noise = params;
  noise_state *self = state;
  for (int64_t i = 0; i < 2 * noise->keys.opening_orders && noise->limit_total > 0; i++) {
    place_limit(noise, desk, hft_uniform(hft_desk_rng(desk)) * noise->limit_total);
  }
  hft_clock_start(&noise->clock, &self->clock);
  set_clock(noise, self, desk);
}

static void arrive(const noise_params *noise, const hft_desk *desk, double u) {
  if (u < noise->limit_total) {
    place_limit(noise, desk, u);
    return;
  }
  hft_side side = u < noise->limit_total + noise->keys.market_rate ? HFT_BID : HFT_ASK;
  hft_order order = {side, HFT_IOC, HFT_PRICE_MARKET, draw_size(noise, desk)};
  hft_desk_submit(desk, &order);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const noise_params *noise = params;
  noise_state *self = state;
  double mark;
  hft_firing firing = hft_clock_fire(&noise->clock, &self->clock, hft_desk_now(desk), &mark);
  if (firing == HFT_FIRING_ARRIVAL) {
    arrive(noise, desk, mark);
  } else if (firing == HFT_FIRING_OTHER) {
    cancel_one(noise, desk, mark);
  }
  set_clock(noise, self, desk);
}

static const hft_section section = {"noise", "zero-intelligence order flow", keys,
                                    sizeof keys / sizeof keys[0], sizeof(noise_keys)};

const hft_agent_class hft_noise_class = {
    .section = &section,
    .params_size = sizeof(noise_params),
    .key = {.open_orders_max = HFT_PARAM(noise_keys, open_orders_max)},
    .state_size = sizeof(noise_state),
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
