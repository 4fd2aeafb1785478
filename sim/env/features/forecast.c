#include "sim/env/features/forecast.h"

#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/env/features/scale.h"
#include "sim/process/foresight.h"

// The streams of an item's noise; far from those of the market and of the seats.
#define STREAM_OF(item) (0x1000000u + (uint32_t)(item)*HFT_FORESIGHT_STREAMS)

// The forecast of the seats of one item.
struct hft_forecast {
  const hft_seat_item *item;
  size_t at;  // offset of its state in the env
  hft_foresight_model model;
};

static const hft_seat_keys *keys_of(const hft_seat_item *item) {
  return item->keys;
}

static bool is_asked(const hft_seat_item *item) {
  return item->place != HFT_CONTROL_STRATEGY && keys_of(item)->forecast_r2 > 0;
}

static const hft_basket_model *basket_of(const hft_env_model *model) {
  return hft_model_basket(model->market);
}

static hft_foresight *state_of(const hft_env_model *model, const hft_env *env, int k) {
  return (hft_foresight *)((uintptr_t)env + model->forecast[k].at);
}

hft_status hft_forecast_compile(hft_env_model *model, hft_error *error) {
  int count = 0;
  for (int i = 0; i < model->item_count; i++) count += is_asked(&model->item[i]);
  if (count == 0) return HFT_OK;
  model->forecast = calloc((size_t)count, sizeof *model->forecast);
  if (model->forecast == NULL) return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
  for (int i = 0; i < model->item_count; i++) {
    const hft_seat_item *item = &model->item[i];
    if (!is_asked(item)) continue;
    hft_forecast *forecast = &model->forecast[model->forecast_count++];
    forecast->item = item;
    hft_foresight_compile(basket_of(model), keys_of(item)->forecast_r2, keys_of(item)->forecast_s,
                          &forecast->model);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    for (int k = 0; k < count; k++) {
      if (model->forecast[k].item != seat->item) continue;
      seat->forecast = k + 1;
      model->forecasts[seat->group] = true;
    }
  }
  return HFT_OK;
}

void hft_forecast_free(hft_env_model *model) {
  free(model->forecast);
}

void hft_forecast_lay_out(hft_env_model *model) {
  for (int k = 0; k < model->forecast_count; k++) {
    model->forecast[k].at = hft_layout_add(&model->size, hft_foresight_size(basket_of(model)));
  }
}

void hft_forecast_start(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index) {
  for (int k = 0; k < model->forecast_count; k++) {
    hft_foresight_start(basket_of(model), state_of(model, env, k), seed, index,
                        STREAM_OF(model->forecast[k].item - model->item));
  }
}

bool hft_forecast_run_some(const hft_env_model *model, hft_env *env, hft_time now,
                           int64_t *budget) {
  for (int k = 0; k < model->forecast_count; k++) {
    if (!hft_foresight_advance_some(basket_of(model), &model->forecast[k].model,
                                    state_of(model, env, k), now, budget)) {
      return false;
    }
  }
  return true;
}

double hft_forecast_news(const hft_env_model *model, const hft_env *env, int seat, int k) {
  const hft_seat_model *of = &model->seat[seat];
  const hft_foresight *foresight = state_of(model, env, of->forecast - 1);
  int instrument = of->instrument + k;
  return hft_foresight_unforeseen(basket_of(model), foresight, instrument) +
         hft_foresight_revealed(foresight, instrument);
}

void hft_forecast_observe(const hft_env_model *model, const hft_env *env, int seat,
                          hft_fields *fields) {
  const hft_seat_model *of = &model->seat[seat];
  if (!model->forecasts[of->group]) return;
  const char *before = fields->prefix;
  for (int k = 0; k < of->instrument_count; k++) {
    double change = 0;
    char prefix[HFT_NAME_SIZE];
    if (env != NULL && of->forecast > 0) {
      int f = of->forecast - 1;
      change = hft_foresight_change(basket_of(model), &model->forecast[f].model,
                                    state_of(model, env, f), of->instrument + k);
    }
    if (fields->index != NULL && of->instrument_count > 1) {
      hft_fields_prefix(prefix, "%si%d_", before != NULL ? before : "", k);
      fields->prefix = prefix;
    }
    hft_fields_put(fields, "forecast", hft_scale_unit(model, HFT_MEASURE_RETURN),
                   "expected change of the fundamental value over the coming forecast_s, by a "
                   "signal that explains forecast_r2 of its variance; 0 for a seat without one",
                   HFT_BOUNDS_ANY, hft_scale_of(model, HFT_MEASURE_RETURN) * change);
  }
  fields->prefix = before;
}
