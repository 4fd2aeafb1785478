// The agent interface. Everything that trades in a market is an agent of some class: background
// populations (sim/flow), baselines, frozen policies, seats (sim/env). The market knows agents
// only through this; the list of classes is passed in from above (catalog/catalog.h).
//
// A class is constant and shared. An agent's parameters are constant after the model is compiled;
// its state lives in the market's block, is zeroed before `reset`, holds no pointers, and so is
// copied and forked with the market. Nothing in a class may allocate, lock, log or read a clock,
// but for compile, which may read files and allocate what release frees.
#ifndef HFTSIM_SIM_MARKET_AGENT_H
#define HFTSIM_SIM_MARKET_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/rng.h"
#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/book/book.h"
#include "sim/config/key.h"
#include "sim/market/event.h"
#include "sim/market/ledger.h"

typedef struct hft_model hft_model;    // the constant part of a market: sim/market/model.h
typedef struct hft_market hft_market;  // what changes with time: sim/market/market.h

// The constants of the instruments, which they all share. A class may need them to compile its
// parameters.
typedef struct hft_instrument {
  double tick_size;                // currency per tick
  hft_price initial_price;         // ticks
  hft_price price_min, price_max;  // the window, ticks, inclusive
  hft_time duration;               // of a session
  hft_qty order_qty_max;           // lots of the largest order accepted
  int count;                       // of instruments in the market
  bool has_auctions;               // there are auctions or halts
} hft_instrument;

typedef enum hft_tif {
  HFT_GTC,         // what does not trade rests
  HFT_IOC,         // what does not trade expires
  HFT_POST_ONLY,   // rests, or is refused where it would trade
  HFT_FOK,         // trades whole at once, or is refused
  HFT_POST_SLIDE,  // rests; where it would trade, one tick off the best opposite price
  HFT_TIF_COUNT
} hft_tif;

#define HFT_PRICE_MARKET ((hft_price)0)  // a market order: any price; must be IOC or FOK

typedef struct hft_order {
  hft_side side;
  hft_tif tif;
  hft_price price;  // ticks, or HFT_PRICE_MARKET
  hft_qty qty;      // lots, >= 1; of a resting order the lots left, hidden ones included
  // Lots of an iceberg shown at a time. When they have traded, the next part is shown at the end of
  // the queue. 0: all lots are shown.
  hft_qty display;
} hft_order;

// The trading phase of an instrument. A phase has the code of the reason that names it in events.
// During a call auction orders are collected and then trade at one price.
typedef enum hft_phase {
  HFT_PHASE_CONTINUOUS = HFT_REASON_CONTINUOUS,
  HFT_PHASE_OPENING = HFT_REASON_OPENING,  // an auction
  HFT_PHASE_CLOSING = HFT_REASON_CLOSING,  // an auction
  HFT_PHASE_HALTED = HFT_REASON_HALTED,    // an auction
  HFT_PHASE_CLOSED = HFT_REASON_CLOSED     // orders are refused
} hft_phase;

// What a call auction would trade. If nothing trades, the surplus is the quantity of market orders.
typedef struct hft_indication {
  hft_price price;  // 0: nothing trades
  hft_side side;    // of the surplus; HFT_SIDE_NONE: there is none
  int64_t qty;      // lots that would trade
  int64_t surplus;  // lots left over at that price
} hft_indication;

typedef struct hft_instrument_state hft_instrument_state;  // an instrument's part of a market

// An agent's interface to its market at one instrument; valid only inside the callback.
typedef struct hft_desk {
  const hft_model *model;
  hft_market *market;
  hft_instrument_state *instrument_state;
  const struct hft_participant *participant;  // null: the desk of no participant
  const hft_sink *sink;                       // receives the events; may be null
  hft_time *wake;  // inside the wake callback: receives the next wake; else null
  hft_owner self;
  uint8_t instrument;  // index
  bool direct;         // requests arrive at once, without latency: for closing positions
} hft_desk;

