#include "data/dataset/table_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

#define COLUMNS_MAX 32
#define CHUNK_ROWS_MAX (1 << 20)  // larger chunks are refused: reading one takes its memory

struct hft_table_view {
  const hft_table_schema *schema;
  hsize_t rows;
  size_t levels;
  hid_t dataset[COLUMNS_MAX];  // negative: closed
};

// ---- opening ---------------------------------------------------------------------------------

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

static bool open_column(hft_table_view *t, hid_t group, int index, int levels, hsize_t *rows) {
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

// Opens the columns of a group. Returns the number of those that fit.
static int open_columns(hft_table_view *view, hid_t group) {
  for (int i = 0; i < view->schema->column_count; i++) {
    hsize_t rows = 0;
    if (!open_column(view, group, i, (int)view->levels, &rows)) return i;
    if (i == 0) view->rows = rows;
    if (rows != view->rows) return i;
  }
  return view->schema->column_count;
}

bool hft_table_view_open(hid_t parent, const hft_table_schema *schema, int levels,
                         hft_table_view **out, char *what, size_t size) {
  HFT_CHECK(schema->column_count <= COLUMNS_MAX);
  *out = NULL;
  snprintf(what, size, "%s", schema->name);
  if (H5Lexists(parent, schema->name, H5P_DEFAULT) <= 0) return false;
  hid_t group = H5Gopen2(parent, schema->name, H5P_DEFAULT);
  if (group < 0) return false;
  hft_table_view *view = malloc(sizeof *view);
  if (view == NULL) {
    snprintf(what, size, "memory for %s", schema->name);
    H5Gclose(group);
    return false;
  }
  *view = (hft_table_view){.schema = schema, .levels = (size_t)levels};
  for (int i = 0; i < COLUMNS_MAX; i++) view->dataset[i] = -1;
  int opened = open_columns(view, group);
  H5Gclose(group);
  if (opened == schema->column_count) {
    *out = view;
    return true;
  }
  snprintf(what, size, "the column %.20s/%.40s", schema->name, schema->columns[opened].name);
  hft_table_view_close(view);
  return false;
}

void hft_table_view_close(hft_table_view *view) {
  if (view == NULL) return;
  for (int i = 0; i < COLUMNS_MAX; i++) {
    if (view->dataset[i] >= 0) H5Dclose(view->dataset[i]);
  }
  free(view);
}

int64_t hft_table_view_rows(const hft_table_view *view) {
  return (int64_t)view->rows;
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

hft_status hft_table_view_read(const hft_table_view *view, const char *path, int64_t first,
                               size_t count, void *rows, hft_error *error) {
  const hft_table_schema *schema = view->schema;
  HFT_CHECK(first >= 0 && (hsize_t)first <= view->rows && count <= view->rows - (hsize_t)first);
  if (count == 0) return HFT_OK;
  size_t levels = view->levels;
  char *values = malloc(count * (8 > 4 * levels ? 8 : 4 * levels));
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  memset(rows, 0, count * schema->row_size);
  hft_status status = HFT_OK;
  for (int i = 0; i < schema->column_count && status == HFT_OK; i++) {
    const hft_column *column = &schema->columns[i];
    size_t width = is_wide(column) ? levels : 1;
    size_t size = width * hft_column_size(column->kind);
    if (!read_values(view->dataset[i], column, width, (hsize_t)first, count, values)) {
      status =
          hft_fail(error, HFT_EDATA, path, "the column %s/%s cannot be read: the file is damaged",
                   schema->name, column->name);
      break;
    }
    char *to = (char *)rows + column->offset;
    for (size_t k = 0; k < count; k++) memcpy(to + k * schema->row_size, values + k * size, size);
  }
  free(values);
  return status;
}
