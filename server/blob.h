// The bytes of a reply with a reference count: the session holds one reference, for a retry of the
// request, and each message that ZeroMQ has yet to send holds one.
#ifndef HFTSIM_SERVER_BLOB_H
#define HFTSIM_SERVER_BLOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/wire.h"

typedef struct hft_blob hft_blob;

// Counts the bytes of replies that only ZeroMQ still holds, because clients have not read them.
typedef struct hft_unread {
  _Atomic size_t total;
  _Atomic size_t *of_place;  // by session slot
} hft_unread;

// Copies frames into one block, with one reference, which is the caller's. Null: out of memory.
hft_blob *hft_blob_create(const hft_frame *frames, int frame_count);

// The number of bytes, and the bytes, which are valid while the caller holds a reference.
size_t hft_blob_size(const hft_blob *blob);
const char *hft_blob_data(const hft_blob *blob);

// Adds a reference. May be called on any thread; null does nothing.
void hft_blob_keep(hft_blob *blob);

// Drops a reference and frees the blob with the last one. May be called on any thread; null does
// nothing.
void hft_blob_drop(hft_blob *blob);

// Whether there are references besides the caller's.
bool hft_blob_is_shared(hft_blob *blob);

// Drops the session's reference. Where others remain, the bytes count in *unread, for that session
// slot, until the blob is freed; *unread must outlive it.
void hft_blob_leave(hft_blob *blob, hft_unread *unread, int place);

#endif
