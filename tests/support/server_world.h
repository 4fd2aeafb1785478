// A small real market for the server's tests, and a service over it.
#ifndef HFTSIM_TESTS_SUPPORT_SERVER_WORLD_H
#define HFTSIM_TESTS_SUPPORT_SERVER_WORLD_H

#include "server/service.h"

// The config "small": a noise and a value population, one maker and one executor seat, episodes of
// 5 steps. "drifting" is the same with episodes of 7 steps. Ask for "broken" to have load_config
// run out of memory.
hft_status world_load_config(void *context, const char *name, const char *text, size_t length,
                             hft_config **out, hft_error *error);

// What the config of an agent of the kind "reader" waits for, whose key `file` names a file that it
// does not read. Null: nothing. Called on whichever thread compiles; not HFT_OK: it is refused.
extern hft_status (*world_on_read)(void);

// A service of that world: 4 sessions, 64 envs, 256 MiB, `thread_count` threads, 10 s idle.
hft_service_config world_service_config(int thread_count);

#endif
