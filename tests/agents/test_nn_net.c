// Networks against the plainest implementation in double with libm: outputs, states, and gradients
// by central differences of it, over shapes, activations, layer norm, GRU and restarts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/nn/blas.h"
#include "agents/nn/net.h"
#include "sim/base/arena.h"
#include "sim/base/dist.h"
#include "tests/support/check.h"

#define WIDTH 80

typedef struct shape {
  int inputs, outputs, hidden_count, hidden[3], gru, steps, rows;
} shape;

static const shape shapes[] = {
    {3, 2, 0, {0}, 0, 1, 5},          // a linear map
    {1, 1, 1, {1}, 0, 1, 1},          // the least
    {5, 3, 1, {17}, 0, 1, 7},         // a vector and one
    {4, 2, 2, {16, 9}, 0, 3, 4},      // steps are rows
    {3, 2, 3, {5, 33, 6}, 0, 1, 20},  // three layers
    {2, 1, 1, {4}, 0, 1, 300},        // blocks of rows and a rest
    {3, 2, 0, {0}, 4, 5, 3},          // a GRU on the inputs
    {3, 2, 1, {6}, 5, 6, 4},          // behind a layer
    {2, 3, 2, {7, 8}, 17, 4, 3},      // wider than the layers
    {2, 1, 1, {3}, 3, 2, 140},        // blocks across steps
};
#define SHAPES ((int)(sizeof shapes / sizeof *shapes))

// The same in double, for one row: state[gru] is updated.
static double squash(hft_activation kind, double x) {
  if (kind == HFT_ACTIVATION_TANH) return tanh(x);
  if (kind == HFT_ACTIVATION_RELU) return x > 0 ? x : 0;
  return x > 0 ? x : expm1(x);
}

static void product(const double *x, int in, const double *w, int stride, const double *b, int out,
                    double *y) {
  for (int j = 0; j < out; j++) {
    y[j] = b[j];
    for (int i = 0; i < in; i++) y[j] += x[i] * w[i * stride + j];
  }
}

static const double *tensor_of(const hft_net *net, const double *params, const char *name) {
  for (int i = 0; i < hft_net_tensor_count(net); i++) {
    const hft_net_tensor *tensor = &hft_net_tensors(net)[i];
    if (strcmp(tensor->name, name) == 0) return params + tensor->offset;
  }
  fail_msg("no tensor %s", name);
  return NULL;
}

static const double *part(const hft_net *net, const double *params, const char *layer, int i,
                          const char *kind) {
  char name[64];
  if (i < 0) {
    snprintf(name, sizeof name, "%s.%s", layer, kind);
  } else {
    snprintf(name, sizeof name, "%s%d.%s", layer, i, kind);
  }
  return tensor_of(net, params, name);
}

static void naive_gru(const hft_net *net, const double *p, const double *x, int in, double *h) {
  const int n = hft_net_definition(net)->gru;
  double gi[3 * WIDTH], gh[3 * WIDTH];
  product(x, in, part(net, p, "gru", -1, "input_weight"), 3 * n,
          part(net, p, "gru", -1, "input_bias"), 3 * n, gi);
  product(h, n, part(net, p, "gru", -1, "state_weight"), 3 * n,
          part(net, p, "gru", -1, "state_bias"), 3 * n, gh);
  for (int j = 0; j < n; j++) {
    double r = 1 / (1 + exp(-gi[j] - gh[j])), z = 1 / (1 + exp(-gi[n + j] - gh[n + j]));
    double c = tanh(gi[2 * n + j] + r * gh[2 * n + j]);
    h[j] = (1 - z) * c + z * h[j];
  }
}

