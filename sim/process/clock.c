#include "sim/process/clock.h"

#include "sim/base/math.h"

static hft_status compile_kernels(const hft_clock_spec *spec, const char *where,
                                  hft_clock_model *model, hft_error *error) {
  const hft_list *branching = spec->branching, *decay_s = spec->decay_s;
  if (branching->count != decay_s->count || branching->count < 1 ||
      branching->count > HFT_CLOCK_KERNELS_MAX) {
    return hft_fail(
        error, HFT_ECONFIG, where,
        "hawkes_branching has %d values and hawkes_decay_s %d: both need the same number, "
        "1 to %d",
        (int)branching->count, (int)decay_s->count, HFT_CLOCK_KERNELS_MAX);
  }
  double sum = 0;
  model->kernel_count = (int)branching->count;
  for (int k = 0; k < model->kernel_count; k++) {
    model->share[k] = branching->value[k];
    model->decay[k] = 1 / decay_s->value[k];
    model->leap[k] = model->share[k] * model->decay[k];
    sum += model->share[k];
  }
  if (sum >= 1) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "hawkes_branching sums to %g; it must be below 1, or arrivals would multiply "
                    "without end",
                    sum);
  }
  model->base *= 1 - sum;
  for (int part = 0; part < model->part_count; part++) model->steady[part] *= 1 - sum;
  return HFT_OK;
}

hft_status hft_clock_compile(const hft_clock_spec *spec, const char *where, hft_clock_model *model,
                             hft_error *error) {
  *model = (hft_clock_model){.rate = spec->rate, .base = spec->rate};
  model->part_count = (int)spec->profile->count;
  if (model->part_count < 1) {
    return hft_fail(error, HFT_ECONFIG, where, "profile is empty; use [1] for a constant rate");
  }
  model->part = spec->duration / model->part_count;
  if (model->part < 1) model->part = 1;
  for (int part = 0; part < model->part_count; part++) {
    model->pace[part] = spec->profile->value[part];
    model->steady[part] = spec->rate * model->pace[part];
  }
  if (spec->kind == HFT_CLOCK_HAWKES) {
    hft_status status = compile_kernels(spec, where, model, error);
    if (status != HFT_OK) return status;
  }
  model->plain =
      model->kernel_count == 0 && model->part_count == 1 && model->steady[0] == model->rate;
  for (int part = 0; part < model->part_count; part++) {
    if (model->steady[part] > 0) model->to_mark[part] = spec->rate / model->steady[part];
  }
  return HFT_OK;
}

void hft_clock_start(const hft_clock_model *model, hft_clock *clock) {
  *clock = (hft_clock){0};
  for (int k = 0; k < model->kernel_count; k++) {
    // A Hawkes process at its mean: kernel k contributes the share n_k of the rate.
    double steady = 1;
    for (int j = 0; j < model->kernel_count; j++) steady -= model->share[j];
    clock->excitement[k] = model->share[k] * model->base / steady;
  }
}

// An excitement x that decays at rate b has triggered an arrival by time t if the integral x (1 -
// exp(-b t)) / b exceeds an exponential E, that is at t = -log(1 - b E / x) / b; if E is too large,
// never. As t > E / x, most logarithms need not be computed. All times are in the clock's own time.
hft_time hft_clock_set_excited(const hft_clock_model *model, hft_clock *clock, hft_time at,
                               hft_rng *rng) {
  double pace = model->pace[clock->part];
  if (pace == 0) return at;
  double first = (double)(at - clock->set) * 1e-9 * pace;
  for (int k = 0; k < model->kernel_count; k++) {
    double x = clock->excitement[k], e = hft_exponential(rng);
    if (e >= first * x || model->decay[k] * e >= x) continue;
    double wait = -hft_log1p(-model->decay[k] * e / x) / model->decay[k];
    if (wait >= first) continue;
    first = wait;
    clock->cause = HFT_CAUSE_EXCITED;
  }
  return clock->cause == HFT_CAUSE_EXCITED ? clock->set + (hft_time)(first / pace * 1e9) : at;
}

void hft_clock_decay(const hft_clock_model *model, hft_clock *clock, hft_time now, bool arrived) {
  double dt = (double)(now - clock->set) * 1e-9 * model->pace[clock->part];
  for (int k = 0; k < model->kernel_count; k++) {
    clock->excitement[k] *= hft_exp(-model->decay[k] * dt);
    if (arrived) clock->excitement[k] += model->leap[k];
  }
}
