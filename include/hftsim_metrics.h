/// @file
/// Metrics of trading: one episode of one agent at one instrument, as plain arrays of its fills and
/// of the mid, scored by the code that scores the strategies of hftsim. docs/metrics.md has the
/// formula, unit and direction of each metric.
///
/// @code
///   hftsim_trading trading = {.bytes = sizeof trading, .tick_size = 0.01, ...};
///   double value[64];
///   char where[256];
///   int status = hftsim_metrics(&trading, value, 64, where, sizeof where);
///   printf("%g\n", value[hftsim_metric_find("spread_captured")]);
/// @endcode
///
/// The functions need no handle, keep no state and may be called from any thread. Statuses are
/// those of hftsim.h: 0 (HFTSIM_OK), -1 (HFTSIM_BAD_ARGUMENT), -3 (HFTSIM_LIMIT).
///
/// **ABI.** Functions, metrics and members at the end of structs are only ever added.
#ifndef HFTSIM_INCLUDE_HFTSIM_METRICS_H
#define HFTSIM_INCLUDE_HFTSIM_METRICS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Marks a function that the shared library exports.
#define HFTSIM_METRICS_API __attribute__((visibility("default")))

/// @name Roles of a fill
/// @{
#define HFTSIM_FILL_MAKER 0     ///< The agent's order rested in the book.
#define HFTSIM_FILL_TAKER 1     ///< The agent's order came in.
#define HFTSIM_FILL_AUCTION 2   ///< An auction matched the agent's order.
#define HFTSIM_FILL_TRANSFER 3  ///< The exchange took over lots to close a position.
/// @}

/// An episode of one agent at one instrument. Zero all members, then set those that are known.
/// Times are ns in any one clock that is not negative; mids are twice the mid in ticks. The account
/// starts without cash and position. Arrays are borrowed for the call.
typedef struct hftsim_trading {
  size_t bytes;                    ///< sizeof(hftsim_trading), as the program was compiled.
  double tick_size;                ///< Currency per tick, above 0.
  int64_t start;                   ///< Of the episode, ns.
  int64_t end;                     ///< Of the episode, ns, after the start.
  int64_t step;                    ///< Between two looks at the account, ns, above 0.
  int64_t fill_count;              ///< Fills, in the order of time.
  const int64_t *fill_time;        ///< [fill_count] ns.
  const int64_t *fill_lots;        ///< [fill_count] bought; negative: sold; not 0.
  const int64_t *fill_price;       ///< [fill_count] ticks.
  const int64_t *fill_fee;         ///< [fill_count] paid, 1/10000 of ticks x lots. Null: no fees.
  const int64_t *fill_mid2;        ///< [fill_count] before the fill. Null: the path's just before.
  const int64_t *fill_queue_time;  ///< [fill_count] ns in the queue, of a maker. Null: 0.
  const uint8_t *fill_role;        ///< [fill_count] one of the roles. Null: all are makers.
  const uint8_t *fill_closing;     ///< [fill_count] 1: closes the rest at the end. Null: none does.
  int64_t mid_count;               ///< Changes of the mid, in the order of time; at least 1.
  const int64_t *mid_time;         ///< [mid_count] ns; the first at or before the start.
  const int64_t *mid2;             ///< [mid_count] from then on.
  int64_t arrival_mid2;            ///< Just before the start. 0: the path's.
  int64_t release_mid2;            ///< When the first order arrived. 0: before the first fill.
  int64_t end_mid2;                ///< At the end, before any closing. 0: the path's.
  int64_t parent_side;             ///< Of a parent order: +1 buys, -1 sells; 0: there is none.
  int64_t parent_lots;             ///< Of a parent order; 0: there is none.
  int64_t market_lots;             ///< That all participants traded from start to end.
  int64_t market_notional;         ///< Of these, ticks x lots.
  int64_t orders;                  ///< That the agent sent.
  int64_t unfilled_lots;           ///< Of the closing, beyond the last level of the book.
} hftsim_trading;

/// Returns the number of metrics.
/// @return The number; it only ever grows.
HFTSIM_METRICS_API int hftsim_metric_count(void);

/// Returns the name of a metric.
/// @param metric 0 .. hftsim_metric_count() - 1.
/// @return A constant string, "pnl"; null if `metric` is out of range.
HFTSIM_METRICS_API const char *hftsim_metric_name(int metric);

/// Returns the unit of a metric.
/// @param metric 0 .. hftsim_metric_count() - 1.
/// @return A constant string, "bps"; "1" for ratios and counts; null if `metric` is out of range.
HFTSIM_METRICS_API const char *hftsim_metric_unit(int metric);

/// Describes a metric.
/// @param metric 0 .. hftsim_metric_count() - 1.
/// @return A constant string; null if `metric` is out of range.
HFTSIM_METRICS_API const char *hftsim_metric_help(int metric);

/// Returns whether a higher value of a metric is better.
/// @param metric 0 .. hftsim_metric_count() - 1.
/// @return +1 if a higher value is better, -1 if a lower is, 0 if neither is, or out of range.
HFTSIM_METRICS_API int hftsim_metric_direction(int metric);

/// Finds a metric by its name.
/// @param name The name. May be null.
/// @return Its number; -1 if there is none of that name.
HFTSIM_METRICS_API int hftsim_metric_find(const char *name);

/// Computes the metrics of an episode. With a parent order they are those of an execution, without
/// those of a directional strategy; the others are NaN, and so is a metric for which the episode is
/// too short or has too little in it. Lots of a parent order that were neither traded nor closed
/// cost what the mid of the end does.
/// @param trading The episode.
/// @param[out] values Room for `count` values, in the order of the metrics.
/// @param count The size of `values`; the values of further metrics are left out.
/// @param[out] where After an error the member that is wrong, with the index of the first element
///   and the rule that it breaks; else "". Cut to `where_bytes`. May be null.
/// @param where_bytes The size of `where`.
/// @return 0; -1 if a pointer that is needed is null or a member is invalid; -3 if out of memory.
HFTSIM_METRICS_API int hftsim_metrics(const hftsim_trading *trading, double *values, int count,
                                      char *where, size_t where_bytes);

/// Returns the number of aggregates: figures of the values that a metric has over episodes.
/// @return The number; it only ever grows.
HFTSIM_METRICS_API int hftsim_aggregate_count(void);

/// Returns the name of an aggregate.
/// @param aggregate 0 .. hftsim_aggregate_count() - 1.
/// @return A constant string, "cvar_95"; null if `aggregate` is out of range.
HFTSIM_METRICS_API const char *hftsim_aggregate_name(int aggregate);

/// Computes the aggregates of the values that a metric has over episodes, each with a 95% bootstrap
/// interval of 2000 resamples.
/// @param values The values; NaN among them are left out. May be null if there are none.
/// @param value_count The number of values, below 2^32.
/// @param seed Chooses the resamples.
/// @param[out] estimates Room for `count` triples: the figure and the ends of its interval; NaN
///   where there are too few values.
/// @param count The number of triples; further aggregates are left out.
/// @return 0; -1 for a null pointer or a wrong count; -3 if out of memory.
HFTSIM_METRICS_API int hftsim_aggregates(const double *values, size_t value_count, uint64_t seed,
                                         double *estimates, int count);

#ifdef __cplusplus
}
#endif

#endif
