#include "sim/market/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/market/state.h"

#define HFT_KEY_STRUCT hft_market_config
static const hft_key market_keys[] = {HFT_MARKET_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_market_section = {"market_config", "the instrument and its fundamental value",
                                        market_keys, sizeof market_keys / sizeof market_keys[0],
                                        sizeof(hft_market_config)};

static hft_status compile_instrument(hft_model *model, hft_error *error) {
  const hft_market_config *config = &model->config;
  double initial = round(config->initial_price / config->tick_size);
  int64_t half = config->window_ticks / 2;
  if (initial < 1 || initial > INT32_MAX / 2) {
    return hft_fail(error, HFT_ECONFIG, "market_config.initial_price",
                    "%g is %.0f ticks of %g; allowed are 1 to %d ticks", config->initial_price,
                    initial, config->tick_size, INT32_MAX / 2);
  }
  int64_t low = (int64_t)initial - half;
  model->instrument = (hft_instrument){
      .tick_size = config->tick_size,
      .initial_price = (hft_price)initial,
      .price_min = (hft_price)(low > 1 ? low : 1),
      .duration = (hft_time)(config->duration_s * 1e9),
  };
  model->instrument.price_max = model->instrument.price_min + (hft_price)config->window_ticks - 1;
  hft_fundamental_spec spec = {
      .kind = (hft_fundamental_kind)config->fundamental,
      .initial = initial,
      .volatility = config->volatility,
      .mean_reversion_speed = config->mean_reversion_speed,
      .jumps = {.law = (hft_jump_law)config->jump_law,
                .rate = config->jump_rate,
                .mean = config->jump_mean,
                .volatility = config->jump_volatility,
                .up_probability = config->jump_up_probability,
                .up_mean = config->jump_up_mean,
                .down_mean = config->jump_down_mean},
      .step = (hft_time)(config->fundamental_step_ms * 1e6),
  };
  hft_fundamental_compile(&spec, &model->fundamental);
  return HFT_OK;
}

// An agent's own key `latency_us`, where it has one and it is not negative, replaces the
// exchange's.
static void set_latency(hft_model *model, hft_participant *self, const void *keys) {
  self->mailbox = -1;
  if (!self->regulated) return;
  self->latency = model->rules.latency;
  self->latency_jitter = model->rules.latency_jitter;
  const hft_key *key = hft_section_find(self->agent_class->section, "latency_us");
  if (key != NULL) {
    HFT_CHECK(key->kind == HFT_KEY_REAL);
    double latency_us = *(const double *)((const char *)keys + key->offset);
    if (latency_us >= 0) self->latency = (hft_time)round(latency_us * 1e3);
  }
  if (self->latency > 0 || self->latency_jitter > 0) self->mailbox = model->mailbox_count++;
}

static hft_status add_participant(hft_model *model, const hft_agent_class *agent_class,
                                  const void *keys, uint32_t stream, bool regulated,
                                  const char *where, hft_error *error) {
  hft_participant *self = &model->participant[model->participant_count];
  self->agent_class = agent_class;
  self->stream = stream;
  size_t params_size = agent_class->params_size;
  self->params = calloc(1, params_size > 0 ? params_size : 1);
  if (self->params == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  model->participant_count++;
  self->regulated = regulated;
  set_latency(model, self, keys);
  if (agent_class->section->size > 0) memcpy(self->params, keys, agent_class->section->size);
  int64_t slots = agent_class->open_orders_max;
  if (slots == 0) {
    const hft_key *key = hft_section_find(agent_class->section, "open_orders_max");
    HFT_CHECK(key != NULL && key->kind == HFT_KEY_INT);
    slots = *(const int64_t *)((const char *)keys + key->offset);
  }
  if (slots < 1 || slots > (int64_t)(HFT_BOOK_ORDERS_MAX - model->slot_count)) {
    return hft_fail(error, HFT_ECONFIG, where, "more than %u open orders in all",
                    HFT_BOOK_ORDERS_MAX);
  }
  self->slot_base = model->slot_count;
  self->slot_count = (uint32_t)slots;
  model->slot_count += (uint32_t)slots;
  if (agent_class->compile == NULL) return HFT_OK;
  return agent_class->compile(self->params, &model->instrument, where, error);
}

static const hft_agent_class *find_class(const hft_agent_class *const *classes, int count,
                                         const hft_section *section) {
  for (int i = 0; i < count; i++) {
    if (classes[i]->section == section) return classes[i];
  }
  return NULL;
}

static hft_status add_list(hft_model *model, const hft_config *config, const char *list,
                           uint32_t stream, bool regulated, const hft_agent_class *const *classes,
                           int class_count, hft_error *error) {
  int count = hft_config_count(config, list);
  for (int i = 0; i < count; i++) {
    const hft_section *section;
    const void *keys = hft_config_item(config, list, i, &section);
    char where[HFT_MARKET_NAME_SIZE];
    snprintf(where, sizeof where, "%s.%d (%s)", list, i, section->name);
    const hft_agent_class *agent_class = find_class(classes, class_count, section);
    if (agent_class == NULL) {
      return hft_fail(error, HFT_ECONFIG, where, "there is no such class of agents here");
    }
    hft_status status =
        add_participant(model, agent_class, keys, stream + (uint32_t)i, regulated, where, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static void lay_out(hft_model *model) {
  size_t count = (size_t)model->participant_count;
  if (model->slot_count == 0) model->slot_count = 1;
  size_t leaves = model->mailbox_count > 0 ? 2 * count : count;
  model->leaf_count = 2;
  while (model->leaf_count < leaves) model->leaf_count *= 2;
  model->book = (hft_book_config){
      .price_min = model->instrument.price_min,
      .ticks = (uint32_t)model->config.window_ticks,
      .order_max = model->slot_count,
  };
  size_t *total = &model->size;
  (void)hft_layout_add(total, sizeof(hft_market));
  model->account_at = hft_layout_add(total, count * sizeof(hft_account));
  model->conduct_at = hft_layout_add(total, count * sizeof(hft_conduct));
  model->mailbox_at = hft_layout_add(total, (size_t)model->mailbox_count * sizeof(hft_mailbox));
  model->rng_at = hft_layout_add(total, count * sizeof(hft_rng));
  model->own_count_at = hft_layout_add(total, count * sizeof(uint32_t));
  model->wake_at = hft_layout_add(total, model->leaf_count * sizeof(hft_wake));
  model->tree_at = hft_layout_add(total, 2 * model->leaf_count * sizeof(uint16_t));
  model->state_start = hft_layout_add(total, 0);
  for (size_t i = 0; i < count; i++) {
    model->participant[i].state_at =
        hft_layout_add(total, model->participant[i].agent_class->state_size);
  }
  model->state_end = *total;
  model->own_at = hft_layout_add(total, model->slot_count * sizeof(uint32_t));
  model->resting_at = hft_layout_add(total, model->slot_count * sizeof(hft_resting));
  model->hidden_at = hft_layout_add(total, model->slot_count * sizeof(hft_hidden));
  model->book_at = hft_layout_add(total, hft_book_size(&model->book));
}

hft_status hft_model_create(const hft_config *config, const hft_agent_class *const *classes,
                            int class_count, const hft_extra_agent *extra, int extra_count,
                            hft_model **out, hft_error *error) {
  int count = hft_config_count(config, "populations") + hft_config_count(config, "agents");
  if (count + extra_count > HFT_PARTICIPANTS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "populations", "%d participants; at most %d are allowed",
                    count + extra_count, HFT_PARTICIPANTS_MAX);
  }
  hft_model *model =
      calloc(1, sizeof *model + (size_t)(count + extra_count) * sizeof(hft_participant));
  if (model == NULL) return hft_fail(error, HFT_ENOMEM, "model", "out of memory");
  model->config = *(const hft_market_config *)hft_config_map(config, "market_config");
  hft_status status = compile_instrument(model, error);
  hft_rules_compile(hft_config_map(config, "exchange_config"), &model->instrument, &model->rules);
  model->has_fees = (model->rules.maker_fee.milli_bps | model->rules.maker_fee.per_lot |
                     model->rules.taker_fee.milli_bps | model->rules.taker_fee.per_lot) != 0;
  if (status == HFT_OK) {
    status = add_list(model, config, "populations", HFT_STREAM_POPULATIONS, false, classes,
                      class_count, error);
  }
  if (status == HFT_OK) {
    status =
        add_list(model, config, "agents", HFT_STREAM_AGENTS, true, classes, class_count, error);
  }
  model->first_extra = (hft_owner)model->participant_count;
  for (int i = 0; i < extra_count && status == HFT_OK; i++) {
    status = add_participant(model, extra[i].agent_class, extra[i].params,
                             HFT_STREAM_EXTRA + (uint32_t)i, true,
                             extra[i].agent_class->section->name, error);
  }
  if (status != HFT_OK) {
    hft_model_free(model);
    return status;
  }
  lay_out(model);
  *out = model;
  return HFT_OK;
}

void hft_model_free(hft_model *model) {
  if (model == NULL) return;
  for (int i = 0; i < model->participant_count; i++) free(model->participant[i].params);
  free(model);
}

const hft_instrument *hft_model_instrument(const hft_model *model) {
  return &model->instrument;
}

const hft_market_config *hft_model_market_config(const hft_model *model) {
  return &model->config;
}

int hft_model_participant_count(const hft_model *model) {
  return model->participant_count;
}

const char *hft_model_participant_name(const hft_model *model, hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return model->participant[owner].agent_class->section->name;
}

hft_owner hft_model_first_extra(const hft_model *model) {
  return model->first_extra;
}
