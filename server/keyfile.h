// Key files: small text files; secret ones must be readable by their owner alone.
#ifndef HFTSIM_SERVER_KEYFILE_H
#define HFTSIM_SERVER_KEYFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "sim/base/status.h"

#define HFT_KEYFILE_BYTES_MAX 4096

// Writes a new file with these permissions. EIO: the file exists, or cannot be written.
hft_status hft_keyfile_write(const char *path, mode_t mode, const char *text, hft_error *error);

// Reads at most HFT_KEYFILE_BYTES_MAX - 1 bytes of a file and appends a 0. EIO: it is not a regular
// file, cannot be read, or is secret and its permissions let others read it.
hft_status hft_keyfile_read(const char *path, bool is_secret, char text[HFT_KEYFILE_BYTES_MAX],
                            hft_error *error);

#endif
