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
#include "data/dataset/table_view.h"

struct hft_reader {
  char *path;
  hid_t file, session;
  hft_reader_info info;
  hft_table_view *tables[HFT_READER_TABLES];
};

static hft_status damaged(const hft_reader *reader, hft_error *error, const char *what) {
  return hft_fail(error, HFT_EDATA, reader->path,
                  "%s is missing or does not match hftsim's schema; the file is damaged or from "
                  "another program: write it again with 'hftsim gen'",
                  what);
}

// ---- attributes ------------------------------------------------------------------------------

static bool read_i64(hid_t object, const char *name, int64_t *value) {
  return hft_h5_number(object, name, H5T_INTEGER, H5T_NATIVE_INT64, value);
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
  if (!hft_h5_number(reader->file, "seed", H5T_INTEGER, H5T_NATIVE_UINT64, &info->seed)) {
    return damaged(reader, error, "the attribute seed");
  }
  if (!hft_h5_number(symbol, "tick_size", H5T_FLOAT, H5T_NATIVE_DOUBLE, &info->tick_size) ||
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

static hft_status open_table(hft_reader *reader, int index, hft_error *error) {
  static const hft_table_schema *const schemas[] = {&hft_events_schema, &hft_trades_schema,
                                                    &hft_snapshots_schema};
  const hft_table_schema *schema = schemas[index];
  char what[HFT_READER_NAME_MAX];
  if (hft_table_view_open(reader->session, schema, reader->info.levels, &reader->tables[index],
                          what, sizeof what)) {
    return HFT_OK;
  }
  return damaged(reader, error, what);
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
    status = open_table(reader, t, error);
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
  for (int t = 0; t < HFT_READER_TABLES; t++) hft_table_view_close(reader->tables[t]);
  if (reader->session >= 0) H5Gclose(reader->session);
  if (reader->file >= 0) H5Fclose(reader->file);
  free(reader->path);
  free(reader);
}

const hft_reader_info *hft_reader_info_of(const hft_reader *reader) {
  return &reader->info;
}

int64_t hft_reader_rows(const hft_reader *reader, hft_reader_table table) {
  return hft_table_view_rows(reader->tables[table]);
}

// ---- reading ---------------------------------------------------------------------------------

hft_status hft_reader_read(hft_reader *reader, hft_reader_table table, int64_t first, size_t count,
                           void *rows, hft_error *error) {
  return hft_table_view_read(reader->tables[table], reader->path, first, count, rows, error);
}
