#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"
#include "sim/base/version.h"
#include "sim/env/controller.h"
#include "sim/env/features/feed.h"
#include "sim/env/features/forecast.h"
#include "sim/env/features/queue.h"
#include "sim/env/features/scale.h"
#include "sim/env/features/stack.h"
#include "sim/env/places.h"
#include "sim/env/spec.h"
#include "sim/env/variants.h"
#include "sim/env/worth.h"

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

static int role_of(const hft_section *section) {
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    if (hft_seat_sections[role] == section) return role;
  }
  return -1;
}

// ---- seats -------------------------------------------------------------------------------------

// Names item `index` of the config's list instead of its role in an error at "seats.ROLE.KEY".
static hft_status name_item(const hft_config *config, const hft_role_class *role, int index,
                            hft_status status, hft_error *error) {
  if (status == HFT_OK || error == NULL) return status;
  char prefix[HFT_NAME_SIZE];
  size_t length = (size_t)snprintf(prefix, sizeof prefix, "seats.%s", role->section.name);
  if (strncmp(error->where, prefix, length) != 0) return status;
  char key[sizeof error->where];
  const char *rest = error->where + length;
  snprintf(key, sizeof key, "%s", rest[0] == '.' ? rest + 1 : rest);
  hft_config_item_place(config, "seats", index, key, error->where, sizeof error->where);
  return status;
}

static bool is_of(const hft_seat_item *item, int role, int place) {
  return (int)item->role == role && (int)item->place == place;
}

// Seats of one group share arrays, so their keys must select the same axes as those of the group's
// first item.
static hft_status check_axes(const hft_env_model *model, const hft_seat_item *item,
                             const char *where, hft_error *error) {
  const hft_role_class *role = hft_role_class_of(item->role);
  if (item->place == HFT_CONTROL_STRATEGY) return HFT_OK;
  const hft_seat_item *first = model->item;
  while (!is_of(first, (int)item->role, (int)item->place)) first++;
  hft_axis own[HFT_ROLE_AXES_MAX], others[HFT_ROLE_AXES_MAX];
  int count = role->axes(item->keys, own), wanted = role->axes(first->keys, others), i = 0;
  for (; i < count && i < wanted; i++) {
    if (strcmp(own[i].name, others[i].name) != 0 || strcmp(own[i].unit, others[i].unit) != 0) break;
  }
  if (i == count && i == wanted) return HFT_OK;
  char have[64] = "none", want[64] = "none";
  if (i < count) snprintf(have, sizeof have, "%s [%s]", own[i].name, own[i].unit);
  if (i < wanted) snprintf(want, sizeof want, "%s [%s]", others[i].name, others[i].unit);
  return hft_fail(error, HFT_ECONFIG, where,
                  "axis %d of its action is %s; an earlier %s, of the same arrays, has %s: give "
                  "all the same keys for their actions",
                  i, have, role->section.name, want);
}

// Reads item `index` of the config's list: its keys and its controller.
static hft_status read_item(hft_env_model *model, const hft_controllers *known, hft_role of,
                            int index, const void *keys, hft_error *error) {
  const hft_role_class *role = hft_role_class_of(of);
  char where[HFT_NAME_SIZE];
  snprintf(where, sizeof where, "seats.%s", role->section.name);
  hft_status status = role->check != NULL ? role->check(keys, where, error) : HFT_OK;
  if (status != HFT_OK) return status;
  hft_seat_item *item = &model->item[model->item_count++];
  item->role = of;
  item->index = index;
  item->keys = malloc(role->section.size);
  if (item->keys == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  memcpy(item->keys, keys, role->section.size);
  hft_time end = model->warmup + model->env.episode_len * model->spec.decision;
  status = hft_controller_find(known, item, model->warmup, end, error);
  item->place = item->control;
  hft_config_item_place(known->config, "seats", index, "params", item->where, sizeof item->where);
  return status == HFT_OK ? check_axes(model, item, where, error) : status;
}

// The items of the config, role by role.
static hft_status read_items(hft_env_model *model, const hft_controllers *known, hft_error *error) {
  int count = hft_config_count(known->config, "seats");
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    for (int i = 0; i < count; i++) {
      const hft_section *section;
      const void *keys = hft_config_item(known->config, "seats", i, &section);
      if (role_of(section) != role) continue;
      hft_status status = read_item(model, known, (hft_role)role, i, keys, error);
      status = name_item(known->config, hft_role_class_of((hft_role)role), i, status, error);
      if (status != HFT_OK) return status;
    }
  }
  if (model->item_count > 0) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "seats",
                  "there is no seat; add one, such as 'seats: [{kind: maker}]'");
}

