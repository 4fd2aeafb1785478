#include "data/calibrate/marks.h"

#include <lbfgs.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/math.h"

#define RIDGE 3.0
#define RIDGE_EXPONENT 300.0  // of queue_exponent and orders_exponent, around these:
#define QUEUE_PRIOR 0.5       // of cancellations at the best
#define ORDERS_PRIOR 1.0      // of cancellations behind it
#define ITERATIONS 15         // of a round
#define ROUNDS 4
#define CURVATURE_EVERY 3  // events

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
#define ROW(i) ((ptrdiff_t)(i)*WEIGHTS)  // of a matrix of weights

// A fit.
typedef struct fit {
  hft_context *context;  // of the fitted part
  size_t count;
  double *factor;  // [WEIGHTS][WEIGHTS], lower triangle: of the curvature, see set_factor
  const hft_progress *progress;
  int round;
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

// The probabilities of the outcomes. Returns the logarithm of that of the event.
static double probabilities(const weights *w, const hft_context *c, double p[HFT_OUTCOMES]) {
  double most = -INFINITY, sum = 0;
  int first = c->spread > 1 ? 0 : 2;  // nothing fits into a spread of one tick
  p[0] = p[1] = 0;
  for (int k = first; k < HFT_OUTCOMES; k++) {
    p[k] = score(w, c, k / 2, k % 2);
    if (p[k] > most) most = p[k];
  }
  double own = c->outcome >= first ? p[c->outcome] - most : 0;
  for (int k = first; k < HFT_OUTCOMES; k++) sum += p[k] = hft_exp(p[k] - most);
  for (int k = first; k < HFT_OUTCOMES; k++) p[k] /= sum;
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

// ---- curvature -------------------------------------------------------------------------------

// A number of the gradient of a score.
typedef struct term {
  int index;
  double value;
} term;
#define TERMS 8  // of an outcome

#define INDEX(member) ((int)(offsetof(weights, member) / sizeof(double)))

static void terms_of(const hft_context *c, int kind, int side, term t[TERMS]) {
  outcome o = outcome_of(c, side);
  t[0] = (term){INDEX(base) + kind, 1};
  t[1] = (term){INDEX(spread) + kind * HFT_FLOW_SPREADS + c->spread_class, 1};
  t[2] = (term){INDEX(imbalance) + kind * HFT_FLOW_IMBALANCES + o.imbalance, 1};
  t[3] = (term){
      INDEX(previous) + (kind * 2 * HFT_FLOW_EVENTS + o.previous) * HFT_FLOW_WAITS + c->wait_class,
      1};
  t[4] = (term){INDEX(before) + kind * 2 * HFT_FLOW_EVENTS + o.before, 1};
  t[5] = (term){INDEX(move) + kind * HFT_FLOW_MOVES + o.move, 1};
  t[6] = (term){INDEX(queue_exponent) + kind, c->log_queue[side]};
  t[7] = (term){INDEX(orders_exponent) + kind, c->log_orders[side]};
}

static void add_product(double *matrix, const term *a, const term *b, double factor) {
  int row = a->index > b->index ? a->index : b->index;
  int column = a->index > b->index ? b->index : a->index;
  matrix[ROW(row) + column] += factor * a->value * b->value;
}

// Adds the second derivatives of an event's likelihood, with the sign changed, times `factor`.
static void add_curvature(const weights *w, const hft_context *c, double factor, double *matrix) {
  double p[HFT_OUTCOMES];
  probabilities(w, c, p);
  term t[HFT_OUTCOMES * TERMS];
  for (int k = 0; k < HFT_OUTCOMES; k++) {
    term *own = &t[(ptrdiff_t)k * TERMS];
    terms_of(c, k / 2, k % 2, own);
    for (int i = 0; i < TERMS; i++) {
      for (int j = 0; j <= i; j++) add_product(matrix, &own[i], &own[j], factor * p[k]);
    }
    for (int i = 0; i < TERMS; i++) own[i].value *= p[k];
  }
  for (int i = 0; i < HFT_OUTCOMES * TERMS; i++) {
    for (int j = 0; j <= i; j++) {
      bool twice = t[i].index == t[j].index && i != j;
      add_product(matrix, &t[i], &t[j], twice ? -2 * factor : -factor);
    }
  }
}

// Cholesky's factor of a symmetric positive definite matrix, in place in its lower triangle.
static void factorise(double *matrix) {
  for (int i = 0; i < WEIGHTS; i++) {
    double *row = &matrix[ROW(i)];
    for (int j = 0; j <= i; j++) {
      const double *other = &matrix[ROW(j)];
      double sum = row[j];
      for (int k = 0; k < j; k++) sum -= row[k] * other[k];
      row[j] = i == j ? sqrt(sum > 1e-9 ? sum : 1e-9) : sum / other[j];
    }
  }
}

// The factor L of the curvature at w, of every few events. The search is in z = L^T w, in which the
// function is about equally curved in all directions.
static void set_factor(fit *f, const weights *w) {
  memset(f->factor, 0, sizeof(double) * WEIGHTS * WEIGHTS);
  for (size_t i = 0; i < f->count; i += CURVATURE_EVERY) {
    add_curvature(w, &f->context[i], CURVATURE_EVERY, f->factor);
  }
  for (int i = 0; i < WEIGHTS; i++) f->factor[ROW(i) + i] += ridge_of(i);
  factorise(f->factor);
}

// w = L^-T z
static void to_weights(const fit *f, const double *z, double *w) {
  memcpy(w, z, sizeof(double) * WEIGHTS);
  for (int i = WEIGHTS - 1; i >= 0; i--) {
    const double *row = &f->factor[ROW(i)];
    w[i] /= row[i];
    for (int j = 0; j < i; j++) w[j] -= row[j] * w[i];
  }
}

// z = L^T w
static void from_weights(const fit *f, const double *w, double *z) {
  for (int j = 0; j < WEIGHTS; j++) z[j] = 0;
  for (int i = 0; i < WEIGHTS; i++) {
    for (int j = 0; j <= i; j++) z[j] += f->factor[ROW(i) + j] * w[i];
  }
}

// The gradient by z, from that by w: g = L^-1 g, in place.
static void to_gradient(const fit *f, double *g) {
  for (int i = 0; i < WEIGHTS; i++) {
    const double *row = &f->factor[ROW(i)];
    double sum = g[i];
    for (int j = 0; j < i; j++) sum -= row[j] * g[j];
    g[i] = sum / row[i];
  }
}

// ---- the search ------------------------------------------------------------------------------

// The function to minimise: the negative logarithm of the likelihood, plus the ridge.
static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *z, lbfgsfloatval_t *gradient,
                                const int n, const lbfgsfloatval_t step) {
  (void)step;
  const fit *f = instance;
  weights w, g;
  to_weights(f, z, (double *)&w);
  memset(&g, 0, sizeof g);
  double sum = 0, p[HFT_OUTCOMES];
  for (size_t i = 0; i < f->count; i++) {
    const hft_context *c = &f->context[i];
    sum -= probabilities(&w, c, p);
    for (int k = 0; k < HFT_OUTCOMES; k++) {
      add(&g, c, k / 2, k % 2, p[k] - (k == c->outcome));
    }
  }
  memcpy(gradient, &g, sizeof g);
  for (int i = 0; i < n; i++) {
    double off = ((const double *)&w)[i] - prior_of(i);
    sum += 0.5 * ridge_of(i) * off * off;
    gradient[i] += ridge_of(i) * off;
  }
  to_gradient(f, gradient);
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

// One round of the search from w on.
static hft_status search(fit *f, weights *w, double *likelihood, hft_error *error) {
  lbfgsfloatval_t *z = lbfgs_malloc(WEIGHTS);
  if (z == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  set_factor(f, w);
  from_weights(f, (const double *)w, z);
  lbfgs_parameter_t parameter;
  lbfgs_parameter_init(&parameter);
  parameter.m = 10;
  parameter.epsilon = f->round + 1 < ROUNDS ? 1e-4 : 1e-6;
  parameter.max_iterations = ITERATIONS;
  lbfgsfloatval_t value = 0;
  int result = lbfgs(WEIGHTS, z, &value, evaluate, advance, f, &parameter);
  to_weights(f, z, (double *)w);
  lbfgs_free(z);
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

static hft_status minimise(fit *f, weights *w, double *likelihood, hft_error *error) {
  f->factor = malloc(sizeof(double) * WEIGHTS * WEIGHTS);
  if (f->factor == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  for (int i = 0; i < WEIGHTS; i++) ((double *)w)[i] = prior_of(i);
  hft_status status = HFT_OK;
  for (f->round = 0; f->round < ROUNDS && status == HFT_OK; f->round++) {
    status = search(f, w, likelihood, error);
  }
  free(f->factor);
  return status;
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
    if (contexts[i].part == HFT_TAPE_TRAIN) f.context[f.count++] = contexts[i];
  }
  weights w;
  hft_status status = minimise(&f, &w, likelihood, error);
  if (status == HFT_OK) to_tables(&w, tables);
  free(f.context);
  return status;
}
