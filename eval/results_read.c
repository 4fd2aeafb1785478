#include "eval/results_read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/dataset/h5.h"
#include "data/dataset/table_view.h"
#include "sim/base/check.h"

#define TEXT_MAX ((size_t)64 << 20)  // bytes of a file or an attribute
#define CONTESTANTS_MAX 1000
#define METRICS_MAX 1000
#define VALUES_MAX ((int64_t)1 << 26)  // of all contestants: half a gigabyte
#define CHUNK_VALUES_MAX (1 << 20)     // larger chunks are refused: reading one takes its memory
#define SUPERBLOCK_AT 8                // place of the format's version in an HDF5 file
#define SUPERBLOCK_MIN 2               // older formats have no checksums

// What is being opened.
typedef struct opening {
  hft_run *run;
  int64_t values;  // taken so far
  hft_error *error;
} opening;

static hft_status damaged(const opening *o, const char *what) {
  return hft_fail(o->error, HFT_EDATA, o->run->path,
                  "%s is missing or not as hftsim writes it: the run folder is damaged or from "
                  "another program; run the command with --out again",
                  what);
}

static hft_status no_memory(const opening *o) {
  return hft_fail(o->error, HFT_ENOMEM, o->run->path, "out of memory");
}

// ---- texts -----------------------------------------------------------------------------------

static char *path_of(const opening *o, const char *name) {
  size_t size = strlen(o->run->path) + strlen(name) + 2;
  char *path = malloc(size);
  if (path != NULL) snprintf(path, size, "%s/%s", o->run->path, name);
  return path;
}

static hft_status read_stream(const opening *o, FILE *file, const char *path, char **out) {
  struct stat found;
  if (fstat(fileno(file), &found) != 0 || !S_ISREG(found.st_mode)) {
    return hft_fail(o->error, HFT_EIO, path, "not a regular file");
  }
  if ((uint64_t)found.st_size > TEXT_MAX) {
    return hft_fail(o->error, HFT_EDATA, path, "larger than %zu bytes", TEXT_MAX);
  }
  size_t size = (size_t)found.st_size;
  char *text = malloc(size + 1);
  if (text == NULL) return no_memory(o);
  size_t got = fread(text, 1, size, file);
  text[got] = '\0';
  *out = text;
  if (ferror(file)) return hft_fail(o->error, HFT_EIO, path, "cannot read: %s", strerror(errno));
  if (got < size || strlen(text) < got) {
    return hft_fail(o->error, HFT_EDATA, path, "cut short, or not a text");
  }
  return HFT_OK;
}

static hft_status read_file(const opening *o, const char *name, char **out) {
  char *path = path_of(o, name);
  if (path == NULL) return no_memory(o);
  FILE *file = fopen(path, "re");
  hft_status status;
  if (file == NULL) {
    status = hft_fail(o->error, HFT_EIO, path, "cannot open: %s%s", strerror(errno),
                      errno == ENOENT ? "; a run folder is what --out or --name has written" : "");
  } else {
    status = read_stream(o, file, path, out);
    fclose(file);
  }
  free(path);
  return status;
}

static hft_status read_attribute(const opening *o, hid_t object, const char *name, char **out) {
  *out = hft_h5_read_text(object, name, TEXT_MAX);
  if (*out != NULL) return HFT_OK;
  char what[64];
  snprintf(what, sizeof what, "the attribute %.40s", name);
  return damaged(o, what);
}

// ---- columns ---------------------------------------------------------------------------------

// Are the values stored in this file, in chunks of bounded size?
static bool storage_fits(hid_t dataset, hsize_t rows) {
  hid_t list = H5Dget_create_plist(dataset);
  if (list < 0) return false;
  hsize_t chunk = 0;
  H5D_layout_t layout = H5Pget_layout(list);
  bool fits = layout == H5D_CHUNKED
                  ? H5Pget_chunk(list, 1, &chunk) == 1 && chunk >= 1 && chunk <= CHUNK_VALUES_MAX
                  : rows == 0;
  H5Pclose(list);
  return fits;
}

