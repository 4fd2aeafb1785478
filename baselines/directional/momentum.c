// Time-series momentum: long after a rise of the mid over the lookback, short after a fall, in a
// size that is inversely proportional to the mid's volatility.
//
// T. J. Moskowitz, Y. H. Ooi and L. H. Pedersen, "Time series momentum", Journal of Financial
// Economics 104(2), 2012: the position is sign(r) x risk / sigma, with r the change over `lookback`
// samples, and is held for `hold` samples. sigma^2 is the ex-ante variance of their equation (1),
//
//   sigma^2 = sum over i of (1 - d) d^i (c_i - m)^2,   m = sum over i of (1 - d) d^i c_i
//
// with c_i the change of the i-th sample before now and d / (1 - d) = `volatility_memory`, the
// weights' centre of mass. Their returns are relative and monthly; changes here are in ticks, from
// one sample to the next, and their weights are divided by their sum so far.
//
// Samples are taken from the session's open on, so that the warm-up of an episode provides the
// first lookback. The position is brought about by market orders, one at a time, and closed in the
// same way at the horizon, early enough for the agent's latency.
#include <math.h>

#include "baselines/classes.h"
#include "baselines/span.h"

// clang-format off
#define MOMENTUM_KEYS(X)                                                                          \
  HFT_SPAN_KEYS(X)                                                                                \
  X(REAL, sample_ms, "1000", 1, 3600000, "ms", "interval of the mid's samples")                   \
  X(INT, lookback, "30", 1, 10000, "samples",                                                     \
    "number of samples over which the mid's change sets the sign of the position")                \
  X(INT, hold, "30", 1, 1000000, "samples", "the position is held for so many samples")           \
  X(REAL, risk, "20", 0, 1e12, "ticks x lots",                                                    \
    "standard deviation of the position's gain from a sample to the next; sets its size")         \
  X(REAL, volatility_memory, "60", 0.001, 1e6, "samples",                                         \
    "centre of mass of the exponential weights in the volatility's estimate")                     \
  X(INT, max_inventory, "100", 1, 1000000000, "lots", "largest position, long or short")
// clang-format on

typedef struct momentum_keys {
  MOMENTUM_KEYS(HFT_KEY_MEMBER)
} momentum_keys;

#define HFT_KEY_STRUCT momentum_keys
static const hft_key keys[] = {MOMENTUM_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "momentum",
    .help = "follows the sign of the mid's past change, scaled by volatility",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(momentum_keys),
};

typedef struct momentum_params {
  momentum_keys keys;
  hft_span span;
  hft_time sample;
  double decay;  // of a change's weight from one sample to the next
} momentum_params;

typedef struct momentum_state {
  hft_time next_sample;
  int64_t sample_count;                // taken since the open
  int64_t held;                        // samples since the target was set; -1: never
  int64_t target;                      // lots, signed
  int64_t last_mid2;                   // of the last sample
  double weight_sum, sum, square_sum;  // of the changes' weights, changes and squares: ticks
  int64_t mid2[];                      // [lookback]: sample n at n % lookback
} momentum_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  momentum_params *p = params;
  p->sample = hft_span_time(p->keys.sample_ms * 1e-3);
  p->decay = p->keys.volatility_memory / (1 + p->keys.volatility_memory);
  return hft_span_compile(p->keys.start_s, p->keys.horizon_s, instrument, where, &p->span, error);
}

static hft_needs measure(const void *params) {
  const momentum_params *p = params;
  size_t lookback = (size_t)p->keys.lookback;
  return (hft_needs){.state_size = sizeof(momentum_state) + lookback * sizeof(int64_t),
                     .open_orders_max = 1};
}

// Lots of the volatility-scaled position, unsigned.
static int64_t position_size(const momentum_params *p, const momentum_state *state) {
  int64_t most = p->keys.max_inventory;
  if (!(state->weight_sum > 0)) return most;
  double mean = state->sum / state->weight_sum;
  double variance = state->square_sum / state->weight_sum - mean * mean;
  double sigma = variance > 0 ? sqrt(variance) : 0;
  if (p->keys.risk > sigma * (double)most) return most;
  return sigma > 0 ? (int64_t)(p->keys.risk / sigma + 0.5) : 0;
}

