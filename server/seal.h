// Seals of exported saves. A save is an env's memory, trusted like a program, so bytes that come
// from a client are taken only where a server with the same key wrote them: behind them stands a
// keyed BLAKE2b of 256 bits (RFC 7693), by libsodium's crypto_generichash.
#ifndef HFTSIM_SERVER_SEAL_H
#define HFTSIM_SERVER_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_SEAL_BYTES 64      // of a seal
#define HFT_SEAL_KEY_BYTES 32  // of a key

// Prepares the library. Once for each process is enough. False where the system gives no
// randomness.
bool hft_seal_start(void);
// Writes the seal of `size` bytes behind them.
void hft_seal(void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]);
// Is what stands behind `size` bytes their seal? In a time that does not depend on where it
// differs.
bool hft_seal_check(const void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]);

// A file with a key that several servers share: 64 hex digits, for its owner alone. EIO, EDATA.
hft_status hft_seal_key_write(const char *path, hft_error *error);
hft_status hft_seal_key_read(const char *path, uint8_t key[HFT_SEAL_KEY_BYTES], hft_error *error);

#endif
