// The rows of some envs: packed into a buffer of their own, whose arrays are those of a slab with
// the number of these envs in place of N. Packed for all envs in order, it is the slab itself.
#ifndef HFTSIM_SERVER_ROWS_H
#define HFTSIM_SERVER_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/pool/pool.h"

// Bytes of the buffer for `count` rows: each array starts at a multiple of 64, and the last one is
// padded to one.
size_t hft_rows_bytes(const hft_layout *layout, int count);
// Copies rows[0 .. count - 1] of a slab into a buffer of hft_rows_bytes, in that order. What
// pads the arrays is zero.
void hft_rows_gather(const hft_layout *layout, const void *slab, const int32_t *rows, int count,
                     void *packed);
// And back.
void hft_rows_scatter(const hft_layout *layout, const void *packed, const int32_t *rows, int count,
                      void *slab);

#endif
