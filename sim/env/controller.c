#include "sim/env/controller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/env/policy.h"

static const hft_seat_keys *common_keys(const hft_seat_item *item) {
  return item->keys;
}

static const char *role_name(const hft_seat_item *item) {
  return hft_role_class_of(item->role)->section.name;
}

// ---- which ones there are ----------------------------------------------------------------------

bool hft_controller_exists(const hft_controllers *known, const hft_agent_class *agent_class) {
  if (agent_class->policy != NULL) return true;
  // A strategy that is out is stopped for good if nothing but its wakes and fills calls it.
  return agent_class->mid == NULL &&
         hft_config_has_kind(known->config, "agents", agent_class->section);
}

static hft_status fail_unknown(const hft_controllers *known, const hft_seat_item *item,
                               hft_error *error) {
  char where[HFT_NAME_SIZE], names[260] = "external";
  size_t used = strlen(names);
  for (int i = 0; i < known->class_count && used < sizeof names; i++) {
    if (!hft_controller_exists(known, known->classes[i])) continue;
    used += (size_t)snprintf(names + used, sizeof names - used, ", %s",
                             known->classes[i]->section->name);
  }
  snprintf(where, sizeof where, "seats.%s.controller", role_name(item));
  return hft_fail(error, HFT_ECONFIG, where, "no controller is called '%s'; known are %s",
                  common_keys(item)->controller.text, names);
}

static hft_status find_class(const hft_controllers *known, hft_seat_item *item, hft_error *error) {
  const char *name = common_keys(item)->controller.text;
  if (strcmp(name, "external") == 0) return HFT_OK;
  for (int i = 0; i < known->class_count && item->controller == NULL; i++) {
    const hft_agent_class *found = known->classes[i];
    if (strcmp(found->section->name, name) == 0 && hft_controller_exists(known, found)) {
      item->controller = found;
    }
  }
  if (item->controller == NULL) return fail_unknown(known, item, error);
  item->control = item->controller->policy != NULL ? HFT_CONTROL_POLICY : HFT_CONTROL_STRATEGY;
  return HFT_OK;
}

// ---- strategies --------------------------------------------------------------------------------

// The keys of the seat that replace the strategy's own. They lie behind the strategy's keys.
typedef struct seat_place {
  double latency_us;
  int64_t instrument;
} seat_place;

static size_t place_at(const hft_agent_class *strategy) {
  return (strategy->section->size + 7) / 8 * 8;
}

// A seat's parent order is its role's.
static hft_status set_parent(hft_seat_item *item, hft_error *error) {
  const hft_role_class *role = hft_role_class_of(item->role);
  const hft_agent_keys *key = &item->controller->key;
  if (role->parent == NULL || !key->side.exists || !key->quantity.exists) return HFT_OK;
  const hft_params *params = &common_keys(item)->params;
  if (hft_params_has(params, "side") || hft_params_has(params, "quantity")) {
    return hft_fail(error, HFT_ECONFIG, item->where,
                    "side and quantity of the parent order are the seat's own keys, not params");
  }
  int64_t parent = role->parent(item->keys);
  hft_param_set_int(key->side, item->params, parent < 0);
  hft_param_set_int(key->quantity, item->params, parent < 0 ? -parent : parent);
  return HFT_OK;
}

// Sets when the strategy trades: within the episode, and not before the first observation.
static hft_status set_span(hft_seat_item *item, hft_time begin, hft_time end, hft_error *error) {
  const hft_agent_keys *key = &item->controller->key;
  const double second = (double)HFT_SECOND;
  if (!key->start_s.exists || !key->horizon_s.exists) return HFT_OK;
  double start_s = hft_param_real(key->start_s, item->params);
  hft_time start = start_s > 0 ? (hft_time)(start_s * second + 0.5) : begin;
  if (start < begin || start >= end) {
    return hft_fail(error, HFT_ECONFIG, item->where,
                    "start_s: %.12g s out of range [%.12g, %.12g): the episode", start_s,
                    (double)begin / second, (double)end / second);
  }
  if (start == begin) start++;
  hft_param_set_real(key->start_s, item->params, (double)start / second);
  if (hft_param_real(key->horizon_s, item->params) <= 0) {
    hft_param_set_real(key->horizon_s, item->params, (double)(end - start) / second);
  }
  return HFT_OK;
}

// The strategy trades at the seat's instrument. The seat's latency holds where it has one.
static void set_place(hft_seat_item *item) {
  const hft_agent_keys *seat = &hft_role_class_of(item->role)->agent_class->key;
  size_t at = place_at(item->controller);
  seat_place *place = (seat_place *)(void *)((char *)item->params + at);
  const hft_param own = item->controller->key.latency_us;
  place->instrument = seat->instrument.exists ? hft_param_int(seat->instrument, item->keys) : 0;
  place->latency_us = hft_param_real(seat->latency_us, item->keys);
  if (place->latency_us < 0 && own.exists) {
    place->latency_us = hft_param_real(own, item->params);
  }
  item->strategy = *item->controller;
  item->strategy.key.latency_us = (hft_param){true, at + offsetof(seat_place, latency_us)};
  item->strategy.key.instrument = (hft_param){true, at + offsetof(seat_place, instrument)};
}

