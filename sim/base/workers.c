#include "sim/base/workers.h"

#include <limits.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/arena.h"

#define SPINS 2000  // polls before a thread sleeps: tens of microseconds
#define NO_INDEX (-1)

// The waiting indices of one thread, in a ring at head <= place < tail. Each index has a home
// queue, so that the same thread works on it again and finds its memory in the cache. A thread
// whose own queue is empty takes from the others.
typedef struct queue {
  alignas(HFT_CACHE_LINE) _Atomic uint64_t head;
  alignas(HFT_CACHE_LINE) _Atomic uint64_t tail;
  _Atomic int32_t *todo;
} queue;

typedef struct worker {
  hft_workers *workers;
  pthread_t thread;
  int place;
} worker;

// Indices that a thread has taken; those before `at` are done.
typedef struct task_batch {
  int32_t index[HFT_WORKERS_CHUNK_MAX];
  int at, count;
  int most;  // taken at once; 1 after a batch whose indices used up the budget
} task_batch;

struct hft_workers {
  hft_workers_task *work;
  void *context;
  int64_t piece;
  int thread_count, started, spins;
  int share;                                      // indices whose home is one queue
  uint64_t mask;                                  // of a place in a ring
  _Atomic int32_t *todo;                          // the rings of all queues
  int32_t *next;                                  // [index] the index that was done before it
  queue *queue;                                   // [thread], the owner's first
  worker *worker;                                 // [thread]
  alignas(HFT_CACHE_LINE) task_batch batch;       // the owner's; on its own cache line
  uint64_t gathered;                              // indices collected by the owner, in total
  alignas(HFT_CACHE_LINE) _Atomic uint64_t sent;  // indices sent, in total
  _Atomic int sleepers;                           // workers that must be woken
  _Atomic int chunk;                              // indices that a thread takes at once, at most
  atomic_bool quit;
  alignas(HFT_CACHE_LINE) _Atomic int32_t done;  // the last index done, or NO_INDEX
  _Atomic uint64_t done_count;                   // in total
  _Atomic uint64_t wanted;                       // the done_count that the owner waits for
  _Atomic uint64_t pieces;     // budgets that were used up within an index, in total
  atomic_bool watches_pieces;  // the owner sleeps until `pieces` grows
  alignas(HFT_CACHE_LINE) pthread_mutex_t lock;
  pthread_cond_t go, enough;
};

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Takes up to `most` of the indices waiting in a queue, at most a quarter of them (rounded up). The
// indices are read before they are claimed: their places cannot be overwritten until then.
static int dequeue(const hft_workers *workers, queue *from, int32_t chunk[HFT_WORKERS_CHUNK_MAX],
                   int most) {
  uint64_t head = atomic_load(&from->head);
  uint64_t limit = (uint64_t)atomic_load_explicit(&workers->chunk, memory_order_relaxed);
  for (;;) {
    uint64_t waiting = atomic_load(&from->tail) - head;
    if (waiting == 0) return 0;
    uint64_t count = (waiting + 3) / 4;
    if (count > limit) count = limit;
    if (count > (uint64_t)most) count = (uint64_t)most;
    for (uint64_t k = 0; k < count; k++) {
      chunk[k] =
          atomic_load_explicit(&from->todo[(head + k) & workers->mask], memory_order_relaxed);
    }
    if (atomic_compare_exchange_weak(&from->head, &head, head + count)) return (int)count;
  }
}

static void take(const hft_workers *workers, int place, task_batch *batch, int most) {
  if (batch->most < most) most = batch->most;
  batch->at = 0;
  batch->count = dequeue(workers, &workers->queue[place], batch->index, most);
  for (int k = 1; k < workers->thread_count && batch->count == 0; k++) {
    batch->count =
        dequeue(workers, &workers->queue[(place + k) % workers->thread_count], batch->index, most);
  }
}

static void wake_owner(hft_workers *workers) {
  pthread_mutex_lock(&workers->lock);
  pthread_cond_signal(&workers->enough);
  pthread_mutex_unlock(&workers->lock);
}

// Prepends a chain of done indices to the list of all that were done earlier.
static void push_done(hft_workers *workers, const int32_t *index, int count) {
  for (int k = 0; k + 1 < count; k++) workers->next[index[k]] = index[k + 1];
  int32_t before = atomic_load(&workers->done);
  do {
    workers->next[index[count - 1]] = before;
  } while (!atomic_compare_exchange_weak(&workers->done, &before, index[0]));
  uint64_t done = atomic_fetch_add(&workers->done_count, (uint64_t)count) + (uint64_t)count;
  if (done >= atomic_load(&workers->wanted)) wake_owner(workers);
}

