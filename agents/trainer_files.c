// The files of a run: tables, events and checkpoints.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/trainer_state.h"
#include "sim/base/check.h"

#define HEADER_SIZE 4096
#define COUNTERS_I64 5
#define COUNTERS_F64 4

static const char evaluations_header[] =
    "update,steps,seconds,board,contestant,episodes,score,score_low,score_high,reward,reward_low,"
    "reward_high,gain,gain_low,gain_high";

static hft_status fail_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "training", "out of memory");
}

// ---- tables ------------------------------------------------------------------------------------

// A number with all its digits, so that equal runs have equal files; nothing for NaN.
static void put_number(FILE *file, double value) {
  if (isnan(value)) {
    (void)fputc(',', file);
  } else {
    (void)fprintf(file, ",%.17g", value);
  }
}

// Text that may hold commas.
static void put_text(FILE *file, const char *text) {
  bool quoted = strpbrk(text, ",\"\n") != NULL;
  (void)fputs(quoted ? ",\"" : ",", file);
  for (; *text != '\0'; text++) {
    if (*text == '"') (void)fputc('"', file);
    (void)fputc(*text, file);
  }
  if (quoted) (void)fputc('"', file);
}

static hft_status end_row(const hft_trainer *t, FILE *file, const char *name, hft_error *error) {
  (void)fputc('\n', file);
  if (fflush(file) == 0 && !ferror(file)) return HFT_OK;
  char where[256];
  snprintf(where, sizeof where, "%.200s/%s", t->run->path, name);
  return hft_fail(error, HFT_EIO, where, "cannot write: %s; 'hftsim train --resume %s' goes on",
                  strerror(errno), t->run->path);
}

static hft_status open_metrics(hft_trainer *t, const hft_figure *figure, int count,
                               hft_error *error) {
  char header[HEADER_SIZE];
  size_t used = (size_t)snprintf(header, sizeof header, "update,steps,seconds,agent_steps_per_s");
  for (int i = 0; i < count && used < sizeof header; i++) {
    used += (size_t)snprintf(header + used, sizeof header - used, ",%s", figure[i].name);
  }
  // The first update of this process is the one after the checkpoint.
  int64_t last = t->state.updates - 1;
  return hft_training_run_csv(t->run, "metrics.csv", header, t->resumed, last, &t->metrics, error);
}

hft_status hft_trainer_log_update(hft_trainer *t, const hft_figure *figure, int count,
                                  double seconds, hft_error *error) {
  double speed = (double)t->update_steps / (seconds > 1e-9 ? seconds : 1e-9);
  hft_status status = HFT_OK;
  if (t->metrics == NULL) status = open_metrics(t, figure, count, error);
  if (status != HFT_OK) return status;
  const char *tag[HFT_LEARNER_FIGURES_MAX + 1];
  double value[HFT_LEARNER_FIGURES_MAX + 1];
  (void)fprintf(t->metrics, "%" PRId64 ",%" PRId64 ",%.3f,%.0f", t->state.updates, t->state.steps,
                t->state.seconds, speed);
  for (int i = 0; i < count; i++) {
    put_number(t->metrics, figure[i].value);
    tag[i] = figure[i].name;
    value[i] = figure[i].value;
  }
  tag[count] = "time/agent_steps_per_s";
  value[count] = speed;
  status = end_row(t, t->metrics, "metrics.csv", error);
  if (status != HFT_OK) return status;
  return hft_tensorboard_write(t->events, t->state.steps, tag, value, count + 1, error);
}

static hft_status put_score(hft_trainer *t, const hft_trainer_board *board,
                            const hft_trainer_score *s, bool is_policy, hft_error *error) {
  FILE *file = t->evaluations;
  const hft_trainer_state *state = &t->state;
  (void)fprintf(file, "%" PRId64 ",%" PRId64 ",%.3f", is_policy ? state->updates : 0,
                is_policy ? state->steps : 0, state->seconds);
  put_text(file, board->name);
  put_text(file, s->name);
  (void)fprintf(file, ",%" PRId64, t->keys->evaluate_episodes);
  put_number(file, s->score);
  put_number(file, s->score_range.low);
  put_number(file, s->score_range.high);
  put_number(file, s->reward);
  put_number(file, s->reward_range.low);
  put_number(file, s->reward_range.high);
  put_number(file, s->gain);
  put_number(file, s->gain_range.low);
  put_number(file, s->gain_range.high);
  return end_row(t, file, "evaluations.csv", error);
}

hft_status hft_trainer_log_baselines(hft_trainer *t, hft_error *error) {
  hft_status status = HFT_OK;
  for (int c = 0; c < t->contest_count; c++) {
    for (int i = 0; i < t->board[c].baseline_count && status == HFT_OK; i++) {
      status = put_score(t, &t->board[c], &t->board[c].baseline[i], false, error);
    }
  }
  return status;
}

