// Mean reversion: buys where the mid is far below its moving mean, sells where it is far above, and
// closes the position once the mid is back.
//
// The distance is the z-score of Bollinger's bands (J. Bollinger, "Bollinger on Bollinger Bands",
// 2001): with m and sd the mean and the standard deviation of the last `lookback` samples of the
// mid s, the present one included,
//
//   z = (s - m) / sd,   sd^2 = the mean of (s_i - m)^2
//
// and z = 0 where sd = 0, and before there are `lookback` samples. The position is opened against a
// z beyond `entry`, and closed where z is nearer to 0 than `exit` or beyond it. E. Gatev, W.
// Goetzmann and K. Rouwenhorst, "Pairs trading", Review of Financial Studies 19(3), 2006, open at 2
// standard deviations too.
#include <math.h>

#include "baselines/classes.h"
#include "baselines/directional/directional.h"
#include "baselines/directional/indicators.h"

// clang-format off
#define MEAN_REVERSION_KEYS(X)                                                                    \
  HFT_DIRECTIONAL_KEYS(X, "1000")                                                                 \
  X(INT, lookback, "60", 2, 10000, "samples", "window of the moving mean and deviation")          \
  HFT_DIRECTIONAL_SIGNAL_KEYS(X, "2", "0.5", "sd", "the mid's distance from its mean")
// clang-format on

typedef struct mean_reversion_keys {
  MEAN_REVERSION_KEYS(HFT_KEY_MEMBER)
} mean_reversion_keys;

#define HFT_KEY_STRUCT mean_reversion_keys
static const hft_key keys[] = {MEAN_REVERSION_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "mean-reversion",
    .help = "trades against the distance of the mid from its moving mean",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(mean_reversion_keys),
};

typedef struct mean_reversion_params {
  mean_reversion_keys keys;
  hft_directional common;
} mean_reversion_params;

typedef struct mean_reversion_state {
  hft_directional_state common;
  int64_t sample_count;  // taken since the open
  int64_t base2;         // twice the mid at the open
  hft_window_sums sums;  // of the window
  int64_t mid2[];        // [lookback]: sample n at n % lookback, less base2
} mean_reversion_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  mean_reversion_params *p = params;
  const hft_directional_signal signal = HFT_DIRECTIONAL_SIGNAL(&p->keys);
  return hft_directional_compile_signal(&signal, instrument, where, &p->common, error);
}

static hft_needs measure(const void *params) {
  const mean_reversion_params *p = params;
  size_t ring = (size_t)p->keys.lookback * sizeof(int64_t);
  return (hft_needs){.state_size = sizeof(mean_reversion_state) + ring,
                     .open_orders_max = HFT_DIRECTIONAL_ORDERS};
}

static void take_sample(const mean_reversion_params *p, mean_reversion_state *s, int64_t mid2) {
  int64_t *oldest = &s->mid2[s->sample_count % p->keys.lookback];
  if (s->sample_count++ >= p->keys.lookback) hft_window_remove(&s->sums, *oldest);
  *oldest = mid2 - s->base2;
  hft_window_add(&s->sums, *oldest);
}

// The z-score of the last sample; in half ticks or ticks it is the same.
static double score(const mean_reversion_params *p, const mean_reversion_state *s) {
  int64_t n = p->keys.lookback;
  if (s->sample_count < n) return 0;
  double sd = sqrt(hft_window_variance(&s->sums, n));
  double above = (double)(n * s->mid2[(s->sample_count - 1) % n] - s->sums.sum) / (double)n;
  return sd > 0 ? above / sd : 0;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const mean_reversion_params *p = params;
  mean_reversion_state *s = state;
  s->base2 = hft_desk_mid2(desk);
  take_sample(p, s, s->base2);
  hft_directional_reset(&p->common, &s->common, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const mean_reversion_params *p = params;
  mean_reversion_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  take_sample(p, s, hft_desk_mid2(desk));
  hft_directional_follow_signal(&p->common, &s->common, desk, -score(p, s));
}

const hft_agent_class hft_mean_reversion_class = {
    .section = &section,
    .params_size = sizeof(mean_reversion_params),
    .key = {.latency_us = HFT_PARAM(mean_reversion_keys, latency_us),
            .start_s = HFT_PARAM(mean_reversion_keys, start_s),
            .horizon_s = HFT_PARAM(mean_reversion_keys, horizon_s)},
    .state_size = sizeof(mean_reversion_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
