// A config that is compiled on a thread of its own: with a tape that takes as long as the tape is
// read, and nobody else is to wait for it.
#ifndef HFTSIM_SERVER_COMPILE_H
#define HFTSIM_SERVER_COMPILE_H

#include <stdbool.h>

#include "sim/base/units.h"
#include "sim/config/config.h"
#include "sim/env/env.h"

typedef struct hft_compile hft_compile;

// Begins, and takes the config, whatever becomes of it. `classes` must outlive the compile.
// ENOMEM; EFULL: a thread would not start.
hft_status hft_compile_begin(hft_config *config, const hft_agent_class *const *classes,
                             int class_count, hft_compile **out, hft_error *error);

// Whether it is done, for which this waits at most so long.
bool hft_compile_is_done(hft_compile *compile, hft_time wait);

// Waits for its end, and frees it. The model is the caller's. Errors as hft_env_model_create.
hft_status hft_compile_end(hft_compile *compile, hft_env_model **out, hft_error *error);

#endif
