// Blocks in huge pages: what the kernel is asked for, what it grants, and what happens when it
// refuses. The linker redirects the calls of the code under test to the functions here (--wrap).
#define _DEFAULT_SOURCE  // MADV_HUGEPAGE
#include "sim/base/pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/arena.h"
#include "tests/support/slab.h"

#define MIB ((size_t)1 << 20)

static const size_t sizes[] = {1,
                               63,
                               64,
                               65,
                               4095,
                               MIB,
                               HFT_HUGE_PAGE - 1,
                               HFT_HUGE_PAGE,
                               HFT_HUGE_PAGE + 1,
                               2 * HFT_HUGE_PAGE - 1,
                               2 * HFT_HUGE_PAGE,
                               11 * MIB + 3,
                               40 * MIB + 4096};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

// The calls since they were zeroed, and whether they fail.
static struct {
  int allocations, advices;
  size_t allocated, advised;  // bytes of the last call
  void *at;
  int advice;
  bool full, refused;
} calls;

void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_madvise(void *at, size_t size, int advice);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_madvise(void *at, size_t size, int advice);

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  calls.allocations++;
  calls.allocated = size;
  assert_int_equal(size % alignment, 0);
  return calls.full ? NULL : __real_aligned_alloc(alignment, size);
}

int __wrap_madvise(void *at, size_t size, int advice) {
  calls.advices++;
  calls.at = at;
  calls.advised = size;
  calls.advice = advice;
  if (!calls.refused) return __real_madvise(at, size, advice);
  errno = EINVAL;
  return -1;
}

static int start(void **state) {
  (void)state;
  memset(&calls, 0, sizeof calls);
  return 0;
}

// A block is aligned, all of it can be written, and it is large enough.
static void check_block(char *block, size_t size) {
  assert_non_null(block);
  assert_int_equal((uintptr_t)block % HFT_CACHE_LINE, 0);
  if (size >= HFT_HUGE_PAGE) assert_int_equal((uintptr_t)block % HFT_HUGE_PAGE, 0);
  assert_true(calls.allocated >= size);
  memset(block, 0x5a, size);
  for (size_t at = 0; at < size; at += 4096) assert_int_equal(block[at], 0x5a);
  assert_int_equal(block[size - 1], 0x5a);
}

static void blocks_are_aligned_and_whole_pages_are_advised(void **state) {
  (void)state;
  for (int i = 0; i < SIZES; i++) {
    start(NULL);
    char *block = hft_pages_alloc(sizes[i]);
    check_block(block, sizes[i]);
    assert_int_equal(calls.allocations, 1);
#ifdef MADV_HUGEPAGE
    assert_int_equal(calls.advices, sizes[i] >= HFT_HUGE_PAGE);
    if (calls.advices > 0) {
      assert_ptr_equal(calls.at, block);
      assert_int_equal(calls.advice, MADV_HUGEPAGE);
      // The pages that lie within the block, and no other.
      assert_int_equal(calls.advised, sizes[i] / HFT_HUGE_PAGE * HFT_HUGE_PAGE);
    }
#endif
    free(block);
  }
}

static void blocks_do_without_huge_pages(void **state) {
  (void)state;
  for (int i = 0; i < SIZES; i++) {
    start(NULL);
    calls.refused = true;
    char *block = hft_pages_alloc(sizes[i]);
    check_block(block, sizes[i]);
    free(block);
  }
}

// A compiler that sees an allocation whose block goes nowhere may take it out.
static void *volatile sight;

static void *alloc(size_t size) {
  sight = hft_pages_alloc(size);
  return sight;
}

static void a_block_that_does_not_fit_is_null(void **state) {
  (void)state;
  // Sizes that no multiple of the alignment can hold: nothing is asked for.
  for (size_t less = 0; less < 3; less++) {
    assert_null(alloc(SIZE_MAX - less));
    assert_null(alloc(SIZE_MAX - HFT_HUGE_PAGE + 1 + less));
  }
  assert_int_equal(calls.allocations, 0);
  calls.full = true;
  for (int i = 0; i < SIZES; i++) assert_null(alloc(sizes[i]));
  assert_int_equal(calls.allocations, (int)SIZES);
  assert_int_equal(calls.advices, 0);
}

