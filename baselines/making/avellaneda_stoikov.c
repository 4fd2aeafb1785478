// The dealer of baselines/making/avellaneda_stoikov.h on the book. Prices are in ticks, time in
// seconds, and a unit of inventory is one `quote_qty`, so that each full fill moves q by one as in
// the paper. The mid is that of the other participants' orders. Quotes are rounded outward to the
// grid and sent post-only, anew every refresh and at once after a fill. Where sigma is not given,
// sigma^2 is the exponentially weighted mean of the squared changes of the mid, sampled from the
// session's open on.
#include "baselines/making/avellaneda_stoikov.h"

#include "baselines/classes.h"
#include "baselines/making/quotes.h"
#include "sim/base/math.h"

// clang-format off
#define HFT_AS_KEYS(X)                                                                            \
  HFT_QUOTES_KEYS(X)                                                                              \
  X(REAL, gamma, "0.003", 0, 1e6, "1/ticks",                                                      \
    "risk aversion, with inventory in units of quote_qty; 0: none, the limit of the formulas")    \
  X(REAL, k, "0.6", 1e-6, 1e6, "1/ticks",                                                         \
    "decay k of the fill rate A exp(-k delta) with the distance delta from the mid")              \
  X(REAL, sigma, "0", 0, 1e6, "ticks/sqrt(s)",                                                    \
    "volatility of the mid; 0: estimated while trading")                                          \
  X(REAL, sigma_sample_ms, "1000", 1, 3600000, "ms",                                              \
    "interval of the mid changes in the estimate")                                                \
  X(REAL, sigma_memory_s, "120", 0.001, 86400, "s",                                               \
    "decay time of past mid changes in the estimate, whose weight is exp(-age / sigma_memory_s)")
// clang-format on

typedef struct as_keys {
  HFT_AS_KEYS(HFT_KEY_MEMBER)
} as_keys;

#define HFT_KEY_STRUCT as_keys
static const hft_key keys[] = {HFT_AS_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "avellaneda-stoikov",
    .help =
        "quotes both sides by Avellaneda and Stoikov (2008), around a price shifted against its "
        "inventory",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(as_keys),
};

typedef struct as_params {
  as_keys keys;
  hft_span span;
  hft_time refresh;
  hft_time sample;  // 0: sigma is given
  double decay;     // of the estimate from one sample to the next
} as_params;

typedef struct as_state {
  hft_time next_sample, next_refresh;
  int64_t sampled_mid2;
  double square_sum;  // weighted sum of squared mid changes, ticks^2
  double time_sum;    // and of the time they took, s
} as_state;

hft_as_quote hft_as_solve(const hft_as_problem *problem, double mid, double inventory) {
  double risk = problem->gamma * problem->variance * problem->time_left;
  // (2 / gamma) ln(1 + gamma / k) = (2 / k) ln(1 + x) / x with x = gamma / k, which tends to 2 / k.
  double x = problem->gamma / problem->k;
  double ratio = x > 1e-12 ? hft_log1p(x) / x : 1;
  return (hft_as_quote){mid - inventory * risk, risk + 2 / problem->k * ratio};
}

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  as_params *p = params;
  p->refresh = hft_span_time(p->keys.refresh_ms * 1e-3);
  p->sample = p->keys.sigma > 0 ? 0 : hft_span_time(p->keys.sigma_sample_ms * 1e-3);
  p->decay = hft_exp(-p->keys.sigma_sample_ms * 1e-3 / p->keys.sigma_memory_s);
  return hft_span_compile(p->keys.start_s, p->keys.horizon_s, instrument, where, &p->span, error);
}

static void sample_mid(const as_params *p, as_state *state, const hft_desk *desk) {
  int64_t mid2 = hft_quotes_mid2(desk);
  double change = (double)(mid2 - state->sampled_mid2) / 2;
  state->square_sum = state->square_sum * p->decay + change * change;
  state->time_sum = state->time_sum * p->decay + (double)p->sample / (double)HFT_SECOND;
  state->sampled_mid2 = mid2;
  state->next_sample += p->sample;
}

static double variance(const as_params *p, const as_state *state) {
  if (p->sample == 0) return p->keys.sigma * p->keys.sigma;
  return state->time_sum > 0 ? state->square_sum / state->time_sum : 0;
}

static void quote(const as_params *p, const as_state *state, const hft_desk *desk, hft_time now) {
  hft_as_problem problem = {
      .gamma = p->keys.gamma,
      .k = p->keys.k,
      .variance = variance(p, state),
      .time_left = (double)(p->span.end - now) / (double)HFT_SECOND,
  };
  double mid = (double)hft_quotes_mid2(desk) / 2;
  double units = (double)hft_desk_account(desk)->position / (double)p->keys.quote_qty;
  hft_as_quote best = hft_as_solve(&problem, mid, units);
  hft_quotes_update(desk, hft_quotes_round(best.reservation, best.spread), p->keys.quote_qty,
                    p->keys.max_inventory);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const as_params *p = params;
  as_state *s = state;
  s->next_refresh = p->span.start;
  s->next_sample = p->sample > 0 ? p->sample : HFT_TIME_NEVER;
  s->sampled_mid2 = hft_desk_mid2(desk);
  hft_desk_wake_at(desk, s->next_sample < p->span.start ? s->next_sample : p->span.start);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const as_params *p = params;
  as_state *s = state;
  hft_time now = hft_desk_now(desk);
  if (now >= p->span.end) {
    hft_desk_wake_at(desk, hft_quotes_withdraw(desk) ? HFT_TIME_NEVER : now + p->refresh);
    return;
  }
  if (now >= s->next_sample) sample_mid(p, s, desk);
  if (now >= s->next_refresh) {
    quote(p, s, desk, now);
    s->next_refresh = now + p->refresh;
  }
  hft_time next = s->next_sample < s->next_refresh ? s->next_sample : s->next_refresh;
  hft_desk_wake_at(desk, next < p->span.end ? next : p->span.end);
}

// A fill changes the inventory and so the reservation price: quotes are updated at once.
static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  ((as_state *)state)->next_refresh = event->time;
  hft_desk_wake_at(desk, event->time);
}

const hft_agent_class hft_avellaneda_stoikov_class = {
    .section = &section,
    .params_size = sizeof(as_params),
    .key = {.latency_us = HFT_PARAM(as_keys, latency_us),
            .start_s = HFT_PARAM(as_keys, start_s),
            .horizon_s = HFT_PARAM(as_keys, horizon_s),
            .sigma = HFT_PARAM(as_keys, sigma),
            .fill_k = HFT_PARAM(as_keys, k)},
    .state_size = sizeof(as_state),
    .open_orders_max = HFT_QUOTES_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