static hft_status add_seat(hft_env_model *model, int group, const hft_seat_item *item,
                           hft_error *error) {
  if (model->spec.all_seat_count == HFT_SEATS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "seats", "more than %d seats", HFT_SEATS_MAX);
  }
  int s = model->spec.all_seat_count++;
  hft_seat_model *seat = &model->seat[s];
  const hft_role_class *role = hft_role_class_of(item->role);
  seat->role = item->role;
  seat->control = item->control;
  seat->observes = item->place != HFT_CONTROL_STRATEGY;
  seat->acts = item->control != HFT_CONTROL_STRATEGY;
  seat->item = item;
  seat->keys = item->keys;
  seat->group = group;
  seat->index = model->spec.group[group].seat_count++;
  seat->holding = role->holding != NULL ? role->holding(item->keys) : 0;
  seat->begun = seat->holding - (role->parent != NULL ? role->parent(item->keys) : 0);
  const hft_seat_keys *common = item->keys;
  seat->lambda_inventory = common->lambda_inventory;
  if (seat->lambda_inventory < 0) seat->lambda_inventory = model->reward.lambda_inventory;
  seat->lambda_risk = common->lambda_risk;
  if (seat->lambda_risk < 0) seat->lambda_risk = model->reward.lambda_risk;
  const hft_param instrument = role->agent_class->key.instrument;
  if (instrument.exists) seat->instrument = (int)hft_param_int(instrument, item->keys);
  seat->instrument_count = role->all_instruments ? model->instrument_count : 1;
  model->seat_of_rank[s] = s;
  if (seat->observes) model->observing_count++;
  if (item->place == HFT_CONTROL_EXTERNAL) model->spec.seat_count++;
  if (item->place == HFT_CONTROL_POLICY) model->policies = true;
  return HFT_OK;
}

// The seats of a role and a place, which make a group.
static hft_status add_group(hft_env_model *model, int role, int control, int group,
                            hft_error *error) {
  model->spec.group[group] = (hft_group){.role = (hft_role)role,
                                         .role_name = hft_seat_sections[role]->name,
                                         .control = (hft_control)control,
                                         .first_seat = model->spec.all_seat_count};
  for (int i = 0; i < model->item_count; i++) {
    const hft_seat_item *item = &model->item[i];
    int64_t count = is_of(item, role, control) ? hft_seat_count(item) : 0;
    for (int64_t k = 0; k < count; k++) {
      hft_status status = add_seat(model, group, item, error);
      if (status != HFT_OK) return status;
    }
  }
  return HFT_OK;
}

static bool has_items(const hft_env_model *model, int role, int control) {
  for (int i = 0; i < model->item_count; i++) {
    if (is_of(&model->item[i], role, control)) return true;
  }
  return false;
}

// Groups come by control, so that the external ones are first; seats by role, so that who acts for
// a seat does not change the order of seats.
static hft_status collect_seats(hft_env_model *model, const hft_controllers *known,
                                const hft_env_model *base, hft_error *error) {
  hft_status status = read_items(model, known, error);
  if (status == HFT_OK) status = hft_places_take(model, base, known->config, error);
  if (status != HFT_OK) return status;
  int group_of[HFT_ROLE_COUNT][HFT_CONTROL_COUNT];
  for (int control = 0; control < HFT_CONTROL_COUNT; control++) {
    for (int role = 0; role < HFT_ROLE_COUNT; role++) {
      group_of[role][control] = -1;
      if (!has_items(model, role, control)) continue;
      group_of[role][control] = model->spec.all_group_count++;
      if (control == HFT_CONTROL_EXTERNAL) model->spec.group_count++;
    }
  }
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    for (int control = 0; control < HFT_CONTROL_COUNT; control++) {
      if (group_of[role][control] < 0) continue;
      status = add_group(model, role, control, group_of[role][control], error);
      if (status != HFT_OK) return status;
    }
  }
  bool all = true;
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    all = all && model->seat[s].control != HFT_CONTROL_EXTERNAL;
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    seat->counts = all || seat->control == HFT_CONTROL_EXTERNAL;
    model->counted_seats += seat->counts;
  }
  return HFT_OK;
}

// ---- the whole ---------------------------------------------------------------------------------

static hft_status compile_market(hft_env_model *model, const hft_config *config,
                                 const hft_agent_class *const *classes, int class_count,
                                 hft_error *error) {
  hft_extra_agent extra[HFT_SEATS_MAX];
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    extra[i] = hft_controller_agent(model->seat[i].item);
  }
  hft_status status = hft_model_create(config, classes, class_count, extra,
                                       model->spec.all_seat_count, &model->market, error);
  if (status != HFT_OK) return status;
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    model->seat[i].owner = (hft_owner)(hft_model_first_extra(model->market) + i);
  }
  return HFT_OK;
}

