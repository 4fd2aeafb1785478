// Lays out arrays in one block of memory: first to measure it, then to hand out offsets.
// Every piece starts on a cache line, so that a block can be copied and forked with memcpy.
#ifndef HFTSIM_SIM_BASE_ARENA_H
#define HFTSIM_SIM_BASE_ARENA_H

#include <stddef.h>

#define HFT_CACHE_LINE ((size_t)64)

static inline size_t hft_align(size_t size) {
  return (size + HFT_CACHE_LINE - 1) & ~(HFT_CACHE_LINE - 1);
}

// Reserves `size` bytes at the end of a layout of *total bytes; returns their offset.
static inline size_t hft_layout_add(size_t *total, size_t size) {
  size_t offset = hft_align(*total);
  *total = offset + hft_align(size);
  return offset;
}

// The piece at an offset of a block.
static inline void *hft_at(void *block, size_t offset) {
  return (char *)block + offset;
}

static inline const void *hft_at_const(const void *block, size_t offset) {
  return (const char *)block + offset;
}

#endif
