#include "sim/flow/reactive_model.h"

#include <stdbool.h>

#include "sim/base/math.h"

#define QUEUE_RANGE 3.0  // of the logarithm of a queue's size over the mean
#define COUNT_RANGE 2.0  // of that of the number of orders
#define LN_10 2.30258509299404568402

// The number of edges that x reaches: its class.
static int32_t reached(const double *edge, int32_t edges, double x) {
  int32_t at = 0;
  for (int32_t i = 0; i < edges; i++) at += x >= edge[i];
  return at;
}

static float weight_of(double logarithm) {
  return (float)hft_exp(logarithm);
}

// The rows of base, spread and move.
static void compile_spreads(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  for (int k = 0; k < 8 * HFT_FLOW_SPREAD_ROWS; k++) {
    int row = k % HFT_FLOW_SPREAD_ROWS, since = k / HFT_FLOW_SPREAD_ROWS % 4;
    int rise = k / (4 * HFT_FLOW_SPREAD_ROWS), wide = row & 1;
    bool one = row / 2 == 0, beyond = row / 2 == 11;
    int class = one ? 0 : beyond ? HFT_FLOW_SPREADS - 1 : row / 2 - 1;
    for (int lane = 0; lane < HFT_FLOW_OUTCOMES; lane++) {
      int e = lane / 2, s = lane & 1, along = rise == s;
      // Inside a spread of one tick there is no room. Beyond the cap nothing else may happen.
      bool improves = e == HFT_FLOW_IMPROVE, possible = improves ? !one : !beyond;
      double sum = t->base[e] + t->spread[e][class] + t->move[e][8 * along + 4 * wide + since];
      m->spread[rise][since][row].lane[HFT_FLOW_LANE(e, s)] = possible ? weight_of(sum) : 0;
    }
  }
  for (int k = 0; k < HFT_FLOW_SPREAD_TABLE; k++) {
    m->spread_class[k] = hft_flow_spread_search(t, k);
  }
  for (int k = 0; k < 16; k++) m->since[k] = k < 1 ? 0 : k < 3 ? 1 : k < 10 ? 2 : 3;
}

static void compile_memory(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  for (int lane = 0; lane < HFT_FLOW_OUTCOMES; lane++) {
    int e = lane / 2, s = lane & 1, to = HFT_FLOW_LANE(e, s);
    for (int last = 0; last < 2 * HFT_FLOW_EVENTS; last++) {
      int same = last / 2 * 2 + ((last & 1) == s);
      m->before[last].lane[to] = weight_of(t->before[e][same]);
      for (int k = 0; k < HFT_FLOW_WAITS; k++) {
        m->previous[last][k].lane[to] = weight_of(t->previous[e][same][k]);
      }
    }
    for (int k = 0; k < HFT_FLOW_IMBALANCES * HFT_FLOW_IMBALANCES; k++) {
      int bid = k / HFT_FLOW_IMBALANCES, ask = k % HFT_FLOW_IMBALANCES;
      m->imbalance[bid][ask].lane[to] = weight_of(t->imbalance[e][s == 0 ? bid : ask]);
    }
  }
}

static float float_of(uint32_t bits) {
  union {
    uint32_t bits;
    float real;
  } number = {bits};
  return number.real;
}

// (size / mean)^exponent for each class of sizes, with the logarithm cut to +-range.
static void compile_sizes(hft_flow_side_row *rows, double mean, double range,
                          const double exponent[HFT_FLOW_EVENTS]) {
  for (uint32_t k = 0; k < HFT_FLOW_SIZE_ROWS; k++) {
    double low = float_of((1016 + k) << 20), high = float_of((1017 + k) << 20);
    // A class holds few whole numbers where these are small: its first is the better value.
    double size = low < 8 ? low : sqrt(low * high);
    double log = hft_log(size / mean);
    log = log < -range ? -range : log > range ? range : log;
    for (int e = 0; e < HFT_FLOW_EVENTS; e++) rows[k].lane[e] = weight_of(exponent[e] * log);
    rows[k].lane[6] = rows[k].lane[7] = 1;
  }
}

