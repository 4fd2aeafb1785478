// For the tests of heads: heads of every kind, random rows for them, and the densities and
// entropies of a row in double, by the C library's functions.
#ifndef HFTSIM_TESTS_AGENTS_HEADS_H
#define HFTSIM_TESTS_AGENTS_HEADS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/nn/head.h"
#include "agents/nn/net.h"
#include "sim/base/dist.h"
#include "tests/support/check.h"

#define PI 3.14159265358979323846
#define ROWS_MAX 400
#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

// The axes of a head; 0: a number.
typedef struct layout {
  const char *name;
  int axes;
  int32_t choice[16];
} layout;

static const layout layouts[] = {
    {"one number", 1, {0}},
    {"four numbers", 4, {0}},
    {"numbers of all axes", HFT_AXES_MAX, {0}},
    {"a choice", 1, {3}},
    {"a single choice", 1, {1}},
    {"choices", 4, {3, 5, 2, 11}},
    {"a product of choices", 1, {625}},
    {"all outputs", 1, {HFT_NET_OUTPUTS_MAX}},
    {"a mixture", 6, {0, 0, 2, 2, 0, 11}},
    {"a choice, then a number", 2, {7, 0}},
};
static const char *const density_names[] = {"gaussian", "squashed", "beta"};

// A head with rows for it.
typedef struct rows {
  char name[96];
  hft_head *head;
  int count, axes, outputs, mask_dim, params;
  float *param, *y, *raw, *sent, *log_prob;  // log_prob: what sampling returned
  uint8_t *mask;                             // null without choices
  hft_rng rng;
} rows;

static inline void *heads_alloc(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  assert_non_null(memory);
  return memory;
}

static inline hft_head *heads_make(const layout *of, hft_density density, double deviation) {
  hft_head_def def = {.axis_count = of->axes, .density = density, .deviation = deviation};
  for (int i = 0; i < of->axes && i < 16; i++) def.choice_count[i] = of->choice[i];
  hft_head *head = NULL;
  hft_error error = {0};
  if (hft_head_create(&def, &head, &error) != HFT_OK) fail_msg("%s: %s", of->name, error.text);
  return head;
}

// A mask: about a third forbidden, in one row of eight all.
static inline void heads_forbid(rows *r) {
  for (int i = 0; i < r->count * r->mask_dim; i++) r->mask[i] = hft_bounded(&r->rng, 3) > 0;
  for (int i = 0; i < r->count; i += 8) {
    memset(r->mask + (size_t)i * (size_t)r->mask_dim, 0, (size_t)r->mask_dim);
  }
}

// Draws outputs with deviation `width`, masks and actions.
static inline rows rows_make(const layout *of, hft_density density, int count, double width) {
  rows r = {.head = heads_make(of, density, 0.3), .count = count, .axes = of->axes};
  snprintf(r.name, sizeof r.name, "%s, %s", of->name, density_names[density]);
  r.rng = hft_rng_seed(7, 3);
  r.outputs = hft_head_outputs(r.head);
  r.mask_dim = hft_head_mask_dim(r.head);
  r.params = hft_head_param_count(r.head);
  size_t n = (size_t)count;
  r.param = heads_alloc((size_t)r.params, sizeof *r.param);
  hft_head_init(r.head, r.param);
  for (int i = 0; i < r.params; i++) r.param[i] += 0.3F * (float)hft_normal(&r.rng);
  r.y = heads_alloc(n * (size_t)r.outputs, sizeof *r.y);
  for (int i = 0; i < count * r.outputs; i++) r.y[i] = (float)(width * hft_normal(&r.rng));
  if (r.mask_dim > 0) {
    r.mask = heads_alloc(n * (size_t)r.mask_dim, 1);
    heads_forbid(&r);
  }
  r.raw = heads_alloc(n * (size_t)r.axes, sizeof *r.raw);
  r.sent = heads_alloc(n * (size_t)r.axes, sizeof *r.sent);
  r.log_prob = heads_alloc(n, sizeof *r.log_prob);
  return r;
}

static inline const uint8_t *rows_mask(const rows *r, int i) {
  return r->mask != NULL ? r->mask + (ptrdiff_t)i * r->mask_dim : NULL;
}

