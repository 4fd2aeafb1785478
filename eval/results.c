#include "eval/results.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "data/dataset/h5.h"
#include "data/dataset/table.h"
#include "eval/folder.h"
#include "sim/base/check.h"
#include "sim/base/version.h"

#define NAME_MAX_LENGTH 100
#define CHUNK_ROWS 4096
#define DEFLATE_LEVEL 4
#define ATTEMPTS_MAX 100  // names "...-2", "...-3" tried where others are taken

// A contestant's group and the tables of its series, which are created by the first of them.
typedef struct contestant {
  int64_t episodes;
  hid_t group;
  hft_table *table[HFT_RESULTS_TABLES];
} contestant;

struct hft_results {
  hft_folder folder;
  char *path;     // final name
  char *h5_path;  // of the part
  FILE *log;
  hid_t file;
  int count;
  contestant *contestants;  // [count]
};

// ---- texts -----------------------------------------------------------------------------------

static void format_time(char *text, size_t size, const char *format) {
  time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts) == NULL || strftime(text, size, format, &parts) == 0) {
    snprintf(text, size, "no-time");
  }
}

static hft_status fail_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "run folder", "out of memory");
}

// Writes a whole file of the part.
static hft_status write_file(hft_results *results, const char *name, const char *text,
                             hft_error *error) {
  char *path = hft_folder_file(&results->folder, name);
  if (path == NULL) return fail_memory(error);
  FILE *file = fopen(path, "wxe");
  bool written = file != NULL && fputs(text, file) >= 0;
  int code = errno;
  if (file != NULL && fclose(file) != 0) {
    if (written) code = errno;
    written = false;
  }
  hft_status status = HFT_OK;
  if (!written) status = hft_fail(error, HFT_EIO, path, "cannot write: %s", strerror(code));
  free(path);
  return status;
}

