// Hostile bytes below ZeroMQ: broken and partial handshakes, and after a complete one bytes that
// are no frames. The same for the same seed.
#ifndef HFTSIM_TESTS_SERVER_RAW_H
#define HFTSIM_TESTS_SERVER_RAW_H

#include <stdint.h>

#include "sim/base/rng.h"

typedef struct raw_storm {
  hft_rng rng;
  uint16_t port;
} raw_storm;

// `endpoint` is "tcp://127.0.0.1:PORT".
void raw_storm_begin(raw_storm *self, uint64_t seed, const char *endpoint);

// Opens a connection, sends what it draws, and closes it or tears it down. Returns how many pieces
// the server's machine took. Asserts nothing: it may run on a thread of its own.
int raw_storm_strike(raw_storm *self);

#endif
