// hftsim train: a run, with its progress and its summary.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/train.h"
#include "sim/base/version.h"

// What the callbacks of a trainer need.
typedef struct watch {
  const cli_train *train;
  cli_progress bar;
  char label[64], note[64];
  double done;      // share of the training
  double returned;  // mean return of an episode in the last update that has one
} watch;

// ---- progress ----------------------------------------------------------------------------------

static bool stopped(void *context) {
  (void)context;
  return cli_stopped();
}

static double share_of(const hft_trainer *trainer, const hft_training_keys *keys) {
  const hft_trainer_state *state = hft_trainer_state_of(trainer);
  double share = (double)state->steps / (double)keys->steps;
  if (keys->seconds > 0) share = fmax(share, state->seconds / keys->seconds);
  return share < 1 ? share : 1;
}

// The mean over the roles' returns that an update tells.
static double return_of(const hft_figure *figure, int count) {
  static const char suffix[] = "/return";
  double sum = 0;
  int found = 0;
  for (int i = 0; i < count; i++) {
    size_t length = strlen(figure[i].name), tail = sizeof suffix - 1;
    if (length < tail || strcmp(figure[i].name + length - tail, suffix) != 0) continue;
    if (isnan(figure[i].value)) continue;
    sum += figure[i].value;
    found++;
  }
  return found > 0 ? sum / found : NAN;
}

static void show_baselines(void *context, double done) {
  watch *w = context;
  snprintf(w->note, sizeof w->note, "baselines %d%%", (int)(done * 100));
  cli_progress_update(&w->bar, 0.0001);
}

static void show_evaluation(void *context, double done) {
  watch *w = context;
  snprintf(w->note, sizeof w->note, "evaluation %d%%", (int)(done * 100));
  cli_progress_update(&w->bar, w->done < 1 ? w->done : 0.9999);
}

static void show_update(void *context, const hft_trainer *trainer, const hft_figure *figure,
                        int count) {
  watch *w = context;
  double returned = return_of(figure, count);
  if (!isnan(returned)) w->returned = returned;
  w->done = share_of(trainer, hft_training_values(w->train->training));
  int used = 0;
  if (!isnan(w->returned)) used = snprintf(w->note, sizeof w->note, "return %.4g, ", w->returned);
  snprintf(w->note + used, sizeof w->note - (size_t)used, "%.0f steps/s",
           hft_trainer_speed(trainer));
  cli_progress_update(&w->bar, w->done < 1 ? w->done : 0.9999);
}

static void show_scores(void *context, const hft_trainer *trainer) {
  watch *w = context;
  if (w->train->options->quiet) return;
  if (w->bar.on) fprintf(stderr, "\r\x1b[K");
  cli_train_print_evaluation(trainer);
  w->bar.drawn = 0;
}

static void start_bar(watch *w, const hft_trainer *trainer) {
  const hft_training_keys *keys = hft_training_values(w->train->training);
  snprintf(w->label, sizeof w->label, "%.30s seed %" PRId64, w->train->name, keys->seed);
  cli_progress_start(&w->bar, w->label);
  w->bar.note = w->note;
  w->bar.started -= hft_trainer_state_of(trainer)->seconds;
  if (w->train->options->quiet) w->bar.on = 0;
}

// ---- the summary -------------------------------------------------------------------------------

static void command_text(const cli_train_options *a, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "hftsim");
  for (int i = 0; i < a->argc && used < size; i++) {
    const char *quote = strpbrk(a->argv[i], " ,[]{}*'\"") != NULL ? "'" : "";
    used += (size_t)snprintf(text + used, size - used, " %s%s%s", quote, a->argv[i], quote);
  }
}

static json_t *seeds_json(const cli_train *t) {
  json_t *seeds = json_object();
  const hft_training_keys *keys = hft_training_values(t->training);
  json_object_set_new(seeds, "training", json_integer((json_int_t)keys->seed));
  json_object_set_new(seeds, "training_range", json_pack("[i, i]", 0, HFT_TRAINING_SEEDS_END));
  int64_t first = HFT_TRAINING_SEEDS_END, end;
  if (t->task_count > 0) hft_task_seeds(&t->task[0].task, HFT_SPLIT_VALIDATION, &first, &end);
  json_object_set_new(seeds, "validation_first", json_integer((json_int_t)first));
  json_object_set_new(seeds, "validation_episodes", json_integer(keys->evaluate_episodes));
  return seeds;
}

static hft_status write_summary(const cli_train *t, const hft_training_run *run,
                                const cli_train_result *result, const char *failure,
                                hft_error *error) {
  char command[4096], hash[HFT_TASK_HASH_SIZE];
  command_text(t->options, command, sizeof command);
  hft_status status = hft_task_hash(t->config, hash, error);
  if (status != HFT_OK) return status;
  json_t *json = cli_train_json(result);
  json_object_set_new(json, "kind", json_string("training"));
  json_object_set_new(json, "schema_version", json_integer(1));
  json_object_set_new(json, "version", json_string(hft_version));
  json_object_set_new(json, "revision", json_string(hft_revision));
  json_object_set_new(json, "command", json_string(command));
  json_object_set_new(json, "config", json_string(t->name));
  json_object_set_new(json, "config_hash", json_string(hash));
  json_object_set_new(json, "algorithm",
                      json_string(hft_training_algorithm(t->training)->section->name));
  json_object_set_new(json, "seeds", seeds_json(t));
  if (failure != NULL) json_object_set_new(json, "error", json_string(failure));
  char *text = cli_json_text(json);
  json_decref(json);
  if (text == NULL) return hft_fail(error, HFT_ENOMEM, "summary.json", "out of memory");
  status = hft_training_run_write(run, "summary.json", text, error);
  free(text);
  return status;
}

