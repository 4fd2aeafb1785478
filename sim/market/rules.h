// The rules of the exchange: fees, self-trade prevention, latency, pre-trade limits, auctions and
// halts. All apply to agents and seats. Populations stand for crowds: only fees, auctions and halts
// apply to them.
#ifndef HFTSIM_SIM_MARKET_RULES_H
#define HFTSIM_SIM_MARKET_RULES_H

#include "sim/config/key.h"
#include "sim/market/agent.h"

// clang-format off
#define HFT_EXCHANGE_KEYS(X)                                                                      \
  X(REAL, maker_fee_bps, "0", -100, 100, "bps",                                                   \
    "share of the traded value that the resting side pays; negative: a rebate")                   \
  X(REAL, taker_fee_bps, "0", -100, 100, "bps",                                                   \
    "share of the traded value that the incoming side pays; negative: a rebate")                  \
  X(REAL, maker_fee_per_lot, "0", -1000, 1000, "ticks",                                           \
    "amount per lot that the resting side pays in addition")                                      \
  X(REAL, taker_fee_per_lot, "0", -1000, 1000, "ticks",                                           \
    "amount per lot that the incoming side pays in addition")                                     \
  X(CHOICE, self_trade, "off", 0, 0, "off|cancel_newest|cancel_oldest|cancel_both",               \
    "which order is cancelled when an agent's own orders would trade with each other")            \
  X(REAL, latency_us, "0", 0, 1e9, "us",                                                          \
    "fixed part of the time from the data that an agent sees to the arrival of its order")        \
  X(REAL, latency_jitter_us, "0", 0, 1e9, "us",                                                   \
    "mean of the random part of that time (exponential)")                                         \
  X(INT, max_inventory, "0", 0, 1000000000, "lots",                                               \
    "largest position of an agent, open orders counted; larger orders are refused; 0: no limit")  \
  X(REAL, max_position_value, "0", 0, 1e15, "currency x lots",                                    \
    "largest value of that position; larger orders are refused; 0: no limit")                     \
  X(INT, message_rate_max, "0", 0, 1000000000, "1/s",                                             \
    "largest number of requests of an agent in each second of the session; 0: no limit")          \
  X(REAL, max_drawdown, "0", 0, 1e15, "currency x lots",                                          \
    "kill switch: an agent that has lost more than this since its highest P&L is out; 0: none")   \
  X(REAL, opening_auction_s, "0", 0, 86400, "s",                                                  \
    "length of the opening call, which ends with an auction; 0: no auction")                      \
  X(REAL, closing_auction_s, "0", 0, 86400, "s",                                                  \
    "length of the closing call, after which the instrument is closed; 0: neither")               \
  X(REAL, auction_publish_s, "1", 0.001, 86400, "s",                                              \
    "interval at which a call publishes its indicative price and size")                           \
  X(REAL, auction_collar_bps, "0", 0, 10000, "bps",                                               \
    "largest distance of an auction's price from the mid before its call; 0: no collar")          \
  X(REAL, auction_random_s, "0", 0, 86400, "s",                                                   \
    "a call ends early by a time drawn uniformly up to this; 0: on time")                         \
  X(REAL, halt_band_bps, "0", 0, 10000, "bps",                                                    \
    "a trade that would be further from the reference than this halts trading; 0: no halts")      \
  X(REAL, halt_reference_s, "300", 0.001, 86400, "s",                                             \
    "the reference is the mid at the last multiple of this, or the price of an auction since")    \
  X(REAL, halt_s, "60", 0.001, 86400, "s", "length of a halt, which ends with an auction")
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

// The section exchange_config in the units of the market.
typedef struct hft_rules {
  hft_fee maker_fee, taker_fee;
  hft_self_trade self_trade;
  hft_time latency;
  double latency_jitter;      // ns
  int64_t max_inventory;      // lots; 0: no limit
  double max_position_value;  // ticks x lots; 0: no limit
  int64_t message_rate_max;   // a second; 0: no limit
  double max_drawdown;        // ticks x lots; 0: none
  bool checks;                // any of the limits is set
  hft_time opening, closing;  // lengths of the auctions; 0: none
  hft_time publish;           // from one indication to the next
  int64_t collar_milli_bps;   // of auctions, in 1/1000 of a bps; 0: none
  hft_time random;            // an auction comes earlier by up to this
  int64_t halt_milli_bps;     // the band, in 1/1000 of a bps; 0: no halts
  hft_time halt_reference, halt;
  bool has_auctions;  // there are auctions or halts
} hft_rules;

// Converts the section to *rules. ECONFIG with the key at fault if keys contradict each other.
hft_status hft_rules_compile(const hft_exchange_config *config, const hft_instrument *instrument,
                             hft_rules *rules, hft_error *error);

// The fee of a fill, in 1/10000 of ticks x lots, rounded half away from 0. Exact for fills below
// 9e14 ticks x lots.
int64_t hft_fee_of(const hft_fee *fee, hft_price price, hft_qty qty);
// The fee of lots at several prices; `notional` is the sum of price x lots.
int64_t hft_fee_on(const hft_fee *fee, int64_t notional, int64_t lots);

#endif
