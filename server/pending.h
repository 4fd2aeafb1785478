// A queue of requests that wait, copied with all their frames; first in, first out.
#ifndef HFTSIM_SERVER_PENDING_H
#define HFTSIM_SERVER_PENDING_H

#include <stdint.h>

#include "server/wire.h"
#include "sim/base/units.h"

#define HFT_CONNECTION_GONE (-1)
#define HFT_PEER_MAX 255  // bytes of a ZeroMQ routing id

// The sender of a request, as the transport identifies it; opaque to the service.
typedef struct hft_peer {
  int64_t connection;  // its number; 0: unknown; or HFT_CONNECTION_GONE
  uint8_t size;
  uint8_t id[HFT_PEER_MAX];
} hft_peer;

typedef struct hft_pending_request {
  struct hft_pending_request *next;
  hft_peer peer;
  hft_time arrived;
  size_t bytes;  // of memory, this struct included
  int frame_count;
  hft_frame frame[HFT_WIRE_FRAMES_MAX];
} hft_pending_request;

// Zero-initialize it before the first use.
typedef struct hft_pending {
  hft_pending_request *first, *last;
  int count;
} hft_pending;

// Bytes of memory that a waiting request with these frames takes.
size_t hft_pending_bytes(const hft_frame *frames, int frame_count);

// Appends a copy of the request. ENOMEM.
hft_status hft_pending_add(hft_pending *pending, const hft_peer *peer, hft_time arrived,
                           const hft_frame *frames, int frame_count);

// Removes the first request, which the caller frees with free(). Null where the queue is empty.
hft_pending_request *hft_pending_take(hft_pending *pending);

#endif
