#include "data/dataset/table.h"

#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset/h5.h"
#include "sim/base/check.h"

#define COLUMNS_MAX 16
#define DEFLATE_LEVEL 1

struct hft_table {
  const hft_table_schema *schema;
  const char *path;
  hsize_t levels;
  hsize_t written;  // rows in the file
  size_t pending;   // rows in memory
  char *rows;       // [chunk_rows] structs
  char *column;     // one column of the rows, as it is written
  hid_t group;
  hid_t dataset[COLUMNS_MAX];
};

static hid_t file_type(hft_column_kind kind) {
  switch (kind) {
    case HFT_COLUMN_I64:
      return H5T_STD_I64LE;
    case HFT_COLUMN_U64:
      return H5T_STD_U64LE;
    case HFT_COLUMN_F64:
      return H5T_IEEE_F64LE;
    case HFT_COLUMN_I32:
    case HFT_COLUMN_LEVELS:
      return H5T_STD_I32LE;
    case HFT_COLUMN_U32:
      return H5T_STD_U32LE;
    case HFT_COLUMN_U16:
      return H5T_STD_U16LE;
    default:
      return H5T_STD_U8LE;
  }
}

// A new type; the caller closes it.
static hid_t column_type(hft_column_kind kind) {
  const hft_enum_name *names = hft_column_enum(kind);
  if (names == NULL) return H5Tcopy(file_type(kind));
  hid_t type = H5Tenum_create(H5T_STD_U8LE);
  for (; names->name != NULL; names++) H5Tenum_insert(type, names->name, &names->value);
  return type;
}

static bool is_wide(const hft_column *column) {
  return column->kind == HFT_COLUMN_LEVELS;
}

static hsize_t column_width(const hft_table *table, const hft_column *column) {
  return is_wide(column) ? table->levels : 1;
}

static bool describe(hid_t dataset, const hft_column *column) {
  return hft_h5_text(dataset, "units", column->unit) &&
         hft_h5_text(dataset, "description", column->help);
}

// Bytes of one row's value in a column.
static size_t value_size(const hft_table *table, const hft_column *column) {
  return hft_column_size(column->kind) * (size_t)column_width(table, column);
}

static size_t widest_value(const hft_table *table) {
  size_t widest = 0;
  for (int i = 0; i < table->schema->column_count; i++) {
    size_t size = value_size(table, &table->schema->columns[i]);
    if (size > widest) widest = size;
  }
  return widest;
}

