#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/market/model.h"

#define CONFIDENCE 0.95
#define BOOTSTRAP_ENV UINT32_MAX  // env of the streams, which no market of a run uses
#define BPS 1e4

const hft_metric_info hft_metric_table[HFT_METRIC_COUNT] = {
#define X(code, name, kinds, direction, unit, help) {#name, unit, help, kinds, direction},
    HFT_METRIC_MAP(X)
#undef X
};

bool hft_metric_applies(hft_metric metric, hft_baseline_kind kind) {
  return (hft_metric_table[metric].kinds & 1u << kind) != 0;
}

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : NAN;
}

static double traded(const hft_account *account) {
  return (double)(account->bought + account->sold);
}

// The rows of instruments that a row is made of: itself, or of the total all before it.
typedef struct span {
  int begin, end;
} span;

static span parts_of(const hft_metric_frame *frame, int row) {
  int rows = frame->instruments > 1 ? frame->instruments + 1 : 1;
  HFT_CHECK(row >= 0 && row < rows);
  bool is_total = row == frame->instruments;
  return is_total ? (span){0, row} : (span){row, row + 1};
}

// ---- execution ---------------------------------------------------------------------------------

static double market_vwap(const hft_tape *tape) {
  return ratio((double)tape->notional, (double)(tape->buy_qty + tape->sell_qty));
}

static double arrival_price(const hft_episode *episode) {
  return 0.5 * (double)episode->arrival_mid2;
}

static double vwap_price(const hft_episode *episode) {
  return market_vwap(&episode->tape);
}

static double end_price(const hft_episode *episode) {
  return 0.5 * (double)episode->end_mid2;
}

// What the parent orders have cost, fees included, beyond their lots at a price (ticks): in bps of
// these. An account that holds its whole parent order has minus the cost as its value at that
// price; lots that it does not hold cost what the mid of the end does.
static double cost_bps(const hft_metric_frame *frame, const hft_episode *rows, span parts,
                       double (*price_of)(const hft_episode *)) {
  double cost = 0, notional = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    double price = price_of(&rows[k]);
    int64_t rest = frame->parent.sign * frame->parent.quantity - rows[k].account.position;
    cost -= hft_account_value(&rows[k].account, price);
    if (rest != 0) cost += (double)rest * (end_price(&rows[k]) - price);
    notional += (double)frame->parent.quantity * price;
  }
  return cost / notional * BPS;
}

static double parent_notional(const hft_metric_frame *frame, const hft_episode *rows, span parts) {
  double notional = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    notional += (double)frame->parent.quantity * arrival_price(&rows[k]);
  }
  return notional;
}

// Of the lots that the strategy itself traded.
static double arrival_slippage(const hft_episode *rows, span parts) {
  double cost = 0, notional = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    const hft_tally *t = &rows[k].score.tally;
    cost += (double)(t->delay2 + t->spread2 + t->impact2 + t->timing2) / 2;
    notional += (double)t->own * arrival_price(&rows[k]);
  }
  return ratio(cost, notional) * BPS;
}

// Metrics of the parts of the shortfall, from the sums over fills.
static double execution_value(const hft_metric_frame *frame, const hft_episode *rows, int row,
                              hft_metric metric) {
  const span parts = parts_of(frame, row);
  const hft_tally *t = &rows[row].score.tally;
  if (metric == HFT_METRIC_CLOSE_SLIPPAGE) return cost_bps(frame, rows, parts, end_price);
  double notional = parent_notional(frame, rows, parts);
  if (metric == HFT_METRIC_FEES_BPS) {
    return HFT_FEE_UNIT * (double)rows[row].account.fees / notional * BPS;
  }
  if (t->known == 0) return NAN;
  switch (metric) {
    case HFT_METRIC_DELAY:
      return (double)t->delay2 / 2 / notional * BPS;
    case HFT_METRIC_SPREAD_COST:
      return (double)t->spread2 / 2 / notional * BPS;
    case HFT_METRIC_IMPACT:
      return (double)t->impact2 / 2 / notional * BPS;
    case HFT_METRIC_TIMING:
      return (double)t->timing2 / 2 / notional * BPS;
    case HFT_METRIC_OPPORTUNITY:
      return (double)t->opportunity2 / 2 / notional * BPS;
    case HFT_METRIC_ARRIVAL_SLIPPAGE:
      return arrival_slippage(rows, parts);
    default:
      return NAN;
  }
}

// ---- P&L ---------------------------------------------------------------------------------------

static double end_value(const hft_episode *rows, span parts) {
  double value = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    value += hft_account_value(&rows[k].account, end_price(&rows[k]));
  }
  return value;
}

static int64_t edge2(const hft_account *account) {
  return account->maker_edge2 + account->taker_edge2;
}

