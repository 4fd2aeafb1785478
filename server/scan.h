// Validates MessagePack bytes before they are unpacked: a few bytes can declare billions of
// elements, which an unpacker would allocate at once.
#ifndef HFTSIM_SERVER_SCAN_H
#define HFTSIM_SERVER_SCAN_H

#include <stddef.h>

#define HFT_SCAN_DEPTH_MAX 8  // nested maps and arrays

// Checks that the bytes are exactly one object, nested at most HFT_SCAN_DEPTH_MAX deep, that every
// length fits the remaining bytes, and that every str is UTF-8 without a zero byte. Returns null,
// or a static text that says what is wrong. O(size); allocates nothing.
const char *hft_scan(const void *bytes, size_t size);

#endif