static void naive_row(const hft_net *net, const double *p, const double *x, double *state,
                      double *y) {
  const hft_net_def *def = hft_net_definition(net);
  double now[WIDTH], next[WIDTH];
  int width = def->inputs;
  memcpy(now, x, (size_t)width * sizeof *now);
  for (int i = 0; i < def->hidden_count; i++) {
    const int out = def->hidden[i];
    product(now, width, part(net, p, "hidden", i, "weight"), out, part(net, p, "hidden", i, "bias"),
            out, next);
    if (def->layer_norm) {
      double mean = 0, square = 0;
      for (int j = 0; j < out; j++) mean += next[j] / out;
      for (int j = 0; j < out; j++) square += (next[j] - mean) * (next[j] - mean) / out;
      const double *gain = part(net, p, "norm", i, "weight"),
                   *shift = part(net, p, "norm", i, "bias");
      for (int j = 0; j < out; j++) {
        next[j] = (next[j] - mean) / sqrt(square + 1e-5) * gain[j] + shift[j];
      }
    }
    for (int j = 0; j < out; j++) now[j] = squash(def->activation, next[j]);
    width = out;
  }
  if (def->gru > 0) {
    naive_gru(net, p, now, width, state);
    memcpy(now, state, (size_t)def->gru * sizeof *now);
    width = def->gru;
  }
  product(now, width, part(net, p, "output", -1, "weight"), def->outputs,
          part(net, p, "output", -1, "bias"), def->outputs, y);
}

// A network, a batch, and all arrays, in float and in double.
typedef struct bed {
  hft_net *net;
  hft_net_batch batch;
  int64_t params, n, inputs, outputs, states;
  float *p, *x, *state, *dy, *y, *end, *grad, *dx, *work;
  double *p64, *x64, *state64, *y64;
  uint8_t *restart;
} bed;

static float *draw(int64_t count, double spread, hft_rng *rng) {
  float *out = calloc((size_t)count + 1, sizeof *out);
  for (int64_t i = 0; i < count; i++) out[i] = (float)(spread * hft_normal(rng));
  return out;
}

static double *widen(const float *x, int64_t count) {
  double *out = calloc((size_t)count + 1, sizeof *out);
  for (int64_t i = 0; i < count; i++) out[i] = (double)x[i];
  return out;
}

static bed bed_make(const shape *s, hft_activation activation, bool norm, bool restarts) {
  hft_net_def def = {.inputs = s->inputs,
                     .outputs = s->outputs,
                     .hidden_count = s->hidden_count,
                     .gru = s->gru,
                     .activation = activation,
                     .layer_norm = norm,
                     .output_gain = 1};
  memcpy(def.hidden, s->hidden, sizeof s->hidden);
  bed b = {0};
  hft_error error;
  assert_int_equal(hft_net_create(&def, &b.net, &error), HFT_OK);
  hft_rng rng = hft_rng_seed(7, (uint64_t)s->inputs);
  b.params = hft_net_param_count(b.net);
  b.n = (int64_t)s->steps * s->rows;
  b.inputs = b.n * s->inputs;
  b.outputs = b.n * s->outputs;
  b.states = (int64_t)s->rows * s->gru;
  b.p = draw(b.params, 1, &rng);
  hft_net_init(b.net, b.p, &rng);
  for (int64_t i = 0; i < b.params; i++) b.p[i] += (float)(0.1 * hft_normal(&rng));
  b.x = draw(b.inputs, 1, &rng);
  b.state = draw(b.states, 0.5, &rng);
  b.dy = draw(b.outputs, 1, &rng);
  b.y = draw(b.outputs, 1, &rng);
  b.end = draw(b.states, 1, &rng);
  b.grad = calloc((size_t)b.params, sizeof *b.grad);
  b.dx = draw(b.inputs, 1, &rng);
  b.restart = calloc((size_t)b.n, 1);
  for (int64_t i = 0; i < b.n; i++) b.restart[i] = hft_rng_u32(&rng) % 3 == 0;
  size_t size = hft_net_work_size(b.net, s->steps, s->rows) * sizeof(float);
  b.work = aligned_alloc(HFT_CACHE_LINE, hft_align(size + 1));
  memset(b.work, 0xff, size);  // NaN: what is read before it is written shows
  b.p64 = widen(b.p, b.params);
  b.x64 = widen(b.x, b.inputs);
  b.state64 = widen(b.state, b.states);
  b.y64 = calloc((size_t)b.outputs, sizeof *b.y64);
  b.batch = (hft_net_batch){s->steps, s->rows, b.x, s->gru > 0 ? b.state : NULL,
                            restarts ? b.restart : NULL};
  return b;
}

