// A pair of quotes, one on each side of the book: what market makers share.
#ifndef HFTSIM_BASELINES_MAKING_QUOTES_H
#define HFTSIM_BASELINES_MAKING_QUOTES_H

#include "baselines/span.h"

// clang-format off
#define HFT_QUOTES_KEYS(X)                                                                        \
  HFT_SPAN_KEYS(X)                                                                                \
  X(REAL, refresh_ms, "100", 0.001, 86400000, "ms", "interval at which quotes are updated")       \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(INT, inventory_max, "100", 1, 1000000000, "lots",                                             \
    "largest position, long or short, that its quotes could lead to")
// clang-format on

#define HFT_QUOTES_ORDERS 4  // of a maker: a quote of each side, and one that is being cancelled

// Twice the mid of the other participants' orders, in ticks; the market's mid where they leave a
// side empty. A maker that looked at the market's mid would follow its own quotes.
int64_t hft_quotes_mid2(const hft_desk *desk);

typedef struct hft_quote_prices {
  hft_price bid, ask;  // ticks
} hft_quote_prices;

// The prices of a spread around a centre (ticks), rounded outward to the grid: never narrower than
// asked for, and at least one tick. Numbers beyond the range of prices are cut to it.
hft_quote_prices hft_quotes_round(double center, double spread);

// Brings the book in line with the wanted prices. A quote that would trade at once is put one tick
// off the best order of another participant instead. Sizes are `quote_qty`, less where the account
// could pass `inventory_max` if all that rests and is under way traded: with any latency, in
// auctions and after halts, the position stays within it. A quote whose price stays keeps its place
// in the queue, also when it is partly filled; where its price changes it is replaced, at its full
// size.
void hft_quotes_update(const hft_desk *desk, hft_quote_prices prices, int64_t quote_qty,
                       int64_t inventory_max);

// Cancels all quotes. False where not all cancellations could be sent: too many requests are under
// way; try again later.
bool hft_quotes_withdraw(const hft_desk *desk);

#endif
