#include "sim/env/features/scale.h"

#include <math.h>

#include "sim/base/math.h"
#include "sim/process/fundamental.h"

static const double powers[HFT_SCALE_COUNT] = {1,    0.1,  0.01, 1e-3,  1e-4,  1e-5, 1e-6,
                                               1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12};
static const char *const tick_units[HFT_SCALE_COUNT] = HFT_SCALE_UNITS("ticks");

// The smallest k from `least` on for which 10^-k makes a typical number at most MOST.
#define MOST 2.5
static int power_for(double typical, int least) {
  int k = least;
  while (k < HFT_SCALE_COUNT - 2 && typical * powers[k] > MOST) k++;
  return k;
}

// Standard deviation of the fundamental value in ticks over so many seconds; 0 if it is constant.
static double deviation(const hft_env_model *model, double seconds) {
  const hft_market_config *market = hft_model_market_config(model->market);
  if (market->fundamental == HFT_FUNDAMENTAL_CONSTANT) return 0;
  double price = market->initial_price / market->tick_size;
  return price * market->volatility * sqrt(seconds / HFT_DAY_S);
}

static void set(hft_env_model *model, hft_measure measure, int power) {
  model->scale_power[measure] = power;
  model->scale[measure] = powers[power];
}

float hft_scale_lots_far(int64_t lots) {
  return (float)(0.2 * hft_log1p((double)lots));
}

void hft_scale_compile(hft_env_model *model, const hft_env_model *base) {
  for (int lots = 0; lots < HFT_SIZES_TABLE; lots++) {
    model->log_size[lots] = hft_scale_lots_far(lots);
  }
  if (base != NULL) {
    for (int i = 0; i < HFT_MEASURE_COUNT; i++) set(model, (hft_measure)i, base->scale_power[i]);
    return;
  }
  double step_s = 1e-9 * (double)model->spec.decision;
  double episode_s = step_s * (double)model->spec.episode_len;
  // Books are about as wide as the value moves within some seconds. Their prices are whole ticks,
  // so nothing is scaled by more than 0.1, however still the value is.
  int distance = power_for(deviation(model, 16), 1);
  int back = power_for(deviation(model, 32 * step_s), 1);
  int drift = power_for(deviation(model, episode_s), 1);
  set(model, HFT_MEASURE_DISTANCE, distance);
  set(model, HFT_MEASURE_RETURN, back);
  set(model, HFT_MEASURE_VOLATILITY, power_for(deviation(model, step_s), 0));
  set(model, HFT_MEASURE_DRIFT, drift);
  // Positions are some orders.
  set(model, HFT_MEASURE_GAIN, drift + 1);
}

const char *hft_scale_pick(const hft_env_model *model, hft_measure measure,
                           const char *const *sizes) {
  return sizes[model->scale_power[measure]];
}

const char *hft_scale_unit(const hft_env_model *model, hft_measure measure) {
  return hft_scale_pick(model, measure, tick_units);
}