// Twice the price moves of the position: what is left of the value before fees without the spread
// captured, in half ticks x lots.
static int64_t inventory_value2(const hft_episode *rows, span parts) {
  int64_t value2 = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    value2 += hft_account_value2(&rows[k].account, rows[k].end_mid2) - edge2(&rows[k].account);
  }
  return value2;
}

// The price moves against fills until a mark. Fills without a mark do not count; if none has one,
// there is no value, and without fills nothing has moved against them.
static double adverse(const hft_tally *tally, int mark, double tick_size) {
  if (tally->known == 0 || (tally->fills > 0 && tally->marked[mark] == 0)) return NAN;
  return (double)tally->adverse2[mark] / 2 * tick_size;
}

static double pnl_value(const hft_metric_frame *frame, const hft_episode *rows, int row,
                        hft_metric metric) {
  const hft_tally *t = &rows[row].score.tally;
  switch (metric) {
    case HFT_METRIC_INVENTORY_PNL:
      return (double)inventory_value2(rows, parts_of(frame, row)) / 2 * frame->tick_size;
    case HFT_METRIC_ADVERSE_100MS:
      return adverse(t, HFT_MARK_100MS, frame->tick_size);
    case HFT_METRIC_ADVERSE_1S:
      return adverse(t, HFT_MARK_1S, frame->tick_size);
    case HFT_METRIC_ADVERSE_10S:
      return adverse(t, HFT_MARK_10S, frame->tick_size);
    case HFT_METRIC_ADVERSE_60S:
      return adverse(t, HFT_MARK_60S, frame->tick_size);
    case HFT_METRIC_TURNOVER:
      return t->known != 0 ? (double)t->turnover * frame->tick_size : NAN;
    case HFT_METRIC_QUEUE_TIME:
      return t->known != 0 ? ratio(t->queued, (double)t->queued_lots) : NAN;
    default:
      return execution_value(frame, rows, row, metric);
  }
}

// ---- the equity curve --------------------------------------------------------------------------

static double risk_value(const hft_metric_frame *frame, const hft_episode *rows, int row,
                         hft_metric metric) {
  const hft_risk *r = &rows[row].score.risk;
  double tick_size = frame->tick_size, n = (double)r->changes;
  if (r->changes == 0) return NAN;
  double scale = sqrt(HFT_YEAR_S / frame->step_s);
  switch (metric) {
    case HFT_METRIC_HIT_RATE:
      return ratio((double)r->rises, (double)(r->rises + r->falls));
    case HFT_METRIC_SHARPE:
      return ratio(r->mean, r->sd) * scale;
    case HFT_METRIC_SORTINO:
      return ratio(r->mean, r->downside) * scale;
    case HFT_METRIC_CALMAR:
      return ratio(end_value(rows, parts_of(frame, row)) / frame->span_s * HFT_YEAR_S,
                   rows[row].drawdown.largest);
    case HFT_METRIC_VALUE_AT_RISK:
      return r->value_at_risk * tick_size;
    case HFT_METRIC_EXPECTED_SHORTFALL:
      return r->expected_shortfall * tick_size;
    case HFT_METRIC_DRAWDOWN_TIME:
      return (double)r->fall_steps * frame->step_s;
    case HFT_METRIC_INVENTORY_SD:
      return r->position_sd;
    case HFT_METRIC_INVENTORY_FLAT:
      return (double)r->flat / n;
    case HFT_METRIC_INVENTORY_LONG:
      return (double)r->is_long / n;
    default:
      return NAN;
  }
}

// ---- all metrics -------------------------------------------------------------------------------

static double fill_ratio(const hft_metric_frame *frame, const hft_episode *episode, span parts) {
  int64_t lots = frame->parent.quantity * (parts.end - parts.begin);
  return (double)episode->executed / (double)lots;
}

