// Counts calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and free. The linker
// redirects the calls in a program's code to the counters (--wrap), which call the allocator in
// use, that of a sanitizer too. Link hftsim_test_allocations.
#ifndef HFTSIM_TESTS_SUPPORT_ALLOCATIONS_H
#define HFTSIM_TESTS_SUPPORT_ALLOCATIONS_H

// The calls so far, of all threads.
unsigned long allocations(void);

#endif