// ---- finding and freeing -----------------------------------------------------------------------

hft_status hft_controller_find(const hft_controllers *known, hft_seat_item *item, hft_time begin,
                               hft_time end, hft_error *error) {
  snprintf(item->where, sizeof item->where, "seats.%s.params", role_name(item));
  hft_status status = find_class(known, item, error);
  if (status != HFT_OK) return status;
  const hft_params *params = &common_keys(item)->params;
  if (item->control == HFT_CONTROL_EXTERNAL) {
    if (strcmp(params->text, "{}") == 0) return HFT_OK;
    return hft_fail(error, HFT_ECONFIG, item->where, "an external controller has no params");
  }
  const hft_section *section = item->controller->section;
  size_t size = item->controller->params_size;
  if (item->control == HFT_CONTROL_STRATEGY) size = place_at(item->controller) + sizeof(seat_place);
  item->params = calloc(1, size > 0 ? size : 1);
  if (item->params == NULL) return hft_fail(error, HFT_ENOMEM, item->where, "out of memory");
  if (section->key_count > 0) hft_section_defaults(section, item->params);
  status = hft_params_apply(params, section, item->params, item->where, error);
  if (status != HFT_OK || item->control == HFT_CONTROL_POLICY) return status;
  status = set_parent(item, error);
  if (status == HFT_OK) status = set_span(item, begin, end, error);
  set_place(item);
  return status;
}

void hft_controller_free(hft_seat_item *item) {
  if (item->control == HFT_CONTROL_POLICY && item->params != NULL &&
      item->controller->release != NULL) {
    item->controller->release(item->params);
  }
  free(item->params);
  free(item->keys);
}

hft_extra_agent hft_controller_agent(const hft_seat_item *item) {
  if (item->control == HFT_CONTROL_STRATEGY) {
    return (hft_extra_agent){
        .agent_class = &item->strategy, .params = item->params, .where = item->where};
  }
  return (hft_extra_agent){.agent_class = hft_role_class_of(item->role)->agent_class,
                           .params = item->keys};
}

// ---- policies ----------------------------------------------------------------------------------

static hft_status compile_policy(hft_env_model *model, const hft_group *group, hft_seat_item *item,
                                 hft_error *error) {
  const hft_agent_class *policy = item->controller;
  hft_status status = HFT_OK;
  if (policy->compile != NULL) {
    status = policy->compile(item->params, hft_model_instrument(model->market), item->where, error);
  }
  if (status == HFT_OK && policy->policy->check != NULL) {
    status = policy->policy->check(item->params, &model->spec, group, item->where, error);
  }
  if (status != HFT_OK || policy->measure == NULL) return status;
  const hft_needs needs = policy->measure(item->params);
  model->bytes += needs.model_bytes;
  if (needs.content != 0) model->content = hft_hash_u64(model->content, needs.content);
  return HFT_OK;
}

hft_status hft_controller_compile(hft_env_model *model, hft_error *error) {
  const hft_seat_item *last = NULL;
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    hft_seat_model *seat = &model->seat[s];
    if (seat->control != HFT_CONTROL_POLICY || seat->item == last) continue;
    last = seat->item;
    hft_status status = compile_policy(model, &model->spec.group[seat->group],
                                       &model->item[last - model->item], error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

void hft_env_place_policies(hft_step_state *step, const hft_env_io *io) {
  const hft_env_model *model = step->model;
  step->inside = *io;
  step->io = &step->inside;
  for (int g = 0; g < model->spec.all_group_count; g++) {
    if (model->spec.group[g].control != HFT_CONTROL_POLICY) continue;
    char *env = (char *)step->env;
    step->inside.obs[g] = (float *)(void *)(env + model->inside_at[g][0]);
    step->inside.mask[g] = (uint8_t *)(env + model->inside_at[g][1]);
  }
}

const void *hft_controller_act(const hft_step_state *step, int s) {
  const hft_env_model *model = step->model;
  const hft_seat_model *seat = &model->seat[s];
  const hft_group *group = &model->spec.group[seat->group];
  char *env = (char *)step->env;
  const hft_policy_view view = {
      .group = group,
      .obs = step->io->obs[seat->group] + (ptrdiff_t)seat->index * group->obs_dim,
      .mask = step->io->mask[seat->group] + (ptrdiff_t)seat->index * group->mask_dim,
      .rng = hft_desk_rng(&step->view[s].desk),
      .seat = seat->index,
  };
  // Float and int32_t both take 4 bytes.
  char *action =
      env + model->inside_at[seat->group][2] + (ptrdiff_t)4 * seat->index * group->action_dim;
  seat->item->controller->policy->act(seat->item->params, env + seat->policy_at, &view, action);
  return action;
}

void hft_controller_stop(const hft_seat_view *view) {
  hft_desk_wake_at(&view->desk, HFT_TIME_NEVER);
}
