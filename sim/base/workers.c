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
typedef struct tray {
  alignas(HFT_CACHE_LINE) _Atomic uint64_t head;
  alignas(HFT_CACHE_LINE) _Atomic uint64_t tail;
  _Atomic int32_t *todo;
} tray;

typedef struct worker {
  hft_crew *crew;
  pthread_t thread;
  int place;
} worker;

// Indices that a thread has taken; those before `at` are done.
typedef struct grip {
  int32_t index[HFT_CREW_CHUNK_MAX];
  int at, count;
  int most;  // taken at once; 1 after a batch whose indices used up the budget
} grip;

struct hft_crew {
  hft_crew_work *work;
  void *context;
  int64_t piece;
  int thread_count, started, spins;
  int share;                                      // indices whose home is one queue
  uint64_t mask;                                  // of a place in a ring
  _Atomic int32_t *todo;                          // the rings of all queues
  int32_t *next;                                  // [index] the index that was done before it
  tray *tray;                                     // [thread], the owner's first
  worker *worker;                                 // [thread]
  alignas(HFT_CACHE_LINE) grip hand;              // the owner's; on its own cache line
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
static int dequeue(const hft_crew *crew, tray *from, int32_t chunk[HFT_CREW_CHUNK_MAX], int most) {
  uint64_t head = atomic_load(&from->head);
  uint64_t limit = (uint64_t)atomic_load_explicit(&crew->chunk, memory_order_relaxed);
  for (;;) {
    uint64_t waiting = atomic_load(&from->tail) - head;
    if (waiting == 0) return 0;
    uint64_t count = (waiting + 3) / 4;
    if (count > limit) count = limit;
    if (count > (uint64_t)most) count = (uint64_t)most;
    for (uint64_t k = 0; k < count; k++) {
      chunk[k] = atomic_load_explicit(&from->todo[(head + k) & crew->mask], memory_order_relaxed);
    }
    if (atomic_compare_exchange_weak(&from->head, &head, head + count)) return (int)count;
  }
}

static void take(const hft_crew *crew, int place, grip *hand, int most) {
  if (hand->most < most) most = hand->most;
  hand->at = 0;
  hand->count = dequeue(crew, &crew->tray[place], hand->index, most);
  for (int k = 1; k < crew->thread_count && hand->count == 0; k++) {
    hand->count = dequeue(crew, &crew->tray[(place + k) % crew->thread_count], hand->index, most);
  }
}

static void wake_owner(hft_crew *crew) {
  pthread_mutex_lock(&crew->lock);
  pthread_cond_signal(&crew->enough);
  pthread_mutex_unlock(&crew->lock);
}

// Prepends a chain of done indices to the list of all that were done earlier.
static void push_done(hft_crew *crew, const int32_t *index, int count) {
  for (int k = 0; k + 1 < count; k++) crew->next[index[k]] = index[k + 1];
  int32_t before = atomic_load(&crew->done);
  do {
    crew->next[index[count - 1]] = before;
  } while (!atomic_compare_exchange_weak(&crew->done, &before, index[0]));
  uint64_t done = atomic_fetch_add(&crew->done_count, (uint64_t)count) + (uint64_t)count;
  if (done >= atomic_load(&crew->wanted)) wake_owner(crew);
}

// Works on up to `most` of the batch's indices while the budget lasts. Returns how many are done.
static int work_in_hand(hft_crew *crew, grip *hand, int most, int64_t *budget) {
  int first = hand->at;
  while (hand->at < hand->count && hand->at - first < most &&
         crew->work(crew->context, hand->index[hand->at], budget)) {
    hand->at++;
  }
  hand->most = *budget > 0 ? HFT_CREW_CHUNK_MAX : 1;
  if (hand->at > first) push_done(crew, hand->index + first, hand->at - first);
  return hand->at - first;
}

static bool is_idle(hft_crew *crew, uint64_t seen) {
  return atomic_load(&crew->sent) == seen && !atomic_load(&crew->quit);
}

// Completes the whole batch, one budget at a time, unless the workers are being stopped.
static void do_hand(hft_crew *crew, grip *hand) {
  while (hand->at < hand->count && !atomic_load(&crew->quit)) {
    int64_t budget = crew->piece;
    work_in_hand(crew, hand, HFT_CREW_CHUNK_MAX, &budget);
    if (budget > 0) continue;
    atomic_fetch_add(&crew->pieces, 1);
    if (atomic_load(&crew->watches_pieces)) wake_owner(crew);
  }
}

static void *work(void *argument) {
  const worker *self = argument;
  hft_crew *crew = self->crew;
  grip hand = {.most = HFT_CREW_CHUNK_MAX};
  while (!atomic_load(&crew->quit)) {
    uint64_t seen = atomic_load(&crew->sent);
    take(crew, self->place, &hand, HFT_CREW_CHUNK_MAX);
    if (hand.count > 0) {
      do_hand(crew, &hand);
      continue;
    }
    for (int s = 0; s < crew->spins && is_idle(crew, seen); s++) pause_briefly();
    if (!is_idle(crew, seen)) continue;
    pthread_mutex_lock(&crew->lock);
    // A sender writes `sent` and then reads `sleepers`; a worker writes `sleepers` and then reads
    // `sent`. So at least one of the two sees the other's write.
    atomic_fetch_add(&crew->sleepers, 1);
    while (is_idle(crew, seen)) pthread_cond_wait(&crew->go, &crew->lock);
    atomic_fetch_sub(&crew->sleepers, 1);
    pthread_mutex_unlock(&crew->lock);
  }
  return NULL;
}

static void enqueue(hft_crew *crew, const int32_t *index, int count) {
  for (int k = 0; k < count; k++) {
    tray *home = &crew->tray[index[k] / crew->share];
    uint64_t tail = atomic_load_explicit(&home->tail, memory_order_relaxed);
    atomic_store_explicit(&home->todo[tail & crew->mask], index[k], memory_order_relaxed);
    atomic_store_explicit(&home->tail, tail + 1, memory_order_release);
  }
  atomic_store(&crew->sent, atomic_load(&crew->sent) + (uint64_t)count);
  if (atomic_load(&crew->sleepers) == 0) return;
  pthread_mutex_lock(&crew->lock);
  pthread_cond_broadcast(&crew->go);
  pthread_mutex_unlock(&crew->lock);
}

void hft_crew_send(hft_crew *crew, const int32_t *index, int count, int chunk) {
  atomic_store_explicit(&crew->chunk, chunk, memory_order_relaxed);
  enqueue(crew, index, count);
}

// Appends all done indices to `index` after its first `count`. Returns the new count.
static int drain_done(hft_crew *crew, int32_t *index, int count) {
  if (atomic_load(&crew->done) == NO_INDEX) return count;
  int before = count;
  for (int32_t i = atomic_exchange(&crew->done, NO_INDEX); i != NO_INDEX; i = crew->next[i]) {
    index[count++] = i;
  }
  crew->gathered += (uint64_t)(count - before);
  return count;
}

// Has the owner's wait ended: enough indices done, or one more budget used up?
static bool wait_is_over(const hft_crew *crew, uint64_t wanted, uint64_t pieces) {
  return atomic_load(&crew->done_count) >= wanted || atomic_load(&crew->pieces) >= pieces;
}

// Waits until the workers have done `count` more indices than were collected, or until `pieces`
// budgets have been used up.
static void await(hft_crew *crew, int count, uint64_t pieces) {
  uint64_t wanted = crew->gathered + (uint64_t)count;
  for (int s = 0; s < crew->spins && !wait_is_over(crew, wanted, pieces); s++) pause_briefly();
  if (wait_is_over(crew, wanted, pieces)) return;
  pthread_mutex_lock(&crew->lock);
  atomic_store(&crew->wanted, wanted);
  atomic_store(&crew->watches_pieces, pieces != UINT64_MAX);
  while (!wait_is_over(crew, wanted, pieces)) pthread_cond_wait(&crew->enough, &crew->lock);
  atomic_store(&crew->watches_pieces, false);
  atomic_store(&crew->wanted, UINT64_MAX);
  pthread_mutex_unlock(&crew->lock);
}

// Keeps `kept` indices of the owner's batch and requeues the rest. With one thread all stay in the
// batch, in their order.
static void requeue(hft_crew *crew, int kept) {
  grip *own = &crew->hand;
  if (crew->thread_count == 1 || own->count - own->at <= kept) return;
  enqueue(crew, own->index + own->at + kept, own->count - own->at - kept);
  own->count = own->at + kept;
}

static int collect(hft_crew *crew, int32_t *index, int least, int most, bool is_piece) {
  grip *own = &crew->hand;
  int64_t budget = crew->piece;
  int count = drain_done(crew, index, 0);
  while (count < least && most > 0 && budget > 0) {
    int wanted = least - count < most ? least - count : most;
    if (own->at == own->count) take(crew, 0, own, wanted);
    if (own->at < own->count) {
      most -= work_in_hand(crew, own, wanted, &budget);
      if (budget <= 0 && !is_piece) {
        requeue(crew, 1);
        budget = crew->piece;
      }
    } else {
      await(crew, least - count, is_piece ? atomic_load(&crew->pieces) + 1 : UINT64_MAX);
      if (is_piece) budget = 0;
    }
    count = drain_done(crew, index, count);
  }
  requeue(crew, 0);
  return count;
}

int hft_crew_collect(hft_crew *crew, int32_t *index, int least) {
  return collect(crew, index, least, INT_MAX, false);
}

int hft_crew_collect_some(hft_crew *crew, int32_t *index, int least, int most) {
  return collect(crew, index, least, most, true);
}

static bool allocate(hft_crew *crew, int capacity) {
  size_t threads = (size_t)crew->thread_count, places = 1;
  while (places < (size_t)crew->share) places *= 2;
  crew->mask = places - 1;
  crew->todo = calloc(threads * places, sizeof *crew->todo);
  crew->next = calloc((size_t)capacity, sizeof *crew->next);
  crew->tray = aligned_alloc(HFT_CACHE_LINE, threads * sizeof *crew->tray);
  crew->worker = calloc(threads, sizeof *crew->worker);
  if (crew->todo == NULL || crew->next == NULL || crew->tray == NULL || crew->worker == NULL) {
    return false;
  }
  for (size_t t = 0; t < threads; t++) {
    crew->tray[t] = (tray){.todo = crew->todo + t * places};
    crew->worker[t] = (worker){.crew = crew, .place = (int)t};
  }
  return true;
}

hft_status hft_crew_create(int thread_count, int capacity, int64_t piece, hft_crew_work *do_work,
                           void *context, hft_crew **out, hft_error *error) {
  hft_crew *crew = aligned_alloc(HFT_CACHE_LINE, sizeof *crew);
  if (crew == NULL) return hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  *crew = (hft_crew){.work = do_work,
                     .context = context,
                     .piece = piece,
                     .hand = {.most = HFT_CREW_CHUNK_MAX},
                     .thread_count = thread_count,
                     .share = (capacity + thread_count - 1) / thread_count,
                     .done = NO_INDEX,
                     .wanted = UINT64_MAX};
  // If threads share a core, a spinning one would delay the others.
  crew->spins = sysconf(_SC_NPROCESSORS_ONLN) >= thread_count ? SPINS : 0;
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->go, NULL);
  pthread_cond_init(&crew->enough, NULL);
  hft_status status = HFT_OK;
  if (!allocate(crew, capacity)) status = hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  for (int t = 1; t < thread_count && status == HFT_OK; t++) {
    if (pthread_create(&crew->worker[t].thread, NULL, work, &crew->worker[t]) == 0) {
      crew->started++;
    } else {
      status = hft_fail(error, HFT_EFULL, "threads", "thread %d of %d could not be started", t + 1,
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
  for (int t = 1; t <= crew->started; t++) pthread_join(crew->worker[t].thread, NULL);
  pthread_mutex_destroy(&crew->lock);
  pthread_cond_destroy(&crew->go);
  pthread_cond_destroy(&crew->enough);
  free((void *)crew->todo);
  free(crew->next);
  free(crew->tray);
  free(crew->worker);
  free(crew);
}
