// A market: all that changes with time, in one block of memory that the caller owns, without
// pointers, so that memcpy of hft_market_size bytes is a snapshot and a fork. The model beside it
// is constant and may be shared by any number of markets and threads.
#ifndef HFTSIM_SIM_MARKET_MARKET_H
#define HFTSIM_SIM_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/market/agent.h"
#include "sim/market/event.h"
#include "sim/market/model.h"

// Bytes of a market of this model.
size_t hft_market_size(const hft_model *model);

// Makes a market in the caller's memory (cache-line aligned) and resets it with seed 0, env 0.
// EINVAL: misaligned. ENOMEM: `size` is below hft_market_size.
hft_status hft_market_init(const hft_model *model, void *memory, size_t size, hft_market **out);

// Begins a new session: empties book and accounts, resets every agent in the order of the model.
// (seed, env) choose the world: the same pair gives the same events. The sink (may be null) sees
// the events of the opening.
void hft_market_reset(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                      const hft_sink *sink);

// Runs all that happens up to and including `until`, and sets the clock to it. A time before the
// clock does nothing. The sink (may be null) sees every event.
void hft_market_run(const hft_model *model, hft_market *market, hft_time until,
                    const hft_sink *sink);

// The same in pieces, for a caller with other things to do. A budget is an amount of work: wakes of
// participants and events, of which one takes about 0.1 us; what else takes long is reckoned in as
// many of these. Work is done while the budget is above 0, and taken from it, so that the last
// thing done may overdraw it. True once all is done; until then nothing else may be done with the
// market, and the call has to be made again with the same arguments. The pieces do not change what
// happens.
bool hft_market_run_some(const hft_model *model, hft_market *market, hft_time until,
                         int64_t *budget, const hft_sink *sink);
// Where a piece has stopped is told by `at`, 0 at first. Of a market that is made it is memory that
// has to be reset before it is used: the memory must be aligned and large enough.
bool hft_market_make_some(const hft_model *model, void *memory, size_t *at, int64_t *budget);
bool hft_market_reset_some(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                           size_t *at, int64_t *budget, const hft_sink *sink);

// The door of a participant at its own instrument, for a caller that acts as that participant
// between runs.
hft_desk hft_market_desk(const hft_model *model, hft_market *market, hft_owner owner);

hft_time hft_market_now(const hft_market *market);

// Of an instrument, 0 <= instrument < hft_model_instrument_count.
const hft_book *hft_market_book(const hft_model *model, const hft_market *market, int instrument);
const hft_tape *hft_market_tape(const hft_market *market, int instrument);
hft_phase hft_market_phase(const hft_model *model, const hft_market *market, int instrument);
int64_t hft_market_mid2(const hft_market *market, int instrument);
// Orders refused since the reset because their price was outside the window.
int64_t hft_market_window_refusals(const hft_market *market, int instrument);
const hft_account *hft_market_account(const hft_model *model, const hft_market *market,
                                      hft_owner owner, int instrument);
// Its fundamental value at the market's clock, in ticks.
double hft_market_fundamental(const hft_model *model, hft_market *market, int instrument);

// The state of a participant's agent.
void *hft_market_agent_state(const hft_model *model, hft_market *market, hft_owner owner);
// Messages (submit, cancel, reduce, replace) that the exchange has handled since the reset.
uint64_t hft_market_messages(const hft_market *market);

// A digest of the whole state: equal states give equal digests.
uint64_t hft_market_hash(const hft_model *model, const hft_market *market);

// Checks the book's invariants and the ledger's (positions and cash sum to zero, open orders are
// the book's). Returns null or the words for what fails. For tests.
const char *hft_market_verify(const hft_model *model, const hft_market *market);

#endif
