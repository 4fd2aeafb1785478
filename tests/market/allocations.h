// Counts every allocation of the program, whoever asks for it.
#ifndef HFTSIM_TESTS_MARKET_ALLOCATIONS_H
#define HFTSIM_TESTS_MARKET_ALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

// False where nothing is counted: no glibc, and no sanitizer that tells.
bool allocations_start(void);
// Since the program began, or since the start.
int64_t allocations_count(void);

#endif
