#include "bench/server.h"

#include <stdlib.h>
#include <string.h>

#include "bench/actions.h"
#include "bench/client.h"
#include "bench/crowd.h"
#include "bench/echo.h"
#include "bench/measure.h"
#include "sim/base/check.h"

#define ROUNDS 24
#define ROUND_MESSAGES_MAX 4096
#define WARM_UP 16

enum { ROUND_TRIP, ECHO, STEP, KINDS };

typedef struct bench {
  const hft_bench_server_setup *setup;
  const hft_progress *progress;
  void *context;  // of the client's socket
  hft_bench_client client;
  hft_bench_echo *echo;
  hft_pool *pool;
  char *slabs;
  int round_messages;
  uint64_t asked, stepped;  // steps of the server and of the pool
  double *times[KINDS];     // [ROUNDS][round_messages]
} bench;

static hft_status perform(bench *b, int kind, hft_error *error) {
  const char *slab;
  switch (kind) {
    case ROUND_TRIP:
      slab = hft_bench_actions_at(b->pool, b->slabs, b->asked++);
      return hft_bench_client_step(&b->client, slab, hft_pool_actions_layout(b->pool)->bytes,
                                   error);
    case ECHO:
      return hft_bench_echo_ask(b->echo, error);
    default:
      hft_bench_actions_step(b->pool, b->slabs, b->stepped++);
      return HFT_OK;
  }
}

static hft_status run(bench *b, int kind, int count, double *times, hft_error *error) {
  for (int i = 0; i < count; i++) {
    int64_t begin = hft_timer_ns();
    hft_status status = perform(b, kind, error);
    if (status != HFT_OK) return status;
    times[i] = (double)(hft_timer_ns() - begin);
  }
  return HFT_OK;
}

// Compares the results of the server and the pool after the same steps.
static hft_status compare(bench *b, hft_error *error) {
  size_t size;
  const void *results = hft_bench_client_results(&b->client, &size);
  if (size == hft_pool_results_layout(b->pool)->bytes &&
      memcmp(results, hft_pool_results(b->pool), size) == 0) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_EDATA, "bench",
                  "the server's results differ from those of the same steps in this process");
}

static hft_status run_round(bench *b, int round, hft_error *error) {
  hft_status status = HFT_OK;
  size_t first = (size_t)round * (size_t)b->round_messages;
  for (int turn = 0; turn < KINDS && status == HFT_OK; turn++) {
    int kind = (round + turn) % KINDS;
    status = run(b, kind, b->round_messages, b->times[kind] + first, error);
  }
  return status == HFT_OK ? compare(b, error) : status;
}

// Determines the sizes of a step's frames and the number of steps per round.
static hft_status warm_up(bench *b, hft_bench_server_result *out, hft_error *error) {
  double times[KINDS][WARM_UP];
  hft_status status = run(b, ROUND_TRIP, WARM_UP, times[ROUND_TRIP], error);
  if (status == HFT_OK) status = run(b, STEP, WARM_UP, times[STEP], error);
  if (status == HFT_OK) status = compare(b, error);
  if (status != HFT_OK) return status;
  size_t results;
  hft_bench_client_results(&b->client, &results);
  const hft_bench_frames request = {b->client.header_size, hft_pool_actions_layout(b->pool)->bytes};
  const hft_bench_frames reply = {zmq_msg_size(&b->client.dealer.frame[0]), results};
  out->request_bytes = request.header + request.buffer;
  out->reply_bytes = reply.header + reply.buffer;
  status = hft_bench_echo_start(b->setup->echo_endpoint, request, reply, &b->echo, error);
  if (status == HFT_OK) status = run(b, ECHO, WARM_UP, times[ECHO], error);
  if (status != HFT_OK) return status;
  double all = 0;
  for (int kind = 0; kind < KINDS; kind++) all += hft_sample_median(times[kind], WARM_UP);
  double fit = (double)b->setup->wall_ns / ROUNDS / all;
  b->round_messages = fit < 1 ? 1 : fit > ROUND_MESSAGES_MAX ? ROUND_MESSAGES_MAX : (int)fit;
  return HFT_OK;
}

static hft_bench_times times_of(double *times, size_t count) {
  hft_sample_sort(times, count);
  return (hft_bench_times){hft_sample_quantile(times, count, 0.5),
                           hft_sample_quantile(times, count, 0.99)};
}

