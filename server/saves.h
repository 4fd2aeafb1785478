// The saves of a session: copies of single envs that stay on the server, each with a handle. A save
// is trusted data: an imported one must carry the seal of a server (server/seal.h).
#ifndef HFTSIM_SERVER_SAVES_H
#define HFTSIM_SERVER_SAVES_H

#include <stddef.h>
#include <stdint.h>

#include "server/wire.h"

#define HFT_SAVES_MAX 4096  // saves of a session

// Zero-initialize it before the first use.
typedef struct hft_saves {
  struct hft_save *save;
  int count, room;
  uint64_t last;  // handle issued
} hft_saves;

// Size in bytes of a save of an env of the pool with room for its seal, which an export writes.
size_t hft_saves_bytes(const hft_pool *pool);

// Allocates a save of hft_saves_bytes, which must be at most `memory_left`. LIMIT; INTERNAL: out of
// memory.
hft_wire_code hft_saves_allocate(const hft_pool *pool, size_t memory_left, void **bytes,
                                 hft_wire_fault *fault);

// Takes ownership of `bytes`, allocated by malloc, and issues the next handle: 1, 2, ...; none is
// reused. LIMIT: there are HFT_SAVES_MAX saves; INTERNAL: out of memory. On failure the caller
// still owns `bytes`.
hft_wire_code hft_saves_add(hft_saves *saves, void *bytes, uint64_t *handle, hft_wire_fault *fault);

// Checks an import: its size, its seal, and that it is of the pool's config. BAD_SAVE.
hft_wire_code hft_saves_check_import(const hft_pool *pool, const hft_frame *given,
                                     const uint8_t *save_key, hft_wire_fault *fault);

// The bytes of a save; null where there is no such handle.
void *hft_saves_find(const hft_saves *saves, uint64_t handle);

// Frees the save of a handle, which must exist.
void hft_saves_drop(hft_saves *saves, uint64_t handle);

// Frees all saves.
void hft_saves_free(hft_saves *saves);

#endif
