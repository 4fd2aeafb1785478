// Randomness of the operating system, for values that must differ from run to run: secrets, and
// seeds that the caller did not give. The simulation's own streams depend on seeds only.
#ifndef HFTSIM_SIM_BASE_ENTROPY_H
#define HFTSIM_SIM_BASE_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

// Fills `bytes` with `size` random bytes. Returns false if the system's source fails.
bool hft_entropy_draw(void *bytes, size_t size);

#endif