// What an agent needs: memory, order slots, and the files that it depends on beside its keys.
typedef struct hft_needs {
  size_t state_size;        // bytes, in each market
  int64_t open_orders_max;  // resting orders, in each market
  size_t model_bytes;       // allocated by compile, once for all markets
  // Digest of the contents of the files that compile has read, independent of their paths; 0: none.
  // A class must give one if a key of kind PATH names a file: saves of envs and hashes of specs
  // then differ if the files do.
  uint64_t content;
  // Number of independent realisations of its flow over all seeds, such as the windows of a tape;
  // 0: as many as seeds.
  double worlds;
  hft_time history;  // of a flow with such a number: ns of record before its first session opens
} hft_needs;

// Where a key of a class stands in its parameters.
typedef struct hft_param {
  bool exists;
  size_t offset;  // bytes from the start of the parameters
} hft_param;
#define HFT_PARAM(type, member) \
  { true, offsetof(type, member) }

// The keys of a class that the market, or whoever runs the agent, reads or sets. The class declares
// where they stand; a key that it does not declare has no meaning beyond the class.
typedef struct hft_agent_keys {
  hft_param latency_us;          // REAL: replaces exchange_config.latency_us; negative: does not
  hft_param instrument;          // INT: index of the instrument that the agent trades
  hft_param open_orders_max;     // INT: orders that it may have resting
  hft_param start_s, horizon_s;  // REAL: from when and how long it trades; 0: the whole episode
  hft_param side, quantity;      // CHOICE buy|sell, INT lots: the parent order that it works
  // Of a recorded flow: REAL, when its first session opens, seconds on the record's clock; and
  // CHOICE, of which 0 opens every session at that time.
  hft_param record_s, record_window;
  // Parameters of a model of the market, which can be estimated (eval/estimate.h).
  hft_param sigma;           // REAL, ticks / sqrt(s): volatility of the mid
  hft_param unit;            // INT, lots: of a quote, in which fills are counted
  hft_param fill_a, fill_k;  // REAL, 1/s and 1/ticks: a quote at the distance delta from the mid is
                             // filled at the rate A exp(-k delta)
  hft_param slices;          // INT: equal parts of the horizon in which it works a parent order
  hft_param eta;             // REAL, ticks s/lot: temporary impact, for each lot a second
  hft_param impact_gamma;    // REAL, ticks/lot: permanent impact
  hft_param epsilon;         // REAL, ticks: half the spread
  hft_param rho;             // REAL, 1/s: resilience, the decay of a displacement of the price
  hft_param volume_curve;    // LIST: relative volume in equal parts of the horizon
} hft_agent_keys;

static inline int64_t hft_param_int(hft_param at, const void *params) {
  return *(const int64_t *)((const char *)params + at.offset);
}
static inline double hft_param_real(hft_param at, const void *params) {
  return *(const double *)((const char *)params + at.offset);
}
static inline void hft_param_set_int(hft_param at, void *params, int64_t value) {
  *(int64_t *)((char *)params + at.offset) = value;
}
static inline void hft_param_set_real(hft_param at, void *params, double value) {
  *(double *)((char *)params + at.offset) = value;
}