// Initial holdings and parent orders are closed in the end without counting as traded volume, so
// they have the same bound.
static hft_status check_begun(const hft_env_model *model, hft_error *error) {
  int64_t lots = 0, most = hft_model_volume_max(model->market);
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    lots += llabs(model->seat[i].begun);
  }
  if (lots <= most) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "seats",
                  "parent orders and holdings of %lld lots; at most %lld fit this market's prices",
                  (long long)lots, (long long)most);
}

static double episode_seconds(const hft_env_model *model, const hft_market_config *market) {
  return model->env.warmup_s + (double)model->env.episode_len * market->decision_ms * 1e-3;
}

static hft_status check_episode(const hft_env_model *model, const hft_market_config *config,
                                hft_error *error) {
  double episode_s = episode_seconds(model, config);
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
  // The text has only the names of files; their content is part of the model, too.
  uint64_t content = hft_model_content(model->market);
  if (content != 0) model->digest = hft_hash_u64(model->digest, content);
  if (model->content != 0) model->digest = hft_hash_u64(model->digest, model->content);
  // So does the base model.
  for (int i = 0; i < model->item_count; i++) {
    const hft_seat_item *item = &model->item[i];
    if (item->place == item->control) continue;
    model->digest = hft_hash_u64(model->digest, ((uint64_t)i << 8) + (uint64_t)item->place);
  }
  free(text);
  return HFT_OK;
}

static bool has_policies(const hft_env_model *model, const hft_group *group) {
  for (int s = 0; s < group->seat_count; s++) {
    if (model->seat[group->first_seat + s].control == HFT_CONTROL_POLICY) return true;
  }
  return false;
}

// Past frames and estimates of seats; observations and masks of the groups of policies, actions of
// policies in any group, and their states.
static void lay_out_seats(hft_env_model *model) {
  for (int g = 0; g < model->spec.all_group_count; g++) {
    model->stack_at[g] = hft_layout_add(&model->size, hft_stack_bytes(model, g));
    const hft_group *group = &model->spec.group[g];
    size_t seats = (size_t)group->seat_count, four = sizeof(float);
    size_t *at = model->inside_at[g];
    if (group->control == HFT_CONTROL_POLICY) {
      at[0] = hft_layout_add(&model->size, seats * (size_t)group->obs_dim * four);
      at[1] = hft_layout_add(&model->size, seats * (size_t)group->mask_dim);
    }
    if (!has_policies(model, group)) continue;
    at[2] = hft_layout_add(&model->size, seats * (size_t)group->action_dim * four);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    if (seat->observes && model->estimates) {
      size_t instruments = (size_t)seat->instrument_count;
      seat->queue_at = hft_layout_add(&model->size, instruments * hft_queue_bytes());
    }
    if (seat->control != HFT_CONTROL_POLICY) continue;
    seat->policy_at = hft_layout_add(&model->size, seat->item->controller->state_size);
  }
}

static void lay_out(hft_env_model *model) {
  size_t seats = (size_t)model->spec.all_seat_count;
  (void)hft_layout_add(&model->size, sizeof(hft_env) + seats * sizeof(hft_seat));
  model->history_at = hft_layout_add(
      &model->size, (size_t)model->instrument_count * sizeof(hft_instrument_history));
  hft_feed_lay_out(model);
  model->quote_at = hft_layout_add(&model->size, 2 * seats * sizeof(hft_order_id));
  model->last_at = hft_layout_add(&model->size, (size_t)model->last_dim * sizeof(float));
  model->shares_at =
      hft_layout_add(&model->size, (size_t)model->share_count * sizeof(hft_seat_share));
  lay_out_seats(model);
  hft_forecast_lay_out(model);
  model->market_at = hft_layout_add(&model->size, hft_market_size(model->market));
  if (model->has_twin) {
    model->twin_at = hft_layout_add(&model->size, hft_market_size(model->market));
  }
}

static hft_status check_choices(const hft_env_model *model, hft_error *error) {
  if (model->env.action_space == HFT_ACTION_BOX || model->env.action_choices % 2 == 1) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_ECONFIG, "env_config.action_choices",
                  "%lld is even; an odd number has a choice at 0",
                  (long long)model->env.action_choices);
}

// Sets what the seats' keys are checked against: the number of instruments and the episode's span.
static void set_span(hft_env_model *model, const hft_config *config) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  model->env = *(const hft_env_config *)hft_config_map(config, "env_config");
  model->instrument_count = (int)market->instruments;
  model->warmup = (hft_time)(model->env.warmup_s * 1e9);
  model->spec.episode_len = model->env.episode_len;
  model->spec.reseat = model->env.reseat;
  model->spec.decision = (hft_time)(market->decision_ms * 1e6);
}

