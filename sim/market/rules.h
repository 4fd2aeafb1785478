// The exchange's rules: fees, what happens when an agent meets its own orders, latency, the limits
// that an agent's orders are checked against before they trade, auctions and halts. They hold for
// agents and seats; populations stand for crowds, so they know only the fees, auctions and halts.
#ifndef HFTSIM_SIM_MARKET_RULES_H
#define HFTSIM_SIM_MARKET_RULES_H

#include "sim/config/key.h"
#include "sim/market/agent.h"

// clang-format off
#define HFT_EXCHANGE_KEYS(X)                                                                      \
  X(REAL, maker_fee_bps, "0", -100, 100, "bps",                                                   \
    "the resting side pays this share of the traded value; negative: a rebate")                   \
  X(REAL, taker_fee_bps, "0", -100, 100, "bps", "the same of the incoming side")                  \
  X(REAL, maker_fee_per_lot, "0", -1000, 1000, "ticks", "the resting side pays this a lot, too")  \
  X(REAL, taker_fee_per_lot, "0", -1000, 1000, "ticks", "the same of the incoming side")          \
  X(CHOICE, self_trade, "off", 0, 0, "off|cancel_newest|cancel_oldest|cancel_both",               \
    "what becomes of an agent's incoming order and its own resting one that would trade")         \
  X(REAL, latency_us, "0", 0, 1e9, "us",                                                          \
    "from what an agent saw to the arrival of its order: data there, order back; the fixed part") \
  X(REAL, latency_jitter_us, "0", 0, 1e9, "us", "mean of the random part (exponential)")          \
  X(INT, position_max, "0", 0, 1000000000, "lots",                                                \
    "an order that could take an agent beyond is refused, open orders counted; 0: no limit")      \
  X(REAL, position_value_max, "0", 0, 1e15, "currency x lots", "the same of that value")          \
  X(INT, message_rate_max, "0", 0, 1000000000, "1/s",                                             \
    "requests of an agent in each second of the session; 0: no limit")                            \
  X(REAL, drawdown_max, "0", 0, 1e15, "currency x lots",                                          \
    "kill switch: an agent that has lost more than this since its best is out; 0: none")          \
  X(REAL, opening_auction_s, "0", 0, 86400, "s",                                                  \
    "orders are collected so long from the open, then trade at one price; 0: no auction")         \
  X(REAL, closing_auction_s, "0", 0, 86400, "s",                                                  \
    "the same before the session's end, which closes the instrument; 0: neither")                 \
  X(REAL, auction_publish_s, "1", 0.001, 86400, "s",                                              \
    "how often a call publishes the price and size that it would trade")                          \
  X(REAL, auction_collar_bps, "0", 0, 10000, "bps",                                               \
    "an auction's price stays within this of the mid before its call; 0: no collar")              \
  X(REAL, auction_random_s, "0", 0, 86400, "s",                                                   \
    "an auction comes by up to so much before its call should end, evenly drawn; 0: on time")     \
  X(REAL, halt_band_bps, "0", 0, 10000, "bps",                                                    \
    "a trade that would be further than this from the reference halts trading; 0: no halts")      \
  X(REAL, halt_reference_s, "300", 0.001, 86400, "s",                                             \
    "the reference is the mid at the last multiple of this, or the price of an auction since")    \
  X(REAL, halt_s, "60", 0.001, 86400, "s", "a halt lasts so long and ends with an auction")
// clang-format on

typedef struct hft_exchange_config {
  HFT_EXCHANGE_KEYS(HFT_KEY_MEMBER)
} hft_exchange_config;

extern const hft_section hft_exchange_section;

typedef enum hft_self_trade {
  HFT_SELF_TRADE_OFF,
  HFT_SELF_TRADE_CANCEL_NEWEST,
  HFT_SELF_TRADE_CANCEL_OLDEST,
  HFT_SELF_TRADE_CANCEL_BOTH
} hft_self_trade;

// A fee: 1/1000 of a bps of the traded value, and 1/10000 of a tick a lot.
typedef struct hft_fee {
  int64_t milli_bps;
  int64_t per_lot;
} hft_fee;

// The config in the market's units.
typedef struct hft_rules {
  hft_fee maker_fee, taker_fee;
  hft_self_trade self_trade;
  hft_time latency;
  double latency_jitter;      // ns
  int64_t position_max;       // lots; 0: no limit
  double position_value_max;  // ticks x lots; 0: no limit
  int64_t message_rate_max;   // a second; 0: no limit
  double drawdown_max;        // ticks x lots; 0: none
  bool checks;                // any of the limits is set
  hft_time opening, closing;  // lengths of the calls; 0: none
  hft_time publish;           // from one indication to the next
  int64_t collar_milli_bps;   // of auctions, in 1/1000 of a bps; 0: none
  hft_time random;            // an auction comes by up to so much earlier
  int64_t halt_milli_bps;     // the band, in 1/1000 of a bps; 0: no halts
  hft_time halt_reference, halt;
  bool has_auctions;  // there are auctions or halts
} hft_rules;

// ECONFIG, with the key that is at fault, where keys contradict each other.
hft_status hft_rules_compile(const hft_exchange_config *config, const hft_instrument *instrument,
                             hft_rules *rules, hft_error *error);

// The fee of a fill in 1/10000 of ticks x lots, rounded half away from 0. Exact below 9e14
// ticks x lots a fill.
int64_t hft_fee_of(const hft_fee *fee, hft_price price, hft_qty qty);
// The same of lots at several prices, of which `notional` is the sum of price x lots.
int64_t hft_fee_on(const hft_fee *fee, int64_t notional, int64_t lots);

#endif
