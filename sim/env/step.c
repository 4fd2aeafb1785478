#include "sim/env/env.h"

#include <string.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"
#include "sim/env/action.h"
#include "sim/env/controller.h"
#include "sim/env/features/feed.h"
#include "sim/env/features/forecast.h"
#include "sim/env/features/observe.h"
#include "sim/env/features/queue.h"
#include "sim/env/reward.h"
#include "sim/env/worth.h"

size_t hft_env_size(const hft_env_model *model) {
  return model->size;
}

hft_status hft_env_init(const hft_env_model *model, void *memory, size_t size, hft_env **out) {
  if ((uintptr_t)memory % HFT_CACHE_LINE != 0) return HFT_EINVAL;
  if (size < model->size) return HFT_ENOMEM;
  memset(memory, 0, model->market_at);
  hft_market *market;
  hft_status status = hft_market_init(model->market, (char *)memory + model->market_at,
                                      hft_market_size(model->market), &market);
  if (status == HFT_OK && model->has_twin) {
    hft_market *twin;
    status = hft_market_init(model->market, (char *)memory + model->twin_at,
                             hft_market_size(model->market), &twin);
  }
  if (status == HFT_OK) *out = memory;
  return status;
}

size_t hft_env_room(const hft_env_model *model) {
  return model->room;
}

enum { MAKE_MARKET, MAKE_TWIN };

bool hft_env_make_some(const hft_env_model *model, void *memory, hft_env_progress *progress,
                       int64_t *budget) {
  if (progress->stage == MAKE_MARKET) {
    if (progress->at == 0) memset(memory, 0, model->market_at);
    if (!hft_market_make_some(model->market, (char *)memory + model->market_at, &progress->at,
                              budget)) {
      return false;
    }
    if (!model->has_twin) return true;
    *progress = (hft_env_progress){.stage = MAKE_TWIN};
  }
  if (!hft_market_make_some(model->market, (char *)memory + model->twin_at, &progress->at,
                            budget)) {
    return false;
  }
  progress->stage = MAKE_MARKET;
  return true;
}

static void clear_flags(const hft_env_model *model, const hft_env_io *io) {
  for (int g = 0; g < model->spec.all_group_count; g++) {
    size_t seats = (size_t)model->spec.group[g].seat_count;
    memset(io->terminated[g], 0, seats);
    memset(io->unfilled[g], 0, seats * sizeof(float));
  }
  *io->truncated = 0;
  *io->ended = 0;
}

// Tells which seats of external groups others hold in this episode.
static void tell_controlled(const hft_env_model *model, const hft_env_io *io) {
  for (int g = 0; g < model->spec.group_count; g++) {
    const hft_group *group = &model->spec.group[g];
    for (int s = 0; s < group->seat_count; s++) {
      hft_control control = model->seat[group->first_seat + s].control;
      io->controlled[g][s] = control != HFT_CONTROL_EXTERNAL;
    }
  }
}

// Begins an episode after the warm-up.
static void show_first(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  env->alive = model->counted_seats;
  hft_observe_note(model, env);
  hft_worth_start(model, env);
  hft_worth_note_book(model, env);
  clear_flags(model, io);
  if (model->env.reseat) tell_controlled(model, io);
  hft_step_state step;
  hft_step_state_begin(&step, model, env, io);
  hft_reward_none(&step);
  hft_observe(&step);
}

// The work of all seats in a step, in units of a budget; the market's events are counted apart.
static int64_t seats_work(const hft_env_model *model) {
  return 16 + 8 * (int64_t)model->spec.all_seat_count;
}

// Runs the market; on the way the notes of a feed with latency are taken.
static bool run_until(const hft_env_model *model, hft_env *env, hft_time until, int64_t *budget) {
  if (HFT_UNLIKELY(model->feed.delay > 0)) return hft_feed_run(model, env, until, budget);
  return hft_market_run_some(model->market, hft_env_market_of(model, env), until, budget, NULL);
}

enum { RESET_MARKET, WARM_UP, FORK_TWIN };

#define COPY_BYTES 1024  // in the time of a unit of work

// Evaluates the fundamental values: when a sliced run last did depends on its slices, and the bytes
// of an env must not. An observation does it for the market itself.
static void settle_value(const hft_env_model *model, hft_market *market) {
  (void)hft_market_fundamental(model->market, market, 0);
}

