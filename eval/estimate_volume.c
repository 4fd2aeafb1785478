// The volume curve of the span: the share of each of its equal parts in the volume of all earlier
// episodes together, as weights whose mean is 1. The forecast of a static VWAP schedule: H.
// Konishi, "Optimal slice of a VWAP trade", Journal of Financial Markets 5, 2002; the mean of past
// curves is the classical one, as in J. Bialkowski, S. Darolles and G. Le Fol, "Improving VWAP
// strategies: a dynamic volume approach", Journal of Banking and Finance 32, 2008, section 2. Lots
// of auctions count.
#include "eval/estimate_state.h"

#define PARTS 12

_Static_assert(PARTS <= HFT_LIST_MAX, "the curve is the value of a key");

typedef struct volume_record {
  int64_t lots[PARTS];
} volume_record;

static void on_event(const hft_estimate_watch *watch, void *record, const hft_event *event) {
  volume_record *r = record;
  if (event->kind != HFT_EVENT_TRADE) return;
  // At most 86400e9 ns x 12, which an int64 holds.
  int64_t part = (event->time - watch->start) * PARTS / (watch->end - watch->start);
  r->lots[part < PARTS ? part : PARTS - 1] += event->qty;
}

static void finish(const hft_estimate_watch *watch, const void *records, size_t count,
                   hft_estimates *out) {
  const volume_record *r = records;
  double lots[PARTS] = {0}, sum = 0;
  (void)watch;
  for (size_t i = 0; i < count; i++) {
    for (int part = 0; part < PARTS; part++) lots[part] += (double)r[i].lots[part];
  }
  for (int part = 0; part < PARTS; part++) sum += lots[part];
  if (!(sum > 0)) return;
  out->volume_curve.count = PARTS;
  for (int part = 0; part < PARTS; part++) out->volume_curve.value[part] = PARTS * lots[part] / sum;
}

const hft_estimator hft_volume_estimator = {
    .record_size = sizeof(volume_record),
    .event = on_event,
    .finish = finish,
};
