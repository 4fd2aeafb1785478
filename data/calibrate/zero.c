#include "data/calibrate/zero.h"

#include <math.h>

#define LAST (HFT_LIST_MAX - 1)  // the rate of this index holds beyond
#define TAIL_SHARE 0.9           // of the orders beyond it are within limit_range
#define PRIOR 0.5                // cancellations, and seconds of an order

// The numbers of orders and of cancellations by distance from the opposite best price.
typedef struct counts {
  double limit[HFT_OPPOSITE_MAX + 1], cancel[HFT_OPPOSITE_MAX + 1];
  double market, size, sizes, largest;
} counts;

static void count(const hft_watched *watched, double lot, counts *out) {
  for (size_t i = 0; i < watched->count; i++) {
    const hft_tape_event *event = &watched->event[i];
    if (event->part != HFT_TAPE_TRAIN) continue;
    int64_t distance = (int64_t)event->best[HFT_ASK] - event->best[HFT_BID] + event->distance;
    distance = distance < 1 ? 1 : distance < HFT_OPPOSITE_MAX ? distance : HFT_OPPOSITE_MAX;
    double qty = ceil((double)event->qty / lot);
    if (event->kind <= HFT_FLOW_BEHIND) {
      out->limit[distance]++;
      out->size += qty;
      out->sizes++;
    } else if (event->kind == HFT_FLOW_MARKET) {
      out->market++;
    } else {
      out->cancel[distance]++;
    }
    if (qty > out->largest) out->largest = qty;
  }
}

// The orders beyond the last rate arrive at one rate up to a range that holds most of them.
static void fit_tail(const counts *n, double side_seconds, hft_zero_intelligence *out) {
  double all = 0, sum = 0;
  for (int d = LAST + 1; d <= HFT_OPPOSITE_MAX; d++) all += n->limit[d];
  int range = LAST + 1;
  while (range < HFT_OPPOSITE_MAX && sum + n->limit[range] < TAIL_SHARE * all) {
    sum += n->limit[range++];
  }
  out->limit_range = range;
  out->limit_rates[LAST] = all / (side_seconds * (range - LAST));
}

void hft_zero_fit(const hft_watched *watched, double lot, hft_zero_intelligence *out) {
  counts n = {0};
  count(watched, lot, &n);
  double side_seconds = 2 * watched->train_s;
  double sample_s = watched->samples > 0 ? watched->train_s / (double)watched->samples : 0;
  *out = (hft_zero_intelligence){.market_rate = n.market / side_seconds};
  double cancelled = 0, exposed = 0;
  for (int d = 1; d <= HFT_OPPOSITE_MAX; d++) {
    bool beyond = d > LAST;
    if (!beyond) cancelled = exposed = 0;
    cancelled += n.cancel[d];
    exposed += watched->opposite[d] * sample_s;
    int at = beyond ? LAST : d - 1;
    if (!beyond) out->limit_rates[at] = n.limit[d] / side_seconds;
    out->cancel_rates[at] = (cancelled + PRIOR) / (exposed + 1);
    if (d == LAST) cancelled = exposed = 0;
  }
  fit_tail(&n, side_seconds, out);
  out->size_mean = n.sizes > 0 ? n.size / n.sizes : 1;
  out->size_max = n.largest;
  double samples = (double)watched->samples;
  out->opening_orders = samples > 0 ? floor(watched->sampled_orders / (2 * samples)) : 100;
}
