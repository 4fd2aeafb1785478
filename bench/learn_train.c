#include <stdlib.h>
#include <string.h>

#include "agents/learner.h"
#include "agents/mappo.h"
#include "agents/nn/blas.h"
#include "agents/worlds_market.h"
#include "bench/learn.h"

#define BLOCKS_A_THREAD 4  // blocks of environments: threads play one while another waits
#define BLOCKS_MAX 64

struct hft_bench_training {
  const hft_algorithm *algorithm;
  hft_learner *learner;
  hft_worlds *block[BLOCKS_MAX];
  int blocks;
  hft_network_keys network;
  hft_mappo_keys keys;
  int64_t steps;  // of agents, in one update
};

static hft_status make_blocks(hft_bench_training *t, const hft_env_model *model,
                              const hft_bench_recipe *recipe, int threads, hft_error *error) {
  t->blocks = 1;
  while (t->blocks < BLOCKS_A_THREAD * threads && 2 * t->blocks <= BLOCKS_MAX &&
         recipe->envs % (2 * t->blocks) == 0) {
    t->blocks *= 2;
  }
  hft_status status = HFT_OK;
  int envs = recipe->envs / t->blocks;
  for (int i = 0; i < t->blocks && status == HFT_OK; i++) {
    status = hft_worlds_market_create(model, envs, (uint32_t)(i * envs), &t->block[i], error);
    if (status == HFT_OK) t->block[i]->begin(t->block[i], 0);
  }
  return status;
}

static hft_status make_learner(hft_bench_training *t, const hft_bench_recipe *recipe,
                               hft_crew *crew, hft_error *error) {
  hft_section_defaults(&hft_network_section, &t->network);
  hft_section_defaults(t->algorithm->section, &t->keys);
  t->network.deviation = recipe->deviation;
  t->keys.lr_actor = t->keys.lr_critic = recipe->lr;
  t->keys.gamma = recipe->gamma;
  t->keys.gae_lambda = recipe->lam;
  t->keys.clip_epsilon = recipe->clip;
  t->keys.epochs = recipe->epochs;
  t->keys.max_grad_norm = recipe->gradient_norm;
  const hft_worlds_shape *shape = t->block[0]->shape;
  t->steps = (int64_t)recipe->envs * recipe->steps * shape->group[0].seat_count;
  t->keys.batch_size = t->steps / recipe->minibatches;
  const hft_learner_spec spec = {.shape = shape,
                                 .block = t->block,
                                 .blocks = t->blocks,
                                 .crew = crew,
                                 .network = &t->network,
                                 .keys = &t->keys,
                                 .rollout_steps = recipe->steps,
                                 .seed = 0};
  return t->algorithm->create(&spec, &t->learner, error);
}

hft_status hft_bench_training_create(const hft_env_model *model, const hft_bench_recipe *recipe,
                                     hft_crew *crew, hft_bench_training **out, hft_error *error) {
  *out = NULL;
  hft_bench_training *t = calloc(1, sizeof *t);
  if (t == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  hft_blas_hold();
  t->algorithm = &hft_mappo;
  hft_status status = make_blocks(t, model, recipe, hft_crew_threads(crew), error);
  if (status == HFT_OK) status = make_learner(t, recipe, crew, error);
  if (status != HFT_OK) {
    hft_bench_training_free(t);
    return status;
  }
  *out = t;
  return HFT_OK;
}

void hft_bench_training_free(hft_bench_training *t) {
  if (t == NULL) return;
  if (t->learner != NULL) t->algorithm->free(t->learner);
  for (int i = 0; i < t->blocks; i++) {
    if (t->block[i] != NULL) t->block[i]->free(t->block[i]);
  }
  free(t);
}

int64_t hft_bench_training_run(hft_bench_training *t) {
  hft_figure figure[HFT_LEARNER_FIGURES_MAX];
  (void)t->algorithm->update(t->learner, 0, figure);
  return t->steps;
}

hft_bench_shares hft_bench_training_shares(const hft_bench_training *t) {
  double seconds[4] = {0};
  if (t->algorithm->shares != NULL) t->algorithm->shares(t->learner, seconds);
  double sum = seconds[0] + seconds[1] + seconds[2] + seconds[3];
  if (!(sum > 0)) return (hft_bench_shares){0};
  return (hft_bench_shares){seconds[0] / sum, seconds[1] / sum, seconds[2] / sum, seconds[3] / sum};
}
