// Heads for tests/python/test_agents_heads.py: values and gradients of many rows.
#include "agents/nn/head.h"

#define PROBE __attribute__((visibility("default")))

// A head of a density with these choices (0: a number). Null: it is refused.
PROBE hft_head *probe_head(int density, int axes, const int32_t *choices, double deviation);
PROBE void probe_head_free(hft_head *head);
// Outputs, bytes of a mask, parameters.
PROBE void probe_head_sizes(const hft_head *head, int32_t sizes[3]);
PROBE void probe_head_sample(const hft_head *head, uint64_t seed, const float *params,
                             const float *y, const uint8_t *mask, int rows, float *raw, float *sent,
                             float *log_prob);
PROBE void probe_head_greedy(const hft_head *head, const float *params, const float *y,
                             const uint8_t *mask, int rows, float *sent);
PROBE void probe_head_run(const hft_head *head, const float *params, const float *y,
                          const uint8_t *mask, const float *raw, int rows, const float *dlog,
                          const float *dentropy, float *log_prob, float *entropy, float *dy,
                          float *grad);

hft_head *probe_head(int density, int axes, const int32_t *choices, double deviation) {
  hft_head_def def = {.axis_count = axes, .density = (hft_density)density, .deviation = deviation};
  for (int i = 0; i < axes && i < HFT_AXES_MAX; i++) def.choice_count[i] = choices[i];
  hft_head *head;
  return hft_head_create(&def, &head, NULL) == HFT_OK ? head : NULL;
}

void probe_head_free(hft_head *head) {
  hft_head_free(head);
}

void probe_head_sizes(const hft_head *head, int32_t sizes[3]) {
  sizes[0] = hft_head_outputs(head);
  sizes[1] = hft_head_mask_dim(head);
  sizes[2] = hft_head_param_count(head);
}

// The arrays of row r of a head.
static const float *row(const hft_head *head, const float *y, int r) {
  return y + (ptrdiff_t)r * hft_head_outputs(head);
}

static const uint8_t *row_mask(const hft_head *head, const uint8_t *mask, int r) {
  return mask != NULL ? mask + (ptrdiff_t)r * hft_head_mask_dim(head) : NULL;
}

void probe_head_sample(const hft_head *head, uint64_t seed, const float *params, const float *y,
                       const uint8_t *mask, int rows, float *raw, float *sent, float *log_prob) {
  hft_rng rng = hft_rng_seed(seed, 1);
  ptrdiff_t axes = hft_head_definition(head)->axis_count;
  for (int r = 0; r < rows; r++) {
    log_prob[r] = hft_head_sample(head, params, row(head, y, r), row_mask(head, mask, r), &rng,
                                  raw + r * axes, sent + r * axes);
  }
}

void probe_head_greedy(const hft_head *head, const float *params, const float *y,
                       const uint8_t *mask, int rows, float *sent) {
  ptrdiff_t axes = hft_head_definition(head)->axis_count;
  for (int r = 0; r < rows; r++) {
    hft_head_greedy(head, params, row(head, y, r), row_mask(head, mask, r), sent + r * axes);
  }
}

void probe_head_run(const hft_head *head, const float *params, const float *y, const uint8_t *mask,
                    const float *raw, int rows, const float *dlog, const float *dentropy,
                    float *log_prob, float *entropy, float *dy, float *grad) {
  hft_head_evaluate(head, params, y, mask, raw, rows, log_prob, entropy);
  hft_head_backward(head, params, y, mask, raw, rows, dlog, dentropy, dy, grad);
}
