// What the benchmarks that step environments share: their options, and the config of the envs.
#ifndef HFTSIM_CLI_BENCH_ENVS_H
#define HFTSIM_CLI_BENCH_ENVS_H

#include "cli/options.h"
#include "sim/config/config.h"

typedef struct cli_bench_envs {
  const char *config;
  cli_list overrides;
  int64_t msgs_per_step, seats, depth, envs, threads;
  uint64_t seed;
} cli_bench_envs;

// The defaults, with so many envs and a thread for each core.
cli_bench_envs cli_bench_envs_default(int64_t envs);

// Writes all options but the number of envs, whose default is each command's own, to the beginning
// of a table; returns how many there are.
int cli_bench_envs_options(cli_bench_envs *envs, cli_option table[CLI_OPTIONS_MAX]);

// Makes the config that the options ask for. ECONFIG, EIO, ENOMEM. The caller frees *out.
hft_status cli_bench_envs_config(const cli_bench_envs *envs, hft_config **out, hft_error *error);

#endif
