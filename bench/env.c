#include "bench/env.h"

#include <stdlib.h>

#include "bench/actions.h"
#include "bench/book.h"
#include "bench/measure.h"
#include "bench/record.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/env/features/observe.h"
#include "sim/env/reward.h"
#include "sim/pool/pool_state.h"

#define PART_STEPS 20000  // in the loop that measures a part
#define LOOK_NS (20 * HFT_MILLISECOND)
#define BOOK_MESSAGES 100000
#define BOOK_REPEATS 3

static hft_status fail_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
}

// ---- steps -------------------------------------------------------------------------------------

static hft_status run_slices(hft_pool *pool, const char *slabs, int64_t wall_ns,
                             const hft_progress *progress, hft_bench_env_result *out,
                             hft_error *error) {
  double slice[HFT_BENCH_ENV_SLICES];
  uint64_t k = 0, envs = (uint64_t)hft_pool_env_count(pool);
  int64_t begin = hft_timer_ns(), now = begin;
  for (int s = 0; s < HFT_BENCH_ENV_SLICES; s++) {
    int64_t from = now, until = begin + wall_ns * (s + 1) / HFT_BENCH_ENV_SLICES;
    uint64_t first = k;
    for (int64_t looked = now; now < until || k == first; now = hft_timer_ns()) {
      hft_bench_actions_step(pool, slabs, k++);
      if (now - looked < LOOK_NS) continue;
      looked = now;
      if (!hft_progress_report(progress, 0.8 * (double)(now - begin) / (double)wall_ns)) {
        return hft_fail(error, HFT_EINTR, "bench", "interrupted");
      }
    }
    slice[s] = (double)(now - from) / (double)((k - first) * envs);
  }
  out->steps = k * envs;
  out->wall_s = (double)(now - begin) * 1e-9;
  hft_sample_sort(slice, HFT_BENCH_ENV_SLICES);
  out->ns_per_step = slice[0];
  out->ns_per_step_median = slice[HFT_BENCH_ENV_SLICES / 2];
  return HFT_OK;
}

// ---- parts -------------------------------------------------------------------------------------

static double per_step(int64_t from) {
  return (double)(hft_timer_ns() - from) / PART_STEPS;
}

// Measures one environment on one thread: whole steps, then repeated observations and rewards.
static double time_env(const hft_env_model *model, hft_pool *pool, const char *slabs,
                       hft_bench_env_result *out) {
  hft_env *env = hft_pool_env(pool, 0);
  const hft_market *market = hft_env_market(model, env);
  uint64_t before = hft_market_messages(market), messages = 0;
  int64_t counted = 0, from = hft_timer_ns();
  for (uint64_t k = 0; k < PART_STEPS; k++) {
    hft_bench_actions_step(pool, slabs, k);
    uint64_t now = hft_market_messages(market);
    if (hft_env_steps(env) > 0) {  // otherwise a new episode has begun
      messages += now - before;
      counted++;
    }
    before = now;
  }
  double whole = per_step(from);
  out->messages_per_step = counted > 0 ? (double)messages / (double)counted : 0;
  hft_env_io io;
  hft_pool_io(pool, 0, &io);
  hft_step_state step;
  hft_step_state_begin(&step, model, env, &io);
  for (int s = 0; s < hft_env_model_spec(model)->all_seat_count; s++) step.order[s] = s;
  from = hft_timer_ns();
  for (int k = 0; k < PART_STEPS; k++) hft_observe(&step);
  out->parts.observe = per_step(from);
  from = hft_timer_ns();
  for (int k = 0; k < PART_STEPS; k++) {
    hft_reward_end_seats(&step);
    hft_reward_all(&step);
  }
  out->parts.reward = per_step(from);
  return whole;
}

static hft_status make_market(const hft_model *model, uint64_t seed, hft_market **out,
                              hft_error *error) {
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (memory == NULL) return fail_memory(error);
  hft_status status = hft_market_init(model, memory, size, out);
  HFT_CHECK(status == HFT_OK);
  hft_market_reset(model, *out, seed, 0, NULL);
  return HFT_OK;
}

hft_status hft_bench_message_rate(const hft_model *model, uint64_t seed, hft_time time,
                                  double *rate, hft_error *error) {
  hft_market *market;
  hft_status status = make_market(model, seed, &market, error);
  if (status != HFT_OK) return status;
  uint64_t before = hft_market_messages(market);
  hft_market_run(model, market, time, NULL);
  *rate = (double)(hft_market_messages(market) - before) * 1e9 / (double)time;
  free(market);
  return HFT_OK;
}