static void bed_free(bed *b) {
  hft_net_free(b->net);
  void *all[] = {b->p,  b->x,    b->state, b->dy,  b->y,       b->end, b->grad,
                 b->dx, b->work, b->p64,   b->x64, b->state64, b->y64, b->restart};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

// Row by row, in double: writes y64, ends with the states after the last step in `end`. Returns the
// loss, the sum of dy y.
static double naive(const bed *b, double *end) {
  const hft_net_def *def = hft_net_definition(b->net);
  double loss = 0;
  memcpy(end, b->state64, (size_t)b->states * sizeof *end);
  for (int64_t i = 0; i < b->n; i++) {
    double *h = end + i % b->batch.rows * def->gru;
    if (b->batch.restart != NULL && b->restart[i]) memset(h, 0, (size_t)def->gru * sizeof *h);
    double *y = b->y64 + i * def->outputs;
    naive_row(b->net, b->p64, b->x64 + i * def->inputs, h, y);
    for (int j = 0; j < def->outputs; j++) loss += y[j] * (double)b->dy[i * def->outputs + j];
  }
  return loss;
}

static double slope_at(const bed *b, double *at, double *end) {
  double kept = *at, h = 1e-6;
  *at = kept + h;
  double up = naive(b, end);
  *at = kept - h;
  double down = naive(b, end);
  *at = kept;
  return (up - down) / (2 * h);
}

static void check_gradient(const bed *b, const float *got, double *at, int64_t count, double *end) {
  double *want = calloc((size_t)count, sizeof *want), most = 0;
  for (int64_t i = 0; i < count; i++) {
    want[i] = slope_at(b, at + i, end);
    if (fabs(want[i]) > most) most = fabs(want[i]);
  }
  for (int64_t i = 0; i < count; i++) assert_near((double)got[i], want[i], 2e-5 * (most + 1e-3));
  free(want);
}

static void check_bed(bed *b) {
  double *end = calloc((size_t)b->states + 1, sizeof *end);
  hft_net_forward(b->net, b->p, &b->batch, b->work, b->y, b->states > 0 ? b->end : NULL);
  naive(b, end);
  for (int64_t i = 0; i < b->outputs; i++) assert_near((double)b->y[i], b->y64[i], 1e-5);
  for (int64_t i = 0; i < b->states; i++) assert_near((double)b->end[i], end[i], 1e-5);
  hft_net_backward(b->net, b->p, &b->batch, b->work, b->dy, b->grad, b->dx);
  check_gradient(b, b->grad, b->p64, b->params, end);
  check_gradient(b, b->dx, b->x64, b->inputs < 60 ? b->inputs : 60, end);
  free(end);
}

// Every shape with every activation, with layer norm and without, with restarts and without.
static void test_against_the_naive_net(void **context) {
  (void)context;
  for (int s = 0; s < SHAPES; s++) {
    for (int kind = 0; kind <= HFT_ACTIVATION_ELU; kind++) {
      for (int mode = 0; mode < 4; mode++) {
        bool norm = (mode & 1) != 0, restarts = (mode & 2) != 0;
        if (restarts && shapes[s].gru == 0) continue;
        if (norm && shapes[s].hidden_count > 0 && shapes[s].hidden[0] == 1) continue;
        bed b = bed_make(&shapes[s], (hft_activation)kind, norm, restarts);
        check_bed(&b);
        bed_free(&b);
      }
    }
  }
}

// A gradient is added, dx is written; a second pass adds the same again; without dx nothing else
// changes.
static void test_gradients_add_up(void **context) {
  (void)context;
  for (int s = 0; s < SHAPES; s++) {
    bed b = bed_make(&shapes[s], HFT_ACTIVATION_TANH, false, true);
    hft_net_forward(b.net, b.p, &b.batch, b.work, b.y, NULL);
    hft_net_backward(b.net, b.p, &b.batch, b.work, b.dy, b.grad, NULL);
    float *once = malloc((size_t)b.params * sizeof *once);
    memcpy(once, b.grad, (size_t)b.params * sizeof *once);
    hft_net_backward(b.net, b.p, &b.batch, b.work, b.dy, b.grad, b.dx);
    for (int64_t i = 0; i < b.params; i++) {
      assert_near((double)b.grad[i], 2 * (double)once[i], 1e-5 * (1 + fabs((double)once[i])));
    }
    free(once);
    bed_free(&b);
  }
}

// Twice the same bits, whatever the workspace held before, and whatever larger batch it was made
// for.
static void test_same_bits(void **context) {
  (void)context;
  for (int s = 0; s < SHAPES; s++) {
    bed a = bed_make(&shapes[s], HFT_ACTIVATION_ELU, true, true);
    bed b = bed_make(&shapes[s], HFT_ACTIVATION_ELU, true, true);
    free(b.work);
    size_t size = hft_net_work_size(b.net, shapes[s].steps + 3, shapes[s].rows + 5);
    assert_true(size >= hft_net_work_size(b.net, shapes[s].steps, shapes[s].rows));
    b.work = aligned_alloc(HFT_CACHE_LINE, hft_align(size * sizeof(float)));
    for (size_t i = 0; i < size; i++) b.work[i] = 1e30F;
    bed *both[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
      bed *x = both[i];
      hft_net_forward(x->net, x->p, &x->batch, x->work, x->y, x->end);
      hft_net_backward(x->net, x->p, &x->batch, x->work, x->dy, x->grad, x->dx);
    }
    assert_memory_equal(a.y, b.y, (size_t)a.outputs * sizeof(float));
    assert_memory_equal(a.grad, b.grad, (size_t)a.params * sizeof(float));
    assert_memory_equal(a.dx, b.dx, (size_t)a.inputs * sizeof(float));
    if (a.states > 0) assert_memory_equal(a.end, b.end, (size_t)a.states * sizeof(float));
    bed_free(&a);
    bed_free(&b);
  }
}

// One row after another without BLAS gives what a batch gives.
static void test_inference(void **context) {
  (void)context;
  for (int s = 0; s < SHAPES; s++) {
    for (int kind = 0; kind <= HFT_ACTIVATION_ELU; kind++) {
      for (int norm = 0; norm < 2; norm++) {
        bed b = bed_make(&shapes[s], (hft_activation)kind, norm == 1, true);
        const hft_net_def *def = hft_net_definition(b.net);
        hft_net_forward(b.net, b.p, &b.batch, b.work, b.y, b.end);
        for (int64_t i = 0; i < b.n; i++) {
          float *h = b.state + i % b.batch.rows * def->gru, y[8];
          if (b.restart[i]) memset(h, 0, (size_t)def->gru * sizeof *h);
          hft_net_infer(b.net, b.p, b.x + i * def->inputs, def->gru > 0 ? h : NULL, y);
          for (int j = 0; j < def->outputs; j++) {
            assert_near((double)y[j], (double)b.y[i * def->outputs + j], 1e-5);
          }
        }
        for (int64_t i = 0; i < b.states; i++) {
          assert_near((double)b.state[i], (double)b.end[i], 1e-5);
        }
        bed_free(&b);
      }
    }
  }
}

// Fowler-Noll-Vo over the bits of a network's outputs.
static uint64_t digest(const float *y, int count, uint64_t hash) {
  for (int i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &y[i], sizeof bits);
    hash = (hash ^ bits) * UINT64_C(1099511628211);
  }
  return hash;
}