// Opens a column of one dimension; negative if there is none. *rows receives its length.
static hid_t open_column(hid_t group, const char *name, H5T_class_t kind, int64_t *rows) {
  if (H5Lexists(group, name, H5P_DEFAULT) <= 0) return -1;
  hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  if (dataset < 0) return -1;
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  hsize_t size = 0;
  bool fits = type >= 0 && space >= 0 && H5Tget_class(type) == kind &&
              H5Sget_simple_extent_ndims(space) == 1 &&
              H5Sget_simple_extent_dims(space, &size, NULL) == 1 && size <= (hsize_t)VALUES_MAX &&
              storage_fits(dataset, size);
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  *rows = (int64_t)size;
  if (fits) return dataset;
  H5Dclose(dataset);
  return -1;
}

// Reads a column of `rows` values; a row count of -1 is set to the column's.
static hft_status read_column(opening *o, hid_t group, const char *name, H5T_class_t kind,
                              hid_t memory_type, int64_t *rows, void **out) {
  int64_t found = 0;
  hid_t dataset = open_column(group, name, kind, &found);
  char what[96];
  snprintf(what, sizeof what, "the column %.60s", name);
  if (dataset < 0) return damaged(o, what);
  if (*rows < 0) *rows = found;
  hft_status status = HFT_OK;
  o->values += found;
  if (found != *rows || o->values > VALUES_MAX) {
    status = damaged(o, what);
  } else {
    *out = malloc((size_t)(found > 0 ? found : 1) * H5Tget_size(memory_type));
    if (*out == NULL) {
      status = no_memory(o);
    } else if (found > 0 &&
               H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0) {
      status = damaged(o, what);
    }
  }
  H5Dclose(dataset);
  return status;
}

// ---- a contestant ----------------------------------------------------------------------------

// The names of the members of a group, in the order of creation.
typedef struct names {
  int count, max;
  bool failed;  // no memory, or too many
  char **name;
} names;

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *link, void *context) {
  (void)group;
  names *found = context;
  if (link->type != H5L_TYPE_HARD) return 0;
  char *copy = found->count < found->max ? strdup(name) : NULL;
  if (copy == NULL) {
    found->failed = true;
    return -1;
  }
  found->name[found->count++] = copy;
  return 0;
}

static void free_names(names *found) {
  for (int i = 0; i < found->count; i++) free(found->name[i]);
  free(found->name);
  *found = (names){0};
}

// Lists a group; free_names frees the list, also after a failure.
static hft_status list_group(const opening *o, hid_t group, int max, const char *what,
                             names *found) {
  *found = (names){.max = max, .name = calloc((size_t)max, sizeof(char *))};
  if (found->name == NULL) return no_memory(o);
  herr_t listed = H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, add_name, found);
  return listed >= 0 && !found->failed ? HFT_OK : damaged(o, what);
}

static hft_status read_metric(opening *o, hid_t group, const char *name, hft_run_contestant *c,
                              int m) {
  char *text[3] = {strdup(name), NULL, NULL};
  hft_results_metric *metric = &c->metrics[m];
  hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  int64_t direction = 0;
  if (text[0] != NULL && dataset >= 0) {
    text[1] = hft_h5_read_text(dataset, "units", TEXT_MAX);
    text[2] = hft_h5_read_text(dataset, "description", TEXT_MAX);
  }
  bool read = text[1] != NULL && text[2] != NULL &&
              hft_h5_number(dataset, "direction", H5T_INTEGER, H5T_NATIVE_INT64, &direction) &&
              direction >= -1 && direction <= 1;
  if (dataset >= 0) H5Dclose(dataset);
  *metric = (hft_results_metric){text[0], text[1], text[2], (int)direction};
  if (!read) return damaged(o, name);
  void *column = NULL;
  hft_status status =
      read_column(o, group, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, &c->episodes, &column);
  for (int64_t i = 0; i < c->episodes && status == HFT_OK; i++) {
    c->values[i * c->metric_count + m] = ((const double *)column)[i];
  }
  free(column);
  return status;
}

static bool is_metric(const char *name) {
  return strcmp(name, "seed") != 0 && strcmp(name, "side") != 0;
}

