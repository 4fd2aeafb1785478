// The bytes of a reply, shared by all who hold them: the session that may be asked for it again,
// and each time that ZeroMQ has still to send it.
#ifndef HFTSIM_SERVER_BLOB_H
#define HFTSIM_SERVER_BLOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/wire.h"

typedef struct hft_blob hft_blob;

// Bytes that are held by nobody but ZeroMQ: of replies that their clients have not read.
typedef struct hft_unread {
  _Atomic size_t total;
  _Atomic size_t *of_place;  // by place of a session
} hft_unread;

// Copies frames, one after the other, for the caller, who holds them. Null when out of memory.
hft_blob *hft_blob_create(const hft_frame *frames, int frame_count);
size_t hft_blob_size(const hft_blob *blob);
const char *hft_blob_data(const hft_blob *blob);

// One more holds it; one less does, on any thread, and the last one frees it. Null: nothing to do.
void hft_blob_keep(hft_blob *blob);
void hft_blob_drop(hft_blob *blob);
// Whether there are others than the caller.
bool hft_blob_is_shared(hft_blob *blob);
// As hft_blob_drop, by who is answerable for its bytes: where others have it still, they count in
// *unread, which must outlive it, until it is freed.
void hft_blob_leave(hft_blob *blob, hft_unread *unread, int place);

#endif
