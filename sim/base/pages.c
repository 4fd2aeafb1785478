#define _DEFAULT_SOURCE  // madvise
#include "sim/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "sim/base/arena.h"

void *hft_pages_alloc(size_t size) {
  size_t alignment = size < HFT_HUGE_PAGE ? HFT_CACHE_LINE : HFT_HUGE_PAGE;
  if (size > SIZE_MAX - alignment) return NULL;
  // aligned_alloc takes multiples of the alignment; pages that nobody touches cost no memory.
  void *block = aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
#ifdef MADV_HUGEPAGE
  // Advice alone: without huge pages the block has small ones.
  size_t whole = size & ~(HFT_HUGE_PAGE - 1);
  if (block != NULL && whole > 0) (void)madvise(block, whole, MADV_HUGEPAGE);
#endif
  return block;
}
