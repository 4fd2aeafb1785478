// The saves of a session: copies of single envs that stay on the server, each with a handle. A save
// is trusted data: an imported one must carry the seal of a server (server/seal.h).
#ifndef HFTSIM_SERVER_SAVES_H
#define HFTSIM_SERVER_SAVES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_SAVES_MAX 4096  // saves of a session

// Zero-initialize it before the first use.
typedef struct hft_saves {
  struct hft_save *save;
  int count, room;
  uint64_t last;  // handle issued
} hft_saves;

// Takes ownership of `bytes`, allocated by malloc, and issues the next handle: 1, 2, ...; none is
// reused. EFULL: there are HFT_SAVES_MAX saves; ENOMEM. On failure the caller still owns `bytes`.
hft_status hft_saves_add(hft_saves *saves, void *bytes, uint64_t *handle);

// The bytes of a save; null where there is no such handle.
void *hft_saves_find(const hft_saves *saves, uint64_t handle);

// Frees the save of a handle, which must exist.
void hft_saves_drop(hft_saves *saves, uint64_t handle);

// Frees all saves.
void hft_saves_free(hft_saves *saves);

#endif
