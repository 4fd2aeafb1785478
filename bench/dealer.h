// A DEALER socket of ZeroMQ: messages of a few frames, out and in.
#ifndef HFTSIM_BENCH_DEALER_H
#define HFTSIM_BENCH_DEALER_H

#include <stdbool.h>
#include <zmq.h>

#include "sim/base/status.h"

#define HFT_DEALER_FRAMES_MAX 4

typedef struct hft_dealer {
  void *socket;
  zmq_msg_t frame[HFT_DEALER_FRAMES_MAX];  // of the last message received
  int frame_count;
} hft_dealer;

// Connects a socket of the context. Zero the dealer before. EIO.
hft_status hft_dealer_open(hft_dealer *dealer, void *context, const char *endpoint,
                           hft_error *error);
// A dealer that is all zero may be closed too.
void hft_dealer_close(hft_dealer *dealer);

// Sends a copy of one frame; `more` tells whether others follow. EIO.
hft_status hft_dealer_send(hft_dealer *dealer, const void *data, size_t size, bool more,
                           hft_error *error);
// Waits up to a minute for a message, in place of the last one. EIO: none came, or it has too many
// frames. EINTR: a signal came first.
hft_status hft_dealer_receive(hft_dealer *dealer, hft_error *error);

#endif
