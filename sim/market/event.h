// The events of a market, one record each, in order. The recorder, the golden digests and the
// agents' fill callbacks see the market through events only.
#ifndef HFTSIM_SIM_MARKET_EVENT_H
#define HFTSIM_SIM_MARKET_EVENT_H

#include <stdint.h>

#include "sim/base/units.h"

#define HFT_OWNER_NONE UINT16_MAX

// name, code, text
#define HFT_EVENT_MAP(X)                                                                     \
  X(ADD, 1, "a limit order rests: qty is what shows of it")                                  \
  X(TRADE, 2, "an execution: order is the maker's, qty the size, left what the maker keeps") \
  X(CANCEL, 3, "a resting order left unexecuted: qty is all that it had, hidden lots too")   \
  X(REDUCE, 4, "a resting order was made smaller: qty by how much, left what it shows now")  \
  X(EXPIRE, 5, "what an incoming IOC or market order could not trade: qty is what was left") \
  X(REJECT, 6, "a request was refused: the reason tells why")                                \
  X(PHASE, 7, "a phase of trading begins, which the reason names")                           \
  X(IMBALANCE, 8, "what a call would trade now: qty at price; left would be over on side")   \
  X(TRANSFER, 9, "closing a position: qty lots, not in the book, `left` at each price from price")

typedef enum hft_event_kind {
#define X(name, code, text) HFT_EVENT_##name = code,
  HFT_EVENT_MAP(X)
#undef X
} hft_event_kind;

#define HFT_REASON_MAP(X)                                                         \
  X(NONE, 0, "none")                                                              \
  X(REQUESTED, 1, "requested by its owner")                                       \
  X(REPLACED, 2, "replaced by its owner")                                         \
  X(PRICE_WINDOW, 3, "price outside the instrument's window")                     \
  X(ORDER_SIZE, 4, "order size below 1 or above the limit")                       \
  X(OPEN_ORDERS, 5, "the owner has its maximum of open orders")                   \
  X(WOULD_CROSS, 6, "a post-only order would have traded")                        \
  X(LEVEL_FULL, 7, "the level's total size would pass its limit")                 \
  X(STALE_ORDER, 8, "the order is not live, or not the owner's")                  \
  X(NOT_FILLABLE, 9, "a fill-or-kill order could not have traded whole")          \
  X(SELF_TRADE, 10, "it would have traded with its owner's own order")            \
  X(DISPLAY, 11, "the size to display is below 0 or above the order's")           \
  X(REFRESHED, 12, "the hidden rest of an iceberg order comes to light")          \
  X(POSITION, 13, "the owner's position could pass its limit")                    \
  X(POSITION_VALUE, 14, "the value of the owner's position could pass its limit") \
  X(MESSAGE_RATE, 15, "the owner has sent its maximum of requests this second")   \
  X(KILLED, 16, "the owner has lost more than its drawdown limit")                \
  X(IN_FLIGHT, 17, "the owner has its maximum of requests on their way")          \
  X(AUCTION, 18, "traded in an auction")                                          \
  X(CONTINUOUS, 19, "continuous trading")                                         \
  X(OPENING, 20, "the call before the opening auction")                           \
  X(CLOSING, 21, "the call before the closing auction")                           \
  X(HALTED, 22, "trading halts: the call before the auction that ends it")        \
  X(CLOSED, 23, "the instrument is closed")                                       \
  X(VOLUME, 24, "what has traded in the instrument could pass its limit")         \
  X(NO_TRADING, 25, "closed at a price of the book while it could not trade")     \
  X(UNFILLED, 26, "closed beyond the last level of the book")                     \
  X(COLLAR, 27, "its limit is beyond the collar of the auction")

typedef enum hft_reason {
#define X(name, code, text) HFT_REASON_##name = code,
  HFT_REASON_MAP(X)
#undef X
} hft_reason;

typedef struct hft_event {
  hft_time time;
  uint64_t sequence;       // 1, 2, 3, ... in each market
  hft_order_id order;      // the order concerned; of a trade the maker's, of an auction's the bid
  hft_order_id taker;      // of a trade: the incoming order, of an auction's the ask
  hft_time rested;         // of a trade: how long the maker's order had been in its queue, ns
  hft_price price;         // ticks; 0 for a market order, also one that rests in an auction
  hft_qty qty;             // lots
  hft_qty left;            // of a trade: what still shows of the maker's order; of a reduction: of
                           // the order; of an imbalance: lots left over
  hft_qty ahead;           // of a trade: lots before the maker's order when it joined its queue
  uint32_t latency;        // of a trade: ns that the maker's order had travelled; 2^32 - 1: more
  uint32_t taker_latency;  // of a trade: the same of the taker's
  hft_owner owner;         // of `order`
  hft_owner taker_owner;   // of `taker`, else HFT_OWNER_NONE
  uint8_t kind;            // hft_event_kind
  uint8_t side;            // hft_side of `order`; of a trade the maker's; of an imbalance that of
                           // the lots left over, HFT_SIDE_NONE: there are none
  uint8_t reason;          // hft_reason
  uint8_t instrument;      // index
} hft_event;

_Static_assert(sizeof(hft_event) == 72, "an event has no padding");

// The name of an event kind: "ADD", "TRADE", ...; "?" for an unknown code.
const char *hft_event_name(hft_event_kind kind);
// The description of a reason; never null.
const char *hft_reason_text(hft_reason reason);

// A listener that receives every event as it happens. It must not touch the market.
typedef struct hft_sink {
  void (*on_event)(void *context, const hft_event *event);
  void *context;
} hft_sink;

#endif
