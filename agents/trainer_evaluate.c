// The contests of a training: baselines and the frozen policy in the same validation worlds.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/trainer_state.h"
#include "sim/base/check.h"

#define CONFIDENCE 0.95
#define BOOTSTRAP_ENV UINT32_MAX  // env of the streams, which no market of a run uses
#define VALIDATION_FIRST 1000000000
#define POLICY_CLASS "policy"

// ---- plans -------------------------------------------------------------------------------------

static const hft_agent_class *find_class(const hft_trainer *t, const char *name) {
  for (int i = 0; i < t->spec.class_count; i++) {
    if (strcmp(t->spec.classes[i]->section->name, name) == 0) return t->spec.classes[i];
  }
  return NULL;
}

static hft_status plan_contestant(const hft_trainer *t, const hft_trainer_contest *contest,
                                  const char *controller, const hft_params *params,
                                  hft_seated_plan **out, hft_error *error) {
  const hft_seated_spec spec = {.task = contest->task,
                                .config = t->spec.config,
                                .classes = t->spec.classes,
                                .class_count = t->spec.class_count,
                                .contestant = {controller, params}};
  return hft_seated_plan_create(&spec, out, error);
}

// The task's keys of a strategy, then those of the item.
static hft_status merge_params(const hft_trainer *t, const hft_task *task,
                               const hft_training_baseline *item, hft_params *out,
                               hft_error *error) {
  const hft_params *fixed = hft_task_params(task, item->name.text);
  memcpy(out, fixed, sizeof *out);
  const hft_agent_class *found = find_class(t, item->name.text);
  if (found == NULL) return HFT_OK;  // which the plan reports
  const hft_section *section = found->section;
  void *values = calloc(1, section->size + 1);
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, "baselines", "out of memory");
  hft_section_defaults(section, values);
  hft_status status = hft_params_apply(&item->params, section, values, "baselines.params", error);
  for (int k = 0; k < section->key_count && status == HFT_OK; k++) {
    const char *name = section->keys[k].name;
    if (!hft_params_has(&item->params, name)) continue;
    char text[HFT_PARAMS_MAX];
    hft_key_print(&section->keys[k], values, text, sizeof text);
    status = hft_params_set(out, name, text, "baselines.params", error);
  }
  free(values);
  return status;
}

static hft_status add_baseline(hft_trainer *t, int c, const hft_training_baseline *item,
                               hft_error *error) {
  hft_trainer_contest *contest = &t->contest[c];
  hft_trainer_board *board = &t->board[c];
  hft_params params;
  hft_status status = merge_params(t, contest->task, item, &params, error);
  if (status != HFT_OK) return status;
  int n = contest->baseline_count;
  status = plan_contestant(t, contest, item->name.text, &params, &contest->plan[n], error);
  if (status != HFT_OK) return status;
  bool plain = strcmp(item->params.text, "{}") == 0;
  snprintf(board->baseline[n].name, HFT_TRAINER_NAME_SIZE, "%.60s%s%.60s", item->name.text,
           plain ? "" : " ", plain ? "" : item->params.text);
  contest->baseline_count = board->baseline_count = n + 1;
  return HFT_OK;
}

// Whether a strategy can hold the seats of a contest. True, too, where there is no such strategy,
// which the plan reports.
static bool can_hold(const hft_trainer *t, int c, const char *name) {
  const hft_seated_spec spec = {.task = t->contest[c].task,
                                .config = t->spec.config,
                                .classes = t->spec.classes,
                                .class_count = t->spec.class_count};
  const hft_agent_class *found = find_class(t, name);
  return found == NULL || hft_seated_can_hold(&spec, found);
}

static hft_status add_baselines(hft_trainer *t, int c, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < hft_training_baseline_count(t->spec.training) && status == HFT_OK; i++) {
    const hft_training_baseline *item = hft_training_baseline_at(t->spec.training, i);
    bool everywhere = item->task.text[0] == '\0';
    if (!everywhere && strcmp(item->task.text, t->board[c].name) != 0) continue;
    if (everywhere && t->contest_count > 1 && !can_hold(t, c, item->name.text)) continue;
    status = add_baseline(t, c, item, error);
  }
  return status;
}

// ---- contests ----------------------------------------------------------------------------------

static void begin_task(hft_trainer *t, const hft_trainer_task *of) {
  hft_trainer_contest *contest = &t->contest[t->contest_count];
  hft_trainer_board *board = &t->board[t->contest_count++];
  contest->task = of->task;
  int64_t first, end;
  hft_task_seeds(of->task, HFT_SPLIT_VALIDATION, &first, &end);
  contest->seed = (uint64_t)first;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(of->task)];
  board->metric = metric->name;
  board->unit = metric->unit;
  board->best_baseline = -1;
  snprintf(board->name, sizeof board->name, "%s", of->name);
}

