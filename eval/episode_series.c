#include "eval/episode_series.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/check.h"

#define DEPTH_MAX 600  // rows of depth: in longer episodes only every n-th step has one

struct hft_episode_series {
  const hft_episode_plan *plan;
  int instrument;
  hft_owner owner;
  double tick_size;
  int64_t step_max, steps;
  hft_results_step *step;  // [step_max]; the start, the steps and the end
  size_t fills, fill_max;
  hft_results_fill *fill;
  bool lost;  // fills, for want of memory
  int64_t depth_every, depths;
  hft_results_depth *depth;  // null: not wanted
};

hft_status hft_episode_series_create(const hft_episode_plan *plan, int k, bool depth,
                                     hft_episode_series **out) {
  *out = NULL;
  HFT_CHECK(k >= 0 && k < plan->instrument_count);
  hft_episode_series *series = calloc(1, sizeof *series);
  if (series == NULL) return HFT_ENOMEM;
  int64_t steps = hft_episode_steps(plan);
  series->plan = plan;
  series->instrument = plan->instrument + k;
  series->owner = (hft_owner)(plan->owner + k);
  series->tick_size = hft_model_instrument(plan->model)->tick_size;
  series->step_max = steps + 2;
  series->step = calloc((size_t)series->step_max, sizeof *series->step);
  series->steps = 1;
  series->depth_every = (steps + DEPTH_MAX - 1) / DEPTH_MAX;
  if (depth) series->depth = calloc(DEPTH_MAX, sizeof *series->depth);
  if (series->step == NULL || (depth && series->depth == NULL)) {
    hft_episode_series_free(series);
    return HFT_ENOMEM;
  }
  *out = series;
  return HFT_OK;
}

void hft_episode_series_free(hft_episode_series *series) {
  if (series == NULL) return;
  free(series->step);
  free(series->fill);
  free(series->depth);
  free(series);
}

// ---- fills -----------------------------------------------------------------------------------

static void add_fill(hft_episode_series *series, hft_results_fill fill) {
  if (series->fills == series->fill_max) {
    size_t max = series->fill_max > 0 ? 2 * series->fill_max : 64;
    hft_results_fill *grown = realloc(series->fill, max * sizeof *grown);
    if (grown == NULL) {
      series->lost = true;
      return;
    }
    series->fill = grown;
    series->fill_max = max;
  }
  series->fill[series->fills++] = fill;
}

// The mean price of a transfer: `left` lots at each price, from the event's on, and all that are
// left at the end of the window (sim/market/close.c).
static double transfer_price(const hft_instrument *instrument, const hft_event *event) {
  bool buys = event->side == HFT_BID;
  double room = buys ? instrument->price_max - event->price : event->price - instrument->price_min;
  double lots = event->qty, each = event->left, steps = fmin(floor(lots / each), room);
  double rest = lots - steps * each;
  double offset = each * steps * (steps - 1) / 2 + rest * steps;
  return event->price + hft_side_sign((hft_side)event->side) * offset / lots;
}

void hft_episode_series_event(hft_episode_series *series, const hft_event *event) {
  if (event->instrument != series->instrument) return;
  bool maker = event->owner == series->owner;
  if (event->kind == HFT_EVENT_TRANSFER && maker) {
    int64_t lots = hft_side_sign((hft_side)event->side) * (int64_t)event->qty;
    double price = transfer_price(hft_model_instrument(series->plan->model), event);
    add_fill(series, (hft_results_fill){event->time, 0, price, lots, 2});
  }
  if (event->kind != HFT_EVENT_TRADE || (!maker && event->taker_owner != series->owner)) return;
  bool auction = event->reason == HFT_REASON_AUCTION;
  int sign = hft_side_sign((hft_side)event->side);
  int64_t lots = (maker ? sign : -sign) * (int64_t)event->qty;
  uint16_t role = auction ? 2 : !maker;
  add_fill(series, (hft_results_fill){event->time, 0, event->price, lots, role});
}

// ---- steps -----------------------------------------------------------------------------------

static void note_depth(hft_episode_series *series, hft_market *market) {
  if (series->depths == DEPTH_MAX) return;
  hft_results_depth *row = &series->depth[series->depths++];
  row->time = hft_market_now(market);
  const hft_book *book = hft_market_book(series->plan->model, market, series->instrument);
  hft_level levels[HFT_RESULTS_LEVELS];
  for (int side = 0; side < 2; side++) {
    int32_t *price = side == HFT_BID ? row->bid_price : row->ask_price;
    int32_t *qty = side == HFT_BID ? row->bid_qty : row->ask_qty;
    int count = hft_book_depth(book, (hft_side)side, levels, HFT_RESULTS_LEVELS);
    for (int i = 0; i < count; i++) {
      price[i] = levels[i].price;
      qty[i] = levels[i].qty;
    }
  }
}

// The lots that the strategy's schedule wants done by now.
static double planned(const hft_episode_series *series, hft_market *market) {
  const hft_episode_plan *plan = series->plan;
  if (plan->kind != HFT_BASELINE_EXECUTION || !plan->strategy->planned.exists) return NAN;
  const void *state = hft_market_agent_state(plan->model, market, series->owner);
  return (double)hft_param_int(plan->strategy->planned, state);
}

static void add_step(hft_episode_series *series, const hft_account *account, hft_time time,
                     double mid, double wanted) {
  if (series->steps == series->step_max) return;
  const hft_episode_plan *plan = series->plan;
  bool execution = plan->kind == HFT_BASELINE_EXECUTION;
  series->step[series->steps++] = (hft_results_step){
      .time = time,
      .equity = hft_account_value(account, mid) * series->tick_size,
      .mid = mid,
      .inventory = account->position,
      .executed = execution ? plan->sign * account->position : 0,
      .plan = wanted,
  };
}

void hft_episode_series_step(hft_episode_series *series, hft_market *market) {
  const hft_account *account =
      hft_market_account(series->plan->model, market, series->owner, series->instrument);
  double mid = 0.5 * (double)hft_market_mid2(market, series->instrument);
  add_step(series, account, hft_market_now(market), mid, planned(series, market));
  if (series->depth != NULL && (series->steps - 2) % series->depth_every == 0) {
    note_depth(series, market);
  }
}

hft_status hft_episode_series_end(hft_episode_series *series, const hft_episode *row,
                                  hft_results_series *out) {
  const hft_episode_plan *plan = series->plan;
  bool scheduled = plan->kind == HFT_BASELINE_EXECUTION && plan->strategy->planned.exists;
  series->step[0] = (hft_results_step){
      .time = plan->start,
      .mid = 0.5 * (double)row->arrival_mid2,
      .plan = scheduled ? 0 : NAN,
  };
  // The closings of others may trade with orders of any strategy.
  if (plan->kind == HFT_BASELINE_EXECUTION || plan->contestants > 1) {
    add_step(series, &row->account, plan->end, 0.5 * (double)row->end_mid2,
             scheduled ? (double)plan->quantity : NAN);
  }
  *out = (hft_results_series){
      .tick_size = series->tick_size,
      .step_count = (size_t)series->steps,
      .fill_count = series->fills,
      .depth_count = (size_t)series->depths,
      .steps = series->step,
      .fills = series->fill,
      .depth = series->depth,
  };
  return series->lost ? HFT_ENOMEM : HFT_OK;
}
