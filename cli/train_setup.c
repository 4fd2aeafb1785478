// hftsim train: from the options to a training, its env's config and its tasks.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/setup.h"
#include "cli/train.h"

#define ASSIGNMENT_MAX 1200

// ---- the recipe --------------------------------------------------------------------------------

static const hft_preset *find_recipe(const char *name) {
  for (int i = 0; i < hft_training_file_count; i++) {
    if (strcmp(hft_training_files[i].name, name) == 0) return &hft_training_files[i];
  }
  return NULL;
}

// Whether a file is a training file. False where it cannot be read, which is reported later.
static bool is_recipe_file(const char *path) {
  FILE *file = fopen(path, "re");
  char *text = malloc(HFT_CONFIG_BYTES_MAX + 1);
  size_t length = 0;
  if (file != NULL && text != NULL) length = fread(text, 1, HFT_CONFIG_BYTES_MAX, file);
  bool found = length > 0 && hft_training_is_file(text, length);
  free(text);
  if (file != NULL) (void)fclose(file);
  return found;
}

static hft_status set_key(hft_training *training, const char *key, const char *value,
                          hft_error *error) {
  char text[ASSIGNMENT_MAX];
  if ((size_t)snprintf(text, sizeof text, "training.%s=%s", key, value) >= sizeof text) {
    return hft_fail(error, HFT_EINVAL, key, "the value is longer than 1023 bytes");
  }
  return hft_training_set(training, text, error);
}

static hft_status set_int(hft_training *training, const char *key, int64_t value,
                          hft_error *error) {
  char text[32];
  snprintf(text, sizeof text, "%" PRId64, value);
  return set_key(training, key, text, error);
}

// The recipe of a preset, a training file, or the defaults with an env's config.
static hft_status load_recipe(const char *name, hft_training *training, hft_error *error) {
  const hft_preset *recipe = find_recipe(name);
  if (recipe != NULL) {
    char where[HFT_TEXT_MAX];
    snprintf(where, sizeof where, "training %.50s", name);
    return hft_training_merge(training, recipe->text, recipe->length, where, error);
  }
  if (hft_preset_find(name) == NULL && is_recipe_file(name)) {
    return hft_training_merge_file(training, name, error);
  }
  return set_key(training, "config", name, error);
}

static hft_status apply_options(const cli_train_options *a, hft_training *training,
                                hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < a->sets.count && status == HFT_OK; i++) {
    if (hft_training_owns(a->sets.item[i])) {
      status = hft_training_set(training, a->sets.item[i], error);
    }
  }
  if (status == HFT_OK && a->algorithm != NULL) {
    status = set_key(training, "algorithm", a->algorithm, error);
  }
  if (status == HFT_OK && a->steps_given) status = set_int(training, "steps", a->steps, error);
  if (status == HFT_OK && a->seed_given) status = set_int(training, "seed", a->seed, error);
  if (status == HFT_OK && a->threads_given) {
    status = set_int(training, "threads", a->threads, error);
  }
  if (status == HFT_OK) status = hft_training_check(training, "training", error);
  return status;
}

static cli_list env_sets(const cli_train_options *a) {
  cli_list sets = {0};
  for (int i = 0; i < a->sets.count; i++) {
    if (!hft_training_owns(a->sets.item[i])) sets.item[sets.count++] = a->sets.item[i];
  }
  return sets;
}

// A key of --set that neither has is one of the env's config; its error does not know the sections
// of a training.
static hft_status explain_set(const cli_train_options *a, hft_status status, hft_error *error) {
  static const char *const sections[] = {"training", "network",   "mappo",
                                         "ippo",     "overrides", "baselines"};
  if (status != HFT_ECONFIG) return status;
  for (int i = 0; i < a->sets.count; i++) {
    char name[HFT_TEXT_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(a->sets.item[i], ".[="), a->sets.item[i]);
    const char *near = hft_nearest(name, sections, sizeof sections / sizeof sections[0]);
    if (near == NULL || strstr(error->text, "unknown section") == NULL ||
        strstr(error->text, name) == NULL || strstr(error->text, "did you mean") != NULL) {
      continue;
    }
    return hft_fail(error, HFT_ECONFIG, a->sets.item[i], "unknown section '%s'; did you mean '%s'?",
                    name, near);
  }
  return status;
}

// ---- tasks -------------------------------------------------------------------------------------

static hft_status read_tasks(cli_train *t, hft_error *error) {
  char name[HFT_TRAINING_TASKS_MAX][HFT_TEXT_MAX];
  int count = hft_training_tasks(t->training, name);
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    status = cli_task_read(name[i], &t->task[i], error);
    if (status == HFT_OK) t->task_count++;
  }
  return status;
}

// Scores of another config are not those of the leaderboard.
static void note_tasks(const cli_train *t) {
  if (t->options->quiet) return;
  for (int i = 0; i < t->task_count; i++) {
    if (hft_task_check_config(&t->task[i].task, t->config, t->task[i].name, NULL) == HFT_OK) {
      continue;
    }
    fprintf(stderr,
            "hftsim: note: the config is not that of the task %s: scores here cannot be compared "
            "with the leaderboard's\n",
            t->task[i].name);
  }
}

