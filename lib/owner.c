#define _DEFAULT_SOURCE  // MAP_ANONYMOUS, madvise
#include "lib/owner.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

bool hft_owner_mark_init(hft_owner_mark *mark) {
  void *page = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  if (madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
    munmap(page, page_bytes());
    return false;
  }
  mark->page = page;
  mark->page[0] = 1;
  return true;
}

void hft_owner_mark_free(hft_owner_mark *mark) {
  if (mark->page != NULL) munmap(mark->page, page_bytes());
  mark->page = NULL;
}

bool hft_owner_mark_holds(const hft_owner_mark *mark) {
  return mark->page[0] == 1;
}
