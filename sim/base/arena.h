// Layout of arrays in one block of memory: add up the sizes first, then address arrays by offset.
// Every array starts on a cache line and blocks hold no pointers, so memcpy copies a block.
#ifndef HFTSIM_SIM_BASE_ARENA_H
#define HFTSIM_SIM_BASE_ARENA_H

#include <stddef.h>

#define HFT_CACHE_LINE ((size_t)64)

// `size` rounded up to a multiple of the cache line, bytes.
static inline size_t hft_align(size_t size) {
  return (size + HFT_CACHE_LINE - 1) & ~(HFT_CACHE_LINE - 1);
}

// Reserves `size` bytes at the end of a layout of *total bytes. Returns their offset, a multiple of
// the cache line; *total grows to the end of the reserved bytes.
static inline size_t hft_layout_add(size_t *total, size_t size) {
  size_t offset = hft_align(*total);
  *total = offset + hft_align(size);
  return offset;
}

// The address at `offset` bytes from the start of a block.
static inline void *hft_at(void *block, size_t offset) {
  return (char *)block + offset;
}

// As hft_at, for a block that is only read.
static inline const void *hft_at_const(const void *block, size_t offset) {
  return (const char *)block + offset;
}

#endif
