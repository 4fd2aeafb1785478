// Episodes of an env in which a contestant holds the scored seats: what the seat of a learner would
// be paid, and the referee's metric, if the contestant acted for it. A contestant is a controller
// of seats (sim/env/controller.h) with its keys: a strategy or a policy of the classes given. The
// episodes are those of the config with `controller` set: any client that names the same
// controllers, or that acts alike, gets the same returns.
#ifndef HFTSIM_EVAL_SEATED_H
#define HFTSIM_EVAL_SEATED_H

#include "baselines/classes.h"
#include "eval/runner.h"
#include "eval/task.h"

// Who acts for a seat.
typedef struct hft_seated_contestant {
  const char *controller;    // name of a class
  const hft_params *params;  // its keys; null: their defaults
} hft_seated_contestant;

// What to run. All is borrowed, and needed only while the plan is made, but for the classes.
typedef struct hft_seated_spec {
  const hft_task *task;
  const hft_config *config;  // that of the task's preset; others are allowed, such as one with fees
  const hft_agent_class *const *classes;
  int class_count;
  hft_seated_contestant contestant;
} hft_seated_spec;

// A compiled spec: constant, shared by all threads.
typedef struct hft_seated_plan hft_seated_plan;

// An episode: means over the scored seats, of which there is mostly one.
typedef struct hft_seated_episode {
  double score;                  // the task's metric
  double reward;                 // the return: the sum of the seat's rewards
  double terminated;             // share of the scored seats that a risk limit ended
  double total[HFT_TOTALS_MAX];  // the seat's totals (hft_seated_total_name)
} hft_seated_episode;

// Whether a class can hold the scored seats of a spec. Executions hold seats of executors, market
// makers those of makers, directional strategies those of takers and portfolios, of which they
// trade the first instrument alone, and do-nothing all; a policy holds seats whose observations and
// actions it accepts. spec->contestant is not read.
bool hft_seated_can_hold(const hft_seated_spec *spec, const hft_agent_class *agent_class);

// Compiles a spec. The caller frees *out by hft_seated_plan_free. EINVAL: the controller
// is unknown or cannot hold the seats, and the error lists those that can. ECONFIG: the preset has
// no external seats of the role, the controller's keys are wrong, or an external seat of another
// role has no opponent in the task; ENOMEM.
hft_status hft_seated_plan_create(const hft_seated_spec *spec, hft_seated_plan **out,
                                  hft_error *error);
// Frees a plan. Null is ignored.
void hft_seated_plan_free(hft_seated_plan *plan);

// The number of scored seats.
int hft_seated_seat_count(const hft_seated_plan *plan);
// The number of totals of a seat.
int hft_seated_total_count(const hft_seated_plan *plan);
// The name and the unit of a total, k in [0, hft_seated_total_count - 1].
const char *hft_seated_total_name(const hft_seated_plan *plan, int k);
const char *hft_seated_total_unit(const hft_seated_plan *plan, int k);
// The length of an episode that no limit ends early, s.
double hft_seated_length_s(const hft_seated_plan *plan);
// The market's model, which belongs to the plan.
const hft_model *hft_seated_market(const hft_seated_plan *plan);

// Runs options->episodes episodes; episode i is the first of the worlds of seed options->seed + i.
// Writes results[options->episodes], the same with any number of threads. Errors: those of
// hft_runner_run.
hft_status hft_seated_run(const hft_seated_plan *plan, const hft_runner_options *options,
                          hft_seated_episode *results, hft_error *error);

// The same for `count` contestants in the same worlds, each in an env of its own:
// results[options->episodes][count]. Of EINTR done[options->episodes] tells which worlds are
// complete for all of them; the others' results are not to be used.
hft_status hft_seated_run_all(const hft_seated_plan *const *plan, int count,
                              const hft_runner_options *options, hft_seated_episode *results,
                              bool *done, hft_error *error);

#endif
