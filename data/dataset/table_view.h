// Reads a table that data/dataset/table.h wrote, rows at a time. A table of another shape or type
// is refused, and no more than the requested rows are read.
#ifndef HFTSIM_DATA_DATASET_TABLE_VIEW_H
#define HFTSIM_DATA_DATASET_TABLE_VIEW_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dataset/schema.h"
#include "sim/base/status.h"

// Opaque handle: an opened table. Not for concurrent use.
typedef struct hft_table_view hft_table_view;

// Opens the table of this schema below `parent`; `levels` is the second dimension of LEVELS
// columns. Close it with hft_table_view_close. False, and *out null: it is missing or does not
// match; what[size] then receives what is wrong, as "the column steps/time".
bool hft_table_view_open(hid_t parent, const hft_table_schema *schema, int levels,
                         hft_table_view **out, char *what, size_t size);
// Closes the table; null is ignored.
void hft_table_view_close(hft_table_view *view);

// The number of rows.
int64_t hft_table_view_rows(const hft_table_view *view);

// Reads the rows first .. first + count - 1, which must exist, into an array of the schema's
// structs. Levels that the file does not have are 0. `path` names the file in errors: EDATA if it
// is damaged; ENOMEM.
hft_status hft_table_view_read(const hft_table_view *view, const char *path, int64_t first,
                               size_t count, void *rows, hft_error *error);

#endif