// Takes a sample, and sets the target where it is due. Returns whether the target has changed.
static bool take_sample(const momentum_params *p, momentum_state *state, const hft_desk *desk) {
  int64_t mid2 = hft_desk_mid2(desk);
  double change = 0.5 * (double)(mid2 - state->last_mid2);
  state->weight_sum = state->weight_sum * p->decay + 1;
  state->sum = state->sum * p->decay + change;
  state->square_sum = state->square_sum * p->decay + change * change;
  int64_t *oldest = &state->mid2[state->sample_count % p->keys.lookback];
  int64_t past2 = *oldest;
  bool complete = state->sample_count >= p->keys.lookback;
  *oldest = state->last_mid2 = mid2;
  state->sample_count++;
  state->next_sample += p->sample;
  if (state->held >= 0) state->held++;
  if (!complete || state->next_sample - p->sample < p->span.start) return false;
  if (state->held >= 0 && state->held < p->keys.hold) return false;
  state->held = 0;
  int64_t sign = (mid2 > past2) - (mid2 < past2);
  int64_t before = state->target;
  state->target = sign * position_size(p, state);
  return state->target != before;
}

// Sends what is missing to a position, unless an order is under way or waits for an auction: so the
// position is never passed. What the book cannot trade is sent again with the next sample.
static void trade(const hft_desk *desk, int64_t target) {
  if (hft_desk_exposed(desk, HFT_BID) + hft_desk_exposed(desk, HFT_ASK) > 0) return;
  int64_t lots = target - hft_desk_account(desk)->position;
  if (lots == 0) return;
  int64_t most = hft_desk_instrument(desk)->order_qty_max;
  hft_side side = lots > 0 ? HFT_BID : HFT_ASK;
  if (lots < 0) lots = -lots;
  hft_qty qty = (hft_qty)(lots < most ? lots : most);
  hft_desk_submit(desk, &(hft_order){side, HFT_IOC, HFT_PRICE_MARKET, qty, 0});
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const momentum_params *p = params;
  momentum_state *s = state;
  s->held = -1;
  s->last_mid2 = s->mid2[0] = hft_desk_mid2(desk);
  s->sample_count = 1;
  s->next_sample = p->sample;
  hft_desk_wake_at(desk, s->next_sample);
}

// Closes the position from two latencies before the horizon on: an order that was under way then
// has arrived one latency later, and what it left is closed by the horizon.
static hft_time close_position(const momentum_params *p, const hft_desk *desk, hft_time now) {
  hft_time latency = hft_desk_latency_bound(desk), end = p->span.end;
  hft_desk_cancel_all(desk);
  trade(desk, 0);
  if (now < end - latency) return end - latency;
  if (now < end) return end;
  bool flat = hft_desk_account(desk)->position == 0 &&
              hft_desk_exposed(desk, HFT_BID) + hft_desk_exposed(desk, HFT_ASK) == 0;
  return flat ? HFT_TIME_NEVER : now + p->sample;
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const momentum_params *p = params;
  momentum_state *s = state;
  hft_time now = hft_desk_now(desk), close = p->span.end - 2 * hft_desk_latency_bound(desk);
  if (now >= close) {
    hft_desk_wake_at(desk, close_position(p, desk, now));
    return;
  }
  if (now >= s->next_sample) {
    if (take_sample(p, s, desk)) hft_desk_cancel_all(desk);
    if (now >= p->span.start) trade(desk, s->target);
  }
  hft_desk_wake_at(desk, s->next_sample < close ? s->next_sample : close);
}

const hft_agent_class hft_momentum_class = {
    .section = &section,
    .params_size = sizeof(momentum_params),
    .key = {.latency_us = HFT_PARAM(momentum_keys, latency_us),
            .start_s = HFT_PARAM(momentum_keys, start_s),
            .horizon_s = HFT_PARAM(momentum_keys, horizon_s)},
    .state_size = sizeof(momentum_state),
    .open_orders_max = 1,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
