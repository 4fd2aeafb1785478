#define _DEFAULT_SOURCE  // for madvise
#include "bench/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE ((size_t)2 << 20)

void *hft_pages_alloc(size_t size) {
  if (size > SIZE_MAX - PAGE) return NULL;
  size = (size + PAGE - 1) & ~(PAGE - 1);
  void *memory = aligned_alloc(PAGE, size);
#ifdef MADV_HUGEPAGE
  // Advice only: without huge pages the memory has small ones.
  if (memory != NULL) (void)madvise(memory, size, MADV_HUGEPAGE);
#endif
  return memory;
}
