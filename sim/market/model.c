#include "sim/market/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/market/state.h"

#define HFT_KEY_STRUCT hft_market_config
static const hft_key market_keys[] = {HFT_MARKET_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_market_section = {"market_config", "the instrument and its fundamental value",
                                        market_keys, sizeof market_keys / sizeof market_keys[0],
                                        sizeof(hft_market_config)};

// Plans the evaluations of the fundamental values in a sliced run. All instruments have the same
// law, and each pair of their diffusions the same correlation. The values step together, and jumps
// are drawn one by one. A step cannot be interrupted: it may not have too many jumps, and a sliced
// run evaluates the values after this many steps at the latest.
#define GRID_JUMPS_MAX 65536
#define LOOK_WORK 256
#define STEPS_OF_WORK 16    // steps of one value in a unit of work
#define STOCHASTIC_STEPS 4  // the same with a stochastic variance

static hft_status plan_looks(hft_model *model, const hft_fundamental_spec *spec, hft_error *error) {
  double count = model->instrument_count;
  double rate = spec->jumps.rate * hft_fundamental_jumps(spec) + model->config.common_jump_rate;
  double jumps = count * rate / HFT_DAY_S * (double)spec->step * 1e-9;
  if (jumps > GRID_JUMPS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "market_config.fundamental_step_ms",
                    "%.3g jumps of all values in a step of %g ms; at most %d are allowed: a "
                    "shorter step or lower rates would do",
                    jumps, model->config.fundamental_step_ms, GRID_JUMPS_MAX);
  }
  double at_once = model->config.volatility_of_volatility > 0 ? STOCHASTIC_STEPS : STEPS_OF_WORK;
  double work = count / at_once + jumps, steps = floor(LOOK_WORK / work) + 1;
  if (steps > LOOK_WORK * STEPS_OF_WORK) steps = LOOK_WORK * STEPS_OF_WORK;
  model->look_time = (hft_time)steps * spec->step;
  model->look_work = 1 + (int64_t)(steps * work);
  return HFT_OK;
}

static hft_status set_activity(const hft_market_config *config, hft_activity_spec *spec,
                               hft_error *error) {
  const hft_list *horizons = &config->volatility_horizons_s;
  if (horizons->count > HFT_ACTIVITY_HORIZONS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "market_config.volatility_horizons_s",
                    "%lld horizons; at most %d are allowed", (long long)horizons->count,
                    HFT_ACTIVITY_HORIZONS_MAX);
  }
  *spec = (hft_activity_spec){.sd = config->volatility_of_volatility,
                              .count = (int)horizons->count,
                              .hurst = config->volatility_roughness,
                              .leverage = config->leverage};
  for (int k = 0; k < spec->count; k++) spec->horizon_s[k] = horizons->value[k];
  return HFT_OK;
}

static hft_status compile_fundamental(hft_model *model, const hft_fundamental_spec *spec,
                                      hft_error *error) {
  int count = model->instrument_count;
  hft_fundamental_spec specs[HFT_BASKET_MAX];
  double correlation[HFT_BASKET_MAX * HFT_BASKET_MAX];
  for (int i = 0; i < count; i++) {
    specs[i] = *spec;
    for (int j = 0; j < count; j++) {
      correlation[i * count + j] = i == j ? 1 : model->config.correlation;
    }
  }
  hft_jumps common = spec->jumps;
  common.rate = model->config.common_jump_rate;
  hft_basket_spec basket = {
      .count = count,
      .spec = specs,
      .correlation = model->config.correlation != 0 ? correlation : NULL,
      .common = common,
  };
  model->fundamental = calloc(1, sizeof *model->fundamental);
  if (model->fundamental == NULL) return hft_fail(error, HFT_ENOMEM, "model", "out of memory");
  hft_status status = set_activity(&model->config, &basket.activity, error);
  if (status == HFT_OK) status = plan_looks(model, spec, error);
  return status == HFT_OK ? hft_basket_compile(&basket, model->fundamental, error) : status;
}

static hft_status compile_instrument(hft_model *model, hft_error *error) {
  const hft_market_config *config = &model->config;
  model->instrument_count = (int)config->instruments;
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
      .order_qty_max = (hft_qty)config->order_qty_max,
      .count = model->instrument_count,
  };
  model->instrument.price_max = model->instrument.price_min + (hft_price)config->window_ticks - 1;
  double value = (double)config->order_qty_max * (double)model->instrument.price_max;
  if (value > HFT_ORDER_VALUE_MAX) {
    return hft_fail(error, HFT_ECONFIG, "market_config.order_qty_max",
                    "%lld lots at up to %d ticks are %.3g ticks x lots; allowed are %.0e",
                    (long long)config->order_qty_max, model->instrument.price_max, value,
                    HFT_ORDER_VALUE_MAX);
  }
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
  return compile_fundamental(model, &spec, error);
}

