// What a baseline is judged by: one number a metric and episode, and their summary over episodes.
#ifndef HFTSIM_EVAL_METRICS_H
#define HFTSIM_EVAL_METRICS_H

#include "eval/episode.h"
#include "stats/stats.h"

// clang-format off
// X(code, name, kind of baselines that have it (NONE: all), unit, help)
// New ones go to the end: the place of a metric chooses its resamples.
#define HFT_METRIC_MAP(X)                                                                         \
  X(PNL, pnl, NONE, "currency",                                                                   \
    "cash less fees plus position at the mid of the end; a lot is one unit")                      \
  X(SHORTFALL, shortfall_bps, EXECUTION, "bps",                                                   \
    "implementation shortfall (Perold 1988): cost of the whole parent order against the arrival " \
    "mid, fees and the closing of what was left at the end included; a cost is positive")         \
  X(VWAP_SLIPPAGE, vwap_slippage_bps, EXECUTION, "bps",                                           \
    "average price of the whole parent order, fees included, against the average of all trades "  \
    "in the episode, its own included; a cost is positive")                                       \
  X(FILL_RATIO, fill_ratio, EXECUTION, "1",                                                       \
    "share of the parent order that the strategy itself traded; the rest was closed at the end")  \
  X(PARTICIPATION, participation_ratio, EXECUTION, "1",                                           \
    "lots that the strategy itself traded of all lots traded")                                    \
  X(SPREAD_CAPTURED, spread_captured, MARKET_MAKING, "currency",                                  \
    "sum over fills of the distance to the mid just before them, times lots; before fees")        \
  X(INVENTORY_MAX, inventory_max_lots, MARKET_MAKING, "lots", "largest absolute position")        \
  X(INVENTORY_MEAN, inventory_mean_lots, MARKET_MAKING, "lots", "mean absolute position")         \
  X(INVENTORY_END, inventory_end_lots, MARKET_MAKING, "lots", "position at the end, signed")      \
  X(TRADED, traded_lots, NONE, "lots", "lots bought and sold in the book")                        \
  X(MAKER_RATIO, maker_ratio, NONE, "1", "lots traded as maker of all lots it traded")            \
  X(FILLS, fills, NONE, "1", "executions")                                                        \
  X(ORDERS, orders, NONE, "1", "orders sent")                                                     \
  X(UNFILLED, unfilled_lots, EXECUTION, "lots",                                                   \
    "lots of the closing that were beyond the last level of the book")                            \
  X(FEES, fees, NONE, "currency", "fees paid; rebates received are negative")
// clang-format on

typedef enum hft_metric {
#define X(code, name, kind, unit, help) HFT_METRIC_##code,
  HFT_METRIC_MAP(X)
#undef X
      HFT_METRIC_COUNT
} hft_metric;

typedef struct hft_metric_info {
  const char *name, *unit, *help;
  hft_baseline_kind kind;
} hft_metric_info;

extern const hft_metric_info hft_metric_table[HFT_METRIC_COUNT];

// Does a metric belong to baselines of that kind?
bool hft_metric_applies(hft_metric metric, hft_baseline_kind kind);

// The value of a metric in an episode; NaN where it has none (an average price without a fill). The
// metric must apply to the plan's kind.
double hft_metric_value(const hft_episode_plan *plan, const hft_episode *episode,
                        hft_metric metric);

typedef struct hft_metric_summary {
  size_t count;  // episodes in which the metric has a value; 0: all below are NaN
  double mean, sd, median;
  hft_interval interval;  // of the mean, at 95 %
} hft_metric_summary;

// Summarises a metric over episodes. The seed chooses the resamples of the bootstrap. ENOMEM.
hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out);

#endif