static void evaluate(bench *b, hft_bench_server_result *out) {
  size_t count = (size_t)b->round_messages, all = ROUNDS * count;
  double ratio[ROUNDS], share[ROUNDS], total[KINDS] = {0};
  for (int round = 0; round < ROUNDS; round++) {
    double median[KINDS], sum[KINDS] = {0};
    for (int kind = 0; kind < KINDS; kind++) {
      double *times = b->times[kind] + (size_t)round * count;
      for (size_t i = 0; i < count; i++) sum[kind] += times[i];
      median[kind] = hft_sample_median(times, count);
      total[kind] += sum[kind];
    }
    ratio[round] = median[ROUND_TRIP] / (median[ECHO] + median[STEP]);
    share[round] = sum[STEP] / sum[ROUND_TRIP];
  }
  double steps = (double)all * b->setup->pool.env_count;
  out->messages = all;
  out->ratio = hft_sample_median(ratio, ROUNDS);
  out->share = hft_sample_median(share, ROUNDS);
  out->steps_per_s = steps * 1e9 / total[ROUND_TRIP];
  out->pool_steps_per_s = steps * 1e9 / total[STEP];
  out->round_trip = times_of(b->times[ROUND_TRIP], all);
  out->echo = times_of(b->times[ECHO], all);
  out->step = times_of(b->times[STEP], all);
}

static hft_status run_rounds(bench *b, hft_error *error) {
  double parts = b->setup->clients > 1 ? 2 : 1;
  size_t count = (size_t)ROUNDS * (size_t)b->round_messages;
  b->times[0] = calloc(KINDS * count, sizeof(double));
  if (b->times[0] == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  for (int kind = 1; kind < KINDS; kind++) b->times[kind] = b->times[0] + (size_t)kind * count;
  for (int round = 0; round < ROUNDS; round++) {
    hft_status status = run_round(b, round, error);
    if (status != HFT_OK) return status;
    if (!hft_progress_report(b->progress, (round + 1) / (ROUNDS * parts))) {
      return hft_fail(error, HFT_EINTR, "bench", "interrupted");
    }
  }
  return HFT_OK;
}

static hft_status set_up(bench *b, hft_error *error) {
  const hft_bench_server_setup *setup = b->setup;
  b->context = zmq_ctx_new();
  if (b->context == NULL) {
    return hft_fail(error, HFT_EIO, "bench", "%s", zmq_strerror(zmq_errno()));
  }
  hft_status status = hft_pool_create(setup->model, &setup->pool, &b->pool, error);
  if (status != HFT_OK) return status;
  hft_pool_reset_from(b->pool, setup->pool.seed, NULL);
  b->slabs = hft_bench_actions_draw(b->pool);
  if (b->slabs == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  return hft_bench_client_open(&b->client, b->context, setup->endpoint, setup->pool.env_count,
                               setup->pool.seed, error);
}

static void tear_down(bench *b) {
  hft_bench_client_close(&b->client);
  if (b->context != NULL) zmq_ctx_term(b->context);
  hft_bench_echo_stop(b->echo);
  hft_pool_free(b->pool);
  free(b->slabs);
  free(b->times[0]);
}

static hft_status run_crowd(bench *b, hft_bench_server_result *out, hft_error *error) {
  const hft_bench_server_setup *setup = b->setup;
  const hft_bench_crowd_setup crowd = {.endpoint = setup->endpoint,
                                       .clients = setup->clients,
                                       .env_count = setup->pool.env_count,
                                       .seed = setup->pool.seed,
                                       .pool = b->pool,
                                       .slabs = b->slabs,
                                       .wall_ns = setup->wall_ns};
  hft_bench_crowd_result result;
  hft_status status = hft_bench_crowd(&crowd, b->progress, &result, error);
  if (status != HFT_OK) return status;
  out->clients_steps_per_s = result.messages_per_s * setup->pool.env_count;
  out->slowest_over_mean = result.slowest_over_mean;
  return HFT_OK;
}

hft_status hft_bench_server(const hft_bench_server_setup *setup, const hft_progress *progress,
                            hft_bench_server_result *out, hft_error *error) {
  HFT_CHECK(setup->wall_ns > 0 && setup->clients >= 1 && setup->clients <= HFT_BENCH_CLIENTS_MAX);
  *out = (hft_bench_server_result){0};
  bench b = {.setup = setup, .progress = progress};
  hft_status status = set_up(&b, error);
  if (status == HFT_OK) status = warm_up(&b, out, error);
  if (status == HFT_OK) status = run_rounds(&b, error);
  if (status == HFT_OK) evaluate(&b, out);
  if (status == HFT_OK && setup->clients > 1) status = run_crowd(&b, out, error);
  tear_down(&b);
  return status;
}
