#include "sim/env/features/observe.h"

#include <string.h>

#include "sim/base/inline.h"
#include "sim/env/action.h"
#include "sim/env/features/feed.h"
#include "sim/env/features/forecast.h"
#include "sim/env/features/history.h"
#include "sim/env/features/parts.h"
#include "sim/env/features/queue.h"
#include "sim/env/features/stack.h"

void hft_observe_note(const hft_env_model *model, hft_env *env) {
  hft_instrument_history *histories = hft_env_histories(model, env);
  for (int i = 0; i < model->instrument_count; i++) {
    hft_history_note(model, env, i, env->step == 0, &histories[i]);
  }
}

static float *put(float *to, const float *from, int count) {
  memcpy(to, from, (size_t)count * sizeof *to);
  return to + count;
}

// Copies the features of the seat's instruments and of the time from the state, which may have more
// levels per side.
static float *copy_common(const hft_env_model *model, const hft_seat_model *seat,
                          const float *state, float *obs) {
  int depth = (int)model->env.depth, deeper = model->state_depth;
  bool all = seat->instrument_count == model->instrument_count;
  if (all && depth == deeper) return put(obs, state, model->common_at + model->common_dim);
  for (int k = 0; k < seat->instrument_count; k++) {
    const float *part = state + (ptrdiff_t)(seat->instrument + k) * model->state_part;
    obs = put(obs, part, 2 * depth);
    obs = put(obs, part + (ptrdiff_t)2 * deeper, 2 * depth);
    obs = put(obs, part + (ptrdiff_t)4 * deeper, model->features_dim);
  }
  return put(obs, state + model->common_at, model->common_dim);
}

// A strategy in the seat of a learner is not bound by the role's rules: what it observes of itself
// is clipped to the bounds of the spec.
static void clip(const hft_index *index, float *numbers, int count) {
  for (int i = 0; i < count; i++) {
    if (numbers[i] < index[i].low) numbers[i] = index[i].low;
    if (numbers[i] > index[i].high) numbers[i] = index[i].high;
  }
}

// Writes what a seat sees. `own`: its numbers in the state.
HFT_INLINE void show_seat(const hft_step_state *step, int s, const float *own, bool sees_others) {
  const hft_env_model *model = step->model;
  const hft_seat_model *seat = &model->seat[s];
  const hft_group *group = &model->spec.group[seat->group];
  float *row = step->io->obs[seat->group] + (ptrdiff_t)seat->index * group->obs_dim;
  float *frame = row + (group->obs_dim - model->frame_dim[seat->group]);  // the newest is the last
  uint8_t *mask = NULL;
  if (group->mask_dim > 0) {
    mask = step->io->mask[seat->group] + (ptrdiff_t)seat->index * group->mask_dim;
  }
  float *at;
  if (HFT_UNLIKELY(model->feed.delay > 0)) {
    at = hft_feed_show(model, step->env, s, step->io->state, frame, mask);
    if (!seat->acts) {
      float *seen = at - model->own_dim[seat->group];
      clip(group->obs + (seen - row), seen, model->own_dim[seat->group]);
    }
  } else {
    at = copy_common(model, seat, step->io->state, frame);
    at = put(at, own, model->own_dim[seat->group]);
    if (mask != NULL) hft_action_mask(&step->view[s], mask);
  }
  hft_fields others = {.value = at};
  if (sees_others) hft_observe_others(model, step->env, s, &others);
  HFT_DEBUG_CHECK(at + others.count == row + group->obs_dim);
  if (HFT_UNLIKELY(model->spec.stack > 1)) hft_stack_push(model, step->env, s, row);
}

void hft_observe(const hft_step_state *step) {
  const hft_env_model *model = step->model;
  const hft_env_io *io = step->io;
  const hft_instrument_history *histories = hft_env_histories(model, step->env);
  bool sees_others = model->env.see_actions || model->env.message_dim > 0;
  hft_fields state = {.value = io->state};
  for (int i = 0; i < model->instrument_count; i++) {
    hft_observe_instrument(model, step->env, histories, i, model->state_depth, &state);
  }
  hft_observe_time(model, step->env, &state);
  for (int i = 0; i < model->instrument_count; i++) {
    hft_observe_fundamental(model, step->env, i, &state);
  }
  if (HFT_UNLIKELY(model->feed.delay > 0)) hft_feed_note_end(model, step->env);
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    const hft_seat_view *view = &step->view[s];
    const hft_seat_model *seat = view->seat_model;
    if (!seat->observes) continue;
    const float *own = io->state + state.count;
    if (model->estimates && model->feed.delay == 0) hft_queue_note(view);
    hft_role_class_of(seat->role)->observe(view, seat->instrument_count, &state);
    hft_forecast_observe(model, step->env, s, &state);
    if (HFT_UNLIKELY(!seat->acts)) {
      clip(model->spec.state + (own - state.value), io->state + (own - state.value),
           model->own_dim[seat->group]);
    }
    show_seat(step, s, own, sees_others);
  }
  HFT_DEBUG_CHECK(state.count == model->spec.state_dim);
}