static hft_status read_metrics(opening *o, hid_t group, const names *found, hft_run_contestant *c) {
  int count = 0;
  for (int i = 0; i < found->count; i++) count += is_metric(found->name[i]);
  if (c->episodes * count > VALUES_MAX) return damaged(o, "the table episodes");
  size_t values = (size_t)(c->episodes * count);
  c->metrics = calloc((size_t)count + 1, sizeof *c->metrics);
  c->values = malloc((values > 0 ? values : 1) * sizeof *c->values);
  if (c->metrics == NULL || c->values == NULL) return no_memory(o);
  c->metric_count = count;
  hft_status status = HFT_OK;
  for (int i = 0, m = 0; i < found->count && status == HFT_OK; i++) {
    if (is_metric(found->name[i])) status = read_metric(o, group, found->name[i], c, m++);
  }
  return status;
}

static hft_status read_episodes(opening *o, hid_t parent, hft_run_contestant *c) {
  hid_t group = H5Lexists(parent, "episodes", H5P_DEFAULT) > 0
                    ? H5Gopen2(parent, "episodes", H5P_DEFAULT)
                    : -1;
  if (group < 0) return damaged(o, "the table episodes");
  names found;
  hft_status status = list_group(o, group, METRICS_MAX, "the table episodes", &found);
  void *column = NULL;
  c->episodes = -1;
  if (status == HFT_OK) {
    status = read_column(o, group, "seed", H5T_INTEGER, H5T_NATIVE_UINT64, &c->episodes, &column);
    c->seeds = column;
  }
  if (status == HFT_OK && H5Lexists(group, "side", H5P_DEFAULT) > 0) {
    column = NULL;
    status = read_column(o, group, "side", H5T_INTEGER, H5T_NATIVE_INT8, &c->episodes, &column);
    c->sides = column;
  }
  if (status == HFT_OK) status = read_metrics(o, group, &found, c);
  free_names(&found);
  H5Gclose(group);
  return status;
}

static hft_status open_tables(const opening *o, hid_t group, hft_run_contestant *c) {
  if (H5Aexists(group, "tick_size") <= 0) return HFT_OK;
  if (!hft_h5_number(group, "tick_size", H5T_FLOAT, H5T_NATIVE_DOUBLE, &c->tick_size) ||
      !(c->tick_size > 0) || !isfinite(c->tick_size)) {
    return damaged(o, "the attribute tick_size");
  }
  for (int t = 0; t < HFT_RESULTS_TABLES; t++) {
    char what[96];
    if (!hft_table_view_open(group, hft_results_schema[t], HFT_RESULTS_LEVELS, &c->table[t], what,
                             sizeof what)) {
      return damaged(o, what);
    }
  }
  return HFT_OK;
}

static hft_status read_contestant(opening *o, const char *name, hft_run_contestant *c) {
  c->name = strdup(name);
  if (c->name == NULL) return no_memory(o);
  hid_t group = H5Gopen2((hid_t)o->run->file, name, H5P_DEFAULT);
  if (group < 0) return damaged(o, name);
  hft_status status = read_attribute(o, group, "kind", &c->kind);
  if (status == HFT_OK) status = read_attribute(o, group, "params", &c->params);
  if (status == HFT_OK) status = read_episodes(o, group, c);
  if (status == HFT_OK) status = open_tables(o, group, c);
  H5Gclose(group);
  return status;
}

static void free_contestant(hft_run_contestant *c) {
  for (int m = 0; m < c->metric_count; m++) {
    free((char *)c->metrics[m].name);
    free((char *)c->metrics[m].unit);
    free((char *)c->metrics[m].help);
  }
  for (int t = 0; t < HFT_RESULTS_TABLES; t++) hft_table_view_close(c->table[t]);
  free(c->metrics);
  free(c->values);
  free(c->seeds);
  free(c->sides);
  free(c->name);
  free(c->kind);
  free(c->params);
}

// ---- the run ---------------------------------------------------------------------------------

