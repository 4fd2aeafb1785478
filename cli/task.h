// How commands name a leaderboard task, and what they make of it.
#ifndef HFTSIM_CLI_TASK_H
#define HFTSIM_CLI_TASK_H

#include "eval/seated.h"
#include "eval/task.h"

#define CLI_PURPOSE_SIZE 1024

// A task with the config of its preset.
typedef struct cli_task {
  char name[HFT_TEXT_MAX];
  char purpose[CLI_PURPOSE_SIZE];  // the comment at the beginning of its file, or ""
  hft_task task;
  hft_config *config;  // null where the task was only read
} cli_task;

// Reads a task: one of the built-in ones by its name, or a file; "./name" is always a file.
// ECONFIG, ENOMEM, EIO: there is none, and the error names the nearest task or those that begin
// alike.
hft_status cli_task_read(const char *name, cli_task *out, hft_error *error);

// The same, then loads the preset and checks that it is the one the task was made for. The caller
// frees by cli_task_close.
hft_status cli_task_load(const char *name, cli_task *out, hft_error *error);
void cli_task_close(cli_task *task);

// Finds a split of the seeds by its name; null: the test's. EINVAL.
hft_status cli_task_split(const char *name, hft_split *out, hft_error *error);

// What a task runs with a contestant. The task must be loaded; it is borrowed.
hft_seated_spec cli_task_spec(const cli_task *task, const hft_seated_contestant *contestant);

#endif
