// Threads that share work: items 0 .. count - 1 of a function, in any order, on the threads of a
// crew. What an item computes must not depend on the thread; then nothing depends on their number.
#ifndef HFTSIM_AGENTS_CREW_H
#define HFTSIM_AGENTS_CREW_H

#include "sim/base/status.h"

#define HFT_CREW_ITEMS_MAX 4096

typedef struct hft_crew hft_crew;
typedef void hft_crew_work(void *context, int item);
// The same, with the number of the thread, 0 .. threads - 1: for scratch memory and clocks.
typedef void hft_crew_thread_work(void *context, int thread, int item);

// Starts threads - 1 threads; the caller of hft_crew_run is one of them. ENOMEM, EFULL.
hft_status hft_crew_create(int threads, hft_crew **out, hft_error *error);
// Null is ignored.
void hft_crew_free(hft_crew *crew);
int hft_crew_threads(const hft_crew *crew);
// Runs the items and returns when all are done. No allocation.
void hft_crew_run(hft_crew *crew, int count, hft_crew_work *work, void *context);
void hft_crew_run_threads(hft_crew *crew, int count, hft_crew_thread_work *work, void *context);

#endif