// An agent's own key `latency_us`, if it has one and it is not negative, replaces that of the
// exchange.
static void set_latency(hft_model *model, hft_participant *self, const void *keys) {
  self->mailbox = -1;
  if (!self->regulated) return;
  self->latency = model->rules.latency;
  self->latency_jitter = model->rules.latency_jitter;
  const hft_param own = self->agent_class->key.latency_us;
  double latency_us = own.exists ? hft_param_real(own, keys) : -1;
  if (latency_us >= 0) self->latency = (hft_time)round(latency_us * 1e3);
  if (self->latency > 0 || self->latency_jitter > 0) self->mailbox = model->mailbox_count++;
}

// Sets the instrument of an agent from its key `instrument`, if its class has one.
static hft_status set_instrument(const hft_model *model, hft_participant *self, const void *keys,
                                 const char *where, hft_error *error) {
  const hft_param own = self->agent_class->key.instrument;
  if (!own.exists) return HFT_OK;
  int64_t instrument = hft_param_int(own, keys);
  if (instrument < 0 || instrument >= model->instrument_count) {
    return hft_fail(error, HFT_ECONFIG, where, "instrument: %lld out of range [0, %d]",
                    (long long)instrument, model->instrument_count - 1);
  }
  self->instrument = (int)instrument;
  return HFT_OK;
}

// The needs of a participant, from its measure function, its class or its key `open_orders_max`.
static hft_needs measure(const hft_agent_class *agent_class, const void *params) {
  if (agent_class->measure != NULL) return agent_class->measure(params);
  hft_needs needs = {.state_size = agent_class->state_size,
                     .open_orders_max = agent_class->open_orders_max};
  if (needs.open_orders_max == 0) {
    HFT_CHECK(agent_class->key.open_orders_max.exists);
    needs.open_orders_max = hft_param_int(agent_class->key.open_orders_max, params);
  }
  return needs;
}

// Whether its keys name a file.
// Properties of a participant that depend on its list.
typedef struct origin {
  uint32_t stream;
  int instrument;
  bool regulated;
} origin;

static hft_status add_participant(hft_model *model, const hft_agent_class *agent_class,
                                  const void *keys, origin from, const char *where,
                                  hft_error *error) {
  hft_participant *self = &model->participant[model->participant_count];
  self->agent_class = agent_class;
  self->stream = from.stream;
  size_t params_size = agent_class->params_size;
  self->params = calloc(1, params_size > 0 ? params_size : 1);
  if (self->params == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  model->participant_count++;
  self->regulated = from.regulated;
  self->instrument = from.instrument;
  set_latency(model, self, keys);
  if (agent_class->section->size > 0) memcpy(self->params, keys, agent_class->section->size);
  if (agent_class->compile != NULL) {
    hft_status status = agent_class->compile(self->params, &model->instrument, where, error);
    if (status != HFT_OK) return status;
  }
  const hft_needs needs = measure(agent_class, self->params);
  self->state_size = needs.state_size;
  model->bytes += params_size + needs.model_bytes;
  HFT_CHECK(needs.content != 0 || !hft_section_names_file(agent_class->section, self->params));
  if (needs.content != 0) model->content = hft_hash_u64(model->content, needs.content);
  if (!from.regulated) model->worlds = needs.worlds > 0 ? model->worlds * needs.worlds : INFINITY;
  if (needs.worlds > 0 && needs.history < model->history) model->history = needs.history;
  int64_t slots = needs.open_orders_max;
  if (slots < 1 || slots > (int64_t)(HFT_BOOK_ORDERS_MAX - model->slot_count)) {
    return hft_fail(error, HFT_ECONFIG, where, "more than %u open orders in all",
                    HFT_BOOK_ORDERS_MAX);
  }
  self->slot_base = model->slot_count;
  self->slot_count = (uint32_t)slots;
  model->slot_count += (uint32_t)slots;
  return from.regulated ? set_instrument(model, self, keys, where, error) : HFT_OK;
}

static const hft_agent_class *find_class(const hft_agent_class *const *classes, int count,
                                         const hft_section *section) {
  for (int i = 0; i < count; i++) {
    if (classes[i]->section == section) return classes[i];
  }
  return NULL;
}

static hft_status add_list(hft_model *model, const hft_config *config, const char *list,
                           origin from, const hft_agent_class *const *classes, int class_count,
                           hft_error *error) {
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
    hft_status status = add_participant(model, agent_class, keys, from, where, error);
    if (status != HFT_OK) return status;
    from.stream++;
  }
  return HFT_OK;
}

