// Inside of sim/env: threads that work through indices. One thread, the owner, sends indices and
// collects those that are done; the others take them as they come, and so does the owner while it
// waits. Nothing is allocated on the way, and nothing locked but to sleep and to wake. Neighbouring
// indices are worked on by the same thread, unless another has nothing to do.
#ifndef HFTSIM_SIM_BASE_WORKERS_H
#define HFTSIM_SIM_BASE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

typedef struct hft_workers hft_workers;

// Does what is to be done with an index, on any thread, as long as the budget is above 0, and takes
// from it what was done. True once the index is done; false only where the budget is used up:
// then it is called for that index again, on any thread.
typedef bool hft_workers_task(void *context, int index, int64_t *budget);

// `thread_count` threads, the owner among them; indices are 0 .. capacity - 1. A thread works in
// pieces of the budget `piece`. ENOMEM; EFULL: a thread would not start.
hft_status hft_workers_create(int thread_count, int capacity, int64_t piece, hft_workers_task *work,
                              void *context, hft_workers **out, hft_error *error);
// Waits for the pieces in hand; all else that has been sent is dropped. Null is ignored.
void hft_workers_free(hft_workers *workers);

// Hands out indices, each of which must have been collected since it was last sent. What the owner
// wrote before is seen by whoever works on them. From now on a thread takes at most `chunk` of
// what waits at once, 1 .. HFT_WORKERS_CHUNK_MAX: as long are the owner's waits for the last ones.
#define HFT_WORKERS_CHUNK_MAX 16
void hft_workers_send(hft_workers *workers, const int32_t *index, int count, int chunk);

// Works and waits until at least `least` of the indices that were sent are done, and writes all
// that are done to index[capacity]. Returns how many. `least` must not be more than are out. What
// was written by whoever worked on them is seen by the owner. On one thread the order is that in
// which they were sent.
int hft_workers_collect(hft_workers *workers, int32_t *index, int least);
// The same, but it returns also once the owner itself has done `most` of them (1 or more) or a
// piece of work, or has waited for as long as another thread takes for one.
int hft_workers_collect_some(hft_workers *workers, int32_t *index, int least, int most);

#endif
