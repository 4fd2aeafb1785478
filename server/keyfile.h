// Files of keys: small texts, the secret ones for their owner alone.
#ifndef HFTSIM_SERVER_KEYFILE_H
#define HFTSIM_SERVER_KEYFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "sim/base/status.h"

#define HFT_KEYFILE_BYTES_MAX 4096

// Writes a new file with these permissions. EIO: there is one already, or it cannot be written.
hft_status hft_keyfile_write(const char *path, mode_t mode, const char *text, hft_error *error);
// Reads a file, of which more is not looked at; ends the text with a 0. EIO: it is no file, cannot
// be read, or is a secret one that others can read.
hft_status hft_keyfile_read(const char *path, bool is_secret, char text[HFT_KEYFILE_BYTES_MAX],
                            hft_error *error);

#endif
