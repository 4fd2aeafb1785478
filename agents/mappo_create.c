#include <stdlib.h>
#include <string.h>

#include "agents/mappo_state.h"
#include "agents/nn/blas.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

#define SHARD_ROWS 512
#define STREAM_SHUFFLE 0x736875U  // of the seed: order of rows

int hft_mappo_batch(const hft_learner *l, const hft_player *p, int units) {
  int rows_of = p->actor_gru > 0 ? p->steps : 1;
  int64_t most = l->keys.batch_size / rows_of;
  if (l->keys.batch_size == 0) most = (units + 3) / 4;
  return most < 1 ? 1 : most > units ? units : (int)most;
}

int hft_mappo_shard(const hft_player *p, int batch) {
  int steps = p->actor_gru > 0 ? p->steps : 1;
  int least = SHARD_ROWS / steps > 1 ? SHARD_ROWS / steps : 1;
  int even = (batch + HFT_MAPPO_SHARDS_MAX - 1) / HFT_MAPPO_SHARDS_MAX;
  return even > least ? even : least;
}

// The largest that any player needs.
typedef struct sizes {
  size_t rows, x, y, raw, mask, work, state, actor, critic, order, shards;
} sizes;

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static void grow(sizes *n, const hft_learner *l, const hft_player *p) {
  const bool gru = p->actor_gru > 0;
  int units = gru ? p->lanes : p->steps * p->lanes, steps = gru ? p->steps : 1;
  int batch = hft_mappo_batch(l, p, units), shard = hft_mappo_shard(p, batch);
  size_t rows = (size_t)shard * (size_t)steps;
  HFT_CHECK(p->actor != NULL);
  int outputs = hft_head_outputs(p->actor->head);
  int net_steps = gru ? steps : 1, net_rows = gru ? shard : (int)rows;
  n->rows = larger(n->rows, rows);
  n->x = larger(n->x, rows * (size_t)p->input_dim);
  n->y = larger(n->y, rows * (size_t)outputs);
  n->raw = larger(n->raw, rows * (size_t)p->axis_count);
  n->mask = larger(n->mask, rows * (size_t)p->mask_dim);
  n->work = larger(n->work, hft_net_work_size(p->actor->net, net_steps, net_rows));
  n->work = larger(n->work, hft_net_work_size(p->critic, net_steps, net_rows));
  n->state = larger(n->state, (size_t)shard * (size_t)p->actor_gru);
  n->actor = larger(n->actor, (size_t)p->actor_count);
  n->critic = larger(n->critic, (size_t)p->critic_count);
  n->order = larger(n->order, (size_t)units);
  // Of two batches the smaller one may have more shards.
  int shards = (batch + hft_mappo_shard(p, 1) - 1) / hft_mappo_shard(p, 1);
  n->shards =
      larger(n->shards, (size_t)(shards < HFT_MAPPO_SHARDS_MAX ? shards : HFT_MAPPO_SHARDS_MAX));
}

static void *reserve(const hft_learner *l, size_t *total, size_t count, size_t size) {
  size_t offset = hft_layout_add(total, count * size);
  return l->memory == NULL ? NULL : hft_at(l->memory, offset);
}

static hft_mappo_scratch lay_out_scratch(const hft_learner *l, size_t *total, const sizes *n) {
  const size_t f = sizeof(float);
  hft_mappo_scratch s = {0};
  s.row = reserve(l, total, n->rows, sizeof *s.row);
  s.x = reserve(l, total, n->x, f);
  s.y = reserve(l, total, n->y, f);
  s.dy = reserve(l, total, n->y, f);
  s.raw = reserve(l, total, n->raw, f);
  s.work = reserve(l, total, n->work, f);
  s.state = reserve(l, total, n->state, f);
  s.mask = reserve(l, total, n->mask, 1);
  s.restart = reserve(l, total, n->rows, 1);
  s.log_prob = reserve(l, total, n->rows, f);
  s.entropy = reserve(l, total, n->rows, f);
  s.d_log = reserve(l, total, n->rows, f);
  s.d_entropy = reserve(l, total, n->rows, f);
  return s;
}

