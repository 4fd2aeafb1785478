#include "server/rows.h"

#include <string.h>

#include "sim/base/arena.h"

size_t hft_rows_bytes(const hft_layout *layout, int count) {
  size_t total = 0;
  for (int i = 0; i < layout->count; i++) {
    hft_layout_add(&total, (size_t)count * layout->array[i].row_bytes);
  }
  return total;
}

void hft_rows_gather(const hft_layout *layout, const void *slab, const int32_t *rows, int count,
                     void *packed) {
  size_t total = 0;
  for (int i = 0; i < layout->count; i++) {
    size_t row = layout->array[i].row_bytes;
    const char *from = (const char *)slab + layout->array[i].offset;
    char *to = (char *)packed + hft_layout_add(&total, (size_t)count * row);
    for (int k = 0; k < count; k++) memcpy(to + (size_t)k * row, from + (size_t)rows[k] * row, row);
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
