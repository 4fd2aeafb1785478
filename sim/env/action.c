#include "sim/env/action.h"

// Choices lie evenly over [-1, 1].
static inline float value_of(int32_t choice, int32_t count) {
  return (float)(-1 + 2.0 * choice / (count - 1));
}

static inline float clip(float value) {
  return value < -1 ? -1 : value > 1 ? 1 : value;
}

// May a choice of an axis be made? Messages always may.
static bool allows(const hft_seat_view *view, int axis, float value) {
  const hft_role_class *role = hft_role_class_of(view->seat_model->role);
  int each = view->model->spec.group[view->seat_model->group].role_axes;
  int own = view->seat_model->instrument_count * each;
  if (axis >= own || role->allows == NULL || view->seat->done) return true;
  return role->allows(view, axis / each, axis % each, value);
}

// What the role must know to judge choices, worked out once for all of them.
static hft_seat_view judging(hft_seat_view view) {
  const hft_role_class *role = hft_role_class_of(view.seat_model->role);
  if (role->cash_budget != NULL) view.cash_budget = role->cash_budget(&view);
  return view;
}

static float choose(const hft_seat_view *view, const hft_group *group, int axis, int32_t choice) {
  int32_t count = group->choice_count[axis];
  float value = value_of(choice < 0 ? 0 : choice < count ? choice : count - 1, count);
  if (allows(view, axis, value)) return value;
  float idle = group->range[axis].idle;
  return value_of(idle > 0 ? (int32_t)idle : 0, count);  // without an idle one, the lowest
}

// Axis by axis, numbers and choices that are whole numbers.
static void read_mixed(const hft_seat_view *view, const hft_group *group, const float *given,
                       float *numbers) {
  for (int axis = 0; axis < group->axis_count; axis++) {
    int32_t count = group->choice_count[axis];
    if (count == 0) {
      numbers[axis] = clip(given[axis]);
      continue;
    }
    float most = (float)(count - 1);  // clipped before it becomes an integer; NaN becomes 0
    float choice = given[axis] > 0 ? given[axis] < most ? given[axis] : most : 0;
    numbers[axis] = choose(view, group, axis, (int32_t)choice);
  }
}

void hft_action_read(const hft_seat_view *seen, const void *row, float *numbers) {
  const hft_env_spec *spec = &seen->model->spec;
  const hft_group *group = &spec->group[seen->seat_model->group];
  if (spec->action_space == HFT_ACTION_BOX) {
    const float *given = row;
    for (int axis = 0; axis < group->axis_count; axis++) numbers[axis] = clip(given[axis]);
    return;
  }
  const hft_seat_view view = judging(*seen);
  if (spec->action_space == HFT_ACTION_MIXED) {
    read_mixed(&view, group, row, numbers);
    return;
  }
  const int32_t *given = row;
  if (spec->action_space == HFT_ACTION_MULTI_DISCRETE) {
    for (int axis = 0; axis < group->axis_count; axis++) {
      numbers[axis] = choose(&view, group, axis, given[axis]);
    }
    return;
  }
  int32_t rest = given[0] < 0 ? 0 : given[0] < group->mask_dim ? given[0] : group->mask_dim - 1;
  for (int axis = group->axis_count - 1; axis >= 0; axis--) {  // the last axis changes fastest
    numbers[axis] = choose(&view, group, axis, rest % group->choice_count[axis]);
    rest /= group->choice_count[axis];
  }
}

static void mask_axes(const hft_seat_view *seen, const hft_group *group, uint8_t *mask) {
  const hft_seat_view view = judging(*seen);
  for (int axis = 0; axis < group->axis_count; axis++) {
    int32_t count = group->choice_count[axis];
    for (int32_t c = 0; c < count; c++) *mask++ = allows(&view, axis, value_of(c, count));
  }
}

void hft_action_mask(const hft_seat_view *view, uint8_t *mask) {
  const hft_env_spec *spec = &view->model->spec;
  const hft_group *group = &spec->group[view->seat_model->group];
  if (spec->action_space != HFT_ACTION_DISCRETE) {
    mask_axes(view, group, mask);
    return;
  }
  // The product, axis by axis: what stands so far is repeated for each choice of the next axis.
  uint8_t choices[HFT_AXES_MAX * 101];
  mask_axes(view, group, choices);
  const uint8_t *of_axis = choices;
  int32_t filled = 1;
  mask[0] = 1;
  for (int axis = 0; axis < group->axis_count; axis++) {
    int32_t count = group->choice_count[axis];
    for (int32_t i = filled - 1; i >= 0; i--) {  // backwards: row i moves to i * count
      uint8_t before = mask[i];
      for (int32_t c = 0; c < count; c++) mask[i * count + c] = before & of_axis[c];
    }
    filled *= count;
    of_axis += count;
  }
}
