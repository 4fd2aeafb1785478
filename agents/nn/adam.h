// Adam and AdamW over a vector of parameters (Kingma, Ba 2015; Loshchilov, Hutter 2019).
#ifndef HFTSIM_AGENTS_NN_ADAM_H
#define HFTSIM_AGENTS_NN_ADAM_H

#include <stdint.h>

typedef struct hft_adam {
  double beta1, beta2, epsilon;  // .9, .999, 1e-5
  double weight_decay;           // AdamW's, decoupled; 0: Adam
  int64_t step;                  // updates done
} hft_adam;

// The defaults above.
hft_adam hft_adam_default(void);
// One update of params[count] with learning rate `rate`: m[count] and v[count] are the moments, 0
// at the start. Each gradient is first multiplied by `scale` (1, or what hft_clip_scale tells).
void hft_adam_update(hft_adam *adam, double rate, double scale, int64_t count, const float *grad,
                     float *m, float *v, float *params);
// The norm of grad[count], summed in double in a fixed order.
double hft_norm(const float *grad, int64_t count);
// The factor that clips a gradient of this norm to `most`: min(1, most / norm); 1 where most is 0.
double hft_clip_scale(double norm, double most);

#endif
