#include "sim/process/basket.h"

#include <math.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/process/correlation.h"

// The correlation of two diffusions over one step, given rho of their normals. Different reversion
// speeds reduce it: Cov = rho s_i s_j (1 - exp(-(k_i + k_j) dt)) / (k_i + k_j).
static double step_correlation(const hft_basket_model *model, int i, int j, double rho) {
  double dt = (double)model->step * 1e-9;
  double ki = model->value[i].speed, kj = model->value[j].speed;
  if (i == j || ki == kj) return rho;
  double own = hft_ou_integral(2 * ki, dt) * hft_ou_integral(2 * kj, dt);
  return rho * hft_ou_integral(ki + kj, dt) / sqrt(own);
}

// LAPACK's kernels, and so the last bits of a factor, differ by CPU. Rounding to multiples of 2^-24
// gives the same paths everywhere and changes a correlation by less than 1e-7.
static void round_factor(double *factor, size_t size) {
  for (size_t i = 0; i < size; i++) factor[i] = nearbyint(factor[i] * 0x1p24) * 0x1p-24;
}

static hft_status compile_correlation(const double *correlation, hft_basket_model *model,
                                      hft_error *error) {
  int n = model->count;
  size_t size = (size_t)n * (size_t)n;
  memcpy(model->factor, correlation, size * sizeof(double));
  hft_status status = hft_correlation_factor(model->factor, n, error);
  if (status != HFT_OK) return status;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      model->factor[i * n + j] = step_correlation(model, i, j, correlation[i * n + j]);
    }
  }
  status = hft_correlation_factor(model->factor, n, error);
  round_factor(model->factor, size);
  model->correlated = true;
  return status;
}

// Common jumps are compensated like an instrument's own jumps.
static hft_status compile_common(const hft_basket_spec *spec, hft_basket_model *model,
                                 hft_error *error) {
  double rate = spec->common.rate / HFT_DAY_S;
  model->common = spec->common;
  model->common_wait_ns = 1e9 / rate;
  for (int i = 0; i < spec->count; i++) {
    double loading = spec->loading != NULL ? spec->loading[i] : 1;
    hft_fundamental_model *value = &model->value[i];
    if (value->spec.kind == HFT_FUNDAMENTAL_CONSTANT) continue;
    model->loading[i] = loading;
    double mean = hft_jump_growth(&spec->common, loading);
    if (!hft_fundamental_is_log(value)) {
      model->loading[i] *= value->jump_scale;
      mean = model->loading[i] * hft_jump_mean(&spec->common);
    }
    if (!isfinite(mean)) {
      return hft_fail(error, HFT_ECONFIG, "common jumps",
                      "instrument %d: the mean of a jump times %g is infinite", i, loading);
    }
    value->drift -= rate * mean;
    value->grid = hft_fundamental_over(value, (double)model->step * 1e-9);
  }
  return HFT_OK;
}

hft_status hft_basket_compile(const hft_basket_spec *spec, hft_basket_model *model,
                              hft_error *error) {
  HFT_CHECK(spec->count >= 1 && spec->count <= HFT_BASKET_MAX);
  memset(model, 0, sizeof *model);
  model->count = spec->count;
  model->step = spec->spec[0].step;
  for (int i = 0; i < spec->count; i++) {
    HFT_CHECK(spec->spec[i].step == model->step);
    hft_fundamental_compile(&spec->spec[i], &model->value[i]);
  }
  if (spec->correlation != NULL) {
    hft_status status = compile_correlation(spec->correlation, model, error);
    if (status != HFT_OK) return status;
  }
  hft_activity_compile(&spec->activity, model->step, &model->activity);
  return spec->common.rate > 0 ? compile_common(spec, model, error) : HFT_OK;
}

size_t hft_basket_size(const hft_basket_model *model) {
  size_t each = sizeof(hft_fundamental);
  if (model->activity.count > 0) each += sizeof(hft_activity);
  return sizeof(hft_basket) + (size_t)model->count * each;
}

