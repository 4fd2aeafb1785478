// The spec of a session: the MessagePack frame that tells a client the names, shapes and offsets of
// all arrays that it will exchange.
#ifndef HFTSIM_CODEC_SPEC_H
#define HFTSIM_CODEC_SPEC_H

#include <stdint.h>

#include "codec/buffer.h"
#include "sim/pool/pool.h"

#define HFT_SPEC_HASH_SIZE 17  // 16 hex digits and the final 0

// Bytes of the three buffers that N envs of a model exchange; `finals` as if all ended.
typedef struct hft_spec_bytes {
  size_t actions, results, finals;
} hft_spec_bytes;
hft_spec_bytes hft_spec_measure(const hft_env_spec *spec, int env_count);

// Writes the spec frame into an empty buffer. `config` is the effective config, YAML. ENOMEM.
hft_status hft_spec_encode(hft_buffer *buffer, const hft_pool *pool, uint64_t seed,
                           const char *config);

// The digest of a spec frame: FNV-1a of 64 bits, in hex.
void hft_spec_hash(const hft_buffer *spec, char hash[HFT_SPEC_HASH_SIZE]);

// A digest of the spaces alone: roles, their seats, the kind of actions, and of each number of
// observations, actions and the state its name, unit and bounds; of terms name and unit. Equal
// spaces have equal digests, whatever N, the seed and the market.
void hft_spec_spaces_hash(const hft_env_spec *spec, char hash[HFT_SPEC_HASH_SIZE]);

#endif
