#include "server/asks.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

size_t hft_ask_bytes(const hft_frame *frames, int frame_count) {
  size_t bytes = sizeof(hft_ask);
  for (int i = 0; i < frame_count; i++) bytes += frames[i].size;
  return bytes;
}

hft_status hft_asks_add(hft_asks *asks, const hft_peer *peer, hft_time arrived,
                        const hft_frame *frames, int frame_count) {
  HFT_CHECK(frame_count <= HFT_WIRE_FRAMES_MAX);
  size_t bytes = hft_ask_bytes(frames, frame_count);
  hft_ask *ask = malloc(bytes);
  if (ask == NULL) return HFT_ENOMEM;
  *ask = (hft_ask){.peer = *peer, .arrived = arrived, .bytes = bytes, .frame_count = frame_count};
  char *at = (char *)(ask + 1);
  for (int i = 0; i < frame_count; i++) {
    ask->frame[i] = (hft_frame){at, frames[i].size};
    if (frames[i].size > 0) memcpy(at, frames[i].data, frames[i].size);
    at += frames[i].size;
  }
  if (asks->last != NULL) {
    asks->last->next = ask;
  } else {
    asks->first = ask;
  }
  asks->last = ask;
  asks->count++;
  return HFT_OK;
}

hft_ask *hft_asks_take(hft_asks *asks) {
  hft_ask *ask = asks->first;
  if (ask == NULL) return NULL;
  asks->first = ask->next;
  if (asks->first == NULL) asks->last = NULL;
  asks->count--;
  return ask;
}
