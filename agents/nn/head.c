#include "agents/nn/head.h"

#include <stdlib.h>
#include <string.h>

#include "agents/nn/head_state.h"
#include "agents/nn/net.h"
#include "sim/base/math.h"

#define DEVIATION_MIN 1e-4
#define DEVIATION_MAX 100

// The functions of an axis.
typedef struct kind {
  void (*draw)(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng, float *raw,
               float *sent);
  float (*mode)(const hft_head_rows *of, const hft_head_axis *axis);
  void (*evaluate)(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                   float *entropy);
  void (*backward)(const hft_head_rows *of, const hft_head_axis *axis, const hft_head_slope *slope);
} kind;

static const kind gaussian = {hft_gaussian_draw, hft_gaussian_mode, hft_gaussian_evaluate,
                              hft_gaussian_backward};
static const kind beta = {hft_beta_draw, hft_beta_mode, hft_beta_evaluate, hft_beta_backward};
static const kind categorical = {hft_categorical_draw, hft_categorical_mode,
                                 hft_categorical_evaluate, hft_categorical_backward};

static const kind *kind_of(const hft_head *head, const hft_head_axis *axis) {
  if (axis->choices > 0) return &categorical;
  return head->def.density == HFT_DENSITY_BETA ? &beta : &gaussian;
}

// ---- layout ------------------------------------------------------------------------------------

hft_head_def hft_head_of_group(const hft_group *group, hft_action_space space, hft_density density,
                               double deviation) {
  hft_head_def def = {.axis_count = group->action_dim, .density = density, .deviation = deviation};
  if (space == HFT_ACTION_DISCRETE) {
    def.choice_count[0] = group->mask_dim;
    return def;
  }
  for (int i = 0; i < group->action_dim && space != HFT_ACTION_BOX; i++) {
    def.choice_count[i] = group->choice_count[i];
  }
  return def;
}

static hft_status check_def(const hft_head_def *def, hft_error *error) {
  if (def->axis_count < 1 || def->axis_count > HFT_AXES_MAX) {
    return hft_fail(error, HFT_EINVAL, "head", "%d axes are not in [1, %d]", def->axis_count,
                    HFT_AXES_MAX);
  }
  if ((int)def->density < HFT_DENSITY_GAUSSIAN || def->density > HFT_DENSITY_BETA) {
    return hft_fail(error, HFT_EINVAL, "head", "there is no density %d", (int)def->density);
  }
  if (!(def->deviation >= DEVIATION_MIN && def->deviation <= DEVIATION_MAX)) {
    return hft_fail(error, HFT_EINVAL, "head", "the standard deviation %g is not in [%g, %g]",
                    def->deviation, DEVIATION_MIN, (double)DEVIATION_MAX);
  }
  int64_t outputs = 0;
  for (int i = 0; i < def->axis_count; i++) {
    int32_t choices = def->choice_count[i];
    if (choices < 0) {
      return hft_fail(error, HFT_EINVAL, "head", "axis %d has %d choices", i, (int)choices);
    }
    outputs += choices > 0 ? choices : def->density == HFT_DENSITY_BETA ? 2 : 1;
  }
  if (outputs <= HFT_NET_OUTPUTS_MAX) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "head",
                  "an action needs %lld outputs of the network, at most %d are possible: take "
                  "env_config.action_space multi_discrete, or fewer action_choices",
                  (long long)outputs, HFT_NET_OUTPUTS_MAX);
}

static void lay_out(hft_head *head) {
  bool two = head->def.density == HFT_DENSITY_BETA;
  for (int i = 0; i < head->def.axis_count; i++) {
    int32_t choices = head->def.choice_count[i];
    hft_head_axis *axis = &head->axis[i];
    *axis = (hft_head_axis){.index = i,
                            .output = head->outputs,
                            .mask = head->mask_dim,
                            .param = -1,
                            .choices = choices};
    if (choices == 0 && !two) axis->param = head->param_count++;
    head->outputs += choices > 0 ? choices : two ? 2 : 1;
    head->mask_dim += choices;
  }
}

hft_status hft_head_create(const hft_head_def *def, hft_head **out, hft_error *error) {
  *out = NULL;
  hft_status status = check_def(def, error);
  if (status != HFT_OK) return status;
  hft_head *head = calloc(1, sizeof *head);
  if (head == NULL) return hft_fail(error, HFT_ENOMEM, "head", "out of memory");
  head->def = *def;
  lay_out(head);
  *out = head;
  return HFT_OK;
}

void hft_head_free(hft_head *head) {
  free(head);
}

const hft_head_def *hft_head_definition(const hft_head *head) {
  return &head->def;
}

int hft_head_outputs(const hft_head *head) {
  return head->outputs;
}

int hft_head_mask_dim(const hft_head *head) {
  return head->mask_dim;
}

int hft_head_param_count(const hft_head *head) {
  return head->param_count;
}

void hft_head_init(const hft_head *head, float *params) {
  float value = (float)hft_log(head->def.deviation);
  for (int i = 0; i < head->param_count; i++) params[i] = value;
}

// ---- one row -----------------------------------------------------------------------------------

// The env takes numbers alone. A network without finite parameters acts by 0.
static float number_of(float sent) {
  return sent == sent ? sent : 0;
}

float hft_head_sample(const hft_head *head, const float *params, const float *y,
                      const uint8_t *mask, hft_rng *rng, float *raw, float *sent) {
  hft_head_rows of = {head, params, y, mask, raw, 1};
  float log_prob = 0, entropy = 0;
  for (int i = 0; i < head->def.axis_count; i++) {
    const hft_head_axis *axis = &head->axis[i];
    const kind *functions = kind_of(head, axis);
    functions->draw(&of, axis, rng, &raw[i], &sent[i]);
    sent[i] = number_of(sent[i]);
    functions->evaluate(&of, axis, &log_prob, &entropy);
  }
  return log_prob;
}

void hft_head_greedy(const hft_head *head, const float *params, const float *y, const uint8_t *mask,
                     float *sent) {
  hft_head_rows of = {head, params, y, mask, NULL, 1};
  for (int i = 0; i < head->def.axis_count; i++) {
    const hft_head_axis *axis = &head->axis[i];
    sent[i] = number_of(kind_of(head, axis)->mode(&of, axis));
  }
}

// ---- many rows ---------------------------------------------------------------------------------

void hft_head_evaluate(const hft_head *head, const float *params, const float *y,
                       const uint8_t *mask, const float *raw, int rows, float *log_prob,
                       float *entropy) {
  hft_head_rows of = {head, params, y, mask, raw, rows};
  memset(log_prob, 0, (size_t)rows * sizeof *log_prob);
  memset(entropy, 0, (size_t)rows * sizeof *entropy);
  for (int i = 0; i < head->def.axis_count; i++) {
    const hft_head_axis *axis = &head->axis[i];
    kind_of(head, axis)->evaluate(&of, axis, log_prob, entropy);
  }
}

void hft_head_backward(const hft_head *head, const float *params, const float *y,
                       const uint8_t *mask, const float *raw, int rows, const float *dlog,
                       const float *dentropy, float *dy, float *grad) {
  hft_head_rows of = {head, params, y, mask, raw, rows};
  hft_head_slope slope = {dlog, dentropy, dy, grad};
  for (int i = 0; i < head->def.axis_count; i++) {
    const hft_head_axis *axis = &head->axis[i];
    kind_of(head, axis)->backward(&of, axis, &slope);
  }
}
