// A small market for the tests of the server, and a service over it.
#ifndef HFTSIM_TESTS_SUPPORT_SERVER_WORLD_H
#define HFTSIM_TESTS_SUPPORT_SERVER_WORLD_H

#include "server/service.h"

// The config "small": a noise and a value population, one maker and one executor seat, episodes of
// 5 steps. "drifting" is the same with episodes of 7 steps. Ask for "broken" to have load_config
// run out of memory.
hft_status world_load_config(void *context, const char *name, const char *text, size_t length,
                             hft_config **out, hft_error *error);

// Called when a config with an agent of the kind "reader" is compiled, on the compiling thread
// (null: not called). A status other than HFT_OK refuses the config. The agent's key `file` names a
// file that it does not read.
extern hft_status (*world_on_read)(void);

// The config of a service: 4 sessions, 64 envs, 256 MiB, an idle timeout of 10 s.
hft_service_config world_service_config(int thread_count);

#endif