// Adds the populations of each instrument. They use the same slots in the pools of their
// instruments.
static hft_status add_populations(hft_model *model, const hft_config *config,
                                  const hft_agent_class *const *classes, int class_count,
                                  hft_error *error) {
  for (int i = 0; i < model->instrument_count; i++) {
    model->slot_count = 0;
    const origin from = {HFT_STREAM_POPULATIONS + (uint32_t)i * HFT_PARTICIPANTS_MAX, i, false};
    hft_status status = add_list(model, config, "populations", from, classes, class_count, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// Notes the participants to whose requests no rule but fees applies.
static void note_plain(hft_model *model) {
  const hft_rules *rules = &model->rules;
  for (int i = 0; i < model->participant_count; i++) {
    hft_participant *self = &model->participant[i];
    bool ruled = self->regulated && (rules->checks || rules->self_trade != HFT_SELF_TRADE_OFF);
    self->plain = !rules->has_auctions && rules->max_drawdown == 0 && !ruled && self->mailbox < 0;
    self->skips_post_trade = self->plain && !model->has_post_trade;
  }
}

// Links the participants with a mid callback, in the order of participants.
static void note_listeners(hft_model *model) {
  model->has_post_trade = model->rules.max_drawdown != 0;
  for (int i = 0; i < HFT_BASKET_MAX; i++) model->first_mid[i] = -1;
  for (int i = model->participant_count - 1; i >= 0; i--) {
    hft_participant *self = &model->participant[i];
    self->next_mid = -1;
    if (self->agent_class->mid == NULL) continue;
    self->next_mid = model->first_mid[self->instrument];
    model->first_mid[self->instrument] = i;
    model->has_post_trade = true;
  }
}

// Sets volume_max so that no sum overflows. Cash is at most lots x price of all trades; an
// account's value and its captured spread are at most twice that; fees are a multiple in their own
// unit. Up to volume_max each uses at most a quarter of the 64-bit range, which leaves room for one
// more order or one auction of all orders.
static hft_status limit_volume(hft_model *model, hft_error *error) {
  const hft_rules *rules = &model->rules;
  double highest = model->instrument.price_max;
  double fees =
      (fabs((double)rules->maker_fee.milli_bps) + fabs((double)rules->taker_fee.milli_bps)) / 1000 +
      (fabs((double)rules->maker_fee.per_lot) + fabs((double)rules->taker_fee.per_lot)) / highest;
  model->volume_max = (int64_t)(0x1p60 / highest / fmax(1, fees / 2));
  double auction = (double)model->slot_count * (double)model->config.order_qty_max;
  if (!rules->has_auctions || auction <= (double)model->volume_max) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "market_config.order_qty_max",
                  "an auction of %u orders of %lld lots could pass the %lld lots that may trade",
                  model->slot_count, (long long)model->config.order_qty_max,
                  (long long)model->volume_max);
}

static void lay_out(hft_model *model) {
  size_t count = (size_t)model->participant_count;
  if (model->slot_count == 0) model->slot_count = 1;
  for (size_t i = 0; i < count; i++) {
    if (model->participant[i].agent_class->wake != NULL) model->waker_count = (uint32_t)i + 1;
  }
  size_t leaves = model->waker_count + (model->mailbox_count > 0 ? count : 0);
  model->auction_leaf = (uint32_t)leaves;
  if (model->rules.has_auctions) leaves += (size_t)model->instrument_count;
  model->leaf_count = 4;
  while (model->leaf_count < leaves) model->leaf_count *= 4;
  HFT_CHECK(model->leaf_count <= HFT_LEAVES_MAX);
  model->book = (hft_book_config){
      .price_min = model->instrument.price_min,
      .ticks = (uint32_t)model->config.window_ticks,
      .order_max = model->slot_count,
  };
  model->auction_book = model->book;
  model->auction_book.price_min--;
  model->auction_book.ticks += 2;
  size_t *total = &model->size;
  (void)hft_layout_add(total, sizeof(hft_market));
  model->risk_state_at = hft_layout_add(total, count * sizeof(hft_risk_state));
  model->mailbox_at = hft_layout_add(total, (size_t)model->mailbox_count * sizeof(hft_mailbox));
  model->fundamental_at = hft_layout_add(total, hft_basket_size(model->fundamental));
  model->tree_at = hft_layout_add(total, (size_t)2 * model->leaf_count * sizeof(hft_wake));
  model->state_start = hft_layout_add(total, 0);
  for (size_t i = 0; i < count; i++) {
    hft_participant *self = &model->participant[i];
    self->rng_at = hft_layout_add(total, sizeof(hft_rng) + self->state_size);
  }
  model->state_end = *total;
  size_t *part = &model->instrument_size;
  (void)hft_layout_add(part, sizeof(hft_instrument_state));
  model->account_at = hft_layout_add(part, count * sizeof(hft_account));
  model->own_count_at = hft_layout_add(part, count * sizeof(uint32_t));
  model->own_at = hft_layout_add(part, model->slot_count * sizeof(uint32_t));
  model->resting_at = hft_layout_add(part, model->slot_count * sizeof(hft_resting));
  model->hidden_at = hft_layout_add(part, model->slot_count * sizeof(hft_hidden));
  model->book_at = hft_layout_add(part, hft_book_size(&model->book));
  if (model->rules.has_auctions) {
    model->auction_at = hft_layout_add(part, sizeof(hft_auction));
    model->auction_book_at[HFT_BID] = hft_layout_add(part, hft_book_size(&model->auction_book));
    model->auction_book_at[HFT_ASK] = hft_layout_add(part, hft_book_size(&model->auction_book));
    model->before_at = hft_layout_add(part, model->book.ticks * sizeof(int64_t));
  }
  model->instrument_size = hft_align(model->instrument_size);
  model->instruments_at =
      hft_layout_add(total, (size_t)model->instrument_count * model->instrument_size);
}

hft_status hft_model_create(const hft_config *config, const hft_agent_class *const *classes,
                            int class_count, const hft_extra_agent *extra, int extra_count,
                            hft_model **out, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  int count = (int)market->instruments * hft_config_count(config, "populations") +
              hft_config_count(config, "agents");
  if (count + extra_count > HFT_PARTICIPANTS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "populations", "%d participants; at most %d are allowed",
                    count + extra_count, HFT_PARTICIPANTS_MAX);
  }
  size_t size = sizeof(hft_model) + (size_t)(count + extra_count) * sizeof(hft_participant);
  hft_model *model = calloc(1, size);
  if (model == NULL) return hft_fail(error, HFT_ENOMEM, "model", "out of memory");
  model->bytes = size + sizeof *model->fundamental;
  model->config = *market;
  model->worlds = 1;
  model->history = HFT_TIME_NEVER;
  hft_status status = compile_instrument(model, error);
  if (status == HFT_OK) {
    status = hft_rules_compile(hft_config_map(config, "exchange_config"), &model->instrument,
                               &model->rules, error);
    model->instrument.has_auctions = model->rules.has_auctions;
  }
  model->has_fees = (model->rules.maker_fee.milli_bps | model->rules.maker_fee.per_lot |
                     model->rules.taker_fee.milli_bps | model->rules.taker_fee.per_lot) != 0;
  if (status == HFT_OK) status = add_populations(model, config, classes, class_count, error);
  if (status == HFT_OK) {
    const origin from = {HFT_STREAM_AGENTS, 0, true};
    status = add_list(model, config, "agents", from, classes, class_count, error);
  }
  model->first_extra = (hft_owner)model->participant_count;
  for (int i = 0; i < extra_count && status == HFT_OK; i++) {
    HFT_CHECK(extra[i].instrument >= 0 && extra[i].instrument < model->instrument_count);
    const origin from = {HFT_STREAM_EXTRA + (uint32_t)i, extra[i].instrument, true};
    const char *where = extra[i].where;
    if (where == NULL) where = extra[i].agent_class->section->name;
    status = add_participant(model, extra[i].agent_class, extra[i].params, from, where, error);
  }
  if (status == HFT_OK) status = limit_volume(model, error);
  if (status != HFT_OK) {
    hft_model_free(model);
    return status;
  }
  note_listeners(model);
  note_plain(model);
  lay_out(model);
  *out = model;
  return HFT_OK;
}

size_t hft_model_bytes(const hft_model *model) {
  return model->bytes;
}

uint64_t hft_model_content(const hft_model *model) {
  return model->content;
}

double hft_model_worlds(const hft_model *model) {
  return model->worlds;
}

hft_time hft_model_history(const hft_model *model) {
  return model->history;
}

void hft_model_free(hft_model *model) {
  if (model == NULL) return;
  for (int i = 0; i < model->participant_count; i++) {
    const hft_participant *self = &model->participant[i];
    if (self->agent_class->release != NULL) self->agent_class->release(self->params);
    free(self->params);
  }
  free(model->fundamental);
  free(model);
}

const hft_instrument *hft_model_instrument(const hft_model *model) {
  return &model->instrument;
}

const hft_market_config *hft_model_market_config(const hft_model *model) {
  return &model->config;
}

int64_t hft_model_volume_max(const hft_model *model) {
  return model->volume_max;
}

int hft_model_instrument_count(const hft_model *model) {
  return model->instrument_count;
}

void hft_model_symbol(const hft_model *model, int instrument, char *text, size_t size) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  if (model->instrument_count == 1) {
    snprintf(text, size, "%s", model->config.symbol.text);
  } else {
    snprintf(text, size, "%s%d", model->config.symbol.text, instrument + 1);
  }
}

const hft_basket_model *hft_model_basket(const hft_model *model) {
  return model->fundamental;
}

bool hft_model_has_auctions(const hft_model *model) {
  return model->rules.has_auctions;
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
