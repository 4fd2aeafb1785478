#include "tests/data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

#define DAY "/TEST/2026-01-02"

char *attribute_text(hid_t object, const char *name) {
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  assert_true(attribute >= 0);
  hid_t type = H5Aget_type(attribute);
  assert_true(H5Tis_variable_str(type) > 0 && H5Tget_cset(type) == H5T_CSET_UTF8);
  char *text = NULL;
  assert_true(H5Aread(attribute, type, &text) >= 0);
  char *copy = malloc(strlen(text) + 1);
  assert_non_null(copy);
  strcpy(copy, text);
  H5free_memory(text);
  H5Tclose(type);
  H5Aclose(attribute);
  return copy;
}

int64_t attribute_int(hid_t object, const char *name) {
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  assert_true(attribute >= 0);
  int64_t value;
  assert_true(H5Aread(attribute, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose(attribute);
  return value;
}

// Reads one column of `rows` rows and `width` values a row into the structs.
static void read_column(hid_t group, const hft_table_schema *schema, const hft_column *column,
                        size_t rows, size_t width, char *structs) {
  size_t size = hft_column_size(column->kind);
  hid_t dataset = H5Dopen2(group, column->name, H5P_DEFAULT);
  assert_true(dataset >= 0);
  hid_t type = H5Dget_type(dataset);
  hid_t native = H5Tget_native_type(type, H5T_DIR_ASCEND);
  assert_int_equal(H5Tget_size(type), size);
  char *values = malloc(rows * width * size + 1);
  assert_non_null(values);
  assert_true(H5Dread(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  for (size_t i = 0; i < rows; i++) {
    memcpy(structs + i * schema->row_size + column->offset, values + i * width * size,
           width * size);
  }
  free(values);
  H5Tclose(native);
  H5Tclose(type);
  H5Dclose(dataset);
}

// The dimensions of a column; every column of a table has the same first one.
static size_t read_shape(hid_t group, const hft_column *column, int *width) {
  hid_t dataset = H5Dopen2(group, column->name, H5P_DEFAULT);
  assert_true(dataset >= 0);
  hid_t space = H5Dget_space(dataset);
  hsize_t shape[2] = {0, 1};
  int rank = H5Sget_simple_extent_ndims(space);
  assert_int_equal(rank, column->kind == HFT_COLUMN_LEVELS ? 2 : 1);
  H5Sget_simple_extent_dims(space, shape, NULL);
  H5Sclose(space);
  H5Dclose(dataset);
  *width = (int)shape[1];
  return (size_t)shape[0];
}

static void *read_table(const dataset_rows *rows, const hft_table_schema *schema, size_t *count) {
  hid_t day = H5Gopen2(rows->file, DAY, H5P_DEFAULT);
  assert_true(day >= 0);
  hid_t group = H5Gopen2(day, schema->name, H5P_DEFAULT);
  assert_true(group >= 0);
  int width;
  *count = read_shape(group, &schema->columns[0], &width);
  char *structs = calloc(*count + 1, schema->row_size);
  assert_non_null(structs);
  for (int i = 0; i < schema->column_count; i++) {
    const hft_column *column = &schema->columns[i];
    assert_int_equal(read_shape(group, column, &width), *count);
    assert_int_equal(width, column->kind == HFT_COLUMN_LEVELS ? rows->levels : 1);
    read_column(group, schema, column, *count, (size_t)width, structs);
  }
  H5Gclose(group);
  H5Gclose(day);
  return structs;
}

dataset_rows dataset_open(const char *path) {
  dataset_rows rows = {.file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)};
  assert_true(rows.file >= 0);
  hid_t day = H5Gopen2(rows.file, DAY, H5P_DEFAULT);
  assert_true(day >= 0);
  rows.levels = (int)attribute_int(day, "levels");
  H5Gclose(day);
  rows.events = read_table(&rows, &hft_events_schema, &rows.event_count);
  rows.trades = read_table(&rows, &hft_trades_schema, &rows.trade_count);
  rows.snapshots = read_table(&rows, &hft_snapshots_schema, &rows.snapshot_count);
  return rows;
}

void dataset_close(dataset_rows *rows) {
  assert_true(H5Fclose(rows->file) >= 0);
  free(rows->events);
  free(rows->trades);
  free(rows->snapshots);
}
