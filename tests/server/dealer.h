// A client over a socket: whole messages out and in, each with a time limit.
#ifndef HFTSIM_TESTS_SERVER_DEALER_H
#define HFTSIM_TESTS_SERVER_DEALER_H

#include <stdbool.h>
#include <zmq.h>

#include "server/wire.h"

// Milliseconds that a test waits for a reply: only a server that hangs takes as long.
#define DEALER_WAIT_MS 60000

typedef struct dealer {
  void *context, *socket;
  zmq_msg_t frame[HFT_WIRE_FRAMES_MAX];  // of the last message received
  int frame_count;
} dealer;

void dealer_open(dealer *self, const char *endpoint);
// As dealer_open, for a client that buffers at most `window` unread messages.
void dealer_open_narrow(dealer *self, const char *endpoint, int window);
void dealer_close(dealer *self);

// Sends frames; fails the test where the socket takes none within DEALER_WAIT_MS.
void dealer_send(dealer *self, const hft_frame *frames, int frame_count);
// Receives a message; false where none comes within `wait_ms`.
bool dealer_receive(dealer *self, int wait_ms);
hft_frame dealer_frame(dealer *self, int index);

// Sends, and receives the reply; fails the test where none comes within DEALER_WAIT_MS.
void dealer_ask(dealer *self, const hft_frame *frames, int frame_count);

// Does the server answer a `ping` with this id within DEALER_WAIT_MS?
bool dealer_pings(dealer *self, uint64_t id);

// Makes a session with the server's default config. Copies its token; returns the size of its
// actions buffer.
size_t dealer_make(dealer *self, uint64_t id, int env_count, uint64_t seed, char *token);

// Resets a session with a seed; ends it; sends a step with actions that follow from the id alone.
// The reply is left in the frames.
void dealer_reset(dealer *self, uint64_t id, const char *token, uint64_t seed);
void dealer_end(dealer *self, uint64_t id, const char *token);  // a `close`
void dealer_send_step(dealer *self, uint64_t id, const char *token, size_t actions_size);
// The same with the actions of the id `step`.
void dealer_send_step_as(dealer *self, uint64_t id, uint64_t step, const char *token,
                         size_t actions_size);

// A digest of all frames of the last message but the first.
uint64_t dealer_hash(dealer *self);

#endif
