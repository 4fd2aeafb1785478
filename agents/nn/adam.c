#include "agents/nn/adam.h"

#include <math.h>

#include "agents/nn/elementary.h"
#include "sim/base/math.h"

hft_adam hft_adam_default(void) {
  return (hft_adam){.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-5};
}

// The numbers of one update, as the loop needs them.
typedef struct factors {
  float scale, keep1, new1, keep2, new2, rate, root, epsilon, decay;
} factors;

HFT_CLONES static void update(const factors *of, int64_t count, const float *restrict grad,
                              float *restrict m, float *restrict v, float *restrict params) {
  const factors f = *of;
  for (int64_t i = 0; i < count; i++) {
    float g = grad[i] * f.scale;
    m[i] = f.keep1 * m[i] + f.new1 * g;
    v[i] = f.keep2 * v[i] + f.new2 * (g * g);
    params[i] = f.decay * params[i] - f.rate * m[i] / (sqrtf(v[i]) * f.root + f.epsilon);
  }
}

void hft_adam_update(hft_adam *adam, double rate, double scale, int64_t count, const float *grad,
                     float *m, float *v, float *params) {
  adam->step++;
  double step = (double)adam->step;
  const factors f = {
      .scale = (float)scale,
      .keep1 = (float)adam->beta1,
      .new1 = (float)(1 - adam->beta1),
      .keep2 = (float)adam->beta2,
      .new2 = (float)(1 - adam->beta2),
      .rate = (float)(rate / (1 - hft_pow(adam->beta1, step))),
      .root = (float)(1 / sqrt(1 - hft_pow(adam->beta2, step))),
      .epsilon = (float)adam->epsilon,
      .decay = (float)(1 - rate * adam->weight_decay),
  };
  update(&f, count, grad, m, v, params);
}

// Eight sums side by side, so that they fit vector registers, added up in one fixed order.
HFT_CLONES double hft_norm(const float *grad, int64_t count) {
  double lane[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int k = 0; k < 8; k++) lane[k] += (double)grad[i + k] * (double)grad[i + k];
  }
  for (int k = 0; i < count; i++, k++) lane[k] += (double)grad[i] * (double)grad[i];
  double sum = 0;
  for (int k = 0; k < 8; k++) sum += lane[k];
  return sqrt(sum);
}

double hft_clip_scale(double norm, double most) {
  return most > 0 && norm > most ? most / norm : 1;
}
