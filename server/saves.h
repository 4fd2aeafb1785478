// The saves of a session: copies of single envs that stay on the server, by handle. A save is
// trusted data: what a client gives back must have the seal of a server (server/seal.h).
#ifndef HFTSIM_SERVER_SAVES_H
#define HFTSIM_SERVER_SAVES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_SAVES_MAX 4096  // of a session

// Zero it before its first use.
typedef struct hft_saves {
  struct hft_save *save;
  int count, room;
  uint64_t last;  // handle given out
} hft_saves;

// Takes over `bytes`, made by malloc, and gives them the next handle: 1, 2, ..., none twice. EFULL:
// there are HFT_SAVES_MAX; ENOMEM. Then `bytes` are still the caller's.
hft_status hft_saves_add(hft_saves *saves, void *bytes, uint64_t *handle);
// The bytes of a handle, null where there is none.
void *hft_saves_find(const hft_saves *saves, uint64_t handle);
// Frees the save of a handle that there is.
void hft_saves_drop(hft_saves *saves, uint64_t handle);
void hft_saves_free(hft_saves *saves);

#endif