// Works on up to `most` of the batch's indices while the budget lasts. Returns how many are done.
static int work_batch(hft_workers *workers, task_batch *batch, int most, int64_t *budget) {
  int first = batch->at;
  while (batch->at < batch->count && batch->at - first < most &&
         workers->work(workers->context, batch->index[batch->at], budget)) {
    batch->at++;
  }
  batch->most = *budget > 0 ? HFT_WORKERS_CHUNK_MAX : 1;
  if (batch->at > first) push_done(workers, batch->index + first, batch->at - first);
  return batch->at - first;
}

static bool is_idle(hft_workers *workers, uint64_t seen) {
  return atomic_load(&workers->sent) == seen && !atomic_load(&workers->quit);
}

// Completes the whole batch, one budget at a time, unless the workers are being stopped.
static void do_batch(hft_workers *workers, task_batch *batch) {
  while (batch->at < batch->count && !atomic_load(&workers->quit)) {
    int64_t budget = workers->piece;
    work_batch(workers, batch, HFT_WORKERS_CHUNK_MAX, &budget);
    if (budget > 0) continue;
    atomic_fetch_add(&workers->pieces, 1);
    if (atomic_load(&workers->watches_pieces)) wake_owner(workers);
  }
}

static void *work(void *argument) {
  const worker *self = argument;
  hft_workers *workers = self->workers;
  task_batch batch = {.most = HFT_WORKERS_CHUNK_MAX};
  while (!atomic_load(&workers->quit)) {
    uint64_t seen = atomic_load(&workers->sent);
    take(workers, self->place, &batch, HFT_WORKERS_CHUNK_MAX);
    if (batch.count > 0) {
      do_batch(workers, &batch);
      continue;
    }
    for (int s = 0; s < workers->spins && is_idle(workers, seen); s++) pause_briefly();
    if (!is_idle(workers, seen)) continue;
    pthread_mutex_lock(&workers->lock);
    // A sender writes `sent` and then reads `sleepers`; a worker writes `sleepers` and then reads
    // `sent`. So at least one of the two sees the other's write.
    atomic_fetch_add(&workers->sleepers, 1);
    while (is_idle(workers, seen)) pthread_cond_wait(&workers->go, &workers->lock);
    atomic_fetch_sub(&workers->sleepers, 1);
    pthread_mutex_unlock(&workers->lock);
  }
  return NULL;
}

static void enqueue(hft_workers *workers, const int32_t *index, int count) {
  for (int k = 0; k < count; k++) {
    queue *home = &workers->queue[index[k] / workers->share];
    uint64_t tail = atomic_load_explicit(&home->tail, memory_order_relaxed);
    atomic_store_explicit(&home->todo[tail & workers->mask], index[k], memory_order_relaxed);
    atomic_store_explicit(&home->tail, tail + 1, memory_order_release);
  }
  atomic_store(&workers->sent, atomic_load(&workers->sent) + (uint64_t)count);
  if (atomic_load(&workers->sleepers) == 0) return;
  pthread_mutex_lock(&workers->lock);
  pthread_cond_broadcast(&workers->go);
  pthread_mutex_unlock(&workers->lock);
}

void hft_workers_send(hft_workers *workers, const int32_t *index, int count, int chunk) {
  atomic_store_explicit(&workers->chunk, chunk, memory_order_relaxed);
  enqueue(workers, index, count);
}

// Appends all done indices to `index` after its first `count`. Returns the new count.
static int drain_done(hft_workers *workers, int32_t *index, int count) {
  if (atomic_load(&workers->done) == NO_INDEX) return count;
  int before = count;
  for (int32_t i = atomic_exchange(&workers->done, NO_INDEX); i != NO_INDEX; i = workers->next[i]) {
    index[count++] = i;
  }
  workers->gathered += (uint64_t)(count - before);
  return count;
}

// Has the owner's wait ended: enough indices done, or one more budget used up?
static bool wait_is_over(const hft_workers *workers, uint64_t wanted, uint64_t pieces) {
  return atomic_load(&workers->done_count) >= wanted || atomic_load(&workers->pieces) >= pieces;
}

// Waits until the workers have done `count` more indices than were collected, or until `pieces`
// budgets have been used up.
static void await(hft_workers *workers, int count, uint64_t pieces) {
  uint64_t wanted = workers->gathered + (uint64_t)count;
  for (int s = 0; s < workers->spins && !wait_is_over(workers, wanted, pieces); s++)
    pause_briefly();
  if (wait_is_over(workers, wanted, pieces)) return;
  pthread_mutex_lock(&workers->lock);
  atomic_store(&workers->wanted, wanted);
  atomic_store(&workers->watches_pieces, pieces != UINT64_MAX);
  while (!wait_is_over(workers, wanted, pieces))
    pthread_cond_wait(&workers->enough, &workers->lock);
  atomic_store(&workers->watches_pieces, false);
  atomic_store(&workers->wanted, UINT64_MAX);
  pthread_mutex_unlock(&workers->lock);
}

