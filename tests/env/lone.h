// An env that is stepped alone, in its own memory.
#ifndef HFTSIM_TESTS_ENV_LONE_H
#define HFTSIM_TESTS_ENV_LONE_H

#include <string.h>

#include "tests/env/linear.h"
#include "tests/support/slab.h"

typedef struct lone {
  hft_env_model *model;
  hft_pool *pool;
} lone;

// Takes the model.
static inline lone lone_open(hft_env_model *model) {
  lone l = {model, slab_open(model, 1, 1, 9)};
  hft_pool_reset(l.pool, NULL, NULL);
  return l;
}

// The same without autoreset: an episode that has ended can be looked at.
static inline lone lone_open_manual(hft_env_model *model) {
  const hft_pool_config config = {
      .env_count = 1, .thread_count = 1, .autoreset = HFT_AUTORESET_MANUAL};
  lone l = {model, slab_make(model, &config)};
  hft_pool_reset(l.pool, NULL, NULL);
  return l;
}

static inline void lone_close(lone *l) {
  hft_pool_free(l->pool);
  hft_env_model_free(l->model);
}

// A total of a seat of the second group.
static inline double lone_total(const lone *l, int seat, const char *name) {
  const hft_group *group = &hft_env_model_spec(l->model)->group[1];
  float totals[HFT_TOTALS_MAX];
  hft_env_totals(l->model, hft_pool_env(l->pool, 0), seat, totals);
  for (int i = 0; i < group->total_dim; i++) {
    if (strcmp(group->total[i].name, name) == 0) return (double)totals[i];
  }
  fail_msg("no total %s", name);
  return 0;
}

#endif
