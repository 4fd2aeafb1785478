// Messages of a hostile client: well-formed requests of every kind for sessions of its own, with
// wrong values, and any of these torn apart. The same for the same seed, except the tokens, which
// the server draws.
#ifndef HFTSIM_TESTS_SERVER_STORM_H
#define HFTSIM_TESTS_SERVER_STORM_H

#include "server/wire.h"
#include "sim/base/rng.h"

#define STORM_FRAMES_MAX 12
#define STORM_ENVS 2  // of each of its sessions

typedef struct storm {
  hft_rng rng;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];  // of its session; "": it has none
  uint64_t id;                            // of the last request that was right
  uint64_t asked_id;                      // of the request at hand
  char asked_token[HFT_WIRE_TOKEN_DIGITS + 1];
  hft_buffer header;  // of the message at hand
  char *bytes;        // of its other frames
  size_t used;
  size_t actions_size;
  int frame_count;
  hft_frame frame[STORM_FRAMES_MAX];  // the message at hand
} storm;

void storm_begin(storm *self, uint64_t seed);
void storm_end(storm *self);

// Makes the next message: frame[0 .. frame_count - 1].
void storm_next(storm *self);

// Shows it a reply: it remembers the session where this is one to `make`.
void storm_hear(storm *self, const hft_frame *frames, int frame_count);

#endif
