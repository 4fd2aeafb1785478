#include "data/dataset/reader.h"

#include <errno.h>
#include <hdf5.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/dataset/h5.h"
#include "sim/base/check.h"

#define COLUMNS_MAX 32
#define CHUNK_ROWS_MAX (1 << 20)  // larger chunks are refused: reading one takes its memory

typedef struct columns {
  const hft_table_schema *schema;
  hsize_t rows;
  hid_t dataset[COLUMNS_MAX];  // negative: closed
} columns;

struct hft_reader {
  char *path;
  hid_t file, session;
  hft_reader_info info;
  columns tables[HFT_READER_TABLES];
};

static hft_status damaged(const hft_reader *reader, hft_error *error, const char *what) {
  return hft_fail(error, HFT_EDATA, reader->path,
                  "%s is missing or does not match hftsim's schema; the file is damaged or from "
                  "another program: write it again with 'hftsim gen'",
                  what);
}

// ---- attributes ------------------------------------------------------------------------------

// Reads a numeric attribute; false if it is missing or not a single number of that class.
static bool read_number(hid_t object, const char *name, H5T_class_t kind, hid_t memory_type,
                        void *value) {
  if (H5Aexists(object, name) <= 0) return false;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return false;
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  bool read = type >= 0 && space >= 0 && H5Tget_class(type) == kind &&
              H5Sget_simple_extent_npoints(space) == 1 &&
              H5Aread(attribute, memory_type, value) >= 0;
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return read;
}

static bool read_i64(hid_t object, const char *name, int64_t *value) {
  return read_number(object, name, H5T_INTEGER, H5T_NATIVE_INT64, value);
}

// ---- finding the session ---------------------------------------------------------------------

typedef struct search {
  char first[HFT_READER_NAME_MAX];  // name of the first group found
  int count;
} search;

// Counts the groups in a group.
static herr_t find_group(hid_t parent, const char *name, const H5L_info_t *link, void *context) {
  search *found = context;
  if (link->type != H5L_TYPE_HARD || strlen(name) >= sizeof found->first) return 0;
  hid_t object = H5Oopen(parent, name, H5P_DEFAULT);
  if (object < 0) return -1;
  if (H5Iget_type(object) == H5I_GROUP && found->count++ == 0) {
    snprintf(found->first, sizeof found->first, "%s", name);
  }
  H5Oclose(object);
  return 0;
}

// Opens the group of this name; if it is null, the only group.
static hft_status open_group(hft_reader *reader, hid_t parent, const char *name, char *taken,
                             hid_t *out, hft_error *error) {
  search found = {.count = 0};
  if (name != NULL) {
    snprintf(found.first, sizeof found.first, "%s", name);
    if (H5Lexists(parent, found.first, H5P_DEFAULT) <= 0) {
      return hft_fail(error, HFT_EDATA, reader->path, "no session or instrument '%s'", name);
    }
  } else {
    if (H5Literate(parent, H5_INDEX_NAME, H5_ITER_INC, NULL, find_group, &found) < 0 ||
        found.count == 0) {
      return damaged(reader, error, "an instrument with a session");
    }
    if (found.count > 1) {
      return hft_fail(
          error, HFT_EDATA, reader->path,
          "the file has %d instruments or sessions, '%s' and others: choose one with --session "
          "SYMBOL/DAY",
          found.count, found.first);
    }
  }
  memcpy(taken, found.first, sizeof found.first);
  *out = H5Gopen2(parent, taken, H5P_DEFAULT);
  return *out >= 0 ? HFT_OK : damaged(reader, error, taken);
}

static hft_status read_info(hft_reader *reader, hid_t symbol, hft_error *error) {
  hft_reader_info *info = &reader->info;
  int64_t levels;
  if (!read_number(reader->file, "seed", H5T_INTEGER, H5T_NATIVE_UINT64, &info->seed)) {
    return damaged(reader, error, "the attribute seed");
  }
  if (!read_number(symbol, "tick_size", H5T_FLOAT, H5T_NATIVE_DOUBLE, &info->tick_size) ||
      !(info->tick_size > 0)) {
    return damaged(reader, error, "the attribute tick_size");
  }
  if (!read_i64(reader->session, "duration", &info->duration) || info->duration < 1) {
    return damaged(reader, error, "the attribute duration");
  }
  if (!read_i64(reader->session, "snapshot_interval", &info->snapshot_ns) ||
      info->snapshot_ns < 1) {
    return damaged(reader, error, "the attribute snapshot_interval");
  }
  if (!read_i64(reader->session, "levels", &levels) || levels < 1 ||
      levels > HFT_SNAPSHOT_LEVELS_MAX) {
    return damaged(reader, error, "the attribute levels");
  }
  info->levels = (int)levels;
  return HFT_OK;
}

