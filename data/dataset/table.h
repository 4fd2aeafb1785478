// A table of an HDF5 file, written row by row: a group with one dataset per column. Rows are
// buffered until a chunk of the file is full and then written column by column.
#ifndef HFTSIM_DATA_DATASET_TABLE_H
#define HFTSIM_DATA_DATASET_TABLE_H

#include <hdf5.h>
#include <stdint.h>

#include "data/dataset/schema.h"
#include "sim/base/status.h"

// Opaque handle: a table being written. Not for concurrent use.
typedef struct hft_table hft_table;

// Creates the group and its columns below `parent`. `levels` is the second dimension of LEVELS
// columns. Columns are chunked, shuffled, deflated and extendible and have the attributes `units`
// and `description`; the time is the dimension scale of the others. `path` names the file in errors
// and must outlive the table. Errors: EIO, ENOMEM.
hft_status hft_table_create(hid_t parent, const hft_table_schema *schema, int levels,
                            const char *path, hft_table **out, hft_error *error);

// The row to fill next; valid until hft_table_append.
void *hft_table_row(hft_table *table);

// Appends the row just filled. EIO if a full chunk could not be written.
hft_status hft_table_append(hft_table *table, hft_error *error);

// Writes the rows of an incomplete chunk; nothing may be appended afterwards. EIO.
hft_status hft_table_finish(hft_table *table, hft_error *error);

// The number of rows appended.
int64_t hft_table_rows(const hft_table *table);

// Closes the datasets and frees the table; null is ignored. Rows not yet written are lost.
void hft_table_free(hft_table *table);

#endif