static void start_activities(const hft_basket_model *model, hft_basket *basket, uint64_t seed,
                             uint32_t env) {
  const hft_activity_model constant = {.count = 0};
  for (int i = 0; i < model->count; i++) {
    bool moves = model->value[i].spec.kind != HFT_FUNDAMENTAL_CONSTANT;
    hft_activity_start(moves ? &model->activity : &constant, &hft_basket_activity(model, basket)[i],
                       hft_rng_stream(seed, env, HFT_STREAM_ACTIVITY_OF(i)));
  }
}

void hft_basket_start(const hft_basket_model *model, hft_basket *basket, uint64_t seed,
                      uint32_t env) {
  basket->next_step = HFT_TIME_NEVER;
  for (int i = 0; i < model->count; i++) {
    hft_fundamental_start(&model->value[i], &basket->value[i],
                          hft_rng_stream(seed, env, HFT_STREAM_DIFFUSION_OF(i)),
                          hft_rng_stream(seed, env, HFT_STREAM_JUMPS_OF(i)));
    if (basket->value[i].next_step < basket->next_step) {
      basket->next_step = basket->value[i].next_step;
    }
  }
  if (model->activity.count > 0) start_activities(model, basket, seed, env);
  basket->common_rng = hft_rng_stream(seed, env, HFT_STREAM_COMMON_JUMPS);
  basket->next_common_ns = (double)INFINITY;
  if (model->common_wait_ns > 0) {
    basket->next_common_ns = model->common_wait_ns * hft_exponential(&basket->common_rng);
  }
}

// One step of a value with the normal z, and of its variance.
static void step_value(const hft_basket_model *model, hft_basket *basket, int i, double z) {
  if (model->activity.count == 0) {
    hft_fundamental_step(&model->value[i], &basket->value[i], z);
    return;
  }
  hft_activity *activity = &hft_basket_activity(model, basket)[i];
  hft_fundamental_step_with(&model->value[i], &basket->value[i], z, activity->variance,
                            activity->volatility);
  hft_activity_step(&model->activity, activity, z);
}

// A single value needs no correlation.
static void diffuse_one(const hft_basket_model *model, hft_basket *basket) {
  double z = hft_normal(&basket->value[0].diffusion_rng);
  if (model->value[0].spec.kind == HFT_FUNDAMENTAL_CONSTANT) return;
  step_value(model, basket, 0, z);
}

// Draws are taken for constant values too: making a value constant does not change the others'
// paths.
static void diffuse(const hft_basket_model *model, hft_basket *basket) {
  double z[HFT_BASKET_MAX], correlated[HFT_BASKET_MAX];
  for (int i = 0; i < model->count; i++) z[i] = hft_normal(&basket->value[i].diffusion_rng);
  if (model->correlated) hft_correlation_apply(model->factor, model->count, z, correlated);
  for (int i = 0; i < model->count; i++) {
    if (model->value[i].spec.kind == HFT_FUNDAMENTAL_CONSTANT) continue;
    step_value(model, basket, i, model->correlated ? correlated[i] : z[i]);
  }
}

static void jump_together(const hft_basket_model *model, hft_basket *basket, hft_time end) {
  while (basket->next_common_ns <= (double)end) {
    double jump = hft_jump_draw(&model->common, &basket->common_rng);
    for (int i = 0; i < model->count; i++) {
      basket->value[i].x += model->loading[i] * jump *
                            hft_fundamental_fade(&model->value[i], basket->next_common_ns, end);
    }
    basket->next_common_ns += model->common_wait_ns * hft_exponential(&basket->common_rng);
  }
}

void hft_basket_advance(const hft_basket_model *model, hft_basket *basket, hft_time now) {
  while (basket->next_step <= now) {
    if (model->count == 1) {
      diffuse_one(model, basket);
    } else {
      diffuse(model, basket);
    }
    jump_together(model, basket, basket->next_step);
    basket->next_step += model->step;
  }
  for (int i = 0; i < model->count; i++) {
    hft_fundamental_settle(&model->value[i], &basket->value[i]);
  }
}

double hft_basket_expected(const hft_basket_model *model, hft_basket *basket, int instrument,
                           hft_time now, hft_time to) {
  double value = hft_basket_at(model, basket, instrument, now);
  if (to < basket->next_step) return value;
  int64_t steps = (to - basket->next_step) / model->step + 1;
  return hft_fundamental_expected(&model->value[instrument], value, steps * model->step);
}
