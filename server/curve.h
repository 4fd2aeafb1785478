// Keys of CURVE, ZeroMQ's encryption: pairs, their files, and the clients that a server admits. A
// file is a certificate as libzmq's other users read and write it (czmq, zmq.auth of pyzmq):
// lines `public-key = "..."` and `secret-key = "..."` with 40 characters of Z85 each.
#ifndef HFTSIM_SERVER_CURVE_H
#define HFTSIM_SERVER_CURVE_H

#include <stdint.h>

#include "sim/base/status.h"

#define HFT_CURVE_BYTES 32                 // of a key
#define HFT_CURVE_TEXT 41                  // of a key in Z85, with the 0 that ends it
#define HFT_CURVE_NAME_MAX 64              // bytes of a client's name, with the 0
#define HFT_CURVE_SECRET_SUFFIX "_secret"  // of the file with the secret key
#define HFT_CURVE_SERVER_FILE "server.key" HFT_CURVE_SECRET_SUFFIX
#define HFT_CURVE_CLIENTS_FOLDER "clients"
#define HFT_CURVE_PUBLIC_SUFFIX ".key"

typedef struct hft_curve_pair {
  char public_key[HFT_CURVE_TEXT], secret_key[HFT_CURVE_TEXT];
} hft_curve_pair;

// Draws a new pair from the system's randomness. EIO: this libzmq has no CURVE.
hft_status hft_curve_pair_draw(hft_curve_pair *pair, hft_error *error);

// Writes the public key to `path`, and the pair to `path` + "_secret", which only the owner can
// read. EIO: one of them exists already (nothing is overwritten) or cannot be written; neither is
// then left behind.
hft_status hft_curve_pair_write(const hft_curve_pair *pair, const char *path, hft_error *error);

// Reads a server's pair, `folder`/server.key_secret. EIO: it cannot be read, or others than its
// owner can. EDATA: it holds no pair of keys.
hft_status hft_curve_pair_read(const char *folder, hft_curve_pair *pair, hft_error *error);

typedef struct hft_curve_client {
  uint8_t key[HFT_CURVE_BYTES];
  char name[HFT_CURVE_NAME_MAX];  // that of its file, without ".key"
} hft_curve_client;

// The clients that are admitted. Zero it before its first use.
typedef struct hft_curve_clients {
  int count;
  hft_curve_client *client;  // [count]
} hft_curve_clients;

// Reads the public keys in `folder`/clients/*.key. On an error *clients is as it was. EIO, EDATA,
// ENOMEM.
hft_status hft_curve_clients_read(const char *folder, hft_curve_clients *clients, hft_error *error);
void hft_curve_clients_free(hft_curve_clients *clients);

// The name of the client with this key; null where it is none that is admitted.
const char *hft_curve_clients_find(const hft_curve_clients *clients,
                                   const uint8_t key[HFT_CURVE_BYTES]);

#endif
