// What agents do in an episode: their fills, the path of the mid, and their accounts at the ends of
// steps. A record listens to a market (hft_sink) on behalf of consecutive participants, each at
// one instrument. The metrics (eval/tally.h, eval/risk.h, eval/group.h) are computed from it.
//
// Its memory is one block of hft_record_size bytes of the caller's, reserved once and reused by
// the episodes of a thread; pages that no note needs are never touched. What does not fit is
// counted (hft_trading.lost), and the figures that need it have no value (NaN).
#ifndef HFTSIM_EVAL_RECORD_H
#define HFTSIM_EVAL_RECORD_H

#include "sim/market/market.h"

// Notes of an agent or an instrument that a record keeps at most, and of all of them together:
// with more than 16 agents or 8 instruments each has an equal share of the latter.
#define HFT_RECORD_FILLS_MAX (1 << 16)
#define HFT_RECORD_MIDS_MAX (1 << 19)
#define HFT_RECORD_STEPS_MAX (1 << 20)
#define HFT_RECORD_ALL_FILLS_MAX (1 << 20)
#define HFT_RECORD_ALL_MIDS_MAX (1 << 22)
#define HFT_RECORD_ALL_STEPS_MAX (1 << 24)

typedef enum hft_fill_role {
  HFT_FILL_MAKER,     // its order rested in the book
  HFT_FILL_TAKER,     // its order came in
  HFT_FILL_AUCTION,   // an auction matched its order
  HFT_FILL_TRANSFER,  // the exchange took over lots to close its position
} hft_fill_role;

typedef struct hft_fill_note {
  hft_time time;    // ns since the open
  hft_time rested;  // of a maker: ns that its order had been in its queue; else 0
  int64_t qty;      // lots, > 0 bought, < 0 sold
  hft_cash cash;    // ticks x lots that the account received: minus price x qty
  int64_t fee;      // paid, in HFT_FEE_UNIT ticks x lots; negative: a rebate
  int64_t mid2;     // twice the mid just before the incoming order, ticks
  hft_owner other;  // the counterparty; HFT_OWNER_NONE: the exchange, or unknown
  uint8_t role;     // hft_fill_role
  uint8_t closing;  // 1: closes what was left of a parent order at the end
  uint32_t zero;    // where padding would be
} hft_fill_note;

// The mid since a time, until that of the next note.
typedef struct hft_mid_note {
  hft_time time;  // ns since the open
  int64_t mid2;   // twice the mid, ticks
} hft_mid_note;

// An account at the end of a step.
typedef struct hft_step_note {
  double equity;     // ticks x lots, net of fees, the position at the mid
  int64_t position;  // lots, signed
} hft_step_note;

// What an agent did in an episode at one instrument. Notes are in the order of time, and borrowed.
typedef struct hft_trading {
  const hft_fill_note *fill;
  const hft_mid_note *mid;    // the first: the mid of `start`
  const hft_step_note *step;  // one a step; the last: after the closing
  size_t fill_count, mid_count, step_count;
  int64_t lost;          // notes that did not fit
  hft_time start, end;   // of the episode, ns since the open
  int64_t arrival_mid2;  // twice the mid, ticks: just before the start
  int64_t release_mid2;  // just before the first order of the agent arrived; 0: none has
  int64_t end_mid2;      // at the end, before the closing
} hft_trading;

typedef struct hft_record hft_record;

// Size in bytes of a record of so many agents at so many instruments, for episodes of `steps`.
size_t hft_record_size(int agents, int instruments, int64_t steps);

// Makes a record in hft_record_size bytes of the caller's, aligned to HFT_CACHE_LINE.
hft_record *hft_record_init(void *memory, int agents, int instruments, int64_t steps);

// Begins an episode of a market that stands 1 ns before the start. The agents are the participants
// from `first` on, which trade at the instruments from `instrument` on. The market outlives the
// episode. `next`, which may be null, receives every event after the record.
void hft_record_open(hft_record *record, const hft_model *model, hft_market *market,
                     hft_owner first, int instrument, const hft_sink *next);

// The listener of the record, valid until the next hft_record_open.
const hft_sink *hft_record_sink(const hft_record *record);

// Notes the accounts of all agents. Call at the end of each step.
void hft_record_step(hft_record *record);

// Ends the episode. Fills after it close positions, and no mid is noted any more.
void hft_record_end(hft_record *record);

// Replaces the notes of the last step by the accounts after the closing, marked at the mids of the
// end. Call once after the closings, if there were steps.
void hft_record_complete(hft_record *record);

// What the agent `first` + index did. Borrowed: valid until the next hft_record_open.
hft_trading hft_record_trading(const hft_record *record, int index);

// Scratch memory of the record: a double for each step that it can note.
double *hft_record_scratch(hft_record *record);

#endif
