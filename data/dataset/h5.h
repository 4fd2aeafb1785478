// Helpers for HDF5: attributes, property lists without timestamps, and error texts. Functions that
// return bool return false if HDF5 failed; hft_h5_fail then tells why. One thread at a time.
#ifndef HFTSIM_DATA_DATASET_H5_H
#define HFTSIM_DATA_DATASET_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

// Keeps HDF5 from printing errors and from cleaning up at exit: after a full disk its cleanup would
// touch a file that could not be closed, and crash. Call it before any other HDF5 function.
void hft_h5_start(void);

// Fails with EIO and the text of HDF5's innermost error. Call it right after the failed function:
// the next HDF5 call, such as closing a handle, overwrites the error.
hft_status hft_h5_fail(hft_error *error, const char *path, const char *what);

// Closes a handle of any kind; a negative one is none. An error of an earlier call stays for
// hft_h5_fail, unless closing fails, too.
bool hft_h5_close(hid_t handle);

// Creates an empty file, or empties the one of this name; its checksums reveal damaged metadata.
// The caller holds a lock of his own and closes the file. Negative on failure.
hid_t hft_h5_create(const char *path);

// Writes a text attribute of an object: UTF-8 of variable length, not limited by the size of an
// object header.
bool hft_h5_text(hid_t object, const char *name, const char *text);
// Writes a text attribute that hft_h5_read_text can read: UTF-8 of fixed length.
bool hft_h5_fixed_text(hid_t object, const char *name, const char *text);
// Writes an int64 attribute of an object.
bool hft_h5_i64(hid_t object, const char *name, int64_t value);
// Writes a uint64 attribute of an object.
bool hft_h5_u64(hid_t object, const char *name, uint64_t value);
// Writes a float64 attribute of an object.
bool hft_h5_f64(hid_t object, const char *name, double value);

// Reads a numeric attribute of an object into a value of `memory_type`. False if it is missing or
// not a single number of that class (H5T_INTEGER, H5T_FLOAT).
bool hft_h5_number(hid_t object, const char *name, H5T_class_t kind, hid_t memory_type,
                   void *value);
// Reads a text attribute that hft_h5_fixed_text has written. The caller frees it (free). Null if it
// is missing, of another type or longer than `size_max` bytes, or out of memory. Texts of variable
// length are not read: HDF5 keeps them without a checksum, and crashes where they are damaged.
char *hft_h5_read_text(hid_t object, const char *name, size_t size_max);

// Creates a group that lists its members in the order of creation. The caller closes it; negative
// on failure.
hid_t hft_h5_group(hid_t parent, const char *name, const char *description);

// A creation property list for a dataset without timestamps. The caller closes it; negative on
// failure.
hid_t hft_h5_dataset_list(void);

#endif
