// The sources of rows (data/judge/judge_rows.h): a recorded tape, a simulated market, a dataset.
#ifndef HFTSIM_DATA_JUDGE_JUDGE_SOURCE_H
#define HFTSIM_DATA_JUDGE_JUDGE_SOURCE_H

#include <stdint.h>

#include "data/facts/facts_feed.h"
#include "data/judge/judge_rows.h"
#include "data/lobster/lobster.h"

#define HFT_JUDGE_WINDOW 16384  // prices that are followed, around the median trade

// What was left out of a tape.
typedef struct hft_judge_tape {
  int64_t hidden;  // executions of hidden orders: the visible book does not change
  int64_t far;     // messages about prices more than half of HFT_JUDGE_WINDOW ticks from the median
  int64_t resting;  // orders that rested before the first message
  int32_t tick;     // USD x 10,000
  hft_price base;   // ticks to add to the prices of the rows
} hft_judge_tape;

// Makes the rows of LOBSTER messages. Orders that no message adds rest from the start, with the
// sum of the sizes that messages take from them. `first`, the book after the first message, adds to
// each level what these orders do not explain; it may be null. Prices are rounded down to the tick.
// *tape may be null; *out belongs to the caller. Errors: EDATA, with `where` empty, for messages
// without any visible order; as hft_judge_stream_finish.
hft_status hft_judge_rows_of_messages(const hft_lobster_messages *messages,
                                      const hft_lobster_book *first, hft_judge_rows *out,
                                      hft_judge_tape *tape, hft_error *error);

// Reads a LOBSTER message file, and the first row of an orderbook file (null: none), and makes
// their rows. Errors: EIO, EDATA, EFULL, ENOMEM, with the file.
hft_status hft_judge_rows_of_tape(const char *messages, const char *book0, hft_judge_rows *out,
                                  hft_judge_tape *tape, hft_error *error);

// Runs the world (seed, 0) of a model to market time `end` and makes the rows of one instrument.
// `progress` may be null. *out belongs to the caller. Errors: as hft_feed_market.
hft_status hft_judge_rows_of_market(const hft_model *model, int instrument, uint64_t seed,
                                    hft_time end, const hft_progress *progress, hft_judge_rows *out,
                                    hft_error *error);

// Makes the rows of a session of a dataset up to market time `end` (0: all). `session` and
// `progress` may be null. *out belongs to the caller. Errors: as hft_feed_dataset.
hft_status hft_judge_rows_of_dataset(const char *path, const char *session, hft_time end,
                                     const hft_progress *progress, hft_judge_rows *out,
                                     hft_error *error);

// A stream that listens to a feed. Zeroed, it makes the stream when the feed begins; the caller
// frees it with hft_judge_stream_free.
typedef struct hft_judge_listener {
  hft_judge_stream *stream;
} hft_judge_listener;

// The watcher that feeds a listener.
hft_watcher hft_judge_watcher(hft_judge_listener *listener);

#endif
