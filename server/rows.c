#include "server/rows.h"

#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"

size_t hft_rows_bytes(const hft_layout *layout, int count) {
  size_t total = 0;
  for (int i = 0; i < layout->count; i++) {
    hft_layout_add(&total, (size_t)count * layout->array[i].row_bytes);
  }
  return total;
}

// Zeroes the padding between an array and `end`.
static void pad(char *packed, size_t used, size_t end) {
  HFT_CHECK(used <= end);
  memset(packed + used, 0, end - used);
}

void hft_rows_gather(const hft_layout *layout, const void *slab, const int32_t *rows, int count,
                     void *packed) {
  size_t total = 0;
  for (int i = 0; i < layout->count; i++) {
    size_t row = layout->array[i].row_bytes;
    const char *from = (const char *)slab + layout->array[i].offset;
    size_t bytes = (size_t)count * row, start = hft_layout_add(&total, bytes);
    char *to = (char *)packed + start;
    for (int k = 0; k < count; k++) memcpy(to + (size_t)k * row, from + (size_t)rows[k] * row, row);
    pad(packed, start + bytes, total);
  }
}

void hft_rows_scatter(const hft_layout *layout, const void *packed, const int32_t *rows, int count,
                      void *slab) {
  size_t total = 0;
  for (int i = 0; i < layout->count; i++) {
    size_t row = layout->array[i].row_bytes;
    const char *from = (const char *)packed + hft_layout_add(&total, (size_t)count * row);
    char *to = (char *)slab + layout->array[i].offset;
    for (int k = 0; k < count; k++) memcpy(to + (size_t)rows[k] * row, from + (size_t)k * row, row);
  }
}
