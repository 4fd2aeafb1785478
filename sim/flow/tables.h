// The tables of the population `reactive` (sim/flow/reactive.c): what happens, when, where and with
// what size, given the state of the book and the events before. They are fitted to a tape by
// `hftsim calibrate` and kept in a YAML file, which a config names.
//
// Events are those of the background order flow. Every table is relative to the side of an event,
// so that a market and its mirror image are equally likely. Prices are in ticks, sizes in lots.
//
// A set of tables in the spirit of queue-reactive models: Huang, Lehalle, Rosenbaum 2015,
// "Simulating and analyzing order book data: the queue-reactive model".
#ifndef HFTSIM_SIM_FLOW_TABLES_H
#define HFTSIM_SIM_FLOW_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

// The kinds of events. A side's "best" is its best price.
typedef enum hft_flow_event {
  HFT_FLOW_IMPROVE,        // a limit order inside the spread
  HFT_FLOW_JOIN,           // a limit order at the best
  HFT_FLOW_BEHIND,         // a limit order behind the best
  HFT_FLOW_CANCEL_BEST,    // a cancellation at the best
  HFT_FLOW_CANCEL_BEHIND,  // a cancellation behind the best
  HFT_FLOW_MARKET,         // a market order against this side
  HFT_FLOW_EVENTS
} hft_flow_event;

#define HFT_FLOW_SPREADS 10      // classes of the spread
#define HFT_FLOW_IMBALANCES 7    // classes of the imbalance at the best prices
#define HFT_FLOW_WAITS 6         // classes of the time since the event before
#define HFT_FLOW_ACTIVITIES 6    // classes of the recent activity
#define HFT_FLOW_GROUPS 3        // groups of the spread, for waiting times
#define HFT_FLOW_MOVES 16        // classes of the last change of the mid
#define HFT_FLOW_RANKS 9         // classes of recency: 0, 1, 2-3, 4-7, ..., 64-127, 128 and more
#define HFT_FLOW_DISTANCES 10    // classes of the distance behind the best
#define HFT_FLOW_QUEUES 6        // classes of the size of the best queue
#define HFT_FLOW_SIZES 6         // classes of the size of a resting order
#define HFT_FLOW_POINTS_MAX 257  // points of a quantile table
#define HFT_FLOW_WAIT_POINTS_MAX 65
#define HFT_FLOW_PLACE_POINTS_MAX 65

// The first rank of each class of recency, and the class of a rank >= 0.
#define HFT_FLOW_RANK_FIRST \
  { 0, 1, 2, 4, 8, 16, 32, 64, 128 }
// The first distance, in ticks, of each class of distance; distances start at 1.
#define HFT_FLOW_DISTANCE_FIRST \
  { 1, 2, 4, 7, 12, 20, 35, 60, 100, 160 }

// A quantile table: `count` values, ascending, at probabilities 0, 1 / (count - 1), ..., 1.
typedef struct hft_quantiles {
  int64_t count;
  double value[HFT_FLOW_POINTS_MAX];
} hft_quantiles;

// Rows of quantiles with one number of points.
typedef struct hft_wait_quantiles {
  int64_t count;
  double value[HFT_FLOW_GROUPS][HFT_FLOW_EVENTS][HFT_FLOW_ACTIVITIES][HFT_FLOW_WAIT_POINTS_MAX];
} hft_wait_quantiles;
typedef struct hft_place_quantiles {
  int64_t count;
  double value[HFT_FLOW_SPREADS][HFT_FLOW_PLACE_POINTS_MAX];
} hft_place_quantiles;

