// hftsim bench env: how many steps of the environment a second, here.
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/env.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define RATE_TIME (300 * HFT_SECOND)  // of the market, over which its messages are counted
#define EPISODE_MESSAGES 100000       // of the background, in an episode
#define SHARE 0.02                    // of them that an executor's parent order has in lots

typedef struct arguments {
  const char *config;
  cli_list overrides;
  int64_t msgs_per_step, seats, envs, threads, depth;
  hft_time wall_time;
  uint64_t seed;
  bool json;
} arguments;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"msgs-per-step", CLI_INT, &a->msgs_per_step, "M",
       "messages of the background a step, on average; 0: the config's decision_ms (100)", 0,
       EPISODE_MESSAGES},
      {"seats", CLI_INT, &a->seats, "S",
       "seats, half makers and half executors; 0: those of the config (2)", 0, HFT_SEATS_MAX},
      {"depth", CLI_INT, &a->depth, "L", "levels a side in observations and state (10)", 1, 20},
      {"envs", CLI_INT, &a->envs, "N", "environments (64)", 1, HFT_ENVS_MAX},
      {"threads", CLI_INT, &a->threads, "T", "threads (one per core)", 1, HFT_THREADS_MAX},
      {"seconds", CLI_DURATION, &a->wall_time, "S", "wall-clock time to run for (4)", 0, 0},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the first environment (0)", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim bench env [options]",
      .about =
          "Steps environments with random actions for a stretch of wall-clock time, and prints how "
          "many steps a second that makes and where the time of one goes: the background's flow "
          "and the matching of its messages, the seats' actions, observations, rewards. Episodes "
          "that end begin anew, which is part of the time.",
      .examples =
          "  hftsim bench env\n"
          "  hftsim bench env --msgs-per-step 1 --envs 256 --threads 2 --json\n"
          "  hftsim bench env --config portfolio --seats 0 --msgs-per-step 0\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// ---- the config --------------------------------------------------------------------------------

static hft_status lay_over(hft_config *config, const char *text, int length, hft_error *error) {
  HFT_CHECK(length > 0);
  return hft_config_merge(config, text, (size_t)length, "bench env", error);
}

static hft_status set_step(const arguments *a, hft_config *config, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  const hft_env_config *env = hft_config_map(config, "env_config");
  hft_model *model;
  hft_status status = hft_model_create(config, hft_catalog_classes, hft_catalog_class_count, NULL,
                                       0, &model, error);
  if (status != HFT_OK) return status;
  double rate = 0;
  hft_time session = hft_model_instrument(model)->duration;
  status = hft_bench_message_rate(model, a->seed, session < RATE_TIME ? session : RATE_TIME, &rate,
                                  error);
  hft_model_free(model);
  if (status != HFT_OK) return status;
  if (rate <= 0) {
    return hft_fail(error, HFT_ECONFIG, "populations", "the market has no messages to count");
  }
  double decision_ms = 1e3 * (double)a->msgs_per_step / rate;
  int64_t steps = EPISODE_MESSAGES / a->msgs_per_step, most;
  most = (int64_t)((market->duration_s - env->warmup_s) * 1e3 / decision_ms) - 1;
  if (most < 1) {
    return hft_fail(error, HFT_ECONFIG, "--msgs-per-step",
                    "%" PRId64 " messages take %.0f s, which do not fit in a session of %.0f s",
                    a->msgs_per_step, 1e-3 * decision_ms, market->duration_s);
  }
  char text[256];
  int length =
      snprintf(text, sizeof text,
               "market_config: {decision_ms: %.6f}\nenv_config: {episode_len: %" PRId64 "}\n",
               decision_ms, steps < most ? steps : most);
  return lay_over(config, text, length, error);
}

static hft_status set_seats(const arguments *a, hft_config *config, hft_error *error) {
  char text[512];
  int64_t makers = (a->seats + 1) / 2, executors = a->seats / 2;
  int length = snprintf(text, sizeof text,
                        "risk_config: {max_inventory: 1000000000}\nseats:\n"
                        "  - {kind: maker, count: %" PRId64 "}\n",
                        makers);
  if (executors > 0) {
    length += snprintf(text + length, sizeof text - (size_t)length,
                       "  - {kind: executor, count: %" PRId64 ", parent_qty: %d}\n", executors,
                       (int)(SHARE * EPISODE_MESSAGES));
  }
  return lay_over(config, text, length, error);
}

static hft_status make_config(const arguments *a, hft_config **out, hft_error *error) {
  hft_status status = cli_load_config(a->config, &a->overrides, out, error);
  if (status != HFT_OK) return status;
  char text[64];
  int length = snprintf(text, sizeof text, "env_config: {depth: %d, state_depth: %d}\n",
                        (int)a->depth, (int)a->depth);
  status = lay_over(*out, text, length, error);
  if (status == HFT_OK && a->seats > 0) status = set_seats(a, *out, error);
  if (status == HFT_OK && a->msgs_per_step > 0) status = set_step(a, *out, error);
  for (int i = 0; i < a->overrides.count && status == HFT_OK; i++) {  // these have the last word
    status = hft_config_set(*out, a->overrides.item[i], error);
  }
  if (status != HFT_OK) hft_config_free(*out);
  return status;
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
      "envs", (json_int_t)a->envs, "threads", (json_int_t)a->threads, "seats", spec->seat_count,
      "episode_len", (json_int_t)spec->episode_len, "decision_ms",
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
  printf("%" PRId64 " environments on %" PRId64 " threads, %d seats, steps of %.3f ms\n", a->envs,
         a->threads, spec->seat_count, (double)spec->decision / (double)HFT_MILLISECOND);
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

static bool on_progress(void *context, double done) {
  cli_progress_update(context, done);
  return !cli_stopped();
}

static int measure(const arguments *a, const hft_env_model *model) {
  hft_error error = {0};
  cli_progress bar;
  cli_progress_start(&bar, "env");
  const hft_bench_watch watch = {on_progress, &bar};
  const hft_pool_config config = {
      .env_count = (int)a->envs, .thread_count = (int)a->threads, .seed = a->seed};
  hft_bench_env_result result;
  hft_status status = hft_bench_env(model, &config, a->wall_time, &watch, &result, &error);
  if (status != HFT_OK) {
    cli_progress_stop(&bar);
    return cli_fail(&error);
  }
  cli_progress_update(&bar, 1);
  const hft_env_spec *spec = hft_env_model_spec(model);
  return a->json ? print_json(a, spec, &result) : print_table(a, spec, &result);
}

int cli_bench_env(int argc, char **argv) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  arguments a = {.msgs_per_step = 100,
                 .seats = 2,
                 .envs = 64,
                 .threads = cores < 1                 ? 1
                            : cores > HFT_THREADS_MAX ? HFT_THREADS_MAX
                                                      : cores,
                 .depth = 10,
                 .wall_time = 4 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  cli_stop_install();
  hft_error error = {0};
  hft_config *config = NULL;
  if (make_config(&a, &config, &error) != HFT_OK) return cli_fail(&error);
  hft_env_model *model = NULL;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  hft_config_free(config);
  if (status != HFT_OK) return cli_fail(&error);
  exit_code = measure(&a, model);
  hft_env_model_free(model);
  return exit_code;
}
