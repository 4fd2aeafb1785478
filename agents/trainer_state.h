// Internal to agents/trainer*.c.
#ifndef HFTSIM_AGENTS_TRAINER_STATE_H
#define HFTSIM_AGENTS_TRAINER_STATE_H

#include "agents/checkpoint.h"
#include "agents/tensorboard.h"
#include "agents/trainer.h"

#define HFT_TRAINER_BLOCKS_MAX 256
#define HFT_TRAINER_COUNTERS 10
#define HFT_TRAINER_SCORE_NUMBERS 10
#define HFT_TRAINER_BEST ((int64_t)HFT_TRAINER_BOARDS_MAX * HFT_TRAINER_SCORE_NUMBERS)

// A task or role with the plans of its baselines and the scores of their episodes.
typedef struct hft_trainer_contest {
  const hft_task *task;  // that of the spec, or `own`
  hft_task own;          // of a role: all external seats are held by the policy
  bool by_return;
  uint64_t seed;  // of its first world
  int baseline_count;
  hft_seated_plan *plan[HFT_TRAINING_BASELINES_MAX];
  double *best;  // [episodes]: scores of the best baseline; null: there is none
} hft_trainer_contest;

struct hft_trainer {
  hft_trainer_spec spec;
  const hft_training_keys *keys;
  const hft_algorithm *algorithm;
  int threads;
  // The market.
  hft_config *config;    // with the overrides
  hft_env_model *model;  // of that config
  hft_env_model *own;    // of the env's own config: what is evaluated
  hft_worlds *block[HFT_TRAINER_BLOCKS_MAX];
  int blocks;
  hft_worlds_shape shape;
  hft_crew *crew;
  hft_learner *learner;
  int64_t update_steps;
  // Evaluation.
  int contest_count;
  hft_trainer_contest contest[HFT_TRAINER_BOARDS_MAX];
  hft_trainer_board board[HFT_TRAINER_BOARDS_MAX], best_board[HFT_TRAINER_BOARDS_MAX];
  hft_seated_episode *episode;  // [evaluate_episodes]
  double *value;                // [evaluate_episodes]
  // The run.
  hft_training_run *run;
  FILE *metrics, *evaluations;
  hft_tensorboard *events;
  char *config_text, *training_text, *latest, *best;
  hft_tensor *tensor;
  int tensor_count;
  uint8_t *save[HFT_TRAINER_BLOCKS_MAX];
  hft_checkpoint_actor *actor;
  int actor_count;
  int64_t counter[HFT_TRAINER_COUNTERS];  // of the state, as a checkpoint has them
  double counter_real[HFT_TRAINER_COUNTERS];
  double best_real[HFT_TRAINER_BEST];
  hft_trainer_state state;
  hft_trainer_end end;
  bool resumed;
  double began;    // s: of the clock, less the seconds of earlier processes
  double written;  // s: when the last checkpoint was written
};

// Monotonic time, s.
double hft_trainer_now(void);

// Evaluation (agents/trainer_evaluate.c).

// Makes the contests and the plans of their baselines.
hft_status hft_trainer_contests_create(hft_trainer *trainer, hft_error *error);
void hft_trainer_contests_free(hft_trainer *trainer);
// Runs the baselines. EINTR.
hft_status hft_trainer_run_baselines(hft_trainer *trainer, hft_error *error);
// Runs the policy of checkpoints/latest.h5 in all contests and writes its scores to the boards.
// EINTR: the boards are as before.
hft_status hft_trainer_run_policy(hft_trainer *trainer, hft_error *error);

// Files (agents/trainer_files.c).

// Opens the tables, as far as the checkpoint goes, and the event file, and writes the texts.
hft_status hft_trainer_files_open(hft_trainer *trainer, hft_error *error);
void hft_trainer_files_close(hft_trainer *trainer);
// Appends the row of an update. `seconds`: it took.
hft_status hft_trainer_log_update(hft_trainer *trainer, const hft_figure *figure, int count,
                                  double seconds, hft_error *error);
// Appends the rows of the baselines, or of the policy.
hft_status hft_trainer_log_baselines(hft_trainer *trainer, hft_error *error);
hft_status hft_trainer_log_evaluation(hft_trainer *trainer, hft_error *error);
// Lists the tensors and makes room for the saves.
hft_status hft_trainer_tensors_create(hft_trainer *trainer, hft_error *error);
// Writes checkpoints/latest.h5 with the whole state, or checkpoints/best.h5 with the actors alone.
hft_status hft_trainer_write_latest(hft_trainer *trainer, hft_error *error);
hft_status hft_trainer_write_best(hft_trainer *trainer, hft_error *error);
// Loads the state of checkpoints/latest.h5 into the learner, the blocks and the counters.
hft_status hft_trainer_load(hft_trainer *trainer, hft_error *error);

#endif
