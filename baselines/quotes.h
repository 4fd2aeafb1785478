// A pair of quotes, one on each side of the book: what market makers share.
#ifndef HFTSIM_BASELINES_QUOTES_H
#define HFTSIM_BASELINES_QUOTES_H

#include "baselines/span.h"

// clang-format off
#define HFT_QUOTES_KEYS(X)                                                                        \
  HFT_SPAN_KEYS(X)                                                                                \
  X(REAL, refresh_ms, "100", 0.001, 86400000, "ms", "quotes are looked at anew so often")         \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(INT, inventory_max, "100", 1, 1000000000, "lots",                                             \
    "no quote that could take the position, long or short, beyond this")
// clang-format on

// The orders that stand for the quotes; part of an agent's state. Null or stale: there is none.
typedef struct hft_quotes {
  hft_order_id id[2];  // by hft_side
} hft_quotes;

// Twice the mid of the other participants' orders, in ticks; the market's mid where they leave a
// side empty. A maker that looked at the market's mid would follow its own quotes.
int64_t hft_quotes_mid2(const hft_quotes *quotes, const hft_desk *desk);

typedef struct hft_quote_prices {
  hft_price bid, ask;  // ticks
} hft_quote_prices;

// The prices of a spread around a centre (ticks), rounded outward to the grid: never narrower than
// asked for, and at least one tick. Numbers beyond the range of prices are cut to it.
hft_quote_prices hft_quotes_round(double center, double spread);

// Brings the book in line with the wanted prices. A quote that would trade at once is put one tick
// off the best order of another participant instead. Sizes are `quote_qty`, less where the account
// would pass `inventory_max`. A quote whose price stays keeps its place in the queue, also when it
// is partly filled; it is refilled when it is gone or its price changes.
void hft_quotes_update(hft_quotes *quotes, const hft_desk *desk, hft_quote_prices prices,
                       int64_t quote_qty, int64_t inventory_max);

#endif
