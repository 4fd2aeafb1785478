// Reads a recorded tape as what the population `reactive` would have done: one event after the
// other, each with the book as it was before it, and samples of the resting book.
#ifndef HFTSIM_DATA_CALIBRATE_WATCH_H
#define HFTSIM_DATA_CALIBRATE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/calibrate/arrivals.h"
#include "data/lobster/tape.h"
#include "sim/base/progress.h"
#include "sim/flow/tables.h"

// Which part of a tape is held out.
typedef enum hft_holdout {
  HFT_HOLDOUT_NONE,        // none: all of it is fitted and compared
  HFT_HOLDOUT_ODD_BLOCKS,  // of blocks of some minutes the 1st, 3rd, ... are fitted
  HFT_HOLDOUT_LAST_THIRD   // of the time
} hft_holdout;

typedef enum hft_part_of_tape {
  HFT_TAPE_WARMUP,   // at the beginning: neither
  HFT_TAPE_TRAIN,    // fitted
  HFT_TAPE_HELD_OUT  // compared
} hft_part_of_tape;

// An event, and the book before it. Prices in ticks, sizes in shares, arrays by hft_side. The
// executions of one time and side are one market order.
typedef struct hft_tape_event {
  hft_time time;
  hft_price best[2];   // best prices
  int64_t queue[2];    // shares at the best prices
  int32_t orders[2];   // resting orders
  int64_t mid2_after;  // sum of the best prices after it; 0: a side was empty
  int64_t qty;         // shares
  int32_t distance;    // of the order's price behind its side's best; negative inside the spread
  uint8_t kind;        // hft_flow_event
  uint8_t side;        // hft_side of the resting orders
  uint8_t part;        // hft_part_of_tape
  bool first;          // no event before it is known: the first of a tape, or after a halt
} hft_tape_event;

#define HFT_OPPOSITE_MAX 400  // ticks
// An order further behind its side's best price is far: it takes no part in the market.
#define HFT_FAR_TICKS 8000
#define HFT_MOVE_SCALES 2
#define HFT_DAY_PARTS 13  // of the session from 9:30 to 16:00

// What was seen on one or several tapes. Zeroed memory is empty.
typedef struct hft_watched {
  hft_tape_event *event;
  size_t count, room;

  // Of cancellations in the fitted part, [1] if the event before was a limit order on that side.
  double size_edges[HFT_FLOW_SIZES - 1];  // shares
  hft_cancel_counts behind[2];
  hft_cancel_best_counts at_best[2];

  // The resting book, sampled over the fitted part.
  double *open_distance, *open_size;  // ticks behind the best, shares; all orders of a sample
  size_t open_count, open_room;
  size_t samples, sample_room;
  double sampled_orders;  // of all samples, of both sides
  // Orders at 1, 2, ... ticks from the opposite best price, of both sides, sum over the
  // samples. Orders beyond count at the last.
  double opposite[HFT_OPPOSITE_MAX + 1];

  // Moves of the mid in the fitted part, over half a minute and over one: sum of their squares per
  // second, ticks^2 / s, and number.
  double move_square[HFT_MOVE_SCALES], moves[HFT_MOVE_SCALES];

  // Events and seconds of the fitted part in each part of the day.
  double day_events[HFT_DAY_PARTS], day_s[HFT_DAY_PARTS];

  double train_s, held_out_s, open_s;  // of all tapes; open_s: earliest time, s after midnight
  double tick;                         // currency
  double *mid;                         // ticks, of each sample
  // Counted, of all messages.
  int64_t messages, visible_trades, hidden, far, off_tick, unknown, crossing, one_sided;
  int tapes;
} hft_watched;

// Frees what was seen.
void hft_watched_free(hft_watched *watched);

// How a tape is read.
typedef struct hft_watch_plan {
  hft_holdout holdout;
  double warmup_s, block_s;
} hft_watch_plan;

// Reads a tape and adds it to *watched. Errors: those of hft_tape_open and hft_tape_next; EDATA for
// a tape that nothing can be fitted to: too short, without trades or orders, one-sided, with a tick
// other than that of the tapes before; EINTR.
hft_status hft_watch_tape(const hft_tape_files *files, const hft_watch_plan *plan,
                          const hft_progress *progress, hft_watched *watched, hft_error *error);

#endif