// Copies the market, as the warm-up has left it, to its twin.
static bool fork_twin(const hft_env_model *model, hft_env *env, hft_env_progress *progress,
                      int64_t *budget) {
  settle_value(model, hft_env_market_of(model, env));
  const char *market = (const char *)hft_env_market_of(model, env);
  char *twin = (char *)hft_env_twin_of(model, env);
  size_t size = hft_market_size(model->market);
  while (progress->at < size) {
    if (*budget <= 0) return false;
    size_t part = size - progress->at, most = (size_t)64 * COPY_BYTES;
    if (part > most) part = most;
    memcpy(twin + progress->at, market + progress->at, part);
    progress->at += part;
    *budget -= (int64_t)(part / COPY_BYTES) + 1;
  }
  progress->at = 0;
  return true;
}

bool hft_env_reset_some(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                        const hft_env_io *io, hft_env_progress *progress, int64_t *budget) {
  hft_market *market = hft_env_market_of(model, env);
  if (progress->stage == RESET_MARKET) {
    if (!hft_market_reset_some(model->market, market, seed, index, &progress->at, budget, NULL)) {
      return false;
    }
    memset(env, 0, model->market_at);
    env->order_rng = hft_rng_stream(seed, index, HFT_STREAM_SEAT_ORDER);
    hft_forecast_start(model, env, seed, index);
    progress->stage = WARM_UP;
  }
  if (progress->stage == WARM_UP) {
    if (!run_until(model, env, model->warmup, budget)) return false;
    progress->stage = FORK_TWIN;
  }
  if (!hft_forecast_run_some(model, env, model->warmup, budget)) return false;
  if (model->has_twin && !fork_twin(model, env, progress, budget)) return false;
  show_first(model, env, io);
  *budget -= seats_work(model);
  progress->stage = RESET_MARKET;
  return true;
}

void hft_env_reset(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                   const hft_env_io *io) {
  hft_env_progress progress = {0};
  int64_t budget = INT64_MAX;
  bool done = hft_env_reset_some(model, env, seed, index, io, &progress, &budget);
  HFT_CHECK(done);
}

// Records marks and best prices on which all seats act, before any of them acts.
static void look(const hft_env_model *model, hft_env *env) {
  if (HFT_UNLIKELY(model->feed.delay > 0)) {
    hft_feed_look(model, env);
    return;
  }
  const hft_market *market = hft_env_market_of(model, env);
  for (int i = 0; i < model->instrument_count; i++) {
    hft_instrument_history *history = &hft_env_histories(model, env)[i];
    const hft_book *book = hft_market_book(model->market, market, i);
    history->mark = hft_env_mark(model, env, i);
    for (int side = 0; side < 2; side++) {
      history->best[side] = hft_book_best_price(book, (hft_side)side);
    }
  }
}

// Decodes the actions of all seats before any of them acts: masks hold as the seats saw them.
static void read_actions(const hft_step_state *step) {
  const hft_env_model *model = step->model;
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    const hft_seat_model *seat = &model->seat[s];
    const hft_group *group = &model->spec.group[seat->group];
    float *numbers = hft_env_last(model, step->env) + seat->last_at;
    if (HFT_UNLIKELY(seat->control == HFT_CONTROL_STRATEGY)) continue;
    if (step->env->seat[s].done) {
      memset(numbers, 0, (size_t)group->axis_count * sizeof *numbers);
      continue;
    }
    if (HFT_LIKELY(model->feed.delay == 0)) {
      step->env->seat[s].seen = hft_desk_account(&step->view[s].desk)->position;
    }
    // Float and int32_t both take 4 bytes.
    const char *slab = step->io->action[seat->group];
    const void *row = HFT_UNLIKELY(seat->control == HFT_CONTROL_POLICY)
                          ? hft_controller_act(step, s)
                          : slab + (ptrdiff_t)4 * seat->index * group->action_dim;
    hft_action_read(&step->view[s], row, numbers);
  }
}

// Draws the order in which seats act and are settled in this step (Fisher-Yates).
static void draw_order(hft_step_state *step, hft_rng *rng) {
  const hft_env_model *model = step->model;
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    int j = (int)hft_bounded(rng, (uint32_t)i + 1);
    if (j != i) step->order[i] = step->order[j];
    step->order[j] = model->seat_of_rank[i];
  }
}

