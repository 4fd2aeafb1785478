// A check of MessagePack bytes before anything is unpacked: a few bytes may announce billions of
// elements, for which an unpacker would allocate at once.
#ifndef HFTSIM_SERVER_SCAN_H
#define HFTSIM_SERVER_SCAN_H

#include <stddef.h>

#define HFT_SCAN_DEPTH_MAX 8  // maps and arrays within each other

// Checks that the bytes are exactly one object, nested at most HFT_SCAN_DEPTH_MAX deep, whose every
// length fits in the bytes that follow it, and whose strings are UTF-8 without a zero. Returns
// null, or the words for what is wrong. O(size), no allocation.
const char *hft_scan(const void *bytes, size_t size);

#endif
