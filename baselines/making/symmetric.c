// Quotes at a constant distance from the mid, whatever the inventory: the benchmark of M.
// Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance
// 8, 2008, section 3.3. What a dealer earns or saves against it, at the same spread, is due to its
// inventory's part in its quotes. The default distance 1 / k is the one that earns most, delta
// A exp(-k delta) a second and side, where quotes are filled as that paper assumes.
#include "baselines/classes.h"
#include "baselines/making/quoter.h"

// clang-format off
#define HFT_SYMMETRIC_KEYS(X)                                                                     \
  HFT_QUOTES_KEYS(X)                                                                              \
  X(REAL, half_spread, "0", 0, 1e6, "ticks",                                                      \
    "distance of both quotes from the mid; 0: 1 / k")                                             \
  X(REAL, k, "0.4", 1e-6, 1e6, "1/ticks",                                                         \
    "decay k of the fill rate A exp(-k delta) with the distance delta from the mid")
// clang-format on

typedef struct symmetric_keys {
  HFT_SYMMETRIC_KEYS(HFT_KEY_MEMBER)
} symmetric_keys;

#define HFT_KEY_STRUCT symmetric_keys
static const hft_key keys[] = {HFT_SYMMETRIC_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "symmetric",
    .help = "quotes both sides at a constant distance from the mid",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(symmetric_keys),
};

typedef struct symmetric_params {
  symmetric_keys keys;
  hft_quoter quoter;
} symmetric_params;

static hft_quoter_quote formula(const void *params, void *state, const hft_quoter_view *view) {
  (void)state;
  const symmetric_keys *k = &((const symmetric_params *)params)->keys;
  double half = k->half_spread > 0 ? k->half_spread : 1 / k->k;
  return (hft_quoter_quote){view->mid - half, view->mid + half};
}

#define HFT_KEY_FROM (&p->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  symmetric_params *p = params;
  const hft_quotes_keys quotes = {HFT_QUOTES_KEYS(HFT_KEY_COPY)};
  return hft_quoter_compile(&quotes, NULL, instrument, where, &p->quoter, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_quoter_reset(&((const symmetric_params *)params)->quoter, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_quoter_wake(&((const symmetric_params *)params)->quoter, state, desk, formula, params, state);
}

static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  hft_quoter_fill(state, desk, event);
}

const hft_agent_class hft_symmetric_class = {
    .section = &section,
    .params_size = sizeof(symmetric_params),
    .key = {.latency_us = HFT_PARAM(symmetric_keys, latency_us),
            .start_s = HFT_PARAM(symmetric_keys, start_s),
            .horizon_s = HFT_PARAM(symmetric_keys, horizon_s),
            .unit = HFT_PARAM(symmetric_keys, quote_qty),
            .fill_k = HFT_PARAM(symmetric_keys, k)},
    .state_size = sizeof(hft_quoter_state),
    .open_orders_max = HFT_QUOTES_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