static inline void rows_sample(rows *r) {
  for (int i = 0; i < r->count; i++) {
    r->log_prob[i] =
        hft_head_sample(r->head, r->param, r->y + (ptrdiff_t)i * r->outputs, rows_mask(r, i),
                        &r->rng, r->raw + (ptrdiff_t)i * r->axes, r->sent + (ptrdiff_t)i * r->axes);
  }
}

static inline void rows_free(rows *r) {
  hft_head_free(r->head);
  free(r->param);
  free(r->y);
  free(r->raw);
  free(r->sent);
  free(r->log_prob);
  free(r->mask);
}

// ---- the same in double ------------------------------------------------------------------------

typedef struct naive {
  double log_prob, entropy;
} naive;

static inline double naive_softplus(double x) {
  return x > 30 ? x : log(1 + exp(x));
}

// By differences of lgamma; the error is below 1e-10.
static inline double naive_digamma(double x) {
  double h = 1e-3;
  return (8 * (lgamma(x + h) - lgamma(x - h)) - (lgamma(x + 2 * h) - lgamma(x - 2 * h))) / (12 * h);
}

static inline naive naive_gaussian(double mean, double log_deviation, double u) {
  double z = (u - mean) / exp(log_deviation);
  return (naive){-z * z / 2 - log_deviation - log(2 * PI) / 2,
                 log_deviation + log(2 * PI * exp(1)) / 2};
}

// In float, 1 - tanh(u)^2 would be 0 from |u| = 9 on; in long double it is not before 22.
static inline naive naive_squashed(double mean, double log_deviation, double u) {
  naive of = naive_gaussian(mean, log_deviation, u);
  long double t = tanhl((long double)u);
  of.log_prob -= (double)logl(1 - t * t);
  return of;
}

static inline naive naive_beta(double y0, double y1, double x) {
  double a = 1 + naive_softplus(y0), b = 1 + naive_softplus(y1);
  double log_b = lgamma(a) + lgamma(b) - lgamma(a + b);
  return (naive){(a - 1) * log(x) + (b - 1) * log1p(-x) - log_b - log(2),
                 log_b - (a - 1) * naive_digamma(a) - (b - 1) * naive_digamma(b) +
                     (a + b - 2) * naive_digamma(a + b) + log(2)};
}

static inline naive naive_choice(const double *logit, const uint8_t *mask, int choices,
                                 int choice) {
  int allowed = 0;
  for (int j = 0; j < choices && mask != NULL; j++) allowed += mask[j];
  double sum = 0, entropy = 0, most = -INFINITY;
  for (int j = 0; j < choices; j++) {
    if (allowed == 0 || mask[j]) most = fmax(most, logit[j]);
  }
  for (int j = 0; j < choices; j++) sum += allowed == 0 || mask[j] ? exp(logit[j] - most) : 0;
  for (int j = 0; j < choices; j++) {
    double p = allowed == 0 || mask[j] ? exp(logit[j] - most) / sum : 0;
    if (p > 0) entropy -= p * log(p);
  }
  return (naive){logit[choice] - most - log(sum), entropy};
}

// One axis after another of a row.
static inline naive naive_row(const rows *r, const double *param, const double *y,
                              const uint8_t *mask, const float *raw) {
  const hft_head_def *def = hft_head_definition(r->head);
  naive sum = {0};
  for (int i = 0; i < def->axis_count; i++) {
    naive of;
    int choices = def->choice_count[i];
    if (choices > 0) {
      of = naive_choice(y, mask, choices, (int)raw[i]);
      y += choices;
      mask = mask != NULL ? mask + choices : NULL;
    } else if (def->density == HFT_DENSITY_BETA) {
      of = naive_beta(y[0], y[1], raw[i]);
      y += 2;
    } else {
      of = def->density == HFT_DENSITY_SQUASHED ? naive_squashed(*y, *param, raw[i])
                                                : naive_gaussian(*y, *param, raw[i]);
      y++;
      param++;
    }
    sum.log_prob += of.log_prob;
    sum.entropy += of.entropy;
  }
  return sum;
}

static inline void naive_copy(const float *from, int count, double *to) {
  for (int i = 0; i < count; i++) to[i] = from[i];
}

#endif
