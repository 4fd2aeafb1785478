// Memory for timed data, in huge pages if the system provides them: with small pages, a random
// access to a large book also waits for the page table.
#ifndef HFTSIM_BENCH_PAGES_H
#define HFTSIM_BENCH_PAGES_H

#include <stddef.h>

// Allocates `size` bytes, aligned to a huge page; release it with free. Null if out of memory.
void *hft_pages_alloc(size_t size);

#endif
