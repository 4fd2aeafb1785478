#include "server/saves.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

struct hft_save {
  uint64_t handle;
  void *bytes;
};

hft_status hft_saves_add(hft_saves *saves, void *bytes, uint64_t *handle) {
  if (saves->count == HFT_SAVES_MAX) return HFT_EFULL;
  if (saves->count == saves->room) {
    int room = saves->room == 0 ? 16 : 2 * saves->room;
    struct hft_save *save = realloc(saves->save, (size_t)room * sizeof *save);
    if (save == NULL) return HFT_ENOMEM;
    saves->save = save;
    saves->room = room;
  }
  *handle = ++saves->last;
  saves->save[saves->count++] = (struct hft_save){*handle, bytes};
  return HFT_OK;
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