typedef struct hft_agent_class {
  const hft_section *section;  // its name, help and keys
  size_t params_size;          // >= section->size: the keys' struct first, derived values after it
  hft_agent_keys key;
  size_t state_size;
  int64_t open_orders_max;  // resting orders; 0: as its key `open_orders_max` says
  // INT in the state, of a class that works a parent order along a schedule: the lots that this
  // wants done by the end of the present slice. For whoever shows it.
  hft_param planned;
  // Checks the keys against each other and computes derived values; may be null.
  hft_status (*compile)(void *params, const hft_instrument *instrument, const char *where,
                        hft_error *error);
  // The needs of an agent after compile, if they depend on the parameters or compile allocates.
  // May be null: they are as above.
  hft_needs (*measure)(const void *params);
  // For agents that follow the fundamental value: the distance from it, in ticks, within which they
  // place all but rare orders. The price window must have room for it (hft_model_check_window).
  // Negative, or a null function: the agent does not follow the value.
  double (*reach)(const void *params, const hft_instrument *instrument);
  // Frees what compile has allocated. The derived values are zero if compile never ran, and as
  // compile left them if it failed. May be null.
  void (*release)(void *params);
  // A new session begins: places the first orders and sets the first wake.
  void (*reset)(const void *params, void *state, hft_desk *desk);
  // The time set by hft_desk_wake_at has come: acts. May be null.
  void (*wake)(const void *params, void *state, hft_desk *desk);
  // One of the agent's own orders traded, as maker or taker. Only reads the market and updates the
  // agent's state: it must not send requests, but may set a wake to act. May be null.
  void (*fill)(const void *params, void *state, hft_desk *desk, const hft_event *event);
  // The mid of the agent's instrument has changed, from before2 / 2 ticks. Called after each
  // request, auction and arrival that changed it, with the same limits as fill. May be null.
  void (*mid)(const void *params, void *state, const hft_desk *desk, int64_t before2);
  // Null for agents. Otherwise the class does not trade by itself: it acts for seats of an env
  // (sim/env/policy.h), and no list of agents may have it.
  const struct hft_policy *policy;
} hft_agent_class;

// ---- what an agent sees ------------------------------------------------------------------------

// The desk at another instrument, 0 <= instrument < hft_instrument.count, for an agent or a seat. A
// population has a desk at its own instrument only.
hft_desk hft_desk_at(const hft_desk *desk, int instrument);
// The market's clock, ns since the open.
hft_time hft_desk_now(const hft_desk *desk);
// The constants of the instruments.
const hft_instrument *hft_desk_instrument(const hft_desk *desk);
// The visible book. Empty during an auction: the collected orders are not published.
const hft_book *hft_desk_book(const hft_desk *desk);
// The trading phase.
hft_phase hft_desk_phase(const hft_desk *desk);
// During an auction the indication published last; otherwise one without trades or surplus.
hft_indication hft_desk_indication(const hft_desk *desk);
// Totals of the trades at this instrument since the reset.
const hft_tape *hft_desk_tape(const hft_desk *desk);
// Twice the mid price, in ticks. If a side is empty, the last known one or the price of an auction
// since. Never 0.
int64_t hft_desk_mid2(const hft_desk *desk);
// The fundamental value now, in ticks, not rounded: for populations and centralised critics.
double hft_desk_fundamental(const hft_desk *desk);
// The volatility of the fundamental value's diffusion now relative to market_config.volatility: the
// square root of a factor with mean 1 (sim/process/activity.h); 1 if it is constant. For
// populations.
double hft_desk_volatility(const hft_desk *desk);
// The agent's account at this instrument.
const hft_account *hft_desk_account(const hft_desk *desk);
// The agent's stream of random numbers.
hft_rng *hft_desk_rng(const hft_desk *desk);
// The number of the agent's open orders, those on their way included. With a kill switch, any
// request may remove all of them.
uint32_t hft_desk_open_count(const hft_desk *desk);
// The k-th open order, in no particular order; null if k is not below hft_desk_open_count.
hft_order_id hft_desk_open(const hft_desk *desk, uint32_t k);
// An order of the agent as far as the agent knows: resting or on its way, less the reductions on
// their way. False if the order is not live or its cancellation has been sent. qty includes the
// hidden lots of an iceberg.
bool hft_desk_order(const hft_desk *desk, hft_order_id id, hft_order *order);
// Visible lots before the order in its queue, or -1 if it does not rest.
int64_t hft_desk_queue_ahead(const hft_desk *desk, hft_order_id id);