static hft_status open_session(hft_reader *reader, const char *session, hft_error *error) {
  char symbol[HFT_READER_NAME_MAX];
  const char *day = NULL;
  if (session != NULL) {
    session += strspn(session, "/");
    const char *slash = strchr(session, '/');
    if (slash == NULL || slash == session || slash[1] == '\0' || strlen(session) >= sizeof symbol ||
        strchr(slash + 1, '/') != NULL) {
      return hft_fail(error, HFT_EDATA, reader->path,
                      "'%.80s' is not a session; the form is SYMA/2026-01-02", session);
    }
    snprintf(symbol, sizeof symbol, "%.*s", (int)(slash - session), session);
    day = slash + 1;
  }
  hid_t group;
  hft_status status = open_group(reader, reader->file, session != NULL ? symbol : NULL,
                                 reader->info.symbol, &group, error);
  if (status != HFT_OK) return status;
  status = open_group(reader, group, day, reader->info.day, &reader->session, error);
  if (status == HFT_OK) status = read_info(reader, group, error);
  H5Gclose(group);
  return status;
}

// ---- opening tables --------------------------------------------------------------------------

static bool is_wide(const hft_column *column) {
  return column->kind == HFT_COLUMN_LEVELS;
}

// Does the type in the file match the kind of column?
static bool type_fits(hid_t type, hft_column_kind kind) {
  H5T_class_t expected = H5T_INTEGER;
  H5T_sign_t sign = H5T_SGN_2;
  if (kind == HFT_COLUMN_F64) {
    expected = H5T_FLOAT;
  } else if (hft_column_enum(kind) != NULL) {
    expected = H5T_ENUM;
  } else if (kind == HFT_COLUMN_U16 || kind == HFT_COLUMN_U32 || kind == HFT_COLUMN_U64) {
    sign = H5T_SGN_NONE;
  }
  if (H5Tget_class(type) != expected || H5Tget_size(type) != hft_column_size(kind)) return false;
  return expected != H5T_INTEGER || H5Tget_sign(type) == sign;
}

// Are the chunks within the limits of a recorder, so that reading one takes bounded memory?
static bool chunks_fit(hid_t dataset, int rank, hsize_t width) {
  hid_t list = H5Dget_create_plist(dataset);
  if (list < 0) return false;
  hsize_t chunk[2] = {0, width};
  bool fit = H5Pget_layout(list) == H5D_CHUNKED && H5Pget_chunk(list, rank, chunk) == rank &&
             chunk[0] >= 1 && chunk[0] <= CHUNK_ROWS_MAX && chunk[1] == width;
  H5Pclose(list);
  return fit;
}

static bool shape_fits(hid_t dataset, const hft_column *column, int levels, hsize_t *rows) {
  hid_t space = H5Dget_space(dataset);
  if (space < 0) return false;
  int rank = is_wide(column) ? 2 : 1;
  hsize_t width = is_wide(column) ? (hsize_t)levels : 1;
  hsize_t size[2] = {0, width};
  bool fits = H5Sget_simple_extent_ndims(space) == rank &&
              H5Sget_simple_extent_dims(space, size, NULL) == rank && size[1] == width &&
              size[0] <= INT64_MAX;
  H5Sclose(space);
  *rows = size[0];
  return fits && chunks_fit(dataset, rank, width);
}

static bool open_column(columns *t, hid_t group, int index, int levels, hsize_t *rows) {
  const hft_column *column = &t->schema->columns[index];
  if (H5Lexists(group, column->name, H5P_DEFAULT) <= 0) return false;
  hid_t dataset = H5Dopen2(group, column->name, H5P_DEFAULT);
  t->dataset[index] = dataset;
  if (dataset < 0) return false;
  hid_t type = H5Dget_type(dataset);
  if (type < 0) return false;
  bool fits = type_fits(type, column->kind);
  H5Tclose(type);
  return fits && shape_fits(dataset, column, levels, rows);
}

static hft_status open_table(hft_reader *reader, columns *t, hft_error *error) {
  const hft_table_schema *schema = t->schema;
  HFT_CHECK(schema->column_count <= COLUMNS_MAX);
  if (H5Lexists(reader->session, schema->name, H5P_DEFAULT) <= 0) {
    return damaged(reader, error, schema->name);
  }
  hid_t group = H5Gopen2(reader->session, schema->name, H5P_DEFAULT);
  if (group < 0) return damaged(reader, error, schema->name);
  hft_status status = HFT_OK;
  for (int i = 0; i < schema->column_count && status == HFT_OK; i++) {
    hsize_t rows = 0;
    bool opened = open_column(t, group, i, reader->info.levels, &rows);
    if (i == 0 && opened) t->rows = rows;
    if (!opened || rows != t->rows) {
      char what[HFT_READER_NAME_MAX + 16];
      snprintf(what, sizeof what, "the column %.20s/%.40s", schema->name, schema->columns[i].name);
      status = damaged(reader, error, what);
    }
  }
  H5Gclose(group);
  return status;
}

// ---- opening the file ------------------------------------------------------------------------

