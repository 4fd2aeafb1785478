// What ZeroMQ alone takes for a request and its reply: a ROUTER on a thread of its own that answers
// every message of so many bytes with one of so many others.
#ifndef HFTSIM_BENCH_ECHO_H
#define HFTSIM_BENCH_ECHO_H

#include <stddef.h>

#include "sim/base/status.h"

// Bytes of the two frames of a message.
typedef struct hft_bench_frames {
  size_t header, buffer;
} hft_bench_frames;

typedef struct hft_bench_echo hft_bench_echo;

// Binds the endpoint ("tcp://127.0.0.1:*", "ipc:///path") and starts the thread; the client's side
// is connected too. EIO, ENOMEM.
hft_status hft_bench_echo_start(const char *endpoint, hft_bench_frames request,
                                hft_bench_frames reply, hft_bench_echo **out, hft_error *error);
void hft_bench_echo_stop(hft_bench_echo *echo);

// Sends a request and waits for its reply. EIO, EINTR.
hft_status hft_bench_echo_ask(hft_bench_echo *echo, hft_error *error);

#endif
