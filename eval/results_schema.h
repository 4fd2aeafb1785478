// The tables of a run folder's episodes.h5, as docs/report.md documents them.
#ifndef HFTSIM_EVAL_RESULTS_SCHEMA_H
#define HFTSIM_EVAL_RESULTS_SCHEMA_H

#include "data/dataset/schema.h"

#define HFT_RESULTS_SCHEMA_VERSION 1  // raised when readers of the previous version would misread
#define HFT_RESULTS_LEVELS 10         // levels of the book in `depth`

// clang-format off
#define HFT_STEP_COLUMNS(X)                                                                       \
  X(I64, time, "ns", "end of the step, time since the market's open; the first row of an episode "\
                     "is its start")                                                              \
  X(I64, episode, "1", "row of the table episodes")                                               \
  X(F64, equity, "currency", "P&L since the start, net of fees, position at the mid")             \
  X(F64, mid, "ticks", "mid price; NaN: none")                                                    \
  X(I64, inventory, "lots", "position, signed")                                                   \
  X(I64, executed, "lots", "of an execution: lots of the parent order traded so far; else 0")     \
  X(F64, plan, "lots", "of an execution: lots that its schedule wants done by the end of its "     \
                       "present slice; NaN: none")

#define HFT_FILL_COLUMNS(X)                                                                       \
  X(I64, time, "ns", "time since the market's open")                                              \
  X(I64, episode, "1", "row of the table episodes")                                               \
  X(F64, price, "ticks", "price of the fill")                                                     \
  X(I64, qty, "lots", "positive: bought, negative: sold")                                         \
  X(U16, role, "1", "0: maker, 1: taker, 2: in an auction, or closing the rest of an order")

#define HFT_DEPTH_COLUMNS(X)                                                                      \
  X(I64, time, "ns", "time since the market's open")                                              \
  X(I64, episode, "1", "row of the table episodes")                                               \
  X(LEVELS, bid_price, "ticks", "price of each bid level, best first; 0: none")                   \
  X(LEVELS, bid_qty, "lots", "lots resting at each bid level")                                    \
  X(LEVELS, ask_price, "ticks", "price of each ask level, best first; 0: none")                   \
  X(LEVELS, ask_qty, "lots", "lots resting at each ask level")
// clang-format on

typedef struct hft_results_step {
  HFT_STEP_COLUMNS(HFT_COLUMN_MEMBER)
} hft_results_step;
typedef struct hft_results_fill {
  HFT_FILL_COLUMNS(HFT_COLUMN_MEMBER)
} hft_results_fill;
typedef struct hft_results_depth {
  HFT_DEPTH_COLUMNS(HFT_COLUMN_MEMBER)
} hft_results_depth;

typedef enum hft_results_table {
  HFT_RESULTS_STEPS,  // rows: hft_results_step
  HFT_RESULTS_FILLS,  // hft_results_fill
  HFT_RESULTS_DEPTH,  // hft_results_depth
  HFT_RESULTS_TABLES
} hft_results_table;

// The tables of a contestant's series, in the order of hft_results_table.
extern const hft_table_schema *const hft_results_schema[HFT_RESULTS_TABLES];

#endif