// Creates an empty dataset that can be extended by rows.
static hid_t create_dataset(const hft_table *table, const hft_column *column) {
  hsize_t width = column_width(table, column);
  int rank = is_wide(column) ? 2 : 1;
  hsize_t size[2] = {0, width}, limit[2] = {H5S_UNLIMITED, width};
  hsize_t chunk[2] = {table->schema->chunk_rows, width};
  hid_t space = H5Screate_simple(rank, size, limit);
  hid_t type = column_type(column->kind);
  hid_t list = hft_h5_dataset_list();
  // Chunks are written whole and never read back, so a chunk cache would only copy them.
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  hid_t dataset = -1;
  if (H5Pset_chunk(list, rank, chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
      H5Pset_deflate(list, DEFLATE_LEVEL) >= 0 && H5Pset_chunk_cache(access, 1, 0, 0) >= 0) {
    dataset = H5Dcreate2(table->group, column->name, type, space, H5P_DEFAULT, list, access);
  }
  H5Pclose(access);
  H5Pclose(list);
  H5Tclose(type);
  H5Sclose(space);
  return dataset;
}

// Writes the numbers 1 .. levels as the dimension scale of the levels.
static bool attach_levels(const hft_table *table) {
  int32_t numbers[HFT_SNAPSHOT_LEVELS_MAX];
  for (int i = 0; i < (int)table->levels; i++) numbers[i] = i + 1;
  hid_t space = H5Screate_simple(1, &table->levels, NULL);
  hid_t list = hft_h5_dataset_list();
  hid_t scale =
      H5Dcreate2(table->group, "level", H5T_STD_I32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
  static const hft_column about = {.unit = "1", .help = "level of the book: 1 is the best"};
  bool done = scale >= 0 &&
              H5Dwrite(scale, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0 &&
              H5DSset_scale(scale, "level") >= 0 && describe(scale, &about);
  for (int i = 0; i < table->schema->column_count; i++) {
    if (!is_wide(&table->schema->columns[i])) continue;
    done = done && H5DSattach_scale(table->dataset[i], scale, 1) >= 0;
  }
  if (scale >= 0) H5Dclose(scale);
  H5Pclose(list);
  H5Sclose(space);
  return done;
}

static bool create_columns(hft_table *table) {
  const hft_table_schema *schema = table->schema;
  bool has_levels = false;
  for (int i = 0; i < schema->column_count; i++) {
    const hft_column *column = &schema->columns[i];
    table->dataset[i] = create_dataset(table, column);
    if (table->dataset[i] < 0 || !describe(table->dataset[i], column)) return false;
    has_levels = has_levels || is_wide(column);
    if (i == 0 ? H5DSset_scale(table->dataset[0], column->name) < 0
               : H5DSattach_scale(table->dataset[i], table->dataset[0], 0) < 0) {
      return false;
    }
  }
  return !has_levels || attach_levels(table);
}

hft_status hft_table_create(hid_t parent, const hft_table_schema *schema, int levels,
                            const char *path, hft_table **out, hft_error *error) {
  HFT_CHECK(schema->column_count <= COLUMNS_MAX);
  HFT_CHECK(levels >= 1 && levels <= HFT_SNAPSHOT_LEVELS_MAX);
  *out = NULL;
  hft_table *table = calloc(1, sizeof *table);
  if (table == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  *table = (hft_table){.schema = schema, .path = path, .levels = (hsize_t)levels, .group = -1};
  for (int i = 0; i < COLUMNS_MAX; i++) table->dataset[i] = -1;
  table->rows = calloc(schema->chunk_rows, schema->row_size);
  table->column = malloc(schema->chunk_rows * widest_value(table));
  hft_status status = HFT_OK;
  if (table->rows == NULL || table->column == NULL) {
    status = hft_fail(error, HFT_ENOMEM, path, "out of memory");
  } else {
    table->group = hft_h5_group(parent, schema->name, schema->help);
    if (table->group < 0 || !create_columns(table)) status = hft_h5_fail(error, path, schema->name);
  }
  if (status != HFT_OK) {
    hft_table_free(table);
    return status;
  }
  *out = table;
  return HFT_OK;
}

void *hft_table_row(hft_table *table) {
  return table->rows + table->pending * table->schema->row_size;
}

// Copies a column of the buffered rows to table->column. The sizes are constants, so that the
// copies compile to moves.
static void gather(const hft_table *table, const hft_column *column) {
  const char *from = table->rows + column->offset;
  char *to = table->column;
  size_t step = table->schema->row_size;
  size_t size = value_size(table, column);
#define GATHER(bytes) \
  for (size_t i = 0; i < table->pending; i++) memcpy(to + i * (bytes), from + i * step, bytes)
  switch (size) {
    case 1:
      GATHER(1);
      break;
    case 2:
      GATHER(2);
      break;
    case 4:
      GATHER(4);
      break;
    case 8:
      GATHER(8);
      break;
    default:
      GATHER(size);
  }
#undef GATHER
}

// Appends the gathered column to its dataset.
static hft_status write_column(const hft_table *table, int index, hft_error *error) {
  const hft_column *column = &table->schema->columns[index];
  hid_t dataset = table->dataset[index];
  int rank = is_wide(column) ? 2 : 1;
  hsize_t start[2] = {table->written, 0};
  hsize_t count[2] = {table->pending, column_width(table, column)};
  hsize_t size[2] = {table->written + table->pending, count[1]};
  if (H5Dset_extent(dataset, size) < 0) return hft_h5_fail(error, table->path, column->name);
  hid_t file_space = H5Dget_space(dataset);
  hid_t memory_space = H5Screate_simple(rank, count, NULL);
  hid_t type = H5Dget_type(dataset);
  // The file is little-endian; HDF5 converts from the native format if necessary.
  hid_t memory_type = H5Tget_native_type(type, H5T_DIR_ASCEND);
  hft_status status = HFT_OK;
  if (H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
      H5Dwrite(dataset, memory_type, memory_space, file_space, H5P_DEFAULT, table->column) < 0) {
    status = hft_h5_fail(error, table->path, column->name);
  }
  H5Tclose(memory_type);
  H5Tclose(type);
  H5Sclose(memory_space);
  H5Sclose(file_space);
  return status;
}

static hft_status flush(hft_table *table, hft_error *error) {
  const hft_table_schema *schema = table->schema;
  for (int i = 0; i < schema->column_count; i++) {
    gather(table, &schema->columns[i]);
    hft_status status = write_column(table, i, error);
    if (status != HFT_OK) return status;
  }
  table->written += table->pending;
  table->pending = 0;
  return HFT_OK;
}

hft_status hft_table_append(hft_table *table, hft_error *error) {
  table->pending++;
  return table->pending < table->schema->chunk_rows ? HFT_OK : flush(table, error);
}

hft_status hft_table_finish(hft_table *table, hft_error *error) {
  return table->pending > 0 ? flush(table, error) : HFT_OK;
}

int64_t hft_table_rows(const hft_table *table) {
  return (int64_t)(table->written + table->pending);
}

void hft_table_free(hft_table *table) {
  if (table == NULL) return;
  for (int i = 0; i < table->schema->column_count; i++) {
    if (table->dataset[i] >= 0) H5Dclose(table->dataset[i]);
  }
  if (table->group >= 0) H5Gclose(table->group);
  free(table->rows);
  free(table->column);
  free(table);
}