// Blocks beside each other do not overlap, and each can be freed in any order.
static void blocks_are_apart(void **state) {
  (void)state;
  enum { BLOCKS = 24 };
  char *block[BLOCKS];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < BLOCKS; i++) {
      size_t size = sizes[(i * 5 + round) % (SIZES - 1)];
      block[i] = hft_pages_alloc(size);
      assert_non_null(block[i]);
      memset(block[i], i + 1, size);
    }
    for (int i = 0; i < BLOCKS; i++) {
      int k = (i * 7 + round) % BLOCKS;
      size_t size = sizes[(k * 5 + round) % (SIZES - 1)];
      for (size_t at = 0; at < size; at += 509) assert_int_equal(block[k][at], k + 1);
      assert_int_equal(block[k][size - 1], k + 1);
      free(block[k]);
    }
  }
}

// Bytes of this address range that the kernel's map of the process (/proc/self/smaps) flags for
// huge pages.
static size_t flagged_bytes(const char *begin, const char *end) {
  FILE *maps = fopen("/proc/self/smaps", "r");
  if (maps == NULL) return 0;
  char line[512];
  uintptr_t first = 0, last = 0, from = (uintptr_t)begin, to = (uintptr_t)end;
  size_t bytes = 0;
  while (fgets(line, sizeof line, maps) != NULL) {
    uintptr_t a, b;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &a, &b) == 2) {
      first = a > from ? a : from;
      last = b < to ? b : to;
    } else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg") != NULL && last > first) {
      bytes += last - first;
    }
  }
  fclose(maps);
  return bytes;
}

static void the_kernel_knows_the_advice(void **state) {
  (void)state;
  if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0 ||
      access("/proc/self/smaps", R_OK) != 0) {
    print_message("skipped: this kernel has no huge pages, or does not tell of them\n");
    skip();
  }
  for (int i = 0; i < SIZES; i++) {
    char *block = hft_pages_alloc(sizes[i]);
    assert_non_null(block);
    memset(block, 1, sizes[i]);
    size_t whole = sizes[i] / HFT_HUGE_PAGE * HFT_HUGE_PAGE;
    if (whole > 0) assert_int_equal(flagged_bytes(block, block + whole), whole);
    free(block);
  }
}

// The envs of a large pool lie in such a block; what happens in them does not depend on it.
static void a_pool_has_its_envs_there(void **state) {
  (void)state;
  hft_env_model *model = world_model(slab_config);
  size_t row = hft_align(hft_env_size(model));
  int count = (int)(3 * HFT_HUGE_PAGE / row) + 1;
  uint64_t hash[2] = {0};
  for (int refused = 0; refused < 2; refused++) {
    start(NULL);
    calls.refused = refused;
    hft_pool *pool = slab_open(model, count, 2, 5);
#ifdef MADV_HUGEPAGE
    assert_int_equal(calls.advices, 1);
    assert_ptr_equal(calls.at, hft_pool_env(pool, 0));
    size_t bytes = (size_t)count * row;
    assert_int_equal(calls.advised, bytes / HFT_HUGE_PAGE * HFT_HUGE_PAGE);
#endif
    hft_pool_reset(pool, NULL, NULL);
    for (int step = 0; step < 30; step++) slab_step(pool, 5, step);
    hash[refused] = slab_rows_hash(pool, count - 1);
    hft_pool_free(pool);
  }
  assert_true(hash[0] == hash[1]);
  start(NULL);
  hft_pool *small = slab_open(model, 1, 1, 5);
  assert_int_equal(calls.advices, 0);
  hft_pool_free(small);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(blocks_are_aligned_and_whole_pages_are_advised, start),
      cmocka_unit_test_setup(blocks_do_without_huge_pages, start),
      cmocka_unit_test_setup(a_block_that_does_not_fit_is_null, start),
      cmocka_unit_test_setup(blocks_are_apart, start),
      cmocka_unit_test_setup(the_kernel_knows_the_advice, start),
      cmocka_unit_test_setup(a_pool_has_its_envs_there, start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
