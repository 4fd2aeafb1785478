#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/market/model.h"

#define CONFIDENCE 0.95
#define BOOTSTRAP_ENV UINT32_MAX  // streams that no market of a run uses
#define BPS 1e4

const hft_metric_info hft_metric_table[HFT_METRIC_COUNT] = {
#define X(code, name, kind, unit, help) {#name, unit, help, HFT_BASELINE_##kind},
    HFT_METRIC_MAP(X)
#undef X
};

bool hft_metric_applies(hft_metric metric, hft_baseline_kind kind) {
  hft_baseline_kind wanted = hft_metric_table[metric].kind;
  return wanted == HFT_BASELINE_NONE || wanted == kind;
}

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : NAN;
}

static double traded(const hft_account *account) {
  return (double)(account->bought + account->sold);
}

// What the parent order has cost, fees included, beyond its lots at a price (ticks): in bps of
// them. The account holds the whole parent order, so its value at that price is minus the cost.
static double cost_bps(const hft_episode_plan *plan, const hft_episode *episode, double price) {
  double cost = -hft_account_value(&episode->account, price);
  return cost / ((double)plan->quantity * price) * BPS;
}

static double market_vwap(const hft_tape *tape) {
  return ratio((double)tape->notional, (double)(tape->buy_qty + tape->sell_qty));
}

double hft_metric_value(const hft_episode_plan *plan, const hft_episode *episode,
                        hft_metric metric) {
  HFT_CHECK(hft_metric_applies(metric, plan->kind));
  const hft_account *account = &episode->account;
  double tick_size = hft_model_instrument(plan->model)->tick_size;
  switch (metric) {
    case HFT_METRIC_PNL:
      return hft_account_value(account, 0.5 * (double)episode->end_mid2) * tick_size;
    case HFT_METRIC_SHORTFALL:
      return cost_bps(plan, episode, 0.5 * (double)episode->arrival_mid2);
    case HFT_METRIC_VWAP_SLIPPAGE:
      return cost_bps(plan, episode, market_vwap(&episode->tape));
    case HFT_METRIC_FILL_RATIO:
      return (double)episode->executed / (double)plan->quantity;
    case HFT_METRIC_UNFILLED:
      return (double)episode->closing.unfilled;
    case HFT_METRIC_PARTICIPATION:
      return ratio((double)episode->executed,
                   (double)(episode->tape.buy_qty + episode->tape.sell_qty));
    case HFT_METRIC_SPREAD_CAPTURED:
      return (double)(account->maker_edge2 + account->taker_edge2) / 2 * tick_size;
    case HFT_METRIC_INVENTORY_MAX:
      return (double)episode->inventory_max;
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
    case HFT_METRIC_COUNT:
      break;
  }
  return NAN;
}

hft_status hft_metric_summarise(const hft_episode_plan *plan, const hft_episode *episodes,
                                int count, hft_metric metric, uint64_t seed,
                                hft_metric_summary *out) {
  *out = (hft_metric_summary){0, NAN, NAN, NAN, {NAN, NAN}};
  double *values = malloc((size_t)count * sizeof *values);
  if (values == NULL) return HFT_ENOMEM;
  hft_moments moments = {0};
  for (int i = 0; i < count; i++) {
    double value = hft_metric_value(plan, &episodes[i], metric);
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
