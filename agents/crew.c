#include "agents/crew.h"

#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/base/workers.h"

struct hft_crew {
  int threads;
  hft_workers *workers;
  hft_crew_work *work;
  hft_crew_thread_work *thread_work;  // where work is null
  void *context;
  int32_t item[HFT_CREW_ITEMS_MAX];
  int32_t done[HFT_CREW_ITEMS_MAX];
};

static bool work_on(void *context, int thread, int index, int64_t *budget) {
  (void)budget;
  hft_crew *crew = context;
  if (crew->work != NULL) {
    crew->work(crew->context, index);
  } else {
    crew->thread_work(crew->context, thread, index);
  }
  return true;
}

hft_status hft_crew_create(int threads, hft_crew **out, hft_error *error) {
  *out = NULL;
  hft_crew *crew = calloc(1, sizeof *crew);
  if (crew == NULL) return hft_fail(error, HFT_ENOMEM, "crew", "out of memory");
  crew->threads = threads;
  for (int i = 0; i < HFT_CREW_ITEMS_MAX; i++) crew->item[i] = i;
  hft_status status = hft_workers_create(threads, HFT_CREW_ITEMS_MAX, INT64_MAX, work_on, crew,
                                         &crew->workers, error);
  if (status != HFT_OK) {
    free(crew);
    return status;
  }
  *out = crew;
  return HFT_OK;
}

void hft_crew_free(hft_crew *crew) {
  if (crew == NULL) return;
  hft_workers_free(crew->workers);
  free(crew);
}

int hft_crew_threads(const hft_crew *crew) {
  return crew->threads;
}

static void run(hft_crew *crew, int count) {
  HFT_CHECK(count >= 0 && count <= HFT_CREW_ITEMS_MAX);
  if (count == 0) return;
  hft_workers_send(crew->workers, crew->item, count, 1);
  int left = count;
  while (left > 0) left -= hft_workers_collect(crew->workers, crew->done, left);
}

void hft_crew_run(hft_crew *crew, int count, hft_crew_work *work, void *context) {
  crew->work = work;
  crew->context = context;
  run(crew, count);
}

void hft_crew_run_threads(hft_crew *crew, int count, hft_crew_thread_work *work, void *context) {
  crew->work = NULL;
  crew->thread_work = work;
  crew->context = context;
  run(crew, count);
}