static hft_status put_events(hft_trainer *t, const hft_trainer_board *board, hft_error *error) {
  static const char *const names[] = {"score", "reward", "gain", "best_baseline"};
  enum { COUNT = sizeof names / sizeof names[0] };
  int best = board->best_baseline;
  const double value[COUNT] = {board->policy.score, board->policy.reward, board->policy.gain,
                               best >= 0 ? board->baseline[best].score : NAN};
  char text[COUNT][HFT_TENSORBOARD_TAG_MAX];
  const char *tag[COUNT];
  for (int i = 0; i < COUNT; i++) {
    snprintf(text[i], sizeof text[i], "evaluation/%s/%s", board->name, names[i]);
    tag[i] = text[i];
  }
  return hft_tensorboard_write(t->events, t->state.steps, tag, value, COUNT, error);
}

hft_status hft_trainer_log_evaluation(hft_trainer *t, hft_error *error) {
  hft_status status = HFT_OK;
  for (int c = 0; c < t->contest_count && status == HFT_OK; c++) {
    status = put_score(t, &t->board[c], &t->board[c].policy, true, error);
    if (status == HFT_OK) status = put_events(t, &t->board[c], error);
  }
  return status;
}

hft_status hft_trainer_files_open(hft_trainer *t, hft_error *error) {
  // Without an update before, the baselines' rows are written again.
  int64_t last = t->state.updates > 0 ? t->state.updates : -1;
  hft_status status = hft_training_run_write(t->run, "training.yaml", t->training_text, error);
  if (status == HFT_OK)
    status = hft_training_run_write(t->run, "config.yaml", t->config_text, error);
  if (status == HFT_OK) {
    status = hft_training_run_csv(t->run, "evaluations.csv", evaluations_header, t->resumed, last,
                                  &t->evaluations, error);
  }
  if (status == HFT_OK) status = hft_tensorboard_open(t->run->path, &t->events, error);
  return status;
}

void hft_trainer_files_close(hft_trainer *t) {
  if (t->metrics != NULL) (void)fclose(t->metrics);
  if (t->evaluations != NULL) (void)fclose(t->evaluations);
  hft_tensorboard_close(t->events);
  for (int b = 0; b < t->blocks; b++) free(t->save[b]);
  free(t->tensor);
  free(t->actor);
  free(t->latest);
  free(t->best);
  free(t->config_text);
  free(t->training_text);
}

// ---- the state in a checkpoint -----------------------------------------------------------------

static void put_counters(hft_trainer *t) {
  const hft_trainer_state *s = &t->state;
  const int64_t whole[COUNTERS_I64] = {s->updates, s->steps, s->evaluated, s->best_update,
                                       s->since_best};
  const double real[COUNTERS_F64] = {s->best, s->seconds, s->evaluation_seconds, s->update_seconds};
  memcpy(t->counter, whole, sizeof whole);
  memcpy(t->counter_real, real, sizeof real);
  for (int c = 0; c < t->contest_count; c++) {
    const hft_trainer_score *p = &t->best_board[c].policy;
    const double best[] = {p->score,
                           p->reward,
                           p->gain,
                           p->deviation,
                           p->score_range.low,
                           p->score_range.high,
                           p->reward_range.low,
                           p->reward_range.high,
                           p->gain_range.low,
                           p->gain_range.high};
    memcpy(t->best_real + (ptrdiff_t)c * HFT_TRAINER_SCORE_NUMBERS, best, sizeof best);
  }
}

static void take_counters(hft_trainer *t) {
  const int64_t *n = t->counter;
  const double *x = t->counter_real;
  t->state = (hft_trainer_state){.updates = n[0],
                                 .steps = n[1],
                                 .evaluated = n[2],
                                 .best_update = n[3],
                                 .since_best = n[4],
                                 .best = x[0],
                                 .seconds = x[1],
                                 .evaluation_seconds = x[2],
                                 .update_seconds = x[3]};
  memcpy(t->best_board, t->board, sizeof t->board);
  for (int c = 0; c < t->contest_count; c++) {
    const double *b = t->best_real + (ptrdiff_t)c * HFT_TRAINER_SCORE_NUMBERS;
    t->best_board[c].policy = (hft_trainer_score){.name = "policy",
                                                  .score = b[0],
                                                  .reward = b[1],
                                                  .gain = b[2],
                                                  .deviation = b[3],
                                                  .score_range = {b[4], b[5]},
                                                  .reward_range = {b[6], b[7]},
                                                  .gain_range = {b[8], b[9]}};
  }
}

