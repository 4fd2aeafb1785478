#include "sim/market/mark.h"

#include <math.h>

#include "sim/market/ladder.h"

#define DEPTHS 8  // times the mean depth: more lots than that are not averaged over

// A side of the book beyond its last level: prices from `next` on, one tick further for every
// `depth` lots, up to the end of the window.
typedef struct beyond {
  double next, end;  // ticks
  double depth;      // lots
} beyond;

static beyond beyond_of(const hft_desk *desk, hft_side side, hft_price last, int64_t depth) {
  const hft_instrument *instrument = &desk->model->instrument;
  double end = side == HFT_BID ? instrument->price_min : instrument->price_max;
  double next = last - hft_side_sign(side);
  if (hft_side_sign(side) * (next - end) < 0) next = end;
  return (beyond){next, end, depth > 0 ? (double)depth : 1};
}

// The sum of the prices of so many lots beyond the last level.
static double sum_beyond(const beyond *at, hft_side side, double lots) {
  double steps = floor(lots / at->depth), room = fabs(at->next - at->end);
  if (steps > room) steps = room;
  double rest = lots - steps * at->depth, sign = hft_side_sign(side);
  return at->depth * (steps * at->next - sign * 0.5 * steps * (steps - 1)) +
         rest * (at->next - sign * steps);
}

// Writes the average prices of the best lots[k] lots of a side, for increasing lots >= 1. Returns
// the best price; 0: the side is empty.
static hft_price average_prices(const hft_desk *desk, hft_side side, const uint8_t *left_out,
                                const double *lots, int count, double *average) {
  hft_ladder ladder = hft_ladder_begin(desk, side, left_out);
  hft_price first = 0, last = 0;
  double sum = 0;
  int64_t seen = 0;
  int k = 0;
  for (hft_rung rung; hft_ladder_next(&ladder, &rung);) {
    if (first == 0) first = rung.price;
    last = rung.price;
    for (; k < count && lots[k] <= (double)(seen + rung.lots); k++) {
      average[k] = (sum + (lots[k] - (double)seen) * rung.price) / lots[k];
    }
    sum += (double)rung.lots * rung.price;
    seen += rung.lots;
  }
  if (first == 0) return 0;
  int64_t ticks = (last > first ? last - first : first - last) + 1;
  const beyond at = beyond_of(desk, side, last, seen / ticks);
  for (; k < count; k++) {
    average[k] = (sum + sum_beyond(&at, side, lots[k] - (double)seen)) / lots[k];
  }
  return first;
}

void hft_gaps_note(hft_gaps *gaps, const hft_desk *desk, const uint8_t *left_out) {
  double lots[HFT_GAPS], average[2][HFT_GAPS];
  for (int k = 0; k < HFT_GAPS; k++) lots[k] = (double)(1 << k);
  for (int side = 0; side < 2; side++) {
    if (average_prices(desk, (hft_side)side, left_out, lots, HFT_GAPS, average[side]) == 0) return;
  }
  gaps->count++;
  for (int k = 0; k < HFT_GAPS; k++) {
    double half = 0.5 * (average[HFT_ASK][k] - average[HFT_BID][k]);
    gaps->half[k] += (half - gaps->half[k]) / (double)gaps->count;
  }
}

// Half the mean gap noted for so many lots >= 1, linear between the sizes noted.
static double half_gap(const hft_gaps *gaps, double lots) {
  int k = 0;
  while (k < HFT_GAPS - 1 && (double)(1 << (k + 1)) <= lots) k++;
  if (k == HFT_GAPS - 1) return gaps->half[k];
  double share = lots / (double)(1 << k) - 1;
  return gaps->half[k] + share * (gaps->half[k + 1] - gaps->half[k]);
}

// The average price of a side without orders, given the best price of the other side.
static double empty_average(const hft_desk *desk, hft_side side, hft_price other, double lots,
                            int64_t depth) {
  hft_price from = other, traded = desk->instrument_state->tape.last_price;
  if (traded != 0 && hft_side_sign(side) * (traded - from) < 0) from = traded;
  const beyond at = beyond_of(desk, side, from, depth);
  return sum_beyond(&at, side, lots) / lots;
}

double hft_mark_price(const hft_desk *desk, int64_t position, const hft_mark_basis *basis) {
  const int64_t *depth = basis->depth->side;
  double mean = fmax(1, 0.5 * (double)(depth[0] + depth[1]));
  double lots = floor(fmin(fmax(fabs((double)position), mean), DEPTHS * mean));
  double average[2];
  hft_price best[2];
  for (int side = 0; side < 2; side++) {
    best[side] = average_prices(desk, (hft_side)side, basis->left_out, &lots, 1, &average[side]);
  }
  if (best[0] == 0 && best[1] == 0) return 0;
  for (int side = 0; side < 2; side++) {
    if (best[side] != 0) continue;
    average[side] = empty_average(desk, (hft_side)side, best[1 - side], lots, depth[side]);
  }
  double half = 0.5 * (average[HFT_ASK] - average[HFT_BID]);
  if (position != 0 && basis->gaps->count > 0) half = half_gap(basis->gaps, lots);
  return position < 0 ? average[HFT_ASK] - half : average[HFT_BID] + half;
}
