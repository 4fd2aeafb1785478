#include "sim/flow/reactive_model.h"

#include <stdbool.h>

#include "sim/base/math.h"

#define QUEUE_RANGE 3.0  // of the logarithm of a queue's size over the mean
#define COUNT_RANGE 2.0  // of that of the number of orders

static hft_flow_row ones(void) {
  hft_flow_row row = {{0}};
  for (int i = 0; i < HFT_FLOW_OUTCOMES; i++) row.lane[i] = 1;
  return row;
}

static void compile_rows(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  for (int e = 0; e < HFT_FLOW_EVENTS; e++) {
    for (int s = 0; s < 2; s++) {
      int lane = 2 * e + s;
      for (int k = 0; k < HFT_FLOW_SPREADS; k++) {
        m->spread[k].lane[lane] = (float)hft_exp(t->base[e] + t->spread[e][k]);
      }
      for (int k = 0; k < HFT_FLOW_IMBALANCES; k++) {
        int own = s == 0 ? k : HFT_FLOW_IMBALANCES - 1 - k;
        m->imbalance[k].lane[lane] = (float)hft_exp(t->imbalance[e][own]);
      }
      for (int last = 0; last < 2 * HFT_FLOW_EVENTS; last++) {
        int same = last / 2 * 2 + ((last & 1) == s);
        m->before[last].lane[lane] = (float)hft_exp(t->before[e][same]);
        for (int k = 0; k < HFT_FLOW_WAITS; k++) {
          m->previous[last][k].lane[lane] = (float)hft_exp(t->previous[e][same][k]);
        }
      }
      for (int k = 0; k < HFT_FLOW_MOVES; k++) {
        bool along = k >= HFT_FLOW_MOVES / 2, rise = along == (s == 1);
        m->move[rise][k % (HFT_FLOW_MOVES / 2)].lane[lane] = (float)hft_exp(t->move[e][k]);
      }
    }
  }
}

static float float_of(int32_t bits) {
  union {
    int32_t bits;
    float real;
  } number = {bits};
  return number.real;
}

// The first of the classes that lie around a mean.
static int32_t first_class(double mean, int32_t classes) {
  union {
    float real;
    int32_t bits;
  } number = {(float)mean};
  return (number.bits >> 20) - classes / 2;
}

// (size / mean)^exponent on one side, for each class of sizes, with the logarithm cut to +-range.
static void compile_sizes(hft_flow_row *rows, int32_t classes, int32_t first, double mean,
                          double range, const double exponent[HFT_FLOW_EVENTS]) {
  for (int side = 0; side < 2; side++) {
    for (int32_t k = 0; k < classes; k++) {
      hft_flow_row *row = &rows[side * classes + k];
      *row = ones();
      double low = float_of((first + k) << 20), high = float_of((first + k + 1) << 20);
      // A class holds few whole numbers where these are small: its first is the better value.
      double size = low >= 1 && low < 8 ? low : sqrt(low * high);
      double log = hft_log(size / mean);
      log = log < -range ? -range : log > range ? range : log;
      for (int e = 0; e < HFT_FLOW_EVENTS; e++) {
        row->lane[2 * e + side] = (float)hft_exp(exponent[e] * log);
      }
    }
  }
}

static hft_rank_weights compile_ranks(const double weight[HFT_FLOW_RANKS]) {
  static const uint32_t first[HFT_FLOW_RANKS] = HFT_FLOW_RANK_FIRST;
  hft_rank_weights ranks = {{0}, {0}, {0}};
  for (int k = 0; k < HFT_FLOW_RANKS; k++) {
    ranks.each[k] = weight[k];
    ranks.inverse[k] = 1 / weight[k];
    if (k == 0) continue;
    ranks.below[k] = ranks.below[k - 1] + weight[k - 1] * (first[k] - first[k - 1]);
  }
  return ranks;
}

hft_flow_spread hft_flow_spread_search(const hft_flow_tables *t, int32_t spread) {
  return (hft_flow_spread){
      (uint8_t)hft_flow_class(t->spread_edges, HFT_FLOW_SPREADS - 1, spread),
      (uint8_t)hft_flow_class(t->wait_spread_edges, HFT_FLOW_GROUPS - 1, spread)};
}

// Shares of draws that are kept, by distance and by size.
static void compile_keep(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  double most = 0, most_size = 0;
  for (int k = 0; k < HFT_FLOW_DISTANCES; k++) {
    if (t->cancel_distance[k] > most) most = t->cancel_distance[k];
  }
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    if (t->cancel_size[k] > most_size) most_size = t->cancel_size[k];
  }
  static const int32_t first[HFT_FLOW_DISTANCES] = HFT_FLOW_DISTANCE_FIRST;
  for (int k = 0; k < HFT_FLOW_DISTANCES; k++) {
    int32_t end = k + 1 < HFT_FLOW_DISTANCES ? first[k + 1] : HFT_FLOW_DISTANCE_MAX + 1;
    for (int32_t d = first[k]; d < end; d++) m->keep[d] = (float)(t->cancel_distance[k] / most);
  }
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    m->keep_size[k] = (float)(t->cancel_size[k] / most_size);
    if (t->cancel_size[k] != most_size) m->sized = true;
  }
}

void hft_reactive_compile(hft_reactive_model *m, double decay) {
  const hft_flow_tables *t = &m->tables;
  compile_rows(m);
  m->queue_first = first_class(t->queue_mean, HFT_FLOW_QUEUE_CLASSES);
  m->count_first = first_class(t->orders_mean, HFT_FLOW_COUNT_CLASSES);
  compile_sizes(m->queue[0], HFT_FLOW_QUEUE_CLASSES, m->queue_first, t->queue_mean, QUEUE_RANGE,
                t->queue_exponent);
  compile_sizes(m->count[0], HFT_FLOW_COUNT_CLASSES, m->count_first, t->orders_mean, COUNT_RANGE,
                t->orders_exponent);
  for (int k = 0; k < HFT_FLOW_SPREAD_TABLE; k++) {
    m->spread_class[k] = hft_flow_spread_search(t, k);
  }
  for (int k = 0; k < HFT_FLOW_TILTS + 2; k++) {
    double power = hft_exp(2 * (k / (HFT_FLOW_TILTS / 6.0) - 3));
    m->tilt[k] = (float)((power - 1) / (power + 1));
  }
  for (int k = 0; k < 64; k++) m->power[k] = hft_exp(k * (0.69314718055994530942 / 64));
  compile_keep(m);
  for (int k = 0; k < HFT_FLOW_WAITS - 1; k++) {
    m->wait_edge[k] = hft_log(t->wait_edges[k]) / hft_log(10);
  }
  for (int after = 0; after < 2; after++) {
    m->rank[after] = compile_ranks(t->cancel_rank[after]);
    m->best_rank[after] = compile_ranks(t->cancel_best_rank[after]);
  }
  hft_propagator_compile(&m->propagator, decay);
}
