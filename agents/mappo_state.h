// Internal to agents/mappo*.c.
#ifndef HFTSIM_AGENTS_MAPPO_STATE_H
#define HFTSIM_AGENTS_MAPPO_STATE_H

#include "agents/mappo.h"
#include "agents/player.h"
#include "agents/rollout.h"

#define HFT_MAPPO_SHARDS_MAX 64  // of a minibatch; larger minibatches have larger shards

// Sums over rows.
typedef struct hft_mappo_sums {
  double rows, policy, value, entropy, kl, clipped;
} hft_mappo_sums;

// Memory of a thread for a shard.
typedef struct hft_mappo_scratch {
  int32_t *row;  // [rows]: indices of rows of the rollout
  float *x, *y, *dy, *raw, *work, *state;
  uint8_t *mask, *restart;
  float *log_prob, *entropy, *d_log, *d_entropy;
} hft_mappo_scratch;

// What a minibatch has in common.
typedef struct hft_minibatch {
  hft_player *player;
  const int32_t *unit;  // its rows, or with a GRU its lanes
  int units, shard_units, shards;
  double rows;          // that count
  float mean, inverse;  // of the advantages
  double entropy_coef, lr_actor, lr_critic;
  bool actor_goes_on;
} hft_minibatch;

struct hft_learner {
  hft_mappo_keys keys;
  hft_crew *crew;
  int players, blocks, threads;
  hft_player *player;
  hft_rollout *rollout;
  hft_rng rng;
  int64_t updates;
  double seconds;                   // in update(), of the calling thread
  hft_phases *clocks;               // [threads]
  hft_mappo_scratch *scratch;       // [threads]
  int32_t *order;                   // [rows or lanes]
  float *actor_grad, *critic_grad;  // [HFT_MAPPO_SHARDS_MAX][parameters]
  hft_mappo_sums *sum;              // [HFT_MAPPO_SHARDS_MAX]
  hft_minibatch batch;
  void *memory;
};

// Makes a learner. `central`: critics see the state. Errors of hft_algorithm.create.
hft_status hft_mappo_create(const hft_learner_spec *spec, bool central, hft_learner **out,
                            hft_error *error);
// Null is ignored.
void hft_mappo_free(hft_learner *learner);
// Units (rows, or lanes with a GRU) of a minibatch and of a shard of it.
int hft_mappo_batch(const hft_learner *learner, const hft_player *player, int units);
int hft_mappo_shard(const hft_player *player, int batch);
// The policy loss of a row, -min(r A, clip(r) A) with r = e^gap, A = gain; its derivative by gap.
double hft_mappo_policy_loss(double gap, double gain, double epsilon, double *slope);
// The value loss of a row, in the critic's unit (agents/mappo.c, L_V without its weight), and its
// derivative by `value`. most 0: values are not clipped; delta 0: squares.
double hft_mappo_value_loss(double value, double old, double target, double most, double delta,
                            double *slope);

#endif
