#include "tests/base/pcg_oracle.h"

#include <pcg_random.hpp>

void pcg_oracle(uint64_t state, uint64_t sequence, uint64_t skip, uint32_t *out, size_t count) {
  pcg32 generator(state, sequence);
  generator.advance(skip);
  for (size_t i = 0; i < count; i++) out[i] = generator();
}

void pcg_oracle_wide(uint64_t state, uint64_t sequence, uint64_t skip, uint64_t *out,
                     size_t count) {
  pcg_engines::setseq_rxs_m_xs_64_64 generator(state, sequence);
  generator.advance(skip);
  for (size_t i = 0; i < count; i++) out[i] = generator();
}
