#include "cli/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/env.h"
#include "cli/setup.h"
#include "sim/base/check.h"

#define RATE_TIME (300 * HFT_SECOND)  // market time over which messages are counted
#define EPISODE_MESSAGES 100000       // of background messages in an episode
#define SHARE 0.02                    // an executor's parent order, in lots per background message

cli_bench_envs cli_bench_envs_default(int64_t envs) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return (cli_bench_envs){.msgs_per_step = 100,
                          .seats = 2,
                          .depth = 10,
                          .envs = envs,
                          .threads = cores < 1                 ? 1
                                     : cores > HFT_THREADS_MAX ? HFT_THREADS_MAX
                                                               : cores};
}

int cli_bench_envs_options(cli_bench_envs *a, cli_option table[CLI_OPTIONS_MAX]) {
  const cli_option options[] = {
      {"config", CLI_TEXT, &a->config, "CONFIG", "file or preset (default)", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "change a key of the config", 0, 0},
      {"msgs-per-step", CLI_INT, &a->msgs_per_step, "M",
       "background messages per step, on average; 0: the config's decision_ms decides (100)", 0,
       EPISODE_MESSAGES},
      {"seats", CLI_INT, &a->seats, "S",
       "seats, half makers and half executors; 0: the seats of the config (2)", 0, HFT_SEATS_MAX},
      {"depth", CLI_INT, &a->depth, "L", "levels per side in observations and state (10)", 1, 20},
      {"threads", CLI_INT, &a->threads, "T", "threads (one per core)", 1, HFT_THREADS_MAX},
      {"seed", CLI_SEED, &a->seed, "N", "seed of the environments (0)", 0, 0},
  };
  memcpy(table, options, sizeof options);
  return (int)(sizeof options / sizeof options[0]);
}

static hft_status lay_over(hft_config *config, const char *text, int length, hft_error *error) {
  HFT_CHECK(length > 0);
  return hft_config_merge(config, text, (size_t)length, "bench", error);
}

static hft_status set_step(const cli_bench_envs *a, hft_config *config, hft_error *error) {
  const hft_market_config *market = hft_config_map(config, "market_config");
  const hft_env_config *env = hft_config_map(config, "env_config");
  hft_model *model;
  hft_status status = cli_create_model(config, &model, error);
  if (status != HFT_OK) return status;
  double rate = 0;
  hft_time session = hft_model_instrument(model)->duration;
  status = hft_bench_message_rate(model, a->seed, session < RATE_TIME ? session : RATE_TIME, &rate,
                                  error);
  hft_model_free(model);
  if (status != HFT_OK) return status;
  if (rate <= 0) {
    return hft_fail(error, HFT_ECONFIG, "populations",
                    "the market sends no messages: --msgs-per-step needs some, or 0");
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

static hft_status set_seats(const cli_bench_envs *a, hft_config *config, hft_error *error) {
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

hft_status cli_bench_envs_config(const cli_bench_envs *a, hft_config **out, hft_error *error) {
  hft_status status = cli_load_config(a->config, &a->overrides, out, error);
  if (status != HFT_OK) return status;
  char text[64];
  int length = snprintf(text, sizeof text, "env_config: {depth: %d, state_depth: %d}\n",
                        (int)a->depth, (int)a->depth);
  status = lay_over(*out, text, length, error);
  if (status == HFT_OK && a->seats > 0) status = set_seats(a, *out, error);
  if (status == HFT_OK && a->msgs_per_step > 0) status = set_step(a, *out, error);
  for (int i = 0; i < a->overrides.count && status == HFT_OK; i++) {  // --set overrides all of this
    status = hft_config_set(*out, a->overrides.item[i], error);
  }
  if (status != HFT_OK) hft_config_free(*out);
  return status;
}
