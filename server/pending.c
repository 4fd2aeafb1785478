#include "server/pending.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

size_t hft_pending_bytes(const hft_frame *frames, int frame_count) {
  size_t bytes = sizeof(hft_pending_request);
  for (int i = 0; i < frame_count; i++) bytes += frames[i].size;
  return bytes;
}

hft_status hft_pending_add(hft_pending *pending, const hft_peer *peer, hft_time arrived,
                           const hft_frame *frames, int frame_count) {
  HFT_CHECK(frame_count <= HFT_WIRE_FRAMES_MAX);
  size_t bytes = hft_pending_bytes(frames, frame_count);
  hft_pending_request *waiting = malloc(bytes);
  if (waiting == NULL) return HFT_ENOMEM;
  *waiting = (hft_pending_request){
      .peer = *peer, .arrived = arrived, .bytes = bytes, .frame_count = frame_count};
  char *at = (char *)(waiting + 1);
  for (int i = 0; i < frame_count; i++) {
    waiting->frame[i] = (hft_frame){at, frames[i].size};
    if (frames[i].size > 0) memcpy(at, frames[i].data, frames[i].size);
    at += frames[i].size;
  }
  if (pending->last != NULL) {
    pending->last->next = waiting;
  } else {
    pending->first = waiting;
  }
  pending->last = waiting;
  pending->count++;
  return HFT_OK;
}

hft_pending_request *hft_pending_take(hft_pending *pending) {
  hft_pending_request *waiting = pending->first;
  if (waiting == NULL) return NULL;
  pending->first = waiting->next;
  if (pending->first == NULL) pending->last = NULL;
  pending->count--;
  return waiting;
}
