// `hftsim evaluate` in parts: what is run, and how it is printed.
#ifndef HFTSIM_CLI_EVALUATE_H
#define HFTSIM_CLI_EVALUATE_H

#include <jansson.h>

#include "agents/checkpoint.h"
#include "cli/options.h"
#include "cli/task.h"
#include "stats/stats.h"

// What the command line says.
typedef struct cli_evaluate_options {
  const char *path, *task, *config, *split;
  cli_list overrides;
  int64_t episodes, threads;
  uint64_t seed;
  bool seed_given, explore, json;
} cli_evaluate_options;

// The mean of a figure over the episodes, with its interval.
typedef struct cli_figure {
  double mean, sd;
  hft_interval interval;
} cli_figure;

// The seats of a role that are scored.
typedef struct cli_evaluated_role {
  cli_task task;  // the task, or one made of the config; its config is borrowed
  hft_seated_plan *plan;
  cli_figure score;
} cli_evaluated_role;

// An evaluation.
typedef struct cli_evaluation {
  const cli_evaluate_options *options;
  hft_checkpoint *checkpoint;
  hft_config *config;
  const char *config_name;  // null: of a task
  hft_params params;        // of the seats
  int roles;
  cli_evaluated_role role[HFT_ROLE_COUNT];
  uint64_t seed;                // of the first episode
  int count;                    // episodes
  hft_seated_episode *episode;  // [count][roles]
  double *value;                // [count]: scores
  cli_figure score;
} cli_evaluation;

// Of role r in episode e.
static inline const hft_seated_episode *cli_evaluated(const cli_evaluation *v, int e, int r) {
  return &v->episode[(size_t)e * (size_t)v->roles + (size_t)r];
}

// Finds out what is to be run: the config, the roles and their plans. Whatever the result, the
// caller releases by cli_evaluation_close.
hft_status cli_evaluation_prepare(cli_evaluation *evaluation, hft_error *error);
void cli_evaluation_close(cli_evaluation *evaluation);

// Print to stdout, and return the exit code.
int cli_evaluation_table(const cli_evaluation *evaluation);
int cli_evaluation_json(const cli_evaluation *evaluation);

#endif
