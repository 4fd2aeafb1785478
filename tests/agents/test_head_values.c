// Log-probabilities, entropies and gradients of heads of every kind, against the same in double and
// its differences.
#include "tests/agents/heads.h"

#define PARAMS_MAX HFT_AXES_MAX

static void for_all(void (*check)(rows *r), int count) {
  for (int k = 0; k < COUNT(layouts); k++) {
    for (int density = 0; density < COUNT(density_names); density++) {
      rows r = rows_make(&layouts[k], (hft_density)density, count, 1.5);
      rows_sample(&r);
      check(&r);
      rows_free(&r);
    }
  }
}

static void evaluate(const rows *r, float *log_prob, float *entropy) {
  hft_head_evaluate(r->head, r->param, r->y, r->mask, r->raw, r->count, log_prob, entropy);
}

// ---- values ------------------------------------------------------------------------------------

static void check_values(rows *r) {
  float log_prob[ROWS_MAX], entropy[ROWS_MAX];
  evaluate(r, log_prob, entropy);
  double *y = heads_alloc((size_t)r->outputs, sizeof *y), param[PARAMS_MAX];
  naive_copy(r->param, r->params, param);
  for (int i = 0; i < r->count; i++) {
    naive_copy(r->y + (ptrdiff_t)i * r->outputs, r->outputs, y);
    naive of = naive_row(r, param, y, rows_mask(r, i), r->raw + (ptrdiff_t)i * r->axes);
    // Float adds up the axes; their errors are those of numbers near 10.
    double most = 2e-6 * (4 + r->axes) + 2e-6 * fabs(of.log_prob);
    if (!(fabs(log_prob[i] - of.log_prob) <= most && fabs(entropy[i] - of.entropy) <= most)) {
      fail_msg("%s, row %d: log-probability %.9g, not %.9g; entropy %.9g, not %.9g", r->name, i,
               (double)log_prob[i], of.log_prob, (double)entropy[i], of.entropy);
    }
  }
  free(y);
}

static void equals_the_formulas(void **state) {
  (void)state;
  for_all(check_values, ROWS_MAX);
}

// What sampling returns, what one row gives and what many rows give are the same bits, and again on
// a second call.
static void check_bits(rows *r) {
  float log_prob[ROWS_MAX], entropy[ROWS_MAX], again[ROWS_MAX], one, one_entropy;
  evaluate(r, log_prob, entropy);
  assert_memory_equal(log_prob, r->log_prob, (size_t)r->count * sizeof *log_prob);
  for (int i = 0; i < r->count; i++) {
    hft_head_evaluate(r->head, r->param, r->y + (ptrdiff_t)i * r->outputs, rows_mask(r, i),
                      r->raw + (ptrdiff_t)i * r->axes, 1, &one, &one_entropy);
    assert_memory_equal(&one, &log_prob[i], sizeof one);
    assert_memory_equal(&one_entropy, &entropy[i], sizeof one);
  }
  evaluate(r, again, entropy);
  assert_memory_equal(log_prob, again, (size_t)r->count * sizeof *again);
  hft_head_evaluate(r->head, r->param, r->y, r->mask, r->raw, 0, again, entropy);  // no row
}

static void one_row_has_the_bits_of_many(void **state) {
  (void)state;
  for_all(check_bits, ROWS_MAX);
}

// ---- gradients ---------------------------------------------------------------------------------

// The loss of a row, and its derivative by *x, by differences of fourth order.
typedef struct loss {
  const rows *r;
  double *param, *y;
  const uint8_t *mask;
  const float *raw;
  double dlog, dentropy;
} loss;

static double value(const loss *of) {
  naive v = naive_row(of->r, of->param, of->y, of->mask, of->raw);
  return of->dlog * v.log_prob + of->dentropy * v.entropy;
}

static double value_at(const loss *of, double *x, double move) {
  double kept = *x;
  *x += move;
  double v = value(of);
  *x = kept;
  return v;
}

static double slope(const loss *of, double *x) {
  double h = 1e-3;
  return (8 * (value_at(of, x, h) - value_at(of, x, -h)) -
          (value_at(of, x, 2 * h) - value_at(of, x, -2 * h))) /
         (12 * h);
}

