// hftsim evaluate: plays a checkpoint in unseen worlds.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/evaluate.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define CONFIDENCE 0.95
#define BOOTSTRAP_ENV UINT32_MAX  // env of the streams, which no market of a run uses

static bool parse(int argc, char **argv, cli_evaluate_options *o, int *code) {
  const cli_option options[] = {
      {"task", CLI_TEXT, &o->task, "TASK", "score it on a leaderboard task, a name or a file", 0,
       0},
      {"config", CLI_TEXT, &o->config, "C",
       "score it by the return in the seats of a config, a file or the name of a preset; by "
       "default "
       "the config that it was trained in",
       0, 0},
      {"set", CLI_REPEAT, &o->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"episodes", CLI_INT, &o->episodes, "N",
       "number of episodes; 100 by default, of a task the task's", 1, HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &o->seed, "S",
       "episode i is the world of seed S + i; test, test:40: of that range", 0, 0, &o->seed_given},
      {"split", CLI_TEXT, &o->split, "train|validation|test",
       "the first seeds of that range; test by default", 0, 0},
      {"explore", CLI_FLAG, &o->explore, NULL,
       "draw actions from the policy's distribution, as in training", 0, 0},
      {"threads", CLI_INT, &o->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &o->json, NULL, "print JSON, with the score of each episode", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim evaluate CHECKPOINT [--task TASK | --config C] [options]",
      .about =
          "Plays a checkpoint of a training in worlds of its own: mean score over the episodes, "
          "with its 95% confidence interval (BCa bootstrap), and the metrics of its seats. With "
          "--task it holds the task's scored seats; otherwise all external seats of a config, and "
          "the score is the mean return of a seat. Results depend on the checkpoint, the config "
          "and the seeds, not on the number of threads.",
      .examples =
          "  hftsim train --config market_making --steps 20000 --out runs/mm\n"
          "  hftsim evaluate runs/mm/checkpoints/best.h5 --task market_making --episodes 20\n"
          "  hftsim evaluate runs/mm/checkpoints/best.h5 --split validation --episodes 8 --json\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positional = "CHECKPOINT",
  };
  return cli_parse(&usage, argc, argv, &o->path, code);
}

static hft_status check(const cli_evaluate_options *o, hft_error *error) {
  if (o->path == NULL) {
    return hft_fail(error, HFT_EINVAL, "evaluate",
                    "name a checkpoint, as runs/NAME/checkpoints/best.h5; 'hftsim train' writes "
                    "them");
  }
  if (o->task != NULL && o->config != NULL) {
    return hft_fail(error, HFT_EINVAL, "--config", "contradicts --task: a task has its preset");
  }
  if (o->task != NULL && o->overrides.count > 0) {
    return hft_fail(error, HFT_EINVAL, "--set",
                    "contradicts --task: a task has its preset; give --config to change one");
  }
  if (o->seed_given && o->split != NULL) {
    return hft_fail(error, HFT_EINVAL, "--split", "contradicts --seed: give one of them");
  }
  return HFT_OK;
}

// ---- the run -----------------------------------------------------------------------------------

static hft_status run_episodes(cli_evaluation *v, hft_error *error) {
  size_t count = (size_t)v->count;
  v->episode = calloc(count * (size_t)v->roles, sizeof *v->episode);
  v->value = calloc(count, sizeof *v->value);
  bool *done = calloc(count, sizeof *done);
  if (v->episode == NULL || v->value == NULL || done == NULL) {
    free(done);
    return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  }
  const hft_seated_plan *plan[HFT_ROLE_COUNT];
  for (int r = 0; r < v->roles; r++) plan[r] = v->role[r].plan;
  cli_progress bar;
  cli_progress_start(&bar, "evaluate");
  const hft_runner_options options =
      cli_runner_options(&bar, v->count, v->options->threads, v->seed);
  hft_status status = hft_seated_run_all(plan, v->roles, &options, v->episode, done, error);
  cli_progress_end(&bar, status);
  free(done);
  return status;
}

// All figures have the same resamples.
static hft_status summarise(const cli_evaluation *v, const double *value, cli_figure *out) {
  hft_moments moments = {0};
  for (int e = 0; e < v->count; e++) hft_moments_add(&moments, value[e]);
  out->mean = moments.mean;
  out->sd = hft_moments_sd(&moments);
  hft_rng rng = hft_rng_stream(v->seed, BOOTSTRAP_ENV, 0);
  hft_status status = hft_bootstrap_mean(value, (size_t)v->count, CONFIDENCE, &rng, &out->interval);
  // Episodes of one world are one observation.
  if (hft_model_worlds(hft_seated_market(v->role[0].plan)) <= 1) {
    out->interval = (hft_interval){NAN, NAN};
  }
  return status;
}

static hft_status score(cli_evaluation *v, hft_error *error) {
  hft_status status = HFT_OK;
  bool is_task = v->config_name == NULL;
  double seats = 0;
  for (int r = 0; r < v->roles; r++) seats += hft_seated_seat_count(v->role[r].plan);
  for (int r = 0; r < v->roles && status == HFT_OK; r++) {
    for (int e = 0; e < v->count; e++) {
      const hft_seated_episode *episode = cli_evaluated(v, e, r);
      v->value[e] = is_task ? episode->score : episode->reward;
    }
    status = summarise(v, v->value, &v->role[r].score);
  }
  // The mean over all seats that are scored.
  for (int e = 0; e < v->count && v->roles > 1; e++) {
    v->value[e] = 0;
    for (int r = 0; r < v->roles; r++) {
      double share = hft_seated_seat_count(v->role[r].plan) / seats;
      v->value[e] += share * cli_evaluated(v, e, r)->reward;
    }
  }
  if (status == HFT_OK) status = summarise(v, v->value, &v->score);
  return status == HFT_OK ? status : hft_fail(error, status, "score", "out of memory");
}

static int run(cli_evaluation *v) {
  hft_error error = {0};
  if (cli_evaluation_prepare(v, &error) != HFT_OK) {
    (void)cli_fail(&error);
    return error.status == HFT_EINVAL || error.status == HFT_ECONFIG ? CLI_USAGE : CLI_FAILED;
  }
  if (run_episodes(v, &error) != HFT_OK || score(v, &error) != HFT_OK) return cli_fail(&error);
  char text[256];
  const char *note =
      cli_dependence(hft_seated_market(v->role[0].plan), v->count, text, sizeof text);
  if (note != NULL) fprintf(stderr, "hftsim: note: %s\n", note);
  return v->options->json ? cli_evaluation_json(v) : cli_evaluation_table(v);
}

int cmd_evaluate(int argc, char **argv) {
  cli_evaluate_options options = {0};
  int code;
  if (!parse(argc, argv, &options, &code)) return code;
  hft_error error = {0};
  if (check(&options, &error) != HFT_OK) {
    (void)cli_fail(&error);
    return CLI_USAGE;
  }
  cli_stop_install();
  cli_evaluation *v = calloc(1, sizeof *v);
  if (v == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "evaluate", "out of memory"});
  v->options = &options;
  code = run(v);
  cli_evaluation_close(v);
  free(v);
  return code;
}
