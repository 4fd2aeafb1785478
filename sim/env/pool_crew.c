#include "sim/env/pool_crew.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/arena.h"

#define CHUNK_MAX 32       // indices that a thread takes at once
#define CHUNKS_A_THREAD 4  // that what waits is cut into, so that threads finish together
#define SPINS 2000         // looks before a thread sleeps: tens of microseconds
#define NOBODY (-1)

struct hft_crew {
  hft_crew_work *work;
  void *context;
  uint64_t mask;          // of a place in `todo`
  _Atomic int32_t *todo;  // ring: what waits stands at head <= place < tail
  int32_t *next;          // [index] what was done before it
  uint64_t gathered;      // by the owner, ever
  int thread_count, started, spins;
  alignas(HFT_CACHE_LINE) _Atomic uint64_t head;
  alignas(HFT_CACHE_LINE) _Atomic uint64_t tail;
  alignas(HFT_CACHE_LINE) _Atomic int32_t done;     // the last one done, or NOBODY
  _Atomic uint64_t done_count;                      // ever
  alignas(HFT_CACHE_LINE) _Atomic uint64_t wanted;  // the done_count that the owner sleeps for
  _Atomic int sleepers;                             // workers that have to be woken
  atomic_bool quit;
  pthread_mutex_t lock;
  pthread_cond_t go, enough;
  pthread_t thread[];
};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Takes up to `most` of what waits. It is read before it is claimed: until then nothing can be
// written over it.
static int take(hft_crew *crew, int32_t chunk[CHUNK_MAX], int most) {
  uint64_t head = atomic_load(&crew->head);
  for (;;) {
    uint64_t waiting = atomic_load(&crew->tail) - head;
    if (waiting == 0) return 0;
    uint64_t count = waiting / (uint64_t)(CHUNKS_A_THREAD * crew->thread_count);
    if (count > CHUNK_MAX) count = CHUNK_MAX;
    if (count > (uint64_t)most) count = (uint64_t)most;
    if (count < 1) count = 1;
    for (uint64_t k = 0; k < count; k++) {
      chunk[k] = atomic_load_explicit(&crew->todo[(head + k) & crew->mask], memory_order_relaxed);
    }
    if (atomic_compare_exchange_weak(&crew->head, &head, head + count)) return (int)count;
  }
}

// Works on a chunk and puts it, as a chain, before all that was done earlier.
static void do_chunk(hft_crew *crew, const int32_t *chunk, int count) {
  for (int k = 0; k < count; k++) crew->work(crew->context, chunk[k]);
  for (int k = 0; k + 1 < count; k++) crew->next[chunk[k]] = chunk[k + 1];
  int32_t before = atomic_load(&crew->done);
  do {
    crew->next[chunk[count - 1]] = before;
  } while (!atomic_compare_exchange_weak(&crew->done, &before, chunk[0]));
  uint64_t done = atomic_fetch_add(&crew->done_count, (uint64_t)count) + (uint64_t)count;
  if (done < atomic_load(&crew->wanted)) return;
  pthread_mutex_lock(&crew->lock);
  pthread_cond_signal(&crew->enough);
  pthread_mutex_unlock(&crew->lock);
}

static bool is_idle(hft_crew *crew) {
  return atomic_load(&crew->head) == atomic_load(&crew->tail) && !atomic_load(&crew->quit);
}

static void *work(void *argument) {
  hft_crew *crew = argument;
  while (!atomic_load(&crew->quit)) {
    int32_t chunk[CHUNK_MAX];
    int count = take(crew, chunk, CHUNK_MAX);
    if (count > 0) {
      do_chunk(crew, chunk, count);
      continue;
    }
    for (int s = 0; s < crew->spins && is_idle(crew); s++) pause_briefly();
    if (!is_idle(crew)) continue;
    pthread_mutex_lock(&crew->lock);
    // Whoever sends looks at `sleepers` after `tail`, as this does in the other order: one of the
    // two sees the other.
    atomic_fetch_add(&crew->sleepers, 1);
    while (is_idle(crew)) pthread_cond_wait(&crew->go, &crew->lock);
    atomic_fetch_sub(&crew->sleepers, 1);
    pthread_mutex_unlock(&crew->lock);
  }
  return NULL;
}

