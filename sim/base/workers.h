// Worker threads that process indices. One thread, the owner, sends indices and collects those that
// are done; the other threads process them, and so does the owner while it waits. After creation
// nothing is allocated, and locks are taken only to sleep and to wake. Neighbouring indices are
// processed by the same thread unless another is idle.
#ifndef HFTSIM_SIM_BASE_WORKERS_H
#define HFTSIM_SIM_BASE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

// Opaque handle: the threads and their queues.
typedef struct hft_workers hft_workers;

// Processes an index, on any thread, while *budget > 0, and subtracts the work done from it.
// Returns true once the index is done, false only if the budget is used up: the function is then
// called again for that index, on any thread.
typedef bool hft_workers_task(void *context, int index, int64_t *budget);

// Starts `thread_count` threads, counting the owner, for indices 0 .. capacity - 1. `piece` is the
// budget of one call of `work`, which receives `context`. *out belongs to the caller. Errors:
// ENOMEM; EFULL if a thread could not be started.
hft_status hft_workers_create(int thread_count, int capacity, int64_t piece, hft_workers_task *work,
                              void *context, hft_workers **out, hft_error *error);
// Stops the threads and frees all memory; null is ignored. Owner only. Waits for calls of `work`
// that are running and drops all other indices sent.
void hft_workers_free(hft_workers *workers);

// Sends `count` indices. Owner only. Each must have been collected since it was last sent. Earlier
// writes of the owner are visible to the threads that process them. From now on a thread takes at
// most `chunk` (1 .. HFT_WORKERS_CHUNK_MAX) waiting indices at once; smaller chunks shorten the
// wait for the last indices.
#define HFT_WORKERS_CHUNK_MAX 16
void hft_workers_send(hft_workers *workers, const int32_t *index, int count, int chunk);

// Processes and waits until at least `least` of the sent indices are done. Owner only. Writes all
// done indices to index[capacity] and returns how many. `least` must not exceed the number of
// indices sent and not collected. Writes made while processing them are visible to the owner. With
// one thread the indices come in the order in which they were sent.
int hft_workers_collect(hft_workers *workers, int32_t *index, int least);
// As hft_workers_collect, but also returns once the owner itself has done `most` (>= 1) indices or
// used up one budget, or has waited until another thread has used up one.
int hft_workers_collect_some(hft_workers *workers, int32_t *index, int least, int most);

#endif
