// Inside of sim/env: the scales of observed numbers. Distances, returns and gains are observed in
// ticks times a power of ten that makes them about 1 in the market of the config. It follows from
// the config alone: from the volatility of the fundamental value in ticks.
#ifndef HFTSIM_SIM_ENV_FEATURES_SCALE_H
#define HFTSIM_SIM_ENV_FEATURES_SCALE_H

#include "sim/env/state.h"

// Sets the scales of a model whose market, episode and reference are set; with a base they are
// those of the base, so that all variants of a config are observed in the same units.
void hft_scale_compile(hft_env_model *model, const hft_env_model *base);

// The factor by which a number in that measure is multiplied: 10^-k.
static inline double hft_scale_of(const hft_env_model *model, hft_measure measure) {
  return model->scale[measure];
}
// The unit of the scaled number: "0.1 x ticks".
const char *hft_scale_unit(const hft_env_model *model, hft_measure measure);
// The same for HFT_MEASURE_GAIN divided by the seat's own size, as the role calls it: `sizes` is a
// table by HFT_SCALE_UNITS.
const char *hft_scale_pick(const hft_env_model *model, hft_measure measure,
                           const char *const *sizes);

// The units of one measure for k = 0, 1 ..: a table for hft_scale_pick.
#define HFT_SCALE_COUNT 13
#define HFT_SCALE_UNITS(unit)                                                             \
  {                                                                                       \
    unit, "0.1 x " unit, "0.01 x " unit, "0.001 x " unit, "1e-4 x " unit, "1e-5 x " unit, \
        "1e-6 x " unit, "1e-7 x " unit, "1e-8 x " unit, "1e-9 x " unit, "1e-10 x " unit,  \
        "1e-11 x " unit, "1e-12 x " unit                                                  \
  }

// Lots of a level or a queue are observed as 0.2 ln(1 + lots).
#define HFT_SCALE_LOTS "0.2 ln(1 + lots)"
// The queue of an order that does not rest.
#define HFT_SCALE_NO_QUEUE (-0.2)

// 0.2 ln(1 + lots), computed.
float hft_scale_lots_far(int64_t lots);

// The same, for lots below HFT_SIZES_TABLE from the model's table.
static inline float hft_scale_lots(const hft_env_model *model, int64_t lots) {
  return lots < HFT_SIZES_TABLE ? model->log_size[lots] : hft_scale_lots_far(lots);
}
// Lots ahead of an order; negative: the order does not rest.
static inline double hft_scale_queue(const hft_env_model *model, int64_t ahead) {
  return ahead < 0 ? HFT_SCALE_NO_QUEUE : (double)hft_scale_lots(model, ahead);
}
// Bounds of the two: a level has at most INT32_MAX lots, of which 0.2 ln(1 + lots) is this.
#define HFT_SCALE_LOTS_MAX 4.2975125194716609
#define HFT_SCALE_LOTS_BOUNDS ((hft_bounds){0, HFT_SCALE_LOTS_MAX})
#define HFT_SCALE_QUEUE_BOUNDS ((hft_bounds){HFT_SCALE_NO_QUEUE, HFT_SCALE_LOTS_MAX})

#endif
