// Small helpers over HDF5: attributes, property lists that leave no times in the file, and errors
// in words. Functions that return bool are false when HDF5 failed; hft_h5_fail tells why.
#ifndef HFTSIM_DATA_DATASET_H5_H
#define HFTSIM_DATA_DATASET_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

// Keeps HDF5 from printing errors, and from cleaning up at exit: after a full disk that would touch
// a file that could not be closed, and crash. Call it before anything else of HDF5's.
void hft_h5_start(void);

// Fails with EIO and the words of the innermost error of HDF5, which keeps them only until its next
// function is called, such as one that closes what had been opened.
hft_status hft_h5_fail(hft_error *error, const char *path, const char *what);

// Attributes of an object. Texts are UTF-8 of variable length, which no header's size bounds.
bool hft_h5_text(hid_t object, const char *name, const char *text);
bool hft_h5_i64(hid_t object, const char *name, int64_t value);
bool hft_h5_u64(hid_t object, const char *name, uint64_t value);
bool hft_h5_f64(hid_t object, const char *name, double value);

// Creates a group that lists its members in the order of their creation; below 0 on failure.
hid_t hft_h5_group(hid_t parent, const char *name, const char *description);

// A creation list for a dataset without times; below 0 on failure.
hid_t hft_h5_dataset_list(void);

#endif
