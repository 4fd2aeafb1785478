// Keys of CURVE, ZeroMQ's encryption: key pairs, key files, and the clients that a server admits. A
// file is a certificate in the format of czmq and of pyzmq's zmq.auth:
// lines `public-key = "..."` and `secret-key = "..."` with 40 characters of Z85 each.
#ifndef HFTSIM_SERVER_CURVE_H
#define HFTSIM_SERVER_CURVE_H

#include <stdint.h>

#include "sim/base/status.h"

#define HFT_CURVE_BYTES 32                 // of a key
#define HFT_CURVE_TEXT 41                  // of a key in Z85 with the terminating 0
#define HFT_CURVE_NAME_MAX 64              // bytes of a client's name with the terminating 0
#define HFT_CURVE_SECRET_SUFFIX "_secret"  // of the file with the secret key
#define HFT_CURVE_SERVER_FILE "server.key" HFT_CURVE_SECRET_SUFFIX
#define HFT_CURVE_CLIENTS_FOLDER "clients"
#define HFT_CURVE_PUBLIC_SUFFIX ".key"

typedef struct hft_curve_pair {
  char public_key[HFT_CURVE_TEXT], secret_key[HFT_CURVE_TEXT];
} hft_curve_pair;

// Draws a new key pair from the system's entropy. EIO: libzmq was built without CURVE.
hft_status hft_curve_pair_draw(hft_curve_pair *pair, hft_error *error);

// Writes the public key to `path` and the pair to `path` + "_secret", which only its owner can
// read. EIO: one of the files exists (nothing is overwritten) or cannot be written; neither new
// file is left behind.
hft_status hft_curve_pair_write(const hft_curve_pair *pair, const char *path, hft_error *error);

// Reads a server's key pair from `folder`/server.key_secret. EIO: it cannot be read, or its
// permissions let others read it. EDATA: it holds no key pair.
hft_status hft_curve_pair_read(const char *folder, hft_curve_pair *pair, hft_error *error);

typedef struct hft_curve_client {
  uint8_t key[HFT_CURVE_BYTES];
  char name[HFT_CURVE_NAME_MAX];  // of its file, without ".key"
} hft_curve_client;

// The admitted clients. Zero-initialize it before the first use.
typedef struct hft_curve_clients {
  int count;
  hft_curve_client *client;  // [count]
} hft_curve_clients;

// Replaces *clients by the public keys in `folder`/clients/*.key; on failure *clients is unchanged.
// EIO: the folder or a file cannot be read; EDATA: a file holds no public key; ENOMEM.
hft_status hft_curve_clients_read(const char *folder, hft_curve_clients *clients, hft_error *error);

// Frees the list and zeroes it.
void hft_curve_clients_free(hft_curve_clients *clients);

// The name of the client with this public key; null where it is not admitted. Valid until *clients
// changes.
const char *hft_curve_clients_find(const hft_curve_clients *clients,
                                   const uint8_t key[HFT_CURVE_BYTES]);

#endif