double hft_metric_compute(const hft_metric_frame *frame, const hft_episode *rows, int row,
                          hft_metric metric) {
  HFT_CHECK(hft_metric_applies(metric, frame->kind));
  const span parts = parts_of(frame, row);
  const hft_episode *episode = &rows[row];
  const hft_account *account = &episode->account;
  double tick_size = frame->tick_size;
  switch (metric) {
    case HFT_METRIC_PNL:
      return end_value(rows, parts) * tick_size;
    case HFT_METRIC_SHORTFALL:
      return cost_bps(frame, rows, parts, arrival_price);
    case HFT_METRIC_VWAP_SLIPPAGE:
      return cost_bps(frame, rows, parts, vwap_price);
    case HFT_METRIC_FILL_RATIO:
      return fill_ratio(frame, episode, parts);
    case HFT_METRIC_UNFILLED:
      return (double)episode->closing.unfilled;
    case HFT_METRIC_PARTICIPATION:
      return ratio((double)episode->executed,
                   (double)(episode->tape.buy_qty + episode->tape.sell_qty));
    case HFT_METRIC_SPREAD_CAPTURED:
      return (double)edge2(account) / 2 * tick_size;
    case HFT_METRIC_INVENTORY_MAX:
      return (double)episode->max_inventory;
    case HFT_METRIC_INVENTORY_MEAN:
      return episode->inventory_mean;
    case HFT_METRIC_INVENTORY_END:
      return (double)account->position;
    case HFT_METRIC_FEES:
      return HFT_FEE_UNIT * (double)account->fees * tick_size;
    case HFT_METRIC_TRADED:
      return traded(account);
    case HFT_METRIC_MAKER_RATIO:
      return ratio((double)account->maker_qty, traded(account));
    case HFT_METRIC_FILLS:
      return (double)account->fill_count;
    case HFT_METRIC_ORDERS:
      return (double)account->order_count;
    case HFT_METRIC_MAX_DRAWDOWN:
      return episode->drawdown.largest * tick_size;
    default: {
      bool of_curve = metric >= HFT_METRIC_HIT_RATE && metric <= HFT_METRIC_INVENTORY_LONG;
      return of_curve ? risk_value(frame, rows, row, metric) : pnl_value(frame, rows, row, metric);
    }
  }
}

static hft_metric_frame frame_of(const hft_episode_plan *plan) {
  return (hft_metric_frame){
      .kind = plan->kind,
      .instruments = plan->instrument_count,
      .parent = {plan->sign, plan->quantity},
      .tick_size = hft_model_instrument(plan->model)->tick_size,
      .span_s = (double)(plan->end - plan->start) / (double)HFT_SECOND,
      .step_s = (double)plan->step / (double)HFT_SECOND,
  };
}

double hft_metric_value(const hft_episode_plan *plan, const hft_episode *rows, int row,
                        hft_metric metric) {
  const hft_metric_frame frame = frame_of(plan);
  return hft_metric_compute(&frame, rows, row, metric);
}

void hft_metric_values(const hft_episode_plan *plan, const hft_episode *rows, int row,
                       double value[HFT_METRIC_COUNT]) {
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    value[m] = hft_metric_applies((hft_metric)m, plan->kind)
                   ? hft_metric_value(plan, rows, row, (hft_metric)m)
                   : NAN;
  }
}

// Mean, deviation and median of the values that exist; `existing` has room for all.
static void describe(const double *values, int count, double *existing, hft_metric_summary *out) {
  hft_moments moments = {0};
  for (int i = 0; i < count; i++) {
    if (isnan(values[i])) continue;
    existing[moments.count] = values[i];
    hft_moments_add(&moments, values[i]);
  }
  *out = (hft_metric_summary){moments.count, NAN, NAN, NAN, {NAN, NAN}};
  if (moments.count == 0) return;
  out->mean = moments.mean;
  out->sd = hft_moments_sd(&moments);
  hft_sort(existing, moments.count);
  out->median = hft_quantile(existing, moments.count, 0.5);
}

hft_status hft_metric_summarise_columns(const double *values, int columns, int count, uint64_t seed,
                                        hft_metric_summary *out) {
  size_t rows = (size_t)count, width = (size_t)columns;
  double *existing = malloc((rows + 1) * sizeof *existing);
  hft_interval *interval = malloc((width + 1) * sizeof *interval);
  const double **column = malloc((width + 1) * sizeof *column);
  hft_status status = HFT_ENOMEM;
  if (existing != NULL && interval != NULL && column != NULL) {
    size_t used = 0;  // columns that have values
    for (size_t c = 0; c < width; c++) {
      describe(values + c * rows, count, existing, &out[c]);
      if (out[c].count > 0) column[used++] = values + c * rows;
    }
    hft_rng rng = hft_rng_stream(seed, BOOTSTRAP_ENV, 0);
    const hft_columns all = {column, used, rows};
    status = hft_bootstrap_columns(&all, CONFIDENCE, &rng, interval);
    used = 0;
    for (size_t c = 0; c < width && status == HFT_OK; c++) {
      if (out[c].count > 0) out[c].interval = interval[used++];
    }
  }
  free(existing);
  free(interval);
  free(column);
  return status;
}

hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, int row, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out) {
  double *values = malloc((size_t)count * sizeof *values);
  if (values == NULL) return HFT_ENOMEM;
  for (int i = 0; i < count; i++) {
    const hft_episode *rows = &episodes[(size_t)i * (size_t)hft_episode_rows(plan)];
    values[i] = hft_metric_value(plan, rows, row, metric);
  }
  hft_status status = hft_metric_summarise_columns(values, 1, count, seed, out);
  free(values);
  return status;
}