static hft_status compile(hft_env_model *model, const hft_config *config,
                          const hft_agent_class *const *classes, int class_count,
                          const hft_env_model *base, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  set_span(model, config);
  model->risk = *(const hft_risk_config *)hft_config_map(config, "risk_config");
  model->reward = *(const hft_reward_config *)hft_config_map(config, "reward_config");
  hft_status status = check_choices(model, error);
  if (status == HFT_OK) status = check_episode(model, market, error);
  if (status == HFT_OK)
    status = collect_seats(model, &(hft_controllers){config, classes, class_count}, base, error);
  if (status == HFT_OK) status = compile_market(model, config, classes, class_count, error);
  if (status == HFT_OK) status = check_begun(model, error);
  if (status == HFT_OK) status = hft_forecast_compile(model, error);
  if (status == HFT_OK) status = hft_worth_compile(model, error);
  if (status != HFT_OK) return status;
  model->max_drawdown = model->risk.max_drawdown / market->tick_size;
  model->max_position_value = model->risk.max_position_value / market->tick_size;
  model->has_auctions = hft_model_has_auctions(model->market);
  hft_scale_compile(model, base);
  status = hft_feed_compile(model, error);
  if (status == HFT_OK) status = hft_spec_compile(model, error);
  if (status == HFT_OK) status = hft_controller_compile(model, error);
  if (status != HFT_OK) return status;
  return hft_model_check_window(model->market, (hft_time)(episode_seconds(model, market) * 1e9),
                                error);
}

hft_status hft_env_check_seats(const hft_config *config, const hft_agent_class *const *classes,
                               int class_count, hft_error *error) {
  if (hft_config_count(config, "seats") == 0) return HFT_OK;
  hft_env_model *model = calloc(1, sizeof *model);
  if (model == NULL) return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
  set_span(model, config);
  hft_status status = read_items(model, &(hft_controllers){config, classes, class_count}, error);
  hft_env_model_free(model);
  return status;
}

hft_status hft_env_model_create_one(const hft_config *config, const hft_agent_class *const *classes,
                                    int class_count, const hft_env_model *base, hft_env_model **out,
                                    hft_error *error) {
  hft_env_model *model = calloc(1, sizeof *model);
  if (model == NULL) return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
  hft_status status = compile(model, config, classes, class_count, base, error);
  if (status == HFT_OK) status = digest_config(model, config, error);
  if (status != HFT_OK) {
    hft_env_model_free(model);
    return status;
  }
  lay_out(model);
  model->room = model->size;
  *out = model;
  return HFT_OK;
}

hft_status hft_env_model_create_as(const hft_config *config, const hft_agent_class *const *classes,
                                   int class_count, const hft_env_model *base, hft_env_model **out,
                                   hft_error *error) {
  hft_env_model *model;
  hft_status status = hft_env_model_create_one(config, classes, class_count, base, &model, error);
  if (status != HFT_OK) return status;
  status = hft_variants_create(model, config, classes, class_count, error);
  if (status == HFT_OK && base == NULL && model->env.reseat) {
    hft_places_make_room(model, &(hft_controllers){config, classes, class_count});
  }
  if (status != HFT_OK) {
    hft_env_model_free(model);
    return status;
  }
  *out = model;
  return HFT_OK;
}

hft_status hft_env_model_create(const hft_config *config, const hft_agent_class *const *classes,
                                int class_count, hft_env_model **out, hft_error *error) {
  return hft_env_model_create_as(config, classes, class_count, NULL, out, error);
}

void hft_env_model_free(hft_env_model *model) {
  if (model == NULL) return;
  hft_variants_free(model);
  hft_model_free(model->market);
  hft_forecast_free(model);
  for (int i = 0; i < model->item_count; i++) hft_controller_free(&model->item[i]);
  free(model->indices);
  free(model->choices);
  free(model->ranges);
  free(model->nothing);
  free(model);
}

const hft_env_spec *hft_env_model_spec(const hft_env_model *model) {
  return &model->spec;
}

uint64_t hft_env_model_digest(const hft_env_model *model) {
  return model->digest;
}

size_t hft_env_model_bytes(const hft_env_model *model) {
  size_t bytes = model->bytes + hft_model_bytes(model->market);
  for (int k = 0; k < model->variant_count; k++) bytes += hft_env_model_bytes(model->variant[k]);
  return bytes;
}

hft_time hft_env_model_warmup(const hft_env_model *model) {
  return model->warmup;
}

const char *hft_env_seat_controller(const hft_env_model *model, int seat) {
  return ((const hft_seat_keys *)model->seat[seat].keys)->controller.text;
}

hft_control hft_env_seat_control(const hft_env_model *model, int seat) {
  return model->seat[seat].control;
}

const hft_model *hft_env_model_market(const hft_env_model *model) {
  return model->market;
}
