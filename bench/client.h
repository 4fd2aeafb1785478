// A client of a server with one session. It implements docs/protocol.md independently of the
// server's code.
#ifndef HFTSIM_BENCH_CLIENT_H
#define HFTSIM_BENCH_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "bench/dealer.h"
#include "sim/base/status.h"

#define HFT_BENCH_TOKEN_DIGITS 32
#define HFT_BENCH_HEADER_MAX 128  // bytes of a request header

// A connected client. Not for concurrent use.
typedef struct hft_bench_client {
  hft_dealer dealer;
  char token[HFT_BENCH_TOKEN_DIGITS + 1];
  uint64_t id;  // of the last request
  char header[HFT_BENCH_HEADER_MAX];
  size_t header_size;  // of the last request
} hft_bench_client;

// Connects to the server and opens a session of `env_count` environments with the server's own
// config; resets it with the seed, env i to the world (seed, i). Zero the client first. `context`
// is a ZeroMQ context. EIO if there is no reply or the reply is an error, whose text is in *error.
hft_status hft_bench_client_open(hft_bench_client *client, void *context, const char *endpoint,
                                 int env_count, uint64_t seed, hft_error *error);
// Closes the session, if there is one, and the connection.
void hft_bench_client_close(hft_bench_client *client);

// Steps all environments with a slab of actions of `size` bytes; 0 if no seat is controlled from
// outside. `actions` is not null. Errors: EIO, EINTR.
hft_status hft_bench_client_step(hft_bench_client *client, const void *actions, size_t size,
                                 hft_error *error);
// The results of the last step or reset, unaligned; valid until the next request.
const void *hft_bench_client_results(hft_bench_client *client, size_t *size);

#endif
