// hftsim bench eval: episodes per second of strategies, next to steps of environments, and the time
// of metrics and statistics.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/env.h"
#include "cli/bench.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "eval/contest.h"

#define ROUNDS 4             // environments and strategies take turns
#define EPISODES_A_THREAD 8  // in a run of the runner
#define STATISTICS_EPISODES 10000
#define SAMPLE_EPISODES 64  // that the synthetic ones are made of

static const char *const strategies[] = {"do-nothing", "twap", "avellaneda-stoikov"};
enum { STRATEGIES = sizeof strategies / sizeof strategies[0] };

// How often they refresh their orders.
typedef enum refresh_pace { REFRESH_DECISION, REFRESH_DEFAULT, REFRESH_COUNT } refresh_pace;
enum { RUNS = STRATEGIES * REFRESH_COUNT, PARTS = RUNS + 2 };

static int run_of(int strategy, refresh_pace pace) {
  return (int)pace * STRATEGIES + strategy;
}

typedef struct arguments {
  cli_bench_envs envs;
  hft_time wall_time;
  bool json;
} arguments;

// The best of the rounds.
typedef struct result {
  double env_steps_per_s;
  double episodes_per_s[RUNS], steps_per_s[RUNS];
  double refresh_ms[RUNS];  // NaN: the strategy has no orders to refresh
  int64_t episode_steps;
  double decision_ms;
  int metrics;          // that the statistics are of
  double statistics_s;  // the shortest
} result;

