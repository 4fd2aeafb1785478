// The head of a policy network: a distribution over a seat's action for each row of the network's
// outputs, with log-probability, entropy and their gradients. An action has axes; an axis is a
// number or a choice, as hft_group.choice_count tells, so a head covers boxes, (multi-)discrete
// actions with masks, and mixtures of both.
//   numbers, all of the density of the head's definition:
//     gaussian   mean from the network, standard deviation a free parameter of the axis; the env
//                clips the sample to [-1, 1]; log-probabilities are those before clipping
//     squashed   tanh of such a Gaussian (Haarnoja and others 2018, appendix C)
//     beta       2 x Beta(a, b) - 1 with a, b = 1 + softplus(outputs) (Chou, Maturana, Scherer
//                2017)
//   choices: categorical of logits; what the mask forbids has probability 0 and no gradient
// Log-probabilities of numbers are densities over what is sent, so that those of squashed and beta
// integrate to 1 over [-1, 1].
// A row of outputs has, axis by axis: gaussian and squashed 1, the mean before tanh; beta 2, those
// of a and of b; a choice its logits. Means beyond +-1e6, those of beta beyond +-1e5 and logarithms
// of deviations outside [-10, 5] count as these bounds, without gradient, and logits beyond +-1e20
// as those. So log-probabilities, entropies and gradients are finite for any outputs but NaN. NaN
// makes log-probabilities NaN, and is sent as 0 or as a choice that is allowed.
#ifndef HFTSIM_AGENTS_NN_HEAD_H
#define HFTSIM_AGENTS_NN_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/status.h"
#include "sim/env/env.h"

typedef enum hft_density {
  HFT_DENSITY_GAUSSIAN,
  HFT_DENSITY_SQUASHED,
  HFT_DENSITY_BETA
} hft_density;

// Plain data. Axes are those of an action as it is sent: of a discrete action one choice.
typedef struct hft_head_def {
  int axis_count;                      // numbers in an action (hft_group.action_dim)
  int32_t choice_count[HFT_AXES_MAX];  // 0: the axis is a number
  hft_density density;
  double deviation;  // initial standard deviation of gaussian and squashed axes
} hft_head_def;

typedef struct hft_head hft_head;

// The definition for the seats of a group: axes, choices. `space` is the spec's action space.
hft_head_def hft_head_of_group(const hft_group *group, hft_action_space space, hft_density density,
                               double deviation);
// EINVAL: a number out of range, more than HFT_NET_OUTPUTS_MAX outputs; ENOMEM. The caller frees
// *out with hft_head_free.
hft_status hft_head_create(const hft_head_def *def, hft_head **out, hft_error *error);
// Null is ignored.
void hft_head_free(hft_head *head);
const hft_head_def *hft_head_definition(const hft_head *head);
// Outputs that the network must have, and bytes of a row's mask: the sum of choice_count.
int hft_head_outputs(const hft_head *head);
int hft_head_mask_dim(const hft_head *head);
// Free parameters: the logarithm of the standard deviation of each gaussian or squashed axis, in
// the order of the axes. hft_head_init writes their initial values.
int hft_head_param_count(const hft_head *head);
void hft_head_init(const hft_head *head, float *params);

// Draws an action. raw[axis_count] is what log-probabilities are taken of, and what is stored for
// training (a Gaussian before tanh; Beta's in (0, 1); the number of a choice); sent[axis_count] is
// what the env gets as numbers (a choice: its whole number). Returns the log-probability, with the
// bits of hft_head_evaluate. mask[mask_dim]; null: all choices are allowed, as they are of an axis
// of which it forbids all. The bits depend on the arguments alone, not on the machine.
float hft_head_sample(const hft_head *head, const float *params, const float *y,
                      const uint8_t *mask, hft_rng *rng, float *raw, float *sent);
// The action without exploration: the mean (squashed: tanh of the mean before it; gaussian: not
// clipped), or the most probable choice, the first of equals. The same bits on every machine.
void hft_head_greedy(const hft_head *head, const float *params, const float *y, const uint8_t *mask,
                     float *sent);
// Writes log_prob[rows] and entropy[rows] (of a squashed axis: of the Gaussian before tanh) of
// stored actions raw[rows][axis_count]. y [rows][outputs], mask [rows][mask_dim] or null. The bits
// of a row do not depend on the others.
void hft_head_evaluate(const hft_head *head, const float *params, const float *y,
                       const uint8_t *mask, const float *raw, int rows, float *log_prob,
                       float *entropy);
// Gradients of a loss whose derivatives by log_prob and entropy are dlog[rows] and dentropy[rows]:
// writes dy[rows][outputs], adds to grad[param_count].
void hft_head_backward(const hft_head *head, const float *params, const float *y,
                       const uint8_t *mask, const float *raw, int rows, const float *dlog,
                       const float *dentropy, float *dy, float *grad);

#endif
