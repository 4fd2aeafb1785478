// The spec of a pool as MessagePack (docs/protocol.md, "The spec"): the names, units, bounds,
// shapes and offsets of all arrays that a client exchanges with it.
#ifndef HFTSIM_CODEC_SPEC_H
#define HFTSIM_CODEC_SPEC_H

#include <stdint.h>

#include "codec/buffer.h"
#include "sim/pool/pool.h"

#define HFT_SPEC_HASH_SIZE 17                     // 16 hex digits and the terminating 0
#define HFT_AGENT_NAME_SIZE (HFT_NAME_SIZE + 16)  // of "<role>_<index>" with the terminating 0

// Sizes in bytes of the slabs of N envs; `finals` where the episodes of all N end in one step.
typedef struct hft_spec_bytes {
  size_t actions, results, finals;
} hft_spec_bytes;

// The slab sizes of a pool of `env_count` envs of a spec; there need be no such pool.
hft_spec_bytes hft_spec_measure(const hft_env_spec *spec, int env_count);

// Writes the name of a seat, "maker_0", into `name`; `index` is its index within the group.
void hft_spec_agent_name(const hft_group *group, int index, char name[HFT_AGENT_NAME_SIZE]);

// Replaces the content of a buffer by the spec. `seed` is the seed of the pool, `config` the
// effective config in YAML. ENOMEM.
hft_status hft_spec_encode(hft_buffer *buffer, const hft_pool *pool, uint64_t seed,
                           const char *config);

// Writes the digest of an encoded spec into `hash`: 64-bit FNV-1a in hex.
void hft_spec_hash(const hft_buffer *spec, char hash[HFT_SPEC_HASH_SIZE]);

// Writes a digest of the spaces alone into `hash`: of the roles, their seat counts, the kind of
// actions; of each number of observations, actions and the state its name, unit and bounds; of each
// reward term its name and unit. Equal spaces have equal digests, whatever N, the seed and the
// market.
void hft_spec_spaces_hash(const hft_env_spec *spec, char hash[HFT_SPEC_HASH_SIZE]);

#endif
