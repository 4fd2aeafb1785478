// hftsim train: trains policies for the external seats of a config.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/stop.h"
#include "cli/train.h"

#define STEPS_MAX 1000000000000

static const char examples[] =
    "  hftsim train --config market_making --steps 40000 --set training.num_envs=16\n"
    "  hftsim train --algorithm ippo --config taking --steps 30000 --seed 3 --json\n"
    "  hftsim train --config avellaneda_stoikov --seeds 2 --steps 20000 "
    "--set mappo.lr_actor=1e-3\n";

static bool parse(int argc, char **argv, cli_train_options *a, int *code) {
  const cli_option options[] = {
      {"algorithm", CLI_TEXT, &a->algorithm, "mappo|ippo",
       "MAPPO, whose value sees the state, or IPPO, whose value sees a seat's own observation; "
       "that of the training file by default",
       0, 0, NULL},
      {"config", CLI_TEXT, &a->config, "NAME|FILE",
       "a preset, with its training file where there is one; a training file; or a config, with "
       "the defaults of training",
       0, 0, NULL},
      {"steps", CLI_INT, &a->steps, "N", "agent steps: training.steps", 1, STEPS_MAX,
       &a->steps_given},
      {"seed", CLI_INT, &a->seed, "S",
       "of networks, worlds and exploration: training.seed, in the range of training", 0,
       HFT_TRAINING_SEEDS_END - 1, &a->seed_given},
      {"seeds", CLI_INT, &a->seeds, "K", "train with K seeds from S on, one after the other", 1,
       CLI_TRAIN_SEEDS_MAX, NULL},
      {"out", CLI_TEXT, &a->out, "DIR",
       "run folder, which must not exist or be empty; runs/TIME-CONFIG-ALGORITHM-seedS by default; "
       "with --seeds it holds a folder seedS for each",
       0, 0, NULL},
      {"resume", CLI_TEXT, &a->resume, "RUN",
       "go on with the run of this folder, bit for bit; training.steps, seconds, threads and "
       "patience may be changed",
       0, 0, NULL},
      {"threads", CLI_INT, &a->threads, "T",
       "threads; 0: one for each processor. Results do not depend on it", 0, HFT_RUNNER_THREADS_MAX,
       &a->threads_given},
      {"set", CLI_REPEAT, &a->sets, "KEY=VALUE",
       "set a key of the training (training.*, network.*, mappo.*) or of the env's config", 0, 0,
       NULL},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON", 0, 0, NULL},
      {"quiet", CLI_FLAG, &a->quiet, NULL, "no progress", 0, 0, NULL},
  };
  const cli_usage usage = {
      .synopsis = "hftsim train [--algorithm A] [--config C] [options]",
      .about =
          "Trains policies for the external seats of a config, and evaluates them on validation "
          "seeds beside baselines as it goes. The run folder has the best and the latest "
          "checkpoint, the metrics (CSV and TensorBoard) and all that is needed to run it again. "
          "Ctrl-C saves and stops. See docs/training.md.",
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, code);
}

static hft_status check(const cli_train_options *a, hft_error *error) {
  if (a->resume != NULL) {
    const char *other = a->config != NULL ? "--config"
                        : a->out != NULL  ? "--out"
                        : a->seeds > 0    ? "--seeds"
                                          : NULL;
    if (other != NULL) {
      return hft_fail(error, HFT_EINVAL, other, "contradicts --resume, which goes on with a run");
    }
  }
  return HFT_OK;
}

// The run that is best, by the score of its best checkpoint.
static int best_of(const cli_train_result *results, int count) {
  int best = 0;
  for (int i = 1; i < count; i++) {
    if (results[i].best > results[best].best || isnan(results[best].best)) best = i;
  }
  return best;
}

static int print(const cli_train_options *a, const cli_train_result *results, int count) {
  if (!a->json) return cli_train_print(results, count);
  json_t *json = cli_train_json(&results[best_of(results, count)]);
  if (a->seeds > 0 && json != NULL) {
    json_t *runs = json_array();
    for (int i = 0; i < count; i++) json_array_append_new(runs, cli_train_json(&results[i]));
    json_object_set_new(json, "runs", runs);
  }
  return cli_print_json(json);
}

static hft_status set_seed(hft_training *training, int64_t seed, hft_error *error) {
  char text[64];
  snprintf(text, sizeof text, "training.seed=%" PRId64, seed);
  return hft_training_set(training, text, error);
}

// Trains with the seeds one after the other.
static int train_all(const cli_train_options *a, cli_train *t, cli_train_result *results) {
  hft_error error;
  int count = a->seeds > 0 ? (int)a->seeds : 1, code = CLI_OK, done = 0;
  int64_t first = hft_training_values(t->training)->seed;
  for (int i = 0; i < count && code == CLI_OK; i++) {
    char out[HFT_PATH_MAX];
    if (a->out != NULL && a->seeds > 0) {
      snprintf(out, sizeof out, "%.990s/seed%" PRId64, a->out, first + i);
    } else if (a->out != NULL) {
      snprintf(out, sizeof out, "%.1020s", a->out);
    }
    if (set_seed(t->training, first + i, &error) != HFT_OK) return cli_fail(&error);
    code = cli_train_run(t, a->out != NULL ? out : NULL, &results[i]);
    if (results[i].folder != NULL) done++;
  }
  if (done == 0 || (code != CLI_OK && code != CLI_INTERRUPTED)) return code;
  int printed = print(a, results, done);
  return code == CLI_OK ? printed : code;
}

static int train(const cli_train_options *a, cli_train *t) {
  hft_error error;
  if (cli_train_load(a, t, &error) != HFT_OK) {
    (void)cli_fail(&error);
    return error.status == HFT_EINVAL || error.status == HFT_ECONFIG ? CLI_USAGE : CLI_FAILED;
  }
  int64_t last = hft_training_values(t->training)->seed + (a->seeds > 0 ? a->seeds - 1 : 0);
  if (last >= HFT_TRAINING_SEEDS_END) {
    (void)hft_fail(&error, HFT_EINVAL, "--seeds",
                   "seed %" PRId64
                   " is beyond the range of training,"
                   " [0, %d)",
                   last, HFT_TRAINING_SEEDS_END);
    (void)cli_fail(&error);
    return CLI_USAGE;
  }
  cli_train_result *results = calloc(CLI_TRAIN_SEEDS_MAX, sizeof *results);
  if (results == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "train", "out of memory"});
  cli_stop_install();
  int code = train_all(a, t, results);
  for (int i = 0; i < CLI_TRAIN_SEEDS_MAX; i++) cli_train_result_free(&results[i]);
  free(results);
  return code;
}

int cmd_train(int argc, char **argv) {
  cli_train_options a = {.argc = argc, .argv = argv};
  int code;
  if (!parse(argc, argv, &a, &code)) return code;
  hft_error error;
  if (check(&a, &error) != HFT_OK) {
    (void)cli_fail(&error);
    return CLI_USAGE;
  }
  cli_train *t = calloc(1, sizeof *t);
  if (t == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "train", "out of memory"});
  code = train(&a, t);
  cli_train_close(t);
  free(t);
  return code;
}
