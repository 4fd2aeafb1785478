#include "server/blob.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

struct hft_blob {
  _Atomic int holders;
  int place;
  hft_unread *unread;  // where it is counted; null: nowhere
  size_t size;
  char data[];
};

hft_blob *hft_blob_create(const hft_frame *frames, int frame_count) {
  size_t size = 0;
  for (int i = 0; i < frame_count; i++) size += frames[i].size;
  hft_blob *blob = malloc(sizeof *blob + size);
  if (blob == NULL) return NULL;
  atomic_init(&blob->holders, 1);
  blob->unread = NULL;
  blob->size = size;
  char *at = blob->data;
  for (int i = 0; i < frame_count; i++) {
    if (frames[i].size > 0) memcpy(at, frames[i].data, frames[i].size);
    at += frames[i].size;
  }
  return blob;
}

size_t hft_blob_size(const hft_blob *blob) {
  return blob->size;
}

const char *hft_blob_data(const hft_blob *blob) {
  return blob->data;
}

// Release: the thread that drops the blob sees the bytes, however it got the pointer.
void hft_blob_keep(hft_blob *blob) {
  if (blob != NULL) atomic_fetch_add_explicit(&blob->holders, 1, memory_order_release);
}

void hft_blob_drop(hft_blob *blob) {
  if (blob == NULL || atomic_fetch_sub_explicit(&blob->holders, 1, memory_order_acq_rel) > 1) {
    return;
  }
  if (blob->unread != NULL) {
    atomic_fetch_sub(&blob->unread->total, blob->size);
    atomic_fetch_sub(&blob->unread->of_place[blob->place], blob->size);
  }
  free(blob);
}

bool hft_blob_is_shared(hft_blob *blob) {
  return atomic_load_explicit(&blob->holders, memory_order_acquire) > 1;
}

void hft_blob_leave(hft_blob *blob, hft_unread *unread, int place) {
  if (blob != NULL && hft_blob_is_shared(blob)) {
    HFT_CHECK(blob->unread == NULL);
    blob->place = place;
    blob->unread = unread;
    atomic_fetch_add(&unread->total, blob->size);
    atomic_fetch_add(&unread->of_place[place], blob->size);
  }
  hft_blob_drop(blob);
}
