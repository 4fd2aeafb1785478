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

static span parts_of(const hft_episode_plan *plan, int row) {
  HFT_CHECK(row >= 0 && row < hft_episode_rows(plan));
  bool is_total = row == plan->instrument_count;
  return is_total ? (span){0, row} : (span){row, row + 1};
}

static double market_vwap(const hft_tape *tape) {
  return ratio((double)tape->notional, (double)(tape->buy_qty + tape->sell_qty));
}

static double arrival_price(const hft_episode *episode) {
  return 0.5 * (double)episode->arrival_mid2;
}

static double vwap_price(const hft_episode *episode) {
  return market_vwap(&episode->tape);
}

// What the parent orders have cost, fees included, beyond their lots at a price (ticks): in bps of
// these. An account holds its whole parent order, so its value at that price is minus the cost.
static double cost_bps(const hft_episode_plan *plan, const hft_episode *rows, span parts,
                       double (*price_of)(const hft_episode *)) {
  double cost = 0, notional = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    double price = price_of(&rows[k]);
    cost -= hft_account_value(&rows[k].account, price);
    notional += (double)plan->quantity * price;
  }
  return cost / notional * BPS;
}

static double end_value(const hft_episode *rows, span parts) {
  double value = 0;
  for (int k = parts.begin; k < parts.end; k++) {
    value += hft_account_value(&rows[k].account, 0.5 * (double)rows[k].end_mid2);
  }
  return value;
}

double hft_metric_value(const hft_episode_plan *plan, const hft_episode *rows, int row,
                        hft_metric metric) {
  HFT_CHECK(hft_metric_applies(metric, plan->kind));
  const span parts = parts_of(plan, row);
  const hft_episode *episode = &rows[row];
  const hft_account *account = &episode->account;
  double tick_size = hft_model_instrument(plan->model)->tick_size;
  switch (metric) {
    case HFT_METRIC_PNL:
      return end_value(rows, parts) * tick_size;
    case HFT_METRIC_SHORTFALL:
      return cost_bps(plan, rows, parts, arrival_price);
    case HFT_METRIC_VWAP_SLIPPAGE:
      return cost_bps(plan, rows, parts, vwap_price);
    case HFT_METRIC_FILL_RATIO:
      return (double)episode->executed / (double)(plan->quantity * (parts.end - parts.begin));
    case HFT_METRIC_UNFILLED:
      return (double)episode->closing.unfilled;
    case HFT_METRIC_PARTICIPATION:
      return ratio((double)episode->executed,
                   (double)(episode->tape.buy_qty + episode->tape.sell_qty));
    case HFT_METRIC_SPREAD_CAPTURED:
      return (double)(account->maker_edge2 + account->taker_edge2) / 2 * tick_size;
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
    case HFT_METRIC_COUNT:
      break;
  }
  return NAN;
}

hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, int row, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out) {
  *out = (hft_metric_summary){0, NAN, NAN, NAN, {NAN, NAN}};
  double *values = malloc((size_t)count * sizeof *values);
  if (values == NULL) return HFT_ENOMEM;
  hft_moments moments = {0};
  for (int i = 0; i < count; i++) {
    const hft_episode *rows = &episodes[(size_t)i * (size_t)hft_episode_rows(plan)];
    double value = hft_metric_value(plan, rows, row, metric);
    if (isnan(value)) continue;
    values[moments.count] = value;
    hft_moments_add(&moments, value);
  }
  hft_status status = HFT_OK;
  out->count = moments.count;
  if (moments.count > 0) {
    out->mean = moments.mean;
    out->sd = hft_moments_sd(&moments);
    hft_rng rng = hft_rng_stream(seed, BOOTSTRAP_ENV, (uint32_t)metric);
    status = hft_bootstrap_mean(values, moments.count, CONFIDENCE, &rng, &out->interval);
    hft_sort(values, moments.count);
    out->median = hft_quantile(values, moments.count, 0.5);
  }
  free(values);
  return status;
}
