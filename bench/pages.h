// Memory for what is timed: in huge pages where the system gives them, because a random access to
// a large book in small ones waits for the page table as well.
#ifndef HFTSIM_BENCH_PAGES_H
#define HFTSIM_BENCH_PAGES_H

#include <stddef.h>

// `size` bytes, aligned to a huge page, or null when out of memory. Release it with free.
void *hft_pages_alloc(size_t size);

#endif
