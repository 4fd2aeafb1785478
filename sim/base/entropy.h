// Randomness of the system, for what has to differ from run to run: secrets, and seeds where the
// caller gave none. The simulation's own streams come from seeds alone.
#ifndef HFTSIM_SIM_BASE_ENTROPY_H
#define HFTSIM_SIM_BASE_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

// Fills `bytes`. False: the system gives none.
bool hft_entropy_draw(void *bytes, size_t size);

#endif