// A task of our own for the seats of a role, of which the return counts. Baselines hold these seats
// alone; the other external seats are held by do-nothing beside a baseline, and by the policy
// beside the policy.
static void begin_role(hft_trainer *t, const hft_group *group) {
  hft_trainer_contest *contest = &t->contest[t->contest_count];
  hft_trainer_board *board = &t->board[t->contest_count++];
  hft_task *task = &contest->own;
  task->keys.role = (int64_t)group->role;
  task->keys.metric =
      group->role == HFT_ROLE_EXECUTOR ? HFT_TASK_SHORTFALL : HFT_TASK_PNL_LESS_RISK;
  snprintf(task->keys.preset.text, sizeof task->keys.preset.text, "%.1000s",
           t->keys->config.text[0] != '\0' ? t->keys->config.text : "default");
  const hft_env_spec *spec = hft_env_model_spec(t->own);
  for (int g = 0; g < spec->group_count; g++) {
    if (spec->group[g].role == group->role) continue;
    hft_task_opponent *opponent = &task->opponent[task->opponent_count++];
    opponent->role = spec->group[g].role;
    snprintf(opponent->keys.controller.text, HFT_TEXT_MAX, "do-nothing");
    snprintf(opponent->keys.params.text, HFT_PARAMS_MAX, "{}");
  }
  contest->task = task;
  contest->by_return = true;
  contest->seed = VALIDATION_FIRST;
  board->metric = "return";
  board->unit = "1";
  board->best_baseline = -1;
  snprintf(board->name, sizeof board->name, "%s", group->role_name);
}

static hft_status check_length(const hft_trainer *t, const hft_trainer_task *of, hft_error *error) {
  int64_t first, end;
  hft_task_seeds(of->task, HFT_SPLIT_VALIDATION, &first, &end);
  if (end - first >= t->keys->evaluate_episodes) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, "training.evaluate_episodes",
                  "%" PRId64 "; the task %s has %" PRId64 " validation seeds",
                  t->keys->evaluate_episodes, of->name, end - first);
}

hft_status hft_trainer_contests_create(hft_trainer *t, hft_error *error) {
  const hft_env_spec *spec = hft_env_model_spec(t->own);
  size_t episodes = (size_t)t->keys->evaluate_episodes;
  hft_status status = HFT_OK;
  for (int i = 0; i < t->spec.task_count && status == HFT_OK; i++) {
    status = check_length(t, &t->spec.task[i], error);
    begin_task(t, &t->spec.task[i]);
  }
  for (int g = 0; g < spec->group_count && t->spec.task_count == 0; g++) {
    begin_role(t, &spec->group[g]);
  }
  t->episode = calloc(episodes, sizeof *t->episode);
  t->value = calloc(episodes, sizeof *t->value);
  if (t->episode == NULL || t->value == NULL) {
    return hft_fail(error, HFT_ENOMEM, "training.evaluate_episodes", "out of memory");
  }
  for (int c = 0; c < t->contest_count && status == HFT_OK; c++) {
    status = add_baselines(t, c, error);
  }
  return status;
}

void hft_trainer_contests_free(hft_trainer *t) {
  for (int c = 0; c < t->contest_count; c++) {
    for (int i = 0; i < t->contest[c].baseline_count; i++) {
      hft_seated_plan_free(t->contest[c].plan[i]);
    }
    free(t->contest[c].best);
  }
  free(t->episode);
  free(t->value);
}

// ---- scores ------------------------------------------------------------------------------------

// What the callbacks of a run need.
typedef struct watch {
  const hft_trainer *trainer;
  void (*progress)(void *context, double done);
  double before, share;  // of the whole that this run is a part of
} watch;

static bool is_stopped(void *context) {
  const watch *w = context;
  const hft_trainer_spec *spec = &w->trainer->spec;
  return spec->stopped != NULL && spec->stopped(spec->context);
}

static void show_progress(void *context, double done) {
  const watch *w = context;
  w->progress(w->trainer->spec.context, w->before + w->share * done);
}

static hft_status run_plan(hft_trainer *t, int c, const hft_seated_plan *plan, watch *w,
                           hft_error *error) {
  const hft_runner_options options = {.episodes = (int)t->keys->evaluate_episodes,
                                      .threads = t->threads,
                                      .seed = t->contest[c].seed,
                                      .stopped = is_stopped,
                                      .progress = w->progress != NULL ? show_progress : NULL,
                                      .context = w};
  hft_status status = hft_seated_run(plan, &options, t->episode, error);
  if (status == HFT_OK && is_stopped(w)) {
    status = hft_fail(error, HFT_EINTR, "evaluation", "interrupted");
  }
  return status;
}

static double score_of(const hft_trainer *t, int c, int e) {
  return t->contest[c].by_return ? t->episode[e].reward : t->episode[e].score;
}

// The mean of t->value with its interval.
static hft_status summarise(const hft_trainer *t, int c, double *mean, double *deviation,
                            hft_interval *range, hft_error *error) {
  hft_moments moments = {0};
  size_t count = (size_t)t->keys->evaluate_episodes;
  for (size_t i = 0; i < count; i++) hft_moments_add(&moments, t->value[i]);
  *mean = moments.mean;
  if (deviation != NULL) *deviation = hft_moments_sd(&moments);
  hft_rng rng = hft_rng_stream(t->contest[c].seed, BOOTSTRAP_ENV, 0);
  if (hft_bootstrap_mean(t->value, count, CONFIDENCE, &rng, range) == HFT_OK) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "evaluation", "out of memory");
}

