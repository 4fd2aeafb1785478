// Seals of exported saves. A save is the memory of an env and is trusted like a program, so bytes
// from a client are accepted only where a server with the same key wrote them. The seal follows the
// bytes: a keyed BLAKE2b of 256 bits (RFC 7693), by libsodium's crypto_generichash.
#ifndef HFTSIM_SERVER_SEAL_H
#define HFTSIM_SERVER_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_SEAL_BYTES 64      // of a seal
#define HFT_SEAL_KEY_BYTES 32  // of a key

// Initializes libsodium; one call per process is enough. False: the system provides no entropy.
bool hft_seal_start(void);

// Writes the seal of `size` bytes into the HFT_SEAL_BYTES after them.
void hft_seal(void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]);

// Whether the HFT_SEAL_BYTES after `size` bytes are their seal. Takes the same time wherever they
// differ.
bool hft_seal_check(const void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]);

// Writes a new key to a new file, 64 hex digits, which only its owner can read; several servers may
// share it. EIO: the file exists, or cannot be written.
hft_status hft_seal_key_write(const char *path, hft_error *error);

// Reads the key of such a file. EIO: it cannot be read, or others can read it; EDATA: it holds no
// key.
hft_status hft_seal_key_read(const char *path, uint8_t key[HFT_SEAL_KEY_BYTES], hft_error *error);

#endif