// Is it an HDF5 file whose metadata have checksums? Without these the library trusts damaged
// metadata and may crash.
static hft_status check_format(const opening *o, const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return hft_fail(o->error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  struct stat found;
  unsigned char head[SUPERBLOCK_AT + 1] = {0};
  bool regular = fstat(fileno(file), &found) == 0 && S_ISREG(found.st_mode);
  bool known = regular && fread(head, 1, sizeof head, file) == sizeof head &&
               memcmp(head, "\x89HDF\r\n\x1a\n", SUPERBLOCK_AT) == 0 &&
               head[SUPERBLOCK_AT] >= SUPERBLOCK_MIN;
  fclose(file);
  if (known) return HFT_OK;
  return hft_fail(o->error, HFT_EDATA, path,
                  "not an HDF5 file as hftsim writes it: truncated, damaged or of another program");
}

static hft_status open_h5(const opening *o) {
  char *path = path_of(o, "episodes.h5");
  if (path == NULL) return no_memory(o);
  hft_status status = check_format(o, path);
  if (status == HFT_OK) {
    hft_h5_start();
    o->run->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (o->run->file < 0) {
      status =
          hft_fail(o->error, HFT_EDATA, path, "not a complete HDF5 file: truncated or damaged");
    }
  }
  free(path);
  return status;
}

static hft_status read_head(const opening *o) {
  hft_run *run = o->run;
  hid_t file = (hid_t)run->file;
  int64_t version;
  if (!hft_h5_number(file, "schema_version", H5T_INTEGER, H5T_NATIVE_INT64, &version)) {
    return damaged(o, "the attribute schema_version");
  }
  if (version != HFT_RESULTS_SCHEMA_VERSION) {
    return hft_fail(o->error, HFT_EDATA, run->path,
                    "schema_version %" PRId64
                    " is not supported; this program reads %d: run the "
                    "command again",
                    version, HFT_RESULTS_SCHEMA_VERSION);
  }
  const struct {
    const char *name;
    char **to;
  } texts[] = {{"command", &run->command},
               {"version", &run->version},
               {"revision", &run->revision},
               {"created", &run->created}};
  hft_status status = HFT_OK;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == HFT_OK; i++) {
    status = read_attribute(o, file, texts[i].name, texts[i].to);
  }
  return status;
}

static hft_status read_contestants(opening *o) {
  hft_run *run = o->run;
  names found;
  hft_status status = list_group(o, (hid_t)run->file, CONTESTANTS_MAX, "episodes.h5", &found);
  if (status == HFT_OK) {
    run->contestants = calloc((size_t)found.count + 1, sizeof *run->contestants);
    if (run->contestants == NULL) status = no_memory(o);
  }
  for (int i = 0; i < found.count && status == HFT_OK; i++) {
    run->count = i + 1;
    status = read_contestant(o, found.name[i], &run->contestants[i]);
  }
  free_names(&found);
  return status;
}

hft_status hft_run_open(const char *path, hft_run **out, hft_error *error) {
  *out = NULL;
  hft_run *run = calloc(1, sizeof *run);
  if (run == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  run->file = -1;
  opening o = {.run = run, .error = error};
  run->path = strdup(path);
  hft_status status = run->path != NULL ? HFT_OK : hft_fail(error, HFT_ENOMEM, path, "no memory");
  if (status == HFT_OK) status = read_file(&o, "summary.json", &run->summary);
  if (status == HFT_OK) status = read_file(&o, "config.yaml", &run->config);
  if (status == HFT_OK) status = open_h5(&o);
  if (status == HFT_OK) status = read_head(&o);
  if (status == HFT_OK) status = read_contestants(&o);
  if (status != HFT_OK) {
    hft_run_close(run);
    return status;
  }
  *out = run;
  return HFT_OK;
}

void hft_run_close(hft_run *run) {
  if (run == NULL) return;
  for (int i = 0; i < run->count; i++) free_contestant(&run->contestants[i]);
  free(run->contestants);
  if (run->file >= 0) H5Fclose((hid_t)run->file);
  free(run->path);
  free(run->summary);
  free(run->config);
  free(run->command);
  free(run->version);
  free(run->revision);
  free(run->created);
  free(run);
}

int64_t hft_run_rows(const hft_run *run, int contestant, hft_results_table table) {
  HFT_CHECK(contestant >= 0 && contestant < run->count);
  const hft_table_view *view = run->contestants[contestant].table[table];
  return view != NULL ? hft_table_view_rows(view) : 0;
}

hft_status hft_run_read(const hft_run *run, int contestant, hft_results_table table, int64_t first,
                        size_t count, void *rows, hft_error *error) {
  HFT_CHECK(contestant >= 0 && contestant < run->count);
  const hft_table_view *view = run->contestants[contestant].table[table];
  HFT_CHECK(view != NULL);
  return hft_table_view_read(view, run->path, first, count, rows, error);
}