static void take_result(const hft_trainer *trainer, const hft_training_run *run,
                        cli_train_result *out) {
  const hft_trainer_state *state = hft_trainer_state_of(trainer);
  const hft_trainer_board *board;
  out->steps = state->steps;
  out->updates = state->updates;
  out->seconds = state->seconds;
  out->speed = hft_trainer_speed(trainer);
  out->best_update = state->best_update;
  out->best = state->best_update >= 0 ? state->best : NAN;
  out->end = hft_trainer_end_name(hft_trainer_end_of(trainer));
  out->board_count = hft_trainer_boards(trainer, true, &board);
  memcpy(out->board, board, (size_t)out->board_count * sizeof *board);
  if (state->best_update < 0) {
    for (int c = 0; c < out->board_count; c++) out->board[c].policy.name[0] = '\0';
  }
  free(out->checkpoint);
  out->checkpoint = hft_training_run_file(
      run, state->best_update >= 0 ? "checkpoints/best.h5" : "checkpoints/latest.h5");
}

void cli_train_result_free(cli_train_result *result) {
  free(result->folder);
  free(result->checkpoint);
}

// ---- the run -----------------------------------------------------------------------------------

static hft_status begin(const cli_train *t, hft_trainer *trainer, hft_training_run *run,
                        bool resume, cli_train_result *result, hft_error *error) {
  hft_status status = hft_trainer_begin(trainer, run, resume, error);
  if (status != HFT_OK) return status;
  take_result(trainer, run, result);
  return write_summary(t, run, result, NULL, error);
}

static int run_in(cli_train *t, hft_trainer *trainer, watch *w, hft_training_run *run,
                  cli_train_result *result) {
  hft_error error = {0}, other;
  result->folder = strdup(run->path);
  if (!t->options->quiet) fprintf(stderr, "hftsim: run folder %s\n", run->path);
  hft_status status = begin(t, trainer, run, t->options->resume != NULL, result, &error);
  if (status == HFT_OK) {
    start_bar(w, trainer);
    status = hft_trainer_run(trainer, &error);
    cli_progress_end(&w->bar, status);
    take_result(trainer, run, result);
    bool failed = status != HFT_OK && status != HFT_EINTR;
    if (failed) result->end = "failed";
    hft_status written = write_summary(t, run, result, failed ? error.text : NULL, &other);
    if (status == HFT_OK && written != HFT_OK) {
      status = written;
      error = other;
    }
  }
  return status == HFT_OK ? CLI_OK : cli_fail(&error);
}

static int run_trainer(cli_train *t, hft_trainer *trainer, watch *w, const char *out,
                       cli_train_result *result) {
  if (t->options->resume != NULL) return run_in(t, trainer, w, &t->run, result);
  hft_error error;
  hft_training_run run;
  char name[160];
  const hft_training_keys *keys = hft_training_values(t->training);
  snprintf(name, sizeof name, "%s-%s-seed%" PRId64, t->name, keys->algorithm.text, keys->seed);
  if (hft_training_run_create(out, name, &run, &error) != HFT_OK) return cli_fail(&error);
  int code = run_in(t, trainer, w, &run, result);
  hft_training_run_close(&run);
  return code;
}

int cli_train_run(cli_train *t, const char *out, cli_train_result *result) {
  watch w = {.train = t, .returned = NAN};
  hft_trainer_task task[HFT_TRAINING_TASKS_MAX];
  for (int i = 0; i < t->task_count; i++) {
    task[i] = (hft_trainer_task){t->task[i].name, &t->task[i].task};
  }
  const hft_trainer_spec spec = {.training = t->training,
                                 .config = t->config,
                                 .classes = hft_catalog_classes,
                                 .class_count = hft_catalog_class_count,
                                 .task_count = t->task_count,
                                 .task = task,
                                 .stopped = stopped,
                                 .on_baseline = show_baselines,
                                 .on_evaluating = show_evaluation,
                                 .on_update = show_update,
                                 .on_evaluation = show_scores,
                                 .context = &w};
  *result = (cli_train_result){.seed = hft_training_values(t->training)->seed,
                               .best = NAN,
                               .best_update = -1,
                               .end = "failed"};
  hft_error error;
  hft_trainer *trainer;
  if (hft_trainer_create(&spec, &trainer, &error) != HFT_OK) return cli_fail(&error);
  int code = run_trainer(t, trainer, &w, out, result);
  hft_trainer_free(trainer);
  return code;
}
