// The cost of a request and its reply in ZeroMQ alone: a ROUTER on its own thread answers every
// message of a fixed size with another of a fixed size.
#ifndef HFTSIM_BENCH_ECHO_H
#define HFTSIM_BENCH_ECHO_H

#include <stddef.h>

#include "sim/base/status.h"

// Sizes in bytes of the two frames of a message.
typedef struct hft_bench_frames {
  size_t header, buffer;
} hft_bench_frames;

// Opaque handle: the echo server, its thread and its client.
typedef struct hft_bench_echo hft_bench_echo;

// Binds the endpoint ("tcp://127.0.0.1:*", "ipc:///path"), starts the thread and connects the
// client. Stop it with hft_bench_echo_stop. Errors: EIO; EFULL if the thread could not be started;
// ENOMEM.
hft_status hft_bench_echo_start(const char *endpoint, hft_bench_frames request,
                                hft_bench_frames reply, hft_bench_echo **out, hft_error *error);
// Stops the thread, closes the sockets and frees the echo; null is ignored.
void hft_bench_echo_stop(hft_bench_echo *echo);

// Sends a request and waits for its reply. Errors: EIO, EINTR.
hft_status hft_bench_echo_ask(hft_bench_echo *echo, hft_error *error);

#endif