// What is measured, and how far.
typedef struct bench {
  const arguments *arguments;
  const hft_env_model *env;
  hft_contest *contest[RUNS];
  cli_progress bar;
  int part;  // that is under way, of ROUNDS x PARTS
  result best;
} bench;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  cli_option options[CLI_OPTIONS_MAX];
  int shared = cli_bench_envs_options(&a->envs, options);
  const cli_option own[] = {
      {"envs", CLI_INT, &a->envs.envs, "N", "environments (64)", 1, HFT_ENVS_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S",
       "wall-clock time for the environments, and for each strategy (4)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  memcpy(options + shared, own, sizeof own);
  const cli_usage usage = {
      .synopsis = "hftsim bench eval [options]",
      .about =
          "Runs episodes of strategies as `hftsim baseline` does, and steps environments as "
          "`hftsim bench env` does, with the same config and decision interval (by default the "
          "config's). The strategies refresh their orders at that interval, as seats act, and once "
          "more at their own default. All take turns, and the best turn of each counts. Prints "
          "episodes and steps "
          "per second, the ratio of the strategies' steps to the environments', and the time of "
          "metrics and statistics (2000 resamples) of 10000 episodes.",
      .examples =
          "  hftsim bench eval\n"
          "  hftsim bench eval --config ou --seconds 2 --json\n",
      .options = options,
      .option_count = shared + (int)(sizeof own / sizeof own[0]),
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// ---- measuring ---------------------------------------------------------------------------------

static double round_s(const bench *b) {
  return (double)b->arguments->wall_time / (double)HFT_SECOND / ROUNDS;
}

static bool goes_on(void *context, double done) {
  bench *b = context;
  double share = (b->part + done) / (ROUNDS * PARTS);
  return cli_progress_goes_on(&b->bar, share < 1 ? share : 1);
}

static hft_status measure_env(bench *b, hft_error *error) {
  const arguments *a = b->arguments;
  const hft_progress watch = {goes_on, b};
  const hft_pool_config config = {
      .env_count = (int)a->envs.envs, .thread_count = (int)a->envs.threads, .seed = a->envs.seed};
  hft_bench_env_result r;
  hft_status status = hft_bench_env(b->env, &config, a->wall_time / ROUNDS, &watch, &r, error);
  if (status != HFT_OK) return status;
  double per_s = (double)r.steps / r.wall_s;
  if (per_s > b->best.env_steps_per_s) b->best.env_steps_per_s = per_s;
  return HFT_OK;
}

static hft_status measure_strategy(bench *b, int which, hft_error *error) {
  const arguments *a = b->arguments;
  const hft_contest *contest = b->contest[which];
  hft_runner_options options =
      cli_runner_options(NULL, a->envs.threads * EPISODES_A_THREAD, a->envs.threads, a->envs.seed);
  double begin = cli_now_s(), now = begin;
  int episodes = 0;
  while (episodes == 0 || now - begin < round_s(b)) {
    hft_scores scores;
    hft_status status = hft_contest_run(contest, &options, &scores, error);
    hft_scores_free(&scores);
    if (status != HFT_OK) return status;
    episodes += options.episodes;
    options.seed += (uint64_t)options.episodes;
    now = cli_now_s();
    if (!goes_on(b, (now - begin) / round_s(b)))
      return hft_fail(error, HFT_EINTR, "bench", "interrupted");
  }
  double per_s = episodes / (now - begin);
  if (per_s > b->best.episodes_per_s[which]) b->best.episodes_per_s[which] = per_s;
  b->best.steps_per_s[which] = b->best.episodes_per_s[which] * (double)b->best.episode_steps;
  return HFT_OK;
}

// ---- metrics and statistics --------------------------------------------------------------------

// Computes the metrics of the episodes, which are copies of the sample's with other accounts.
static void compute(const hft_episode_plan *plan, hft_episode *sample, hft_scores *scores) {
  for (int e = 0; e < scores->episodes; e++) {
    hft_episode *row = &sample[e % SAMPLE_EPISODES];
    row->account.cash += 1 + e % 7;
    for (int m = 0; m < HFT_METRIC_COUNT; m++) {
      if (!hft_metric_applies((hft_metric)m, plan->kind)) continue;
      scores->value[(size_t)m * (size_t)scores->episodes + (size_t)e] =
          hft_metric_value(plan, row, 0, (hft_metric)m);
    }
  }
}

static hft_status time_statistics(bench *b, const hft_contest *contest, hft_episode *sample,
                                  hft_scores *scores, hft_metric_summary *summary) {
  const hft_episode_plan *plan = contest->plan[0][0];
  double begin = cli_now_s();
  compute(plan, sample, scores);
  hft_status status = hft_scores_summarise(scores, b->arguments->envs.seed, summary);
  double took = cli_now_s() - begin;
  if (b->best.statistics_s == 0 || took < b->best.statistics_s) b->best.statistics_s = took;
  b->best.metrics = 0;
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    b->best.metrics += hft_metric_applies((hft_metric)m, plan->kind);
  }
  return status;
}

static hft_status measure_statistics(bench *b, hft_error *error) {
  const hft_contest *contest = b->contest[run_of(1, REFRESH_DEFAULT)];
  const hft_runner_options options = cli_runner_options(
      NULL, SAMPLE_EPISODES, b->arguments->envs.threads, b->arguments->envs.seed);
  hft_scores scores = {.contestants = 1, .rows = 1, .episodes = STATISTICS_EPISODES};
  size_t values = (size_t)HFT_METRIC_COUNT * STATISTICS_EPISODES;
  scores.value = malloc(values * sizeof *scores.value);
  hft_episode *sample = calloc(SAMPLE_EPISODES, sizeof *sample);
  hft_metric_summary *summary = calloc(HFT_METRIC_COUNT, sizeof *summary);
  hft_status status = HFT_ENOMEM;
  if (scores.value != NULL && sample != NULL && summary != NULL) {
    for (size_t i = 0; i < values; i++) scores.value[i] = NAN;
    status = hft_runner_run(contest->plan[0][0], &options, sample, error);
    if (status == HFT_OK) status = time_statistics(b, contest, sample, &scores, summary);
  }
  free(scores.value);
  free(sample);
  free(summary);
  if (status == HFT_ENOMEM) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  return status;
}

static hft_status measure(bench *b, hft_error *error) {
  hft_status status = HFT_OK;
  for (int round = 0; round < ROUNDS; round++) {
    for (int part = 0; part < PARTS && status == HFT_OK; part++) {
      b->part = round * PARTS + part;
      if (part == 0) {
        status = measure_env(b, error);
      } else if (part <= RUNS) {
        status = measure_strategy(b, part - 1, error);
      } else {
        status = measure_statistics(b, error);
      }
    }
  }
  return status;
}

// ---- results -----------------------------------------------------------------------------------

static double ratio(const result *r, int which) {
  return r->steps_per_s[which] / r->env_steps_per_s;
}

static double least_ratio(const result *r, refresh_pace pace) {
  double least = ratio(r, run_of(0, pace));
  for (int i = 1; i < STRATEGIES; i++) least = fmin(least, ratio(r, run_of(i, pace)));
  return least;
}

static json_t *speed_json(const result *r, int run) {
  double refresh_ms = r->refresh_ms[run];
  return json_pack("{s:o, s:f, s:f, s:f}", "refresh_ms",
                   isnan(refresh_ms) ? json_null() : json_real(refresh_ms), "episodes_per_s",
                   r->episodes_per_s[run], "steps_per_s", r->steps_per_s[run], "ratio",
                   ratio(r, run));
}

static int print_json(const bench *b) {
  const result *r = &b->best;
  json_t *list = json_array();
  for (int i = 0; i < STRATEGIES; i++) {
    json_t *item = json_pack("{s:s}", "strategy", strategies[i]);
    json_object_update_new(item, speed_json(r, run_of(i, REFRESH_DECISION)));
    json_object_set_new(item, "default", speed_json(r, run_of(i, REFRESH_DEFAULT)));
    json_array_append_new(list, item);
  }
  json_t *statistics =
      json_pack("{s:i, s:i, s:i, s:f}", "episodes", STATISTICS_EPISODES, "resamples",
                HFT_BOOTSTRAP_RESAMPLES, "metrics", r->metrics, "seconds", r->statistics_s);
  return cli_print_json(json_pack(
      "{s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o}", "bench", "eval", "envs",
      (json_int_t)b->arguments->envs.envs, "threads", (json_int_t)b->arguments->envs.threads,
      "episode_len", (json_int_t)r->episode_steps, "decision_ms", r->decision_ms, "env_steps_per_s",
      r->env_steps_per_s, "ratio", least_ratio(r, REFRESH_DECISION), "ratio_default",
      least_ratio(r, REFRESH_DEFAULT), "strategies", list, "statistics", statistics));
}

static void print_speed(const result *r, int run) {
  char every[32] = "-";
  if (!isnan(r->refresh_ms[run])) {
    snprintf(every, sizeof every, "%.0f", r->refresh_ms[run]);
  }
  printf("%-20s %10s %12.1f %12.0f %8.2f\n", strategies[run % STRATEGIES], every,
         r->episodes_per_s[run], r->steps_per_s[run], ratio(r, run));
}

static int print_table(const bench *b) {
  const result *r = &b->best;
  printf("%" PRId64 " threads, episodes of %" PRId64 " steps of %.3f ms\n",
         b->arguments->envs.threads, r->episode_steps, r->decision_ms);
  printf("%-20s %10s %12s %12s %8s\n", "", "refresh ms", "episodes/s", "steps/s", "ratio");
  printf("%-20s %10s %12s %12.0f %8.2f\n", "environments", "", "", r->env_steps_per_s, 1.0);
  for (int run = 0; run < RUNS; run++) print_speed(r, run);
  printf("%d metrics of %d episodes, %d resamples: %.2f s\n", r->metrics, STATISTICS_EPISODES,
         HFT_BOOTSTRAP_RESAMPLES, r->statistics_s);
  return cli_end_output();
}

// ---- the run -----------------------------------------------------------------------------------

// Sets how often the strategy refreshes its orders: at the decision interval, as seats act, or at
// its default. NaN in *refresh_ms: it has no such key.
static hft_status set_refresh(const hft_section *section, void *params, const hft_config *config,
                              refresh_pace pace, double *refresh_ms, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  const hft_key *key = hft_section_find(section, "refresh_ms");
  *refresh_ms = NAN;
  if (key == NULL) return HFT_OK;
  hft_status status = HFT_OK;
  if (pace == REFRESH_DECISION) {
    char value[32];
    snprintf(value, sizeof value, "%.6g", market->decision_ms);
    status = hft_key_parse(key, value, params, "refresh_ms", error);
  }
  *refresh_ms = *(const double *)(const void *)((const char *)params + key->offset);
  return status;
}

static hft_status make_contest(bench *b, const hft_config *config, int run, hft_error *error) {
  const char *name = strategies[run % STRATEGIES];
  const hft_agent_class *strategy = hft_baseline_find(name);
  size_t size = strategy->section->size;
  void *params = malloc(size > 0 ? size : 1);
  if (params == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  hft_section_defaults(strategy->section, params);
  const hft_contest_entry contestant = {name, {strategy, params}, false};
  const hft_contest_spec spec = {.config = config,
                                 .classes = hft_catalog_classes,
                                 .class_count = hft_catalog_class_count,
                                 .contestant = &contestant,
                                 .count = 1};
  hft_status status =
      set_refresh(strategy->section, params, config, (refresh_pace)(run / STRATEGIES),
                  &b->best.refresh_ms[run], error);
  if (status == HFT_OK) status = hft_contest_create(&spec, &b->contest[run], error);
  free(params);
  return status;
}

static hft_status make_contests(bench *b, const hft_config *config, hft_error *error) {
  for (int run = 0; run < RUNS; run++) {
    hft_status status = make_contest(b, config, run, error);
    if (status != HFT_OK) return status;
  }
  const hft_episode_plan *plan = b->contest[0]->plan[0][0];
  b->best.episode_steps = hft_episode_steps(plan);
  b->best.decision_ms = (double)plan->step / (double)HFT_MILLISECOND;
  return HFT_OK;
}

static int run(const arguments *a, const hft_config *config, const hft_env_model *env) {
  bench b = {.arguments = a, .env = env};
  hft_error error = {0};
  hft_status status = make_contests(&b, config, &error);
  if (status == HFT_OK) {
    cli_progress_start(&b.bar, "eval");
    status = measure(&b, &error);
    cli_progress_end(&b.bar, status);
  }
  for (int i = 0; i < RUNS; i++) hft_contest_free(b.contest[i]);
  if (status != HFT_OK) return cli_fail(&error);
  return a->json ? print_json(&b) : print_table(&b);
}

int cli_bench_eval(int argc, char **argv) {
  arguments a = {.envs = cli_bench_envs_default(64), .wall_time = 4 * HFT_SECOND};
  a.envs.msgs_per_step = 0;
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_bench_envs_config(&a.envs, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_env_model *model = NULL;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  exit_code = status == HFT_OK ? run(&a, config, model) : cli_fail(&error);
  hft_env_model_free(model);
  hft_config_free(config);
  return exit_code;
}
