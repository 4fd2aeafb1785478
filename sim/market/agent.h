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

// The instruments' constants, which they all share, as a class may need them to compile its
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
  hft_qty qty;      // lots, >= 1; of a resting order all that it has left, hidden lots included
  // An iceberg shows at most so many of what rests; each time they are gone, as many again come to
  // light at the end of the queue. 0: all are shown.
  hft_qty display;
} hft_order;

// How an instrument trades now. A phase has the code of the reason that names it in events. In a
// call orders are collected, and then trade at one price.
typedef enum hft_phase {
  HFT_PHASE_CONTINUOUS = HFT_REASON_CONTINUOUS,
  HFT_PHASE_OPENING = HFT_REASON_OPENING,  // a call
  HFT_PHASE_CLOSING = HFT_REASON_CLOSING,  // a call
  HFT_PHASE_HALTED = HFT_REASON_HALTED,    // a call
  HFT_PHASE_CLOSED = HFT_REASON_CLOSED     // orders are refused
} hft_phase;

// What a call would trade. Where nothing trades, the surplus is what there is in market orders.
typedef struct hft_indication {
  hft_price price;  // 0: nothing trades
  hft_side side;    // of the surplus; HFT_SIDE_NONE: there is none
  int64_t qty;      // lots that would trade
  int64_t surplus;  // lots left over at that price
} hft_indication;

typedef struct hft_instrument_state hft_instrument_state;  // an instrument's part of a market

// An agent's only door to its market, at one instrument, valid during a call.
typedef struct hft_desk {
  const struct hft_model *model;
  struct hft_market *market;
  hft_instrument_state *instrument_state;
  const struct hft_participant *participant;  // the agent as the model has it; null: nobody's desk
  const hft_sink *sink;                       // sees the events; null: nobody
  hft_time *wake;  // while the agent wakes: where its next wake is noted; else null
  hft_owner self;
  uint8_t instrument;  // index
  bool direct;         // what is sent arrives at once, whatever the latency: for settling accounts
} hft_desk;

// What an agent takes up, the first two in every market, and what it depends on beside its keys.
typedef struct hft_needs {
  size_t state_size;        // bytes
  int64_t open_orders_max;  // orders it may have resting
  size_t model_bytes;       // that compile has allocated, once for all markets
  // A digest of the bytes of the files that compile has read, wherever they lie; 0: of none. A
  // class with a key of the kind PATH must give one where that key names a file: it makes saves of
  // envs and hashes of specs differ where the files do.
  uint64_t content;
  // How many independent courses its flow may take over all seeds, such as the windows of a tape;
  // 0: as many as there are seeds.
  double worlds;
} hft_needs;

typedef struct hft_agent_class {
  const hft_section *section;  // its name, help and keys
  size_t params_size;          // >= section->size: the keys' struct first, derived values after it
  size_t state_size;
  int64_t open_orders_max;  // orders it may have resting; 0: its key `open_orders_max` says so
  // Checks the keys against each other and derives what follows from them; may be null.
  hft_status (*compile)(void *params, const hft_instrument *instrument, const char *where,
                        hft_error *error);
  // Where these depend on the parameters, or compile allocates: what they are, once compiled. May
  // be null: they are as above.
  hft_needs (*measure)(const void *params);
  // For agents that follow the fundamental value: how many ticks from it they place orders, rare
  // ones apart. The price window must have room for that (sim/market/window.h). Negative, or a null
  // function: the agent does not follow the value.
  double (*reach)(const void *params, const hft_instrument *instrument);
  // Frees what compile has allocated. What comes after the keys is zero where compile never ran,
  // and as compile left it where it failed. May be null.
  void (*release)(void *params);
  // A new session begins: place the first orders, set the first wake.
  void (*reset)(const void *params, void *state, hft_desk *desk);
  // The time set by hft_desk_wake_at has come. Act here. May be null.
  void (*wake)(const void *params, void *state, hft_desk *desk);
  // One of the agent's own orders traded (as maker or taker). Look and note, and set a wake to act
  // on it: no orders may be sent from here. May be null.
  void (*fill)(const void *params, void *state, hft_desk *desk, const hft_event *event);
  // The mid of the agent's instrument has changed, from before2 / 2 ticks: after each request, each
  // auction and each arrival that changed it. Look and note, as in fill. May be null.
  void (*mid)(const void *params, void *state, const hft_desk *desk, int64_t before2);
} hft_agent_class;

