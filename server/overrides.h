// Overrides of a reset: from paths and values to a model of the session's pool.
#ifndef HFTSIM_SERVER_OVERRIDES_H
#define HFTSIM_SERVER_OVERRIDES_H

#include "server/session.h"

// Finds the set of the pool that a reset with overrides asks for, or begins to compile its model on
// a thread of its own. CONFIG: an override is wrong; nothing has changed.
hft_wire_code hft_overrides_begin(hft_session *session, const hft_wire_request *request,
                                  const hft_agent_class *const *classes, int class_count,
                                  hft_wire_fault *fault);

// Adds the model to the pool once it is compiled: session->overrides.set is -1 until then. CONFIG:
// it does not fit the session's envs; LIMIT: memory, or the pool's limit of sets. Then nothing has
// changed, and the reset is dropped.
hft_wire_code hft_overrides_work(hft_session *session, size_t memory_left, hft_wire_fault *fault);

#endif
