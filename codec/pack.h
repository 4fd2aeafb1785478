// Helpers over a msgpack_packer that writes into an hft_buffer. A failed allocation shows in
// buffer->failed once all is packed.
#ifndef HFTSIM_CODEC_PACK_H
#define HFTSIM_CODEC_PACK_H

#include <msgpack.h>
#include <stdint.h>
#include <string.h>

#include "codec/buffer.h"

// Empties the buffer and begins a map of `pairs` key-value pairs. The packer keeps a pointer to the
// buffer.
static inline msgpack_packer hft_pack_map(hft_buffer *buffer, size_t pairs) {
  buffer->size = 0;
  buffer->failed = false;
  msgpack_packer packer;
  msgpack_packer_init(&packer, buffer, hft_buffer_write);
  msgpack_pack_map(&packer, pairs);
  return packer;
}

// Packs a null-terminated text as a MessagePack str.
static inline void hft_pack_text(msgpack_packer *packer, const char *text) {
  msgpack_pack_str_with_body(packer, text, strlen(text));
}

// Packs a key and a text.
static inline void hft_pack_text_pair(msgpack_packer *packer, const char *key, const char *value) {
  hft_pack_text(packer, key);
  hft_pack_text(packer, value);
}

// Packs a key and an unsigned integer.
static inline void hft_pack_uint_pair(msgpack_packer *packer, const char *key, uint64_t value) {
  hft_pack_text(packer, key);
  msgpack_pack_uint64(packer, value);
}

#endif
