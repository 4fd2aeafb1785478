// A pool of worker threads that process indices, shared by the environment pool (one index an env)
// and the runner of episodes (one an episode). One thread, the owner, sends indices and collects
// those that are done; the workers take them as they come, and so does the owner while it waits.
// Sending and collecting allocate nothing, and lock only to sleep and to wake. Neighbouring indices
// are processed by the same thread, unless another one is idle.
#ifndef HFTSIM_SIM_BASE_WORKERS_H
#define HFTSIM_SIM_BASE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

typedef struct hft_workers hft_workers;

// Processes an index while the budget is above 0, and subtracts the work done from the budget.
// `thread` is the number of the calling thread: 0 for the owner, up to thread_count - 1. Returns
// true once the index is done. Returns false only if the budget is used up: it is then called again
// for that index, on any thread.
typedef bool hft_workers_task(void *context, int thread, int index, int64_t *budget);

// Starts thread_count - 1 threads; the caller is the owner. Indices are 0 .. capacity - 1. `piece`
// is the budget of one call of `work`. The owner frees *out. ENOMEM; EFULL: a thread failed to
// start.
hft_status hft_workers_create(int thread_count, int capacity, int64_t piece, hft_workers_task *work,
                              void *context, hft_workers **out, hft_error *error);

// Waits for the calls of `work` in progress, drops all other indices that were sent, and ends the
// threads. Null is ignored.
void hft_workers_free(hft_workers *workers);

#define HFT_WORKERS_CHUNK_MAX 16

// Sends indices, each of which must have been collected since it was last sent. Memory that the
// owner wrote before is visible to the thread that processes them. From now on, a thread takes at
// most `chunk` waiting indices at once, 1 .. HFT_WORKERS_CHUNK_MAX; a smaller chunk shortens the
// owner's wait for the last ones.
void hft_workers_send(hft_workers *workers, const int32_t *index, int count, int chunk);

// Processes indices and waits until at least `least` of those that were sent are done, and writes
// all that are done to index[capacity]. Returns their number. `least` must not exceed the number of
// sent and not yet collected indices. Memory that their threads wrote is visible to the owner. With
// one thread, indices are done in the order in which they were sent.
int hft_workers_collect(hft_workers *workers, int32_t *index, int least);

// The same, but returns early once the owner itself has done `most` indices (1 or more) or used up
// one piece, or has waited until another thread has used up one.
int hft_workers_collect_some(hft_workers *workers, int32_t *index, int least, int most);

#endif
