// Compiles a config on a thread of its own: reading a tape takes long, and other requests must not
// wait for it.
#ifndef HFTSIM_SERVER_COMPILE_H
#define HFTSIM_SERVER_COMPILE_H

#include <stdbool.h>

#include "sim/base/units.h"
#include "sim/config/config.h"
#include "sim/env/env.h"

// How long to wait for a compile at a time, ns, while no other session has work: that costs nothing
// and spares the processor.
#define HFT_COMPILE_WAIT (2 * HFT_MILLISECOND)

typedef struct hft_compile hft_compile;

// Starts to compile, with the places of `base` (hft_env_model_create_as) or, where that is null,
// with places of its own. Takes ownership of the config, also on failure; null: ENOMEM. `classes`
// and `base` must outlive the compile. ENOMEM; EFULL: the thread could not be started.
hft_status hft_compile_begin(hft_config *config, const hft_agent_class *const *classes,
                             int class_count, const hft_env_model *base, hft_compile **out,
                             hft_error *error);

// Whether it is done; waits for that up to `wait` ns.
bool hft_compile_is_done(hft_compile *compile, hft_time wait);

// Waits until it is done, frees `compile` and returns the model, which the caller owns. Errors as
// of hft_env_model_create_as.
hft_status hft_compile_end(hft_compile *compile, hft_env_model **out, hft_error *error);

#endif
