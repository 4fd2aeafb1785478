#include "eval/risk.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats/stats.h"

// ---- the tail ----------------------------------------------------------------------------------

static void swap(double *a, double *b) {
  double kept = *a;
  *a = *b;
  *b = kept;
}

// Rearranges values so that value[k] is the one that sorting would put there, smaller ones stand
// before it and larger ones after it: C. A. R. Hoare, "Algorithm 65: find", Communications of the
// ACM 4, 1961.
static void select_place(double *value, int64_t count, int64_t k) {
  int64_t low = 0, high = count - 1;
  while (low < high) {
    double pivot = value[k];
    int64_t i = low, j = high;
    while (i <= j) {
      while (value[i] < pivot) i++;
      while (value[j] > pivot) j--;
      if (i > j) break;
      swap(&value[i], &value[j]);
      i++;
      j--;
    }
    if (j < k) low = i;
    if (k < i) high = j;
  }
}

void hft_risk_tail(double *changes, size_t count, double *value_at_risk,
                   double *expected_shortfall) {
  *value_at_risk = *expected_shortfall = NAN;
  if (count < HFT_TAIL_CHANGES) return;
  double place = HFT_TAIL * (double)(count - 1);
  size_t below = (size_t)place;
  select_place(changes, (int64_t)count, (int64_t)below);
  double next = changes[below + 1], sum = 0;
  for (size_t i = below + 2; i < count; i++) next = changes[i] < next ? changes[i] : next;
  for (size_t i = 0; i <= below; i++) sum += changes[i];
  double part = place - (double)below;
  *value_at_risk = -(changes[below] + part * (next - changes[below]));
  *expected_shortfall = -sum / (double)(below + 1);
}

// ---- a curve -----------------------------------------------------------------------------------

// The largest fall of a curve from its peak, which is at least 0, and how long it lasted.
typedef struct fall {
  double peak, largest;
  int64_t peak_step, from, steps;
  bool under_way;  // the peak before the largest fall has not been passed since
} fall;

static void note_value(fall *f, int64_t step, double value) {
  if (value >= f->peak) {
    f->peak = value;
    f->peak_step = step;
    if (f->under_way) f->steps = step - f->from;
    f->under_way = false;
  } else if (f->peak - value > f->largest) {
    f->largest = f->peak - value;
    f->from = f->peak_step;
    f->under_way = true;
  }
  if (f->under_way) f->steps = step - f->from;
}

typedef struct positions {
  double sum, squares;
} positions;

// Notes the positions at the end of a step.
static void note_positions(const hft_trading *trading, int count, int64_t step, positions *all,
                           hft_risk *out) {
  int64_t net = 0;
  bool flat = true;
  for (int k = 0; k < count; k++) {
    int64_t position = trading[k].step[step].position;
    net += position;
    flat = flat && position == 0;
  }
  out->flat += flat;
  out->is_long += net > 0;
  all->sum += (double)net;
  all->squares += (double)net * (double)net;
}

static double equity_of(const hft_trading *trading, int count, int64_t step) {
  double equity = 0;
  for (int k = 0; k < count; k++) equity += trading[k].step[step].equity;
  return equity;
}

void hft_risk_compute(const hft_trading *trading, int count, double *scratch, hft_risk *out) {
  *out = (hft_risk){0};
  for (int k = 0; k < count; k++) {
    if (trading[k].lost != 0) return;
  }
  int64_t steps = (int64_t)trading->step_count;
  if (steps == 0) return;
  hft_moments moments = {0};
  fall largest = {0};
  positions all = {0};
  double before = 0, squares = 0;
  for (int64_t i = 0; i < steps; i++) {
    double equity = equity_of(trading, count, i), change = equity - before;
    before = equity;
    scratch[i] = change;
    hft_moments_add(&moments, change);
    out->rises += change > 0;
    out->falls += change < 0;
    squares += change < 0 ? change * change : 0;
    note_value(&largest, i + 1, equity);
    note_positions(trading, count, i, &all, out);
  }
  double n = (double)steps, mean_position = all.sum / n;
  out->changes = steps;
  out->mean = moments.mean;
  out->sd = hft_moments_sd(&moments);
  out->downside = sqrt(squares / n);
  out->fall_steps = largest.steps;
  out->position_sd = sqrt(fmax(all.squares / n - mean_position * mean_position, 0));
  hft_risk_tail(scratch, (size_t)steps, &out->value_at_risk, &out->expected_shortfall);
}
