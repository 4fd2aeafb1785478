#include "server/saves.h"

#include <stdlib.h>
#include <string.h>

#include "server/seal.h"
#include "sim/base/check.h"

struct hft_save {
  uint64_t handle;
  void *bytes;
};

size_t hft_saves_bytes(const hft_pool *pool) {
  return hft_pool_env_bytes(pool) + HFT_SEAL_BYTES;
}

static hft_wire_code fail_memory(hft_wire_fault *fault) {
  return hft_wire_fail(fault, HFT_WIRE_INTERNAL, "save", "out of memory");
}

hft_wire_code hft_saves_allocate(const hft_pool *pool, size_t memory_left, void **bytes,
                                 hft_wire_fault *fault) {
  size_t size = hft_saves_bytes(pool);
  if (size > memory_left) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, "save",
                         "a save takes %zu bytes; %zu are left of the server's memory limit", size,
                         memory_left);
  }
  *bytes = malloc(size);
  return *bytes != NULL ? HFT_WIRE_OK : fail_memory(fault);
}

hft_wire_code hft_saves_add(hft_saves *saves, void *bytes, uint64_t *handle,
                            hft_wire_fault *fault) {
  if (saves->count == HFT_SAVES_MAX) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, "save",
                         "a session has at most %d saves; 'drop' some", HFT_SAVES_MAX);
  }
  if (saves->count == saves->room) {
    int room = saves->room == 0 ? 16 : 2 * saves->room;
    struct hft_save *save = realloc(saves->save, (size_t)room * sizeof *save);
    if (save == NULL) return fail_memory(fault);
    saves->save = save;
    saves->room = room;
  }
  *handle = ++saves->last;
  saves->save[saves->count++] = (struct hft_save){*handle, bytes};
  return HFT_WIRE_OK;
}

hft_wire_code hft_saves_check_import(const hft_pool *pool, const hft_frame *given,
                                     const uint8_t *save_key, hft_wire_fault *fault) {
  size_t size = hft_pool_env_bytes(pool);
  if (given->size != hft_saves_bytes(pool)) {
    return hft_wire_fail(fault, HFT_WIRE_BAD_SAVE, "save",
                         "%zu bytes; an export of this config has %zu", given->size,
                         hft_saves_bytes(pool));
  }
  if (!hft_seal_check(given->data, size, save_key)) {
    return hft_wire_fail(
        fault, HFT_WIRE_BAD_SAVE, "save",
        "the seal does not match: the bytes are damaged, or come from a server with "
        "another --save-key");
  }
  hft_error error = {0};
  if (hft_pool_check_save(pool, given->data, size, &error) == HFT_OK) return HFT_WIRE_OK;
  return hft_wire_fail(fault, HFT_WIRE_BAD_SAVE, "save", "%s", error.text);
}

// The index of a handle, or -1. Handles ascend along the array.
static int find(const hft_saves *saves, uint64_t handle) {
  int low = 0, high = saves->count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (saves->save[middle].handle < handle) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < saves->count && saves->save[low].handle == handle ? low : -1;
}

void *hft_saves_find(const hft_saves *saves, uint64_t handle) {
  int at = find(saves, handle);
  return at >= 0 ? saves->save[at].bytes : NULL;
}

void hft_saves_drop(hft_saves *saves, uint64_t handle) {
  int at = find(saves, handle);
  HFT_CHECK(at >= 0);
  free(saves->save[at].bytes);
  saves->count--;
  memmove(&saves->save[at], &saves->save[at + 1],
          (size_t)(saves->count - at) * sizeof *saves->save);
}

void hft_saves_free(hft_saves *saves) {
  for (int i = 0; i < saves->count; i++) free(saves->save[i].bytes);
  free(saves->save);
  *saves = (hft_saves){0};
}