static void compile_sides(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  compile_sizes(m->queue, t->queue_mean, QUEUE_RANGE, t->queue_exponent);
  compile_sizes(m->count, t->orders_mean, COUNT_RANGE, t->orders_exponent);
}

// Walker's alias method: shares[n] that sum to 1, of columns that each have 1 / 32.
static void compile_columns(hft_rank_column column[32], double share[32]) {
  bool done[32] = {false};
  for (int i = 0; i < 32; i++) share[i] *= 32;
  for (int left = 32; left > 0; left--) {
    int least = -1, most = -1;  // the column with the least share gets the rest from that with most
    for (int i = 0; i < 32; i++) {
      if (done[i]) continue;
      if (least < 0 || share[i] < share[least]) least = i;
      if (most < 0 || share[i] > share[most]) most = i;
    }
    done[least] = true;
    double own = share[least] * 0x1p32;
    column[least] = (hft_rank_column){.own = own < UINT32_MAX ? (uint32_t)own : UINT32_MAX,
                                      .class = (uint8_t)least,
                                      .other = (uint8_t)most};
    share[most] -= 1 - share[least];
  }
}

static void compile_ranks(hft_rank_weights *ranks, const double weight[HFT_FLOW_RANKS]) {
  for (uint32_t top = 0; top < HFT_FLOW_RANK_TOPS; top++) {
    double share[32] = {0}, sum = 0;
    for (uint32_t class = 0; class <= top; class ++) {
      double each = weight[class < HFT_FLOW_RANKS ? class : HFT_FLOW_RANKS - 1];
      uint32_t first = hft_rank_first(class);
      sum += share[class] = each * (first > 0 ? first : 1);
    }
    for (int class = 0; class < 32; class ++) share[class] /= sum;
    compile_columns(ranks->column[top], share);
  }
}

static void compile_cancels(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  static const int32_t first[HFT_FLOW_DISTANCES] = HFT_FLOW_DISTANCE_FIRST;
  double most = 0;
  for (int k = 0; k < HFT_FLOW_DISTANCES; k++) {
    if (t->cancel_distance[k] > most) most = t->cancel_distance[k];
  }
  for (int k = 0; k < HFT_FLOW_DISTANCES; k++) {
    int32_t end = k + 1 < HFT_FLOW_DISTANCES ? first[k + 1] : HFT_FLOW_DISTANCE_MAX + 1;
    double kept = t->cancel_distance[k] / most * 0x1p32;
    for (int32_t d = first[k]; d < end; d++) {
      m->keep[d] = kept < UINT32_MAX ? (uint32_t)kept : UINT32_MAX;
    }
  }
  double largest = 0;
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    if (t->cancel_size[k] > largest) largest = t->cancel_size[k];
  }
  for (int k = 0; k < HFT_FLOW_SIZES; k++) {
    double kept = t->cancel_size[k] / largest * 0x1p32;
    m->keep_size[k] = kept < UINT32_MAX ? (uint32_t)kept : UINT32_MAX;
    if (t->cancel_size[k] != largest) m->sized = true;
  }
  for (int after = 0; after < 2; after++) {
    compile_ranks(&m->rank[after], t->cancel_rank[after]);
    compile_ranks(&m->best_rank[after], t->cancel_best_rank[after]);
  }
}

