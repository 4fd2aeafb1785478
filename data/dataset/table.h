// A table of an HDF5 file, written row by row: a group with one dataset for each column. Rows are
// collected until a chunk of the file is full and then written at once, column by column.
#ifndef HFTSIM_DATA_DATASET_TABLE_H
#define HFTSIM_DATA_DATASET_TABLE_H

#include <hdf5.h>
#include <stdint.h>

#include "data/dataset/schema.h"
#include "sim/base/status.h"

typedef struct hft_table hft_table;

// Creates the group and its columns below `parent`. `levels` is the second dimension of columns of
// LEVELS. Columns are chunked, shuffled and deflated, can grow, and carry `units` and
// `description`; the time is the dimension scale of all the others. `path` names the file in errors
// and must outlive the table. EIO, ENOMEM.
hft_status hft_table_create(hid_t parent, const hft_table_schema *schema, int levels,
                            const char *path, hft_table **out, hft_error *error);

// The row to fill next; valid until hft_table_append.
void *hft_table_row(hft_table *table);

// Appends the row just filled. EIO: a full chunk could not be written.
hft_status hft_table_append(hft_table *table, hft_error *error);

// Writes the rows that do not fill a chunk; nothing may be appended after. EIO.
hft_status hft_table_finish(hft_table *table, hft_error *error);

int64_t hft_table_rows(const hft_table *table);

// Closes the datasets. Rows not yet written are lost.
void hft_table_free(hft_table *table);

#endif
