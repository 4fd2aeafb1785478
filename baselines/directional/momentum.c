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
// directional.h tells when samples are taken, and how the position is brought about and closed.
#include <math.h>

#include "baselines/classes.h"
#include "baselines/directional/directional.h"

// clang-format off
#define MOMENTUM_KEYS(X)                                                                          \
  HFT_DIRECTIONAL_KEYS(X, "1000")                                                                 \
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
  hft_directional common;
  double decay;  // of a change's weight from one sample to the next
} momentum_params;

typedef struct momentum_state {
  hft_directional_state common;
  int64_t sample_count;                // taken since the open
  int64_t held;                        // samples since the target was set; -1: never
  int64_t last_mid2;                   // of the last sample
  double weight_sum, sum, square_sum;  // of the changes' weights, changes and squares: ticks
  int64_t mid2[];                      // [lookback]: sample n at n % lookback
} momentum_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  momentum_params *p = params;
  const momentum_keys *k = &p->keys;
  p->decay = k->volatility_memory / (1 + k->volatility_memory);
  const hft_directional_times times = {k->start_s, k->horizon_s, k->sample_ms, k->close_s};
  return hft_directional_compile(times, instrument, where, &p->common, error);
}

static hft_needs measure(const void *params) {
  const momentum_params *p = params;
  size_t lookback = (size_t)p->keys.lookback;
  return (hft_needs){.state_size = sizeof(momentum_state) + lookback * sizeof(int64_t),
                     .open_orders_max = HFT_DIRECTIONAL_ORDERS};
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

// Takes a sample. Returns the target, which changes where it is due.
static int64_t take_sample(const momentum_params *p, momentum_state *state, const hft_desk *desk) {
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
  if (state->held >= 0) state->held++;
  if (!complete || hft_desk_now(desk) < p->common.span.start) return state->common.target;
  if (state->held >= 0 && state->held < p->keys.hold) return state->common.target;
  state->held = 0;
  int64_t sign = (mid2 > past2) - (mid2 < past2);
  return sign * position_size(p, state);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const momentum_params *p = params;
  momentum_state *s = state;
  s->held = -1;
  s->last_mid2 = s->mid2[0] = hft_desk_mid2(desk);
  s->sample_count = 1;
  hft_directional_reset(&p->common, &s->common, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const momentum_params *p = params;
  momentum_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  hft_directional_follow(&p->common, &s->common, desk, take_sample(p, s, desk));
}

const hft_agent_class hft_momentum_class = {
    .section = &section,
    .params_size = sizeof(momentum_params),
    .key = {.latency_us = HFT_PARAM(momentum_keys, latency_us),
            .start_s = HFT_PARAM(momentum_keys, start_s),
            .horizon_s = HFT_PARAM(momentum_keys, horizon_s)},
    .state_size = sizeof(momentum_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
