// Counts every allocation of the program.
#ifndef HFTSIM_TESTS_MARKET_ALLOCATIONS_H
#define HFTSIM_TESTS_MARKET_ALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

// Starts counting. False if this build cannot count: neither glibc nor a sanitizer with hooks.
bool allocations_start(void);
// Allocations since allocations_start, or since the start of the program.
int64_t allocations_count(void);

#endif
