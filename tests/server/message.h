// MessagePack by a format, for tests: what a client would send, and what it would read.
#ifndef HFTSIM_TESTS_SERVER_MESSAGE_H
#define HFTSIM_TESTS_SERVER_MESSAGE_H

#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/wire.h"

// Packs objects into an emptied buffer. Each letter of the format takes one argument: u uint64_t,
// i int64_t, f double, s text, b int (boolean); n is nil and takes none. {k and [k (k = 0 .. 9)
// begin a map of k pairs and an array of k elements. Blanks are ignored.
void message_pack(hft_buffer *buffer, const char *format, ...);

// The bytes of a buffer as a frame.
hft_frame message_frame(const hft_buffer *buffer);

// Reads bytes that must be exactly one map, which is then out->data; fails the test otherwise. Free
// it with msgpack_unpacked_destroy. The bytes must outlive it.
void message_read(const void *bytes, size_t size, msgpack_unpacked *out);

// The value of a key, or null.
const msgpack_object *message_get(const msgpack_object *map, const char *key);
uint64_t message_uint(const msgpack_object *map, const char *key);
// Copies a text of at most size - 1 bytes.
void message_text(const msgpack_object *map, const char *key, char *text, size_t size);
bool message_is(const msgpack_object *map, const char *key, const char *text);

// `retry_after` of an error, which must be above 0; 0 where it is absent.
double message_retry_after(const msgpack_object *header);

#endif
