#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"
#include "sim/base/version.h"
#include "sim/env/features/observe.h"
#include "sim/env/spec.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

#define HFT_KEY_STRUCT hft_env_config
static const hft_key env_keys[] = {HFT_ENV_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_risk_config
static const hft_key risk_keys[] = {HFT_RISK_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_reward_config
static const hft_key reward_keys[] = {HFT_REWARD_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_env_section = {"env_config", "episodes and observations", env_keys,
                                     COUNT(env_keys), sizeof(hft_env_config)};
const hft_section hft_risk_section = {"risk_config", "limits that end a seat's episode", risk_keys,
                                      COUNT(risk_keys), sizeof(hft_risk_config)};
const hft_section hft_reward_section = {"reward_config", "what a seat is rewarded for", reward_keys,
                                        COUNT(reward_keys), sizeof(hft_reward_config)};

const hft_section *const hft_seat_sections[HFT_ROLE_COUNT] = {
    &hft_maker_seat_section, &hft_executor_seat_section, &hft_taker_seat_section,
    &hft_portfolio_seat_section};

static int role_of(const hft_section *section) {
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    if (hft_seat_sections[role] == section) return role;
  }
  return -1;
}

// One seat of an item of the config's list.
static hft_status add_seat(hft_env_model *model, hft_group *group, const void *keys,
                           const hft_section *section, hft_error *error) {
  if (model->spec.seat_count == HFT_SEATS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "seats", "more than %d seats", HFT_SEATS_MAX);
  }
  int s = model->spec.seat_count++;
  hft_seat_model *seat = &model->seat[s];
  seat->role = group->role;
  seat->group = model->spec.group_count;
  seat->index = group->seat_count++;
  model->seat_of_rank[s] = s;
  memcpy(&seat->keys, keys, section->size);
  const hft_role_class *role = hft_role_class_of(seat->role);
  seat->holding = role->holding != NULL ? role->holding(&seat->keys) : 0;
  seat->begun = seat->holding - (role->parent != NULL ? role->parent(&seat->keys) : 0);
  const hft_key *key = hft_section_find(section, "instrument");
  if (key != NULL) {
    int64_t instrument = *(const int64_t *)((const char *)&seat->keys + key->offset);
    seat->instrument = (int)instrument;
  }
  seat->instrument_count = role->all_instruments ? model->instrument_count : 1;
  return HFT_OK;
}

static hft_status add_item(hft_env_model *model, hft_group *group, const void *keys,
                           const hft_section *section, hft_error *error) {
  const hft_role_class *role = hft_role_class_of(group->role);
  if (role->check != NULL) {
    char where[HFT_NAME_SIZE];
    snprintf(where, sizeof where, "seats.%s", section->name);
    hft_status status = role->check(keys, where, error);
    if (status != HFT_OK) return status;
  }
  int64_t seats =
      *(const int64_t *)((const char *)keys + hft_section_find(section, "count")->offset);
  for (int64_t k = 0; k < seats; k++) {
    hft_status status = add_seat(model, group, keys, section, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// The seats of the config, grouped by role in the order of the roles.
static hft_status collect_seats(hft_env_model *model, const hft_config *config, hft_error *error) {
  int count = hft_config_count(config, "seats");
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    hft_group *group = &model->spec.group[model->spec.group_count];
    *group = (hft_group){.role = (hft_role)role,
                         .role_name = hft_role_name((hft_role)role),
                         .first_seat = model->spec.seat_count};
    for (int i = 0; i < count; i++) {
      const hft_section *section;
      const void *keys = hft_config_item(config, "seats", i, &section);
      if (role_of(section) != role) continue;
      hft_status status = add_item(model, group, keys, section, error);
      if (status != HFT_OK) return status;
    }
    if (group->seat_count > 0) model->spec.group_count++;
  }
  if (model->spec.seat_count == 0) {
    return hft_fail(error, HFT_ECONFIG, "seats",
                    "there is no seat; add one, such as 'seats: [{kind: maker}]'");
  }
  return HFT_OK;
}

static hft_status compile_market(hft_env_model *model, const hft_config *config,
                                 const hft_agent_class *const *classes, int class_count,
                                 hft_error *error) {
  hft_extra_agent extra[HFT_SEATS_MAX];
  for (int i = 0; i < model->spec.seat_count; i++) {
    extra[i] = (hft_extra_agent){hft_role_class_of(model->seat[i].role)->agent_class,
                                 &model->seat[i].keys};
  }
  hft_status status = hft_model_create(config, classes, class_count, extra, model->spec.seat_count,
                                       &model->market, error);
  if (status != HFT_OK) return status;
  for (int i = 0; i < model->spec.seat_count; i++) {
    model->seat[i].owner = (hft_owner)(hft_model_first_extra(model->market) + i);
  }
  return HFT_OK;
}

// What seats begin with is closed in the end without counting as traded: it keeps to the same
// bound.
static hft_status check_begun(const hft_env_model *model, hft_error *error) {
  int64_t lots = 0, most = hft_model_volume_max(model->market);
  for (int i = 0; i < model->spec.seat_count; i++) {
    lots += llabs(model->seat[i].begun);
  }
  if (lots <= most) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "seats",
                  "parent orders and holdings of %lld lots; at most %lld fit this market's prices",
                  (long long)lots, (long long)most);
}

static double episode_seconds(const hft_env_model *model) {
  double decision_ms = hft_model_market_config(model->market)->decision_ms;
  return model->env.warmup_s + (double)model->env.episode_len * decision_ms * 1e-3;
}

static hft_status check_episode(const hft_env_model *model, hft_error *error) {
  const hft_market_config *config = hft_model_market_config(model->market);
  double episode_s = episode_seconds(model);
  if (episode_s <= config->duration_s) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "env_config.episode_len",
                  "warm-up and %lld steps of %g ms take %g s; market_config.duration_s is %g",
                  (long long)model->env.episode_len, config->decision_ms, episode_s,
                  config->duration_s);
}

static hft_status digest_config(hft_env_model *model, const hft_config *config, hft_error *error) {
  char *text = hft_config_print(config, 0);
  if (text == NULL) return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
  model->digest = hft_hash_bytes(HFT_HASH_START, text, strlen(text) + 1);
  model->digest = hft_hash_bytes(model->digest, hft_version, strlen(hft_version) + 1);
  model->digest = hft_hash_bytes(model->digest, hft_revision, strlen(hft_revision) + 1);
  // The text has the names of files: what they held when they were read is part of the model, too.
  uint64_t content = hft_model_content(model->market);
  if (content != 0) model->digest = hft_hash_u64(model->digest, content);
  free(text);
  return HFT_OK;
}

static void lay_out(hft_env_model *model) {
  size_t seats = (size_t)model->spec.seat_count;
  (void)hft_layout_add(&model->size, sizeof(hft_env) + seats * sizeof(hft_seat));
  model->history_at = hft_layout_add(
      &model->size, (size_t)model->instrument_count * sizeof(hft_instrument_history));
  model->quote_at = hft_layout_add(&model->size, 2 * seats * sizeof(hft_order_id));
  model->last_at = hft_layout_add(&model->size, (size_t)model->last_dim * sizeof(float));
  model->market_at = hft_layout_add(&model->size, hft_market_size(model->market));
}

static hft_status check_choices(const hft_env_model *model, hft_error *error) {
  if (model->env.action_space == HFT_ACTION_BOX || model->env.action_choices % 2 == 1) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_ECONFIG, "env_config.action_choices",
                  "%lld is even; an odd number has a choice at 0",
                  (long long)model->env.action_choices);
}