void hft_crew_send(hft_crew *crew, const int32_t *index, int count) {
  uint64_t tail = atomic_load(&crew->tail);
  for (int k = 0; k < count; k++) {
    atomic_store_explicit(&crew->todo[(tail + (uint64_t)k) & crew->mask], index[k],
                          memory_order_relaxed);
  }
  atomic_store(&crew->tail, tail + (uint64_t)count);
  if (atomic_load(&crew->sleepers) == 0) return;
  pthread_mutex_lock(&crew->lock);
  pthread_cond_broadcast(&crew->go);
  pthread_mutex_unlock(&crew->lock);
}

// Writes what is done to `index` after its first `count`.
static int gather(hft_crew *crew, int32_t *index, int count) {
  if (atomic_load(&crew->done) == NOBODY) return count;
  int before = count;
  for (int32_t i = atomic_exchange(&crew->done, NOBODY); i != NOBODY; i = crew->next[i]) {
    index[count++] = i;
  }
  crew->gathered += (uint64_t)(count - before);
  return count;
}

// Waits until the workers have done `count` more than is gathered.
static void await(hft_crew *crew, int count) {
  uint64_t wanted = crew->gathered + (uint64_t)count;
  for (int s = 0; s < crew->spins && atomic_load(&crew->done_count) < wanted; s++) pause_briefly();
  if (atomic_load(&crew->done_count) >= wanted) return;
  pthread_mutex_lock(&crew->lock);
  atomic_store(&crew->wanted, wanted);
  while (atomic_load(&crew->done_count) < wanted) pthread_cond_wait(&crew->enough, &crew->lock);
  atomic_store(&crew->wanted, UINT64_MAX);
  pthread_mutex_unlock(&crew->lock);
}

int hft_crew_collect(hft_crew *crew, int32_t *index, int least) {
  int count = 0;
  for (;;) {
    count = gather(crew, index, count);
    if (count >= least) return count;
    int32_t chunk[CHUNK_MAX];
    int taken = take(crew, chunk, least - count);
    if (taken > 0) {
      do_chunk(crew, chunk, taken);
    } else {
      await(crew, least - count);
    }
  }
}

hft_status hft_crew_create(int thread_count, int capacity, hft_crew_work *do_work, void *context,
                           hft_crew **out, hft_error *error) {
  uint64_t places = 1;
  while (places < (uint64_t)capacity) places *= 2;
  size_t size = sizeof(hft_crew) + (size_t)thread_count * sizeof(pthread_t);
  hft_crew *crew = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (crew == NULL) return hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  *crew = (hft_crew){.work = do_work,
                     .context = context,
                     .mask = places - 1,
                     .todo = calloc(places, sizeof *crew->todo),
                     .next = calloc((size_t)capacity, sizeof *crew->next),
                     .thread_count = thread_count,
                     .done = NOBODY,
                     .wanted = UINT64_MAX};
  // Where threads share a core, one that spins keeps the other from its work.
  crew->spins = sysconf(_SC_NPROCESSORS_ONLN) >= thread_count ? SPINS : 0;
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->go, NULL);
  pthread_cond_init(&crew->enough, NULL);
  hft_status status = HFT_OK;
  if (crew->todo == NULL || crew->next == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  }
  for (int t = 1; t < thread_count && status == HFT_OK; t++) {
    if (pthread_create(&crew->thread[t], NULL, work, crew) == 0) {
      crew->started++;
    } else {
      status = hft_fail(error, HFT_EFULL, "threads", "thread %d of %d would not start", t + 1,
                        thread_count);
    }
  }
  if (status == HFT_OK) {
    *out = crew;
  } else {
    hft_crew_free(crew);
  }
  return status;
}

void hft_crew_free(hft_crew *crew) {
  if (crew == NULL) return;
  pthread_mutex_lock(&crew->lock);
  atomic_store(&crew->quit, true);
  pthread_cond_broadcast(&crew->go);
  pthread_mutex_unlock(&crew->lock);
  for (int t = 1; t <= crew->started; t++) pthread_join(crew->thread[t], NULL);
  pthread_mutex_destroy(&crew->lock);
  pthread_cond_destroy(&crew->go);
  pthread_cond_destroy(&crew->enough);
  free((void *)crew->todo);
  free(crew->next);
  free(crew);
}
