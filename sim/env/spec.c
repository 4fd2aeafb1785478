#include "sim/env/spec.h"

#include <math.h>
#include <stdlib.h>

#include "sim/env/features/forecast.h"
#include "sim/env/features/parts.h"
#include "sim/env/features/stack.h"
#include "sim/env/reward.h"
#include "sim/env/totals.h"

// Do its seats observe and act?
static bool acts(const hft_group *group) {
  return group->control != HFT_CONTROL_STRATEGY;
}

static void put_instrument_prefix(const hft_env_model *model, int instrument, char *prefix,
                                  hft_fields *fields) {
  if (model->instrument_count == 1) return;
  hft_fields_prefix(prefix, "i%d_", instrument);
  fields->prefix = prefix;
}

static void write_axes(const hft_env_model *model, const hft_group *group, hft_fields *fields) {
  const hft_role_class *role = hft_role_class_of(group->role);
  int instruments = role->all_instruments ? model->instrument_count : 1;
  for (int k = 0; k < instruments; k++) {
    char prefix[HFT_NAME_SIZE];
    if (instruments > 1) put_instrument_prefix(model, k, prefix, fields);
    hft_axis axes[HFT_ROLE_AXES_MAX];
    int count = role->axes(model->seat[group->first_seat].keys, axes);
    for (int i = 0; i < count; i++) {
      hft_fields_put(fields, axes[i].name, axes[i].unit, axes[i].help, HFT_BOUNDS_SIGN, 0);
    }
    fields->prefix = NULL;
  }
  for (int i = 0; i < model->env.message_dim; i++) {
    hft_fields_put_level(fields, "message", i + 1, "", "what all other seats will observe",
                         HFT_BOUNDS_SIGN, 0);
  }
}

// What a seat knows of itself.
static void observe_own(const hft_env_model *model, int seat, int instruments, hft_fields *fields) {
  fields->model = model;
  fields->keys = model->seat[seat].keys;
  hft_role_class_of(model->seat[seat].role)->observe(NULL, instruments, fields);
  hft_forecast_observe(model, NULL, seat, fields);
}

// The observation of a group's first seat: the others' have the same shape and meaning, apart from
// which instrument they see. Bounds are of them all.
static void write_obs(const hft_env_model *model, const hft_group *group, hft_fields *fields) {
  const hft_role_class *role = hft_role_class_of(group->role);
  int instruments = role->all_instruments ? model->instrument_count : 1;
  for (int k = 0; k < instruments; k++) {
    char prefix[HFT_NAME_SIZE];
    if (instruments > 1) put_instrument_prefix(model, k, prefix, fields);
    hft_observe_instrument(model, NULL, NULL, k, (int)model->env.depth, fields);
    fields->prefix = NULL;
  }
  hft_observe_time(model, NULL, fields);
  int own = fields->count;
  observe_own(model, group->first_seat, instruments, fields);
  hft_observe_others(model, NULL, group->first_seat, fields);
  hft_fields wider = *fields;
  wider.widens = true;
  for (int s = 1; s < group->seat_count; s++) {
    wider.count = own;
    observe_own(model, group->first_seat + s, instruments, &wider);
  }
}

static void write_state(hft_env_model *model, hft_fields *fields) {
  char prefix[HFT_NAME_SIZE];
  for (int i = 0; i < model->instrument_count; i++) {
    put_instrument_prefix(model, i, prefix, fields);
    hft_observe_instrument(model, NULL, NULL, i, model->state_depth, fields);
    fields->prefix = NULL;
  }
  hft_observe_time(model, NULL, fields);
  for (int i = 0; i < model->instrument_count; i++) {
    put_instrument_prefix(model, i, prefix, fields);
    hft_observe_fundamental(model, NULL, i, fields);
    fields->prefix = NULL;
  }
  int of_role = 0;
  for (int s = 0; s < model->spec.all_seat_count; s++, of_role++) {
    const hft_seat_model *seat = &model->seat[s];
    if (s > 0 && seat->role != seat[-1].role) of_role = 0;
    if (!seat->observes) continue;
    hft_fields_prefix(prefix, "%s_%d_", model->spec.group[seat->group].role_name, of_role);
    fields->prefix = prefix;
    observe_own(model, s, seat->instrument_count, fields);
  }
  fields->prefix = NULL;
}

