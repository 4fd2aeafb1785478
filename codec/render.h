// What one env looks like: books, trades, accounts and orders, as data.
#ifndef HFTSIM_CODEC_RENDER_H
#define HFTSIM_CODEC_RENDER_H

#include "codec/buffer.h"
#include "sim/pool/pool.h"

#define HFT_RENDER_LEVELS 10       // a side, where a request does not say
#define HFT_RENDER_LEVELS_MAX 100  // a side

// Writes the picture of an env (docs/protocol.md, "render") into an emptied buffer. It must have
// been reset, and not be under way. 1 <= levels <= HFT_RENDER_LEVELS_MAX. ENOMEM.
hft_status hft_render_encode(hft_buffer *buffer, hft_pool *pool, int env, int levels);

#endif
