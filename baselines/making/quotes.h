// A pair of quotes, one on each side of the book: what market makers share.
#ifndef HFTSIM_BASELINES_MAKING_QUOTES_H
#define HFTSIM_BASELINES_MAKING_QUOTES_H

#include "baselines/span.h"

// clang-format off
#define HFT_QUOTES_KEYS(X)                                                                        \
  HFT_SPAN_KEYS(X)                                                                                \
  X(REAL, refresh_ms, "100", 0.001, 86400000, "ms", "interval at which quotes are updated")       \
  X(INT, quote_qty, "10", 1, 1000000, "lots", "size of each quote")                               \
  X(INT, max_inventory, "100", 1, 1000000000, "lots",                                             \
    "largest position, long or short, that its quotes could lead to")                             \
  X(CHOICE, reference, "mid", 0, 0, "mid|fundamental",                                            \
    "price that it quotes around: the mid of the others' orders, or the fundamental value, which "\
    "no participant of a real market sees: for models whose mid is given from outside")
// clang-format on

#define HFT_QUOTES_ORDERS 4  // of a maker: on each side a quote and one that is being cancelled

// Returns twice the mid of the other participants' orders, in ticks; twice the market's mid where
// they leave a side empty. A maker that quoted around the market's mid would follow its own quotes.
int64_t hft_quotes_mid2(const hft_desk *desk);

typedef enum hft_quotes_reference {
  HFT_QUOTES_MID,
  HFT_QUOTES_FUNDAMENTAL
} hft_quotes_reference;  // of the key `reference`

// Returns the price that the maker quotes around, in ticks: the mid of hft_quotes_mid2, or the
// fundamental value, as env_config.reference: fundamental does for seats. In the models of market
// making the mid is a process of its own, which no order moves. Where the maker's orders are the
// only ones, the book has no other mid than theirs.
double hft_quotes_reference_price(const hft_desk *desk, hft_quotes_reference reference);

typedef struct hft_quote_prices {
  hft_price bid, ask;  // ticks
} hft_quote_prices;

// Rounds prices, in ticks, outward to whole ticks: the spread is never narrower than that of the
// prices, and at least one tick. Prices are clamped to their range, infinite ones too.
hft_quote_prices hft_quotes_round(double bid, double ask);

// Moves the agent's quotes to the wanted prices. A quote that would trade at once is placed one
// tick away from the best order of another participant instead. Sizes are `quote_qty`, reduced
// where the position could pass `max_inventory` if every resting order and every order under way
// traded: so the position stays within the limit with any latency, in auctions and after halts. A
// quote whose price does not change keeps its place in the queue, even when it is partly filled;
// one whose price changes is replaced at its full size.
void hft_quotes_update(const hft_desk *desk, hft_quote_prices prices, int64_t quote_qty,
                       int64_t max_inventory);

// Cancels all quotes. False: some cancellations could not be sent, because too many requests are
// under way; call again later.
bool hft_quotes_withdraw(const hft_desk *desk);

#endif
