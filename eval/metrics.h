// The figures that a baseline is scored by: one number a metric and episode, and their summary over
// episodes.
#ifndef HFTSIM_EVAL_METRICS_H
#define HFTSIM_EVAL_METRICS_H

#include "eval/episode.h"
#include "stats/stats.h"

// clang-format off
// X(code, name, kinds of baselines that have it, direction, unit, help)
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
  X(SPREAD_CAPTURED, spread_captured, HFT_METRIC_ALL, +1, "currency",                          \
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
  X(MAX_DRAWDOWN, max_drawdown, HFT_METRIC_HOLDING, -1, "currency",                           \
    "largest fall of pnl from its highest, which is at least 0, at the ends of steps")            \
  X(INVENTORY_PNL, inventory_pnl, HFT_METRIC_ALL, +1, "currency",                                 \
    "price moves of the position, from just before each fill to the end: spread_captured + "      \
    "inventory_pnl - fees = pnl")                                                                 \
  X(ADVERSE_100MS, adverse_selection_100ms, HFT_METRIC_ALL, -1, "currency",                       \
    "adverse selection: sum over fills of the mid's move against them from just before each to "  \
    "0.1 s after it; fills without that time left do not count")                                  \
  X(ADVERSE_1S, adverse_selection_1s, HFT_METRIC_ALL, -1, "currency", "the same 1 s after")       \
  X(ADVERSE_10S, adverse_selection_10s, HFT_METRIC_ALL, -1, "currency", "the same 10 s after")    \
  X(ADVERSE_60S, adverse_selection_60s, HFT_METRIC_ALL, -1, "currency", "the same 60 s after")    \
  X(TURNOVER, turnover, HFT_METRIC_ALL, 0, "currency", "money paid and received in all fills")    \
  X(QUEUE_TIME, queue_time_s, HFT_METRIC_ALL, -1, "s",                                            \
    "mean time in the queue of the lots traded as maker")                                         \
  X(HIT_RATE, hit_rate, HFT_METRIC_HOLDING, +1, "1",                                              \
    "steps in which pnl rose, of those in which it changed")                                      \
  X(SHARPE, sharpe_ratio, HFT_METRIC_HOLDING, +1, "1",                                            \
    "mean over standard deviation of the changes of pnl by step, a year of 252 x 6.5 h")          \
  X(SORTINO, sortino_ratio, HFT_METRIC_HOLDING, +1, "1",                                          \
    "the same with the root mean square of the falls")                                            \
  X(CALMAR, calmar_ratio, HFT_METRIC_HOLDING, +1, "1", "pnl a year over max_drawdown")            \
  X(VALUE_AT_RISK, var_95, HFT_METRIC_HOLDING, -1, "currency",                                    \
    "loss that 5% of the steps exceed")                                                           \
  X(EXPECTED_SHORTFALL, cvar_95, HFT_METRIC_HOLDING, -1, "currency",                              \
    "mean loss of the worst 5% of the steps")                                                     \
  X(DRAWDOWN_TIME, drawdown_s, HFT_METRIC_HOLDING, -1, "s",                                       \
    "from the peak before max_drawdown until pnl is back at it, or the end")                      \
  X(INVENTORY_SD, inventory_sd_lots, HFT_METRIC_HOLDING, 0, "lots",                               \
    "standard deviation of the position at the ends of steps")                                    \
  X(INVENTORY_FLAT, inventory_flat_ratio, HFT_METRIC_HOLDING, 0, "1",                             \
    "steps that end without a position")                                                          \
  X(INVENTORY_LONG, inventory_long_ratio, HFT_METRIC_HOLDING, 0, "1",                             \
    "steps that end with a position above 0")                                                     \
  X(DELAY, delay_bps, HFT_METRIC_EXECUTION, -1, "bps",                                            \
    "part of shortfall_bps: the mid's move until the first order arrived, on the lots that the "  \
    "strategy itself traded")                                                                     \
  X(SPREAD_COST, spread_bps, HFT_METRIC_EXECUTION, -1, "bps",                                     \
    "part of shortfall_bps: distance to the mid just before each fill; negative as maker")        \
  X(IMPACT, impact_bps, HFT_METRIC_EXECUTION, -1, "bps",                                          \
    "part of shortfall_bps: moves of the mid at the strategy's own earlier incoming orders")      \
  X(TIMING, timing_bps, HFT_METRIC_EXECUTION, -1, "bps",                                          \
    "part of shortfall_bps: the mid's other moves between the first order and each fill")         \
  X(OPPORTUNITY, opportunity_bps, HFT_METRIC_EXECUTION, -1, "bps",                                \
    "part of shortfall_bps: cost of the lots that were closed at the end")                        \
  X(FEES_BPS, fees_bps, HFT_METRIC_EXECUTION, -1, "bps", "part of shortfall_bps: fees paid")      \
  X(ARRIVAL_SLIPPAGE, arrival_slippage_bps, HFT_METRIC_EXECUTION, -1, "bps",                      \
    "average price of the lots that the strategy itself traded, against the arrival mid, before " \
    "fees; a cost is positive")                                                                   \
  X(CLOSE_SLIPPAGE, close_slippage_bps, HFT_METRIC_EXECUTION, -1, "bps",                          \
    "average price of the whole parent order, fees included, against the mid of the end; a cost " \
    "is positive")
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

// What the metrics of an episode depend on beside its rows.
typedef struct hft_metric_frame {
  hft_baseline_kind kind;
  int instruments;          // rows of instruments; with several a row of the total follows
  hft_parent_order parent;  // of an execution, at each instrument
  double tick_size;         // currency
  double span_s, step_s;    // of the episode and between two looks at the accounts, seconds
} hft_metric_frame;

// Returns the value of a metric in an episode; NaN: it has none, as an average price without a
// trade, or the episode is too short for it. `row` is one of the rows: an instrument or the total.
// In the total, ratios are those of the sums. The metric must apply to the frame's kind.
double hft_metric_compute(const hft_metric_frame *frame, const hft_episode *rows, int row,
                          hft_metric metric);

// The same for an episode of a plan.
double hft_metric_value(const hft_episode_plan *plan, const hft_episode *rows, int row,
                        hft_metric metric);

// Writes the value of every metric of a row; NaN where it does not apply.
void hft_metric_values(const hft_episode_plan *plan, const hft_episode *rows, int row,
                       double value[HFT_METRIC_COUNT]);

typedef struct hft_metric_summary {
  size_t count;  // episodes in which the metric has a value; 0: all below are NaN
  double mean, sd, median;
  hft_interval interval;  // of the mean, at 95 %
} hft_metric_summary;

// Summarises values[columns][count], of each column those that are not NaN, into out[columns]. The
// seed chooses the bootstrap's resamples, which are the same for all columns. ENOMEM.
hft_status hft_metric_summarise_columns(const double *values, int columns, int count, uint64_t seed,
                                        hft_metric_summary *out);

// Summarises a metric of a row over episodes[count][hft_episode_rows]. The seed chooses the
// bootstrap's resamples. ENOMEM.
hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, int row, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out);

#endif
