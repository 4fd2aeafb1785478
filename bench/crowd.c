#include "bench/crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bench/actions.h"
#include "bench/client.h"
#include "bench/measure.h"
#include "bench/signals.h"
#include "sim/base/arena.h"
#include "sim/base/units.h"

#define LOOK_NS (20 * HFT_MILLISECOND)

typedef struct crowd crowd;

typedef struct member {
  _Alignas(HFT_CACHE_LINE) crowd *crowd;
  hft_bench_client client;
  pthread_t thread;
  uint64_t messages;
  hft_status status;
  hft_error error;
} member;

struct crowd {
  const hft_bench_crowd_setup *setup;
  void *context;
  member *member;  // [clients]
  int started;
  pthread_mutex_t gate;
  atomic_bool over;
};

static void *step_on(void *context) {
  hft_bench_block_signals();
  member *self = context;
  const hft_bench_crowd_setup *setup = self->crowd->setup;
  size_t size = hft_pool_actions_layout(setup->pool)->bytes;
  pthread_mutex_lock(&self->crowd->gate);
  pthread_mutex_unlock(&self->crowd->gate);
  do {  // at least once, even if the thread starts late
    const char *slab = hft_bench_actions_at(setup->pool, setup->slabs, self->messages);
    self->status = hft_bench_client_step(&self->client, slab, size, &self->error);
    self->messages++;
  } while (self->status == HFT_OK && !atomic_load(&self->crowd->over));
  return NULL;
}

static hft_status open_members(crowd *c, hft_error *error) {
  const hft_bench_crowd_setup *setup = c->setup;
  size_t bytes = (size_t)setup->clients * sizeof *c->member;
  c->context = zmq_ctx_new();
  c->member = aligned_alloc(HFT_CACHE_LINE, bytes);
  if (c->context == NULL || c->member == NULL) {
    return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  }
  for (int i = 0; i < setup->clients; i++) c->member[i] = (member){.crowd = c};
  for (int i = 0; i < setup->clients; i++) {
    hft_status status = hft_bench_client_open(&c->member[i].client, c->context, setup->endpoint,
                                              setup->env_count, setup->seed, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static bool wait_until(int64_t end, int64_t wall_ns, const hft_progress *progress) {
  for (int64_t now; (now = hft_timer_ns()) < end;) {
    if (!hft_progress_report(progress, 1 - 0.5 * (double)(end - now) / (double)wall_ns))
      return false;
    int64_t left = end - now < LOOK_NS ? end - now : LOOK_NS;
    nanosleep(&(struct timespec){left / HFT_SECOND, left % HFT_SECOND}, NULL);
  }
  return true;
}

static void evaluate(const crowd *c, int64_t wall_ns, hft_bench_crowd_result *out) {
  uint64_t all = 0, least = UINT64_MAX;
  for (int i = 0; i < c->setup->clients; i++) {
    uint64_t messages = c->member[i].messages;
    all += messages;
    if (messages < least) least = messages;
  }
  out->messages_per_s = (double)all * 1e9 / (double)wall_ns;
  out->slowest_over_mean = (double)least * c->setup->clients / (double)all;
}

// Starts all threads or none: they wait at the gate until all have been started.
static hft_status start(crowd *c, hft_error *error) {
  pthread_mutex_lock(&c->gate);
  while (c->started < c->setup->clients) {
    member *next = &c->member[c->started];
    if (pthread_create(&next->thread, NULL, step_on, next) != 0) break;
    c->started++;
  }
  bool all = c->started == c->setup->clients;
  atomic_store(&c->over, !all);
  pthread_mutex_unlock(&c->gate);
  return all ? HFT_OK : hft_fail(error, HFT_EFULL, "bench", "a thread could not be started");
}

static hft_status run(crowd *c, const hft_progress *progress, hft_bench_crowd_result *out,
                      hft_error *error) {
  int64_t begin = hft_timer_ns(), wall_ns = c->setup->wall_ns;
  hft_status status = start(c, error);
  if (status == HFT_OK && !wait_until(begin + wall_ns, wall_ns, progress)) {
    status = hft_fail(error, HFT_EINTR, "bench", "interrupted");
  }
  atomic_store(&c->over, true);
  for (int i = 0; i < c->started; i++) pthread_join(c->member[i].thread, NULL);
  for (int i = 0; i < c->started && status == HFT_OK; i++) {
    status = c->member[i].status;
    if (status != HFT_OK && error != NULL) *error = c->member[i].error;
  }
  if (status == HFT_OK) evaluate(c, hft_timer_ns() - begin, out);
  return status;
}

static void close_members(crowd *c) {
  if (c->member != NULL) {
    for (int i = 0; i < c->setup->clients; i++) hft_bench_client_close(&c->member[i].client);
  }
  if (c->context != NULL) zmq_ctx_term(c->context);
  free(c->member);
}
hft_status hft_bench_crowd(const hft_bench_crowd_setup *setup, const hft_progress *progress,
                           hft_bench_crowd_result *out, hft_error *error) {
  crowd c = {.setup = setup};
  pthread_mutex_init(&c.gate, NULL);
  hft_status status = open_members(&c, error);
  if (status == HFT_OK) status = run(&c, progress, out, error);
  close_members(&c);
  pthread_mutex_destroy(&c.gate);
  return status;
}
