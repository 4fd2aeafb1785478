// A DEALER socket of ZeroMQ that sends and receives messages of a few frames.
#ifndef HFTSIM_BENCH_DEALER_H
#define HFTSIM_BENCH_DEALER_H

#include <stdbool.h>
#include <zmq.h>

#include "sim/base/status.h"

#define HFT_DEALER_FRAMES_MAX 4

// A connected socket. Not for concurrent use.
typedef struct hft_dealer {
  void *socket;
  zmq_msg_t frame[HFT_DEALER_FRAMES_MAX];  // of the last message received
  int frame_count;
} hft_dealer;

// Connects a socket of the context. Zero the dealer first. EIO.
hft_status hft_dealer_open(hft_dealer *dealer, void *context, const char *endpoint,
                           hft_error *error);
// Closes the socket and frees the frames. Does nothing for a zeroed dealer.
void hft_dealer_close(hft_dealer *dealer);

// Sends a copy of one frame; `more` says that further frames follow. EIO.
hft_status hft_dealer_send(hft_dealer *dealer, const void *data, size_t size, bool more,
                           hft_error *error);
// Waits up to a minute for a message, which replaces the last one. Errors: EIO if none comes or it
// has too many frames; EINTR after a signal.
hft_status hft_dealer_receive(hft_dealer *dealer, hft_error *error);

#endif
