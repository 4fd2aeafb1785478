#include "data/calibrate/marks.h"

#include <lbfgs.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/math.h"

#define RIDGE 3.0
#define RIDGE_EXPONENT 300.0  // of queue_exponent and orders_exponent, around these:
#define QUEUE_PRIOR 0.5       // of cancellations at the best
#define ORDERS_PRIOR 1.0      // of cancellations behind it
#define ITERATIONS 80

// The weights as one vector. The members stand as in hft_flow_tables.
typedef struct weights {
  double base[HFT_FLOW_EVENTS];
  double spread[HFT_FLOW_EVENTS][HFT_FLOW_SPREADS];
  double imbalance[HFT_FLOW_EVENTS][HFT_FLOW_IMBALANCES];
  double previous[HFT_FLOW_EVENTS][2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];
  double before[HFT_FLOW_EVENTS][2 * HFT_FLOW_EVENTS];
  double move[HFT_FLOW_EVENTS][HFT_FLOW_MOVES];
  double queue_exponent[HFT_FLOW_EVENTS], orders_exponent[HFT_FLOW_EVENTS];
} weights;
#define WEIGHTS ((int)(sizeof(weights) / sizeof(double)))

// A fit.
typedef struct fit {
  const hft_context **context;  // of the fitted part
  size_t count;
  const hft_progress *progress;
  hft_status status;
} fit;

// The indices of an outcome in the tables.
typedef struct outcome {
  int imbalance, previous, before, move;
} outcome;

static outcome outcome_of(const hft_context *c, int side) {
  return (outcome){
      side == HFT_BID ? c->imbalance : HFT_FLOW_IMBALANCES - 1 - c->imbalance,
      2 * (c->last / 2) + (c->last % 2 == side),
      2 * (c->before / 2) + (c->before % 2 == side),
      8 * (c->rose == (side == HFT_ASK)) + c->move,
  };
}

static double score(const weights *w, const hft_context *c, int kind, int side) {
  outcome o = outcome_of(c, side);
  return w->base[kind] + w->spread[kind][c->spread_class] + w->imbalance[kind][o.imbalance] +
         w->previous[kind][o.previous][c->wait_class] + w->before[kind][o.before] +
         w->move[kind][o.move] + w->queue_exponent[kind] * c->log_queue[side] +
         w->orders_exponent[kind] * c->log_orders[side];
}

static void add(weights *w, const hft_context *c, int kind, int side, double amount) {
  outcome o = outcome_of(c, side);
  w->base[kind] += amount;
  w->spread[kind][c->spread_class] += amount;
  w->imbalance[kind][o.imbalance] += amount;
  w->previous[kind][o.previous][c->wait_class] += amount;
  w->before[kind][o.before] += amount;
  w->move[kind][o.move] += amount;
  w->queue_exponent[kind] += amount * c->log_queue[side];
  w->orders_exponent[kind] += amount * c->log_orders[side];
}

// The logarithm of the probability of an event, whose gradient is subtracted from *gradient.
static double event_likelihood(const weights *w, const hft_context *c, weights *gradient) {
  double x[HFT_FLOW_OUTCOMES], most = -INFINITY, sum = 0;
  int first = c->spread > 1 ? 0 : 2;  // nothing fits into a spread of one tick
  for (int k = first; k < HFT_FLOW_OUTCOMES; k++) {
    x[k] = score(w, c, k / 2, k % 2);
    if (x[k] > most) most = x[k];
  }
  double own = c->outcome >= first ? x[c->outcome] - most : 0;
  for (int k = first; k < HFT_FLOW_OUTCOMES; k++) sum += x[k] = hft_exp(x[k] - most);
  for (int k = first; k < HFT_FLOW_OUTCOMES; k++) {
    add(gradient, c, k / 2, k % 2, x[k] / sum - (k == c->outcome));
  }
  return own - hft_log(sum);
}

static double ridge_of(int index) {
  int exponents = WEIGHTS - 2 * HFT_FLOW_EVENTS;
  return index < exponents ? RIDGE : RIDGE_EXPONENT;
}

