#include "agents/checkpoint_file.h"

#include <stdlib.h>
#include <string.h>

#include "data/dataset/h5.h"

#define CHUNK_BYTES (1 << 20)
#define DEFLATE_MOST 1100  // bytes that deflate makes of one at most, rounded up
#define SLACK 4096         // bytes that an array may have whatever it takes in the file
#define DEFLATE_LEVEL 1

// ---- types -------------------------------------------------------------------------------------

static size_t element_size(hft_tensor_type type) {
  switch (type) {
    case HFT_TENSOR_U8:
      return 1;
    case HFT_TENSOR_F32:
      return 4;
    case HFT_TENSOR_F64:
    case HFT_TENSOR_I64:
    case HFT_TENSOR_U64:
      break;
  }
  return 8;
}

int64_t hft_tensor_bytes(const hft_tensor *tensor) {
  int64_t bytes = (int64_t)element_size(tensor->type);
  for (int d = 0; d < tensor->dims; d++) bytes *= tensor->dim[d];
  return bytes;
}

static hid_t file_type(hft_tensor_type type) {
  switch (type) {
    case HFT_TENSOR_F32:
      return H5T_IEEE_F32LE;
    case HFT_TENSOR_F64:
      return H5T_IEEE_F64LE;
    case HFT_TENSOR_I64:
      return H5T_STD_I64LE;
    case HFT_TENSOR_U64:
      return H5T_STD_U64LE;
    case HFT_TENSOR_U8:
      break;
  }
  return H5T_STD_U8LE;
}

static hid_t memory_type(hft_tensor_type type) {
  switch (type) {
    case HFT_TENSOR_F32:
      return H5T_NATIVE_FLOAT;
    case HFT_TENSOR_F64:
      return H5T_NATIVE_DOUBLE;
    case HFT_TENSOR_I64:
      return H5T_NATIVE_INT64;
    case HFT_TENSOR_U64:
      return H5T_NATIVE_UINT64;
    case HFT_TENSOR_U8:
      break;
  }
  return H5T_NATIVE_UINT8;
}

// A name is a text of fixed length that ends within it.
static hid_t name_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, HFT_NAME_SIZE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

// ---- writing -----------------------------------------------------------------------------------

hid_t hft_checkpoint_group(hid_t parent, const char *name) {
  hid_t list = H5Pcreate(H5P_GROUP_CREATE);
  bool set = list >= 0 && H5Pset_obj_track_times(list, 0) >= 0 &&
             H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0;
  hid_t group = set ? H5Gcreate2(parent, name, H5P_DEFAULT, list, H5P_DEFAULT) : -1;
  hft_h5_close(list);
  return group;
}

