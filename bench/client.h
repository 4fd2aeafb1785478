// A client of a server, with one session of its own: docs/protocol.md from the other side, knowing
// nothing of the server's code.
#ifndef HFTSIM_BENCH_CLIENT_H
#define HFTSIM_BENCH_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "bench/dealer.h"
#include "sim/base/status.h"

#define HFT_BENCH_TOKEN_DIGITS 32
#define HFT_BENCH_HEADER_MAX 128  // bytes of the headers that it sends

typedef struct hft_bench_client {
  hft_dealer dealer;
  char token[HFT_BENCH_TOKEN_DIGITS + 1];
  uint64_t id;  // of the last request
  char header[HFT_BENCH_HEADER_MAX];
  size_t header_size;  // of the last request
} hft_bench_client;

// Connects, and makes a session of so many envs in the server's own config, which it resets with
// the seed, env i into the world (seed, i). Zero the client before. `context` is ZeroMQ's. EIO: no
// reply, or an error, which the message tells.
hft_status hft_bench_client_open(hft_bench_client *client, void *context, const char *endpoint,
                                 int env_count, uint64_t seed, hft_error *error);
// Closes the session where there is one, and the connection.
void hft_bench_client_close(hft_bench_client *client);

// Steps all envs with a slab of actions. EIO, EINTR.
hft_status hft_bench_client_step(hft_bench_client *client, const void *actions, size_t size,
                                 hft_error *error);
// The results of the last step or reset, at any address, until the next request.
const void *hft_bench_client_results(hft_bench_client *client, size_t *size);

#endif
