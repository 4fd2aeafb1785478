#include "data/dataset/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 128

void hft_h5_start(void) {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

// The innermost error comes first. If the operating system failed, show its message.
static herr_t read_message(unsigned depth, const H5E_error2_t *entry, void *context) {
  char *message = context;
  if (depth > 0) return 0;
  const char *mark = "error message = '";
  const char *found = strstr(entry->desc, mark);
  if (found != NULL) {
    found += strlen(mark);
    snprintf(message, MESSAGE_MAX, "%.*s", (int)strcspn(found, "'"), found);
  } else {
    snprintf(message, MESSAGE_MAX, "%s", entry->desc);
  }
  return 0;
}

hft_status hft_h5_fail(hft_error *error, const char *path, const char *what) {
  char message[MESSAGE_MAX] = "HDF5 gives no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, read_message, message);
  return hft_fail(error, HFT_EIO, path, "cannot write %s: %s", what, message);
}

bool hft_h5_close(hid_t handle) {
  if (handle < 0) return true;
  hid_t earlier = H5Eget_current_stack();
  bool closed = H5Idec_ref(handle) >= 0;
  if (!closed) {
    hid_t later = H5Eget_current_stack();
    (void)H5Eclose_stack(earlier);  // which empties the current one
    earlier = later;
  }
  (void)H5Eset_current_stack(earlier);
  return closed;
}

hid_t hft_h5_create(const char *path) {
  hid_t list = H5Pcreate(H5P_FILE_CREATE);
  // The format of HDF5 1.10 has checksums in all metadata. Without them the library trusts damaged
  // metadata and crashes.
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  hid_t file = -1;
#if H5_VERSION_GE(1, 10, 7)
  // HDF5's lock would conflict with the caller's on network disks.
  (void)H5Pset_file_locking(access, false, true);
#endif
  if (H5Pset_obj_track_times(list, 0) >= 0 &&
      H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0 &&
      H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0) {
    file = H5Fcreate(path, H5F_ACC_TRUNC, list, access);
  }
  hft_h5_close(access);
  hft_h5_close(list);
  return file;
}

// ---- attributes ------------------------------------------------------------------------------

// Writes a scalar attribute of a type; `value` is in the native format.
static bool attribute(hid_t object, const char *name, hid_t file_type, hid_t memory_type,
                      const void *value) {
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t made = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool written = made >= 0 && H5Awrite(made, memory_type, value) >= 0;
  if (!hft_h5_close(made)) written = false;
  hft_h5_close(space);
  return written;
}

bool hft_h5_text(hid_t object, const char *name, const char *text) {
  hid_t type = H5Tcopy(H5T_C_S1);
  bool written = H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
                 attribute(object, name, type, type, &text);
  H5Tclose(type);
  return written;
}

bool hft_h5_fixed_text(hid_t object, const char *name, const char *text) {
  hid_t type = H5Tcopy(H5T_C_S1);
  bool written = H5Tset_size(type, strlen(text) + 1) >= 0 &&
                 H5Tset_cset(type, H5T_CSET_UTF8) >= 0 && attribute(object, name, type, type, text);
  H5Tclose(type);
  return written;
}

bool hft_h5_i64(hid_t object, const char *name, int64_t value) {
  return attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

bool hft_h5_u64(hid_t object, const char *name, uint64_t value) {
  return attribute(object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

bool hft_h5_f64(hid_t object, const char *name, double value) {
  return attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

bool hft_h5_number(hid_t object, const char *name, H5T_class_t kind, hid_t memory_type,
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

char *hft_h5_read_text(hid_t object, const char *name, size_t size_max) {
  if (H5Aexists(object, name) <= 0) return NULL;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return NULL;
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  char *text = NULL;
  if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
      H5Tis_variable_str(type) == 0 && H5Tget_size(type) <= size_max &&
      H5Sget_simple_extent_npoints(space) == 1) {
    text = calloc(H5Tget_size(type) + 1, 1);
  }
  if (text != NULL && H5Aread(attribute, type, text) < 0) {
    free(text);
    text = NULL;
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return text;
}

// ---- groups and lists ------------------------------------------------------------------------

hid_t hft_h5_group(hid_t parent, const char *name, const char *description) {
  hid_t list = H5Pcreate(H5P_GROUP_CREATE);
  bool set = H5Pset_obj_track_times(list, 0) >= 0 &&
             H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0;
  hid_t group = set ? H5Gcreate2(parent, name, H5P_DEFAULT, list, H5P_DEFAULT) : -1;
  H5Pclose(list);
  if (group >= 0 && !hft_h5_text(group, "description", description)) {
    H5Gclose(group);
    return -1;
  }
  return group;
}

hid_t hft_h5_dataset_list(void) {
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  if (list >= 0 && H5Pset_obj_track_times(list, 0) < 0) {
    H5Pclose(list);
    return -1;
  }
  return list;
}
