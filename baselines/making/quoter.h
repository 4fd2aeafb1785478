// A quoter: a market maker whose bid and ask follow from the mid, its inventory, the volatility and
// the time left. The strategies differ in the formula alone.
//
// A unit of inventory is one `quote_qty`, so that each full fill moves the inventory by one, as in
// the models; prices are in ticks and time is in seconds. The mid is that of the other
// participants' orders or, by the key `reference`, the fundamental value. Quotes are rounded
// outward to the grid and sent post-only, anew every refresh and at once after a fill.
#ifndef HFTSIM_BASELINES_MAKING_QUOTER_H
#define HFTSIM_BASELINES_MAKING_QUOTER_H

#include "baselines/making/quotes.h"

// clang-format off
// Keys of the volatility, for quoters that need it. Where sigma is not given, sigma^2 is the
// exponentially weighted mean of the squared changes of the mid, sampled from the session's open
// on.
#define HFT_SIGMA_KEYS(X)                                                                         \
  X(REAL, sigma, "0", 0, 1e6, "ticks/sqrt(s)",                                                    \
    "volatility of the mid; 0: estimated while trading")                                          \
  X(REAL, sigma_sample_ms, "1000", 1, 3600000, "ms",                                              \
    "interval of the mid changes in the estimate")                                                \
  X(REAL, sigma_memory_s, "120", 0.001, 86400, "s",                                               \
    "decay time of past mid changes in the estimate, whose weight is exp(-age / sigma_memory_s)")
// clang-format on

typedef struct hft_quotes_keys {
  HFT_QUOTES_KEYS(HFT_KEY_MEMBER)
} hft_quotes_keys;

typedef struct hft_sigma_keys {
  HFT_SIGMA_KEYS(HFT_KEY_MEMBER)
} hft_sigma_keys;

// The parameters of a quoter.
typedef struct hft_quoter {
  hft_span span;
  hft_time refresh;
  hft_time sample;  // interval of the estimate; 0: there is none
  double decay;     // of the estimate from one sample to the next
  double variance;  // sigma^2, ticks^2 / s, without an estimate
  int64_t quote_qty, max_inventory;
  hft_quotes_reference reference;
} hft_quoter;

typedef struct hft_quoter_state {
  hft_time next_sample, next_refresh;
  double sampled_mid;  // ticks
  double square_sum;   // weighted sum of squared mid changes, ticks^2
  double time_sum;     // and of the time they took, s
} hft_quoter_state;

// What a formula may use.
typedef struct hft_quoter_view {
  double mid;        // ticks
  double inventory;  // units, signed; whole but for partial fills
  double most;       // units: the largest inventory, max_inventory / quote_qty
  double variance;   // sigma^2, ticks^2 / s
  double time_left;  // s, to the end of the span
  double length;     // s, of the span
} hft_quoter_view;

// Prices in ticks, not rounded. Infinite: no quote on that side.
typedef struct hft_quoter_quote {
  double bid, ask;
} hft_quoter_quote;

// A formula: params and state are the agent's.
typedef hft_quoter_quote hft_quoter_formula(const void *params, void *state,
                                            const hft_quoter_view *view);

// Compiles the keys; sigma may be null for a formula that does not use the variance. ECONFIG: the
// span does not fit in the session.
hft_status hft_quoter_compile(const hft_quotes_keys *quotes, const hft_sigma_keys *sigma,
                              const hft_instrument *instrument, const char *where, hft_quoter *out,
                              hft_error *error);

// The callbacks of the agent's class, with the quoter's part of the agent's state.
void hft_quoter_reset(const hft_quoter *quoter, hft_quoter_state *state, hft_desk *desk);
void hft_quoter_wake(const hft_quoter *quoter, hft_quoter_state *state, hft_desk *desk,
                     hft_quoter_formula *formula, const void *params, void *agent_state);
// A fill changes the inventory and so the quotes: they are updated at once.
void hft_quoter_fill(hft_quoter_state *state, const hft_desk *desk, const hft_event *event);

#endif
