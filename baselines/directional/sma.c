// The crossover of two simple moving averages: long while the mean of the last `fast` samples of
// the mid is above that of the last `slow` ones, short while it is below.
//
// W. Brock, J. Lakonishok and B. LeBaron, "Simple technical trading rules and the stochastic
// properties of stock returns", Journal of Finance 47(5), 1992: their variable-length rule, whose
// band around the crossing is `entry` here, in ticks. Where the averages are less than `exit`
// apart, in the position's direction, the position is closed; with an exit of 0 it is held until
// they cross.
#include "baselines/classes.h"
#include "baselines/directional/directional.h"

// clang-format off
#define SMA_KEYS(X)                                                                               \
  HFT_DIRECTIONAL_KEYS(X, "1000")                                                                 \
  X(INT, fast, "10", 1, 10000, "samples", "window of the fast average; below slow")               \
  X(INT, slow, "60", 2, 10000, "samples", "window of the slow average")                           \
  HFT_DIRECTIONAL_SIGNAL_KEYS(X, "1", "0", "ticks", "the fast average less the slow one")
// clang-format on

typedef struct sma_keys {
  SMA_KEYS(HFT_KEY_MEMBER)
} sma_keys;

#define HFT_KEY_STRUCT sma_keys
static const hft_key keys[] = {SMA_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "sma",
    .help = "follows the crossover of a fast and a slow moving average",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(sma_keys),
};

typedef struct sma_params {
  sma_keys keys;
  hft_directional common;
} sma_params;

typedef struct sma_state {
  hft_directional_state common;
  int64_t sample_count;        // taken since the open
  int64_t fast_sum, slow_sum;  // of the windows
  int64_t mid2[];              // [slow]: sample n at n % slow
} sma_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  sma_params *p = params;
  const sma_keys *k = &p->keys;
  if (k->fast >= k->slow) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "fast: %lld is not below slow, %lld; lower fast or raise slow",
                    (long long)k->fast, (long long)k->slow);
  }
  const hft_directional_signal signal = HFT_DIRECTIONAL_SIGNAL(k);
  return hft_directional_compile_signal(&signal, instrument, where, &p->common, error);
}

static hft_needs measure(const void *params) {
  const sma_params *p = params;
  size_t ring = (size_t)p->keys.slow * sizeof(int64_t);
  return (hft_needs){.state_size = sizeof(sma_state) + ring,
                     .open_orders_max = HFT_DIRECTIONAL_ORDERS};
}

static void take_sample(const sma_keys *k, sma_state *s, int64_t mid2) {
  int64_t n = s->sample_count++;
  if (n >= k->fast) s->fast_sum -= s->mid2[(n - k->fast) % k->slow];
  if (n >= k->slow) s->slow_sum -= s->mid2[n % k->slow];
  s->mid2[n % k->slow] = mid2;
  s->fast_sum += mid2;
  s->slow_sum += mid2;
}

// The fast average less the slow one, ticks.
static double apart(const sma_keys *k, const sma_state *s) {
  if (s->sample_count < k->slow) return 0;
  double fast = (double)s->fast_sum / (double)k->fast;
  double slow = (double)s->slow_sum / (double)k->slow;
  return 0.5 * (fast - slow);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const sma_params *p = params;
  sma_state *s = state;
  take_sample(&p->keys, s, hft_desk_mid2(desk));
  hft_directional_reset(&p->common, &s->common, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const sma_params *p = params;
  sma_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  take_sample(&p->keys, s, hft_desk_mid2(desk));
  hft_directional_follow_signal(&p->common, &s->common, desk, apart(&p->keys, s));
}

const hft_agent_class hft_sma_class = {
    .section = &section,
    .params_size = sizeof(sma_params),
    .key = {.latency_us = HFT_PARAM(sma_keys, latency_us),
            .start_s = HFT_PARAM(sma_keys, start_s),
            .horizon_s = HFT_PARAM(sma_keys, horizon_s)},
    .state_size = sizeof(sma_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
