#include "cli/task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup.h"

static const hft_preset *find_file(const char *name) {
  for (int i = 0; i < hft_task_file_count; i++) {
    if (strcmp(hft_task_files[i].name, name) == 0) return &hft_task_files[i];
  }
  return NULL;
}

static hft_status no_task(const char *name, hft_error *error) {
  const char *names[HFT_CATALOG_PRESETS_MAX];
  char alike[200] = "";
  size_t used = 0, length = strlen(name);
  int count = 0;
  for (int i = 0; i < hft_task_file_count && count < HFT_CATALOG_PRESETS_MAX; i++) {
    const char *known = hft_task_files[i].name;
    names[count++] = known;
    if (length == 0 || strncmp(known, name, length) != 0 || used >= sizeof alike) continue;
    used += (size_t)snprintf(alike + used, sizeof alike - used, "%s'%s'", used > 0 ? " or " : "",
                             known);
  }
  const char *near = hft_nearest(name, names, count);
  if (used == 0 && near != NULL) snprintf(alike, sizeof alike, "'%s'", near);
  if (alike[0] == '\0') {
    return hft_fail(error, HFT_EIO, name,
                    "no such task or file; 'hftsim tasks list' lists the tasks");
  }
  return hft_fail(error, HFT_EIO, name, "no such task or file; did you mean %s?", alike);
}

// The name of a task in a file: that of the file, without folders and ".yaml".
static void name_file(const char *path, char name[HFT_TEXT_MAX]) {
  const char *slash = strrchr(path, '/');
  snprintf(name, HFT_TEXT_MAX, "%s", slash != NULL ? slash + 1 : path);
  char *dot = strrchr(name, '.');
  if (dot != NULL && dot != name) *dot = '\0';
}

hft_status cli_task_read(const char *name, cli_task *out, hft_error *error) {
  memset(out, 0, sizeof *out);
  const hft_preset *file = find_file(name);
  if (file == NULL) {
    if (access(name, F_OK) != 0 && errno == ENOENT) return no_task(name, error);
    name_file(name, out->name);
    return hft_task_read_file(name, &out->task, error);
  }
  snprintf(out->name, sizeof out->name, "%s", name);
  cli_read_summary(file->text, out->purpose, sizeof out->purpose);
  char where[HFT_TEXT_MAX];
  snprintf(where, sizeof where, "task %.50s", name);
  return hft_task_read(file->text, file->length, where, &out->task, error);
}

hft_status cli_task_load(const char *name, cli_task *out, hft_error *error) {
  const cli_list none = {0};
  hft_status status = cli_task_read(name, out, error);
  if (status != HFT_OK) return status;
  status = cli_load_config(out->task.keys.preset.text, &none, &out->config, error);
  if (status == HFT_OK) status = hft_task_check_config(&out->task, out->config, name, error);
  if (status != HFT_OK) cli_task_close(out);
  return status;
}

void cli_task_close(cli_task *task) {
  hft_config_free(task->config);
  task->config = NULL;
}

hft_status cli_task_split(const char *name, hft_split *out, hft_error *error) {
  *out = HFT_SPLIT_TEST;
  if (name == NULL) return HFT_OK;
  for (int i = 0; i < HFT_SPLIT_COUNT; i++) {
    *out = (hft_split)i;
    if (strcmp(name, hft_split_names[i]) == 0) return HFT_OK;
  }
  return hft_fail(error, HFT_EINVAL, "--split", "'%s' is not train, validation or test", name);
}

hft_seated_spec cli_task_spec(const cli_task *task, const hft_seated_contestant *contestant) {
  return (hft_seated_spec){&task->task, task->config, hft_catalog_classes, hft_catalog_class_count,
                           *contestant};
}
