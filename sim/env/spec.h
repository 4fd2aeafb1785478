// Inside of sim/env: the shapes of all arrays, and what each of their numbers means.
#ifndef HFTSIM_SIM_ENV_SPEC_H
#define HFTSIM_SIM_ENV_SPEC_H

#include "sim/env/state.h"

// Fills the spec and the dims of a model whose seats and market stand. ECONFIG where an
// observation, the state or a discrete action would be too large; ENOMEM.
hft_status hft_spec_compile(hft_env_model *model, hft_error *error);

#endif