// ---- dims --------------------------------------------------------------------------------------

static void measure_parts(hft_env_model *model) {
  hft_fields part = {0};
  int64_t depth = model->env.depth, most = model->env.state_depth;
  model->state_depth = (int)(most > depth ? most : depth);
  hft_observe_instrument(model, NULL, NULL, 0, (int)depth, &part);
  model->market_dim = part.count;
  model->features_dim = part.count - 4 * (int)depth;
  part.count = 0;
  hft_observe_instrument(model, NULL, NULL, 0, model->state_depth, &part);
  model->state_part = part.count;
  model->common_at = model->instrument_count * part.count;
  part.count = 0;
  hft_observe_time(model, NULL, &part);
  model->common_dim = part.count;
}

static void measure_axes(hft_env_model *model) {
  for (int g = 0; g < model->spec.all_group_count; g++) {
    hft_group *group = &model->spec.group[g];
    if (!acts(group)) continue;
    const hft_role_class *role = hft_role_class_of(group->role);
    int instruments = role->all_instruments ? model->instrument_count : 1;
    hft_axis axes[HFT_ROLE_AXES_MAX];
    group->role_axes = role->axes(model->seat[group->first_seat].keys, axes);
    group->axis_count = instruments * group->role_axes + (int)model->env.message_dim;
    HFT_CHECK(group->axis_count <= HFT_AXES_MAX);  // follows from the bounds of the keys
    hft_fields own = {0};
    role->observe(NULL, instruments, &own);
    hft_forecast_observe(model, NULL, group->first_seat, &own);
    model->own_dim[g] = own.count;
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    if (!model->seat[s].observes) continue;
    model->seat[s].last_at = model->last_dim;
    model->last_dim += model->spec.group[model->seat[s].group].axis_count;
  }
}

// How many numbers a seat of a group sees of the others.
static int64_t others_dim(const hft_env_model *model, const hft_group *group) {
  int64_t messages = model->env.message_dim, seats = model->observing_count;
  if (model->env.see_actions) return model->last_dim - group->axis_count;
  return (seats - 1) * messages;
}

static hft_status measure(hft_env_model *model, hft_error *error) {
  measure_parts(model);
  measure_axes(model);
  int64_t state = (int64_t)model->instrument_count * (model->state_part + 1) + model->common_dim;
  hft_fields terms = {0}, totals = {0};
  hft_reward_names(&terms);
  hft_totals_names(&totals);
  HFT_CHECK(terms.count <= HFT_TERMS_MAX && totals.count <= HFT_TOTALS_MAX);
  for (int g = 0; g < model->spec.all_group_count; g++) {
    hft_group *group = &model->spec.group[g];
    group->term_dim = terms.count;
    group->total_dim = totals.count;
    if (!acts(group)) continue;
    bool all = hft_role_class_of(group->role)->all_instruments;
    int64_t obs = (int64_t)(all ? model->instrument_count : 1) * model->market_dim +
                  model->common_dim + model->own_dim[g] + others_dim(model, group);
    HFT_CHECK(obs <= HFT_NUMBERS_MAX);  // follows from them, too
    model->frame_dim[g] = (int)obs;
    obs *= model->env.stack;
    if (obs > HFT_NUMBERS_MAX) {
      return hft_fail(error, HFT_ECONFIG, "env_config.stack",
                      "an observation of a %s would have %lld numbers, at most %d are allowed: at "
                      "most %d frames of %d",
                      group->role_name, (long long)obs, HFT_NUMBERS_MAX,
                      HFT_NUMBERS_MAX / model->frame_dim[g], model->frame_dim[g]);
    }
    group->obs_dim = (int)obs;
    state += (int64_t)group->seat_count * model->own_dim[g];
  }
  model->spec.state_dim = (int)state;
  model->spec.stack = (int)model->env.stack;
  if (state <= HFT_NUMBERS_MAX) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "env_config",
                  "the state would have %lld numbers, at most %d are allowed: fewer levels, "
                  "instruments or seats",
                  (long long)state, HFT_NUMBERS_MAX);
}

