// The messages of a market with the order book after each: what the scores and the dynamics of the
// judge are computed from. The book is rebuilt from the messages alone, so that simulated markets,
// datasets and recorded tapes give the same rows.
#ifndef HFTSIM_DATA_JUDGE_JUDGE_ROWS_H
#define HFTSIM_DATA_JUDGE_JUDGE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/event.h"

#define HFT_JUDGE_LEVELS 10        // levels of `deep` and of the sampled level numbers
#define HFT_JUDGE_REACH 2000       // `deep` ends this many ticks from the best price
#define HFT_JUDGE_LEVEL_BEYOND 11  // a level after the tenth

// What a message does to its order.
typedef enum hft_judge_kind {
  HFT_JUDGE_LIMIT,   // the order rests
  HFT_JUDGE_REDUCE,  // part of it is cancelled
  HFT_JUDGE_CANCEL,  // all of it is cancelled
  HFT_JUDGE_EXECUTE  // it trades with an incoming order
} hft_judge_kind;

// A message about a visible order.
typedef struct hft_judge_message {
  hft_time time;    // ns; must not decrease
  int64_t id;       // of the order
  hft_price price;  // ticks; only of LIMIT
  hft_qty qty;      // lots; of CANCEL ignored
  uint8_t kind;     // hft_judge_kind
  uint8_t side;     // hft_side of the resting order
} hft_judge_message;

// A message, and the book after it. Prices in ticks, sizes in lots, arrays by hft_side.
typedef struct hft_judge_row {
  hft_time time;
  int64_t deep[2];           // lots on the best 10 levels
  hft_price best[2];         // best prices
  hft_qty touch[2];          // lots at the best prices
  hft_price best_before[2];  // best prices before the message; 0: the side was empty
  uint32_t order;            // the orders of a stream are numbered 0, 1, 2, ...
  hft_price price;           // of the order
  hft_qty qty;               // of LIMIT: of the order; of EXECUTE: traded; of REDUCE: cancelled; of
                             // CANCEL: what was left of the order
  hft_qty ahead;             // of LIMIT: lots at the price before the order
  uint8_t kind, side;        // as in the message
  uint8_t level;             // of the order's price, 1: best; at most HFT_JUDGE_LEVEL_BEYOND
} hft_judge_row;

// The rows of a stream: the messages after which both sides had orders, in continuous trading.
typedef struct hft_judge_rows {
  hft_judge_row *row;
  size_t count, capacity;
  uint32_t orders;   // numbers of orders in use
  hft_time begin;    // time of the first message; of events: 0, the open
  int64_t left_out;  // messages that contradict the book: of unknown orders, or added twice
} hft_judge_rows;

// The order flow imbalance of two successive rows, lots: R. Cont, A. Kukanov and S. Stoikov, "The
// price impact of order book events", Journal of Financial Econometrics 12, 2014.
double hft_judge_flow(const hft_judge_row *a, const hft_judge_row *b);

// Leaves out the rows later than `duration` after the beginning; 0: none.
void hft_judge_rows_cut(hft_judge_rows *rows, hft_time duration);

// Frees the rows.
void hft_judge_rows_free(hft_judge_rows *rows);

// Opaque handle: a book that follows messages and notes rows. Not for concurrent use.
typedef struct hft_judge_stream hft_judge_stream;

// Creates a stream for prices from price_min >= 1 to price_max; free it with hft_judge_stream_free.
// Messages about other prices are ignored. Errors: EDATA for more prices than a book can have;
// ENOMEM.
hft_status hft_judge_stream_create(hft_price price_min, hft_price price_max, hft_judge_stream **out,
                                   hft_error *error);
// Frees a stream; null is ignored.
void hft_judge_stream_free(hft_judge_stream *stream);

// Adds an order that rests before the first message.
void hft_judge_stream_rest(hft_judge_stream *stream, const hft_judge_message *limit);

// Applies a message and notes its row. A limit order that would have traded removes what it
// crosses: an exchange's book is never crossed, so those orders have left without a message. After
// the first error, which hft_judge_stream_finish returns, messages are ignored.
void hft_judge_stream_message(hft_judge_stream *stream, const hft_judge_message *message);

// Applies an event of a market or of a dataset; an hft_sink. Events of one instrument only. During
// auctions and halts there are no rows.
void hft_judge_stream_event(void *stream, const hft_event *event);

// False after an error: further messages are ignored.
bool hft_judge_stream_well(const hft_judge_stream *stream);

// Ends the stream. *rows belongs to the caller. Errors: ENOMEM; EFULL for more resting orders than
// a book can have; EDATA if times go back.
hft_status hft_judge_stream_finish(hft_judge_stream *stream, hft_judge_rows *rows,
                                   hft_error *error);

#endif