// Keeps `kept` indices of the owner's batch and requeues the rest. With one thread all stay in the
// batch, in their order.
static void requeue(hft_workers *workers, int kept) {
  task_batch *own = &workers->batch;
  if (workers->thread_count == 1 || own->count - own->at <= kept) return;
  enqueue(workers, own->index + own->at + kept, own->count - own->at - kept);
  own->count = own->at + kept;
}

static int collect(hft_workers *workers, int32_t *index, int least, int most, bool is_piece) {
  task_batch *own = &workers->batch;
  int64_t budget = workers->piece;
  int count = drain_done(workers, index, 0);
  while (count < least && most > 0 && budget > 0) {
    int wanted = least - count < most ? least - count : most;
    if (own->at == own->count) take(workers, 0, own, wanted);
    if (own->at < own->count) {
      most -= work_batch(workers, own, wanted, &budget);
      if (budget <= 0 && !is_piece) {
        requeue(workers, 1);
        budget = workers->piece;
      }
    } else {
      await(workers, least - count, is_piece ? atomic_load(&workers->pieces) + 1 : UINT64_MAX);
      if (is_piece) budget = 0;
    }
    count = drain_done(workers, index, count);
  }
  requeue(workers, 0);
  return count;
}

int hft_workers_collect(hft_workers *workers, int32_t *index, int least) {
  return collect(workers, index, least, INT_MAX, false);
}

int hft_workers_collect_some(hft_workers *workers, int32_t *index, int least, int most) {
  return collect(workers, index, least, most, true);
}

static bool allocate(hft_workers *workers, int capacity) {
  size_t threads = (size_t)workers->thread_count, places = 1;
  while (places < (size_t)workers->share) places *= 2;
  workers->mask = places - 1;
  workers->todo = calloc(threads * places, sizeof *workers->todo);
  workers->next = calloc((size_t)capacity, sizeof *workers->next);
  workers->queue = aligned_alloc(HFT_CACHE_LINE, threads * sizeof *workers->queue);
  workers->worker = calloc(threads, sizeof *workers->worker);
  if (workers->todo == NULL || workers->next == NULL || workers->queue == NULL ||
      workers->worker == NULL) {
    return false;
  }
  for (size_t t = 0; t < threads; t++) {
    workers->queue[t] = (queue){.todo = workers->todo + t * places};
    workers->worker[t] = (worker){.workers = workers, .place = (int)t};
  }
  return true;
}

hft_status hft_workers_create(int thread_count, int capacity, int64_t piece,
                              hft_workers_task *do_work, void *context, hft_workers **out,
                              hft_error *error) {
  hft_workers *workers = aligned_alloc(HFT_CACHE_LINE, sizeof *workers);
  if (workers == NULL) return hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  *workers = (hft_workers){.work = do_work,
                           .context = context,
                           .piece = piece,
                           .batch = {.most = HFT_WORKERS_CHUNK_MAX},
                           .thread_count = thread_count,
                           .share = (capacity + thread_count - 1) / thread_count,
                           .done = NO_INDEX,
                           .wanted = UINT64_MAX};
  // If threads share a core, a spinning one would delay the others.
  workers->spins = sysconf(_SC_NPROCESSORS_ONLN) >= thread_count ? SPINS : 0;
  pthread_mutex_init(&workers->lock, NULL);
  pthread_cond_init(&workers->go, NULL);
  pthread_cond_init(&workers->enough, NULL);
  hft_status status = HFT_OK;
  if (!allocate(workers, capacity))
    status = hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  for (int t = 1; t < thread_count && status == HFT_OK; t++) {
    if (pthread_create(&workers->worker[t].thread, NULL, work, &workers->worker[t]) == 0) {
      workers->started++;
    } else {
      status = hft_fail(error, HFT_EFULL, "threads", "thread %d of %d could not be started", t + 1,
                        thread_count);
    }
  }
  if (status == HFT_OK) {
    *out = workers;
  } else {
    hft_workers_free(workers);
  }
  return status;
}

void hft_workers_free(hft_workers *workers) {
  if (workers == NULL) return;
  pthread_mutex_lock(&workers->lock);
  atomic_store(&workers->quit, true);
  pthread_cond_broadcast(&workers->go);
  pthread_mutex_unlock(&workers->lock);
  for (int t = 1; t <= workers->started; t++) pthread_join(workers->worker[t].thread, NULL);
  pthread_mutex_destroy(&workers->lock);
  pthread_cond_destroy(&workers->go);
  pthread_cond_destroy(&workers->enough);
  free((void *)workers->todo);
  free(workers->next);
  free(workers->queue);
  free(workers->worker);
  free(workers);
}
