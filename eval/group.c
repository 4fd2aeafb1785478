#include "eval/group.h"

#include <math.h>

#include "sim/base/check.h"
#include "sim/base/math.h"

#define WAYS 6  // bought and sold as maker, as taker and otherwise

static int64_t lots_of(const hft_fill_note *fill) {
  return fill->qty < 0 ? -fill->qty : fill->qty;
}

static int find(const hft_member *member, int count, hft_owner owner) {
  for (int i = 0; i < count; i++) {
    if (member[i].owner == owner) return i;
  }
  return count;
}

// The column of a counterparty.
static int column_of(const hft_member *member, int count, const hft_fill_note *fill) {
  if (fill->role == HFT_FILL_TRANSFER) return count + 1;
  return find(member, count, fill->other);
}

void hft_group_matrix(const hft_member *member, int count, int64_t *lots) {
  HFT_CHECK(count >= 1 && count <= HFT_GROUP_MAX);
  int columns = count + 2;
  for (int i = 0; i < count * columns; i++) lots[i] = 0;
  for (int i = 0; i < count; i++) {
    const hft_trading *t = member[i].trading;
    for (size_t k = 0; k < t->fill_count; k++) {
      lots[i * columns + column_of(member, count, &t->fill[k])] += lots_of(&t->fill[k]);
    }
  }
}

double hft_group_coordination(const hft_member *member, int count) {
  int64_t all = 0, within = 0;
  for (int i = 0; i < count; i++) {
    const hft_trading *t = member[i].trading;
    for (size_t k = 0; k < t->fill_count; k++) {
      int64_t lots = lots_of(&t->fill[k]);
      all += lots;
      if (column_of(member, count, &t->fill[k]) < count) within += lots;
    }
  }
  return all > 0 ? 1 - (double)within / (double)all : NAN;
}

static int way_of(const hft_fill_note *fill) {
  int role = fill->role < HFT_FILL_AUCTION ? fill->role : HFT_FILL_AUCTION;
  return 2 * role + (fill->qty < 0);
}

// The entropy of shares, in nats.
static double entropy(const double *share) {
  double sum = 0;
  for (int w = 0; w < WAYS; w++) {
    if (share[w] > 0) sum -= share[w] * hft_log(share[w]);
  }
  return sum;
}

double hft_group_diversity(const hft_member *member, int count) {
  double mean[WAYS] = {0}, entropies = 0;
  int traded = 0;
  for (int i = 0; i < count; i++) {
    const hft_trading *t = member[i].trading;
    double share[WAYS] = {0}, all = 0;
    for (size_t k = 0; k < t->fill_count; k++) {
      double lots = (double)lots_of(&t->fill[k]);
      share[way_of(&t->fill[k])] += lots;
      all += lots;
    }
    if (!(all > 0)) continue;
    for (int w = 0; w < WAYS; w++) {
      share[w] /= all;
      mean[w] += share[w];
    }
    entropies += entropy(share);
    traded++;
  }
  if (traded < 2) return NAN;
  for (int w = 0; w < WAYS; w++) mean[w] /= traded;
  double divergence = entropy(mean) - entropies / traded;
  return fmin(fmax(divergence / hft_log(traded < WAYS ? traded : WAYS), 0), 1);
}
