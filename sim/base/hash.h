// Order-sensitive 64-bit digests, for golden tests and change detection. Not for security.
#ifndef HFTSIM_SIM_BASE_HASH_H
#define HFTSIM_SIM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HFT_HASH_START UINT64_C(0xcbf29ce484222325)

// Extends a digest by one word. Start from HFT_HASH_START.
static inline uint64_t hft_hash_u64(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ (hash >> 29);
}

// Extends a digest by `size` bytes (FNV-1a).
static inline uint64_t hft_hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}

#endif
