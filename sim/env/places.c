#include "sim/env/places.h"

#include <stdio.h>

#include "sim/base/arena.h"
#include "sim/env/variants.h"

// ---- taking places -----------------------------------------------------------------------------

static hft_status fail_seats(const hft_env_model *base, hft_error *error) {
  return hft_fail(
      error, HFT_ECONFIG, "seats",
      "the items differ in number, role or order from those with which the env was made, "
      "%d in all; only their keys may change",
      base->item_count);
}

// Gives an item the place of the base model's. Controllers come in the order of the arrays that
// they need: a later one needs no more than an earlier one.
static hft_status take_place(hft_seat_item *item, const hft_seat_item *of, bool reseat,
                             const hft_config *config, hft_error *error) {
  static const char *const needs[HFT_CONTROL_COUNT] = {"a learner", "a policy", "a strategy"};
  const char *was = ((const hft_seat_keys *)of->keys)->controller.text;
  item->place = of->place;
  bool missing = item->control < of->place;
  bool taken = of->place == HFT_CONTROL_EXTERNAL && item->control != of->place && !reseat;
  if (!missing && !taken) return HFT_OK;
  char where[sizeof item->where];
  hft_config_item_place(config, "seats", item->index, "controller", where, sizeof where);
  if (missing) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "the env was made with '%s', which has no arrays for %s; make it with "
                    "'external' and env_config.reseat: true, and give the seat to '%s' at a reset",
                    was, needs[item->control], was);
  }
  return hft_fail(error, HFT_ECONFIG, where,
                  "the env was made with '%s'; only with env_config.reseat: true may a reset give "
                  "the seat to another controller",
                  was);
}

hft_status hft_places_take(hft_env_model *model, const hft_env_model *base,
                           const hft_config *config, hft_error *error) {
  if (base == NULL) return HFT_OK;
  if (model->env.reseat != base->env.reseat) {
    return hft_fail(error, HFT_ECONFIG, "env_config.reseat",
                    "must be %s, as it was when the env was made",
                    base->env.reseat ? "true" : "false");
  }
  if (model->item_count != base->item_count) return fail_seats(base, error);
  for (int i = 0; i < model->item_count; i++) {
    hft_seat_item *item = &model->item[i];
    const hft_seat_item *of = &base->item[i];
    if (item->role != of->role || item->index != of->index) return fail_seats(base, error);
    hft_status status = take_place(item, of, base->env.reseat, config, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// ---- room for controllers to come --------------------------------------------------------------

// Compiles the config with a controller in the seats of an item. Returns the bytes by which an env
// grows for each of them; 0 where it needs fewer, or the controller cannot be there without params.
static size_t growth_of(const hft_env_model *model, const hft_controllers *known, const char *name,
                        const hft_seat_item *item) {
  char path[48];
  snprintf(path, sizeof path, "seats.%d.controller", item->index);
  hft_config *config = hft_config_copy(known->config);
  if (config == NULL) return 0;
  hft_env_model *held;
  size_t growth = 0;
  hft_status status = hft_config_set_value(config, path, name, NULL);
  if (status == HFT_OK) {
    status =
        hft_env_model_create_one(config, known->classes, known->class_count, model, &held, NULL);
  }
  if (status == HFT_OK) {
    size_t seats = (size_t)hft_seat_count(item);
    if (held->size > model->size) growth = (held->size - model->size + seats - 1) / seats;
    hft_env_model_free(held);
  }
  hft_config_free(config);
  return growth;
}

// The growth by a seat of a role, measured in its first external item.
static size_t growth_of_role(const hft_env_model *model, const hft_controllers *known, int role) {
  const hft_seat_item *item = NULL;
  for (int i = model->item_count - 1; i >= 0; i--) {
    bool is_free = model->item[i].place == HFT_CONTROL_EXTERNAL;
    if (is_free && (int)model->item[i].role == role) item = &model->item[i];
  }
  size_t most = 0;
  for (int k = 0; k < known->class_count && item != NULL; k++) {
    if (!hft_controller_exists(known, known->classes[k])) continue;
    size_t growth = growth_of(model, known, known->classes[k]->section->name, item);
    if (growth > most) most = growth;
  }
  return most;
}

// What a seat takes of an env follows from its role and its controller, and not from other seats.
void hft_places_make_room(hft_env_model *model, const hft_controllers *known) {
  size_t growth[HFT_ROLE_COUNT];
  for (int role = 0; role < HFT_ROLE_COUNT; role++) {
    growth[role] = growth_of_role(model, known, role);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    if (model->seat[s].item->place != HFT_CONTROL_EXTERNAL) continue;
    // Beside it, pieces of an env begin at cache lines.
    model->room += growth[model->seat[s].role] + HFT_CACHE_LINE;
  }
}