static void compile_waits(hft_reactive_model *m) {
  const hft_flow_tables *t = &m->tables;
  double edge[HFT_FLOW_ACTIVITIES - 1];
  for (int k = 0; k < HFT_FLOW_ACTIVITIES - 1; k++) edge[k] = hft_exp(t->activity_edges[k] * LN_10);
  for (int32_t k = 0; k < HFT_FLOW_WAIT_CELLS; k++) {
    // The middle of the cell.
    double wait = (double)hft_flow_seconds((16 * (127 - 40) + k) * (1 << 19) + (1 << 18));
    m->wait_class[k] = (uint8_t)reached(t->wait_edges, HFT_FLOW_WAITS - 1, wait);
    m->activity_class[k] = (uint8_t)reached(edge, HFT_FLOW_ACTIVITIES - 1, wait);
  }
  m->activity_start = (float)hft_flow_bits((float)hft_exp(t->activity_start * LN_10));
  m->activity_gain = (float)t->activity_gain;
  m->wait_last = (uint32_t)t->wait.count - 1;
  int32_t *to = m->wait;
  for (int row = 0; row < HFT_FLOW_GROUPS * HFT_FLOW_EVENTS * HFT_FLOW_ACTIVITIES; row++) {
    int activity = row % HFT_FLOW_ACTIVITIES, rest = row / HFT_FLOW_ACTIVITIES;
    const double *from = t->wait.value[rest / HFT_FLOW_EVENTS][rest % HFT_FLOW_EVENTS][activity];
    if (from[0] < -9) m->instant = true;
    for (uint32_t k = 0; k <= m->wait_last; k++) {
      *to++ = hft_flow_bits((float)hft_exp(from[k] * LN_10));
    }
  }
}

static int32_t whole(double value, int32_t most) {
  return value < most ? (int32_t)value : most;
}

static void compile_limit_orders(hft_reactive_model *m, int32_t size_max) {
  const hft_flow_tables *t = &m->tables;
  const hft_quantiles *size[3] = {&t->size_improve, &t->size_join, &t->size_behind};
  for (int e = 0; e < 3; e++) {
    m->size[e].last = (uint32_t)size[e]->count - 1;
    for (int k = 0; k < size[e]->count; k++) {
      m->size[e].value[k] = whole(size[e]->value[k], size_max);
    }
  }
  m->place[HFT_FLOW_IMPROVE].last = (uint32_t)t->improve.count - 1;
  m->place[HFT_FLOW_BEHIND].last = (uint32_t)t->behind.count - 1;
  for (int class = 0; class < HFT_FLOW_SPREADS; class ++) {
    for (int k = 0; k < HFT_FLOW_PLACE_POINTS_MAX; k++) {
      m->place[HFT_FLOW_IMPROVE].value[class][k] = -whole(t->improve.value[class][k], INT32_MAX);
      m->place[HFT_FLOW_BEHIND].value[class][k] = whole(t->behind.value[class][k], INT32_MAX);
    }
  }
}

static void compile_tilt(hft_reactive_model *m, const hft_reactive_dials *dials) {
  for (int k = 0; k < HFT_FLOW_TILTS + 2; k++) {
    double power = hft_exp(2 * (k / (HFT_FLOW_TILTS / 6.0) - 3));
    m->tilt[k] = (float)((power - 1) / (power + 1));
  }
  // Events that push the price up are more likely below the value.
  const double push[HFT_FLOW_EVENTS] = {[HFT_FLOW_IMPROVE] = dials->informed_quotes,
                                        [HFT_FLOW_CANCEL_BEST] = -dials->informed_quotes,
                                        [HFT_FLOW_MARKET] = -dials->informed_share};
  for (int e = 0; e < HFT_FLOW_EVENTS; e++) {
    m->tilt_push.lane[HFT_FLOW_LANE(e, 0)] = (float)push[e];
    m->tilt_push.lane[HFT_FLOW_LANE(e, 1)] = (float)-push[e];
  }
}

hft_flow_spread hft_flow_spread_search(const hft_flow_tables *t, int32_t spread) {
  int32_t class = reached(t->spread_edges, HFT_FLOW_SPREADS - 1, spread);
  int32_t row = spread > t->spread_cap ? 11 : spread < 2 ? 0 : 1 + class;
  return (hft_flow_spread){
      .row = (uint8_t)(2 * row + (spread > t->move_spread)),
      .place = (uint8_t) class,
      .group = (uint8_t)reached(t->wait_spread_edges, HFT_FLOW_GROUPS - 1, spread)};
}

void hft_reactive_compile(hft_reactive_model *m, const hft_reactive_dials *dials) {
  compile_spreads(m);
  compile_memory(m);
  compile_sides(m);
  compile_cancels(m);
  compile_waits(m);
  compile_limit_orders(m, dials->size_max);
  compile_tilt(m, dials);
  hft_propagator_compile(&m->propagator, dials->impact_decay);
}