static size_t lay_out(hft_learner *l, const sizes *n) {
  size_t total = 0;
  l->clocks = reserve(l, &total, (size_t)l->threads, sizeof *l->clocks);
  l->scratch = reserve(l, &total, (size_t)l->threads, sizeof *l->scratch);
  l->order = reserve(l, &total, n->order, sizeof *l->order);
  l->actor_grad = reserve(l, &total, n->shards * n->actor, sizeof(float));
  l->critic_grad = reserve(l, &total, n->shards * n->critic, sizeof(float));
  l->sum = reserve(l, &total, (size_t)2 * HFT_MAPPO_SHARDS_MAX, sizeof *l->sum);
  for (int i = 0; i < l->threads; i++) {
    hft_mappo_scratch s = lay_out_scratch(l, &total, n);
    if (l->memory != NULL) l->scratch[i] = s;
  }
  return total;
}

static hft_status make_players(const hft_learner_spec *spec, bool central, hft_learner *l,
                               hft_error *error) {
  const hft_worlds_shape *shape = spec->shape;
  int count = 0;
  int64_t lanes = (int64_t)spec->blocks * spec->block[0]->envs * HFT_SEATS_MAX;
  if (lanes * (spec->rollout_steps + 1) > INT32_MAX) {
    return hft_fail(error, HFT_ECONFIG, "rollout_steps",
                    "%d steps of %d envs are too many: give fewer of either", spec->rollout_steps,
                    spec->blocks * spec->block[0]->envs);
  }
  for (int g = 0; g < shape->group_count; g++) {
    count += l->keys.share ? 1 : shape->group[g].seat_count;
  }
  if (count * HFT_PLAYER_TENSORS + 3 > HFT_LEARNER_TENSORS_MAX) {
    return hft_fail(error, HFT_ECONFIG, "share",
                    "%d seats are too many to learn by themselves, at "
                    "most %d can: set share: true",
                    count, (HFT_LEARNER_TENSORS_MAX - 3) / HFT_PLAYER_TENSORS);
  }
  HFT_CHECK(count > 0);
  l->player = calloc((size_t)count, sizeof *l->player);
  if (l->player == NULL) return hft_fail(error, HFT_ENOMEM, "learner", "out of memory");
  for (int g = 0; g < shape->group_count; g++) {
    const int seats = shape->group[g].seat_count, each = l->keys.share ? seats : 1;
    for (int s = 0; s < seats; s += each) {
      hft_status status =
          hft_player_create(spec, g, s, each, central, &l->player[l->players++], error);
      if (status != HFT_OK) return status;
    }
  }
  return HFT_OK;
}

void hft_mappo_free(hft_learner *l) {
  if (l == NULL) return;
  hft_rollout_free(l->rollout);
  for (int i = 0; i < l->players; i++) hft_player_free(&l->player[i]);
  free(l->player);
  free(l->memory);
  free(l);
}

static hft_status set_up(const hft_learner_spec *spec, bool central, hft_learner *l,
                         hft_error *error) {
  hft_status status = make_players(spec, central, l, error);
  if (status != HFT_OK) return status;
  sizes most = {0};
  for (int i = 0; i < l->players; i++) grow(&most, l, &l->player[i]);
  size_t size = lay_out(l, &most);
  l->memory = aligned_alloc(HFT_CACHE_LINE, size);
  if (l->memory == NULL) return hft_fail(error, HFT_ENOMEM, "learner", "out of memory");
  memset(l->memory, 0, size);
  lay_out(l, &most);
  return hft_rollout_create(spec, l->player, l->players, l->keys.bootstrap, l->clocks, &l->rollout,
                            error);
}

hft_status hft_mappo_create(const hft_learner_spec *spec, bool central, hft_learner **out,
                            hft_error *error) {
  *out = NULL;
  hft_blas_hold();
  hft_learner *l = calloc(1, sizeof *l);
  if (l == NULL) return hft_fail(error, HFT_ENOMEM, "learner", "out of memory");
  l->keys = *(const hft_mappo_keys *)spec->keys;
  l->crew = spec->crew;
  l->threads = hft_crew_threads(spec->crew);
  l->blocks = spec->blocks;
  l->rng = hft_rng_stream(spec->seed, 0, STREAM_SHUFFLE);
  hft_status status = set_up(spec, central, l, error);
  if (status != HFT_OK) {
    hft_mappo_free(l);
    return status;
  }
  *out = l;
  return HFT_OK;
}
