// hftsim bench env: environment steps per second on this machine.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/env.h"
#include "cli/bench.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

typedef struct arguments {
  cli_bench_envs envs;
  hft_time wall_time;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  cli_option options[CLI_OPTIONS_MAX];
  int shared = cli_bench_envs_options(&a->envs, options);
  const cli_option own[] = {
      {"envs", CLI_INT, &a->envs.envs, "N", "environments (64)", 1, HFT_ENVS_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S", "wall-clock time to run for (4)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  memcpy(options + shared, own, sizeof own);
  const cli_usage usage = {
      .synopsis = "hftsim bench env [options]",
      .about =
          "Steps environments with random actions for a stretch of wall-clock time. Prints the "
          "steps per second and where the time of one step goes: background flow, matching of its "
          "messages, actions, observations and rewards of the seats. Episodes that end are reset, "
          "and the time includes the resets.",
      .examples =
          "  hftsim bench env\n"
          "  hftsim bench env --msgs-per-step 1 --envs 256 --threads 2 --json\n"
          "  hftsim bench env --config portfolio --seats 0 --msgs-per-step 0\n",
      .options = options,
      .option_count = shared + (int)(sizeof own / sizeof own[0]),
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// ---- results -----------------------------------------------------------------------------------

static int print_json(const arguments *a, const hft_env_spec *spec, const hft_bench_env_result *r) {
  const hft_bench_env_parts *parts = &r->parts;
  double per_s = 1e9 / r->ns_per_step;
  json_t *breakdown =
      json_pack("{s:f, s:f, s:f, s:f, s:f}", "flow", parts->flow, "match", parts->match, "act",
                parts->act, "observe", parts->observe, "reward", parts->reward);
  return cli_print_json(json_pack(
      "{s:s, s:I, s:I, s:i, s:I, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "bench", "env",
      "envs", (json_int_t)a->envs.envs, "threads", (json_int_t)a->envs.threads, "seats",
      spec->seat_count, "episode_len", (json_int_t)spec->episode_len, "decision_ms",
      (double)spec->decision / (double)HFT_MILLISECOND, "steps", (json_int_t)r->steps,
      "steps_per_s", per_s, "agent_steps_per_s", per_s * spec->seat_count, "msgs_per_s",
      per_s * r->messages_per_step, "ns_per_step", r->ns_per_step, "ns_per_step_median",
      r->ns_per_step_median, "msgs_per_step", r->messages_per_step, "background_msgs_per_step",
      r->background_per_step, "breakdown", breakdown));
}

static int print_table(const arguments *a, const hft_env_spec *spec,
                       const hft_bench_env_result *r) {
  const hft_bench_env_parts *parts = &r->parts;
  double per_s = 1e9 / r->ns_per_step;
  printf("%" PRId64 " environments on %" PRId64 " threads, %d seats, steps of %.3f ms\n",
         a->envs.envs, a->envs.threads, spec->seat_count,
         (double)spec->decision / (double)HFT_MILLISECOND);
  printf("throughput  %12.0f steps/s, %.1f ns a step (median %.1f)\n", per_s, r->ns_per_step,
         r->ns_per_step_median);
  printf("            %12.0f steps of agents/s\n", per_s * spec->seat_count);
  printf("            %12.0f messages/s, %.2f a step, %.2f of them the background's\n",
         per_s * r->messages_per_step, r->messages_per_step, r->background_per_step);
  printf(
      "one thread  %12.0f ns a step: flow %.0f, match %.0f, act %.0f, observe %.0f, "
      "reward %.0f\n",
      parts->flow + parts->match + parts->act + parts->observe + parts->reward, parts->flow,
      parts->match, parts->act, parts->observe, parts->reward);
  return cli_end_output();
}

static int measure(const arguments *a, const hft_env_model *model) {
  hft_error error = {0};
  cli_progress bar;
  cli_progress_start(&bar, "env");
  const hft_progress progress = {cli_progress_goes_on, &bar};
  const hft_pool_config config = {
      .env_count = (int)a->envs.envs, .thread_count = (int)a->envs.threads, .seed = a->envs.seed};
  hft_bench_env_result result;
  hft_status status = hft_bench_env(model, &config, a->wall_time, &progress, &result, &error);
  cli_progress_end(&bar, status);
  if (status != HFT_OK) return cli_fail(&error);
  const hft_env_spec *spec = hft_env_model_spec(model);
  return a->json ? print_json(a, spec, &result) : print_table(a, spec, &result);
}

int cli_bench_env(int argc, char **argv) {
  arguments a = {.envs = cli_bench_envs_default(64), .wall_time = 4 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (cli_bench_envs_config(&a.envs, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_env_model *model = NULL;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  hft_config_free(config);
  if (status != HFT_OK) return cli_fail(&error);
  exit_code = measure(&a, model);
  hft_env_model_free(model);
  return exit_code;
}