static hft_status compile(hft_env_model *model, const hft_config *config,
                          const hft_agent_class *const *classes, int class_count,
                          hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  model->env = *(const hft_env_config *)hft_config_map(config, "env_config");
  model->risk = *(const hft_risk_config *)hft_config_map(config, "risk_config");
  model->reward = *(const hft_reward_config *)hft_config_map(config, "reward_config");
  model->instrument_count = (int)market->instruments;
  hft_status status = check_choices(model, error);
  if (status == HFT_OK) status = collect_seats(model, config, error);
  if (status == HFT_OK) status = compile_market(model, config, classes, class_count, error);
  if (status == HFT_OK) status = check_begun(model, error);
  if (status == HFT_OK) status = check_episode(model, error);
  if (status != HFT_OK) return status;
  model->warmup = (hft_time)(model->env.warmup_s * 1e9);
  model->spec.episode_len = model->env.episode_len;
  model->spec.decision = (hft_time)(market->decision_ms * 1e6);
  model->drawdown_max = model->risk.max_drawdown / market->tick_size;
  model->position_value_max = model->risk.max_position_value / market->tick_size;
  model->has_auctions = hft_model_has_auctions(model->market);
  hft_observe_compile(model);
  status = hft_spec_compile(model, error);
  if (status != HFT_OK) return status;
  return hft_model_check_window(model->market, (hft_time)(episode_seconds(model) * 1e9), error);
}

hft_status hft_env_model_create(const hft_config *config, const hft_agent_class *const *classes,
                                int class_count, hft_env_model **out, hft_error *error) {
  hft_env_model *model = calloc(1, sizeof *model);
  if (model == NULL) return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
  hft_status status = compile(model, config, classes, class_count, error);
  if (status == HFT_OK) status = digest_config(model, config, error);
  if (status != HFT_OK) {
    hft_env_model_free(model);
    return status;
  }
  lay_out(model);
  *out = model;
  return HFT_OK;
}

void hft_env_model_free(hft_env_model *model) {
  if (model == NULL) return;
  hft_model_free(model->market);
  free(model->indices);
  free(model->choices);
  free(model);
}

const hft_env_spec *hft_env_model_spec(const hft_env_model *model) {
  return &model->spec;
}

uint64_t hft_env_model_digest(const hft_env_model *model) {
  return model->digest;
}

size_t hft_env_model_bytes(const hft_env_model *model) {
  return model->bytes + hft_model_bytes(model->market);
}

hft_time hft_env_model_warmup(const hft_env_model *model) {
  return model->warmup;
}

const hft_model *hft_env_model_market(const hft_env_model *model) {
  return model->market;
}