static hft_status open_file(hft_reader *reader, const char *path, hft_error *error) {
  struct stat found;
  if (stat(path, &found) != 0) {
    return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  }
  if (!S_ISREG(found.st_mode)) return hft_fail(error, HFT_EIO, path, "not a regular file");
  reader->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (reader->file < 0) {
    return hft_fail(error, HFT_EDATA, path,
                    "not a complete HDF5 file: truncated, damaged or of another format; datasets "
                    "are written by 'hftsim gen'");
  }
  int64_t version;
  if (!read_i64(reader->file, "schema_version", &version)) {
    return damaged(reader, error, "the attribute schema_version");
  }
  if (version == HFT_SCHEMA_VERSION) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "schema_version %" PRId64
                  " is not supported; this program reads %d: write it again with "
                  "'hftsim gen'",
                  version, HFT_SCHEMA_VERSION);
}

hft_status hft_reader_open(const char *path, const char *session, hft_reader **out,
                           hft_error *error) {
  *out = NULL;
  hft_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  reader->file = reader->session = -1;
  const hft_table_schema *const schemas[] = {&hft_events_schema, &hft_trades_schema,
                                             &hft_snapshots_schema};
  for (int t = 0; t < HFT_READER_TABLES; t++) {
    reader->tables[t].schema = schemas[t];
    for (int i = 0; i < COLUMNS_MAX; i++) reader->tables[t].dataset[i] = -1;
  }
  hft_h5_start();
  reader->path = malloc(strlen(path) + 1);
  hft_status status = HFT_OK;
  if (reader->path == NULL) {
    status = hft_fail(error, HFT_ENOMEM, path, "out of memory");
  } else {
    memcpy(reader->path, path, strlen(path) + 1);
    status = open_file(reader, path, error);
  }
  if (status == HFT_OK) status = open_session(reader, session, error);
  for (int t = 0; t < HFT_READER_TABLES && status == HFT_OK; t++) {
    status = open_table(reader, &reader->tables[t], error);
  }
  if (status != HFT_OK) {
    hft_reader_close(reader);
    return status;
  }
  *out = reader;
  return HFT_OK;
}

void hft_reader_close(hft_reader *reader) {
  if (reader == NULL) return;
  for (int t = 0; t < HFT_READER_TABLES; t++) {
    for (int i = 0; i < COLUMNS_MAX; i++) {
      if (reader->tables[t].dataset[i] >= 0) H5Dclose(reader->tables[t].dataset[i]);
    }
  }
  if (reader->session >= 0) H5Gclose(reader->session);
  if (reader->file >= 0) H5Fclose(reader->file);
  free(reader->path);
  free(reader);
}

const hft_reader_info *hft_reader_info_of(const hft_reader *reader) {
  return &reader->info;
}

int64_t hft_reader_rows(const hft_reader *reader, hft_reader_table table) {
  return (int64_t)reader->tables[table].rows;
}

// ---- reading ---------------------------------------------------------------------------------

// Reads `count` values of a column, from row `first` on, into `values` in the native format.
static bool read_values(hid_t dataset, const hft_column *column, hsize_t width, hsize_t first,
                        hsize_t count, void *values) {
  int rank = is_wide(column) ? 2 : 1;
  hsize_t start[2] = {first, 0}, size[2] = {count, width};
  hid_t file_space = H5Dget_space(dataset);
  hid_t memory_space = H5Screate_simple(rank, size, NULL);
  hid_t type = H5Dget_type(dataset);
  hid_t memory_type = type >= 0 ? H5Tget_native_type(type, H5T_DIR_ASCEND) : -1;
  bool read = file_space >= 0 && memory_space >= 0 && memory_type >= 0 &&
              H5Tget_size(memory_type) == hft_column_size(column->kind) &&
              H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
              H5Dread(dataset, memory_type, memory_space, file_space, H5P_DEFAULT, values) >= 0;
  if (memory_type >= 0) H5Tclose(memory_type);
  if (type >= 0) H5Tclose(type);
  if (memory_space >= 0) H5Sclose(memory_space);
  if (file_space >= 0) H5Sclose(file_space);
  return read;
}

hft_status hft_reader_read(hft_reader *reader, hft_reader_table table_index, int64_t first,
                           size_t count, void *rows, hft_error *error) {
  const columns *t = &reader->tables[table_index];
  const hft_table_schema *schema = t->schema;
  HFT_CHECK(first >= 0 && (hsize_t)first <= t->rows && count <= t->rows - (hsize_t)first);
  if (count == 0) return HFT_OK;
  size_t levels = (size_t)reader->info.levels;
  char *values = malloc(count * (8 > 4 * levels ? 8 : 4 * levels));
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, reader->path, "out of memory");
  memset(rows, 0, count * schema->row_size);
  hft_status status = HFT_OK;
  for (int i = 0; i < schema->column_count && status == HFT_OK; i++) {
    const hft_column *column = &schema->columns[i];
    size_t width = is_wide(column) ? levels : 1;
    size_t size = width * hft_column_size(column->kind);
    if (!read_values(t->dataset[i], column, width, (hsize_t)first, count, values)) {
      status = hft_fail(error, HFT_EDATA, reader->path,
                        "the column %s/%s cannot be read: the file is damaged", schema->name,
                        column->name);
      break;
    }
    char *to = (char *)rows + column->offset;
    for (size_t k = 0; k < count; k++) memcpy(to + k * schema->row_size, values + k * size, size);
  }
  free(values);
  return status;
}