static void add_tensor(hft_trainer *t, const char *name, hft_tensor_type type, int64_t count,
                       void *data) {
  hft_tensor *tensor = &t->tensor[t->tensor_count++];
  *tensor = (hft_tensor){.type = type, .dims = 1, .dim = {count}, .data = data};
  snprintf(tensor->name, sizeof tensor->name, "%s", name);
}

hft_status hft_trainer_tensors_create(hft_trainer *t, hft_error *error) {
  size_t most = HFT_LEARNER_TENSORS_MAX + 3 + HFT_TRAINER_BLOCKS_MAX;
  t->tensor = calloc(most, sizeof *t->tensor);
  if (t->tensor == NULL) return fail_memory(error);
  t->tensor_count = t->algorithm->tensors(t->learner, t->tensor);
  HFT_CHECK(t->tensor_count <= HFT_LEARNER_TENSORS_MAX);
  add_tensor(t, "trainer/counters", HFT_TENSOR_I64, COUNTERS_I64, t->counter);
  add_tensor(t, "trainer/best", HFT_TENSOR_F64, HFT_TRAINER_BEST, t->best_real);
  add_tensor(t, "trainer/figures", HFT_TENSOR_F64, COUNTERS_F64, t->counter_real);
  for (int b = 0; b < t->blocks; b++) {
    size_t size = t->block[b]->save_size(t->block[b]);
    t->save[b] = malloc(size + 1);
    if (t->save[b] == NULL) return fail_memory(error);
    char name[32];
    snprintf(name, sizeof name, "worlds/%d", b);
    add_tensor(t, name, HFT_TENSOR_U8, (int64_t)size, t->save[b]);
  }
  return HFT_OK;
}

// ---- checkpoints -------------------------------------------------------------------------------

// The actors of all groups: one where all seats of a group share it.
static hft_status list_actors(hft_trainer *t, hft_error *error) {
  if (t->actor == NULL) t->actor = calloc(HFT_CHECKPOINT_ACTORS_MAX, sizeof *t->actor);
  if (t->actor == NULL) return fail_memory(error);
  t->actor_count = 0;
  for (int g = 0; g < t->shape.group_count; g++) {
    int seats = t->shape.group[g].seat_count;
    const hft_actor *first = t->algorithm->actor(t->learner, g, 0);
    bool shared = true;
    for (int s = 1; s < seats; s++) {
      shared = shared && t->algorithm->actor(t->learner, g, s) == first;
    }
    for (int s = 0; s < (shared ? 1 : seats); s++) {
      t->actor[t->actor_count++] =
          (hft_checkpoint_actor){t->algorithm->actor(t->learner, g, s), shared ? -1 : s};
    }
  }
  return HFT_OK;
}

static hft_status write_checkpoint(hft_trainer *t, const char *path, bool whole, hft_error *error) {
  hft_status status = list_actors(t, error);
  if (status != HFT_OK) return status;
  const hft_checkpoint_spec spec = {.algorithm = t->algorithm->section->name,
                                    .config = t->config_text,
                                    .training = t->training_text,
                                    .steps = t->state.steps,
                                    .actor_count = t->actor_count,
                                    .actor = t->actor,
                                    .tensor_count = whole ? t->tensor_count : 0,
                                    .tensor = t->tensor};
  return hft_checkpoint_write(path, &spec, error);
}

hft_status hft_trainer_write_latest(hft_trainer *t, hft_error *error) {
  hft_status status = HFT_OK;
  put_counters(t);
  for (int b = 0; b < t->blocks && status == HFT_OK; b++) {
    status = t->block[b]->save(t->block[b], t->save[b], error);
  }
  if (status == HFT_OK) status = write_checkpoint(t, t->latest, true, error);
  if (status == HFT_OK) t->written = hft_trainer_now();
  return status;
}

hft_status hft_trainer_write_best(hft_trainer *t, hft_error *error) {
  return write_checkpoint(t, t->best, false, error);
}

static hft_status load_open(hft_trainer *t, const hft_checkpoint *checkpoint, hft_error *error) {
  hft_status status = hft_checkpoint_load(checkpoint, t->tensor, t->tensor_count, error);
  for (int b = 0; b < t->blocks && status == HFT_OK; b++) {
    status = t->block[b]->load(t->block[b], t->save[b], error);
  }
  if (status == HFT_OK) take_counters(t);
  return status;
}

hft_status hft_trainer_load(hft_trainer *t, hft_error *error) {
  hft_checkpoint *checkpoint;
  hft_status status = hft_checkpoint_open(t->latest, &checkpoint, error);
  if (status != HFT_OK) return status;
  status = load_open(t, checkpoint, error);
  hft_checkpoint_close(checkpoint);
  return status;
}