// All tables, in the units of the file. docs/reactive.md documents the model and the file. The
// file is a YAML map with one entry for each member, of the same name, and `schema: 1`. A scalar is
// a number; an array is a list; an array of more dimensions is a list of rows, which are lists over
// the last dimension, with the first dimension slowest: `previous` has 72 rows of 6, `wait` 108
// rows of as many points as the writer chose (2 to HFT_FLOW_WAIT_POINTS_MAX).
typedef struct hft_flow_tables {
  // Classes of the spread: class k holds spreads of at least spread_edges[k - 1] and less than
  // spread_edges[k] ticks. Class 0 starts at 1.
  double spread_edges[HFT_FLOW_SPREADS - 1];
  double spread_mean;  // ticks, over events; the scale of the tilt
  double spread_cap;   // ticks; above it only limit orders inside the spread arrive

  // The waiting time for the next event, by group of the spread at the last event, kind of the last
  // event and class of activity: quantiles of log10 of seconds, interpolated linearly. The activity
  // is x += activity_gain (log10 wait - x), of waits of at least 1e-7 s.
  double wait_spread_edges[HFT_FLOW_GROUPS - 1];  // ticks: group g holds spreads of at least
                                                  // edge[g - 1] and less than edge[g]
  double activity_edges[HFT_FLOW_ACTIVITIES - 1];
  double activity_start, activity_gain;
  hft_wait_quantiles wait;

  // What happens: event e on side s has the weight exp of the sum of
  //   base[e] + spread[e][class of the spread] + imbalance[e][class, 6: own queue much larger]
  //   + previous[e][2 k + same side?][class of the wait], k the kind of the last event
  //   + before[e][2 k + same side?], k the kind of the event before it
  //   + move[e][class of the last change of the mid]
  //   + queue_exponent[e] ln(Q / queue_mean), Q lots at the best of s, the logarithm within +-3
  //   + orders_exponent[e] ln((N + 1) / orders_mean), N orders on s, the logarithm within +-2
  double wait_edges[HFT_FLOW_WAITS - 1];  // s, of the classes of the wait
  double base[HFT_FLOW_EVENTS];
  double spread[HFT_FLOW_EVENTS][HFT_FLOW_SPREADS];
  double imbalance[HFT_FLOW_EVENTS][HFT_FLOW_IMBALANCES];
  double previous[HFT_FLOW_EVENTS][2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];
  double before[HFT_FLOW_EVENTS][2 * HFT_FLOW_EVENTS];
  // Class 8 along + 4 wide + since: `along` if the last change of the mid was a rise and s is the
  // ask, or a fall and s the bid; `wide` if the spread is above move_spread; `since` the events
  // since that change: 0 for 0, 1 for 1 and 2, 2 for 3 to 9, 3 for 10 and more.
  double move[HFT_FLOW_EVENTS][HFT_FLOW_MOVES];
  double move_spread;  // ticks
  double queue_exponent[HFT_FLOW_EVENTS], queue_mean;
  double orders_exponent[HFT_FLOW_EVENTS], orders_mean;

  // Which order is cancelled. Behind the best: in proportion to cancel_rank[after][class of the
  // order's recency among the side's orders] times cancel_distance[class of its distance behind the
  // best]; `after` is 1 if the event before was a limit order on the same side. At the best: in
  // proportion to cancel_best_rank[after][class of its recency at that price]. Both times
  // cancel_size[class of what is left of the order]: large orders rest longer. A file without
  // size_edges and cancel_size has no such effect.
  double cancel_rank[2][HFT_FLOW_RANKS];
  double cancel_distance[HFT_FLOW_DISTANCES];
  double cancel_best_rank[2][HFT_FLOW_RANKS];
  double size_edges[HFT_FLOW_SIZES - 1];  // lots
  double cancel_size[HFT_FLOW_SIZES];

  // Where limit orders go: ticks from the best, inside the spread and behind, by class of the
  // spread; the nearest point of the table is taken.
  hft_place_quantiles improve, behind;

  // Sizes, lots; the nearest point is taken. A market order takes part of the best queue, just all
  // of it, or more, with the probabilities of market_split by class of the queue.
  hft_quantiles size_improve, size_join, size_behind;
  hft_quantiles size_partial;               // of market orders smaller than the queue
  hft_quantiles size_beyond;                // what a larger market order has beyond the queue
  double queue_edges[HFT_FLOW_QUEUES - 1];  // lots
  double market_split[HFT_FLOW_QUEUES][3];  // less, equal, more; each row sums to 1
  double market_size;                       // lots, a typical market order: the scale of impact

  // The book at the open: orders_mean orders on each side, with these distances behind the best and
  // sizes; the best prices are spread_mean apart.
  hft_quantiles open_distance, open_size;

  double volatility;  // ticks per sqrt(s): the scale of impact
} hft_flow_tables;

#define HFT_FLOW_TABLES_BYTES_MAX 65536  // of a file

// Reads tables from `length` bytes of YAML. `where` names the text in errors. On failure *tables is
// undefined, and the error names where:line, the key and what is allowed. ECONFIG, ENOMEM.
hft_status hft_flow_tables_read(const char *text, size_t length, const char *where,
                                hft_flow_tables *tables, hft_error *error);
// Writes tables as YAML, which hft_flow_tables_read reads back up to the printed digits. `comment`
// is put at the beginning, with # before each line; may be null. The caller frees the text; null if
// out of memory.
char *hft_flow_tables_print(const hft_flow_tables *tables, const char *comment);

// Tables that are built in: a file of configs/tables/.
typedef struct hft_flow_text {
  const char *name;  // of configs/tables/<name>.yaml
  const char *text;
  size_t length;
} hft_flow_text;

extern const hft_flow_text hft_flow_texts[];  // in the order of the file names
extern const int hft_flow_text_count;

#endif