// ---- actions -----------------------------------------------------------------------------------

// How many choices an axis has; 0: it is a number. `fixed`: those that it has by nature.
static int32_t choices_of(const hft_env_model *model, int fixed) {
  if (model->spec.action_space == HFT_ACTION_BOX) return 0;
  if (fixed > 0 || model->spec.action_space == HFT_ACTION_MIXED) return fixed;
  return (int32_t)model->env.action_choices;
}

static hft_status count_choices(const hft_env_model *model, hft_group *group, const hft_axis *axes,
                                int32_t *choices, hft_error *error) {
  bool discrete = model->spec.action_space == HFT_ACTION_DISCRETE;
  int own = group->axis_count - (int)model->env.message_dim;
  int64_t sum = 0, product = 1;
  for (int axis = 0; axis < group->axis_count; axis++) {
    choices[axis] = choices_of(model, axis < own ? axes[axis % group->role_axes].choices : 0);
    sum += choices[axis];
    if (product <= HFT_CHOICES_MAX) product *= choices[axis];
  }
  group->action_dim = discrete ? 1 : group->axis_count;
  group->mask_dim = (int)(discrete ? product : sum);
  if (!discrete || product <= HFT_CHOICES_MAX) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "env_config.action_space",
                  "discrete: a %s's %d axes have more than %d choices together; take "
                  "multi_discrete, or fewer action_choices",
                  group->role_name, group->axis_count, HFT_CHOICES_MAX);
}

// Seats of a group have the same axes, but perhaps not the same ends of them.
static void narrow_ranges(const hft_env_model *model, const hft_group *group, hft_axis *axes) {
  for (int s = 1; s < group->seat_count; s++) {
    hft_axis other[HFT_ROLE_AXES_MAX];
    (void)hft_role_class_of(group->role)->axes(model->seat[group->first_seat + s].keys, other);
    for (int i = 0; i < group->role_axes; i++) {
      if (other[i].low != axes[i].low) axes[i].low = NAN;
      if (other[i].high != axes[i].high) axes[i].high = NAN;
    }
  }
}

// A value in [-1, 1] as it is sent: itself, or the choice that means it.
static float sent_of(float value, int32_t choices) {
  return choices > 0 ? floorf((value + 1) / 2 * (float)(choices - 1) + 0.5f) : value;
}

static void write_ranges(const hft_env_model *model, const hft_group *group, const hft_axis *axes,
                         hft_axis_range *ranges) {
  static const hft_axis message = {.low = -1, .high = 1};
  int own = group->axis_count - (int)model->env.message_dim;
  for (int i = 0; i < group->axis_count; i++) {
    const hft_axis *axis = i < own ? &axes[i % group->role_axes] : &message;
    ranges[i] = (hft_axis_range){axis->low, axis->high, axis->idle};
    if (!isnan(axis->idle)) ranges[i].idle = sent_of(axis->idle, group->choice_count[i]);
  }
}

// The action in which all axes are idle that can be; the others are in their middle. Returns its
// row, or null if none can be.
static const float *write_nothing(const hft_env_model *model, const hft_group *group, float *row) {
  bool can = false;
  int own = group->axis_count - (int)model->env.message_dim;
  for (int i = 0; i < group->axis_count; i++) {
    float idle = group->range[i].idle;
    can = can || (i < own && !isnan(idle));
    float value = isnan(idle) ? sent_of(0, group->choice_count[i]) : idle;
    if (group->action_dim == group->axis_count) {
      row[i] = value;
    } else {  // the last axis changes fastest
      row[0] = row[0] * (float)group->choice_count[i] + value;
    }
  }
  return can ? row : NULL;
}

