// Requests that wait for their turn, kept whole: first come, first served.
#ifndef HFTSIM_SERVER_PENDING_H
#define HFTSIM_SERVER_PENDING_H

#include <stdint.h>

#include "server/wire.h"
#include "sim/base/units.h"

#define HFT_CONNECTION_GONE (-1)
#define HFT_PEER_MAX 255  // bytes: what ZeroMQ's routing ids may have

// Who asked: bytes that mean something to the transport alone.
typedef struct hft_peer {
  int64_t connection;  // its number, 0 where it is not known, or HFT_CONNECTION_GONE
  uint8_t size;
  uint8_t id[HFT_PEER_MAX];
} hft_peer;

typedef struct hft_pending_request {
  struct hft_pending_request *next;
  hft_peer peer;
  hft_time arrived;
  size_t bytes;  // that it holds
  int frame_count;
  hft_frame frame[HFT_WIRE_FRAMES_MAX];
} hft_pending_request;

// Zero it before its first use.
typedef struct hft_pending {
  hft_pending_request *first, *last;
  int count;
} hft_pending;

// Bytes that a request of so many frames takes while it waits.
size_t hft_pending_bytes(const hft_frame *frames, int frame_count);
// Appends a copy. ENOMEM.
hft_status hft_pending_add(hft_pending *pending, const hft_peer *peer, hft_time arrived,
                           const hft_frame *frames, int frame_count);
// Takes the first out, which the caller frees with free(); null where there is none.
hft_pending_request *hft_pending_take(hft_pending *pending);

#endif
