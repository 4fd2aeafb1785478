// Internal to hftsim train.
#ifndef HFTSIM_CLI_TRAIN_H
#define HFTSIM_CLI_TRAIN_H

#include <jansson.h>

#include "agents/trainer.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/task.h"

#define CLI_TRAIN_SEEDS_MAX 100

typedef struct cli_train_options {
  const char *algorithm, *config, *out, *resume;
  int64_t steps, seed, seeds, threads;
  bool steps_given, seed_given, threads_given, json, quiet;
  cli_list sets;
  int argc;
  char **argv;
} cli_train_options;

// What a training is made from.
typedef struct cli_train {
  const cli_train_options *options;
  hft_training *training;
  hft_config *config;  // the env's own
  int task_count;
  cli_task task[HFT_TRAINING_TASKS_MAX];  // read, without their configs
  char name[HFT_TEXT_MAX];                // of the config, for the folder
  hft_training_run run;                   // open with --resume
} cli_train;

// Reads the recipe of --config, or the run of --resume, and applies the options. Writes nothing.
// ECONFIG, EINVAL, EIO, ENOMEM. The caller frees by cli_train_close, in any case.
hft_status cli_train_load(const cli_train_options *options, cli_train *out, hft_error *error);
void cli_train_close(cli_train *train);

// How a run ended.
typedef struct cli_train_result {
  char *folder, *checkpoint;  // null: none was written
  int64_t seed, steps, updates, best_update;
  double seconds, speed, best;  // best: hft_trainer_merit; NaN: no evaluation
  const char *end;              // of hft_trainer_end_name, or "failed"
  int board_count;
  hft_trainer_board board[HFT_TRAINER_BOARDS_MAX];  // of the best evaluation
} cli_train_result;
void cli_train_result_free(cli_train_result *result);

// Trains with the seed of the training, in the folder `out` (null: runs/...). Returns the exit
// code; errors are printed. *result is to be freed.
int cli_train_run(cli_train *train, const char *out, cli_train_result *result);

// A result as JSON; null: out of memory.
json_t *cli_train_json(const cli_train_result *result);
// Prints results as tables.
int cli_train_print(const cli_train_result *results, int count);
// Prints an evaluation as a line of stderr.
void cli_train_print_evaluation(const hft_trainer *trainer);

#endif
