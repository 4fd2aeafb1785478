// A strategy to begin with: buys while there are more lots at the best bid than at the best offer,
// and sells while there are fewer (M. Gould and J. Bonart, "Queue imbalance as a one-tick-ahead
// price predictor in a limit order book", Market Microstructure and Liquidity 2, 2016).
//
// docs/strategies.md explains it line by line. As baselines/directional/imbalance.c, with this line
// in HFT_BASELINE_MAP of baselines/classes.h, it is a part of the program:
//
//   X(hft_imbalance_class, DIRECTIONAL)
#include "baselines/classes.h"
#include "baselines/directional/directional.h"

// ---- its keys: kind, name, default, lowest, highest, unit, help --------------------------------

// clang-format off
#define IMBALANCE_KEYS(X)                                                                         \
  HFT_DIRECTIONAL_KEYS(X, "500")                                                                  \
  X(INT, window, "32", 1, 10000, "samples", "number of samples whose imbalance is averaged")      \
  HFT_DIRECTIONAL_SIGNAL_KEYS(X, "0.3", "0.1", "", "the mean imbalance")
// clang-format on

typedef struct imbalance_keys {
  IMBALANCE_KEYS(HFT_KEY_MEMBER)
} imbalance_keys;

#define HFT_KEY_STRUCT imbalance_keys
static const hft_key keys[] = {IMBALANCE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "imbalance",
    .help = "follows the imbalance of the lots at the best quotes",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(imbalance_keys),
};

// ---- its parameters: the keys, and what compile derives from them ------------------------------

typedef struct imbalance_params {
  imbalance_keys keys;
  hft_directional common;
} imbalance_params;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  imbalance_params *p = params;
  const hft_directional_signal signal = HFT_DIRECTIONAL_SIGNAL(&p->keys);
  return hft_directional_compile_signal(&signal, instrument, where, &p->common, error);
}

// ---- its state in a market ---------------------------------------------------------------------

typedef struct imbalance_state {
  hft_directional_state common;
  int64_t sample_count;
  double sample[];  // [window]: the last imbalances
} imbalance_state;

static hft_needs measure(const void *params) {
  const imbalance_params *p = params;
  size_t ring = (size_t)p->keys.window * sizeof(double);
  return (hft_needs){.state_size = sizeof(imbalance_state) + ring,
                     .open_orders_max = HFT_DIRECTIONAL_ORDERS};
}

// ---- what it does ------------------------------------------------------------------------------

// (bid - ask) / (bid + ask) of the lots at the best quotes; 0 if there are none.
static double look(const hft_desk *desk) {
  const hft_book *book = hft_desk_book(desk);
  double bid = hft_book_best(book, HFT_BID).qty, ask = hft_book_best(book, HFT_ASK).qty;
  return bid + ask > 0 ? (bid - ask) / (bid + ask) : 0;
}

// A session begins.
static void reset(const void *params, void *state, hft_desk *desk) {
  const imbalance_params *p = params;
  imbalance_state *s = state;
  hft_directional_reset(&p->common, &s->common, desk);
}

// The time has come that it was to be called at.
static void wake(const void *params, void *state, hft_desk *desk) {
  const imbalance_params *p = params;
  imbalance_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  int64_t window = p->keys.window;
  s->sample[s->sample_count++ % window] = look(desk);
  double sum = 0;
  for (int64_t i = 0; i < window; i++) sum += s->sample[i];
  double mean = s->sample_count >= window ? sum / (double)window : 0;
  hft_directional_follow_signal(&p->common, &s->common, desk, mean);
}

const hft_agent_class hft_imbalance_class = {
    .section = &section,
    .params_size = sizeof(imbalance_params),
    .key = {.latency_us = HFT_PARAM(imbalance_keys, latency_us),
            .start_s = HFT_PARAM(imbalance_keys, start_s),
            .horizon_s = HFT_PARAM(imbalance_keys, horizon_s)},
    .state_size = sizeof(imbalance_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
