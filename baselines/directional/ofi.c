// Order-flow imbalance: follows the pressure of the orders that come and go at the best quotes.
//
// R. Cont, A. Kukanov and S. Stoikov, "The price impact of order book events", Journal of Financial
// Econometrics 12(1), 2014. An event e is what a change of the best quotes adds to the demand, less
// what it adds to the supply (hft_ofi_event); OFI is the sum of the events of an interval; and in
// their model of the book the price moves by
//
//   OFI / (2 D)   ticks
//
// with D the mean depth of a best quote. That is the signal, over the last `window` samples. An
// event is the change from a sample to the next: their sum is the paper's over samples between
// which no best price changes, or only one order comes or goes, and else close to it. A sample
// without two best quotes, as in a call, has no event and no depth. The strategy's own trades
// count, as they do for all who look at the book.
#include "baselines/classes.h"
#include "baselines/directional/directional.h"
#include "baselines/directional/indicators.h"

// clang-format off
#define OFI_KEYS(X)                                                                               \
  HFT_DIRECTIONAL_KEYS(X, "100")                                                                  \
  X(INT, window, "100", 1, 10000, "samples", "number of samples over which events are summed")    \
  HFT_DIRECTIONAL_SIGNAL_KEYS(X, "4", "1", "ticks", "the imbalance, as a move of the price,")
// clang-format on

typedef struct ofi_keys {
  OFI_KEYS(HFT_KEY_MEMBER)
} ofi_keys;

#define HFT_KEY_STRUCT ofi_keys
static const hft_key keys[] = {OFI_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "ofi",
    .help = "follows the order-flow imbalance of the best quotes",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(ofi_keys),
};

typedef struct ofi_params {
  ofi_keys keys;
  hft_directional common;
} ofi_params;

typedef struct ofi_sample {
  int64_t event;  // lots
  int64_t depth;  // lots of both best quotes; 0: a side is empty
} ofi_sample;

typedef struct ofi_state {
  hft_directional_state common;
  int64_t sample_count;      // taken since the open
  hft_best_quotes last;      // of the last sample
  int64_t imbalance, depth;  // sums over the window
  int64_t depth_count;       // samples in the window that have a depth
  ofi_sample sample[];       // [window]: sample n at n % window
} ofi_state;

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  ofi_params *p = params;
  const hft_directional_signal signal = HFT_DIRECTIONAL_SIGNAL(&p->keys);
  return hft_directional_compile_signal(&signal, instrument, where, &p->common, error);
}

static hft_needs measure(const void *params) {
  const ofi_params *p = params;
  size_t ring = (size_t)p->keys.window * sizeof(ofi_sample);
  return (hft_needs){.state_size = sizeof(ofi_state) + ring,
                     .open_orders_max = HFT_DIRECTIONAL_ORDERS};
}

static hft_best_quotes read_quotes(const hft_desk *desk) {
  const hft_book *book = hft_desk_book(desk);
  hft_level bid = hft_book_best(book, HFT_BID), ask = hft_book_best(book, HFT_ASK);
  return (hft_best_quotes){bid.price, ask.price, bid.qty, ask.qty};
}

static void take_sample(const ofi_params *p, ofi_state *s, const hft_desk *desk) {
  const hft_best_quotes now = read_quotes(desk);
  ofi_sample *oldest = &s->sample[s->sample_count++ % p->keys.window];
  s->imbalance -= oldest->event;
  s->depth -= oldest->depth;
  s->depth_count -= oldest->depth > 0;
  *oldest = (ofi_sample){.event = hft_ofi_event(&s->last, &now)};
  if (now.bid != 0 && now.ask != 0) oldest->depth = (int64_t)now.bid_qty + now.ask_qty;
  s->imbalance += oldest->event;
  s->depth += oldest->depth;
  s->depth_count += oldest->depth > 0;
  s->last = now;
}

// The move of the price that goes with the window's imbalance, ticks.
static double pressure(const ofi_params *p, const ofi_state *s) {
  if (s->sample_count < p->keys.window || s->depth_count == 0) return 0;
  double both = (double)s->depth / (double)s->depth_count;  // 2 D
  return (double)s->imbalance / both;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const ofi_params *p = params;
  ofi_state *s = state;
  s->last = read_quotes(desk);
  hft_directional_reset(&p->common, &s->common, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const ofi_params *p = params;
  ofi_state *s = state;
  if (!hft_directional_due(&p->common, &s->common, desk)) return;
  take_sample(p, s, desk);
  hft_directional_follow_signal(&p->common, &s->common, desk, pressure(p, s));
}

const hft_agent_class hft_ofi_class = {
    .section = &section,
    .params_size = sizeof(ofi_params),
    .key = {.latency_us = HFT_PARAM(ofi_keys, latency_us),
            .start_s = HFT_PARAM(ofi_keys, start_s),
            .horizon_s = HFT_PARAM(ofi_keys, horizon_s)},
    .state_size = sizeof(ofi_state),
    .open_orders_max = HFT_DIRECTIONAL_ORDERS,
    .compile = compile,
    .measure = measure,
    .reset = reset,
    .wake = wake,
};