static hft_status compile_actions(hft_env_model *model, hft_error *error) {
  model->spec.action_space = (hft_action_space)model->env.action_space;
  int at = 0;
  for (int g = 0; g < model->spec.all_group_count; g++) {
    hft_group *group = &model->spec.group[g];
    if (!acts(group)) continue;
    hft_axis axes[HFT_ROLE_AXES_MAX];
    (void)hft_role_class_of(group->role)->axes(model->seat[group->first_seat].keys, axes);
    hft_status status = count_choices(model, group, axes, &model->choices[at], error);
    if (status != HFT_OK) return status;
    group->choice_count = &model->choices[at];
    narrow_ranges(model, group, axes);
    write_ranges(model, group, axes, &model->ranges[at]);
    group->range = &model->ranges[at];
    group->nothing = write_nothing(model, group, &model->nothing[at]);
    at += group->axis_count;
  }
  return HFT_OK;
}

// ---- names -------------------------------------------------------------------------------------

static hft_status allocate(hft_env_model *model, hft_error *error) {
  size_t indices = (size_t)model->spec.state_dim, axes = 0;
  for (int g = 0; g < model->spec.all_group_count; g++) {
    const hft_group *group = &model->spec.group[g];
    axes += (size_t)group->axis_count;
    indices += (size_t)(group->obs_dim + group->axis_count);
    indices += (size_t)(group->term_dim + group->total_dim);
  }
  model->indices = calloc(indices, sizeof *model->indices);
  size_t some = axes > 0 ? axes : 1;
  model->choices = calloc(some, sizeof *model->choices);
  model->ranges = calloc(some, sizeof *model->ranges);
  model->nothing = calloc(some, sizeof *model->nothing);
  model->bytes = sizeof *model + indices * sizeof *model->indices;
  model->bytes += axes * (sizeof *model->choices + sizeof *model->ranges + sizeof *model->nothing);
  if (model->indices != NULL && model->choices != NULL && model->ranges != NULL &&
      model->nothing != NULL) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_ENOMEM, "env model", "out of memory");
}

static const hft_index *take(hft_index **next, const hft_fields *written, int count) {
  HFT_CHECK(written->count == count);
  const hft_index *index = *next;
  *next += count;
  return index;
}

// Choices are numbers from 0 on, not in [-1, 1].
static void bound_choices(const hft_group *group, hft_index *axes) {
  for (int i = 0; i < group->axis_count; i++) {
    if (group->choice_count[i] == 0) continue;
    axes[i].low = 0;
    axes[i].high = (float)(group->choice_count[i] - 1);
  }
}

static void name_all(hft_env_model *model) {
  hft_index *next = model->indices;
  for (int g = 0; g < model->spec.all_group_count; g++) {  // others' actions are called by these
    hft_group *group = &model->spec.group[g];
    if (!acts(group)) continue;
    hft_fields axes = {.index = next};
    write_axes(model, group, &axes);
    bound_choices(group, next);
    group->axis = take(&next, &axes, group->axis_count);
  }
  for (int g = 0; g < model->spec.all_group_count; g++) {
    hft_group *group = &model->spec.group[g];
    if (acts(group)) {  // the newest frame is the last
      hft_fields frame = {.index = next + group->obs_dim - model->frame_dim[g]};
      write_obs(model, group, &frame);
      HFT_CHECK(frame.count == model->frame_dim[g]);
      hft_stack_names(model, g, next);
    }
    group->obs = next;
    next += group->obs_dim;
    hft_fields terms = {.index = next};
    hft_reward_names(&terms);
    group->term = take(&next, &terms, group->term_dim);
    hft_fields totals = {.index = next};
    hft_totals_names(&totals);
    group->total = take(&next, &totals, group->total_dim);
  }
  hft_fields state = {.index = next};
  write_state(model, &state);
  model->spec.state = take(&next, &state, model->spec.state_dim);
}

hft_status hft_spec_compile(hft_env_model *model, hft_error *error) {
  hft_status status = measure(model, error);
  if (status == HFT_OK) status = allocate(model, error);
  if (status == HFT_OK) status = compile_actions(model, error);
  if (status == HFT_OK) name_all(model);
  return status;
}
