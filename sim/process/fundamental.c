#include "sim/process/fundamental.h"

#include <math.h>

#include "sim/base/dist.h"
#include "sim/base/math.h"

double hft_ou_integral(double k, double dt) {
  return k * dt < 2e-12 ? dt : -hft_expm1(-k * dt) / k;
}

void hft_ou_transition(double k, double s, double dt, double *decay, double *sd) {
  *decay = hft_exp(-k * dt);
  *sd = s * sqrt(hft_ou_integral(2 * k, dt));
}

static bool is_log(hft_fundamental_kind kind) {
  return kind == HFT_FUNDAMENTAL_JUMP || kind == HFT_FUNDAMENTAL_GEOMETRIC;
}

static bool reverts(hft_fundamental_kind kind) {
  return kind == HFT_FUNDAMENTAL_OU || kind == HFT_FUNDAMENTAL_OU_JUMP;
}

bool hft_fundamental_jumps(const hft_fundamental_spec *spec) {
  return spec->kind == HFT_FUNDAMENTAL_JUMP || spec->kind == HFT_FUNDAMENTAL_OU_JUMP;
}

bool hft_fundamental_is_log(const hft_fundamental_model *model) {
  return is_log(model->spec.kind);
}

void hft_fundamental_compile(const hft_fundamental_spec *spec, hft_fundamental_model *model) {
  *model = (hft_fundamental_model){.spec = *spec, .jump_scale = 1, .grid = {.decay = 1}};
  if (spec->kind == HFT_FUNDAMENTAL_CONSTANT) return;
  double sigma = spec->volatility / sqrt(HFT_DAY_S);
  double rate = hft_fundamental_jumps(spec) ? spec->jumps.rate / HFT_DAY_S : 0;
  if (reverts(spec->kind)) model->speed = spec->mean_reversion_speed;
  if (rate > 0) model->jump_wait_ns = 1e9 / rate;
  if (is_log(spec->kind)) {
    double growth = rate > 0 ? hft_jump_growth(&spec->jumps, 1) : 0;
    model->sigma = sigma;
    model->drift = -0.5 * sigma * sigma - rate * growth;
  } else {
    model->sigma = sigma * spec->initial;
    model->jump_scale = spec->initial;
    model->drift = -rate * spec->initial * hft_jump_mean(&spec->jumps);
  }
  model->grid = hft_fundamental_over(model, (double)spec->step * 1e-9);
}

hft_transition hft_fundamental_over(const hft_fundamental_model *model, double dt) {
  hft_transition over;
  hft_ou_transition(model->speed, model->sigma, dt, &over.decay, &over.sd);
  over.drift = model->drift * hft_ou_integral(model->speed, dt);
  return over;
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

double hft_fundamental_fade(const hft_fundamental_model *model, double time_ns, hft_time end) {
  return model->speed > 0 ? hft_exp(-model->speed * 1e-9 * ((double)end - time_ns)) : 1;
}

// Moves to `end` by the transition over the time until then.
static inline void move(const hft_fundamental_model *model, hft_fundamental *state,
                        const hft_transition *over, hft_time end, double z) {
  state->x = over->decay * state->x + over->drift + over->sd * z;
  while (state->next_jump_ns <= (double)end) {
    double size = model->jump_scale * hft_jump_draw(&model->spec.jumps, &state->jump_rng);
    state->x += size * hft_fundamental_fade(model, state->next_jump_ns, end);
    state->next_jump_ns += model->jump_wait_ns * hft_exponential(&state->jump_rng);
  }
  state->next_step = end + model->spec.step;
}

void hft_fundamental_step(const hft_fundamental_model *model, hft_fundamental *state, double z) {
  move(model, state, &model->grid, state->next_step, z);
}

hft_transition hft_fundamental_varied(const hft_fundamental_model *model, double variance,
                                      double volatility) {
  hft_transition over = model->grid;
  if (is_log(model->spec.kind)) over.drift -= 0.5 * over.sd * over.sd * (variance - 1);
  over.sd *= volatility;
  return over;
}

void hft_fundamental_step_with(const hft_fundamental_model *model, hft_fundamental *state, double z,
                               double variance, double volatility) {
  hft_transition over = hft_fundamental_varied(model, variance, volatility);
  move(model, state, &over, state->next_step, z);
}

double hft_fundamental_settle(const hft_fundamental_model *model, hft_fundamental *state) {
  double initial = model->spec.initial;
  state->value = is_log(model->spec.kind) ? initial * hft_exp(state->x) : initial + state->x;
  return state->value;
}

double hft_fundamental_at(const hft_fundamental_model *model, hft_fundamental *state,
                          hft_time now) {
  if (now < state->next_step) return state->value;
  while (state->next_step <= now) {
    hft_fundamental_step(model, state, hft_normal(&state->diffusion_rng));
  }
  return hft_fundamental_settle(model, state);
}

double hft_fundamental_expected(const hft_fundamental_model *model, double value, hft_time after) {
  if (model->speed <= 0 || after <= 0) return value;
  double initial = model->spec.initial;
  return initial + (value - initial) * hft_exp(-model->speed * 1e-9 * (double)after);
}

double hft_fundamental_leap(const hft_fundamental_model *model, hft_fundamental *state,
                            hft_time to) {
  if (model->spec.kind == HFT_FUNDAMENTAL_CONSTANT) return state->value;
  double dt = (double)(to - (state->next_step - model->spec.step)) * 1e-9;
  hft_transition over = hft_fundamental_over(model, dt);
  move(model, state, &over, to, hft_normal(&state->diffusion_rng));
  return hft_fundamental_settle(model, state);
}
