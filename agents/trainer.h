// The training loop: plays and learns by an algorithm, evaluates the frozen policy in validation
// worlds, keeps checkpoints, and goes on with a run bit for bit. Documented in docs/training.md.
#ifndef HFTSIM_AGENTS_TRAINER_H
#define HFTSIM_AGENTS_TRAINER_H

#include "agents/training.h"
#include "agents/training_run.h"
#include "eval/seated.h"
#include "eval/task.h"
#include "stats/stats.h"

#define HFT_TRAINER_BOARDS_MAX HFT_ROLE_COUNT
#define HFT_TRAINER_NAME_SIZE 128

// A leaderboard task by which a training is evaluated.
typedef struct hft_trainer_task {
  const char *name;
  const hft_task *task;
} hft_trainer_task;

// How a contestant did in the worlds of an evaluation: means with 95% intervals (BCa bootstrap).
typedef struct hft_trainer_score {
  char name[HFT_TRAINER_NAME_SIZE];  // "policy", or a baseline
  double score;                      // the task's metric; without a task the return
  double reward;                     // the return of an episode
  double gain;       // mean of the paired differences to the best baseline; NaN: there is none
  double deviation;  // of an episode's score
  hft_interval score_range, reward_range, gain_range;
} hft_trainer_score;

// The scores of one task, or of the seats of one role.
typedef struct hft_trainer_board {
  char name[HFT_TEXT_MAX];    // of the task, or of the role
  const char *metric, *unit;  // of the score
  int baseline_count;
  int best_baseline;  // the one with the highest score; -1: there is none
  hft_trainer_score baseline[HFT_TRAINING_BASELINES_MAX];
  hft_trainer_score policy;
} hft_trainer_board;

// Where a training is.
typedef struct hft_trainer_state {
  int64_t updates, steps;  // done; steps are those of seats
  int64_t evaluated;       // updates at the last evaluation; -1: none
  int64_t best_update;     // of the best evaluation; -1: none
  int64_t since_best;      // evaluations since
  double best;             // by which evaluations are compared (hft_trainer_merit)
  double seconds;          // of wall time, evaluations included
  double evaluation_seconds, update_seconds;  // of these
} hft_trainer_state;

// Why a training ended.
typedef enum hft_trainer_end {
  HFT_TRAINER_STEPS,     // training.steps
  HFT_TRAINER_SECONDS,   // training.seconds
  HFT_TRAINER_PATIENCE,  // training.patience
  HFT_TRAINER_STOPPED,   // by the caller
  HFT_TRAINER_RUNNING    // not yet
} hft_trainer_end;

typedef struct hft_trainer hft_trainer;

// Any of the callbacks may be null. They are called on the caller's thread, but for `stopped`,
// which any thread may ask.
typedef struct hft_trainer_spec {
  const hft_training *training;  // which hft_training_check accepts
  const hft_config *config;      // the env's own, without the overrides
  const hft_agent_class *const *classes;
  int class_count;
  int task_count;  // of hft_training_tasks, in this order
  const hft_trainer_task *task;
  bool (*stopped)(void *context);
  void (*on_baseline)(void *context, double done);    // share of the baselines' evaluation
  void (*on_evaluating)(void *context, double done);  // share of an evaluation
  void (*on_update)(void *context, const hft_trainer *trainer, const hft_figure *figure, int count);
  void (*on_evaluation)(void *context, const hft_trainer *trainer);
  void *context;
} hft_trainer_spec;

// Compiles the envs, makes the learner and checks the baselines; writes nothing. All of the spec is
// borrowed until hft_trainer_free. ECONFIG: a key is wrong, the config has no external seats, or
// the overrides change what seats see or do; ENOMEM; EFULL.
hft_status hft_trainer_create(const hft_trainer_spec *spec, hft_trainer **out, hft_error *error);
// Stops the threads and frees the trainer; null is ignored.
void hft_trainer_free(hft_trainer *trainer);

// Begins a training in the folder of a new run, or, with `resume`, goes on from its
// checkpoints/latest.h5. Writes training.yaml, config.yaml, and the tables up to the checkpoint.
// The run is borrowed. EIO; EDATA: a damaged checkpoint; ENOMEM.
hft_status hft_trainer_begin(hft_trainer *trainer, hft_training_run *run, bool resume,
                             hft_error *error);
// Trains to the end and writes the last checkpoint. EINTR: stopped, after the checkpoint was
// written; EIO, ENOMEM: the last checkpoint that was written is whole.
hft_status hft_trainer_run(hft_trainer *trainer, hft_error *error);

const hft_trainer_state *hft_trainer_state_of(const hft_trainer *trainer);
hft_trainer_end hft_trainer_end_of(const hft_trainer *trainer);
// "steps", "seconds", "patience", "stopped", "running".
const char *hft_trainer_end_name(hft_trainer_end end);
// The boards, with the policy's scores of the last evaluation or, with `best`, of the best one.
// Returns their number.
int hft_trainer_boards(const hft_trainer *trainer, bool best, const hft_trainer_board **out);
// By which evaluations are compared: one board: the score; several: the mean over boards of the
// score less that of the best baseline, in deviations of that baseline's episodes.
double hft_trainer_merit(const hft_trainer_board *board, int count);
// Agent steps a second of the updates, evaluations left out.
double hft_trainer_speed(const hft_trainer *trainer);
// Agent steps of an update: envs x external seats x rollout_steps.
int64_t hft_trainer_update_steps(const hft_trainer *trainer);
int hft_trainer_threads(const hft_trainer *trainer);

#endif
