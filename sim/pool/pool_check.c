// Validates actions of untrusted callers.
#include <stdio.h>
#include <string.h>

#include "sim/pool/pool_state.h"

#define PLACE_SIZE (HFT_NAME_SIZE + 80)
#define EXPONENT_BITS UINT32_C(0x7f800000)  // all set: infinite or NaN

static bool is_finite(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits & EXPONENT_BITS) != EXPONENT_BITS;
}

static void name_place(const hft_array *array, size_t i, char where[PLACE_SIZE]) {
  size_t width = (size_t)array->shape[2], seats = (size_t)array->shape[1];
  snprintf(where, PLACE_SIZE, "%s[%zu, %zu, %zu]", array->name, i / (width * seats),
           i / width % seats, i % width);
}

// Whether element i of an array is ignored by a step: the seat is out or held by a strategy or
// policy, or the episode is over. An env under way belongs to its thread and is not read.
static bool is_ignored(const hft_pool *pool, int array, size_t i) {
  const hft_array *of = &hft_pool_actions_layout(pool)->array[array];
  const hft_group *group = &hft_env_model_spec(pool->model)->group[array];
  size_t width = (size_t)of->shape[2], seats = (size_t)of->shape[1];
  int env = (int)(i / (width * seats)), seat = group->first_seat + (int)(i / width % seats);
  const hft_pool_slot *slot = &pool->slot[env];
  if (slot->task != HFT_POOL_TASK_NONE || slot->stage == HFT_POOL_STAGE_NEW) return false;
  const void *place = pool->envs + (size_t)env * pool->env_size;
  if (hft_env_seat_control(slot->model, seat) != HFT_CONTROL_EXTERNAL) return true;
  return slot->stage == HFT_POOL_STAGE_OVER || hft_env_seat_done(place, seat);
}

static hft_status refuse_choice(const hft_array *array, size_t i, double choice, int32_t count,
                                hft_error *error) {
  char where[PLACE_SIZE];
  name_place(array, i, where);
  return hft_fail(error, HFT_EINVAL, where, "an action is %.12g; its choices are 0 to %d", choice,
                  count - 1);
}

// Whether a number of a mixed action is one of its axis's choices.
static bool is_choice(float value, int32_t count) {
  return value >= 0 && value < (float)count && value == (float)(int32_t)value;
}

// Elements first .. end - 1 of an array.
static hft_status check_numbers(const hft_pool *pool, int a, const float *value, size_t first,
                                size_t end, hft_error *error) {
  const hft_array *array = &hft_pool_actions_layout(pool)->array[a];
  const hft_group *group = &hft_env_model_spec(hft_pool_model(pool))->group[a];
  size_t width = (size_t)group->action_dim;
  for (size_t i = first; i < end; i++) {
    int32_t choices = group->choice_count[i % width];
    bool allowed = choices > 0 ? is_choice(value[i], choices) : is_finite(value[i]);
    if (allowed || is_ignored(pool, a, i)) continue;
    if (choices > 0 && is_finite(value[i])) {
      return refuse_choice(array, i, (double)value[i], choices, error);
    }
    char where[PLACE_SIZE];
    name_place(array, i, where);
    return hft_fail(error, HFT_EINVAL, where, "an action is %g", (double)value[i]);
  }
  return HFT_OK;
}

static hft_status check_choices(const hft_pool *pool, int a, const int32_t *choice, size_t first,
                                size_t end, hft_error *error) {
  const hft_array *array = &hft_pool_actions_layout(pool)->array[a];
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  const hft_group *group = &spec->group[a];
  bool discrete = spec->action_space == HFT_ACTION_DISCRETE;
  size_t width = (size_t)group->action_dim;
  for (size_t i = first; i < end; i++) {
    int32_t choices = discrete ? group->mask_dim : group->choice_count[i % width];
    if ((choice[i] < 0 || choice[i] >= choices) && !is_ignored(pool, a, i)) {
      return refuse_choice(array, i, choice[i], choices, error);
    }
  }
  return HFT_OK;
}

// Rows first_row .. end_row - 1 of all arrays, without their padding.
static hft_status check_rows(const hft_pool *pool, int first_row, int end_row, hft_error *error) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  const char *actions = hft_pool_actions(pool);
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    const void *values = actions + array->offset;
    size_t width = array->row_bytes / 4;  // of either dtype
    size_t first = (size_t)first_row * width, end = (size_t)end_row * width;
    hft_status status = array->dtype == HFT_DTYPE_F32
                            ? check_numbers(pool, a, values, first, end, error)
                            : check_choices(pool, a, values, first, end, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_pool_check_actions(const hft_pool *pool, hft_error *error) {
  return check_rows(pool, 0, hft_pool_env_count(pool), error);
}

hft_status hft_pool_check_actions_of(const hft_pool *pool, const int32_t *envs, int count,
                                     hft_error *error) {
  for (int k = 0; k < count; k++) {
    if (envs[k] < 0 || envs[k] >= hft_pool_env_count(pool)) continue;  // hft_pool_send reports it
    hft_status status = check_rows(pool, envs[k], envs[k] + 1, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}