// Writes an array of dims > 0 dimensions. Empty arrays have no chunks.
static bool put(hid_t parent, const char *name, hid_t in_file, hid_t in_memory, int dims,
                const hsize_t *dim, const void *data) {
  hid_t space = H5Screate_simple(dims, dim, NULL);
  hid_t list = hft_h5_dataset_list();
  hsize_t chunk[3] = {0}, bytes = H5Tget_size(in_file);
  for (int d = 0; d < dims; d++) bytes *= chunk[d] = dim[d];
  bool set = space >= 0 && list >= 0, any = bytes > 0;
  for (int d = 0; d < dims && bytes > CHUNK_BYTES; d++) {
    hsize_t row = bytes / chunk[d];
    chunk[d] = row < CHUNK_BYTES ? CHUNK_BYTES / row : 1;
    bytes = row * chunk[d];
  }
  if (set && any) set = H5Pset_chunk(list, dims, chunk) >= 0;
  if (set && any && H5Tequal(in_file, H5T_STD_U8LE) > 0) {
    set = H5Pset_deflate(list, DEFLATE_LEVEL) >= 0;
  }
  if (set && any) set = H5Pset_fletcher32(list) >= 0;
  hid_t made = -1;
  if (set) made = H5Dcreate2(parent, name, in_file, space, H5P_DEFAULT, list, H5P_DEFAULT);
  bool written =
      made >= 0 && (!any || H5Dwrite(made, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
  if (!hft_h5_close(made)) written = false;
  hft_h5_close(list);
  hft_h5_close(space);
  return written;
}

static hid_t open_or_make(hid_t parent, const char *name) {
  if (H5Lexists(parent, name, H5P_DEFAULT) > 0) return H5Gopen2(parent, name, H5P_DEFAULT);
  return hft_checkpoint_group(parent, name);
}

bool hft_checkpoint_put(hid_t parent, const hft_tensor *tensor) {
  char name[sizeof tensor->name], *rest = name;
  memcpy(name, tensor->name, sizeof name);
  name[sizeof name - 1] = '\0';
  hid_t group = parent;
  for (char *slash = strchr(rest, '/'); slash != NULL && group >= 0; slash = strchr(rest, '/')) {
    *slash = '\0';
    hid_t inner = open_or_make(group, rest);
    if (group != parent) hft_h5_close(group);
    group = inner;
    rest = slash + 1;
  }
  hsize_t dim[3] = {1, 1, 1};
  for (int d = 0; d < tensor->dims; d++) dim[d] = (hsize_t)tensor->dim[d];
  bool written = group >= 0 && put(group, rest, file_type(tensor->type), memory_type(tensor->type),
                                   tensor->dims > 0 ? tensor->dims : 1, dim, tensor->data);
  if (group != parent) hft_h5_close(group);
  return written;
}

bool hft_checkpoint_put_text(hid_t parent, const char *name, const char *text) {
  hsize_t length = strlen(text);
  return put(parent, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, &length, text);
}

bool hft_checkpoint_put_names(hid_t parent, const char *name, const char (*names)[HFT_NAME_SIZE],
                              int count) {
  hid_t type = name_type();
  hsize_t length = (hsize_t)count;
  bool written = type >= 0 && put(parent, name, type, type, 1, &length, names);
  hft_h5_close(type);
  return written;
}

// ---- reading -----------------------------------------------------------------------------------

// Filters other than those that are written are not run: they may be programs of the reader's.
static bool known_filters(hid_t list) {
  int count = H5Pget_nfilters(list);
  for (int i = 0; i < count; i++) {
    unsigned flags, config;
    size_t values = 0;
    H5Z_filter_t filter =
        H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32) {
      return false;
    }
  }
  return count >= 0;
}

// Whether the layout is one that is written, and holds as many bytes as it says: a chunk is no
// larger than the array and than what its bytes in the file can become.
static bool holds(hid_t dataset, int dims, const hsize_t *dim, hsize_t bytes, size_t element) {
  hid_t list = H5Dget_create_plist(dataset);
  bool fits = false;
  if (list >= 0 && H5Pget_layout(list) == H5D_CHUNKED) {
    hsize_t chunk[3], chunk_bytes = element;
    fits = known_filters(list) && H5Pget_chunk(list, 3, chunk) == dims;
    for (int d = 0; d < dims && fits; d++) {
      fits = chunk[d] <= dim[d];
      chunk_bytes *= chunk[d];
    }
    hsize_t stored = fits ? H5Dget_storage_size(dataset) : 0;
    // A single damaged chunk is decoded whole.
    fits = fits && chunk_bytes <= 16 * (hsize_t)CHUNK_BYTES &&
           (bytes <= SLACK || bytes / DEFLATE_MOST <= stored);
  } else if (list >= 0) {
    fits = bytes == 0 && H5Pget_external_count(list) == 0;
  }
  hft_h5_close(list);
  return fits;
}

// Opens an array of the file itself of at most 3 dimensions whose data can be read; its shape goes
// to dims and dim. Negative: there is none. `type` -1: names.
static hid_t open_array(hid_t parent, const char *name, int type, int *dims, hsize_t dim[3]) {
  H5L_info_t link;
  if (H5Lexists(parent, name, H5P_DEFAULT) <= 0 ||
      H5Lget_info(parent, name, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
    return -1;
  }
  hid_t object = H5Oopen(parent, name, H5P_DEFAULT);
  if (object >= 0 && H5Iget_type(object) != H5I_DATASET) {
    hft_h5_close(object);
    return -1;
  }
  hid_t is = object >= 0 ? H5Dget_type(object) : -1;
  hid_t space = object >= 0 ? H5Dget_space(object) : -1;
  hid_t wanted = type < 0 ? name_type() : H5Tcopy(file_type((hft_tensor_type)type));
  bool good = is >= 0 && space >= 0 && wanted >= 0 && H5Tequal(is, wanted) > 0 &&
              H5Sget_simple_extent_type(space) == H5S_SIMPLE;
  *dims = good ? H5Sget_simple_extent_ndims(space) : 0;
  good = *dims >= 1 && *dims <= 3 && H5Sget_simple_extent_dims(space, dim, NULL) == *dims;
  hsize_t bytes = good ? H5Tget_size(wanted) : 0, element = bytes;
  for (int d = 0; d < *dims && good; d++) {
    good = dim[d] <= HFT_CHECKPOINT_ARRAY_MAX && bytes * dim[d] <= HFT_CHECKPOINT_ARRAY_MAX;
    bytes *= dim[d];
  }
  good = good && holds(object, *dims, dim, bytes, (size_t)element);
  hft_h5_close(wanted);
  hft_h5_close(space);
  hft_h5_close(is);
  if (good) return object;
  hft_h5_close(object);
  return -1;
}

// All groups on the way to an array are links to groups of the file itself.
static bool local_path(hid_t parent, const char *name) {
  char path[sizeof((hft_tensor *)0)->name];
  for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    size_t length = (size_t)(slash - name);
    if (length == 0 || length >= sizeof path) return false;
    memcpy(path, name, length);
    path[length] = '\0';
    H5L_info_t link;
    if (H5Lexists(parent, path, H5P_DEFAULT) <= 0 ||
        H5Lget_info(parent, path, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
      return false;
    }
  }
  return true;
}

static hid_t open_tensor(hid_t parent, const hft_tensor *tensor) {
  if (!local_path(parent, tensor->name)) return -1;
  int dims = 0;
  hsize_t dim[3] = {0};
  hid_t dataset = open_array(parent, tensor->name, (int)tensor->type, &dims, dim);
  if (dataset < 0) return -1;
  bool same = dims == (tensor->dims > 0 ? tensor->dims : 1);
  for (int d = 0; d < dims && same; d++) {
    same = dim[d] == (tensor->dims > 0 ? (hsize_t)tensor->dim[d] : 1);
  }
  if (same) return dataset;
  hft_h5_close(dataset);
  return -1;
}

bool hft_checkpoint_has(hid_t parent, const hft_tensor *tensor) {
  hid_t dataset = open_tensor(parent, tensor);
  if (dataset < 0) return false;
  hft_h5_close(dataset);
  return true;
}

bool hft_checkpoint_get(hid_t parent, const hft_tensor *tensor) {
  hid_t dataset = open_tensor(parent, tensor);
  if (dataset < 0) return false;
  bool read = hft_tensor_bytes(tensor) == 0 || H5Dread(dataset, memory_type(tensor->type), H5S_ALL,
                                                       H5S_ALL, H5P_DEFAULT, tensor->data) >= 0;
  hft_h5_close(dataset);
  return read;
}

int64_t hft_checkpoint_length(hid_t parent, const char *name, int type) {
  int dims = 0;
  hsize_t dim[3] = {0};
  hid_t dataset = open_array(parent, name, type, &dims, dim);
  if (dataset < 0) return -1;
  hft_h5_close(dataset);
  return dims == 1 ? (int64_t)dim[0] : -1;
}

char *hft_checkpoint_get_text(hid_t parent, const char *name) {
  int64_t length = hft_checkpoint_length(parent, name, HFT_TENSOR_U8);
  if (length < 0 || length > HFT_CHECKPOINT_TEXT_MAX) return NULL;
  char *text = calloc(1, (size_t)length + 1);
  hft_tensor tensor = {.type = HFT_TENSOR_U8, .dims = 1, .dim = {length}, .data = text};
  strncpy(tensor.name, name, sizeof tensor.name - 1);
  if (text != NULL && hft_checkpoint_get(parent, &tensor) &&
      memchr(text, '\0', (size_t)length) == NULL) {
    return text;
  }
  free(text);
  return NULL;
}

bool hft_checkpoint_get_names(hid_t parent, const char *name, char (*names)[HFT_NAME_SIZE],
                              int count) {
  int dims = 0;
  hsize_t dim[3] = {0};
  hid_t dataset = open_array(parent, name, -1, &dims, dim);
  hid_t type = name_type();
  bool read = dataset >= 0 && type >= 0 && dims == 1 && dim[0] == (hsize_t)count &&
              (count == 0 || H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names) >= 0);
  for (int i = 0; i < count && read; i++) {
    read = names[i][0] != '\0' && memchr(names[i], '\0', HFT_NAME_SIZE) != NULL;
  }
  hft_h5_close(type);
  hft_h5_close(dataset);
  return read;
}