// ---- what an agent sees ----------------------------------------------------------------------
// The desk at another instrument of the market, for an agent or a seat. A population has its own
// instrument alone.
hft_desk hft_desk_at(const hft_desk *desk, int instrument);
hft_time hft_desk_now(const hft_desk *desk);
const hft_instrument *hft_desk_instrument(const hft_desk *desk);
// Empty in a call: nobody sees what is collected.
const hft_book *hft_desk_book(const hft_desk *desk);
hft_phase hft_desk_phase(const hft_desk *desk);
// In a call: what was published last. Otherwise nothing trades and there is no surplus.
hft_indication hft_desk_indication(const hft_desk *desk);
const hft_tape *hft_desk_tape(const hft_desk *desk);
// Twice the mid price in ticks; where a side is empty the last one known, or the price of an
// auction since. Never 0.
int64_t hft_desk_mid2(const hft_desk *desk);
// The fundamental value now, in ticks (not rounded): for populations and centralised critics.
double hft_desk_fundamental(const hft_desk *desk);
const hft_account *hft_desk_account(const hft_desk *desk);
hft_rng *hft_desk_rng(const hft_desk *desk);
// The agent's open orders: how many, and the k-th (in no particular order; null where there are not
// so many: any request may end in all of them leaving, where there is a kill switch).
uint32_t hft_desk_open_count(const hft_desk *desk);
hft_order_id hft_desk_open(const hft_desk *desk, uint32_t k);
// An order of the agent as far as it knows: resting, or on its way, less what reductions on their
// way take. False where it is not live (any more) or its cancellation has been sent. qty includes
// what an iceberg hides.
bool hft_desk_order(const hft_desk *desk, hft_order_id id, hft_order *order);
// Lots before the order in its queue, hidden ones apart, or -1 where it does not rest.
int64_t hft_desk_queue_ahead(const hft_desk *desk, hft_order_id id);

// The most lots that the agent's orders of that side at this instrument could still buy (sell),
// whatever arrives when: of each resting order, one that is being cancelled and hidden lots
// included, and of each order on its way the larger of its quantity and of what replacements on
// their way make it. Reductions on their way do not count: all of the order may trade before. On a
// direct desk, or without latency, the lots that rest.
int64_t hft_desk_exposed(const hft_desk *desk, hft_side side);
// The most cash, in ticks x lots and fees included, that the agent's orders at this instrument
// could still take, counted likewise: of a bid its price and fee, of an ask only what its fee takes
// beyond its price.
double hft_desk_committed(const hft_desk *desk);
// The same of one order, which the agent has.
typedef struct hft_stake {
  int64_t lots;     // the most that may still trade
  double cash;      // the most that they may take, ticks x lots
  double cheapest;  // the least that each of them may take at one of the prices on its way
} hft_stake;
hft_stake hft_desk_stake(const hft_desk *desk, hft_order_id id);
// The cash of a single lot of an order at a price (HFT_PRICE_MARKET: at the window's end), as maker
// or taker, whichever costs more.
double hft_desk_outlay(const hft_desk *desk, hft_side side, hft_price price);
// The fixed part of the agent's latency, ns; 0 without latency and on a direct desk.
hft_time hft_desk_latency(const hft_desk *desk);
// The fixed part and 10 times the mean of the random one: the latency drawn for a request is longer
// with probability exp(-10), 4.5e-5. 0 without latency and on a direct desk.
hft_time hft_desk_latency_bound(const hft_desk *desk);

// ---- what an agent does ----------------------------------------------------------------------
// With latency, a request arrives later, in the order in which the agent sent its requests; what
// is returned is then what the agent can know when it sends. The market data's latency is in it:
// to see what was and act at once is the same as to see what is and act later.
// Wakes the agent at that time (at once where it is past), instead of any wake set before.
// HFT_TIME_NEVER: not at all.
void hft_desk_wake_at(const hft_desk *desk, hft_time time);
// Sends an order. Returns its id, or null where it was refused (a REJECT event tells why). An id
// may be stale already: what was done shows in the account and in hft_desk_order. In a call IOC and
// market orders rest until its auction, FOK orders are refused.
hft_order_id hft_desk_submit(const hft_desk *desk, const hft_order *order);
// Cancels; false where the order is not live.
bool hft_desk_cancel(const hft_desk *desk, hft_order_id id);
// Takes `by` lots off, keeping the place in the queue; all of them cancels. False: not live.
bool hft_desk_reduce(const hft_desk *desk, hft_order_id id, hft_qty by);
// Same price and not larger: a reduce that keeps its place. Otherwise the order leaves and comes
// anew; but where its new price or size is refused, it stays as it was. With latency, lots that
// trade while the replacement travels count towards qty, as FIX's OrderQty has it: at most qty lots
// trade from the sending on, and where so many or more have traded at its arrival, the order just
// leaves. Returns the id that stands for the order from now on (it may be stale already, as of
// hft_desk_submit); null where the order was not live, or has left and was then refused.
hft_order_id hft_desk_replace(const hft_desk *desk, hft_order_id id, hft_price price, hft_qty qty);
// Cancels all of the agent's orders; returns how many. A direct desk also forgets what is under
// way.
uint32_t hft_desk_cancel_all(const hft_desk *desk);

#endif