// Initial parameters and inference have the same bits with every compiler, level of optimisation
// and CPU: digests recorded once.
static void test_recorded_bits(void **context) {
  (void)context;
  const shape wide = {6, 7, 2, {70, 37}, 300, 1, 1};
  static const uint64_t recorded[3] = {UINT64_C(0x21b29e60464c91a5), UINT64_C(0xdc257c9493c20ba0),
                                       UINT64_C(0x7dc50ff63da2a58c)};
  for (int kind = 0; kind <= HFT_ACTIVATION_ELU; kind++) {
    hft_net_def def = {.inputs = wide.inputs,
                       .outputs = wide.outputs,
                       .hidden_count = 2,
                       .hidden = {70, 37},
                       .gru = 300,
                       .activation = (hft_activation)kind,
                       .layer_norm = true,
                       .output_gain = 1};
    hft_net *net;
    assert_int_equal(hft_net_create(&def, &net, NULL), HFT_OK);
    int64_t count = hft_net_param_count(net);
    float *params = malloc((size_t)count * sizeof *params), state[300] = {0}, y[7];
    hft_rng rng = hft_rng_seed(3, 5);
    hft_net_init(net, params, &rng);
    uint64_t hash = digest(params, (int)count, UINT64_C(14695981039346656037));
    for (int step = 0; step < 5; step++) {
      float x[6];
      for (int i = 0; i < 6; i++) x[i] = (float)hft_normal(&rng);
      hft_net_infer(net, params, x, state, y);
      hash = digest(y, 7, hash);
    }
    assert_int_equal(hash, recorded[kind]);
    free(params);
    hft_net_free(net);
  }
}

