#include "agents/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agents/nn/blas.h"
#include "agents/trainer_state.h"
#include "agents/worlds_market.h"
#include "sim/base/check.h"

#define BLOCK_ENVS 16  // envs of a block, where their number has such a divisor
#define CHECKPOINT_S 60.0

double hft_trainer_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool is_stopped(const hft_trainer *t) {
  return t->spec.stopped != NULL && t->spec.stopped(t->spec.context);
}

static hft_status fail_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "training", "out of memory");
}

// ---- creation ----------------------------------------------------------------------------------

// Blocks of a run depend on the number of envs alone, so that results do not depend on the threads:
// the smallest divisor of the number that leaves blocks of at most BLOCK_ENVS, if there is one.
static int block_count(int64_t envs) {
  int best = 1;
  for (int blocks = 1; blocks <= HFT_TRAINER_BLOCKS_MAX && blocks <= envs; blocks++) {
    if (envs % blocks != 0) continue;
    best = blocks;
    if (envs / blocks <= BLOCK_ENVS) break;
  }
  return best;
}

static int thread_count(int64_t asked) {
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  int64_t threads = asked > 0 ? asked : processors > 0 ? processors : 1;
  return (int)(threads < HFT_RUNNER_THREADS_MAX ? threads : HFT_RUNNER_THREADS_MAX);
}

static hft_status compile_models(hft_trainer *t, hft_error *error) {
  const hft_trainer_spec *s = &t->spec;
  hft_status status = hft_training_config(s->training, s->config, &t->config, error);
  if (status == HFT_OK) {
    status = hft_env_model_create(s->config, s->classes, s->class_count, &t->own, error);
  }
  if (status == HFT_OK) {
    status = hft_env_model_create(t->config, s->classes, s->class_count, &t->model, error);
  }
  if (status != HFT_OK) return status;
  const hft_env_spec *spec = hft_env_model_spec(t->model);
  if (spec->group_count == 0) {
    return hft_fail(error, HFT_ECONFIG, "seats",
                    "no seat is external, so nothing learns: remove the controller of a seat");
  }
  t->shape = (hft_worlds_shape){spec->group_count, spec->group, spec->state_dim, spec->state,
                                spec->action_space};
  return HFT_OK;
}

// Envs beyond the memory of the machine are refused before minutes are spent on making them.
static hft_status check_memory(const hft_trainer *t, hft_error *error) {
  double pages = (double)sysconf(_SC_PHYS_PAGES), page = (double)sysconf(_SC_PAGESIZE);
  double each = (double)hft_env_room(t->model), all = each * (double)t->keys->num_envs;
  if (pages <= 0 || all <= pages * page) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "training.num_envs",
                  "%" PRId64 " envs of %.0f KiB each take %.1f GiB; this machine has %.1f GiB",
                  t->keys->num_envs, each / 1024, all / 0x1p30, pages * page / 0x1p30);
}

static hft_status make_blocks(hft_trainer *t, hft_error *error) {
  int count = block_count(t->keys->num_envs);
  int envs = (int)(t->keys->num_envs / count);
  hft_status status = check_memory(t, error);
  for (int b = 0; b < count && status == HFT_OK; b++) {
    if (is_stopped(t)) {
      return hft_fail(error, HFT_EINTR, "training", "interrupted while its envs were made");
    }
    status = hft_worlds_market_create(t->model, envs, (uint32_t)(b * envs), &t->block[b], error);
    if (status == HFT_OK) t->blocks++;
  }
  int64_t seats = hft_env_model_spec(t->model)->seat_count;
  t->update_steps = t->keys->num_envs * seats * t->keys->rollout_steps;
  return status;
}

static hft_status make_learner(hft_trainer *t, hft_error *error) {
  hft_status status = hft_crew_create(t->threads, &t->crew, error);
  if (status != HFT_OK) return status;
  const hft_learner_spec spec = {.shape = t->block[0]->shape,
                                 .block = t->block,
                                 .blocks = t->blocks,
                                 .crew = t->crew,
                                 .network = hft_training_network(t->spec.training),
                                 .keys = hft_training_algorithm_keys(t->spec.training),
                                 .rollout_steps = (int)t->keys->rollout_steps,
                                 .seed = (uint64_t)t->keys->seed};
  return t->algorithm->create(&spec, &t->learner, error);
}

// The overrides may change rewards and worlds, but not what the policy sees and does.
static hft_status check_actors(const hft_trainer *t, hft_error *error) {
  const hft_env_spec *own = hft_env_model_spec(t->own);
  hft_status status = HFT_OK;
  for (int g = 0; g < t->shape.group_count && status == HFT_OK; g++) {
    const hft_actor *actor = t->algorithm->actor(t->learner, g, 0);
    int same = 0;
    while (same < own->group_count && own->group[same].role != t->shape.group[g].role) same++;
    if (same == own->group_count) {
      return hft_fail(error, HFT_ECONFIG, "overrides", "the role %s is external in training alone",
                      t->shape.group[g].role_name);
    }
    status = hft_actor_check(actor, own, &own->group[same], "overrides", error);
  }
  return status;
}