// Writes the scores of the episodes that were run; the difference to the best baseline, too.
static hft_status score_episodes(hft_trainer *t, int c, hft_trainer_score *out, hft_error *error) {
  int count = (int)t->keys->evaluate_episodes;
  const double *best = t->contest[c].best;
  for (int e = 0; e < count; e++) t->value[e] = t->episode[e].reward;
  hft_status status = summarise(t, c, &out->reward, NULL, &out->reward_range, error);
  out->gain = NAN;
  out->gain_range = (hft_interval){NAN, NAN};
  if (status == HFT_OK && best != NULL) {
    for (int e = 0; e < count; e++) t->value[e] = score_of(t, c, e) - best[e];
    status = summarise(t, c, &out->gain, NULL, &out->gain_range, error);
  }
  for (int e = 0; e < count; e++) t->value[e] = score_of(t, c, e);
  if (status == HFT_OK) {
    status = summarise(t, c, &out->score, &out->deviation, &out->score_range, error);
  }
  return status;
}

static hft_status keep_best(hft_trainer *t, int c, int i, hft_error *error) {
  hft_trainer_board *board = &t->board[c];
  hft_trainer_contest *contest = &t->contest[c];
  size_t bytes = (size_t)t->keys->evaluate_episodes * sizeof *contest->best;
  int best = board->best_baseline;
  if (best >= 0 && !(board->baseline[i].score > board->baseline[best].score)) return HFT_OK;
  if (contest->best == NULL) contest->best = malloc(bytes);
  if (contest->best == NULL) return hft_fail(error, HFT_ENOMEM, "evaluation", "out of memory");
  memcpy(contest->best, t->value, bytes);
  board->best_baseline = i;
  return HFT_OK;
}

hft_status hft_trainer_run_baselines(hft_trainer *t, hft_error *error) {
  int total = 0, done = 0;
  for (int c = 0; c < t->contest_count; c++) total += t->contest[c].baseline_count;
  hft_status status = HFT_OK;
  for (int c = 0; c < t->contest_count; c++) {
    for (int i = 0; i < t->contest[c].baseline_count && status == HFT_OK; i++, done++) {
      watch w = {t, t->spec.on_baseline, (double)done / total, 1.0 / total};
      hft_trainer_score *score = &t->board[c].baseline[i];
      status = run_plan(t, c, t->contest[c].plan[i], &w, error);
      if (status == HFT_OK) status = score_episodes(t, c, score, error);
      // Only the policy is compared with the best baseline, which is not known before all have run.
      score->gain = NAN;
      score->gain_range = (hft_interval){NAN, NAN};
      if (status == HFT_OK) status = keep_best(t, c, i, error);
    }
  }
  return status;
}

// The keys of the class `policy`: the file.
static hft_status policy_params(const hft_trainer *t, hft_params *out, hft_error *error) {
  *out = (hft_params){.text = "{}"};
  return hft_params_set(out, "checkpoint", t->latest, "policy", error);
}

static hft_status run_contest(hft_trainer *t, int c, hft_trainer_score *score, hft_error *error) {
  hft_params params;
  hft_status status = policy_params(t, &params, error);
  if (status != HFT_OK) return status;
  hft_trainer_contest *contest = &t->contest[c];
  for (int i = 0; i < contest->own.opponent_count; i++) {
    hft_task_opponent *opponent = &contest->own.opponent[i];
    snprintf(opponent->keys.controller.text, HFT_TEXT_MAX, POLICY_CLASS);
    opponent->keys.params = params;
  }
  hft_seated_plan *plan = NULL;
  status = plan_contestant(t, contest, POLICY_CLASS, &params, &plan, error);
  watch w = {t, t->spec.on_evaluating, (double)c / t->contest_count, 1.0 / t->contest_count};
  if (status == HFT_OK) status = run_plan(t, c, plan, &w, error);
  hft_seated_plan_free(plan);
  if (status == HFT_OK) status = score_episodes(t, c, score, error);
  return status;
}

hft_status hft_trainer_run_policy(hft_trainer *t, hft_error *error) {
  hft_trainer_score score[HFT_TRAINER_BOARDS_MAX];
  memset(score, 0, sizeof score);
  hft_status status = HFT_OK;
  for (int c = 0; c < t->contest_count && status == HFT_OK; c++) {
    snprintf(score[c].name, sizeof score[c].name, "policy");
    status = run_contest(t, c, &score[c], error);
  }
  for (int c = 0; c < t->contest_count && status == HFT_OK; c++) t->board[c].policy = score[c];
  return status;
}

double hft_trainer_merit(const hft_trainer_board *board, int count) {
  if (count == 1) return board->policy.score;
  double sum = 0;
  for (int c = 0; c < count; c++) {
    int best = board[c].best_baseline;
    if (best < 0) {
      sum += board[c].policy.score;
      continue;
    }
    const hft_trainer_score *b = &board[c].baseline[best];
    sum += (board[c].policy.score - b->score) / (b->deviation > 0 ? b->deviation : 1);
  }
  return sum / count;
}
