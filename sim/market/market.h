// A market: all state that changes with time, in one block of memory owned by the caller. The block
// has no pointers, so a memcpy of hft_market_size bytes is a snapshot or a fork. The model next to
// it is constant and may be shared by any number of markets and threads.
#ifndef HFTSIM_SIM_MARKET_MARKET_H
#define HFTSIM_SIM_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/market/agent.h"
#include "sim/market/event.h"
#include "sim/market/model.h"

// Size in bytes of a market of this model.
size_t hft_market_size(const hft_model *model);

// Makes a market in the caller's memory (cache-line aligned) and resets it with seed 0, env 0.
// EINVAL: misaligned. ENOMEM: `size` is below hft_market_size.
hft_status hft_market_init(const hft_model *model, void *memory, size_t size, hft_market **out);

// Begins a new session: empties books and accounts and resets every agent in the order of the
// model. (seed, env) choose the world: the same pair gives the same events. The sink, which may be
// null, receives the events of the reset.
void hft_market_reset(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                      const hft_sink *sink);

// Runs the market up to and including `until` (ns) and sets the clock to it. Does nothing if
// `until` is before the clock. The sink, which may be null, receives every event.
void hft_market_run(const hft_model *model, hft_market *market, hft_time until,
                    const hft_sink *sink);

// hft_market_run in slices, for a caller with other work. A budget counts units of work: a wake of
// a participant or an event is one unit, about 0.1 us; slower operations count as several. The
// function works while the budget is above 0 and subtracts the work done, so the last operation may
// overdraw it. True: done. False: the budget is used up; call again with the same arguments before
// any other function of this market. Slicing does not change results.
bool hft_market_run_some(const hft_model *model, hft_market *market, hft_time until,
                         int64_t *budget, const hft_sink *sink);
// Makes a market in slices, without a reset: reset it before its first use. `memory` must be
// aligned and large enough (hft_market_init). *at is the progress: 0 before the first slice.
// Budget and result as in hft_market_run_some.
bool hft_market_make_some(const hft_model *model, void *memory, size_t *at, int64_t *budget);
// hft_market_reset in slices. *at, budget and result as in hft_market_make_some.
bool hft_market_reset_some(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                           size_t *at, int64_t *budget, const hft_sink *sink);

// ---- interruptible runs ------------------------------------------------------------------------

// A callback that is asked whether to go on, between slices of some milliseconds of wall-clock
// time.
typedef struct hft_interrupt {
  bool (*goes_on)(void *context);  // false: stop. Null: it is never asked
  void *context;
} hft_interrupt;

// As hft_market_reset. False: it was stopped, and the market must be reset before it is used again.
bool hft_market_reset_interruptible(const hft_model *model, hft_market *market, uint64_t seed,
                                    uint32_t env, const hft_sink *sink,
                                    const hft_interrupt *interrupt);
// As hft_market_run, with the same result.
bool hft_market_run_interruptible(const hft_model *model, hft_market *market, hft_time until,
                                  const hft_sink *sink, const hft_interrupt *interrupt);

// ---- reading a market --------------------------------------------------------------------------

// The desk of a participant at its own instrument, for a caller that acts as that participant
// between runs. No sink receives its events.
hft_desk hft_market_desk(const hft_model *model, hft_market *market, hft_owner owner);

// The clock, ns since the open.
hft_time hft_market_now(const hft_market *market);

// In the functions below, 0 <= instrument < hft_model_instrument_count.
// The visible book of an instrument.
const hft_book *hft_market_book(const hft_model *model, const hft_market *market, int instrument);
// Totals of an instrument's trades since the reset.
const hft_tape *hft_market_tape(const hft_market *market, int instrument);
// The trading phase of an instrument.
hft_phase hft_market_phase(const hft_model *model, const hft_market *market, int instrument);
// Twice the mid of an instrument, ticks; as hft_desk_mid2.
int64_t hft_market_mid2(const hft_market *market, int instrument);
// Orders refused since the reset because their price was outside the window.
int64_t hft_market_window_refusals(const hft_market *market, int instrument);
// The account of a participant at an instrument.
const hft_account *hft_market_account(const hft_model *model, const hft_market *market,
                                      hft_owner owner, int instrument);
// The fundamental value of an instrument at the market's clock, in ticks.
double hft_market_fundamental(const hft_model *model, hft_market *market, int instrument);
// Its expected value at `to` >= the market's clock, given the values so far, in ticks.
double hft_market_fundamental_expected(const hft_model *model, hft_market *market, int instrument,
                                       hft_time to);
// The volatility of its diffusion at the market's clock relative to market_config.volatility; 1 if
// it is constant.
double hft_market_volatility(const hft_model *model, hft_market *market, int instrument);

// The state of a participant's agent.
void *hft_market_agent_state(const hft_model *model, hft_market *market, hft_owner owner);
// Messages (submit, cancel, reduce, replace) handled by the exchange since the reset.
uint64_t hft_market_messages(const hft_market *market);

// A digest of the whole state: equal states have equal digests.
uint64_t hft_market_hash(const hft_model *model, const hft_market *market);

// Checks the invariants of the books and the ledger (positions and cash sum to zero, open orders
// are those of the books). Returns null, or a description of the first failure. For tests.
const char *hft_market_verify(const hft_model *model, const hft_market *market);

#endif