// Runs the same market without the seats' actions, in steps of the same length.
static hft_status time_market(const hft_env_model *model, uint64_t seed, double *ns,
                              double *messages, hft_error *error) {
  const hft_model *of = hft_env_model_market(model);
  const hft_env_spec *spec = hft_env_model_spec(model);
  hft_market *market;
  hft_status status = make_market(of, seed, &market, error);
  if (status != HFT_OK) return status;
  hft_time session = hft_model_instrument(of)->duration;
  uint64_t count = 0, before = hft_market_messages(market);
  int64_t spent = 0;
  for (int k = 0; k < PART_STEPS;) {
    int64_t from = hft_timer_ns();
    for (; k < PART_STEPS && hft_market_now(market) + spec->decision <= session; k++) {
      hft_market_run(of, market, hft_market_now(market) + spec->decision, NULL);
    }
    spent += hft_timer_ns() - from;
    count += hft_market_messages(market) - before;
    if (k < PART_STEPS) {
      hft_market_reset(of, market, ++seed, 0, NULL);
      before = hft_market_messages(market);
    }
  }
  *ns = (double)spent / PART_STEPS;
  *messages = (double)count / PART_STEPS;
  free(market);
  return HFT_OK;
}

// The time of the book alone per message of this market; 0 if the messages cannot be expressed as a
// workload.
static hft_status time_book(const hft_env_model *model, uint64_t seed, const hft_progress *progress,
                            double *ns, hft_error *error) {
  hft_workload workload;
  hft_bench_book_result book;
  *ns = 0;
  hft_status status =
      hft_bench_record(hft_env_model_market(model), seed, BOOK_MESSAGES, &workload, error);
  if (status == HFT_EDATA) return HFT_OK;
  if (status != HFT_OK) return status;
  status = hft_bench_book(&workload, BOOK_REPEATS, 1, NULL, &book, error);
  hft_workload_free(&workload);
  if (status == HFT_OK) *ns = book.ns_per_msg;
  if (!hft_progress_report(progress, 0.95)) {
    return hft_fail(error, HFT_EINTR, "bench", "interrupted");
  }
  return status;
}

static hft_status time_parts(const hft_env_model *model, uint64_t seed,
                             const hft_progress *progress, hft_bench_env_result *out,
                             hft_error *error) {
  const hft_pool_config one = {.env_count = 1, .thread_count = 1, .seed = seed};
  hft_pool *pool;
  hft_status status = hft_pool_create(model, &one, &pool, error);
  if (status != HFT_OK) return status;
  double whole = 0, market = 0, book = 0;
  hft_pool_reset_from(pool, seed, NULL);
  char *slabs = hft_bench_actions_draw(pool);
  if (slabs != NULL) whole = time_env(model, pool, slabs, out);
  status = slabs != NULL ? HFT_OK : fail_memory(error);
  free(slabs);
  hft_pool_free(pool);
  if (status == HFT_OK) {
    status = time_market(model, seed, &market, &out->background_per_step, error);
  }
  if (status == HFT_OK) status = time_book(model, seed, progress, &book, error);
  hft_bench_env_parts *parts = &out->parts;
  parts->match = book * out->background_per_step;
  parts->flow = market - parts->match;
  parts->act = whole - market - parts->observe - parts->reward;
  return status;
}

hft_status hft_bench_env(const hft_env_model *model, const hft_pool_config *config, int64_t wall_ns,
                         const hft_progress *progress, hft_bench_env_result *out,
                         hft_error *error) {
  HFT_CHECK(wall_ns > 0);
  *out = (hft_bench_env_result){0};
  hft_pool *pool;
  hft_status status = hft_pool_create(model, config, &pool, error);
  if (status != HFT_OK) return status;
  char *slabs = hft_bench_actions_draw(pool);
  status = slabs != NULL ? HFT_OK : fail_memory(error);
  if (status == HFT_OK) {
    hft_pool_reset_from(pool, config->seed, NULL);
    for (uint64_t k = 0; k < HFT_BENCH_ACTION_SLABS; k++)
      hft_bench_actions_step(pool, slabs, k);  // warms up caches and threads
    status = run_slices(pool, slabs, wall_ns, progress, out, error);
  }
  free(slabs);
  hft_pool_free(pool);
  return status == HFT_OK ? time_parts(model, config->seed, progress, out, error) : status;
}