static hft_status set_up(hft_trainer *t, hft_error *error) {
  t->training_text = hft_training_print(t->spec.training, false);
  t->config_text = hft_config_print(t->spec.config, 0);
  if (t->training_text == NULL || t->config_text == NULL) return fail_memory(error);
  hft_blas_hold();
  hft_status status = compile_models(t, error);
  if (status == HFT_OK) status = hft_trainer_contests_create(t, error);
  if (status == HFT_OK) status = make_blocks(t, error);
  if (status == HFT_OK) status = make_learner(t, error);
  if (status == HFT_OK) status = check_actors(t, error);
  if (status == HFT_OK) status = hft_trainer_tensors_create(t, error);
  return status;
}

hft_status hft_trainer_create(const hft_trainer_spec *spec, hft_trainer **out, hft_error *error) {
  *out = NULL;
  hft_trainer *t = calloc(1, sizeof *t);
  if (t == NULL) return fail_memory(error);
  t->spec = *spec;
  t->keys = hft_training_values(spec->training);
  t->algorithm = hft_training_algorithm(spec->training);
  t->threads = thread_count(t->keys->threads);
  t->state = (hft_trainer_state){.evaluated = -1, .best_update = -1};
  t->end = HFT_TRAINER_RUNNING;
  hft_status status = set_up(t, error);
  if (status != HFT_OK) {
    hft_trainer_free(t);
    return status;
  }
  *out = t;
  return HFT_OK;
}

void hft_trainer_free(hft_trainer *t) {
  if (t == NULL) return;
  hft_trainer_files_close(t);
  hft_trainer_contests_free(t);
  if (t->learner != NULL) t->algorithm->free(t->learner);
  hft_crew_free(t->crew);
  for (int b = 0; b < t->blocks; b++) t->block[b]->free(t->block[b]);
  if (t->model != NULL) hft_env_model_free(t->model);
  if (t->own != NULL) hft_env_model_free(t->own);
  hft_config_free(t->config);
  free(t);
}

// ---- the beginning -----------------------------------------------------------------------------

static void note_time(hft_trainer *t) {
  t->state.seconds = hft_trainer_now() - t->began;
}

// An interrupt during the baselines leaves a run that can be resumed, which runs them again.
static hft_status run_baselines(hft_trainer *t, hft_error *error) {
  double before = hft_trainer_now();
  hft_status status = hft_trainer_run_baselines(t, error);
  t->state.evaluation_seconds += hft_trainer_now() - before;
  note_time(t);
  // After a resume the best boards have the policy's scores of then.
  for (int c = 0; c < t->contest_count; c++) {
    hft_trainer_score policy = t->best_board[c].policy;
    t->best_board[c] = t->board[c];
    t->best_board[c].policy = policy;
  }
  if (status == HFT_OK && t->state.updates == 0) status = hft_trainer_log_baselines(t, error);
  return status;
}

static hft_status name_checkpoints(hft_trainer *t, hft_error *error) {
  t->latest = hft_training_run_file(t->run, "checkpoints/latest.h5");
  t->best = hft_training_run_file(t->run, "checkpoints/best.h5");
  return t->latest != NULL && t->best != NULL ? HFT_OK : fail_memory(error);
}

hft_status hft_trainer_begin(hft_trainer *t, hft_training_run *run, bool resume, hft_error *error) {
  HFT_CHECK(t->run == NULL);
  t->run = run;
  t->resumed = resume;
  t->began = hft_trainer_now();
  hft_status status = name_checkpoints(t, error);
  for (int b = 0; b < t->blocks && status == HFT_OK; b++) {
    t->block[b]->begin(t->block[b], (uint64_t)t->keys->seed);
  }
  if (status == HFT_OK && resume) {
    status = hft_trainer_load(t, error);
    t->began -= t->state.seconds;
    t->written = hft_trainer_now();
  }
  if (status == HFT_OK) {
    status = hft_trainer_files_open(t, error);
  }
  if (status == HFT_OK && !resume) status = hft_trainer_write_latest(t, error);
  return status;
}

// ---- the loop ----------------------------------------------------------------------------------

