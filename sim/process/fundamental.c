#include "sim/process/fundamental.h"

#include <math.h>

#include "sim/base/dist.h"
#include "sim/base/math.h"

void hft_ou_transition(double k, double s, double dt, double *decay, double *sd) {
  *decay = hft_exp(-k * dt);
  double variance = k * dt < 1e-12 ? dt : -hft_expm1(-2 * k * dt) / (2 * k);
  *sd = s * sqrt(variance);
}

void hft_fundamental_compile(const hft_fundamental_spec *spec, hft_fundamental_model *model) {
  *model = (hft_fundamental_model){.spec = *spec, .decay = 1};
  double dt = (double)spec->step * 1e-9;
  double sigma = spec->volatility / sqrt(HFT_DAY_S);
  if (spec->kind == HFT_FUNDAMENTAL_OU) {
    hft_ou_transition(spec->mean_reversion_speed, sigma * spec->initial, dt, &model->decay,
                      &model->step_sd);
  } else if (spec->kind == HFT_FUNDAMENTAL_JUMP) {
    double rate = spec->jump_rate / HFT_DAY_S;
    double jump_variance = spec->jump_volatility * spec->jump_volatility;
    double growth = hft_expm1(spec->jump_mean + 0.5 * jump_variance);
    model->step_sd = sigma * sqrt(dt);
    model->step_drift = (-0.5 * sigma * sigma - rate * growth) * dt;
    model->jump_wait_ns = rate > 0 ? 1e9 / rate : 0;
  }
}

void hft_fundamental_start(const hft_fundamental_model *model, hft_fundamental *state,
                           hft_rng diffusion_rng, hft_rng jump_rng) {
  *state = (hft_fundamental){.diffusion_rng = diffusion_rng,
                             .jump_rng = jump_rng,
                             .value = model->spec.initial,
                             .next_step = model->spec.step,
                             .next_jump_ns = INFINITY};
  if (model->spec.kind == HFT_FUNDAMENTAL_CONSTANT) state->next_step = HFT_TIME_NEVER;
  if (model->jump_wait_ns > 0) {
    state->next_jump_ns = model->jump_wait_ns * hft_exponential(&state->jump_rng);
  }
}

static void step_once(const hft_fundamental_model *model, hft_fundamental *state) {
  state->x = model->decay * state->x + model->step_drift +
             model->step_sd * hft_normal(&state->diffusion_rng);
  while (state->next_jump_ns <= (double)state->next_step) {
    state->x += model->spec.jump_mean + model->spec.jump_volatility * hft_normal(&state->jump_rng);
    state->next_jump_ns += model->jump_wait_ns * hft_exponential(&state->jump_rng);
  }
  state->next_step += model->spec.step;
}

double hft_fundamental_at(const hft_fundamental_model *model, hft_fundamental *state,
                          hft_time now) {
  if (now < state->next_step) return state->value;
  while (state->next_step <= now) step_once(model, state);
  double initial = model->spec.initial;
  state->value =
      model->spec.kind == HFT_FUNDAMENTAL_JUMP ? initial * hft_exp(state->x) : initial + state->x;
  return state->value;
}