void hft_results_log(hft_results *results, const char *format, ...) {
  char when[32];
  format_time(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ");
  fprintf(results->log, "%s ", when);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(results->log, format, arguments);
  va_end(arguments);
  fputc('\n', results->log);
}

// ---- the folder ------------------------------------------------------------------------------

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// results/<UTC time>-<name>, with a number if the name is taken.
static hft_status begin_dated(hft_results *results, const char *name, hft_error *error) {
  char clean[NAME_MAX_LENGTH + 1], when[32], path[sizeof clean + sizeof when + 32];
  size_t length = 0;
  for (; name[length] != '\0' && length < NAME_MAX_LENGTH; length++) {
    clean[length] = name[length];
    if (!is_plain(clean[length])) clean[length] = '-';
  }
  clean[length] = '\0';
  format_time(when, sizeof when, "%Y%m%dT%H%M%SZ");
  hft_status status = HFT_EIO;
  for (int i = 1; i <= ATTEMPTS_MAX; i++) {
    size_t used = (size_t)snprintf(path, sizeof path, "results/%s-%s", when, clean);
    if (i > 1) snprintf(path + used, sizeof path - used, "-%d", i);
    struct stat found;
    char part[sizeof path + 8];
    snprintf(part, sizeof part, "%s.part", path);
    if (lstat(path, &found) == 0 || lstat(part, &found) == 0) continue;
    status = hft_folder_begin(&results->folder, path, error);
    // Another run may have taken the name since it was looked at.
    if (status == HFT_OK || (lstat(path, &found) != 0 && lstat(part, &found) != 0)) return status;
  }
  if (status == HFT_OK) return status;
  return hft_fail(error, HFT_EIO, path, "this name and %d others are taken", ATTEMPTS_MAX - 1);
}

static hft_status open_log(hft_results *results, hft_error *error) {
  char *path = hft_folder_file(&results->folder, "log.txt");
  if (path == NULL) return fail_memory(error);
  results->log = fopen(path, "wxe");
  hft_status status = HFT_OK;
  if (results->log == NULL) {
    status = hft_fail(error, HFT_EIO, path, "cannot create: %s", strerror(errno));
  }
  free(path);
  return status;
}

static bool describe_file(hid_t file, const hft_results_spec *spec) {
  char when[32];
  format_time(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ");
  return hft_h5_text(file, "title", "Episodes of strategies, a group for each") &&
         hft_h5_i64(file, "schema_version", HFT_RESULTS_SCHEMA_VERSION) &&
         hft_h5_fixed_text(file, "version", hft_version) &&
         hft_h5_fixed_text(file, "revision", hft_revision) &&
         hft_h5_fixed_text(file, "created", when) &&
         hft_h5_fixed_text(file, "command", spec->command) &&
         hft_h5_text(file, "config", spec->config);
}

static hft_status open_h5(hft_results *results, const hft_results_spec *spec, hft_error *error) {
  results->h5_path = hft_folder_file(&results->folder, "episodes.h5");
  if (results->h5_path == NULL) return fail_memory(error);
  hft_h5_start();
  results->file = hft_h5_create(results->h5_path);
  if (results->file < 0 || !describe_file(results->file, spec)) {
    return hft_h5_fail(error, results->h5_path, "the file");
  }
  return HFT_OK;
}

hft_status hft_results_begin(const hft_results_spec *spec, hft_results **out, hft_error *error) {
  *out = NULL;
  hft_results *results = calloc(1, sizeof *results);
  if (results == NULL) return fail_memory(error);
  results->file = -1;
  results->folder.file = -1;
  hft_status status = spec->out != NULL ? hft_folder_begin(&results->folder, spec->out, error)
                                        : begin_dated(results, spec->name, error);
  if (status == HFT_OK) {
    results->path = strdup(results->folder.path);
    if (results->path == NULL) status = fail_memory(error);
  }
  if (status == HFT_OK) status = write_file(results, "config.yaml", spec->config, error);
  if (status == HFT_OK) status = open_log(results, error);
  if (status == HFT_OK) status = open_h5(results, spec, error);
  if (status != HFT_OK) {
    hft_results_free(results);
    return status;
  }
  hft_results_log(results, "hftsim %s (%s)", hft_version, hft_revision);
  if (spec->command[0] != '\0') hft_results_log(results, "%s", spec->command);
  *out = results;
  return HFT_OK;
}

const char *hft_results_path(const hft_results *results) {
  return results->path;
}

// ---- scores ----------------------------------------------------------------------------------

// A column of a table with all its values. Small ones are contiguous.
static bool write_column(hid_t group, const char *name, hid_t type, hid_t memory_type,
                         int64_t count, const void *values, const char *unit, const char *help) {
  hsize_t size = (hsize_t)count, chunk = size < CHUNK_ROWS ? size : CHUNK_ROWS;
  hid_t space = H5Screate_simple(1, &size, NULL);
  hid_t list = hft_h5_dataset_list();
  bool set = count == 0 || (H5Pset_chunk(list, 1, &chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
                            H5Pset_deflate(list, DEFLATE_LEVEL) >= 0);
  hid_t made =
      set ? H5Dcreate2(group, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT) : (hid_t)-1;
  bool written =
      made >= 0 &&
      (count == 0 || H5Dwrite(made, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0) &&
      hft_h5_fixed_text(made, "units", unit) && hft_h5_fixed_text(made, "description", help);
  if (!hft_h5_close(made)) written = false;
  hft_h5_close(list);
  hft_h5_close(space);
  return written;
}

static bool write_metric(hid_t group, const hft_results_contestant *c, int metric, double *column) {
  const hft_results_metric *about = &c->metrics[metric];
  for (int64_t i = 0; i < c->episodes; i++) {
    column[i] = c->values[i * c->metric_count + metric];
  }
  if (!write_column(group, about->name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, c->episodes, column,
                    about->unit, about->help)) {
    return false;
  }
  hid_t made = H5Dopen2(group, about->name, H5P_DEFAULT);
  bool written = made >= 0 && hft_h5_i64(made, "direction", about->direction);
  return hft_h5_close(made) && written;
}

static bool write_episodes(hid_t parent, const hft_results_contestant *c, double *column) {
  hid_t group = hft_h5_group(parent, "episodes", "a row an episode, a column a metric");
  if (group < 0) return false;
  bool written = write_column(group, "seed", H5T_STD_U64LE, H5T_NATIVE_UINT64, c->episodes,
                              c->seeds, "1", "seed of the episode's world");
  if (written && c->sides != NULL) {
    written = write_column(group, "side", H5T_STD_I8LE, H5T_NATIVE_INT8, c->episodes, c->sides, "1",
                           "side of the parent order: 1 buys, -1 sells");
  }
  for (int m = 0; m < c->metric_count && written; m++) written = write_metric(group, c, m, column);
  return hft_h5_close(group) && written;
}

// Can the text name a group or a column?
static bool names_object(const char *text) {
  return text[0] != '\0' && strchr(text, '/') == NULL && strcmp(text, ".") != 0;
}

static hft_status check_names(const hft_results *results, const hft_results_contestant *c,
                              hft_error *error) {
  if (!names_object(c->name)) {
    return hft_fail(error, HFT_EINVAL, "run folder",
                    "'%s' cannot name a contestant: it must not be empty, '.' or have a '/'",
                    c->name);
  }
  if (H5Lexists(results->file, c->name, H5P_DEFAULT) > 0) {
    return hft_fail(error, HFT_EINVAL, "run folder", "there are two contestants named '%s'",
                    c->name);
  }
  for (int m = 0; m < c->metric_count; m++) {
    const char *name = c->metrics[m].name;
    bool taken = strcmp(name, "seed") == 0 || strcmp(name, "side") == 0;
    for (int k = 0; k < m; k++) taken = taken || strcmp(name, c->metrics[k].name) == 0;
    if (taken || !names_object(name)) {
      return hft_fail(error, HFT_EINVAL, "run folder", "'%s' cannot name another metric", name);
    }
  }
  return HFT_OK;
}

hft_status hft_results_add(hft_results *results, const hft_results_contestant *c,
                           hft_error *error) {
  hft_status status = check_names(results, c, error);
  if (status != HFT_OK) return status;
  size_t size = ((size_t)results->count + 1) * sizeof(contestant);
  contestant *grown = realloc(results->contestants, size);
  if (grown != NULL) results->contestants = grown;
  double *column = malloc((size_t)(c->episodes + 1) * sizeof *column);
  if (grown == NULL || column == NULL) {
    free(column);
    return fail_memory(error);
  }
  hid_t group = hft_h5_group(results->file, c->name, "the episodes of a strategy");
  if (group >= 0) {
    results->contestants[results->count++] = (contestant){.episodes = c->episodes, .group = group};
  }
  bool written = group >= 0 && hft_h5_fixed_text(group, "kind", c->kind) &&
                 hft_h5_fixed_text(group, "params", c->params != NULL ? c->params : "{}") &&
                 write_episodes(group, c, column);
  free(column);
  return written ? HFT_OK : hft_h5_fail(error, results->h5_path, c->name);
}

// ---- series ----------------------------------------------------------------------------------

static hft_status create_tables(hft_results *results, contestant *c, double tick_size,
                                hft_error *error) {
  if (!hft_h5_f64(c->group, "tick_size", tick_size)) {
    return hft_h5_fail(error, results->h5_path, "tick_size");
  }
  for (int t = 0; t < HFT_RESULTS_TABLES; t++) {
    hft_status status = hft_table_create(c->group, hft_results_schema[t], HFT_RESULTS_LEVELS,
                                         results->h5_path, &c->table[t], error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_results_series_add(hft_results *results, const hft_results_series *series,
                                  hft_error *error) {
  HFT_CHECK(series->contestant >= 0 && series->contestant < results->count);
  contestant *c = &results->contestants[series->contestant];
  HFT_CHECK(series->episode >= 0 && series->episode < c->episodes);
  hft_status status = HFT_OK;
  if (c->table[0] == NULL) status = create_tables(results, c, series->tick_size, error);
  for (size_t i = 0; i < series->step_count && status == HFT_OK; i++) {
    hft_results_step *row = hft_table_row(c->table[HFT_RESULTS_STEPS]);
    *row = series->steps[i];
    row->episode = series->episode;
    status = hft_table_append(c->table[HFT_RESULTS_STEPS], error);
  }
  for (size_t i = 0; i < series->fill_count && status == HFT_OK; i++) {
    hft_results_fill *row = hft_table_row(c->table[HFT_RESULTS_FILLS]);
    *row = series->fills[i];
    row->episode = series->episode;
    status = hft_table_append(c->table[HFT_RESULTS_FILLS], error);
  }
  for (size_t i = 0; i < series->depth_count && status == HFT_OK; i++) {
    hft_results_depth *row = hft_table_row(c->table[HFT_RESULTS_DEPTH]);
    *row = series->depth[i];
    row->episode = series->episode;
    status = hft_table_append(c->table[HFT_RESULTS_DEPTH], error);
  }
  return status;
}

// ---- the end ---------------------------------------------------------------------------------

static void close_contestants(hft_results *results) {
  for (int i = 0; i < results->count; i++) {
    for (int t = 0; t < HFT_RESULTS_TABLES; t++) hft_table_free(results->contestants[i].table[t]);
    H5Gclose(results->contestants[i].group);
  }
  free(results->contestants);
  results->contestants = NULL;
  results->count = 0;
}

static hft_status close_h5(hft_results *results, hft_error *error) {
  for (int i = 0; i < results->count; i++) {
    for (int t = 0; t < HFT_RESULTS_TABLES; t++) {
      hft_table *table = results->contestants[i].table[t];
      hft_status status = table != NULL ? hft_table_finish(table, error) : HFT_OK;
      if (status != HFT_OK) return status;
    }
  }
  // A failure to flush is reported with its reason; one to close is not.
  if (H5Fflush(results->file, H5F_SCOPE_GLOBAL) < 0) {
    return hft_h5_fail(error, results->h5_path, "the file");
  }
  close_contestants(results);
  hid_t file = results->file;
  results->file = -1;
  return H5Fclose(file) >= 0 ? HFT_OK : hft_h5_fail(error, results->h5_path, "the file");
}

static hft_status close_log(hft_results *results, hft_error *error) {
  hft_results_log(results, "complete");
  bool written = !ferror(results->log);
  int code = errno;
  if (fclose(results->log) != 0) {
    if (written) code = errno;
    written = false;
  }
  results->log = NULL;
  if (written) return HFT_OK;
  return hft_fail(error, HFT_EIO, results->path, "cannot write log.txt: %s", strerror(code));
}

hft_status hft_results_commit(hft_results *results, const char *summary, hft_error *error) {
  hft_status status = close_h5(results, error);
  char *line = NULL;
  if (status == HFT_OK) {
    size_t size = strlen(summary) + 2;
    line = malloc(size);
    if (line == NULL) return fail_memory(error);
    bool ended = size > 2 && summary[size - 3] == '\n';
    snprintf(line, size, "%s%s", summary, ended ? "" : "\n");
    status = write_file(results, "summary.json", line, error);
  }
  free(line);
  if (status == HFT_OK) status = close_log(results, error);
  if (status == HFT_OK) status = hft_folder_commit(&results->folder, error);
  return status;
}

void hft_results_free(hft_results *results) {
  if (results == NULL) return;
  close_contestants(results);
  if (results->file >= 0) H5Fclose(results->file);
  if (results->log != NULL) fclose(results->log);
  hft_folder_abandon(&results->folder);
  free(results->h5_path);
  free(results->path);
  free(results);
}
