// M. E. O'Neill's own generators (Debian's libpcg-cpp-dev), for C.
#ifndef HFTSIM_TESTS_BASE_PCG_ORACLE_H
#define HFTSIM_TESTS_BASE_PCG_ORACLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The first `count` outputs of pcg32(state, sequence) after skipping `skip`.
void pcg_oracle(uint64_t state, uint64_t sequence, uint64_t skip, uint32_t *out, size_t count);
// The same of setseq_rxs_m_xs_64_64.
void pcg_oracle_wide(uint64_t state, uint64_t sequence, uint64_t skip, uint64_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