// All seats act on the same observation.
static void act_all(const hft_step_state *step) {
  look(step->model, step->env);
  read_actions(step);
  for (int k = 0; k < step->model->spec.all_seat_count; k++) {
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.ArraySubscript): draw_order has filled it
    const hft_seat_view *view = &step->view[step->order[k]];
    if (view->seat->done || !view->seat_model->acts) continue;
    const float *action = hft_env_last(step->model, step->env) + view->seat_model->last_at;
    hft_role_class_of(view->seat_model->role)->act(view, action);
    if (step->model->estimates) hft_queue_note(view);
  }
}

enum { ACT, RUN };

static void begin_step(hft_step_state *step) {
  const hft_env_model *model = step->model;
  hft_env *env = step->env;
  clear_flags(model, step->io);
  draw_order(step, &env->order_rng);
  // The books are noted every HFT_DEPTH_STEPS steps, since it takes a walk over all levels.
  if (env->step % HFT_DEPTH_STEPS == 0 && env->step > 0) hft_worth_note_book(model, env);
  hft_worth_note_held(step);
  act_all(step);
  env->step++;
}

// Runs the market and its twin to the end of the step. A market that is there already stays.
static bool run_step(const hft_env_model *model, hft_env *env, int64_t *budget) {
  hft_time until = model->warmup + env->step * model->spec.decision;
  if (!run_until(model, env, until, budget)) return false;
  if (!hft_forecast_run_some(model, env, until, budget)) return false;
  if (HFT_LIKELY(!model->has_twin)) return true;
  hft_market *twin = hft_env_twin_of(model, env);
  if (!hft_market_run_some(model->market, twin, until, budget, NULL)) return false;
  settle_value(model, twin);
  return true;
}

static void end_step(hft_step_state *step) {
  const hft_env_model *model = step->model;
  hft_env *env = step->env;
  hft_reward_end_seats(step);
  hft_observe_note(model, env);
  hft_reward_all(step);
  *step->io->truncated = env->step == model->env.episode_len;
  *step->io->ended = *step->io->truncated || env->alive == 0;
  hft_observe(step);
}

// Goes on with a step whose market was interrupted.
static HFT_COLD bool go_on(const hft_env_model *model, hft_env *env, const hft_env_io *io,
                           hft_env_progress *progress, int64_t *budget) {
  if (!run_step(model, env, budget)) return false;
  hft_step_state step;
  hft_step_state_begin(&step, model, env, io);
  draw_order(&step, &progress->order_rng);
  end_step(&step);
  *budget -= seats_work(model);
  *progress = (hft_env_progress){0};
  return true;
}

bool hft_env_step_some(const hft_env_model *model, hft_env *env, const hft_env_io *io,
                       hft_env_progress *progress, int64_t *budget) {
  if (HFT_UNLIKELY(progress->stage == RUN)) return go_on(model, env, io, progress, budget);
  hft_step_state step;
  hft_step_state_begin(&step, model, env, io);
  hft_rng order_rng = env->order_rng;
  begin_step(&step);
  if (HFT_UNLIKELY(!run_step(model, env, budget))) {
    progress->stage = RUN;
    progress->order_rng = order_rng;
    return false;
  }
  end_step(&step);
  *budget -= seats_work(model);
  return true;
}

void hft_env_step(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  hft_env_progress progress = {0};
  int64_t budget = INT64_MAX;
  bool done = hft_env_step_some(model, env, io, &progress, &budget);
  HFT_CHECK(done);
}

hft_market *hft_env_market(const hft_env_model *model, hft_env *env) {
  return hft_env_market_of(model, env);
}

hft_seat_look hft_env_look(const hft_env_model *model, hft_env *env, int seat, int k) {
  const hft_seat_model *of = &model->seat[seat];
  HFT_CHECK(k >= 0 && k < of->instrument_count);
  hft_seat_view view;
  hft_seat_view_init(&view, model, env, seat);
  hft_seat_look look = {.desk = hft_seat_desk(&view, k)};
  look.position = hft_desk_account(&look.desk)->position + of->holding;
  return look;
}

int hft_env_seat_instruments(const hft_env_model *model, int seat) {
  return model->seat[seat].instrument_count;
}

bool hft_env_seat_done(const hft_env *env, int seat) {
  return env->seat[seat].done;
}

float hft_env_return(const hft_env *env, int seat) {
  return env->seat[seat].total;
}

int64_t hft_env_steps(const hft_env *env) {
  return env->step;
}