// The last part of a path, without ".yaml".
static void name_config(const char *path, char name[HFT_TEXT_MAX]) {
  const char *slash = strrchr(path, '/');
  snprintf(name, HFT_TEXT_MAX, "%.50s", slash != NULL ? slash + 1 : path);
  char *dot = strrchr(name, '.');
  if (dot != NULL && dot != name) *dot = '\0';
  if (name[0] == '\0') snprintf(name, HFT_TEXT_MAX, "default");
}

// ---- a new training, and one that goes on ------------------------------------------------------

static hft_status load_new(cli_train *t, hft_error *error) {
  const cli_train_options *a = t->options;
  hft_status status = load_recipe(a->config != NULL ? a->config : "default", t->training, error);
  if (status == HFT_OK) status = apply_options(a, t->training, error);
  if (status != HFT_OK) return status;
  const hft_path *config = &hft_training_values(t->training)->config;
  name_config(config->text, t->name);
  const cli_list sets = env_sets(a);
  status = cli_load_config(config->text[0] != '\0' ? config->text : NULL, &sets, &t->config, error);
  if (status == HFT_EIO) hft_path_explain(config, error);
  return explain_set(a, status, error);
}

static hft_status compare_configs(const cli_train *t, hft_error *error) {
  const cli_list sets = env_sets(t->options);
  if (sets.count == 0) return HFT_OK;
  hft_config *changed = hft_config_copy(t->config);
  if (changed == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  hft_status status = HFT_OK;
  for (int i = 0; i < sets.count && status == HFT_OK; i++) {
    status = hft_config_set(changed, sets.item[i], error);
  }
  char before[HFT_TASK_HASH_SIZE] = "", now[HFT_TASK_HASH_SIZE] = "";
  if (status == HFT_OK) status = hft_task_hash(t->config, before, error);
  if (status == HFT_OK) status = hft_task_hash(changed, now, error);
  hft_config_free(changed);
  if (status != HFT_OK || strcmp(before, now) == 0) return status;
  return hft_fail(error, HFT_ECONFIG, sets.item[0],
                  "a run that goes on keeps its env's config; only training.steps, seconds, "
                  "threads and patience may be changed; begin a new run");
}

static hft_status read_run(cli_train *t, hft_error *error) {
  char *recipe = NULL, *config = NULL;
  const cli_list none = {0};
  hft_status status = hft_training_run_read(&t->run, "training.yaml", &recipe, error);
  if (status == HFT_OK) status = hft_training_run_read(&t->run, "config.yaml", &config, error);
  if (status == HFT_OK) {
    status = hft_training_merge(t->training, recipe, strlen(recipe), "training.yaml", error);
  }
  if (status == HFT_OK) status = cli_load_config(NULL, &none, &t->config, error);
  if (status == HFT_OK) {
    status = hft_config_merge(t->config, config, strlen(config), "config.yaml", error);
  }
  if (status == HFT_OK) status = hft_training_check(t->training, "training.yaml", error);
  free(recipe);
  free(config);
  return status;
}

static hft_status load_run(cli_train *t, hft_error *error) {
  const cli_train_options *a = t->options;
  struct stat found;
  char *path = NULL;
  hft_status status = hft_training_run_open(a->resume, &t->run, error);
  if (status != HFT_OK) return status;
  path = hft_training_run_file(&t->run, "checkpoints/latest.h5");
  if (path == NULL) return hft_fail(error, HFT_ENOMEM, a->resume, "out of memory");
  if (stat(path, &found) != 0) {
    status = hft_fail(error, HFT_EIO, a->resume,
                      "no run of a training that could go on: checkpoints/latest.h5: %s",
                      strerror(errno));
  }
  free(path);
  if (status == HFT_OK) status = read_run(t, error);
  if (status != HFT_OK) return status;
  hft_training *before;
  status = hft_training_copy(t->training, &before, error);
  if (status != HFT_OK) return status;
  status = apply_options(a, t->training, error);
  if (status == HFT_OK) status = hft_training_same(before, t->training, a->resume, error);
  hft_training_free(before);
  if (status == HFT_OK) status = compare_configs(t, error);
  name_config(hft_training_values(t->training)->config.text, t->name);
  return status;
}

hft_status cli_train_load(const cli_train_options *options, cli_train *out, hft_error *error) {
  *out = (cli_train){.options = options, .run = {.lock = -1}};
  hft_status status = hft_training_create(&out->training, error);
  if (status == HFT_OK) {
    status = options->resume != NULL ? load_run(out, error) : load_new(out, error);
  }
  if (status == HFT_OK) status = read_tasks(out, error);
  if (status == HFT_OK) note_tasks(out);
  return status;
}

void cli_train_close(cli_train *train) {
  hft_training_run_close(&train->run);
  for (int i = 0; i < train->task_count; i++) cli_task_close(&train->task[i]);
  hft_config_free(train->config);
  hft_training_free(train->training);
}