// A resting order of the agent, and its level as market data show it.
typedef struct hft_place {
  hft_order_id id;
  hft_price price;    // ticks; HFT_PRICE_MARKET: a market order in an auction
  hft_qty qty;        // visible lots
  hft_qty level_qty;  // visible lots of its level, its own included; 0 during an auction
} hft_place;
// Writes the places of at most `most` resting orders of the agent, in no particular order. Returns
// how many.
int hft_desk_places(const hft_desk *desk, hft_place *places, int most);

// An upper bound of the lots that the agent's orders of one side at this instrument could still
// buy (sell), in whatever order its requests arrive. Sums over resting orders, orders under
// cancellation and hidden lots included, and over orders on their way, each with the larger of its
// quantity and of those of its replacements on their way. Reductions on their way do not count,
// since the whole order may trade before they arrive. On a direct desk, or without latency: the
// resting lots.
int64_t hft_desk_exposed(const hft_desk *desk, hft_side side);
// An upper bound of the cash, in ticks x lots, fees included, that the agent's orders at this
// instrument could still cost, over the same orders: of a bid its price and fee, of an ask the part
// of its fee beyond its price.
double hft_desk_committed(const hft_desk *desk);

// Bounds of a single order.
typedef struct hft_stake {
  int64_t lots;     // the most that may still trade
  double cash;      // the most that these may cost, ticks x lots
  double cheapest;  // the least that a lot may cost at any of the order's prices on their way
} hft_stake;
// The bounds of hft_desk_exposed and hft_desk_committed of one order of the agent.
hft_stake hft_desk_stake(const hft_desk *desk, hft_order_id id);
// The cash, in ticks, that one lot of an order at a price (HFT_PRICE_MARKET: at the end of the
// window) costs as maker or as taker, whichever is more.
double hft_desk_outlay(const hft_desk *desk, hft_side side, hft_price price);
// The fixed part of the agent's latency, ns; 0 without latency and on a direct desk.
hft_time hft_desk_latency(const hft_desk *desk);
// The fixed part of the latency plus 10 times the mean of the random part, ns. A request takes
// longer with probability exp(-10), 4.5e-5. 0 without latency and on a direct desk.
hft_time hft_desk_latency_bound(const hft_desk *desk);

// ---- what an agent does ------------------------------------------------------------------------
// With latency, requests arrive later, in the order in which the agent sent them; the functions
// return what the agent can know when it sends. The latency includes that of the market data: to
// see an old state and act at once is the same as to see the current state and act later.

// Sets the agent's next wake (at once if the time is past) in place of any set before.
// HFT_TIME_NEVER: none.
void hft_desk_wake_at(const hft_desk *desk, hft_time time);
// Sends an order. Returns its id, or null if it was refused (a REJECT event has the reason). The
// id may be stale already: the account and hft_desk_order show the result. During an auction IOC
// and market orders rest until the uncross, and FOK orders are refused.
hft_order_id hft_desk_submit(const hft_desk *desk, const hft_order *order);
// Cancels an order. False: it is not live.
bool hft_desk_cancel(const hft_desk *desk, hft_order_id id);
// Reduces an order by `by` lots, keeping its place in the queue; by all of them cancels it. False:
// it is not live.
bool hft_desk_reduce(const hft_desk *desk, hft_order_id id, hft_qty by);
// Changes the price and the quantity of an order. At the same price and not larger, it keeps its
// place in the queue. Otherwise it leaves the queue and enters again; if the new price or size is
// refused, it stays as it was. With latency, lots that trade while the replacement travels count
// towards qty, as in FIX's OrderQty: at most qty lots trade from the sending on, and if that many
// have traded at its arrival, the order just leaves. Returns the id of the order from now on (it
// may be stale already, as in hft_desk_submit); null if the order was not live, or has left and was
// then refused.
hft_order_id hft_desk_replace(const hft_desk *desk, hft_order_id id, hft_price price, hft_qty qty);
// Cancels all of the agent's orders at this instrument; returns their number. A direct desk also
// drops the agent's requests on their way.
uint32_t hft_desk_cancel_all(const hft_desk *desk);

#endif
