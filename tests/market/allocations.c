#include "tests/market/allocations.h"

#include <stddef.h>
#include <stdlib.h>

#include "tests/support/sanitizer.h"

static volatile int64_t count;

int64_t allocations_count(void) {
  return count;
}

#if defined(SANITIZED)

// Of the sanitizers' <sanitizer/allocator_interface.h>, which gcc 12 does not install.
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *memory, size_t size) {
  (void)memory, (void)size;
  count++;
}

static void on_free(const volatile void *memory) {
  (void)memory;
}

bool allocations_start(void) {
  return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0;
}

#elif defined(__GLIBC__)

// A program's own functions of these names take the place of the library's, for all that it links.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  count++;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count++;
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  count++;
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count++;
  return __libc_memalign(alignment, size);
}

bool allocations_start(void) {
  return true;
}

#else

bool allocations_start(void) {
  return false;
}

#endif
