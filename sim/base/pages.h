// Large blocks of memory in huge pages: a random access to a block of many small pages also waits
// for the page table.
#ifndef HFTSIM_SIM_BASE_PAGES_H
#define HFTSIM_SIM_BASE_PAGES_H

#include <stddef.h>

#define HFT_HUGE_PAGE ((size_t)2 << 20)  // bytes

// Allocates `size` > 0 bytes of undefined content, aligned to a cache line. A block of at least
// HFT_HUGE_PAGE is aligned to it, and the kernel is asked for huge pages where they fit whole; the
// rest of the block has small ones, so no more memory is used than asked for. Where the kernel has
// no huge pages, or refuses them, all pages are small. Release the block with free. Null if out of
// memory.
void *hft_pages_alloc(size_t size);

#endif
