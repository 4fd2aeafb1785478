#include "data/calibrate/calibrate.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "data/calibrate/context.h"
#include "data/calibrate/laws.h"
#include "data/calibrate/marks.h"

#define EVENTS_LEAST 500
#define KIND_LEAST 20
#define SIDE_SHARE_LEAST 0.02

static const char *const kinds[HFT_FLOW_EVENTS] = {
    "limit orders inside the spread",      "limit orders at the best price",
    "limit orders behind the best price",  "cancellations at the best price",
    "cancellations behind the best price", "market orders"};

// Refuses a tape that the tables cannot be fitted to.
static hft_status check(const hft_watched *watched, hft_calibration *out, hft_error *error) {
  double side[2] = {0}, all = 0;
  for (size_t i = 0; i < watched->count; i++) {
    const hft_tape_event *event = &watched->event[i];
    if (event->part != HFT_TAPE_TRAIN) continue;
    out->events[event->kind]++;
    side[event->side]++;
    all++;
  }
  if (all < EVENTS_LEAST) {
    return hft_fail(error, HFT_EDATA, "calibrate",
                    "only %.0f events to fit, with orders on both sides of the book; at least %d "
                    "are needed (of %" PRId64 " messages, %" PRId64
                    " name unknown orders and %" PRId64 " meet a book with an empty side)",
                    all, EVENTS_LEAST, watched->messages, watched->unknown, watched->one_sided);
  }
  if (side[0] < SIDE_SHARE_LEAST * all || side[1] < SIDE_SHARE_LEAST * all) {
    return hft_fail(error, HFT_EDATA, "calibrate",
                    "one-sided: %.0f events on the bid and %.0f on the ask; both sides are needed",
                    side[0], side[1]);
  }
  for (int kind = 0; kind < HFT_FLOW_EVENTS; kind++) {
    bool trades = kind == HFT_FLOW_MARKET;
    if (out->events[kind] >= KIND_LEAST || kind == HFT_FLOW_IMPROVE) continue;
    return hft_fail(error, HFT_EDATA, "calibrate", "only %.0f %s to fit; at least %d are needed%s",
                    out->events[kind], kinds[kind], KIND_LEAST,
                    trades ? ": does the file have executions (type 4)?" : "");
  }
  return HFT_OK;
}

static void describe(hft_watched *watched, double lot, hft_calibration *out) {
  out->seconds = watched->train_s;
  out->initial_price = hft_quantile_of(watched->mid, watched->samples, 0.5) * watched->tick;
  for (size_t i = 0; i < watched->count; i++) {
    const hft_tape_event *event = &watched->event[i];
    if (event->part != HFT_TAPE_TRAIN) continue;
    double qty = ceil((double)event->qty / lot);
    double spread = event->best[HFT_ASK] - event->best[HFT_BID];
    out->spread += spread;
    if (qty > out->largest) out->largest = qty;
    if (event->distance + spread > out->farthest) out->farthest = event->distance + spread;
  }
  double all = 0;
  for (int kind = 0; kind < HFT_FLOW_EVENTS; kind++) all += out->events[kind];
  out->spread /= all;
}

hft_status hft_calibrate(hft_watched *watched, double lot_size, const hft_progress *progress,
                         hft_flow_tables *tables, hft_calibration *out, hft_error *error) {
  *out = (hft_calibration){0};
  *tables = (hft_flow_tables){0};
  hft_status status = check(watched, out, error);
  if (status != HFT_OK) return status;
  describe(watched, lot_size, out);
  hft_context *contexts = NULL;
  status = hft_contexts(watched, lot_size, tables, &contexts, error);
  if (status == HFT_OK) {
    status = hft_marks_fit(contexts, watched->count, progress, tables, &out->likelihood, error);
  }
  if (status == HFT_OK) status = hft_fit_waits(contexts, watched->count, tables, error);
  if (status == HFT_OK) status = hft_fit_orders(watched, contexts, lot_size, tables, error);
  if (status == HFT_OK) {
    hft_clip_spreads(contexts, watched->count, tables);
    hft_fit_cancels(watched, lot_size, tables);
    hft_fit_book(watched, lot_size, tables);
  }
  free(contexts);
  return status;
}
