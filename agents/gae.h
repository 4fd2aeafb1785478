// Generalised advantage estimates (Schulman and others 2016, "High-Dimensional Continuous Control
// Using Generalized Advantage Estimation", eq. 16).
#ifndef HFTSIM_AGENTS_GAE_H
#define HFTSIM_AGENTS_GAE_H

#include <stdint.h>

// The steps of many lanes (seats of envs). Arrays are [steps][lanes]; the caller's.
typedef struct hft_gae {
  int steps, lanes;
  double gamma, lambda;
  const float *reward;
  const float *value;  // [steps + 1][lanes]: before each step, and after the last one
  // 1: the next step belongs to the same life of the seat. Otherwise the life, or the episode, has
  // ended in this step, and what comes after it is worth `final_value`.
  const uint8_t *goes_on;
  const float *final_value;
} hft_gae;

// Writes advantage[steps][lanes]:
//   delta_t = r_t + gamma V_{t+1} - V_t,  A_t = delta_t + gamma lambda goes_on_t A_{t+1}
// The advantages of `from` .. `to` - 1 of the lanes, so that threads can share them.
void hft_gae_estimate(const hft_gae *gae, int from, int to, float *advantage);

#endif