static void test_what_is_refused(void **context) {
  (void)context;
  const hft_net_def good = {
      .inputs = 2, .outputs = 1, .hidden_count = 1, .hidden = {3}, .output_gain = 1};
  hft_net_def bad[9];
  for (int i = 0; i < 9; i++) bad[i] = good;
  bad[0].inputs = 0;
  bad[1].outputs = HFT_NET_OUTPUTS_MAX + 1;
  bad[2].hidden_count = HFT_NET_HIDDEN_MAX + 1;
  bad[3].hidden[0] = HFT_NET_WIDTH_MAX + 1;
  bad[4].gru = -1;
  bad[5].activation = (hft_activation)3;
  bad[6].output_gain = (double)NAN;
  bad[7].hidden_count = -1;
  bad[8].hidden[0] = 0;
  hft_error error;
  hft_net *net;
  for (int i = 0; i < 9; i++) {
    assert_int_equal(hft_net_create(&bad[i], &net, &error), HFT_EINVAL);
    assert_null(net);
  }
  assert_int_equal(hft_net_create(&good, &net, &error), HFT_OK);
  hft_net_free(net);
  hft_net_free(NULL);
}

// No rows: nothing is written. A NaN in one row stays in that row.
static void test_empty_and_nan(void **context) {
  (void)context;
  bed b = bed_make(&shapes[5], HFT_ACTIVATION_TANH, true, false);
  hft_net_batch none = {0, 0, b.x, NULL, NULL};
  float y = 5;
  hft_net_forward(b.net, b.p, &none, b.work, &y, NULL);
  hft_net_backward(b.net, b.p, &none, b.work, b.dy, b.grad, NULL);
  assert_true(y == 5 && b.grad[0] == 0);
  const int row = 270;
  b.x[2 * (size_t)row] = NAN;
  hft_net_forward(b.net, b.p, &b.batch, b.work, b.y, NULL);
  for (int i = 0; i < 300; i++) assert_int_equal(isnan(b.y[i]) != 0, i == row);
  bed_free(&b);
}

int main(void) {
  hft_blas_hold();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_the_naive_net),
      cmocka_unit_test(test_gradients_add_up),
      cmocka_unit_test(test_same_bits),
      cmocka_unit_test(test_inference),
      cmocka_unit_test(test_recorded_bits),
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_empty_and_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
