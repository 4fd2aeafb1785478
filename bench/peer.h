// Another program that a benchmark is compared with: a child that answers lines with lines.
#ifndef HFTSIM_BENCH_PEER_H
#define HFTSIM_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/progress.h"
#include "sim/base/status.h"

// Opaque handle: the child and the socket to its standard input and output.
typedef struct hft_bench_peer hft_bench_peer;

// Starts argv[0], looked up on the PATH, with the arguments argv, which a null ends. Its standard
// error is this program's, or discarded if `quiet`. EIO: it cannot be started. The caller ends it
// with hft_bench_peer_stop.
hft_status hft_bench_peer_start(char *const argv[], bool quiet, hft_bench_peer **out,
                                hft_error *error);
// Sends a line (null: none) and waits at most `seconds` for a line, which is written without its
// newline. `watch` may be null. EIO: the child has ended or has not answered, or its line is longer
// than size - 1; EINTR: `watch` stopped the wait.
hft_status hft_bench_peer_ask(hft_bench_peer *peer, const char *line, double seconds,
                              const hft_progress *watch, char *answer, size_t size,
                              hft_error *error);
// Ends the child and frees the handle. Null is ignored.
void hft_bench_peer_stop(hft_bench_peer *peer);

#endif