static double prior_of(int index) {
  const int queue = WEIGHTS - 2 * HFT_FLOW_EVENTS, orders = WEIGHTS - HFT_FLOW_EVENTS;
  if (index == queue + HFT_FLOW_CANCEL_BEST) return QUEUE_PRIOR;
  return index == orders + HFT_FLOW_CANCEL_BEHIND ? ORDERS_PRIOR : 0;
}

// The function to minimise: the negative logarithm of the likelihood, plus the ridge.
static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *x, lbfgsfloatval_t *gradient,
                                const int n, const lbfgsfloatval_t step) {
  (void)step;
  const fit *f = instance;
  weights w, g;
  memcpy(&w, x, sizeof w);
  memset(&g, 0, sizeof g);
  double sum = 0;
  for (size_t i = 0; i < f->count; i++) sum -= event_likelihood(&w, f->context[i], &g);
  memcpy(gradient, &g, sizeof g);
  for (int i = 0; i < n; i++) {
    double off = x[i] - prior_of(i);
    sum += 0.5 * ridge_of(i) * off * off;
    gradient[i] += ridge_of(i) * off;
  }
  return sum;
}

static int advance(void *instance, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g,
                   const lbfgsfloatval_t fx, const lbfgsfloatval_t xnorm,
                   const lbfgsfloatval_t gnorm, const lbfgsfloatval_t step, int n, int k,
                   int evaluations) {
  (void)x, (void)g, (void)fx, (void)xnorm, (void)gnorm, (void)step, (void)n, (void)evaluations;
  fit *f = instance;
  if (hft_progress_report(f->progress, (double)k / ITERATIONS)) return 0;
  f->status = HFT_EINTR;
  return 1;
}

static hft_status minimise(fit *f, weights *w, double *likelihood, hft_error *error) {
  lbfgsfloatval_t *x = lbfgs_malloc(WEIGHTS);
  if (x == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  for (int i = 0; i < WEIGHTS; i++) x[i] = prior_of(i);
  lbfgs_parameter_t parameter;
  lbfgs_parameter_init(&parameter);
  parameter.m = 10;
  parameter.epsilon = 1e-7;
  parameter.past = 3;
  parameter.delta = 1e-9;
  parameter.max_iterations = ITERATIONS;
  lbfgsfloatval_t value = 0;
  int result = lbfgs(WEIGHTS, x, &value, evaluate, advance, f, &parameter);
  memcpy(w, x, sizeof *w);
  lbfgs_free(x);
  if (f->status != HFT_OK) return hft_fail(error, f->status, "calibrate", "interrupted");
  // The function is convex and smooth: a search that ends for want of precision is at its end.
  bool finite = isfinite(value);
  if (!finite || result == LBFGSERR_OUTOFMEMORY) {
    return hft_fail(error, finite ? HFT_ENOMEM : HFT_EDATA, "calibrate",
                    "the weights of the events could not be fitted (L-BFGS: %d)", result);
  }
  *likelihood = f->count > 0 ? -value / (double)f->count : 0;
  return HFT_OK;
}

static void to_tables(const weights *w, hft_flow_tables *t) {
  memcpy(t->base, w->base, sizeof t->base);
  memcpy(t->spread, w->spread, sizeof t->spread);
  memcpy(t->imbalance, w->imbalance, sizeof t->imbalance);
  memcpy(t->previous, w->previous, sizeof t->previous);
  memcpy(t->before, w->before, sizeof t->before);
  memcpy(t->move, w->move, sizeof t->move);
  memcpy(t->queue_exponent, w->queue_exponent, sizeof t->queue_exponent);
  memcpy(t->orders_exponent, w->orders_exponent, sizeof t->orders_exponent);
}

hft_status hft_marks_fit(const hft_context *contexts, size_t count, const hft_progress *progress,
                         hft_flow_tables *tables, double *likelihood, hft_error *error) {
  fit f = {.context = malloc((count + 1) * sizeof *f.context), .progress = progress};
  if (f.context == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  for (size_t i = 0; i < count; i++) {
    if (contexts[i].part == HFT_TAPE_TRAIN) f.context[f.count++] = &contexts[i];
  }
  weights w;
  hft_status status = minimise(&f, &w, likelihood, error);
  if (status == HFT_OK) to_tables(&w, tables);
  free(f.context);
  return status;
}
