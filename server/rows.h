// Packs the rows of some envs into a buffer, whose arrays are those of a slab with the number of
// these envs in place of N. The buffer of all envs in order equals the slab.
#ifndef HFTSIM_SERVER_ROWS_H
#define HFTSIM_SERVER_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/pool/pool.h"

// Size in bytes of the buffer of `count` rows: each array starts at a multiple of 64, and the size
// is a multiple of 64.
size_t hft_rows_bytes(const hft_layout *layout, int count);

// Copies rows[0 .. count - 1] of a slab, in that order, into a buffer of hft_rows_bytes. Padding is
// zeroed.
void hft_rows_gather(const hft_layout *layout, const void *slab, const int32_t *rows, int count,
                     void *packed);

// Copies the rows of a packed buffer to rows[0 .. count - 1] of a slab; other rows are unchanged.
void hft_rows_scatter(const hft_layout *layout, const void *packed, const int32_t *rows, int count,
                      void *slab);

#endif
