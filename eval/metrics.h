// The figures that a baseline is scored by: one number a metric and episode, and their summary over
// episodes.
#ifndef HFTSIM_EVAL_METRICS_H
#define HFTSIM_EVAL_METRICS_H

#include "eval/episode.h"
#include "stats/stats.h"

// clang-format off
// X(code, name, kinds of baselines that have it, direction, unit, help)
// Append new ones: a metric's place chooses its resamples.
#define HFT_METRIC_MAP(X)                                                                         \
  X(PNL, pnl, HFT_METRIC_ALL, +1, "currency",                                                     \
    "cash less fees plus position at the mid of the end; a lot is one unit")                      \
  X(SHORTFALL, shortfall_bps, HFT_METRIC_EXECUTION, -1, "bps",                                    \
    "implementation shortfall (Perold 1988): cost of the whole parent order against the arrival " \
    "mid, fees and the closing of what was left at the end included; a cost is positive")         \
  X(VWAP_SLIPPAGE, vwap_slippage_bps, HFT_METRIC_EXECUTION, -1, "bps",                            \
    "average price of the whole parent order, fees included, against the average of all trades "  \
    "in the episode, its own included; a cost is positive")                                       \
  X(FILL_RATIO, fill_ratio, HFT_METRIC_EXECUTION, +1, "1",                                        \
    "share of the parent order that the strategy itself traded; the rest was closed at the end")  \
  X(PARTICIPATION, participation_ratio, HFT_METRIC_EXECUTION, 0, "1",                             \
    "lots that the strategy itself traded of all lots traded")                                    \
  X(SPREAD_CAPTURED, spread_captured, HFT_METRIC_MAKING, +1, "currency",                          \
    "sum over fills of the distance to the mid just before them, times lots; before fees")        \
  X(INVENTORY_MAX, inventory_max_lots, HFT_METRIC_HOLDING, 0, "lots", "largest absolute position")\
  X(INVENTORY_MEAN, inventory_mean_lots, HFT_METRIC_HOLDING, 0, "lots", "mean absolute position") \
  X(INVENTORY_END, inventory_end_lots, HFT_METRIC_HOLDING, 0, "lots",                             \
    "position at the end, signed")                                                                \
  X(TRADED, traded_lots, HFT_METRIC_ALL, 0, "lots", "lots bought and sold in the book")           \
  X(MAKER_RATIO, maker_ratio, HFT_METRIC_ALL, 0, "1", "lots traded as maker of all lots it traded")\
  X(FILLS, fills, HFT_METRIC_ALL, 0, "1", "executions")                                           \
  X(ORDERS, orders, HFT_METRIC_ALL, 0, "1", "orders sent")                                        \
  X(UNFILLED, unfilled_lots, HFT_METRIC_EXECUTION, -1, "lots",                                    \
    "lots of the closing that were beyond the last level of the book")                            \
  X(FEES, fees, HFT_METRIC_ALL, -1, "currency", "fees paid; rebates received are negative")       \
  X(MAX_DRAWDOWN, max_drawdown, HFT_METRIC_DIRECTIONAL, -1, "currency",                           \
    "largest fall of pnl from its highest, which is at least 0, at the ends of steps")
// clang-format on

typedef enum hft_metric {
#define X(code, name, kinds, direction, unit, help) HFT_METRIC_##code,
  HFT_METRIC_MAP(X)
#undef X
      HFT_METRIC_COUNT
} hft_metric;

// Sets of kinds: bit 1 << kind.
enum {
  HFT_METRIC_EXECUTION = 1 << HFT_BASELINE_EXECUTION,
  HFT_METRIC_MAKING = 1 << HFT_BASELINE_MARKET_MAKING,
  HFT_METRIC_DIRECTIONAL = 1 << HFT_BASELINE_DIRECTIONAL,
  HFT_METRIC_HOLDING = HFT_METRIC_MAKING | HFT_METRIC_DIRECTIONAL,
  HFT_METRIC_ALL = (1 << HFT_BASELINE_KIND_COUNT) - 1
};

typedef struct hft_metric_info {
  const char *name, *unit, *help;
  unsigned kinds;  // set of hft_baseline_kind
  int direction;   // +1: a higher value is better; -1: a lower; 0: neither
} hft_metric_info;

extern const hft_metric_info hft_metric_table[HFT_METRIC_COUNT];

// Returns whether baselines of that kind have the metric.
bool hft_metric_applies(hft_metric metric, hft_baseline_kind kind);

// Returns the value of a metric in an episode; NaN: it has none, as an average price without a
// trade. `rows` are the episode's hft_episode_rows, and `row` is one of them: an instrument or the
// total. In the total, ratios are those of the sums. The metric must apply to the plan's kind.
double hft_metric_value(const hft_episode_plan *plan, const hft_episode *rows, int row,
                        hft_metric metric);

typedef struct hft_metric_summary {
  size_t count;  // episodes in which the metric has a value; 0: all below are NaN
  double mean, sd, median;
  hft_interval interval;  // of the mean, at 95 %
} hft_metric_summary;

// Summarises a metric of a row over episodes[count][hft_episode_rows]. The seed chooses the
// bootstrap's resamples. ENOMEM.
hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, int row, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out);

#endif