// Every output of a small head, some of a large one.
static void check_row(const rows *r, const loss *of, const float *dy, int row) {
  int stride = 1 + r->outputs / 40;
  for (int j = row % stride; j < r->outputs; j += stride) {
    double expected = slope(of, &of->y[j]);
    if (fabs(dy[j] - expected) <= 2e-5 * (1 + fabs(expected))) continue;
    fail_msg("%s, row %d: the gradient of output %d is %.9g, not %.9g", r->name, row, j,
             (double)dy[j], expected);
  }
}

static void check_gradients(rows *r) {
  size_t n = (size_t)r->count * (size_t)r->outputs;
  float *dy = heads_alloc(n, sizeof *dy), *dlog = heads_alloc((size_t)r->count, sizeof *dlog);
  float *dentropy = heads_alloc((size_t)r->count, sizeof *dentropy), grad[PARAMS_MAX];
  double *y = heads_alloc((size_t)r->outputs, sizeof *y), param[PARAMS_MAX], sum[PARAMS_MAX];
  for (size_t i = 0; i < n; i++) dy[i] = NAN;  // it is written, not added to
  for (int i = 0; i < r->params; i++) sum[i] = grad[i] = (float)i + 0.5F;
  for (int i = 0; i < r->count; i++) dlog[i] = (float)hft_normal(&r->rng);
  for (int i = 0; i < r->count; i++) dentropy[i] = (float)hft_normal(&r->rng);
  hft_head_backward(r->head, r->param, r->y, r->mask, r->raw, r->count, dlog, dentropy, dy, grad);
  naive_copy(r->param, r->params, param);
  for (int i = 0; i < r->count; i++) {
    naive_copy(r->y + (ptrdiff_t)i * r->outputs, r->outputs, y);
    loss of = {.r = r,
               .param = param,
               .y = y,
               .mask = rows_mask(r, i),
               .dlog = dlog[i],
               .raw = r->raw + (ptrdiff_t)i * r->axes,
               .dentropy = dentropy[i]};
    check_row(r, &of, dy + (ptrdiff_t)i * r->outputs, i);
    for (int j = 0; j < r->params; j++) sum[j] += slope(&of, &param[j]);
  }
  for (int j = 0; j < r->params; j++) assert_near(grad[j], sum[j], 5e-5 * (1 + fabs(sum[j])));
  free(dy);
  free(dlog);
  free(dentropy);
  free(y);
}

static void gradients_are_those_of_the_formulas(void **state) {
  (void)state;
  for_all(check_gradients, 12);
}

// Gradients by rows have the same bits as those of all rows.
static void check_gradient_bits(rows *r) {
  size_t n = (size_t)r->count * (size_t)r->outputs;
  float *dy = heads_alloc(n, sizeof *dy), *one = heads_alloc((size_t)r->outputs, sizeof *one);
  float dlog[ROWS_MAX], dentropy[ROWS_MAX], grad[PARAMS_MAX] = {0};
  for (int i = 0; i < r->count; i++) dlog[i] = (float)hft_normal(&r->rng);
  for (int i = 0; i < r->count; i++) dentropy[i] = (float)hft_normal(&r->rng);
  hft_head_backward(r->head, r->param, r->y, r->mask, r->raw, r->count, dlog, dentropy, dy, grad);
  for (int i = 0; i < r->count; i++) {
    ptrdiff_t at = (ptrdiff_t)i * r->outputs;
    hft_head_backward(r->head, r->param, r->y + at, rows_mask(r, i),
                      r->raw + (ptrdiff_t)i * r->axes, 1, &dlog[i], &dentropy[i], one, grad);
    assert_memory_equal(one, dy + at, (size_t)r->outputs * sizeof *one);
  }
  free(dy);
  free(one);
}

static void one_gradient_has_the_bits_of_many(void **state) {
  (void)state;
  for_all(check_gradient_bits, ROWS_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(equals_the_formulas),
                                     cmocka_unit_test(one_row_has_the_bits_of_many),
                                     cmocka_unit_test(gradients_are_those_of_the_formulas),
                                     cmocka_unit_test(one_gradient_has_the_bits_of_many)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