static hft_status evaluate(hft_trainer *t, hft_error *error) {
  hft_status status = hft_trainer_write_latest(t, error);
  double before = hft_trainer_now();
  if (status == HFT_OK) status = hft_trainer_run_policy(t, error);
  t->state.evaluation_seconds += hft_trainer_now() - before;
  if (status != HFT_OK) return status;
  hft_trainer_state *s = &t->state;
  double merit = hft_trainer_merit(t->board, t->contest_count);
  s->evaluated = s->updates;
  if (s->best_update < 0 || merit > s->best || (isnan(s->best) && !isnan(merit))) {
    status = hft_trainer_write_best(t, error);
    s->best = merit;
    s->best_update = s->updates;
    s->since_best = 0;
    memcpy(t->best_board, t->board, sizeof t->board);
  } else {
    s->since_best++;
  }
  note_time(t);
  if (status == HFT_OK) status = hft_trainer_log_evaluation(t, error);
  if (status == HFT_OK && t->spec.on_evaluation != NULL) {
    t->spec.on_evaluation(t->spec.context, t);
  }
  return status;
}

static hft_status update(hft_trainer *t, hft_error *error) {
  hft_figure figure[HFT_LEARNER_FIGURES_MAX];
  double before = hft_trainer_now();
  double progress = (double)t->state.steps / (double)t->keys->steps;
  int count = t->algorithm->update(t->learner, progress < 1 ? progress : 1, figure);
  double seconds = hft_trainer_now() - before;
  t->state.updates++;
  t->state.steps += t->update_steps;
  t->state.update_seconds += seconds;
  note_time(t);
  hft_status status = hft_trainer_log_update(t, figure, count, seconds, error);
  if (status == HFT_OK && t->spec.on_update != NULL) {
    t->spec.on_update(t->spec.context, t, figure, count);
  }
  return status;
}

static hft_trainer_end reached(const hft_trainer *t) {
  const hft_trainer_state *s = &t->state;
  if (is_stopped(t)) return HFT_TRAINER_STOPPED;
  if (s->steps >= t->keys->steps) return HFT_TRAINER_STEPS;
  if (t->keys->patience > 0 && s->since_best >= t->keys->patience) return HFT_TRAINER_PATIENCE;
  double now = hft_trainer_now() - t->began;
  if (t->keys->seconds > 0 && now >= t->keys->seconds) return HFT_TRAINER_SECONDS;
  return HFT_TRAINER_RUNNING;
}

static bool is_due(const hft_trainer *t) {
  const hft_trainer_state *s = &t->state;
  int64_t every = t->keys->evaluate_every;
  return every > 0 && s->updates > 0 && s->updates % every == 0 && s->evaluated != s->updates;
}

static hft_status loop(hft_trainer *t, hft_error *error) {
  hft_status status = HFT_OK;
  while (status == HFT_OK) {
    if (is_due(t) && !is_stopped(t)) {
      status = evaluate(t, error);
      continue;
    }
    t->end = reached(t);
    if (t->end != HFT_TRAINER_RUNNING) break;
    status = update(t, error);
    if (status == HFT_OK && hft_trainer_now() - t->written > CHECKPOINT_S) {
      status = hft_trainer_write_latest(t, error);
    }
  }
  return status;
}

// Writes the last checkpoint; what an interrupted evaluation would have told is done by the next
// process.
static hft_status stop(hft_trainer *t, hft_error *error) {
  t->end = HFT_TRAINER_STOPPED;
  note_time(t);
  hft_status status = hft_trainer_write_latest(t, error);
  if (status != HFT_OK) return status;
  return hft_fail(error, HFT_EINTR, t->run->path,
                  "interrupted after %" PRId64 " steps; 'hftsim train --resume %s' goes on",
                  t->state.steps, t->run->path);
}

hft_status hft_trainer_run(hft_trainer *t, hft_error *error) {
  hft_status status = run_baselines(t, error);
  if (status == HFT_OK) status = loop(t, error);
  if (status == HFT_OK && t->end != HFT_TRAINER_STOPPED && t->state.evaluated != t->state.updates) {
    status = evaluate(t, error);
  }
  if (status == HFT_EINTR || (status == HFT_OK && t->end == HFT_TRAINER_STOPPED)) {
    return stop(t, error);
  }
  if (status == HFT_OK) status = hft_trainer_write_latest(t, error);
  return status;
}

// ---- what it tells -----------------------------------------------------------------------------

const hft_trainer_state *hft_trainer_state_of(const hft_trainer *t) {
  return &t->state;
}

hft_trainer_end hft_trainer_end_of(const hft_trainer *t) {
  return t->end;
}

const char *hft_trainer_end_name(hft_trainer_end end) {
  static const char *const names[] = {"steps", "seconds", "patience", "stopped", "running"};
  return names[end];
}

int hft_trainer_boards(const hft_trainer *t, bool best, const hft_trainer_board **out) {
  *out = best && t->state.best_update >= 0 ? t->best_board : t->board;
  return t->contest_count;
}

double hft_trainer_speed(const hft_trainer *t) {
  double seconds = t->state.update_seconds;
  return seconds > 0 ? (double)t->state.steps / seconds : NAN;
}
